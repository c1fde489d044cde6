"""Bar requests: arguments, pages, and the frame."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from project_x_py._core.time import NS, format_iso, parse_ns
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.client import _bars
from project_x_py.client._bars import BarQuery, bar_frame, fetch_rows
from project_x_py.exceptions import ProjectXDataError

NOW = parse_ns("2026-11-20T18:00:00Z")


def _query(**changes: Any) -> BarQuery:
    settings: dict[str, Any] = {
        "days": 1, "interval": 1, "unit": 2, "limit": None, "partial": True,
        "start_time": None, "end_time": None, "timezone": "America/Chicago",
        "now_ns": NOW, "live": False,
    }  # fmt: skip
    return BarQuery.build("CON.F.US.MNQ.Z26", **{**settings, **changes})


class Gateway:
    """Answers from minutes without end: newest first, truncated in silence, as the real one."""

    def __init__(self, first_ns: int = 0) -> None:
        self.first_ns = first_ns
        self.requests: list[dict[str, object]] = []

    async def __call__(self, body: dict[str, object]) -> dict[str, Any]:
        self.requests.append(body)
        start, end = parse_ns(str(body["startTime"])), parse_ns(str(body["endTime"]))
        minute = 60 * NS
        first = max(self.first_ns, -(-start // minute) * minute)
        starts = range(first, end, minute)[::-1][: int(str(body["limit"]))]
        rows = [{"t": format_iso(t), "o": 1, "h": 2.5, "l": 0.5, "c": 2, "v": 7} for t in starts]
        return {"bars": rows or None}


def test_a_long_window_is_read_in_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    """A window beyond one answer comes in pages: every bar once, ascending."""
    monkeypatch.setattr(_bars, "PAGE", 500)
    gateway = Gateway()
    rows = run_virtual(fetch_rows(_query(days=1), gateway))
    starts = [row[0] for row in rows]
    assert len(rows) == 1440
    assert starts == sorted(set(starts))
    assert len(gateway.requests) == 3


def test_a_limit_keeps_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exactly the newest ``limit`` bars come, over page boundaries too."""
    monkeypatch.setattr(_bars, "PAGE", 500)
    rows = run_virtual(fetch_rows(_query(days=5, limit=700), Gateway()))
    assert len(rows) == 700
    assert rows[-1][0] == NOW - 60 * NS


def test_a_short_history_ends_the_search() -> None:
    """Less than was asked for is not asked for again."""
    gateway = Gateway(first_ns=NOW - 10 * 60 * NS)
    assert len(run_virtual(fetch_rows(_query(), gateway))) == 10
    assert len(gateway.requests) == 1


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"unit": 9}, "unit"),
        ({"interval": 0}, "interval"),
        ({"days": -1}, "days"),
        ({"limit": 0}, "limit"),
        ({"start_time": datetime(2026, 11, 21, tzinfo=UTC)}, "start_time"),
    ],
)
def test_wrong_arguments_are_named(change: dict[str, Any], message: str) -> None:
    """An argument out of range is refused before anything is sent."""
    with pytest.raises(ProjectXDataError, match=message):
        _query(**change)


def test_naive_times_are_in_the_configured_zone() -> None:
    """A naive start is Chicago time here, an aware one its own."""
    naive = _query(start_time=datetime(2026, 11, 20, 9, 30))  # noqa: DTZ001 - naive on purpose
    aware = _query(start_time=datetime(2026, 11, 20, 15, 30, tzinfo=UTC))
    assert naive.start_ns == aware.start_ns


def test_a_malformed_bar_is_an_error() -> None:
    """A row without its fields is refused with the row in the error."""

    async def broken(body: dict[str, object]) -> dict[str, Any]:
        return {"bars": [{"t": "2026-11-20T18:00:00+00:00", "o": 1}]}

    with pytest.raises(ProjectXDataError) as caught:
        run_virtual(fetch_rows(_query(), broken))
    assert caught.value.response_data["first"]


def test_the_frame_is_the_documented_one() -> None:
    """Aware timestamps in the zone asked for, floats, integer volume; empty has the same schema."""
    frame = bar_frame([(NOW, 1.0, 2.0, 0.5, 1.5, 10)], "America/Chicago")
    assert frame.schema == bar_frame([], "America/Chicago").schema
    assert frame.schema == {
        "timestamp": pl.Datetime("us", "America/Chicago"),
        "open": pl.Float64, "high": pl.Float64, "low": pl.Float64, "close": pl.Float64,
        "volume": pl.Int64,
    }  # fmt: skip
    assert frame["timestamp"][0] == datetime(2026, 11, 20, 18, tzinfo=UTC)
    assert frame["timestamp"][0].utcoffset() == timedelta(hours=-6)
