"""Fair value gaps in class form, and their ``calculate_*`` functions.

Names are made from the registry when first asked for; ``fvg.pyi`` tells type checkers.

Held by ``tests/indicators/test_classes.py``.
"""

from __future__ import annotations

from project_x_py.indicators._lookup import category_names, in_category


def __getattr__(name: str) -> object:
    """Make what a public name stands for, ``__all__`` among them (PEP 562)."""
    return in_category("fvg", name)


def __dir__() -> list[str]:
    """List the public names."""
    return category_names("fvg")
