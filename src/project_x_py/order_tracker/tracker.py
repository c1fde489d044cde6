"""One order, followed from wherever it is to its end.

Invariants (``tests/order_tracker/test_tracker.py``): an order that ended before it was tracked is
noticed; what is known never goes back; a wait that ends without success leaves the order and the
tracker as they were; after the block no handler is left on the bus.
"""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

from project_x_py.event_bus import EventType
from project_x_py.exceptions import OrderLifecycleError
from project_x_py.models import BracketOrderResponse, Order, OrderPlaceResponse
from project_x_py.order_tracker._suite import account_orders
from project_x_py.types.trading import OrderStatus, OrderType

if TYPE_CHECKING:
    from types import TracebackType
    from typing import Self

    from project_x_py.event_bus import Event
    from project_x_py.order_tracker._suite import SuiteView

__all__ = ["OrderTracker", "track_order"]

LOOK_S = 5.0
"""How often a wait looks whether anything is still heard."""

ORDER_EVENTS = (
    EventType.ORDER_PLACED,
    EventType.ORDER_PARTIAL_FILL,
    EventType.ORDER_FILLED,
    EventType.ORDER_MODIFIED,
    EventType.ORDER_CANCELLED,
    EventType.ORDER_REJECTED,
    EventType.ORDER_EXPIRED,
)

_PRICE_OF = {
    OrderType.LIMIT: "limit_price",
    OrderType.STOP: "stop_price",
    OrderType.TRAILING_STOP: "trail_price",
}
"""The one price of each type that can be edited; a stop-limit order has two."""


