"""The route that answers with bars.

Contract, unit, unit number and limit are judged in this order, each with a code of its own; then
the bars of the window are written, the newest first, in one uniform form of time.

Invariant (``tests/simulator/test_rest.py``): the bytes are the
documented example; no bar begins outside the window; whoever asks for the most there can be keeps
the loop for no longer than it takes to write 2,000 bars.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated

import msgspec

from project_x_py._core.bars import Bar
from project_x_py._core.time import DAY_NS, HOUR_NS, parse_ns
from project_x_py.exceptions import ProjectXDataError
from project_x_py.simulator._encode import PriceTexts
from project_x_py.simulator._rest import Call, Parts, Route, refused, succeeded
from project_x_py.simulator._times import check_instants, rest_time

if TYPE_CHECKING:
    from project_x_py.simulator._source import HistoryStore, ListedContract

__all__ = ["BAR_ROUTE", "RetrieveBars"]

Int32 = Annotated[int, msgspec.Meta(ge=-(2**31), le=2**31 - 1)]

CONTRACT_NOT_FOUND, UNIT_INVALID, UNIT_NUMBER_INVALID, LIMIT_INVALID = 1, 2, 3, 4
_HOUR_UNIT, _DAY_UNIT = 3, 4
_UNITS = range(1, 7)
_ROWS_AT_ONCE = 2000
_YEAR_ONE = "0001-01-01T00:00:00Z"


class RetrieveBars(msgspec.Struct, rename="camel"):
    """Body of ``History/retrieveBars``."""

    contract_id: str
    live: bool = False
    start_time: str = _YEAR_ONE
    end_time: str = _YEAR_ONE
    unit: Int32 = 0
    unit_number: Int32 = 0
    limit: Int32 = 0
    include_partial_bar: bool = False

    def __post_init__(self) -> None:
        for text in (self.start_time, self.end_time):
            try:
                parse_ns(text)
            except ProjectXDataError:
                raise ValueError("The JSON value could not be converted to a date") from None


@dataclass(frozen=True, slots=True)
class _Window:
    """What is asked for, as ``start_ns <= t < end_ns`` and the newest ``limit`` of it."""

    unit: int
    number: int
    start_ns: int
    end_ns: int
    limit: int
    partial: bool
    now_ns: int


def retrieve_bars(call: Call, ask: RetrieveBars) -> Parts:
    """Answer with bars, newest first."""
    venue, quirks = call.venue, call.venue.quirks.rest
    check_instants(call, ("startTime", ask.start_time), ("endTime", ask.end_time))
    contract = next((c for c in venue.source.contracts if c.contract_id == ask.contract_id), None)
    if (ask.live and not venue.quirks.live_entitled) or contract is None:
        return refused("bars", CONTRACT_NOT_FOUND, _no_market(call, ask))
    if ask.unit not in _UNITS:
        return refused("bars", UNIT_INVALID)
    if not 1 <= ask.unit_number <= quirks.max_unit_number:
        return refused("bars", UNIT_NUMBER_INVALID)
    if ask.limit < 1 or (ask.limit > quirks.bars_cap and quirks.bars_above_cap == "refuse"):
        return refused("bars", LIMIT_INVALID)
    window = _Window(
        ask.unit,
        ask.unit_number,
        parse_ns(ask.start_time) + (not quirks.bars_start_inclusive),
        parse_ns(ask.end_time) + quirks.bars_end_inclusive,
        min(ask.limit, quirks.bars_cap),
        ask.include_partial_bar,
        venue.clock.now_ns(),
    )
    history = venue.source.history(ask.contract_id)
    for _ in history.prepare(ask.unit, window.start_ns, window.now_ns):
        yield
    by_date = ask.unit == _DAY_UNIT and quirks.daily_bars == "utc"
    bars = _utc_days(history, window) if by_date else _bars(history, window)
    yield
    return (yield from _written(call, contract, bars if quirks.bars_newest_first else bars[::-1]))


def _bars(history: HistoryStore, window: _Window) -> list[Bar]:
    return history.bars(
        window.unit,
        window.number,
        window.start_ns,
        window.end_ns,
        window.limit,
        window.partial,
        window.now_ns,
    )


def _utc_days(history: HistoryStore, window: _Window) -> list[Bar]:
    """Return the days that begin at midnight UTC, newest first, made of hours."""
    width = window.number * DAY_NS
    first, after = -(-window.start_ns // width), -(-window.end_ns // width)
    hours = history.bars(
        _HOUR_UNIT,
        1,
        first * width,
        min(after * width, window.now_ns + 1),
        window.limit * (width // HOUR_NS),
        True,
        window.now_ns,
    )
    days: dict[int, Bar] = {}
    for hour in reversed(hours):
        day = hour.start_ns // width
        days[day] = _joined(days.get(day), hour, day * width)
    found = [bar for day, bar in days.items() if first <= day < after]
    if not window.partial:
        found = [bar for bar in found if bar.start_ns + width <= window.now_ns]
    return found[-window.limit :][::-1]


def _joined(bar: Bar | None, more: Bar, start_ns: int) -> Bar:
    if bar is None:
        return msgspec.structs.replace(more, start_ns=start_ns)
    return Bar(
        start_ns,
        bar.open,
        max(bar.high, more.high),
        min(bar.low, more.low),
        more.close,
        bar.volume + more.volume,
        bar.trades + more.trades,
        bar.buy_volume + more.buy_volume,
        bar.sell_volume + more.sell_volume,
    )


def _written(call: Call, contract: ListedContract, bars: list[Bar]) -> Parts:
    quirks = call.venue.quirks.rest
    price, time = PriceTexts(contract.grid, nine_decimals=quirks.nine_decimals), rest_time(quirks)
    tail = ',"d":null,"k":null}' if quirks.bars_extra_members else "}"
    rows: list[str] = []
    for first in range(0, len(bars), _ROWS_AT_ONCE):
        rows += [
            f'{{"t":"{time(bar.start_ns)}","o":{price[bar.open]},"h":{price[bar.high]}'
            f',"l":{price[bar.low]},"c":{price[bar.close]},"v":{bar.volume}{tail}'
            for bar in bars[first : first + _ROWS_AT_ONCE]
        ]
        yield
    return succeeded(bars=msgspec.Raw(f"[{','.join(rows)}]".encode()))


def _no_market(call: Call, ask: RetrieveBars) -> str | None:
    if ask.live or call.venue.listings.by_id(ask.contract_id) is None:
        return None
    traded = ", ".join(c.contract_id for c in call.venue.source.contracts)
    return f"{ask.contract_id} is listed but has no market in this simulation; it has {traded}."


BAR_ROUTE = Route("/api/History/retrieveBars", retrieve_bars, RetrieveBars, bucket="history")
"""The one route with a budget of its own."""
