"""A recorded market, replayed row by row.

Records come in the order of the recording, and each event at its exchange time; where the recording
goes back in time, at the latest time before it, so nothing is reordered, dropped or told twice.
The levels of the book are told as they were recorded, crossed pre-openings included. A print
without an aggressor gets its side from the tick rule: the side of the last change of price.

Invariants (``tests/simulator/test_tape.py``): the bars of the released trades are those of the
recording; the book after an event is the recorded one; however time is chopped up, ``advance``
returns the same records.
"""

from __future__ import annotations

from array import array
from dataclasses import replace
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Literal, NamedTuple

from project_x_py._core.book import PriceLadder
from project_x_py._core.calendar import calendar_for, trade_date
from project_x_py._core.exchange.order_tape import OrderTapeVenue
from project_x_py._core.products import product_for_ticker
from project_x_py._core.records import Aggressor, Depth, DepthLevel, Trade
from project_x_py._core.time import HOUR_NS, NS
from project_x_py.simulator._board import QuoteBoard
from project_x_py.simulator._contracts import listed
from project_x_py.simulator._history import BarHistory
from project_x_py.simulator._noise import key_of
from project_x_py.simulator._profiles import profile_for
from project_x_py.simulator._tape_hours import tape_hours
from project_x_py.simulator._weeks import offsets, weeks_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    import polars as pl

    from project_x_py._core.products import Product
    from project_x_py._core.records import MarketRecord
    from project_x_py.simulator._source import BookSnapshot, ListedContract
    from project_x_py.simulator._tape_files import Recording

__all__ = ["TapeSource"]

_ORDER, _TRADE, _DEPTH = -1, 0, 1
_BLOCK = 4096
HALTED_NS = 1_000_000_000
"""How often a tape that stands still looks whether it may go on."""
_RESET = 6
_KINDS = (2, 1)
"""The kind of a depth level by side: bid, ask."""


class _Row(NamedTuple):
    event: int
    kind: int
    ts: int
    code: int
    a: int | None
    b: int | None
    c: int | None
    d: int | None


