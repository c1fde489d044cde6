"""A working stop that follows the market: it is moved in place, and only ever closer.

The stop at the gateway is the one that was placed with the entry. It stays linked to the target,
keeps working while it is moved, and stays where it is when this program ends.

Invariants (``tests/order_tracker/test_trail.py``): at no moment is the position without its stop;
the stop never moves back; nothing moves before the entry has filled and the trigger was reached;
when the trade is over no handler is left on the bus; with a journal the next run's stop goes on
following.
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING

import msgspec

from project_x_py._core.grid import Rounding, TickGrid
from project_x_py.event_bus import EventType
from project_x_py.exceptions import ProjectXError
from project_x_py.types.trading import OrderSide, OrderType

if TYPE_CHECKING:
    from collections.abc import Iterable

    from project_x_py.event_bus import Event, EventBus
    from project_x_py.models import Instrument, Order
    from project_x_py.order_manager import OrderManager

__all__ = ["TrailingStop", "resume_trails"]

logger = logging.getLogger(__name__)

MOVE_S = 1.0
"""A stop is moved at most once in so long; the requests of an account are limited."""

EVENTS = (
    EventType.TRADE_TICK,
    EventType.ORDER_PLACED,
    EventType.ORDER_PARTIAL_FILL,
    EventType.ORDER_FILLED,
    EventType.ORDER_MODIFIED,
    EventType.ORDER_CANCELLED,
    EventType.ORDER_REJECTED,
    EventType.ORDER_EXPIRED,
)


MEMO = "trail"
"""What followed entries are called in the journal."""


class _Memo(msgspec.Struct, frozen=True, kw_only=True):
    """A stop that follows: whose it is, and how; ticks. Once it has moved no trigger is left."""

    contract_id: str
    legs: tuple[int, ...]
    distance: int
    trigger: int


_decode = msgspec.json.Decoder(_Memo).decode


class TrailingStop:
    """Moves the stops of one entry.

    Args:
        orders: Moves them.
        bus: Tells of the contract's trades and orders.
        grid: Of the contract.
        entry: The order that opens the position.
        distance: How far behind the best price since the fill the stop stays, in ticks.
        trigger: How far the price has to be in profit before anything moves, in ticks.
    """

    def __init__(
        self,
        orders: OrderManager,
        bus: EventBus,
        grid: TickGrid,
        entry: Order,
        *,
        distance: int,
        trigger: int = 0,
    ) -> None:
        self._orders = orders
        self._bus = bus
        self._grid = grid
        self._entry = entry
        self._sign = 1 if entry.side == OrderSide.BUY else -1
        self._distance = distance
        self._trigger = trigger
        self._legs: dict[int, Order] = {}
        self._best: int | None = None
        self._moved_s: float | None = None

    async def start(self, *stop_order_ids: int | None) -> None:
        """Follow from now on.

        Args:
            stop_order_ids: Stops that exist already; others are found by their tags.
        """
        for kind in EVENTS:
            self._bus.on(kind, self._hear)
        self._note()
        for order_id in (self._entry.id, *stop_order_ids):
            found = None if order_id is None else await self._orders.get_order_by_id(order_id)
            if found is not None:
                self._learn(found)
        self._end_if_over()

    async def _hear(self, event: Event) -> None:
        if event.type is EventType.TRADE_TICK:
            if event.data["contract_id"] == self._entry.contractId:
                await self._follow(event.data["price"], asyncio.get_running_loop().time())
        elif self._learn(event.data["order"]):
            self._end_if_over()

    def _learn(self, order: Order) -> bool:
        """Take news of the entry or of one of its stops; return whether it was such."""
        if order.id == self._entry.id:
            self._entry = order
            return True
        if order.id in self._legs or self._is_stop(order):
            is_known = order.id in self._legs
            self._legs[order.id] = order
            if not is_known:
                self._note()
            return True
        return False

    def _is_stop(self, order: Order) -> bool:
        """A leg's tag is that of its entry with something added, whoever placed it."""
        tag = self._entry.customTag
        return (
            bool(tag)
            and (order.customTag or "").startswith((f"{tag}.", f"{tag}-"))
            and order.type == OrderType.STOP
            and order.side != self._entry.side
        )

    def _end_if_over(self) -> None:
        entry = self._entry
        legs_over = all(leg.is_terminal for leg in self._legs.values())
        if entry.is_terminal and legs_over and (self._legs or not entry.fillVolume):
            for kind in EVENTS:
                self._bus.off(kind, self._hear)
            self._orders.memos.drop(MEMO, str(entry.id))

    def _note(self) -> None:
        """Let the next run go on with it."""
        memo = _Memo(
            contract_id=self._entry.contractId,
            legs=tuple(self._legs),
            distance=self._distance,
            trigger=self._trigger,
        )
        self._orders.memos.keep(MEMO, str(self._entry.id), memo)

    async def _follow(self, price: float, at_s: float) -> None:
        """Take a trade: move what it leaves too far behind."""
        fill = self._entry.filledPrice
        if not self._entry.fillVolume or fill is None:
            return
        ticks = self._grid.ticks(price, rounding=Rounding.NEAREST) * self._sign
        self._best = ticks if self._best is None else max(self._best, ticks)
        began = self._grid.ticks(fill, rounding=Rounding.NEAREST) * self._sign
        if self._best - began < self._trigger:
            return
        if self._trigger:
            self._trigger = 0
            self._note()
        if self._moved_s is None:
            self._moved_s = at_s  # the stop is being put where it was asked for
        if at_s - self._moved_s < MOVE_S:
            return
        wanted = self._best - self._distance
        if wanted >= ticks:
            return  # the market is through it: the stop that works there is the one to fill
        for leg in list(self._legs.values()):
            await self._move(leg.id, wanted, at_s)

    async def _move(self, order_id: int, wanted: int, at_s: float) -> None:
        """Move one stop, unless it is as close already, wherever others have put it."""
        leg = await self._orders.get_order_by_id(order_id)
        if leg is None or not leg.is_open or leg.stopPrice is None:
            return
        held = self._grid.ticks(leg.stopPrice, rounding=Rounding.NEAREST) * self._sign
        if wanted <= held:
            return
        self._moved_s = at_s
        price = self._grid.price(wanted * self._sign)
        try:
            moved, reason = await self._orders.modify_order(order_id, stop_price=price), None
        except ProjectXError as exc:
            moved, reason = False, str(exc)
        if not moved:
            logger.warning(
                "stop %d stays at %s, not moved to %s: %s",
                order_id,
                leg.stopPrice,
                price,
                reason or self._orders.last_error,
            )


async def resume_trails(
    orders: OrderManager, buses: Iterable[tuple[Instrument, EventBus]]
) -> list[TrailingStop]:
    """Let the stops follow that followed in an earlier run; those of other instruments wait.

    Args:
        orders: Of the account, initialised.
        buses: Instruments, each with the bus that tells of it.

    Returns:
        What follows again.
    """
    known = {contract.id: (contract, bus) for contract, bus in buses}
    found: list[TrailingStop] = []
    for name, body in orders.memos.found(MEMO).items():
        memo = _decode(body)
        if memo.contract_id not in known:
            continue
        contract, bus = known[memo.contract_id]
        try:
            entry = await orders.get_order_by_id(int(name))
            if entry is None:
                orders.memos.drop(MEMO, name)
                continue
            grid = TickGrid(contract.tickSize, contract.tickValue)
            trail = TrailingStop(
                orders, bus, grid, entry, distance=memo.distance, trigger=memo.trigger
            )
            await trail.start(*memo.legs)
        except ProjectXError as exc:
            logger.warning("the stop of order %s does not follow again: %s", name, exc)
            continue
        found.append(trail)
    return found
