"""Bar requests: arguments, pages, and the frame."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.client.gateways import envelope

from project_x_py._core.time import NS, format_iso, parse_ns
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.client import _bars
from project_x_py.client._bars import BarQuery, bar_frame, fetch_frame
from project_x_py.client._envelope import Envelope, read_envelope
from project_x_py.exceptions import ProjectXDataError

NOW = parse_ns("2026-11-20T18:00:00Z")
MINUTE = 60 * NS
CHICAGO = "America/Chicago"


def _query(**changes: Any) -> BarQuery:
    settings: dict[str, Any] = {
        "days": 1, "interval": 1, "unit": 2, "limit": None, "partial": True,
        "start_time": None, "end_time": None, "timezone": CHICAGO,
        "now_ns": NOW, "live": False,
    }  # fmt: skip
    return BarQuery.build("CON.F.US.MNQ.Z26", **{**settings, **changes})


class Gateway:
    """Answers from minutes without end: newest first, truncated in silence, as the real one.

    Args:
        first_ns: Where its history begins.
        cap: Rows that it gives at most, whatever is asked for.
        inclusive: Whether it also gives the bar at ``endTime``.
    """

    def __init__(self, first_ns: int = 0, cap: int = 20_000, inclusive: bool = False) -> None:
        self.first_ns, self.cap, self.inclusive = first_ns, cap, inclusive
        self.requests: list[dict[str, object]] = []

    async def __call__(self, body: dict[str, object]) -> Envelope:
        self.requests.append(body)
        start, end = parse_ns(str(body["startTime"])), parse_ns(str(body["endTime"]))
        first = max(self.first_ns, -(-start // MINUTE) * MINUTE)
        limit = min(int(str(body["limit"])), self.cap)
        starts = range(first, end + self.inclusive, MINUTE)[::-1][:limit]
        rows = [{"t": format_iso(t), "o": 1, "h": 2.5, "l": 0.5, "c": 2, "v": 7} for t in starts]
        return read_envelope("/History/retrieveBars", envelope(bars=rows or None))


def _frame(query: BarQuery, gateway: Any) -> pl.DataFrame:
    return run_virtual(fetch_frame(query, gateway, CHICAGO))


def _starts(frame: pl.DataFrame) -> list[int]:
    return frame["timestamp"].dt.epoch("ns").to_list()


@pytest.mark.parametrize("inclusive", [False, True])
def test_a_long_window_is_read_in_pages(monkeypatch: pytest.MonkeyPatch, inclusive: bool) -> None:
    """A window beyond one answer comes in pages: every bar once, ascending."""
    monkeypatch.setattr(_bars, "PAGE", 500)
    gateway = Gateway(inclusive=inclusive)
    starts = _starts(_frame(_query(days=1), gateway))
    assert starts == list(range(NOW - 1440 * MINUTE, NOW, MINUTE))
    assert len(gateway.requests) == 3


@pytest.mark.parametrize("limit", [1, 999, 1000, 1001, 1501])
@pytest.mark.parametrize("cap", [1000, 20_000])
def test_a_limit_is_filled_although_the_bar_at_the_end_is_told_too(
    monkeypatch: pytest.MonkeyPatch, limit: int, cap: int
) -> None:
    """The last of several pages, or the only one, is not lost to a bar that is known already."""
    monkeypatch.setattr(_bars, "PAGE", 1000)
    starts = _starts(_frame(_query(days=2, limit=limit), Gateway(cap=cap, inclusive=True)))
    assert starts == list(range(NOW - limit * MINUTE, NOW, MINUTE))


def test_bars_that_come_twice_do_not_look_like_the_end() -> None:
    """A page that was cut is asked on from, also when it is longer than its bars are many."""
    gateway = Gateway(cap=1000)

    async def twice(body: dict[str, object]) -> Envelope:
        answer = await gateway(body)
        rows = answer.plain()["bars"] or []
        return read_envelope("/History/retrieveBars", envelope(bars=[*rows, *rows[:7]]))

    assert len(_starts(_frame(_query(days=2), twice))) == 2880


def test_more_than_twenty_thousand_bars_come(monkeypatch: pytest.MonkeyPatch) -> None:
    """Past the gateway's cap the rest comes with further requests, nothing twice or missing."""
    gateway = Gateway()
    starts = _starts(_frame(_query(days=30), gateway))
    assert starts == list(range(NOW - 30 * 1440 * MINUTE, NOW, MINUTE))
    assert len(gateway.requests) == 3


def test_a_shorter_cap_is_noticed() -> None:
    """A gateway that stops at a thousand without a word is asked on."""
    gateway = Gateway(cap=1000)
    assert len(_starts(_frame(_query(days=2), gateway))) == 2880
    assert len(gateway.requests) == 3


def test_a_limit_keeps_the_newest(monkeypatch: pytest.MonkeyPatch) -> None:
    """Exactly the newest ``limit`` bars come, over page boundaries too."""
    monkeypatch.setattr(_bars, "PAGE", 500)
    starts = _starts(_frame(_query(days=5, limit=700), Gateway()))
    assert starts == list(range(NOW - 700 * MINUTE, NOW, MINUTE))


def test_a_short_history_ends_the_search() -> None:
    """Less than was asked for is not asked for again."""
    gateway = Gateway(first_ns=NOW - 10 * MINUTE)
    assert _frame(_query(), gateway).height == 10
    assert len(gateway.requests) == 1


