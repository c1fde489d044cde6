"""The trading floor: the market of a source and the exchange, moved together in exchange time.

Whichever is due first moves first. A market that shares its book with users goes an event at a
time and never past what the exchange has to do, so an order that arrives finds the book of its
moment. What a user's order does to a market is told like anything else that happens there, and
the exchange reacts to it.

A contract begins to be traded with the first command for it; until then its market runs without
the exchange.

Invariants (``tests/simulator/test_floor.py``, ``tests/simulator/test_trading_hub.py``): events and
records go out in the order of their times; the same commands at the same times cause the same
bytes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.exchange.commands import Outcome
from project_x_py._core.exchange.exchange import Exchange
from project_x_py._core.exchange.markets import TradedContract
from project_x_py._core.records import Depth, DepthLevel, Quote
from project_x_py.simulator._keeper import StateError
from project_x_py.simulator._source import HaltableMarket, RecordedMarket, SharedMarket

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from project_x_py._core.exchange.accounts import AccountSpec
    from project_x_py._core.exchange.commands import ModifyOrder, PlaceOrder
    from project_x_py._core.exchange.events import ExchangeEvent
    from project_x_py._core.exchange.image import Kept
    from project_x_py._core.exchange.queries import Queries
    from project_x_py._core.exchange.venues import Venue
    from project_x_py._core.records import MarketRecord
    from project_x_py._ports import Clock
    from project_x_py.simulator._keeper import Keeper
    from project_x_py.simulator._listings import Listings
    from project_x_py.simulator._quirks import Quirks
    from project_x_py.simulator._source import BookSnapshot, ListedContract, MarketSource

__all__ = ["SLICE_NS", "Floor"]

SLICE_NS = 250_000_000
"""How much exchange time is caught up between two turns of the loop."""
FOREVER_NS = 1 << 62

_ASK, _BID, _RESET = 1, 2, 6


class Floor:
    """Drives a market and an exchange, and takes users' commands.

    Args:
        source: The market.
        clock: Exchange time.
        accounts: Who trades.
        listings: Tells which contracts exist beside those of the source.
        quirks: The models that fills rest on, and the exchange's switches.
        seed: Of delays that vary.
        show: Told of the market's records, in order.
        tell: Told of what happened to accounts, in order.
        keeper: Writes down what happens to accounts before it is told; None for nobody.

    Raises:
        StateError: What the keeper begins with needs a contract that has no market here, or
            cannot be written.

    Attributes:
        moving: Whether the market is advanced. The exchange always is: while the market stands
            still, orders meet it as it is.
        woken: Called after a command, which may have made something due earlier.
    """

    def __init__(
        self,
        source: MarketSource,
        clock: Clock,
        accounts: Iterable[AccountSpec],
        listings: Listings,
        quirks: Quirks,
        *,
        seed: int = 1,
        show: Callable[[Sequence[MarketRecord]], None],
        tell: Callable[[Sequence[ExchangeEvent]], None],
        keeper: Keeper | None = None,
    ) -> None:
        self._source = source
        self._clock = clock
        self._quirks = quirks
        self._show = show
        self._tell = tell
        self._untraded = {contract.contract_id: contract for contract in source.contracts}
        self._trading = False
        self._shared = source if isinstance(source, SharedMarket) else None
        self._recorded = source if isinstance(source, RecordedMarket) else None
        self._orders = self._recorded.orders if self._recorded is not None else None
        self._published = 0
        self._exchange = Exchange(
            (),
            accounts,
            start_ns=source.start_ns,
            quirks=quirks.exchange,
            latency=quirks.latency(seed),
            fees=quirks.fees(),
            listed=lambda contract_id: _is_active(listings, contract_id),
        )
        self.moving = True
        self.woken: Callable[[], None] = _nobody
        self._keeper = keeper
        self._untold: list[ExchangeEvent] = []
        """What has happened to accounts and is not written down yet."""
        if keeper is not None:
            self._out([], [] if keeper.kept is None else self._resume(keeper.kept), answers=True)

    @property
    def queries(self) -> Queries:
        """What can be asked of orders, trades, positions and accounts."""
        return self._exchange.queries

    @property
    def published(self) -> int:
        """Records of the market shown so far."""
        return self._published

    @property
    def is_over(self) -> bool:
        """Whether the market has nothing left, as at the end of a tape."""
        return self._source.next_ns() is None

    def snapshot(self, contract_id: str) -> BookSnapshot:
        """Return the market of a contract as of the last record shown.

        Raises:
            KeyError: The contract has no market here.
        """
        return self._source.snapshot(contract_id)

    def next_ns(self) -> int | None:
        """Return when the next thing happens, None when nothing does without a command."""
        market_ns = self._source.next_ns() if self.moving else None
        exchange_ns = self._exchange.next_ns()
        if market_ns is None or exchange_ns is None:
            return exchange_ns if market_ns is None else market_ns
        return min(market_ns, exchange_ns)

    def advance(self, until_ns: int) -> None:
        """Let everything happen that is due by ``until_ns``, and tell of it."""
        records: list[MarketRecord] = []
        events: list[ExchangeEvent] = []
        while True:
            market_ns = self._source.next_ns() if self.moving else None
            exchange_ns = self._exchange.next_ns()
            if (
                exchange_ns is not None
                and exchange_ns <= until_ns
                and (market_ns is None or exchange_ns <= market_ns)
            ):
                events += self._exchange.advance(exchange_ns)
                self._react(records, events)
            elif market_ns is not None and market_ns <= until_ns:
                in_queues = self._shared is not None or self._orders is not None
                by_event = self._trading and in_queues
                told = self._source.advance(market_ns if by_event else until_ns)
                records += told
                if self._trading:
                    events += self._exchange.on_market(told)
                    self._react(records, events)
                    if self._orders is not None:
                        # What filled users may have happened too deep in the book to be told of.
                        events += self._exchange.advance(market_ns)
            else:
                break
        self._out(records, events)

    # Commands.

    def place(self, order: PlaceOrder) -> Outcome:
        """Place an order at the time it is."""
        return self._command(order.contract_id, lambda now: self._exchange.place(order, now))

    def modify(self, change: ModifyOrder) -> Outcome:
        """Change an order."""
        return self._command(None, lambda now: self._exchange.modify(change, now))

    def cancel(self, account_id: int, order_id: int) -> Outcome:
        """Cancel an order."""
        return self._command(None, lambda now: self._exchange.cancel(account_id, order_id, now))

    def close_position(self, account_id: int, contract_id: str) -> Outcome:
        """Close a whole position."""
        return self._command(
            contract_id, lambda now: self._exchange.close_position(account_id, contract_id, now)
        )

    def partial_close(self, account_id: int, contract_id: str, size: int) -> Outcome:
        """Close part of a position."""
        return self._command(
            contract_id,
            lambda now: self._exchange.partial_close(account_id, contract_id, size, now),
        )

    # What happens to contracts from outside.

    def halt(self, contract_id: str, until_ns: int | None = None) -> None:
        """Let nothing happen in a contract until a time, or until :meth:`resume`; orders rest.

        Raises KeyError for a contract not of the source.
        """
        self._strike(contract_id, lambda now: self._halted(contract_id, now, until_ns))

    def close_day(self, contract_id: str, until_ns: int) -> None:
        """End a contract's trading day as the daily break does, and halt it until a time.

        Raises KeyError for a contract not of the source.
        """
        self._strike(
            contract_id,
            lambda now: (
                *self._exchange.close_day(contract_id, now),
                *self._halted(contract_id, now, until_ns),
            ),
        )

    def resume(self, contract_id: str) -> None:
        """End a halt. Raises KeyError for a contract not of the source."""

        def call(now_ns: int) -> tuple[ExchangeEvent, ...]:
            if isinstance(self._source, HaltableMarket):
                self._source.resume(contract_id, now_ns)
            return self._exchange.resume(contract_id, now_ns)

        self._strike(contract_id, call)

    def list_contract(self, contract: ListedContract) -> None:
        """Let a contract that the source has got since be traded."""
        self._untraded[contract.contract_id] = contract

    def _halted(
        self, contract_id: str, now_ns: int, until_ns: int | None
    ) -> tuple[ExchangeEvent, ...]:
        if isinstance(self._source, HaltableMarket):
            self._source.halt(contract_id, now_ns, FOREVER_NS if until_ns is None else until_ns)
        return self._exchange.halt(contract_id, now_ns, until_ns)

    def expire(self, contract_id: str) -> None:
        """Cancel a contract's orders and take none. Raises KeyError if it is not of the source."""
        self._strike(contract_id, lambda now: self._exchange.expire(contract_id, now))

    def _strike(self, contract_id: str, call: Callable[[int], tuple[ExchangeEvent, ...]]) -> None:
        self._command(contract_id, lambda now: Outcome(0, None, None, call(now)))

    def _command(self, contract_id: str | None, call: Callable[[int], Outcome]) -> Outcome:
        """Catch up with the clock, carry a command out, and tell of what it caused.

        A floor that is far behind catches up by one slice only: it is then as late for users as
        its market is.
        """
        now_ns = self._clock.now_ns()
        due_ns = self.next_ns()
        if due_ns is not None:
            now_ns = min(now_ns, due_ns + SLICE_NS)
        self.advance(now_ns)
        records: list[MarketRecord] = []
        events: list[ExchangeEvent] = []
        contract = self._untraded.get(contract_id) if contract_id is not None else None
        if contract is not None:
            self._open(contract.contract_id, now_ns, events)
        outcome = call(now_ns)
        events += outcome.events
        self._react(records, events)
        self.woken()
        self._out(records, events, answers=True)
        return outcome

    def _open(self, contract_id: str, now_ns: int, events: list[ExchangeEvent]) -> None:
        """Begin to trade a contract, at the prices that its market shows."""
        events += self._exchange.advance(now_ns)
        self._list(contract_id)
        picture = _picture(contract_id, self._source.snapshot(contract_id), now_ns)
        events += self._exchange.on_market(picture)

    def _resume(self, kept: Kept) -> list[ExchangeEvent]:
        """Let everything go on that works or is held, in the market as it is at its beginning."""
        held = {row.contract_id for account in kept.accounts for row in account.positions}
        self._exchange.take_up(kept)
        working = self._exchange.queries.working_contracts()
        contracts, now_ns = sorted(held | working), self._source.start_ns
        missing = [contract_id for contract_id in contracts if contract_id not in self._untraded]
        if missing:
            raise StateError(
                f"the state holds orders or positions in {', '.join(missing)}, which this market "
                "does not have: begin it at a time and with instruments that include them"
            )
        events: list[ExchangeEvent] = []
        for contract_id in contracts:
            self._list(contract_id)
        for contract_id in contracts:
            picture = _picture(contract_id, self._source.snapshot(contract_id), now_ns)
            events += self._exchange.on_market(picture)
        for contract_id in contracts:
            events += self._exchange.resume_contract(contract_id, kept, now_ns)
        records: list[MarketRecord] = []
        self._react(records, events)
        self._show(records)
        return events

    def _list(self, contract_id: str) -> None:
        contract = self._untraded.pop(contract_id)
        hours = self._recorded.hours if self._recorded is not None else None
        self._trading = True
        self._exchange.list_contract(
            TradedContract(
                contract_id,
                contract.product,
                self._meeting_place(contract_id),
                hours,
                flattens=hours is None,
            )
        )

    def _meeting_place(self, contract_id: str) -> Venue:
        """Return where users' orders of a contract meet its market."""
        if self._shared is not None:
            return self._shared.venue(contract_id)
        if self._orders is None:
            return self._quirks.tape_venue()
        self._orders.use(self._quirks.fill_rule())
        return self._orders

    def _react(self, records: list[MarketRecord], events: list[ExchangeEvent]) -> None:
        """Let the exchange see what users' orders did to the market, until it does no more."""
        while self._shared is not None and (caused := self._shared.take_caused()):
            records += caused
            events += self._exchange.on_market(caused)

    def _out(
        self,
        records: list[MarketRecord],
        events: list[ExchangeEvent],
        *,
        answers: bool = False,
    ) -> None:
        """Tell of everything; of accounts only once it is written down.

        Raises:
            StateError: It could not be written, and somebody waits for an answer.
        """
        keeper, exchange = self._keeper, self._exchange
        if keeper is not None:
            keeper.save(exchange.keeping, exchange.now_ns, exchange.last_prices)
        if records:
            self._published += len(records)
            self._show(records)
        if keeper is None or keeper.failure is None:
            told, self._untold = [*self._untold, *events], []
            if told:
                self._tell(told)
        else:
            self._untold += events
            if answers:
                raise keeper.failure


def _picture(contract_id: str, snapshot: BookSnapshot, ns: int) -> list[MarketRecord]:
    """Return the records that tell somebody new of a market as it is."""
    levels = [DepthLevel(_RESET, 0, 0, ns)]
    levels += [DepthLevel(_BID, price, size, ns) for price, size in snapshot.bids]
    levels += [DepthLevel(_ASK, price, size, ns) for price, size in snapshot.asks]
    quote = Quote(
        contract_id=contract_id,
        exch_ns=ns,
        recv_ns=ns,
        bid=snapshot.bids[0][0] if snapshot.bids else None,
        ask=snapshot.asks[0][0] if snapshot.asks else None,
        last=snapshot.last,
    )
    return [Depth(contract_id, tuple(levels), ns), quote]


def _is_active(listings: Listings, contract_id: str) -> bool | None:
    found = listings.by_id(contract_id)
    return None if found is None else found.active


def _nobody() -> None:
    """Nobody waits."""
