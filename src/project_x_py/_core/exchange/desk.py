"""Carries out what was accepted: orders work, fill, end, and have consequences.

Facts come before consequences. A venue reports fills; all that are known are booked first, in
order, and only then do brackets, siblings and leftovers react to them, which may cause new facts.
So a reaction never acts on a state that the market has already changed.

Assumptions: an order that trades loses to its sibling in the same instant, whereas the real
gateway cancels a sibling some 12 ms later; what is left of an entry when its legs have closed all
that it filled is cancelled; a market order, or a stop that was hit, takes what is there, and what
it cannot get is cancelled.

Invariants (``tests/core/exchange/test_desk.py``, ``test_properties.py``): a family's legs never
fill more than its entry; an order is in its venue exactly while it is open and no waiting stop.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from project_x_py._core.exchange.book import BUY, SELL
from project_x_py._core.exchange.brackets import anchor, price_leg
from project_x_py._core.exchange.codes import OrderStatus, OrderType
from project_x_py._core.exchange.triggers import trailing_stop

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from project_x_py._core.exchange.agenda import Agenda
    from project_x_py._core.exchange.gate import Change
    from project_x_py._core.exchange.ledger import Ledger
    from project_x_py._core.exchange.markets import ContractMarket
    from project_x_py._core.exchange.orders import Order
    from project_x_py._core.exchange.quirks import ExchangeQuirks
    from project_x_py._core.exchange.venues import VenueFill
    from project_x_py._core.records import MarketRecord

__all__ = ["Desk"]

_STOPS = frozenset({OrderType.STOP, OrderType.STOP_LIMIT, OrderType.TRAILING_STOP})
_JOINS = frozenset({OrderType.JOIN_BID, OrderType.JOIN_ASK})


class Desk:
    """Works the orders of an exchange.

    Args:
        markets: Where they go, by contract id.
        find: Finds an order that exists by its id.
        ledger: Books fills and writes events.
        agenda: Where legs wait for their activation.
        quirks: What is unknown of the real desk.
    """

    def __init__(
        self,
        markets: Mapping[str, ContractMarket],
        find: Callable[[int], Order],
        ledger: Ledger,
        agenda: Agenda,
        quirks: ExchangeQuirks,
    ) -> None:
        self._markets = markets
        self._find = find
        self._ledger = ledger
        self._agenda = agenda
        self._quirks = quirks
        self._facts: deque[VenueFill] = deque()
        self._leftover: deque[Order] = deque()
        self._activating: set[int] = set()
        self._put_off: list[Order] = []
        self._idle: dict[int, Order] = {}
        """Open orders that are in no venue and wait for no stop: their contract does not trade."""
        self._touched: dict[tuple[int, str], None] = {}
        self.watch_position: Callable[[int, str], None] = _nobody
        """Told of the account and contract of fills once nothing more follows from them."""

    def start(self, order: Order) -> None:
        """Let an order that has arrived work: open it, wait, rest or trade."""
        market = self._markets[order.contract_id]
        if not market.is_tradable(self._ledger.now_ns):
            self.end(order, OrderStatus.REJECTED)
            return
        if order.type in _JOINS and not self._join(order, market):
            self.end(order, OrderStatus.CANCELLED)
            return
        if order.type == OrderType.TRAILING_STOP and order.parent is None:
            self._place_trail(order, market)
        if order.type != OrderType.MARKET:
            order.status = OrderStatus.OPEN
            self._ledger.write_order(order)
        self._work(order, market)

    def resume(self, market: ContractMarket, orders: Iterable[Order]) -> None:
        """Let the orders of a contract go on that worked before this exchange began.

        They queue up anew, in their order. While the contract does not trade they wait.
        """
        for order in orders:
            if order.status == OrderStatus.OPEN:
                self._idle[order.id] = order
        if market.is_tradable(self._ledger.now_ns):
            self._wake(market)

    def take_up_legs(self, entry: Order) -> None:
        """Plan the legs of an entry that filled before this exchange began."""
        per_fill = self._quirks.legs_on_partial_fill == "per fill"
        due = entry.filled and (per_fill or not entry.remaining or not entry.is_working)
        if due and any(leg.status == OrderStatus.SUSPENDED for leg in entry.legs):
            self._plan_activation(entry)

    def liquidate(self, order: Order) -> None:
        """Let a market order of the platform's own trade at once, whatever the hour."""
        self._submit(order, self._markets[order.contract_id], None)

    def end(self, order: Order, status: OrderStatus) -> None:
        """Take an order out and let it be over; its legs and its sibling react."""
        market = self._markets[order.contract_id]
        self._unwork(order, market)
        self._ledger.end(order, status)
        self._ended(order)

    def cancel(self, order: Order) -> None:
        """End an order because its owner asks for it."""
        self.end(order, OrderStatus.CANCELLED)
        sibling = order.sibling if order.parent is not None else None
        wanted = self._quirks.cancel_leg_cancels_sibling
        if wanted and sibling is not None and sibling.is_working:
            self.end(sibling, OrderStatus.CANCELLED)

    def change(self, order: Order, change: Change) -> None:
        """Apply an accepted modification to an order that still works."""
        size, limit, stop, trail = change
        if size is not None and size <= order.filled:
            if self._quirks.size_below_filled == "cancel rest":
                self.end(order, OrderStatus.CANCELLED)
                return
            size = None
        if size is not None and order.parent is not None:
            size = min(size, order.filled + order.open_for_legs)
        moves = limit not in (None, order.limit) or stop not in (None, order.stop)
        smaller = size is not None and size < order.size
        if size is not None:
            order.size = size
        if limit is not None:
            order.limit, order.offset = limit, None
        if stop is not None:
            order.stop, order.offset = stop, None
        market = self._markets[order.contract_id]
        if trail is not None:
            below = order.parent is not None and order.side == SELL
            order.trail = -trail if below else trail
            self._place_trail(order, market)
        order.updated_ns = self._ledger.now_ns
        self._ledger.write_order(order)
        self._rework(order, market, in_place=smaller and not moves)

    def observe(self, market: ContractMarket, record: MarketRecord) -> None:
        """Let a contract's orders react to what its market did."""
        tradable = market.is_tradable(self._ledger.now_ns)
        for fill in market.venue.observe(record, tradable):
            self._facts.append(fill)
            self.settle(market)
        self.settle(market)
        looked_at = market.note(record)
        if not tradable:
            return
        if self._idle:
            self._wake(market)
        waiting, self._put_off = self._put_off, []
        for entry in waiting:
            self._activate(entry)
        if looked_at and len(market.watch):
            for side in (BUY, SELL):
                self._trigger(market, side)
        if market.pegged:
            self._follow_quotes(market)

    def settle(self, only: ContractMarket | None = None) -> None:
        """Book all fills there are, then let things react, until nothing happens any more.

        ``only`` is the contract in which anything can have happened; None for any.
        """
        markets = tuple(self._markets.values()) if only is None else (only,)
        while True:
            for market in markets:
                self._facts.extend(market.venue.drain())
            if self._facts:
                self._book_facts()
            elif self._leftover:
                order = self._leftover.popleft()
                if order.is_working:
                    self.end(order, OrderStatus.CANCELLED)
            elif self._touched:
                account_id, contract_id = self._touched.popitem()[0]
                self.watch_position(account_id, contract_id)
            else:
                return

    def _book_facts(self) -> None:
        batch = list(self._facts)
        self._facts.clear()
        for fill in batch:
            order = self._find(fill.order_id)
            product = self._markets[order.contract_id].product
            self._ledger.fill(order, product, fill.price, fill.size)
        self._react([(self._find(fill.order_id), fill.size) for fill in batch])

    def _wake(self, market: ContractMarket) -> None:
        """Let the orders that waited for a contract to trade go to work, the oldest first."""
        for order in list(self._idle.values()):
            # One that another's fill has ended or put to work meanwhile waits no more.
            ours = order.contract_id == market.contract_id
            if ours and self._idle.pop(order.id, None) is not None:
                self._work(order, market)

    # What an order does in its market.

    def _work(self, order: Order, market: ContractMarket) -> None:
        """Let an open order wait for its stop, or go to the venue."""
        if order.type in _STOPS and not order.triggered:
            market.watch.add(order)
            self._trigger(market, order.side)
        elif order.type in _STOPS and order.type != OrderType.STOP_LIMIT:
            self._submit(order, market, None)
        else:
            self._submit(order, market, order.limit)

    def _submit(self, order: Order, market: ContractMarket, price: int | None) -> None:
        now_ns = self._ledger.now_ns
        fills = market.venue.submit(order.id, order.side, price, order.remaining, now_ns)
        # Those whose orders were taken come first: whatever reacts must know of both.
        self._facts.extend(market.venue.drain())
        self._facts.extend(fills)
        if price is None:
            self._leftover.append(order)
        elif self._quirks.join_pegged and order.type in _JOINS:
            market.pegged[order.id] = order
        self.settle(market)

    def _unwork(self, order: Order, market: ContractMarket) -> None:
        """Take an order out of wherever it waits or rests."""
        self._idle.pop(order.id, None)
        market.watch.remove(order)
        market.venue.withdraw(order.id, self._ledger.now_ns)
        market.pegged.pop(order.id, None)

    def _rework(self, order: Order, market: ContractMarket, *, in_place: bool) -> None:
        """Let an open order work under its new terms; only a smaller one keeps its place."""
        if order.status != OrderStatus.OPEN:
            return
        if in_place and (order.type not in _STOPS or order.triggered):
            market.venue.shrink(order.id, order.remaining, self._ledger.now_ns)
        else:
            self._unwork(order, market)
            self._work(order, market)

    def _trigger(self, market: ContractMarket, side: int) -> None:
        """Send the stops of a side that the market has reached, and move trailing ones."""
        price = market.reference(side)
        if price is None:
            return
        while (order := market.watch.hit(side, price)) is not None:
            order.triggered = True
            self._work(order, market)
        for order in market.watch.follow(side, price):
            if self._quirks.report_trail_moves:
                self._ledger.write_order(order)

    def _place_trail(self, order: Order, market: ContractMarket) -> None:
        """Put a trailing stop at its distance from the market."""
        price = market.reference(order.side)
        if price is not None and order.trail is not None:
            order.stop = trailing_stop(order.side, price, abs(order.trail))

    def _join(self, order: Order, market: ContractMarket) -> bool:
        """Give a joining order the quote's price; return whether there is one."""
        venue = market.venue
        order.limit = venue.best_bid if order.type == OrderType.JOIN_BID else venue.best_ask
        return order.limit is not None

    def _follow_quotes(self, market: ContractMarket) -> None:
        for order in list(market.pegged.values()):
            before = order.limit
            if order.is_working and self._join(order, market) and order.limit != before:
                self._ledger.write_order(order)
                self._unwork(order, market)
                self._work(order, market)
            elif order.limit is None:
                order.limit = before

    # What the fill or the end of an order causes.

    def _react(self, fills: list[tuple[Order, int]]) -> None:
        """React to fills: legs come to life, legs and siblings change size, entries end.

        Sizes are worked out from all the fills before anything goes to the market again.
        """
        deltas: dict[Order, int] = {}
        for order, size in fills:
            self._touched[order.account_id, order.contract_id] = None
            if not order.is_working:
                self._markets[order.contract_id].pegged.pop(order.id, None)
            if any(leg.status == OrderStatus.SUSPENDED for leg in order.legs):
                if self._quirks.legs_on_partial_fill == "per fill" or not order.remaining:
                    self._plan_activation(order)
            else:
                for leg in order.legs:
                    deltas[leg] = deltas.get(leg, 0) + size
            if order.sibling is not None:
                deltas[order.sibling] = deltas.get(order.sibling, 0) - size
        grown = [order for order, delta in deltas.items() if self._resize(order, delta)]
        for order in grown:
            self._rework(order, self._markets[order.contract_id], in_place=False)
        for order, _ in fills:
            entry = order.parent
            if entry is not None and entry.is_working and not order.open_for_legs:
                self.end(entry, OrderStatus.CANCELLED)

    def _ended(self, order: Order) -> None:
        """React to the end of an order that is not filled completely."""
        if order.filled:
            if order.legs:
                self._plan_activation(order)
        elif self._quirks.cancel_parent_cancels_legs:
            platform = order.status == OrderStatus.EXPIRED
            for leg in order.legs:
                if leg.is_working:
                    self.end(leg, OrderStatus.EXPIRED if platform else OrderStatus.CANCELLED)

    def _plan_activation(self, entry: Order) -> None:
        if entry.id not in self._activating:
            self._activating.add(entry.id)
            due = self._ledger.now_ns + self._quirks.activation_ns
            self._agenda.plan(due, lambda: self._activate(entry))

    def _activate(self, entry: Order) -> None:
        """Let the legs that are still suspended work, for what the entry has filled by now."""
        market = self._markets[entry.contract_id]
        if not market.is_tradable(self._ledger.now_ns):
            self._put_off.append(entry)
            return
        base = anchor(entry, self._quirks.bracket_anchor)
        legs = [leg for leg in entry.legs if leg.status == OrderStatus.SUSPENDED]
        for leg in legs:
            price_leg(leg, base)
            leg.size, leg.status = entry.filled, OrderStatus.OPEN
            leg.updated_ns = self._ledger.now_ns
            self._ledger.write_order(leg)
        for leg in legs:
            if leg.status == OrderStatus.OPEN:
                self._work(leg, market)

    def _resize(self, order: Order, delta: int) -> bool:
        """Change the size of an order that works; return whether it has to rest anew.

        A smaller one keeps its place in the queue, a larger one does not.
        """
        if not order.is_working or not delta:
            return False
        if order.remaining + delta <= 0:
            self.end(order, OrderStatus.CANCELLED)
            return False
        order.size += delta
        self._ledger.write_order(order)
        if order.status != OrderStatus.OPEN or order.type in _STOPS:
            return False
        if delta < 0:
            market = self._markets[order.contract_id]
            market.venue.shrink(order.id, order.remaining, self._ledger.now_ns)
        return delta > 0


def _nobody(account_id: int, contract_id: str) -> None:
    """Watch no positions."""
