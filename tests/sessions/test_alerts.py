"""Alerts by condition."""

from __future__ import annotations

import polars as pl
import pytest
from tests.sessions.bars import bars

from project_x_py.sessions import generate_session_alerts

FRAME = bars(
    ("2024-07-01 10:00", 10, 12, 9, 11, 100),
    ("2024-07-01 10:01", 11, 11, 8, 8, 300),
    ("2024-07-01 10:02", 8, 14, 8, 13, 200),
)


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("close > open", [0, 2]),
        ("close >= 11 and volume > 150", [2]),
        ("close < 9 or volume == 100", [0, 1]),
        ("not close > open", [1]),
        ("9 < close <= 11", [0]),
        ("(high - low) * 2 > 6 + 1", [2]),
        ("close - open != -3", [0, 2]),
        ("close > session_vwap", [0, 2]),
        ("high == session_high", [0, 2]),
        ("low <= session_low and session_range > 3.5", [1, 2]),
        ("cumulative_volume > 350", [1, 2]),
        ("percent_from_open < 0", [1]),
        ("vwap_deviation > 10", [2]),
        ("close < anchored_vwap", [1]),
    ],
)
async def test_a_condition_holds_in_its_rows(text: str, rows: list[int]) -> None:
    """Comparisons, arithmetic and logic over columns, those of a session made on demand."""
    alerts = await generate_session_alerts(FRAME, {"it": text})
    assert alerts.columns == [*FRAME.columns, "alerts"]
    assert [row for row, names in enumerate(alerts["alerts"]) if names.to_list()] == rows


async def test_names_come_in_the_order_of_the_conditions() -> None:
    """A row lists each condition that holds; an expression of polars is one too."""
    conditions = {
        "up": "close > open",
        "loud": pl.col("volume") >= 200,
        "never": "close > 1000",
        "later": pl.col("close").shift(1) > 10,
    }
    alerts = await generate_session_alerts(FRAME, conditions)
    assert alerts["alerts"].to_list() == [["up"], ["loud", "later"], ["up", "loud"]]


async def test_no_rows_and_no_conditions() -> None:
    """An empty frame has an empty column, and no condition gives empty lists."""
    empty = await generate_session_alerts(bars(), {"up": "close > open"})
    assert empty.schema["alerts"] == pl.List(pl.String)
    assert empty.is_empty()
    assert (await generate_session_alerts(FRAME, {}))["alerts"].to_list() == [[], [], []]
    assert (await generate_session_alerts(bars(), {})).is_empty()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("close > vwapp", "'vwapp', which is no column"),
        ("closee > 1", "did you mean close"),
        ("close >", "is no condition"),
        ("close + 1", "compares nothing"),
        ("close", "compares nothing"),
        ("close > __import__('os').getpid()", "has "),
        ("close > 'high'", "has "),
        ("close in (1, 2)", "has "),
        ("close > open if volume else low", "compares nothing"),
        ("close ** 2 > 3", "has "),
        ("", "is no condition"),
        (5, "compares nothing"),
    ],
)
async def test_a_text_that_is_no_condition(text: object, message: str) -> None:
    """What cannot be read is refused with what was meant, and nothing is evaluated."""
    with pytest.raises(ValueError, match=message):
        await generate_session_alerts(FRAME, {"it": text})


async def test_more_conditions_than_fit() -> None:
    """At most 62 at once."""
    many = {f"rule {n}": f"close > {n}" for n in range(62)}
    alerts = await generate_session_alerts(FRAME, many)
    assert [len(names) for names in alerts["alerts"]] == [11, 8, 13]
    with pytest.raises(ValueError, match="at most 62"):
        await generate_session_alerts(FRAME, {**many, "one more": "close > 1"})
