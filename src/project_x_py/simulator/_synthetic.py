"""A made-up market of several correlated instruments, the same for the same seed and start.

Invariants (``tests/simulator/test_synthetic.py``): however time is chopped up, ``advance`` returns
the same records; another instrument leaves the records of the others as they are; the past of each
instrument ends with the price of its first trade.
"""

from __future__ import annotations

from heapq import heapify, heapreplace
from typing import TYPE_CHECKING

from project_x_py._core.calendar import calendar_for, trade_date
from project_x_py._core.products import product_for_ticker
from project_x_py.exceptions import ProjectXDataError
from project_x_py.simulator._board import QuoteBoard
from project_x_py.simulator._contracts import listed
from project_x_py.simulator._correlation import Climate
from project_x_py.simulator._flow import OrderFlow
from project_x_py.simulator._history import BarHistory
from project_x_py.simulator._profiles import profile_for

if TYPE_CHECKING:
    from collections.abc import Sequence

    from project_x_py._core.records import MarketRecord
    from project_x_py.simulator._source import BookSnapshot, ListedContract

__all__ = ["SyntheticSource"]


class SyntheticSource:
    """A :class:`~project_x_py.simulator._source.MarketSource` that makes its markets up.

    Args:
        tickers: What to trade, such as ``["MNQ", "ES"]``; the active contract of each.
        seed: Same seed and start, same market.
        start_ns: Exchange time at which it starts, ns since 1970 UTC.

    Raises:
        ProjectXInstrumentError: A ticker is unknown; the message names close matches.
        ProjectXDataError: There is no ticker, or one is there twice.
    """

    def __init__(self, tickers: Sequence[str], *, seed: int, start_ns: int) -> None:
        products = [product_for_ticker(ticker) for ticker in tickers]
        if not products or len(set(products)) < len(products):
            given = ", ".join(tickers) or "none"
            raise ProjectXDataError(f"a market needs different tickers, at least one; got {given}")
        self.start_ns = start_ns
        self.contracts = tuple(listed(product, trade_date(start_ns)) for product in products)
        self._boards: dict[str, QuoteBoard] = {}
        self._histories: dict[str, BarHistory] = {}
        self._flows: dict[str, OrderFlow] = {}
        climates: dict[str, Climate] = {}
        for contract in self.contracts:
            factor = profile_for(contract.product.ticker).factor
            climate = climates.setdefault(factor, Climate(seed, factor))
            self._list(contract, climate, seed)
        self._queue = [(flow.next_ns, at, flow) for at, flow in enumerate(self._flows.values())]
        heapify(self._queue)

    def _list(self, contract: ListedContract, climate: Climate, seed: int) -> None:
        ticker, start_ns = contract.product.ticker, self.start_ns
        profile, calendar = profile_for(ticker), calendar_for(ticker)
        price = round(profile.level / float(contract.grid.tick_size))
        history = BarHistory(profile, calendar, seed=seed, live_ns=start_ns, price=price)
        board = QuoteBoard(
            contract.contract_id, contract.grid, history.day_state(start_ns), start_ns
        )
        self._boards[contract.contract_id] = board
        self._histories[contract.contract_id] = history
        self._flows[contract.contract_id] = OrderFlow(
            contract.contract_id,
            profile,
            calendar,
            climate,
            board,
            history,
            seed=seed,
            start_ns=start_ns,
            price=price,
        )

    def next_ns(self) -> int | None:
        """Exchange time of the next event, which rarely tells nothing; there always is one."""
        return self._queue[0][0]

    def advance(self, until_ns: int) -> list[MarketRecord]:
        """Return, in order, the records not yet returned whose time is at most ``until_ns``."""
        records: list[MarketRecord] = []
        queue = self._queue
        while (head := queue[0])[0] <= until_ns:
            flow = head[2]
            records += flow.step()
            heapreplace(queue, (flow.next_ns, head[1], flow))
        return records

    def snapshot(self, contract_id: str) -> BookSnapshot:
        """Return the market of a contract after the last advance.

        Raises:
            KeyError: The contract is not one of ``contracts``.
        """
        bids, asks = self._flows[contract_id].shown()
        return self._boards[contract_id].snapshot(bids, asks)

    def history(self, contract_id: str) -> BarHistory:
        """Return the past bars of a contract, which go on growing with ``advance``.

        Raises:
            KeyError: The contract is not one of ``contracts``.
        """
        return self._histories[contract_id]
