"""The past bars of a simulated contract: made up before its market started, real since.

Before the live start there are 63 days of minutes and hours for a year, made a day at a time when
somebody first asks; seconds are kept or made for the last 24 hours. From the start on every bar is
built from the trades that the market released. Bars of every length are aggregated from the same
minutes or seconds, so a longer bar always equals its shorter ones.

Invariants (``tests/simulator/test_history.py``): no bar starts at or after ``now_ns`` or outside
the sessions; the last close before the live start is the price that the market starts at; bars
begin where :func:`project_x_py._core.timeframes.bar_start` says.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from project_x_py._core.calendar import day_ordinal, day_start_of
from project_x_py._core.time import DAY_NS, MINUTE_NS, NS
from project_x_py._core.timeframes import bar_end, timeframe, timeframe_of
from project_x_py.simulator._past import PastMaker
from project_x_py.simulator._rows import (
    EMPTY,
    LiveRows,
    aggregate,
    between,
    join,
    starts_of,
    to_bars,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from project_x_py._core.bars import Bar
    from project_x_py._core.calendar import SessionCalendar
    from project_x_py._core.timeframes import Timeframe
    from project_x_py.simulator._profiles import Profile
    from project_x_py.simulator._rows import Table

__all__ = ["BarHistory", "DayState"]

MINUTE_DAYS = 63
HOUR_DAYS = 365
DAYS_AT_ONCE = 14
SECONDS_KEPT_NS = DAY_NS
_SECOND, _MINUTE = 1, 2
_BATCH = 120
"""Minutes whose seconds are made at once."""
_HOUR = timeframe("1hr")
_FAR = (1 << 63) - 1


class DayState(NamedTuple):
    """What has traded on one trading day, and the close before it; None as far as unknown."""

    open: int | None
    high: int | None
    low: int | None
    last: int | None
    volume: int
    prev_close: int | None


class BarHistory:
    """A :class:`~project_x_py.simulator._source.HistoryStore`.

    Args:
        profile: What the made-up past looks like.
        calendar: When the market was open.
        seed: Same seed, same past.
        live_ns: Where trades take over; the past ends at the minute that holds it.
        price: The close of the past, in ticks.
    """

    __slots__ = (
        "_days",
        "_hours",
        "_join",
        "_live",
        "_live_ns",
        "_maker",
        "_minutes",
        "_next",
        "_today",
    )

    def __init__(
        self, profile: Profile, calendar: SessionCalendar, *, seed: int, live_ns: int, price: int
    ) -> None:
        self._maker = PastMaker(profile, calendar, seed)
        self._live_ns = live_ns - live_ns % MINUTE_NS
        self._join = price
        self._today = self._next = day_ordinal(live_ns)
        self._days: list[Table] = []
        self._minutes: Table = EMPTY
        self._hours: Table = EMPTY
        self._live = LiveRows()

    def add_trade(self, price: int, size: int, aggressor: int, exch_ns: int) -> None:
        """Count a trade that the market released."""
        self._live.add(price, size, aggressor, exch_ns)

    def prepare(self, unit: int, start_ns: int, now_ns: int) -> Iterator[None]:
        """Make the past that :meth:`bars` from ``start_ns`` on needs, some days at each step.

        Args:
            unit: As for :meth:`bars`.
            start_ns: Exchange time, inclusive.
            now_ns: Exchange time of the question.
        """
        start_ns = max(start_ns, self._oldest(unit, now_ns))
        if start_ns >= self._live_ns:
            return
        oldest = day_ordinal(start_ns)
        while self._next >= oldest:
            self._make(max(oldest, self._next - DAYS_AT_ONCE + 1))
            yield

    def bars(
        self,
        unit: int,
        unit_number: int,
        start_ns: int,
        end_ns: int,
        limit: int,
        partial: bool,
        now_ns: int,
    ) -> list[Bar]:
        """Return the bars that begin in ``start_ns <= t < end_ns``, newest first.

        Seconds go back 24 hours, minutes 63 trading days, longer bars a year.

        Args:
            unit: 1 second, 2 minute, 3 hour, 4 day, 5 week, 6 month.
            unit_number: Multiple of the unit, at least 1.
            start_ns: Exchange time, inclusive.
            end_ns: Exchange time, exclusive.
            limit: Most bars to return; the newest are kept.
            partial: Whether the bar that has not ended at ``now_ns`` is returned too.
            now_ns: Exchange time of the question; nothing later is told.

        Raises:
            ValueError: There is no such unit, or ``unit_number`` is not above zero.
        """
        tf = timeframe_of(unit, unit_number)
        start_ns = max(start_ns, self._oldest(unit, now_ns))
        end_ns = min(end_ns, now_ns + 1)
        if start_ns >= end_ns or limit < 1:
            return []
        table = self._table(
            unit, start_ns, min(now_ns + 1, _after(tf, end_ns)), limit * unit_number
        )
        found = between(aggregate(table, starts_of(tf, table[0])), start_ns, end_ns)
        if not partial and found.shape[1] and bar_end(tf, int(found[0, -1])) > now_ns:
            found = found[:, :-1]
        return to_bars(found[:, -limit:])

    def day_state(self, ns: int) -> DayState:
        """Return what traded on the trading day that holds an instant, up to the last trade."""
        day = day_ordinal(ns)
        start = day_start_of(day)
        close = None
        back = day - 1
        while close is None and back > day - 15:
            before = self._table(_MINUTE, day_start_of(back), start, 1)
            close = int(before[4, -1]) if before.shape[1] else None
            back -= 1
        table = self._table(_MINUTE, start, _FAR, 1)
        if table.shape[1] == 0:
            return DayState(None, None, None, close, 0, close)
        high, low = int(table[2].max()), int(table[3].min())
        volume = int(table[5].sum())
        return DayState(int(table[1, 0]), high, low, int(table[4, -1]), volume, close)

    def _oldest(self, unit: int, now_ns: int) -> int:
        if unit == _SECOND:
            return now_ns - SECONDS_KEPT_NS
        days = MINUTE_DAYS if unit == _MINUTE else HOUR_DAYS
        return day_start_of(day_ordinal(now_ns) - days)

    def _table(self, unit: int, start_ns: int, end_ns: int, wanted: int) -> Table:
        """Return what the bars of ``unit`` are aggregated from, from ``start_ns`` on."""
        live = self._live.seconds(start_ns) if unit == _SECOND else self._live.table(start_ns)
        tables = [between(live, start_ns, end_ns)]
        if start_ns < self._live_ns:
            self._make(day_ordinal(start_ns))
            past = between(self._minutes, start_ns - start_ns % MINUTE_NS, end_ns)
            if unit == _SECOND:
                past = between(self._spread(past, wanted), start_ns, end_ns)
            tables.insert(0, past)
            if unit > _MINUTE:
                tables.insert(0, between(self._hours, start_ns, end_ns))
        return join(tables)

    def _spread(self, minutes: Table, wanted: int) -> Table:
        """Make the seconds of minutes, newest first, until there are ``wanted``."""
        made: list[Table] = []
        edge = minutes.shape[1]
        while edge > 0 and wanted >= 0:
            made.append(self._maker.seconds(minutes[:, max(edge - _BATCH, 0) : edge]))
            wanted -= made[-1].shape[1]
            edge -= _BATCH
        return join(made[::-1])

    def _make(self, oldest: int) -> None:
        """Make the past back to a trading day; days beyond the minutes are kept as hours."""
        if self._next < oldest:
            return
        minutes: list[Table] = []
        hours: list[Table] = []
        while self._next >= oldest:
            table = self._maker.day(self._next, self._join, self._live_ns)
            if table.shape[1]:
                self._join = int(table[1, 0]) - self._maker.gap(self._next, int(table[1, 0]))
                if self._today - self._next <= MINUTE_DAYS:
                    minutes.append(table)
                else:
                    hours.append(aggregate(table, starts_of(_HOUR, table[0])))
            self._next -= 1
        self._minutes = join([*minutes[::-1], self._minutes])
        self._hours = join([*hours[::-1], self._hours])


def _after(tf: Timeframe, end_ns: int) -> int:
    """Return a time by which every bar that begins before ``end_ns`` has ended."""
    return bar_end(tf, end_ns) + (0 if tf.seconds is None else tf.seconds * NS)
