"""Class forms, their categories, and the pieces for indicators of one's own."""

from __future__ import annotations

import importlib
import pickle

import polars as pl
import pytest

from project_x_py import indicators
from project_x_py.indicators import (
    BaseIndicator,
    IndicatorError,
    MomentumIndicator,
    OverlapIndicator,
    VolatilityIndicator,
    VolumeIndicator,
    ema_alpha,
    safe_division,
)
from project_x_py.indicators.base import rolling_sum_negative, rolling_sum_positive
from tests.indicators.series import NAMES, bars


@pytest.mark.parametrize("name", NAMES)
def test_class_form_of_every_name(name: str) -> None:
    """<NAME>Indicator().calculate(frame) is the function; calling it is calculating; it pickles."""
    frame = bars(150)
    form = getattr(indicators, f"{name}Indicator")
    one = form()
    expected = getattr(indicators, name)(frame)
    assert isinstance(one, BaseIndicator)
    assert one.name == name
    assert one.description
    assert one.calculate(frame).equals(expected)
    assert one(frame).equals(expected)
    assert pickle.loads(pickle.dumps(one)).calculate(frame).equals(expected)


@pytest.mark.parametrize(
    ("module", "names", "base"),
    [
        ("momentum", ["RSI", "ADX", "MACD", "ULTOSC", "STOCHRSI"], MomentumIndicator),
        ("overlap", ["SMA", "BBANDS", "SAREXT", "HT_TRENDLINE"], OverlapIndicator),
        ("volatility", ["ATR", "ADX", "ULTOSC", "STDDEV"], VolatilityIndicator),
        ("volume", ["OBV", "VWAP", "AD", "ADOSC"], VolumeIndicator),
        ("candlestick", ["Doji", "Hammer", "ShootingStar", "BullishEngulfing"], BaseIndicator),
        ("fvg", ["FVG"], BaseIndicator),
        ("order_block", ["OrderBlock"], BaseIndicator),
        ("waddah_attar", ["WAE"], BaseIndicator),
        ("lorenz", ["LORENZIndicator"], BaseIndicator),
    ],
)
def test_category_modules(module: str, names: list[str], base: type[BaseIndicator]) -> None:
    """Category modules hold classes under the documented names, and the lower-case functions."""
    loaded = importlib.import_module(f"project_x_py.indicators.{module}")
    frame = bars(150)
    for name in names:
        form = getattr(loaded, name)
        assert form.__name__ == name
        assert issubclass(form, base)
        assert form().calculate(frame).width > frame.width
        assert name in loaded.__all__
    assert {"calculate_" + name.lower() for name in names if name.isupper()} <= set(dir(loaded))
    with pytest.raises(AttributeError, match="has no attribute 'Rsii'"):
        loaded.Rsii  # noqa: B018


def test_names_of_a_category_are_those_that_can_be_imported() -> None:
    """Everything a category module lists is there."""
    for module in indicators._lookup.CATEGORY_MODULES:
        loaded = importlib.import_module(f"project_x_py.indicators.{module}")
        assert [name for name in loaded.__all__ if not hasattr(loaded, name)] == []


class Spread(BaseIndicator):
    """An indicator of one's own."""

    def __init__(self) -> None:
        super().__init__("SPREAD", "High less low")

    def calculate(self, data: pl.DataFrame, **kwargs: object) -> pl.DataFrame:
        """Add ``spread``."""
        self.validate_data(data, ["high", "low"])
        self.validate_data_length(data, 2)
        return data.with_columns(spread=pl.col("high") - pl.col("low"))


def test_validation_of_ones_own_indicators() -> None:
    """The documented checks raise IndicatorError; an abstract one cannot be made."""
    spread, frame = Spread(), bars(5)
    assert spread(frame)["spread"][0] == frame["high"][0] - frame["low"][0]
    spread.validate_period(14)
    for call in (
        lambda: spread(frame.clear()),
        lambda: spread(frame.drop("low")),
        lambda: spread(frame.head(1)),
        lambda: spread.validate_period(0),
        lambda: spread.validate_period(3, min_period=5),
        lambda: spread.validate_data(None, []),  # type: ignore[arg-type]
    ):
        with pytest.raises(IndicatorError, match="SPREAD"):
            call()
    with pytest.raises(TypeError, match="abstract"):
        BaseIndicator("x")  # type: ignore[abstract]


def test_expression_pieces() -> None:
    """Zero denominators give the default, null ones stay null; sums by sign; EMA's constant."""
    frame = pl.DataFrame({"x": [1.0, 2.0, 3.0, None], "y": [2.0, 0.0, None, 1.0]})
    quotient = frame.select(safe_division(pl.col("x"), pl.col("y"))).to_series().to_list()
    assert quotient == [0.5, 0.0, None, None]
    changes = pl.DataFrame({"d": [1.0, -2.0, 3.0, -4.0]})
    up = changes.select(rolling_sum_positive(pl.col("d"), 2)).to_series().to_list()
    down = changes.select(rolling_sum_negative(pl.col("d"), 2)).to_series().to_list()
    assert up == [None, 1.0, 3.0, 3.0]
    assert down == [None, 2.0, 2.0, 4.0]
    assert ema_alpha(19) == 0.1
