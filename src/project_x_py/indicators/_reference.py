"""Texts made from the registry: docstrings, the reference page and the type stubs.

Held by ``tests/indicators/test_reference.py``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from project_x_py.indicators._spec import Indicator, Param

__all__ = ["describe"]


def _parameter(param: Param) -> str:
    doc = f": {param.doc}" if param.doc else ""
    return f"{param.name}={param.default!r}{doc}"


def describe(indicator: Indicator) -> str:
    """Return the description of an indicator: what it adds, from what, by which convention."""
    inputs = ", ".join(f"{i.param}={i.column!r}" for i in indicator.inputs)
    outputs = ", ".join(
        f'"{o.template}": {o.dtype}' + (f" (with {o.when}=True)" if o.when else "")
        for o in indicator.outputs
    )
    lines = [f"{indicator.title}.", "", f"Adds {outputs}; null where undefined.", ""]
    lines += [f"Inputs: {inputs}."]
    if indicator.params:
        lines += ["Parameters:"]
        lines += [f"    {_parameter(param)}" for param in indicator.params]
    if indicator.formula:
        lines += [f"Formula: {indicator.formula}"]
    if indicator.convention:
        lines += [f"Convention: {indicator.convention}"]
    lines += [f"Source: {indicator.source}."]
    return "\n".join(lines)
