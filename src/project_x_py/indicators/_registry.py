"""Every indicator by name: the documented ones, our own, and the rest of TA-Lib.

The first two are plain data and cost nothing to read; TA-Lib is loaded only when a name beyond
them is asked for.

Held by ``tests/indicators/test_registry.py``.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING

from project_x_py.exceptions import IndicatorError
from project_x_py.indicators._own_table import OWN
from project_x_py.indicators._spec import Indicator, close_matches
from project_x_py.indicators._table import DOCUMENTED

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["all_indicators", "find", "static_indicators", "twins"]


@functools.cache
def static_indicators() -> Mapping[str, Indicator]:
    """Return the indicators that are described here, without loading TA-Lib."""
    return {indicator.name: indicator for indicator in (*DOCUMENTED, *OWN)}


@functools.cache
def all_indicators() -> Mapping[str, Indicator]:
    """Return all indicators by name, sorted."""
    from project_x_py.indicators._talib import ta_indicator, ta_names

    known = dict(static_indicators())
    for name in ta_names():
        if name not in known:
            known[name] = ta_indicator(name)
    return dict(sorted(known.items()))


@functools.cache
def twins() -> Mapping[str, str]:
    """Return the lower-case names that are not simply ``calculate_<name>``."""
    return {twin: i.name for i in static_indicators().values() for twin in i.twins}


def find(name: str) -> Indicator:
    """Return the indicator called ``name``, in any case.

    Raises:
        IndicatorError: no such indicator; the message names close matches.
    """
    if not isinstance(name, str):
        raise IndicatorError(f"an indicator's name must be a string, got {name!r}")
    key = name.upper()
    found = static_indicators().get(key) or all_indicators().get(key)
    if found is None:
        hint = close_matches(name, all_indicators())
        raise IndicatorError(f"no indicator {name!r}{hint}")
    return found
