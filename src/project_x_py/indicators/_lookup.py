"""What the public names of the package and of its category modules stand for.

Held by ``tests/indicators/test_functions.py`` and ``test_classes.py``.
"""

from __future__ import annotations

import re
from importlib import import_module
from typing import TYPE_CHECKING

from project_x_py.exceptions import IndicatorError
from project_x_py.indicators._registry import all_indicators, find, twins
from project_x_py.indicators._spec import Indicator, close_matches

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "CATEGORY_MODULES",
    "EXPORTS",
    "category_members",
    "category_names",
    "get_all_indicators",
    "get_indicator_groups",
    "get_indicator_info",
    "in_category",
    "names",
    "public",
]

_PACKAGE = "project_x_py.indicators"

EXPORTS: Mapping[str, str] = {
    "BaseIndicator": "base",
    "IndicatorError": "base",
    "IndicatorStream": "_stream",
    "MomentumIndicator": "base",
    "OverlapIndicator": "base",
    "VolatilityIndicator": "base",
    "VolumeIndicator": "base",
    "ema_alpha": "base",
    "get_all_indicators": "_lookup",
    "get_indicator_groups": "_lookup",
    "get_indicator_info": "_lookup",
    "safe_division": "base",
    "stream": "_stream",
    "with_indicators": "_functions",
}
"""Public names that are not made from the registry, and the modules they live in."""

CATEGORY_MODULES: Mapping[str, tuple[str, ...]] = {
    "candlestick": (),
    "fvg": ("FVG",),
    "lorenz": ("LORENZ",),
    "momentum": (),
    "order_block": ("ORDERBLOCK",),
    "overlap": (),
    "volatility": ("ADX", "ULTOSC"),
    "volume": (),
    "waddah_attar": ("WAE",),
}
"""Category modules, and the indicators documented there besides those of their group."""

_CAPITALS = re.compile(r"[A-Z][A-Z0-9_]*")


def public(name: str) -> object:
    """Return what ``project_x_py.indicators.<name>`` is.

    Raises:
        AttributeError: nothing; the message names close matches.
    """
    if name in EXPORTS:
        return vars(import_module(f"{_PACKAGE}.{EXPORTS[name]}"))[name]
    made = _made(name)
    if made is None:
        hint = "" if name.startswith("_") else close_matches(name, names())
        raise AttributeError(f"module {_PACKAGE!r} has no attribute {name!r}{hint}")
    return made


def _made(name: str) -> object:
    """Return the function or class form called ``name``, ``None`` without one."""
    from project_x_py.indicators._functions import function, twin
    from project_x_py.indicators.base import class_form

    try:
        if _CAPITALS.fullmatch(name):
            return function(name)
        if re.fullmatch(r"calculate_[a-z0-9_]+", name):
            return twin(name)
        if re.fullmatch(r"[A-Z0-9_]+Indicator", name):
            return class_form(name.removesuffix("Indicator"))
    except IndicatorError:
        return None
    return None


def names() -> list[str]:
    """Return every public name of the package."""
    found = set(EXPORTS) | set(twins())
    for name in all_indicators():
        found |= {name, f"calculate_{name.lower()}", f"{name}Indicator"}
    return sorted(found)


def category_members(module: str) -> dict[str, Indicator]:
    """Return the indicators of a category module by the name of their class."""
    extra = CATEGORY_MODULES[module]
    group = "pattern" if module == "candlestick" else module
    alone = {
        name
        for key in ("fvg", "lorenz", "order_block", "waddah_attar")
        for name in CATEGORY_MODULES[key]
    }
    return {
        indicator.class_name or indicator.name: indicator
        for indicator in all_indicators().values()
        if indicator.name in extra or (indicator.group == group and indicator.name not in alone)
    }


def in_category(module: str, name: str) -> object:
    """Return what ``project_x_py.indicators.<module>.<name>`` is.

    Raises:
        AttributeError: nothing of that name.
    """
    from project_x_py.indicators.base import class_form

    full = f"{_PACKAGE}.{module}"
    if name == "__all__":
        return category_names(module)
    if name.startswith("__"):
        raise AttributeError(f"module {full!r} has no attribute {name!r}")
    members = category_members(module)
    if name in members:
        # One indicator is documented under the same name in its module and in the package.
        if name == f"{members[name].name}Indicator":
            return class_form(members[name].name)
        return class_form(members[name].name, module)
    return _category_function(module, name, members)


def _category_function(module: str, name: str, members: Mapping[str, Indicator]) -> object:
    from project_x_py.indicators._functions import function, twin

    indicators = {indicator.name for indicator in members.values()}
    if module == "lorenz" and name in indicators:
        return function(name)
    if name.startswith("calculate_"):
        owner = twins().get(name, name.removeprefix("calculate_").upper())
        if owner in indicators:
            return twin(name)
    hint = close_matches(name, members)
    raise AttributeError(f"module '{_PACKAGE}.{module}' has no attribute {name!r}{hint}")


def category_names(module: str) -> list[str]:
    """Return the public names of a category module."""
    members = category_members(module)
    owned = {indicator.name for indicator in members.values()}
    lower = {twin for twin, owner in twins().items() if owner in owned}
    lower |= {f"calculate_{name.lower()}" for name in owned}
    return sorted(set(members) | lower | ({"LORENZ"} if module == "lorenz" else set()))


def get_indicator_groups() -> dict[str, list[str]]:
    """Return the names of all indicators by category, each list sorted."""
    groups: dict[str, list[str]] = {}
    for indicator in all_indicators().values():
        groups.setdefault(indicator.group, []).append(indicator.name)
    return groups


def get_all_indicators() -> list[str]:
    """Return the names of all indicators, sorted."""
    return list(all_indicators())


def get_indicator_info(indicator_name: str) -> str:
    """Return what an indicator adds, its inputs, parameters, convention and source.

    Raises:
        IndicatorError: unknown name; the message names close matches.
    """
    from project_x_py.indicators._reference import describe

    return describe(find(indicator_name))
