"""Class forms of indicators, and the small checks and expressions that belong to them.

A class form holds no data and caches no result: calling it is computing.

Held by ``tests/indicators/test_classes.py``.
"""

from __future__ import annotations

import functools
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, ClassVar

from project_x_py.exceptions import IndicatorError
from project_x_py.indicators._functions import function
from project_x_py.indicators._reference import describe
from project_x_py.indicators._registry import find
from project_x_py.indicators._spec import MAX_PERIOD, Param, ParamValue, close_matches

if TYPE_CHECKING:
    import polars as pl

    from project_x_py.indicators._spec import Indicator

__all__ = [
    "BaseIndicator",
    "BoundIndicator",
    "IndicatorError",
    "MomentumIndicator",
    "OverlapIndicator",
    "VolatilityIndicator",
    "VolumeIndicator",
    "category_bases",
    "class_form",
    "ema_alpha",
    "rolling_sum_negative",
    "rolling_sum_positive",
    "safe_division",
]


class BaseIndicator(ABC):
    """An indicator as an object: a name, a description and ``calculate``.

    Derive from it for your own indicators.
    """

    def __init__(self, name: str, description: str = "") -> None:
        """Name the indicator."""
        self.name = name
        self.description = description

    @abstractmethod
    def calculate(self, data: pl.DataFrame, **kwargs: ParamValue) -> pl.DataFrame:
        """Return the frame with the indicator's columns added."""

    def __call__(self, data: pl.DataFrame, **kwargs: ParamValue) -> pl.DataFrame:
        """Return ``calculate(data, **kwargs)``."""
        return self.calculate(data, **kwargs)

    def validate_data(self, data: pl.DataFrame, required_columns: list[str]) -> None:
        """Check that the frame has rows and the columns.

        Raises:
            IndicatorError: not a frame, empty, or a column is missing.
        """
        from project_x_py.indicators._engine import check_frame

        frame = check_frame(data, self.name)
        for column in required_columns:
            if column not in frame.columns:
                hint = close_matches(column, frame.columns)
                raise IndicatorError(f"{self.name}: no column {column!r}{hint}")

    def validate_period(self, period: int, min_period: int = 1) -> None:
        """Check a window.

        Raises:
            IndicatorError: not an integer, or less than ``min_period``.
        """
        Param("period", "int", None, low=min_period, high=MAX_PERIOD).check(self.name, period)

    def validate_data_length(self, data: pl.DataFrame, min_length: int) -> None:
        """Check the number of rows.

        Raises:
            IndicatorError: fewer rows than ``min_length``.
        """
        if data.height < min_length:
            raise IndicatorError(
                f"{self.name} needs at least {min_length} rows, the frame has {data.height}"
            )


class OverlapIndicator(BaseIndicator):
    """An indicator on the scale of prices."""


class MomentumIndicator(BaseIndicator):
    """An indicator of the strength of moves."""


class VolatilityIndicator(BaseIndicator):
    """An indicator of the size of moves."""


class VolumeIndicator(BaseIndicator):
    """An indicator that weighs volume."""


class BoundIndicator(BaseIndicator):
    """The class form of a registered indicator."""

    indicator: ClassVar[Indicator]

    def __init__(self) -> None:
        """Take name and description from the registry."""
        super().__init__(self.indicator.name, self.indicator.title)

    def calculate(self, data: pl.DataFrame, **kwargs: ParamValue) -> pl.DataFrame:
        """Return what the function of the same name returns."""
        return function(self.indicator.name)(data, **kwargs)


def category_bases(category: str) -> tuple[type, ...]:
    """Return the documented base class of a category, if it has one."""
    match category:
        case "overlap":
            return (OverlapIndicator,)
        case "momentum":
            return (MomentumIndicator,)
        case "volatility":
            return (VolatilityIndicator,)
        case "volume":
            return (VolumeIndicator,)
        case _:
            return ()


@functools.cache
def class_form(name: str, category: str = "") -> type[BoundIndicator]:
    """Return the class of an indicator; ``category`` when it is documented in a second one.

    Raises:
        IndicatorError: no such indicator.
    """
    indicator = find(name)
    bases = (BoundIndicator, *category_bases(category or indicator.group))
    body = {
        "indicator": indicator,
        "__doc__": describe(indicator),
        "__module__": "project_x_py.indicators",
        "__qualname__": f"{indicator.name}Indicator",
    }
    return type(indicator.class_name or indicator.name, bases, body)


def ema_alpha(period: int) -> float:
    """Return the smoothing constant of an exponential average, 2 / (period + 1)."""
    return 2.0 / (period + 1.0)


def safe_division(numerator: pl.Expr, denominator: pl.Expr, default: float = 0.0) -> pl.Expr:
    """Return the quotient, ``default`` where the denominator is zero, null where it is null."""
    import polars as pl

    return pl.when(denominator == 0).then(default).otherwise(numerator / denominator)


def rolling_sum_positive(expr: pl.Expr, window: int) -> pl.Expr:
    """Return the sum of the positive values of the last ``window`` rows."""
    return expr.clip(lower_bound=0).rolling_sum(window)


def rolling_sum_negative(expr: pl.Expr, window: int) -> pl.Expr:
    """Return the sum of the sizes of the negative values of the last ``window`` rows."""
    return (-expr).clip(lower_bound=0).rolling_sum(window)
