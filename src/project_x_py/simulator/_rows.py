"""Bars as integer tables: building them from trades, aggregating and slicing them.

A table is an int64 array of nine rows, one per field of :class:`~project_x_py._core.bars.Bar`, and
one column per bar, oldest first. Integers make aggregation exact, whatever way it is done.

Invariant (``tests/simulator/test_history.py``): aggregating to a longer bar directly or through a
shorter one gives the same bars.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left
from itertools import starmap
from typing import TYPE_CHECKING

import numpy as np

from project_x_py._core.bars import Bar
from project_x_py._core.calendar import day_ordinal, day_start_of
from project_x_py._core.records import Aggressor
from project_x_py._core.time import DAY_NS, HOUR_NS, MINUTE_NS, NS
from project_x_py._core.timeframes import bar_start

if TYPE_CHECKING:
    import numpy.typing as npt

    from project_x_py._core.timeframes import Timeframe

    Table = npt.NDArray[np.int64]

__all__ = [
    "EMPTY",
    "LiveRows",
    "aggregate",
    "between",
    "join",
    "minutes_of",
    "starts_of",
    "to_bars",
]

FIELDS = 9
EMPTY: Table = np.empty((FIELDS, 0), np.int64)


def aggregate(table: Table, keys: Table) -> Table:
    """Merge runs of columns with equal keys; a merged bar is stamped with its key.

    Args:
        table: Bars, ascending.
        keys: Start of the bar that each column belongs to, ascending.
    """
    if table.shape[1] == 0:
        return EMPTY
    first = np.concatenate(([0], np.flatnonzero(np.diff(keys)) + 1))
    last = np.concatenate((first[1:], [table.shape[1]])) - 1
    return np.vstack(
        [
            keys[first],
            table[1, first],
            np.maximum.reduceat(table[2], first),
            np.minimum.reduceat(table[3], first),
            table[4, last],
            np.add.reduceat(table[5:], first, axis=1),
        ]
    )


def starts_of(tf: Timeframe, stamps: Table) -> Table:
    """Return the start of the bar of ``tf`` that holds each instant; ``stamps`` ascend."""
    if stamps.size == 0:
        return stamps
    width = None if tf.seconds is None else tf.seconds * NS
    if width is not None and HOUR_NS % width == 0:
        return stamps - stamps % width
    days = range(day_ordinal(int(stamps[0])), day_ordinal(int(stamps[-1])) + 1)
    day_starts = np.array([day_start_of(day) for day in days], np.int64)
    at = np.searchsorted(day_starts, stamps, "right") - 1
    if width is not None:
        return stamps - (stamps - day_starts[at]) % width
    starts = np.array([bar_start(tf, int(start)) for start in day_starts], np.int64)
    return starts[at]


def minutes_of(table: Table) -> Table:
    """Aggregate to minutes."""
    return aggregate(table, table[0] - table[0] % MINUTE_NS)


def between(table: Table, start_ns: int, end_ns: int) -> Table:
    """Return the bars that start in ``start_ns <= t < end_ns``."""
    first, last = np.searchsorted(table[0], [start_ns, end_ns])
    return table[:, first:last]


def join(tables: list[Table]) -> Table:
    """Put tables one after the other."""
    return np.concatenate([EMPTY, *tables], axis=1)


def to_bars(table: Table) -> list[Bar]:
    """Return the bars, newest first."""
    return list(starmap(Bar, table[:, ::-1].T.tolist()))


class LiveRows:
    """Bars of one second built from trades as they come; after a day they become minutes."""

    __slots__ = ("_columns", "_forming", "_minutes", "_second")

    KEPT_NS = DAY_NS
    _FOLD_NS = 2 * DAY_NS

    def __init__(self) -> None:
        self._columns = tuple(array("q") for _ in range(FIELDS))
        self._minutes: list[Table] = []
        self._second = -1
        self._forming = [0] * FIELDS

    def add(self, price: int, size: int, aggressor: int, exch_ns: int) -> None:
        """Count a trade; one older than the newest second goes into its own second."""
        second = exch_ns - exch_ns % NS
        if second != self._second:
            if second < self._second:
                self._late(second, price, size, aggressor)
                return
            self._flush()
            self._second = second
            self._forming = [second, price, price, price, price, 0, 0, 0, 0]
        _count(self._forming, price, size, aggressor)

    def table(self, start_ns: int) -> Table:
        """Return the bars from ``start_ns`` on: seconds, and minutes where seconds have gone."""
        stamps = self._columns[0]
        first = bisect_left(stamps, start_ns)
        tables = [between(old, start_ns, _FAR) for old in self._minutes]
        tables.append(np.array([column[first:] for column in self._columns], np.int64))
        if self._second >= start_ns and self._second >= 0:
            tables.append(np.array(self._forming, np.int64).reshape(FIELDS, 1))
        return join(tables)

    def seconds(self, start_ns: int) -> Table:
        """Return the bars of one second from ``start_ns`` on, as far as they are kept."""
        kept = self._columns[0][0] if self._columns[0] else self._second
        return self.table(max(start_ns, kept))

    def _flush(self) -> None:
        if self._second < 0:
            return
        for column, value in zip(self._columns, self._forming, strict=True):
            column.append(value)
        stamps = self._columns[0]
        if stamps[-1] - stamps[0] >= self._FOLD_NS:
            edge = stamps[-1] - self.KEPT_NS
            count = bisect_left(stamps, edge - edge % MINUTE_NS)
            old = np.array([column[:count] for column in self._columns], np.int64)
            self._minutes.append(minutes_of(old))
            for column in self._columns:
                del column[:count]

    def _late(self, second: int, price: int, size: int, aggressor: int) -> None:
        """Count a trade in its own second, or in the oldest one where seconds have gone."""
        stamps = self._columns[0]
        at = bisect_left(stamps, second)
        if at == 0 and self._minutes:
            second = stamps[0]
        if at == len(stamps) or stamps[at] != second:
            row = [second, price, price, price, price, 0, 0, 0, 0]
            _count(row, price, size, aggressor)
            for column, value in zip(self._columns, row, strict=True):
                column.insert(at, value)
            return
        row = [column[at] for column in self._columns]
        _count(row, price, size, aggressor)
        for column, value in zip(self._columns, row, strict=True):
            column[at] = value


_FAR = (1 << 63) - 1


def _count(row: list[int], price: int, size: int, aggressor: int) -> None:
    if price > row[2]:
        row[2] = price
    elif price < row[3]:
        row[3] = price
    row[4] = price
    row[5] += size
    row[6] += 1
    if aggressor == Aggressor.BUY:
        row[7] += size
    elif aggressor == Aggressor.SELL:
        row[8] += size
