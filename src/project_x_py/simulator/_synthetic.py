"""A made-up market of several correlated instruments, the same for the same seed and start.

Invariants (``tests/simulator/test_synthetic.py``): however time is chopped up, ``advance`` returns
the same records; another instrument leaves the records of the others as they are; the past of each
instrument ends with the price of its first trade.
"""

from __future__ import annotations

from heapq import heappush, heapreplace
from typing import TYPE_CHECKING

from project_x_py._core.calendar import calendar_for, trade_date
from project_x_py._core.products import PRODUCTS, product_for_ticker
from project_x_py.exceptions import ProjectXDataError
from project_x_py.simulator._board import QuoteBoard
from project_x_py.simulator._contracts import listed
from project_x_py.simulator._correlation import Climate
from project_x_py.simulator._flow import OrderFlow
from project_x_py.simulator._history import BarHistory
from project_x_py.simulator._participants import ParticipantBook, Participants
from project_x_py.simulator._profiles import profile_for

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from project_x_py._core.exchange.venues import BookVenue
    from project_x_py._core.records import MarketRecord
    from project_x_py.simulator._source import BookSnapshot, ListedContract
    from project_x_py.simulator.activity import Activity, Label

__all__ = ["SyntheticSource"]

IDLE_NS = 50_000_000
"""How long a market that nobody watches sleeps before it looks whether somebody does."""

CARRY = 400
"""The next month costs this part of the price more."""

HALTED_NS = 1_000_000_000
"""How often a halted market looks whether it may go on."""


