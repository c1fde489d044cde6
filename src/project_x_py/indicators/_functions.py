"""The callable forms of indicators: ``RSI(frame, period=14)`` and ``calculate_rsi``.

Functions are made from the registry when their name is first asked for; ``__init__.pyi``, made
from the same registry, tells type checkers about them.

Held by ``tests/indicators/test_functions.py``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, TypeAlias

from project_x_py.exceptions import IndicatorError
from project_x_py.indicators._reference import describe
from project_x_py.indicators._registry import find, twins
from project_x_py.indicators._request import request

if TYPE_CHECKING:
    import polars as pl

    from project_x_py.indicators._engine import By, Short
    from project_x_py.indicators._spec import Indicator, ParamValue

__all__ = [
    "IndicatorFunction",
    "function",
    "indicator_of",
    "signature",
    "twin",
    "with_indicators",
]

IndicatorFunction: TypeAlias = "Callable[..., pl.DataFrame]"

_FUNCTIONS: dict[str, IndicatorFunction] = {}
_MADE: dict[IndicatorFunction, Indicator] = {}


def function(name: str) -> IndicatorFunction:
    """Return the function in capitals called ``name``.

    Raises:
        IndicatorError: no such indicator.
    """
    key = name.upper()
    if key not in _FUNCTIONS:
        indicator = find(key)
        return _make(indicator, key, indicator.short_order())
    return _FUNCTIONS[key]


def twin(name: str) -> IndicatorFunction:
    """Return the lower-case function called ``name``, for example ``calculate_rsi``.

    Raises:
        IndicatorError: no such indicator.
    """
    if name not in _FUNCTIONS:
        indicator = find(twins().get(name, name.removeprefix("calculate_")))
        return _make(indicator, name, indicator.documented())
    return _FUNCTIONS[name]


def _make(indicator: Indicator, name: str, order: tuple[str, ...]) -> IndicatorFunction:
    def compute(
        data: pl.DataFrame,
        *args: ParamValue,
        by: By = None,
        short: Short = "raise",
        **params: ParamValue,
    ) -> pl.DataFrame:
        from project_x_py.indicators._engine import check_frame, evaluate

        frame = check_frame(data, indicator.name)
        return evaluate(frame, [request(indicator, args, params, order)], by=by, short=short)

    compute.__name__ = compute.__qualname__ = name
    compute.__module__ = "project_x_py.indicators"
    compute.__doc__ = describe(indicator)
    vars(compute)["__signature__"] = signature(indicator, order)
    # Threads that ask for a name at once all get the one that was entered first.
    made = _FUNCTIONS.setdefault(name, compute)
    _MADE.setdefault(made, indicator)
    return made


def signature(indicator: Indicator, order: tuple[str, ...]) -> inspect.Signature:
    """Return the call signature: frame, documented arguments in order, keyword-only extras."""
    defaults = indicator.defaults()
    extras = {**defaults, "by": None, "short": "raise"}
    parameters = [
        inspect.Parameter("data", inspect.Parameter.POSITIONAL_OR_KEYWORD),
        *(
            inspect.Parameter(
                name, inspect.Parameter.POSITIONAL_OR_KEYWORD, default=extras.pop(name)
            )
            for name in order
        ),
    ]
    parameters += [
        inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=default)
        for name, default in extras.items()
    ]
    return inspect.Signature(parameters)


def indicator_of(subject: object) -> Indicator:
    """Return the indicator behind a name, a function or a class form.

    Raises:
        IndicatorError: ``subject`` is none of these.
    """
    if isinstance(subject, str):
        return find(subject)
    from project_x_py.indicators.base import BoundIndicator

    if isinstance(subject, BoundIndicator):
        return subject.indicator
    if isinstance(subject, type) and issubclass(subject, BoundIndicator):
        return subject.indicator
    if callable(subject) and subject in _MADE:
        return _MADE[subject]
    raise IndicatorError(f"not an indicator: {subject!r}")


def _pair(wanted: object) -> tuple[object, Mapping[str, object]]:
    """Return the indicator and the parameters of a request."""
    if not isinstance(wanted, tuple):
        return wanted, {}
    if len(wanted) != 2:
        raise IndicatorError(f"a request is an indicator or a pair with parameters, got {wanted!r}")
    subject, params = wanted
    if not isinstance(params, Mapping):
        raise IndicatorError(f"not a mapping of parameters: {params!r}")
    return subject, params


def with_indicators(
    data: pl.DataFrame,
    *requests: object,
    by: By = None,
    short: Short = "raise",
) -> pl.DataFrame:
    """Return the frame with the columns of many indicators, computed in one pass.

    Inputs are converted once and columns are shared, so fifty indicators cost no copies of the
    frame. Requests do not see one another's outputs; of two that give a column of one name, the
    later one's stays.

    Args:
        data: Rows in time order (in each group, with ``by``).
        requests: Indicators (``RSI``, ``"RSI"``), or pairs with parameters
            (``(SMA, {"period": 50})``).
        by: Column or columns whose values separate the instruments.
        short: What a frame shorter than a window is: ``"raise"`` or ``"null"``.

    Raises:
        IndicatorError: an unknown indicator, a wrong parameter or column, too few rows.
    """
    from project_x_py.indicators._engine import check_frame, evaluate

    resolved = []
    for wanted in requests:
        subject, params = _pair(wanted)
        resolved.append(request(indicator_of(subject), (), params))
    frame = check_frame(data, "with_indicators")
    return evaluate(frame, resolved, by=by, short=short)
