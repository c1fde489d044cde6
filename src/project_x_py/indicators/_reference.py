"""Texts made from the registry: docstrings, the reference page and the type stubs.

``python -m project_x_py.indicators._reference`` in a checkout writes
``docs/reference/indicators.md`` and the ``.pyi`` files of the package.

Held by ``tests/indicators/test_reference.py``: the files are what the registry says.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from project_x_py.indicators._spec import MA_TYPES, Indicator, Param, Params

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

__all__ = ["describe", "files", "page", "stubs", "write"]

GROUP_TITLES: Mapping[str, str] = {
    "overlap": "Overlap studies",
    "momentum": "Momentum",
    "volatility": "Volatility",
    "volume": "Volume",
    "pattern": "Patterns and zones",
    "cycle": "Cycles",
    "price": "Price transforms",
    "statistic": "Statistics",
    "math": "Mathematics",
}

PREFACE = """\
# Indicators

Made from the registry by `python -m project_x_py.indicators._reference`; do not edit.

Every name is a function for `frame.pipe(NAME, ...)`, has a lower-case twin `calculate_<name>`, a
class form `<NAME>Indicator` with `calculate(frame, ...)`, and works live through
`stream(NAME, history=frame, ...)`. Many at once, in one pass:
`with_indicators(frame, RSI, (SMA, {{"period": 50}}))`. {count} indicators, TA-Lib {version}.

Rules for all of them:

- **Undefined is null.** Warm-up rows and values that do not exist are null, never 0 or NaN; an
  infinity that TA-Lib gives (`DIV` by zero) stays one. *Warm-up* below is the number of leading
  null rows of the last column with the default parameters.
- **Missing rows are skipped.** A row with a null in any input is left out, and its own outputs
  are null; the other rows are what they would be without it. NaN is a value, not a missing one.
  Positions (`MAXINDEX` and the like) count the rows that are not skipped.
- **Several instruments in one frame**: `by="symbol"` computes each group alone, in row order.
- **Short frames.** A window longer than the frame is an `IndicatorError`; `short="null"` gives
  nulls instead. An empty frame is an `IndicatorError`.
- **No look-ahead.** Values never change when later rows arrive, without exception.
- Integer and 32-bit inputs are computed as 64-bit floats. Existing output columns are replaced.
- Moving-average types: {types}.
"""


def describe(indicator: Indicator) -> str:
    """Return the description of an indicator: what it adds, from what, by which convention."""
    inputs = ", ".join(f"{i.param}={i.column!r}" for i in indicator.inputs)
    lines = [f"{indicator.title}.", "", f"Adds {_adds(indicator)}; null where undefined.", ""]
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


def _adds(indicator: Indicator) -> str:
    return ", ".join(
        f'"{o.template}": {o.dtype}' + (f" (with {o.when}=True)" if o.when else "")
        for o in indicator.outputs
    )


def _parameter(param: Param) -> str:
    doc = f": {param.doc}" if param.doc else ""
    return f"{param.name}={param.default!r}{doc}"


def page() -> str:
    """Return the reference page: every indicator by category."""
    import talib

    from project_x_py.indicators._registry import all_indicators

    known = all_indicators()
    preface = PREFACE.format(
        count=len(known), version=talib.__version__, types=", ".join(f"`{t}`" for t in MA_TYPES)
    )
    parts = [preface]
    for group, title in GROUP_TITLES.items():
        members = [i for i in known.values() if i.group == group]
        parts.append(f"## {title}\n\n" + "\n".join(_entry(i) for i in members))
    return "\n".join(parts)


def _entry(indicator: Indicator) -> str:
    """Return one indicator's part of the page."""
    arguments = [f"{i.param}={i.column}" for i in indicator.inputs]
    arguments += [f"{p.name}={p.default}" for p in indicator.params]
    columns = ", ".join(
        f"`{o.template}`"
        + (f" {o.dtype}" if o.dtype != "Float64" else "")
        + (f" (with {o.when})" if o.when else "")
        for o in indicator.outputs
    )
    lines = [
        f"### {indicator.name}\n",
        f"{indicator.title}. `{indicator.name}({', '.join(arguments)})`\n",
        f"- Columns: {columns}; warm-up {_default_warm_up(indicator)}",
    ]
    lines += [f"- `{p.name}`: {p.doc}" for p in indicator.params if p.doc and p.doc != "rows"]
    if indicator.formula:
        lines.append(f"- Formula: {indicator.formula}")
    if indicator.convention:
        lines.append(f"- Convention: {indicator.convention}")
    lines.append(f"- Source: {indicator.source}\n")
    return "\n".join(lines)


def _default_warm_up(indicator: Indicator) -> int:
    from project_x_py.indicators._warmup import warm_up

    return warm_up(indicator, Params({p.name: p.default for p in indicator.params}))