class TapeSource:
    """A :class:`~project_x_py.simulator._source.MarketSource` that replays a recording.

    Use :meth:`open`. Rows before the start make the opening picture: the book, the session figures
    and, for trades, the newest bars.

    Args:
        product: What the recording is listed as.
        recording: Its rows, exchange times as they are to be replayed.
        start_ns: Where the clock starts.

    Attributes:
        orders: The recorded orders, as of the last advance; None where none were recorded.
        hours: When the tape trades, where it prints outside the hours of the product.
    """

    def __init__(self, product: Product, recording: Recording, start_ns: int) -> None:
        contract = listed(product, trade_date(start_ns))
        self._id = contract.contract_id
        self.contracts: tuple[ListedContract, ...] = (contract,)
        self.start_ns = start_ns
        self._has_quotes = recording.has_quotes
        self._has_depth = recording.has_depth
        self.orders = OrderTapeVenue() if recording.has_orders else None
        self._rows = recording.rows
        self._first, self._due = _events(recording.rows)
        self._block: list[list[_Row]] = []
        self._block_at = 0
        self._next = 0
        self._shift_ns = 0
        self._seen_ns = start_ns
        self._halt: tuple[int, int] | None = None
        trades = recording.rows.filter(recording.rows["kind"] == _TRADE)
        live_ns = min(start_ns, int(trades["ts"][0]))
        price = int(trades["a"][0])
        self._history = BarHistory(
            profile_for(product.ticker),
            calendar_for(product.ticker),
            seed=key_of("tape", product.ticker),
            live_ns=live_ns,
            price=price,
        )
        day = self._history.day_state(live_ns)
        self._board = QuoteBoard(self._id, product.grid, day, live_ns)
        self._ladder = PriceLadder()
        self._best: tuple[int | None, int | None] = (None, None)
        self._tick_price = price
        self._tick_side = Aggressor.BUY
        self.hours = tape_hours(product, trades["ts"].cum_max().to_list(), start_ns)
        self.advance(start_ns - 1)

    @classmethod
    def open(
        cls,
        folder: Path,
        *,
        ticker: str,
        lead_s: float,
        clock: Literal["wall", "tape"],
        now_ns: int,
    ) -> TapeSource:
        """Read a recording.

        Args:
            folder: Where its Parquet files are, see :mod:`project_x_py.simulator._tape_files`.
            ticker: The instrument it is listed as; its tick size must be that of the recording.
            lead_s: The clock starts so many exchange seconds before the first trade, or after it
                if negative.
            clock: "wall" moves the recording by whole weeks, so that it starts at or before
                ``now_ns`` at the Chicago weekday and time of the recording; "tape" keeps its times.
            now_ns: Exchange time now, ns since 1970 UTC.

        Raises:
            ProjectXInstrumentError: The ticker is unknown; the message names close matches.
            ProjectXDataError: The recording cannot be replayed; the message names file, column and
                what is expected.
        """
        from project_x_py.simulator._tape_files import read_recording

        product = product_for_ticker(ticker)
        recording = read_recording(folder, product.grid, product.ticker)
        rows = recording.rows
        first_ns = int(rows.filter(rows["kind"] == _TRADE)["ts"][0])
        start_ns = first_ns - round(lead_s * NS)
        if clock == "wall":
            weeks = weeks_until(start_ns, now_ns)
            rows = _moved(rows, weeks)
            start_ns += offsets([start_ns - start_ns % HOUR_NS], weeks)[0]
        return cls(product, replace(recording, rows=rows), start_ns)

    def next_ns(self) -> int | None:
        """Exchange time of the next event, None when there is none left."""
        if self._halt is not None:
            return min(self._halt[1], self._seen_ns + HALTED_NS)
        if self._next == len(self._due):
            return None
        return self._due[self._next] + self._shift_ns

    def advance(self, until_ns: int) -> list[MarketRecord]:
        """Return, in order, the records not yet returned whose time is at most ``until_ns``."""
        records: list[MarketRecord] = []
        due = self._due
        if self._halt is not None and self._halt[1] <= until_ns:
            records.append(self._reopen(*self._halt))
        recorded_ns = until_ns - self._shift_ns
        while self._halt is None and self._next < len(due) and due[self._next] <= recorded_ns:
            event = self._event(self._next)
            self._apply(event, due[self._next] + self._shift_ns, records)
            self._next += 1
        self._seen_ns = max(self._seen_ns, until_ns)
        return records

    def halt(self, contract_id: str, ns: int, until_ns: int) -> None:
        """Let the tape stand still from ``ns`` until then, or until :meth:`resume`.

        Afterwards everything comes so much later than it was recorded, behind the whole book.

        Raises:
            KeyError: The contract is not the one of the tape.
        """
        self._check(contract_id)
        self._seen_ns = max(self._seen_ns, ns)
        self._halt = (ns if self._halt is None else self._halt[0], until_ns)

    def resume(self, contract_id: str, ns: int) -> None:
        """Let the tape go on where it stands, if it does.

        Raises:
            KeyError: The contract is not the one of the tape.
        """
        self._check(contract_id)
        if self._halt is not None:
            self._halt = (self._halt[0], ns)

    def _reopen(self, halted_ns: int, ns: int) -> Depth:
        """Go on at ``ns``; return the book as it stands."""
        self._halt = None
        self._shift_ns += max(ns - halted_ns, 0)
        self._board.last_ns = ns
        levels = [DepthLevel(_RESET, 0, 0, ns)]
        for side in (0, 1):
            levels += [
                DepthLevel(_KINDS[side], price, size, ns)
                for price, size, _ in self._ladder.top(side)
            ]
        return Depth(self._id, tuple(levels), ns)

    def snapshot(self, contract_id: str) -> BookSnapshot:
        """Return the market after the last advance; before the first row both sides are empty.

        Raises:
            KeyError: The contract is not the one of the tape.
        """
        self._check(contract_id)
        bids, asks = ([level[:2] for level in self._ladder.top(side)] for side in (0, 1))
        return self._board.snapshot(bids, asks)

    def history(self, contract_id: str) -> BarHistory:
        """Return the past bars: made up before the recording, and its own trades since.

        Raises:
            KeyError: The contract is not the one of the tape.
        """
        self._check(contract_id)
        return self._history

    def _check(self, contract_id: str) -> None:
        if contract_id != self._id:
            raise KeyError(contract_id)

    def _event(self, at: int) -> list[_Row]:
        """Return the rows of an event; rows are turned into Python numbers a block at a time."""
        if not self._block_at <= at < self._block_at + len(self._block):
            first = self._first[at]
            end = self._first[min(at + _BLOCK, len(self._due))]
            rows = map(_Row._make, self._rows.slice(first, end - first).iter_rows())
            self._block = [list(group) for _, group in groupby(rows, itemgetter(0))]
            self._block_at = at
        return self._block[at - self._block_at]

    def _apply(self, rows: list[_Row], due: int, records: list[MarketRecord]) -> None:
        board = self._board
        board.roll(due)
        board.last_ns = due
        levels: list[DepthLevel] = []
        for row in rows:
            if row.kind == _ORDER:
                if self.orders is not None:
                    self.orders.apply(row.d or 0, row.c or 0, row.code, row.a or 0, row.b or 0)
            elif row.kind == _TRADE:
                records.append(self._trade(row, due))
            elif row.kind == _DEPTH:
                at_ns = row.ts + self._shift_ns
                levels.append(self._level(row.code, row.a or 0, row.b or 0, at_ns))
            else:
                levels.extend(self._quote(row))
        if levels:
            records.append(Depth(self._id, tuple(levels), due))
        if not self._has_quotes:
            self._best = self._ladder.best_bid, self._ladder.best_ask
        quote = board.quote(*self._best, due)
        if quote is not None:
            records.append(quote)

    def _trade(self, row: _Row, due: int) -> Trade:
        price, size = row.a or 0, row.b or 0
        if price != self._tick_price:
            self._tick_side = Aggressor.BUY if price > self._tick_price else Aggressor.SELL
            self._tick_price = price
        aggressor = Aggressor(row.code)
        if aggressor is Aggressor.NONE:
            aggressor = self._tick_side
        self._board.trade(price, size)
        at_ns = row.ts + self._shift_ns
        self._history.add_trade(price, size, aggressor, at_ns)
        return Trade(self._id, price, size, aggressor, at_ns, due)

    def _level(self, side: int, price: int, size: int, ts: int) -> DepthLevel:
        self._ladder.set_level(side, price, size, ts)
        return DepthLevel(_KINDS[side], price, size, ts)

    def _quote(self, row: _Row) -> Iterator[DepthLevel]:
        """Take over best prices; without recorded depth their sizes are the book."""
        self._best = row.a, row.b
        if self._has_depth or row.c is None or row.d is None:
            return
        at_ns = row.ts + self._shift_ns
        for side, price, size in ((0, row.a, row.c), (1, row.b, row.d)):
            old = self._ladder.top(side, 1)
            if old and (price is None or old[0][0] != price):
                yield self._level(side, old[0][0], 0, at_ns)
            if price is not None and (not old or old[0][:2] != (price, size)):
                yield self._level(side, price, size, at_ns)


def _events(rows: pl.DataFrame) -> tuple[array[int], array[int]]:
    """Return the first row of each event and one past the last, and when each event is due."""
    lengths = rows["event"].rle().struct.field("len")
    first = array("q", [0, *lengths.cum_sum().to_list()])
    latest = rows["ts"].cum_max()
    return first, array("q", latest.gather([end - 1 for end in first[1:]]).to_list())


def _moved(rows: pl.DataFrame, weeks: int) -> pl.DataFrame:
    """Return the rows with ``ts`` moved by weeks of the Chicago calendar."""
    hours = rows["ts"] // HOUR_NS
    known = hours.unique(maintain_order=True).to_list()
    table = dict(zip(known, offsets((hour * HOUR_NS for hour in known), weeks), strict=True))
    return rows.with_columns(
        rows["ts"] + hours.replace_strict(table, return_dtype=rows["ts"].dtype)
    )