def test_a_large_answer_does_not_hold_up_the_loop() -> None:
    """While twenty thousand rows are read, others get their turn again and again."""

    async def main() -> int:
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        async with asyncio.TaskGroup() as group:
            busy = group.create_task(others())
            await fetch_frame(_query(days=13), Gateway(), CHICAGO)
            busy.cancel()
        return turns

    assert run_virtual(main()) >= 9


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"unit": 9}, "unit"),
        ({"unit": "minute"}, "unit"),
        ({"interval": 0}, "interval"),
        ({"interval": 1.5}, "interval"),
        ({"interval": True}, "interval"),
        ({"interval": 10**9}, "interval must be at most 52596000 of unit 2, not 1000000000"),
        ({"interval": 2**31, "unit": 1}, "interval must be at most 2147483647"),
        ({"interval": 10_000, "unit": 6}, "interval must be at most 1178 of unit 6"),
        ({"days": -1}, "days"),
        ({"days": float("nan")}, "days"),
        ({"days": 1e15}, "days"),
        ({"limit": 0}, "limit"),
        ({"start_time": "2026-11-19"}, "start_time must be a datetime"),
        ({"end_time": date(2026, 11, 21)}, "end_time must be a datetime"),
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


def test_without_partial_the_window_ends_where_the_forming_bar_begins() -> None:
    """The gateway's own switch is not relied on: the forming bar is not asked for at all."""
    now = NOW + 90 * NS
    assert _query(partial=False, now_ns=now).end_ns == NOW + MINUTE
    assert _query(partial=False, now_ns=now, interval=5).end_ns == NOW
    hours = _query(partial=False, now_ns=now, unit=3, interval=4)
    assert format_iso(hours.end_ns) == "2026-11-20T15:00:00+00:00"
    assert _query(partial=True, now_ns=now).end_ns == now


@pytest.mark.parametrize(
    "row",
    [
        {"t": "2026-11-20T18:00:00+00:00", "o": 1},
        {"t": "2026-11-20T18:61:00+00:00", "o": 1, "h": 1, "l": 1, "c": 1, "v": 1},
        {"t": "2026-11-20T18:\N{ARABIC-INDIC DIGIT ONE}1:00+00:00", "o": 1, "h": 1, "l": 1, "c": 1},
        {"t": "2026-11-20T18:+1:00+00:00", "o": 1, "h": 1, "l": 1, "c": 1, "v": 1},
        {"t": "yesterday", "o": 1, "h": 1, "l": 1, "c": 1, "v": 1},
        {"t": "2026-11-20T18:00:00+00:00", "o": 1, "h": 1, "l": 2, "c": 1, "v": 1},
        {"t": "2026-11-20T18:00:00+00:00", "o": 1, "h": 1, "l": 1, "c": 1, "v": -1},
        {"t": "2026-11-20T18:00:00+00:00", "o": 1, "h": 1, "l": 1, "c": 1, "v": 1.5},
        "bar",
    ],
)
def test_a_malformed_bar_is_an_error(row: object) -> None:
    """A row that cannot be a bar is refused, never skipped."""

    async def broken(body: dict[str, object]) -> Envelope:
        return read_envelope("/History/retrieveBars", envelope(bars=[row]))

    with pytest.raises(ProjectXDataError):
        _frame(_query(), broken)


@given(ns=st.integers(0, 4_000_000_000).map(lambda s: s * NS), form=st.sampled_from([0, 3, 7, 9]))
def test_starts_are_read_in_every_form(ns: int, form: int) -> None:
    """The quick way for the usual form and the general one agree, whatever the fraction."""
    text = format_iso(ns + (123_456_789 if form else 0), form)
    for written in (text, text.replace("+00:00", "Z")):
        assert _bars._start_ns(written) == parse_ns(written)


def test_null_rows_rows_twice_and_rows_outside_are_left_out() -> None:
    """What is no bar of the window does not come in, in whatever order the rest is."""
    stamps = [NOW - MINUTE, NOW - 3 * MINUTE, NOW - MINUTE, NOW, NOW - 2000 * MINUTE]

    async def odd(body: dict[str, object]) -> Envelope:
        rows = [{"t": format_iso(t), "o": 1, "h": 1, "l": 1, "c": 1, "v": 1} for t in stamps]
        return read_envelope("/History/retrieveBars", envelope(bars=[None, *rows, None]))

    assert _starts(_frame(_query(days=1), odd)) == [NOW - 3 * MINUTE, NOW - MINUTE]


def test_the_frame_is_the_documented_one() -> None:
    """Aware timestamps in the zone asked for, floats, integer volume; empty has the same schema."""
    frame = bar_frame([(NOW, 1.0, 2.0, 0.5, 1.5, 10)], CHICAGO)
    assert frame.schema == bar_frame([], CHICAGO).schema
    assert frame.schema == {
        "timestamp": pl.Datetime("us", CHICAGO),
        "open": pl.Float64, "high": pl.Float64, "low": pl.Float64, "close": pl.Float64,
        "volume": pl.Int64,
    }  # fmt: skip
    assert frame["timestamp"][0] == datetime(2026, 11, 20, 18, tzinfo=UTC)
    assert frame["timestamp"][0].utcoffset() == timedelta(hours=-6)
    assert _frame(_query(), Gateway(first_ns=2 * NOW)).schema == frame.schema