class OrderTracker:
    """Follows one order::

        async with suite.track_order() as tracker:
            tracker.track(await suite.orders.place_limit_order("MNQ", 0, 1, price))
            filled = await tracker.wait_for_fill(timeout=30)

    The properties are kept up to date inside the block; waits and reads work outside it, too.

    Args:
        suite: Whose order it is.
        order: What :meth:`track` takes; None to name it later.

    Raises:
        OrderLifecycleError: ``order`` names no order.
    """

    def __init__(
        self, suite: SuiteView, order: Order | OrderPlaceResponse | int | None = None
    ) -> None:
        self._bus = suite.events
        self._orders = account_orders(suite)
        self._order_id: int | None = None
        self._order: Order | None = None
        self._changed = asyncio.Event()
        self._users = 0
        self._entered = False
        if order is not None:
            self.track(order)

    @property
    def order_id(self) -> int | None:
        """The order's id; None while none is tracked."""
        return self._order_id

    @property
    def is_filled(self) -> bool:
        """Whether it has filled completely, as far as known."""
        return self._order is not None and self._order.is_filled

    @property
    def is_working(self) -> bool:
        """Whether it can still come to a fill, as far as known."""
        return self._order is not None and self._order.is_working

    @property
    def is_terminal(self) -> bool:
        """Whether it has ended, as far as known."""
        return self._order is not None and self._order.is_terminal

    def track(self, order: Order | OrderPlaceResponse | BracketOrderResponse | int) -> Self:
        """Follow an order, in place of the one before.

        Args:
            order: The order, its id, or the answer that placed it; of a bracket, its entry.

        Returns:
            The tracker.

        Raises:
            OrderLifecycleError: It names no order, or says that none was placed.
        """
        order_id = _id_of(order)
        if order_id != self._order_id:
            self._order = None
        self._order_id = order_id
        if isinstance(order, Order):
            self._learn(order)
        self._announce()
        return self

    async def wait_for_fill(self, timeout: float | None = 30.0) -> Order:
        """Wait until the order has filled completely, and return it.

        Args:
            timeout: Seconds; None waits without end.

        Raises:
            TimeoutError: It has not by then; the order works on.
            OrderLifecycleError: It has ended otherwise, or none is tracked.
        """
        return await self.wait_for_status(OrderStatus.FILLED, timeout)

    async def wait_for_status(self, status: int, timeout: float | None = 30.0) -> Order:
        """Wait until the order has a status, and return it.

        Args:
            status: An ``OrderStatus`` or its number.
            timeout: Seconds; None waits without end.

        Raises:
            TimeoutError: It has not by then; the order is as it was.
            OrderLifecycleError: It has ended in another status, or none is tracked.
            ValueError: There is no such status, or ``timeout`` is no number of seconds.
        """
        wanted = OrderStatus(status)
        if timeout is not None and not timeout >= 0:
            raise ValueError(f"timeout is seconds from 0 on, or None, not {timeout!r}")
        self._tracked()
        try:
            async with asyncio.timeout(timeout) as limit:
                return await self._reached(wanted)
        except TimeoutError:
            if limit.expired():
                seen = "unknown" if self._order is None else self._order.status_str
                raise TimeoutError(
                    f"order {self._order_id} is {seen} and not {wanted.name} after {timeout} s"
                ) from None
            raise

    async def modify_or_cancel(
        self, new_price: float | None = None, new_size: int | None = None
    ) -> bool:
        """Change the order in place, or cancel it where that is refused.

        Args:
            new_price: Of a limit order its limit, of a stop its stop, of a trailing stop its
                level, in points.
            new_size: Total size, what has filled included. With neither, the order is cancelled.

        Returns:
            True when it is as asked for, False when it is cancelled or being cancelled.

        Raises:
            OrderLifecycleError: It has ended already, can be neither changed nor cancelled, or
                none is tracked.
            ProjectXOrderError: A value that cannot be right; nothing was sent.
        """
        order = await self._current()
        if order.is_terminal:
            raise _ended(order, "it can be neither changed nor cancelled")
        if new_price is not None or new_size is not None:
            prices = {} if new_price is None else {_price_name(order): new_price}
            if await self._orders.modify_order(order.id, size=new_size, **prices):
                await self._current()
                return True
        refusal = self._orders.last_error
        if await self._orders.cancel_order(order.id):
            await self._current()
            return False
        order = await self._current()
        raise OrderLifecycleError(
            f"order {order.id} ({order.status_str}) could not be cancelled: "
            f"{self._orders.last_error}; before: {refusal}"
        )

    async def get_current_status(self) -> Order | None:
        """Return the order as it is now; None when none is tracked, or the account has none such.

        Raises:
            ProjectXError: The gateway failed.
        """
        if self._order_id is None:
            return None
        await self._refresh(self._order_id)
        return self._order

    async def cleanup(self) -> None:
        """Stop following; the order works on, and may be tracked again."""
        if self._entered:
            self._entered = False
            self._leave()

    async def __aenter__(self) -> Self:
        if not self._entered:
            self._enter()
            self._entered = True
            try:
                await self.get_current_status()
            except BaseException:
                await self.cleanup()
                raise
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None,
        exc_val: BaseException | None,
        exc_tb: TracebackType | None,
    ) -> None:
        await self.cleanup()

    def _enter(self) -> None:
        self._listen()
        self._users += 1

    def _listen(self) -> None:
        """Hear of orders; where that is so already, nothing changes.

        Raises:
            OrderLifecycleError: The suite is closed.
        """
        try:
            for kind in ORDER_EVENTS:
                self._bus.on(kind, self._hear)
        except RuntimeError as exc:
            raise OrderLifecycleError(f"nothing is heard of orders any more: {exc}") from exc

    def _leave(self) -> None:
        self._users -= 1
        if not self._users:
            for kind in ORDER_EVENTS:
                self._bus.off(kind, self._hear)

    async def _hear(self, event: Event) -> None:
        if event.data["order_id"] == self._order_id:
            self._learn(event.data["order"])

    async def _reached(self, wanted: OrderStatus) -> Order:
        """Return the order once it has a status; what happens meanwhile is heard first."""
        self._enter()
        try:
            await self._current()
            while True:
                changed, order = self._changed, self._order
                if order is not None and order.status == wanted:
                    return order
                if order is not None and order.is_terminal:
                    raise _ended(order, f"it never becomes {wanted.name}")
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(LOOK_S):
                        await changed.wait()
                        continue
                self._listen()
                await self._current()
        finally:
            self._leave()

    async def _current(self) -> Order:
        order_id = self._tracked()
        await self._refresh(order_id)
        if self._order is None:
            raise OrderLifecycleError(f"the account has no order {order_id}")
        return self._order

    async def _refresh(self, order_id: int) -> None:
        found = await self._orders.get_order_by_id(order_id)
        if found is not None:
            self._learn(found)

    def _learn(self, order: Order) -> None:
        """Take news of the order; a state that is older than what is known changes nothing."""
        known = self._order
        if order.id != self._order_id:
            return
        if known is not None and (
            (known.is_terminal and not order.is_terminal)
            or (order.fillVolume or 0) < (known.fillVolume or 0)
        ):
            return
        self._order = order
        self._announce()

    def _announce(self) -> None:
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    def _tracked(self) -> int:
        if self._order_id is None:
            raise OrderLifecycleError("no order is tracked; name it with track()")
        return self._order_id


def track_order(
    trading_suite: SuiteView, order: Order | OrderPlaceResponse | int | None = None
) -> OrderTracker:
    """Return a tracker; the same as ``suite.track_order(order)``."""
    return OrderTracker(trading_suite, order)


def _id_of(order: object) -> int:
    found = order
    if isinstance(order, Order):
        found = order.id
    elif isinstance(order, OrderPlaceResponse):
        if not order.success:
            raise OrderLifecycleError(f"no order was placed: {order.errorMessage}")
        found = order.orderId
    elif isinstance(order, BracketOrderResponse):
        if not order.success:
            raise OrderLifecycleError(f"no order was placed: {order.error_message}")
        found = order.entry_order_id
    if isinstance(found, bool) or not isinstance(found, int) or found < 1:
        raise OrderLifecycleError(f"an order, its id or its answer is tracked, not {order!r}")
    return found


def _price_name(order: Order) -> str:
    name = _PRICE_OF.get(OrderType(order.type))
    if name is None:
        raise OrderLifecycleError(
            f"a {order.type_str} order has not one price to change; use modify_order"
        )
    return name


def _ended(order: Order, therefore: str) -> OrderLifecycleError:
    filled = f" with {order.fillVolume} of {order.size} filled" if order.fillVolume else ""
    return OrderLifecycleError(
        f"order {order.id} has ended as {order.status_str}{filled}: {therefore}",
        response_data={"orderId": order.id, "status": order.status, "filled": order.fillVolume},
    )
