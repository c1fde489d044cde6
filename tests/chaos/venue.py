"""A small exchange behind the order ports, on which every schedule of faults can be played.

It keeps its own orders and positions and shares no code with what is tested. One contract, one
account, a price that walks. Requests and answers take their time, either may be lost, spoilt or
refused; events of the hub may be dropped, held back, repeated and swapped.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from msgspec.structs import replace

from project_x_py._core.grid import TickGrid
from project_x_py._core.records import OrderUpdate, PositionUpdate, TradeUpdate
from project_x_py._core.submission import (
    Accepted,
    Listed,
    OrderEdit,
    OrderRequest,
    OrderSearch,
    Outcome,
    Refused,
    Uncertain,
)
from project_x_py._ports import GridLookup, UserSink
from project_x_py.exceptions import ProjectXServerError
from project_x_py.models import Account, Instrument

__all__ = ["ACCOUNT", "CONTRACT", "HUB_FAULTS", "REQUEST_FAULTS", "Line", "Venue", "VenueClock"]

ACCOUNT, CONTRACT = 1, "CON.F.US.MNQ.Z26"
GRID = TickGrid(0.25, 0.5)
EPOCH_NS = 1_780_000_000_000_000_000
OPEN, FILLED, CANCELLED, REJECTED, SUSPENDED = 1, 2, 3, 5, 8
LIMIT, MARKET, STOP = 1, 2, 4
START = 80_000

REQUEST_FAULTS = (
    "before_send",
    "cut",
    "lost",
    "late",
    "torn",
    "429",
    "500",
    "503",
    "503_after",
    "malformed",
    "reset",
    "reset_after",
)
"""What may become of a request; all but before_send, 429, 503, cut and reset reach the exchange."""

NEVER_ARRIVES = frozenset({"cut", "503", "reset"})

TIMED_OUT = frozenset({"lost", "late"})
"""The sender gave up by itself; in every other case the gateway answered or hung up."""

HUB_FAULTS = ("drop", "mute", "duplicate", "reorder")


class VenueClock:
    """Exchange and monotonic time, both of the loop."""

    def now_ns(self) -> int:
        """Exchange time."""
        return EPOCH_NS + self.monotonic_ns()

    wall_ns = now_ns

    def monotonic_ns(self) -> int:
        """Time of the loop."""
        return round(asyncio.get_running_loop().time() * 1e9)

    async def sleep_until(self, exch_ns: int) -> None:
        """Wait."""
        await asyncio.sleep(max(0, exch_ns - self.now_ns()) / 1e9)


@dataclass
class Kept:
    """One order."""

    id: int
    request: OrderRequest
    status: int
    size: int
    tag: str | None
    parent: int | None = None
    filled: int = 0
    value: int = 0
    limit: int | None = None
    stop: int | None = None
    created_ns: int = 0
    updated_ns: int = 0
    legs: list[int] = field(default_factory=list)

    @property
    def works(self) -> bool:
        """Whether it may still fill."""
        return self.status in (OPEN, SUSPENDED)


class Venue:
    """Orders, positions and a price.

    Args:
        rng: Decides everything that is left to chance.
        clock: Stamps everything.
    """

    def __init__(self, rng: random.Random, clock: VenueClock) -> None:
        self.rng = rng
        self.clock = clock
        self.price = START
        self.net = 0
        self.native = True
        self.refuse_stops = 0
        self.orders: dict[int, Kept] = {}
        self.fills: list[TradeUpdate] = []
        self.accepted: Counter[str] = Counter()
        self.hear: Callable[[OrderUpdate | TradeUpdate | PositionUpdate], None] = lambda _: None
        self.in_parts = False
        self.bare: list[tuple[float, float]] = []
        """When anything held was without a working stop, whoever knew of it."""
        self._bare_since: float | None = None

    def place(self, request: OrderRequest) -> Outcome:
        """Take an order, or refuse it."""
        if request.stop_bracket is not None and not self.native:
            return Refused(2, "OrderRejected", "Brackets cannot be used with Position Brackets.")
        if request.type == STOP and request.tag and ".s" in request.tag and self.refuse_stops:
            self.refuse_stops -= 1
            # What is refused is kept, so that a reader finds it.
            kept = self._add(request, REJECTED, request.tag, None)
            self._tell(kept)
            return Refused(2, "OrderRejected", "no stop now", kept.id)
        if any(order.tag == request.tag for order in self.orders.values()):
            self.accepted[request.tag or ""] += 1
            return Refused(2, "OrderRejected", "custom tag already in use")
        self.accepted[request.tag or ""] += 1
        order = self._add(request, OPEN, request.tag, None)
        for leg, kind in ((request.stop_bracket, "SL"), (request.target_bracket, "TP")):
            if leg is not None:
                order.legs.append(self._leg(order, leg[0], kind).id)
        self._tell(order)
        if order.request.type == MARKET:
            if self.in_parts and order.size > 1:
                self._fill(order, 1)
            else:
                self._fill(order, order.size)
        return Accepted(order.id)

    def modify(self, edit: OrderEdit) -> Outcome:
        """Change an order in place."""
        order = self.orders.get(edit.order_id)
        if order is None or not order.works:
            return Refused(2, "Rejected", "the order has ended")
        if edit.size is not None and edit.size <= order.filled:
            return Refused(2, "Rejected", "smaller than what has filled")
        order.size = edit.size if edit.size is not None else order.size
        order.limit = edit.limit if edit.limit is not None else order.limit
        order.stop = edit.stop if edit.stop is not None else order.stop
        self._tell(order)
        return Accepted()

    def cancel(self, order_id: int) -> Outcome:
        """Cancel an order and the legs that wait for it."""
        order = self.orders.get(order_id)
        if order is None or not order.works:
            return Refused(2, "Rejected", "the order has ended")
        self._cancel(order)
        return Accepted()

    def close(self, size: int | None) -> Outcome:
        """Close what is held, or so many contracts of it, by an order without a tag."""
        held = abs(self.net)
        if not held:
            return Refused(2, "PositionNotFound", "nothing is held")
        if size is not None and size > held:
            return Refused(4, "InvalidCloseSize", "more than is held")
        request = OrderRequest(
            account_id=ACCOUNT,
            contract_id=CONTRACT,
            type=MARKET,
            side=1 if self.net > 0 else 0,
            size=size or held,
        )
        order = self._add(request, OPEN, None, None)
        self._tell(order)
        self._fill(order, order.size)
        return Accepted()

    def walk(self) -> None:
        """Move the price, and fill what it reaches."""
        self.price += self.rng.choice((-3, -2, -1, 1, 2, 3))
        for order in list(self.orders.values()):
            if order.status == OPEN and self._reached(order):
                left = order.size - order.filled
                part = left > 1 and self.in_parts and self.rng.random() < 0.7
                self._fill(order, 1 if part else left)

    def row(self, order: Kept) -> OrderUpdate:
        """An order as a record."""
        now_ns = self.clock.now_ns()
        return OrderUpdate(
            id=order.id,
            account_id=ACCOUNT,
            contract_id=CONTRACT,
            status=order.status,
            type=order.request.type,
            side=order.request.side,
            size=order.size,
            filled=order.filled,
            limit=order.limit,
            stop=order.stop,
            average_fill=order.value / order.filled / 4 if order.filled else None,
            custom_tag=order.tag,
            parent_id=order.parent,
            created_ns=order.created_ns,
            updated_ns=order.updated_ns,
            recv_ns=now_ns,
        )

    def position(self) -> PositionUpdate:
        """What is held, as a record."""
        return PositionUpdate(
            id=1,
            account_id=ACCOUNT,
            contract_id=CONTRACT,
            net=self.net,
            average_price=self.price / 4,
            recv_ns=self.clock.now_ns(),
        )

    def covered(self) -> int:
        """Contracts of what is held that working stops would close."""
        side = 1 if self.net > 0 else 0
        return sum(
            order.size - order.filled
            for order in self.orders.values()
            if order.status == OPEN and order.request.type == STOP and order.request.side == side
        )

    def digest(self) -> str:
        """Return a text that is the same for the same history only."""
        history = repr((list(self.orders.values()), self.fills, self.net, self.price))
        return hashlib.sha256(history.encode()).hexdigest()

    def _add(self, request: OrderRequest, status: int, tag: str | None, parent: int | None) -> Kept:
        number = 1_000 + len(self.orders)
        now_ns = self.clock.now_ns()
        order = self.orders[number] = Kept(
            number,
            request,
            status,
            request.size,
            tag,
            parent,
            limit=request.limit,
            stop=request.stop,
            created_ns=now_ns,
            updated_ns=now_ns,
        )
        return order

    def _leg(self, entry: Kept, ticks: int, kind: str) -> Kept:
        request = OrderRequest(
            account_id=ACCOUNT,
            contract_id=CONTRACT,
            type=STOP if kind == "SL" else LIMIT,
            side=1 - entry.request.side,
            size=entry.size,
            limit=ticks if kind == "TP" else None,
            stop=ticks if kind == "SL" else None,
        )
        leg = self._add(request, SUSPENDED, f"{entry.tag}-{kind}", entry.id)
        leg.limit = leg.stop = None
        self._tell(leg)
        return leg

    def _reached(self, order: Kept) -> bool:
        buys = order.request.side == 0
        if order.request.type == MARKET:
            return True
        if order.request.type == LIMIT and order.limit is not None:
            return self.price <= order.limit if buys else self.price >= order.limit
        if order.stop is None:
            return False
        return self.price >= order.stop if buys else self.price <= order.stop

    def _fill(self, order: Kept, size: int) -> None:
        order.filled += size
        order.value += size * self.price
        order.status = FILLED if order.filled >= order.size else OPEN
        self.net += size if order.request.side == 0 else -size
        fill = TradeUpdate(
            id=50_000 + len(self.fills),
            account_id=ACCOUNT,
            contract_id=CONTRACT,
            order_id=order.id,
            price=self.price,
            size=size,
            side=order.request.side,
            exch_ns=self.clock.now_ns(),
            recv_ns=self.clock.now_ns(),
        )
        self.fills.append(fill)
        self._tell(order)
        self.hear(fill)
        self.hear(self.position())
        for number in order.legs:
            self._activate(order, self.orders[number])
        if order.parent is not None:
            self._settle_pair(order)
        self._mark()

    def _activate(self, entry: Kept, leg: Kept) -> None:
        if leg.status not in (SUSPENDED, OPEN):
            return
        if leg.status == SUSPENDED:
            level = self.price + (leg.request.limit or leg.request.stop or 0)
            leg.limit = level if leg.request.type == LIMIT else None
            leg.stop = level if leg.request.type == STOP else None
            leg.status = OPEN
        leg.size = entry.filled
        self._tell(leg)

    def _settle_pair(self, leg: Kept) -> None:
        entry = self.orders[leg.parent or 0]
        out = sum(self.orders[number].filled for number in entry.legs)
        for number in entry.legs:
            other = self.orders[number]
            if not other.works:
                continue
            left = entry.filled - out
            if left <= 0 and not entry.works:
                self._cancel(other)
            elif other.size - other.filled > left and left > 0:
                other.size = other.filled + left
                self._tell(other)

    def _cancel(self, order: Kept) -> None:
        order.status = CANCELLED
        self._tell(order)
        for number in order.legs:
            leg = self.orders[number]
            if leg.status == SUSPENDED:
                self._cancel(leg)

    def _tell(self, order: Kept) -> None:
        order.updated_ns = self.clock.now_ns()
        self._mark()
        self.hear(self.row(order))

    def _mark(self) -> None:
        """Note since when, and until when, anything held is without a working stop."""
        now = asyncio.get_running_loop().time()
        bare = abs(self.net) > self.covered()
        if bare and self._bare_since is None:
            self._bare_since = now
        elif not bare and self._bare_since is not None:
            self.bare.append((self._bare_since, now))
            self._bare_since = None


class Line:
    """One client's way to the exchange: its ports, and what goes wrong on them.

    Args:
        venue: Where it leads.
        rng: Decides what goes wrong.
        odds: How likely a request is struck.
        kinds: By which faults.
    """

    def __init__(
        self, venue: Venue, rng: random.Random, odds: float, kinds: tuple[str, ...]
    ) -> None:
        self.venue = venue
        self.clock = venue.clock
        self.dead = False
        self.odds = odds
        self.query_odds = 0.0
        self.hub_odds = 0.0
        self.muted = False
        self.neighbour = False
        """Whether the hub tells of an account that is not ours, too, under the same numbers."""
        self.kinds = kinds
        self.sent = 0
        self.strikes: list[tuple[float, float]] = []
        """When the gateway did not answer: while a request or a query in trouble was under way,
        and, of one that it kept for later, until it acted on it."""
        self._sinks: list[UserSink] = []
        self._grids: list[GridLookup] = []
        self._waiting: list[OrderUpdate | TradeUpdate | PositionUpdate] = []
        self._rng = rng
        self._held: list[OrderUpdate | TradeUpdate | PositionUpdate] = []
        self._heard_at = 0.0
        venue.hear = self.tell

    def get_account_info(self) -> Account:
        """The one account."""
        return Account(
            id=ACCOUNT, name="PRAC", balance=1e5, canTrade=True, isVisible=True, simulated=True
        )

    async def get_instrument(self, symbol: str, live: bool = False) -> Instrument:
        """The one contract."""
        return Instrument(
            id=CONTRACT,
            name="MNQZ6",
            description="",
            tickSize=0.25,
            tickValue=0.5,
            activeContract=True,
            symbolId="F.US.MNQ",
        )

    def attach_user(self, sink: UserSink, grid_for: GridLookup, *, rank: int) -> None:
        """Send events to ``sink``, too."""
        self._sinks.append(sink)
        self._grids.append(grid_for)

    def detach_user(self, sink: UserSink) -> None:
        """Send no more to it."""
        index = self._sinks.index(sink)
        del self._sinks[index], self._grids[index]

    def grids_known(self) -> None:
        """Hand over what waits."""
        self._hand_over([])

    def order_gateway(self, grid_for: object = None) -> Line:
        """Itself."""
        return self

    order_queries = order_gateway

    async def place(self, order: OrderRequest, *, lane: object = None) -> Outcome:
        """Send an order."""
        return await self._change(lambda: self.venue.place(order))

    async def modify(self, edit: OrderEdit, *, lane: object = None) -> Outcome:
        """Send an edit."""
        return await self._change(lambda: self.venue.modify(edit))

    async def cancel(self, account_id: int, order_id: int) -> Outcome:
        """Send a cancellation."""
        return await self._change(lambda: self.venue.cancel(order_id))

    async def close_position(self, account_id: int, contract_id: str) -> Outcome:
        """Close what is held."""
        return await self._change(lambda: self.venue.close(None))

    async def reduce_position(self, account_id: int, contract_id: str, size: int) -> Outcome:
        """Close a part of what is held."""
        return await self._change(lambda: self.venue.close(size))

    async def orders(self, search: OrderSearch, *, lane: object = None) -> Listed[OrderUpdate]:
        """Read orders."""
        await self._asked()
        rows = [self.venue.row(order) for order in self.venue.orders.values()]
        found = tuple(
            row
            for row in rows
            if (not search.statuses or row.status in search.statuses)
            and (
                search.created_after_ns is None or (row.created_ns or 0) >= search.created_after_ns
            )
        )
        await self._pause()
        return Listed(found)

    async def order(
        self, account_id: int, order_id: int, *, lane: object = None
    ) -> OrderUpdate | None:
        """Read one order."""
        await self._asked()
        order = self.venue.orders.get(order_id)
        row = None if order is None else self.venue.row(order)
        await self._pause()
        return row

    async def positions(self, account_id: int, *, lane: object = None) -> Listed[PositionUpdate]:
        """Read what is held."""
        await self._asked()
        rows = (self.venue.position(),) if self.venue.net else ()
        await self._pause()
        return Listed(rows)

    async def fills(
        self, account_id: int, since_ns: int, until_ns: int | None = None, *, lane: object = None
    ) -> Listed[TradeUpdate]:
        """Read fills."""
        await self._asked()
        rows = tuple(self.venue.fills)
        await self._pause()
        return Listed(rows)

    def tell(self, fact: OrderUpdate | TradeUpdate | PositionUpdate) -> None:
        """Send an event, unless the hub fails; what is sent arrives in order."""
        if self.dead or self.muted:
            return
        if self.neighbour:
            loop = asyncio.get_running_loop()
            loop.call_soon(self._hand_over, [_of_a_neighbour(fact)])
        facts = [fact]
        if self._rng.random() < self.hub_odds:
            match self._rng.choice(HUB_FAULTS):
                case "drop" | "mute":
                    return
                case "duplicate":
                    facts = [fact, fact]
                case "reorder":
                    self._held.append(fact)
                    return
        facts += self._held
        self._held = []
        loop = asyncio.get_running_loop()
        self._heard_at = max(self._heard_at, loop.time() + self._rng.uniform(0.02, 0.04))
        loop.call_at(self._heard_at, self._hand_over, facts)

    def _hand_over(self, facts: list[OrderUpdate | TradeUpdate | PositionUpdate]) -> None:
        if self.dead or not self._sinks:
            return
        # As the router does: what is of a contract whose grid is not known waits for it.
        self._waiting += facts
        if None in [grid_for(CONTRACT) for grid_for in self._grids]:
            return
        facts, self._waiting = self._waiting, []
        for fact in facts:
            for sink in list(self._sinks):
                match fact:
                    case OrderUpdate():
                        sink.on_order(fact)
                    case TradeUpdate():
                        sink.on_fill(fact)
                    case PositionUpdate():
                        sink.on_position(fact)

    async def _pause(self) -> None:
        await asyncio.sleep(self._rng.uniform(0.02, 0.04))
        if self.dead:
            raise asyncio.CancelledError

    async def _asked(self) -> None:
        await self._pause()
        if self._rng.random() < self.query_odds:
            asked = asyncio.get_running_loop().time()
            await self._pause()
            self.strikes.append((asked, asyncio.get_running_loop().time()))
            raise ProjectXServerError("the gateway is not well")

    async def _change(self, act: Callable[[], Outcome]) -> Outcome:
        """Send one request through whatever strikes it."""
        if self.dead:
            raise asyncio.CancelledError
        struck = self._rng.choice(self.kinds) if self._rng.random() < self.odds else ""
        if struck == "before_send":
            return Uncertain("could not connect", sent=False)
        if struck == "429":
            return Uncertain("too many requests", sent=False)
        self.sent += 1
        if not struck:
            return await self._answered(act)
        sent = asyncio.get_running_loop().time()
        acted_s = await self._struck(struck, act)
        self.strikes.append((sent, max(sent + acted_s, asyncio.get_running_loop().time())))
        return Uncertain(struck, sent=True, ended=struck not in TIMED_OUT)

    async def _answered(self, act: Callable[[], Outcome]) -> Outcome:
        """Let a request arrive, whether or not anybody still waits for the answer."""
        loop = asyncio.get_running_loop()
        arriving: asyncio.Future[Outcome] = loop.create_future()
        loop.call_later(self._rng.uniform(0.02, 0.04), _settle, arriving, act)
        outcome = await asyncio.shield(arriving)
        await self._pause()
        return outcome

    async def _struck(self, struck: str, act: Callable[[], Outcome]) -> float:
        """Wait as long as the sender of a request without an answer does.

        Returns:
            How long after it was sent the gateway acts, if that may be after the wait.
        """
        loop = asyncio.get_running_loop()
        if struck in ("late", "reset_after"):
            # A gateway that hung up may be about to act; a slow one acts long after.
            wait_s = self._rng.uniform(0.02, 0.5)
            soonest_s, latest_s = (wait_s, wait_s + 0.1) if struck == "reset_after" else (0.5, 0.9)
            arrives_s = self._rng.uniform(soonest_s, latest_s)
            loop.call_later(arrives_s, act)
            await asyncio.sleep(wait_s)
            return arrives_s
        if struck in NEVER_ARRIVES:
            await asyncio.sleep(self._rng.uniform(0.02, 0.04))
            await self._pause()
        else:
            await self._answered(act)
            if struck == "lost":
                await asyncio.sleep(self._rng.uniform(0.2, 1.0))
        return 0.0


def _of_a_neighbour(fact: OrderUpdate | TradeUpdate | PositionUpdate) -> Any:
    """Return what would be wrong of ours: another account's order that ended, fill or position."""
    if isinstance(fact, OrderUpdate):
        return replace(fact, account_id=ACCOUNT + 1, status=FILLED, filled=fact.size)
    if isinstance(fact, TradeUpdate):
        return replace(fact, account_id=ACCOUNT + 1, id=-fact.id, size=fact.size + 1)
    return replace(fact, account_id=ACCOUNT + 1, net=-7)


def _settle(arriving: asyncio.Future[Outcome], act: Callable[[], Outcome]) -> None:
    outcome = act()
    if not arriving.done():
        arriving.set_result(outcome)
