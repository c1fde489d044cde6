"""Looks into frames."""

from __future__ import annotations

import datetime as dt
import json

import polars as pl
import pytest

from project_x_py.exceptions import ProjectXDataError
from project_x_py.utils import create_data_snapshot, get_polars_last_value, get_polars_rows

FRAME = pl.DataFrame(
    {
        "timestamp": [dt.datetime(2026, 9, 1, 9, minute, tzinfo=dt.UTC) for minute in (30, 35, 50)],
        "close": [1.0, 2.0, 6.0],
        "note": ["a", "b", "c"],
    }
)


def test_snapshot_of_bars() -> None:
    """The snapshot has the documented keys, the span in seconds and figures of the numbers."""
    found = create_data_snapshot(FRAME, "three bars")
    assert found["description"] == "three bars"
    assert found["row_count"] == 3
    assert found["columns"] == ["timestamp", "close", "note"]
    assert found["dtypes"]["close"] == "Float64"
    assert found["empty"] is False
    assert found["timespan"] == 1200.0
    assert found["time_range"] == {
        "start": dt.datetime(2026, 9, 1, 9, 30, tzinfo=dt.UTC),
        "end": dt.datetime(2026, 9, 1, 9, 50, tzinfo=dt.UTC),
    }
    assert found["statistics"] == {
        "close": {"min": 1.0, "max": 6.0, "mean": 3.0, "std": pytest.approx(7**0.5)}
    }
    assert dt.datetime.fromisoformat(found["created_at"]).tzinfo is not None


@pytest.mark.parametrize(
    ("frame", "timespan"),
    [
        (FRAME.clear(), 0.0),
        (FRAME.head(1), 0.0),
        (FRAME.select("close"), None),
        (pl.DataFrame(), None),
        (FRAME.with_columns(pl.col("timestamp").cast(pl.Date)), 0.0),
        (
            pl.DataFrame(
                {"time_note": ["x"], "TimeStamp": [dt.datetime(2026, 1, 1, tzinfo=dt.UTC)]}
            ),
            0.0,
        ),
        (FRAME.with_columns(timestamp=pl.lit(None, pl.Datetime)), 0.0),
    ],
)
def test_snapshot_always_has_a_timespan(frame: pl.DataFrame, timespan: float | None) -> None:
    """The key is there for every frame: zero without rows, None without a time column."""
    found = create_data_snapshot(frame)
    assert found["timespan"] == timespan
    assert found["row_count"] == frame.height
    assert found["empty"] is frame.is_empty()
    assert set(found) == set(create_data_snapshot(FRAME))
    json.dumps({key: value for key, value in found.items() if key != "time_range"})


def test_rows_and_last_value() -> None:
    """The last value is the newest, None of an empty frame, an error for another column."""
    assert get_polars_rows(FRAME) == 3
    assert get_polars_last_value(FRAME, "close") == 6.0
    assert get_polars_last_value(FRAME.clear(), "close") is None
    with pytest.raises(ProjectXDataError, match="did you mean close"):
        get_polars_last_value(FRAME, "clsoe")
    with pytest.raises(ProjectXDataError, match="there are timestamp, close, note"):
        get_polars_last_value(FRAME, "xyz")