def stubs() -> dict[str, str]:
    """Return the type stubs of the package and its category modules, by file name."""
    from project_x_py.indicators._lookup import CATEGORY_MODULES

    made = {f"{module}.pyi": _category_stub(module) for module in CATEGORY_MODULES}
    return {"__init__.pyi": _package_stub(), **made}


_STUB_HEAD = """\
# Made by ``python -m project_x_py.indicators._reference``; do not edit.
# ruff: noqa
# fmt: off
"""


def _package_stub() -> str:
    from project_x_py import indicators
    from project_x_py.indicators._lookup import EXPORTS
    from project_x_py.indicators._registry import all_indicators, twins

    known = all_indicators().values()
    ma_types = ", ".join(f'"{name}"' for name in MA_TYPES)
    lines = [
        _STUB_HEAD,
        "from collections.abc import Sequence",
        "from typing import Literal, TypeAlias",
        "import polars as pl",
        "from project_x_py.indicators.base import BoundIndicator",
        *sorted(
            f"from project_x_py.indicators.{home} import {name} as {name}"
            for name, home in EXPORTS.items()
        ),
        "",
        f"__all__ = {indicators.__all__!r}",
        "",
        "_By: TypeAlias = str | Sequence[str] | None",
        '_Short: TypeAlias = Literal["raise", "null"]',
        f"_MaType: TypeAlias = Literal[{ma_types}]",
        "",
    ]
    for indicator in known:
        lines.append(_function_stub(indicator, indicator.name, indicator.short_order()))
        twin = f"calculate_{indicator.name.lower()}"
        lines.append(_function_stub(indicator, twin, indicator.documented()))
    lines += [f"{twin} = calculate_{owner.lower()}" for twin, owner in sorted(twins().items())]
    lines += [f"class {indicator.name}Indicator({_bases(indicator)}): ..." for indicator in known]
    return "\n".join(lines) + "\n"


def _function_stub(indicator: Indicator, name: str, order: Sequence[str]) -> str:
    """Return the definition of one function, with the arguments of its signature."""
    types: dict[str, str] = {i.param: f"str = {i.column!r}" for i in indicator.inputs}
    types |= {p.name: f"{_type(p)} = {p.default!r}" for p in indicator.params}
    given = [f"{argument}: {types.pop(argument)}" for argument in order]
    extra = [f"{argument}: {rest}" for argument, rest in types.items()]
    listed = ", ".join(["data: pl.DataFrame", *given, "*", *extra, "by: _By = None"])
    return f'def {name}({listed}, short: _Short = "raise") -> pl.DataFrame: ...'


def _type(param: Param) -> str:
    match param.kind:
        case "ma":
            kind = "_MaType"
        case "choice":
            kind = f"Literal[{', '.join(map(repr, param.choices))}]"
        case "float":
            kind = "float"
        case "flag":
            kind = "bool"
        case "text":
            kind = "str"
        case _:
            kind = "int"
    return f"{kind} | None" if param.optional else kind


def _bases(indicator: Indicator, category: str = "") -> str:
    from project_x_py.indicators.base import category_bases

    bases = category_bases(category or indicator.group)
    return ", ".join(["BoundIndicator", *(base.__name__ for base in bases)])


def _category_stub(module: str) -> str:
    from project_x_py.indicators._lookup import category_members
    from project_x_py.indicators._registry import twins

    members = category_members(module)
    lines = [
        _STUB_HEAD,
        "from project_x_py.indicators.base import BoundIndicator",
        "from project_x_py.indicators.base import MomentumIndicator, OverlapIndicator",
        "from project_x_py.indicators.base import VolatilityIndicator, VolumeIndicator",
    ]
    owned = {indicator.name: indicator for indicator in members.values()}
    names = [f"calculate_{name.lower()}" for name in owned]
    names += [twin for twin, owner in sorted(twins().items()) if owner in owned]
    names += ["LORENZ"] if module == "lorenz" else []
    lines += [f"from project_x_py.indicators import {name} as {name}" for name in names]
    lines += ["", "__all__: list[str]", ""]
    lines += [
        f"class {name}({_bases(indicator, _module_of(name, indicator, module))}): ..."
        for name, indicator in members.items()
    ]
    return "\n".join(lines) + "\n"


def _module_of(name: str, indicator: Indicator, module: str) -> str:
    """Return the module that a class belongs to, none for one that is the package's as well."""
    return "" if name == f"{indicator.name}Indicator" else module


def files(checkout: Path) -> dict[Path, str]:
    """Return every generated file of a checkout with its text."""
    package = checkout / "src" / "project_x_py" / "indicators"
    made = {package / name: text for name, text in stubs().items()}
    return {checkout / "docs" / "reference" / "indicators.md": page(), **made}


def write(checkout: Path) -> None:
    """Write every generated file of a checkout."""
    for path, text in files(checkout).items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="\n")


if __name__ == "__main__":
    write(Path(__file__).resolve().parents[3])
