"""What is done to orders now and then: time-outs of resting entries, and forgetting what is over.

Invariants (``tests/order_manager/test_upkeep.py``): only entries that this account's manager
placed and that have not filled in full time out, each cancelled once a look; nothing that works,
is unknown or is guarded is forgotten, in memory or in the journal.
"""

from __future__ import annotations

import asyncio
import contextlib
import warnings
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from project_x_py._core.orders.intents import Purpose
from project_x_py._core.time import NS
from project_x_py.event_bus import EventType
from project_x_py.exceptions import ProjectXOrderError
from project_x_py.types.trading import OrderType

if TYPE_CHECKING:
    from project_x_py._core.orders.state import OrderState
    from project_x_py.event_bus import Event, EventBus
    from project_x_py.order_manager._operations import Operations
    from project_x_py.order_manager._parts import OrderParts

__all__ = ["Upkeep"]

Handler = Callable[["Event"], Awaitable[None]]

EVERY_S = 3_600.0
"""How often what is over is forgotten."""

KEPT_H = 24.0
"""How long it is kept."""

LOOK_S = 5.0
"""How often time-outs are looked for."""

FEWEST = 100
"""The fewest ended orders that may be kept."""


class Upkeep:
    """Looks after the orders of one manager.

    Args:
        parts: Of the manager.
        operations: Forgets.
    """

    def __init__(self, parts: OrderParts, operations: Operations) -> None:
        self._parts = parts
        self._operations = operations
        self._every_s = EVERY_S
        self._kept_h = KEPT_H
        self._cancelled: set[int] = set()
        self._changed = asyncio.Event()
        minutes = parts.config.get("order_timeout_minutes")
        self._timeout_ns = None if minutes is None else int(_positive(minutes) * 60 * NS)

    async def listen(self, bus: EventBus, event: str, callback: Handler) -> None:
        """Have a handler called with each event of a name."""
        await bus.on(EventType(event), callback)

    async def leave(self, bus: EventBus, event: str, callback: Handler) -> None:
        """End what :meth:`listen` began."""
        await bus.off(EventType(event), callback)

    def listen_deprecated(self, bus: EventBus, event: str, callback: Handler) -> None:
        """Do as :meth:`listen`, at once, and warn the caller of the documented method."""
        warnings.warn(
            "add_callback goes with 4.0.0; use TradingSuite.on(EventType.ORDER_FILLED, callback)",
            DeprecationWarning,
            stacklevel=3,
        )
        bus.on(EventType(event), callback)

    def configure(self, most: int | None, ttl_s: float | None, interval_s: float | None) -> None:
        """Change how many ended orders are kept, how long, and how often that is looked at."""
        if most is not None and (isinstance(most, bool) or most < FEWEST):
            raise ProjectXOrderError(f"max_tracked_orders is at least {FEWEST}, not {most!r}")
        for name, value in (("order_ttl_seconds", ttl_s), ("cleanup_interval", interval_s)):
            if value is not None and not 0 < value < float("inf"):
                raise ProjectXOrderError(f"{name} is a number of seconds above 0, not {value!r}")
        if most is not None:
            self._parts.desk.ledger.keep(int(most))
        self._kept_h = self._kept_h if ttl_s is None else ttl_s / 3_600
        self._every_s = self._every_s if interval_s is None else float(interval_s)
        self._changed.set()

    def forget(self) -> int:
        """Let go of ended orders that were kept for long enough; return how many."""
        return self._operations.cleanup(self._kept_h)

    async def run(self) -> None:
        """Do it for ever."""
        looked_s = asyncio.get_running_loop().time()
        while True:
            self._changed.clear()
            pause_s = min(LOOK_S, self._every_s) if self._timeout_ns else self._every_s
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause_s):
                    await self._changed.wait()
            await self._time_out()
            if asyncio.get_running_loop().time() - looked_s >= self._every_s:
                looked_s = asyncio.get_running_loop().time()
                self.forget()

    async def _time_out(self) -> None:
        """Cancel entries that rest for longer than the config allows."""
        if self._timeout_ns is None:
            return
        before_ns = self._parts.clock.now_ns() - self._timeout_ns
        for state in list(self._parts.desk.ledger.working()):
            if state.id in self._cancelled or not self._is_late(state, before_ns):
                continue
            self._cancelled.add(state.id)
            await self._parts.desk.cancel(state.id)
            # What came of it is for the next read to say; one that works on is cancelled again.
            self._parts.desk.doubt()
        self._cancelled = {
            order_id
            for order_id in self._cancelled
            if (known := self._parts.desk.ledger.order(order_id)) and not known.is_terminal
        }

    def _is_late(self, state: OrderState, before_ns: int) -> bool:
        order = state.snapshot()
        submission = self._parts.desk.ledger.submission(order.custom_tag or "")
        if submission is None or submission.intent.purpose is not Purpose.ENTRY:
            return False
        if order.type in (OrderType.STOP, OrderType.TRAILING_STOP) and not (
            submission.intent.protection
        ):
            # A stop of the user's own may be what protects a position.
            return False
        created_ns = order.created_ns or submission.intent.created_ns
        return order.parent_id is None and created_ns <= before_ns


def _positive(minutes: float) -> float:
    if isinstance(minutes, bool) or not 0 < minutes < float("inf"):
        raise ProjectXOrderError(f"order_timeout_minutes is a number above 0, not {minutes!r}")
    return float(minutes)