class SyntheticSource:
    """A :class:`~project_x_py.simulator._source.MarketSource` that makes its markets up.

    Args:
        tickers: What to trade, such as ``["MNQ", "ES"]``, the active contract of each; all of it
            moves from the start. Empty means every product, each moving from the moment that
            somebody first looks at it, so that nobody pays for what nobody watches.
        seed: Same seed, start and first looks, same market.
        start_ns: Exchange time at which it starts, ns since 1970 UTC.
        activity: What else happens, in the first of ``tickers``.
        opening: Prices in ticks at which contracts begin, by contract id; the others begin at the
            usual price of their product.

    Raises:
        ProjectXInstrumentError: A ticker is unknown; the message names close matches.
        ProjectXDataError: A ticker is there twice.
    """

    def __init__(
        self,
        tickers: Sequence[str],
        *,
        seed: int,
        start_ns: int,
        activity: Sequence[Activity] = (),
        opening: Mapping[str, int] | None = None,
    ) -> None:
        products = [product_for_ticker(ticker) for ticker in tickers] or list(PRODUCTS)
        if len(set(products)) < len(products):
            raise ProjectXDataError(f"a market needs different tickers; got {', '.join(tickers)}")
        if activity and not tickers:
            raise ProjectXDataError("activity needs a ticker to happen in")
        self.start_ns = start_ns
        self.contracts = tuple(listed(product, trade_date(start_ns)) for product in products)
        self._seed = seed
        self._now_ns = start_ns
        self._at = {contract.contract_id: at for at, contract in enumerate(self.contracts)}
        self._climates: dict[str, Climate] = {}
        self._boards: dict[str, QuoteBoard] = {}
        self._histories: dict[str, BarHistory] = {}
        self._flows: dict[str, OrderFlow | Participants] = {}
        self._queue: list[tuple[int, int, OrderFlow | Participants]] = []
        self._activity = tuple(activity)
        self._opening = dict(opening or {})
        self._participants: Participants | None = None
        self._caused: list[MarketRecord] = []
        self._halted: dict[int, int] = {}
        if tickers:
            for contract in self.contracts:
                self._move(contract)

    def list_after(self, contract_id: str, following: ListedContract) -> None:
        """Let another month of a contract's product trade from now on, beside it.

        It moves with the first, a little above it, through orders of its own.

        Raises:
            KeyError: The contract is not one of ``contracts``.
        """
        near = self.snapshot(contract_id).last or 0
        if following.contract_id in self._at:
            return
        self._at[following.contract_id] = len(self.contracts)
        self.contracts += (following,)
        self._move(following, near + 1 + abs(near) // CARRY, following.name)

    def _move(self, contract: ListedContract, price: int | None = None, name: str = "") -> None:
        """Let a contract trade from now on; its past ends with the price it starts at."""
        ticker, start_ns = contract.product.ticker, self._now_ns
        profile, calendar = profile_for(ticker), calendar_for(ticker)
        climate = self._climates.setdefault(profile.factor, Climate(self._seed, profile.factor))
        if price is None:
            price = self._opening.get(contract.contract_id)
        if price is None:
            price = round(profile.level / float(contract.grid.tick_size))
        history = BarHistory(profile, calendar, seed=self._seed, live_ns=start_ns, price=price)
        board = QuoteBoard(
            contract.contract_id, contract.grid, history.day_state(start_ns), start_ns
        )
        book = ParticipantBook() if self._activity and not self._flows else None
        flow = OrderFlow(
            contract.contract_id,
            profile,
            calendar,
            climate,
            board,
            history,
            seed=self._seed,
            start_ns=start_ns,
            price=price,
            caused=self._caused,
            name=name or ticker,
            book=book,
        )
        moving: OrderFlow | Participants = flow
        if book is not None:
            moving = self._participants = Participants(
                flow, book, contract.contract_id, self._activity, start_ns
            )
        self._boards[contract.contract_id] = board
        self._histories[contract.contract_id] = history
        self._flows[contract.contract_id] = moving
        heappush(self._queue, (moving.next_ns, self._at[contract.contract_id], moving))

    @property
    def labels(self) -> list[Label]:
        """What ``activity`` really did so far."""
        return [] if self._participants is None else self._participants.labels

    def _look(self, contract_id: str) -> None:
        if contract_id not in self._flows:
            self._move(self.contracts[self._at[contract_id]])

    def next_ns(self) -> int | None:
        """Exchange time of the next event, which may tell nothing; there always is one."""
        return self._queue[0][0] if self._queue else self._now_ns + IDLE_NS

    def advance(self, until_ns: int) -> list[MarketRecord]:
        """Return, in order, the records not yet returned whose time is at most ``until_ns``."""
        records: list[MarketRecord] = []
        queue = self._queue
        while queue and (head := queue[0])[0] <= until_ns:
            flow = head[2]
            if self._halted and head[1] in self._halted:
                heapreplace(queue, (self._waited(*head), *head[1:]))
                continue
            records += flow.step()
            heapreplace(queue, (flow.next_ns, head[1], flow))
        self._now_ns = max(self._now_ns, until_ns)
        return records

    def halt(self, contract_id: str, ns: int, until_ns: int) -> None:
        """Let nothing happen in a contract until then, or until :meth:`resume`.

        It opens again as a session does, with a print and the whole book.

        Raises:
            KeyError: The contract is not one of ``contracts``.
        """
        self._halted[self._at[contract_id]] = until_ns
        self._look(contract_id)

    def resume(self, contract_id: str, ns: int) -> None:
        """Let a contract that is halted open again, within a second.

        Raises:
            KeyError: The contract is not one of ``contracts``.
        """
        at = self._at[contract_id]
        if at in self._halted:
            self._halted[at] = self._now_ns

    def _waited(self, ns: int, at: int, flow: OrderFlow | Participants) -> int:
        """Return when to look at a halted contract again, or when it goes on."""
        until_ns = self._halted[at]
        if ns < until_ns:
            return min(until_ns, ns + HALTED_NS)
        del self._halted[at]
        flow.reopen(ns)
        return flow.next_ns

    def snapshot(self, contract_id: str) -> BookSnapshot:
        """Return the market of a contract after the last advance.

        Raises:
            KeyError: The contract is not one of ``contracts``.
        """
        self._look(contract_id)
        bids, asks = self._flows[contract_id].shown()
        return self._boards[contract_id].snapshot(bids, asks)

    def venue(self, contract_id: str) -> BookVenue:
        """Return the way into the book that the contract's own participants trade in.

        Raises:
            KeyError: The contract is not one of ``contracts``.
        """
        self._look(contract_id)
        return self._flows[contract_id].venue

    def take_caused(self) -> list[MarketRecord]:
        """Return, in order, the records that users' commands caused since the last call."""
        caused = list(self._caused)
        self._caused.clear()
        return caused

    def history(self, contract_id: str) -> BarHistory:
        """Return the past bars of a contract, which go on growing with ``advance``.

        Raises:
            KeyError: The contract is not one of ``contracts``.
        """
        self._look(contract_id)
        return self._histories[contract_id]
