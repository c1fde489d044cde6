"""An entry with its protection, built up step by step and sent as one bracket.

Invariants (``tests/order_tracker/test_chain.py``): what is not asked for is not sent, neither a
stop nor a target of price zero; a mistake is an exception before anything leaves; a trailing stop
is the stop of the bracket, moved, so that there is no moment without one.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from project_x_py._core.grid import Rounding, TickGrid
from project_x_py.exceptions import ProjectXOrderError
from project_x_py.order_tracker._suite import account_orders, context_of
from project_x_py.order_tracker._trail import TrailingStop
from project_x_py.types.trading import OrderSide

if TYPE_CHECKING:
    from typing import Self

    from project_x_py.models import BracketOrderResponse
    from project_x_py.order_tracker._suite import ContextView, SuiteView

__all__ = ["OrderChainBuilder"]


@dataclass(frozen=True, slots=True)
class _Entry:
    kind: str
    size: int
    side: int
    price: float | None


@dataclass(frozen=True, slots=True)
class _Leg:
    """Where a stop or a target goes: at a price, or so far from the entry, in points."""

    offset: float | None
    price: float | None

    def at(self, reference: float, direction: int) -> float:
        if self.price is not None:
            return self.price
        return float(Decimal(str(reference)) + direction * Decimal(str(self.offset)))


class OrderChainBuilder:
    """Builds an entry with a stop, a target or both::

        placed = await (
            suite.order_chain()
            .limit_order(size=1, price=24_000.0)
            .with_stop_loss(offset=10)
            .with_take_profit(offset=20)
            .execute()
        )

    Without a stop and a target, the entry goes out alone.

    Args:
        suite: Where the order goes.
    """

    def __init__(self, suite: SuiteView) -> None:
        self._suite = suite
        self._contract: str | None = None
        self._entry: _Entry | None = None
        self._stop: _Leg | None = None
        self._target: _Leg | None = None
        self._trail: tuple[float, float] | None = None

    def for_instrument(self, contract_id: str) -> Self:
        """Say which instrument, by symbol, contract id or name; needless where there is one."""
        self._contract = contract_id
        return self

    def market_order(self, size: int, side: int = 0) -> Self:
        """Enter at the market; ``side`` 0 buys, 1 sells."""
        self._entry = _Entry("market", size, side, None)
        return self

    def limit_order(self, size: int, price: float, side: int = 0) -> Self:
        """Enter at a limit in points; ``side`` 0 buys, 1 sells."""
        self._entry = _Entry("limit", size, side, price)
        return self

    def stop_order(self, size: int, price: float, side: int = 0) -> Self:
        """Enter at a stop in points; ``side`` 0 buys, 1 sells."""
        self._entry = _Entry("stop", size, side, price)
        return self

    def with_stop_loss(self, offset: float | None = None, price: float | None = None) -> Self:
        """Protect with a stop.

        Args:
            offset: Distance from the entry price in points; for a market entry from the price
                at the time of :meth:`execute`.
            price: Its price in points instead.

        Raises:
            ProjectXOrderError: Neither or both are given, or the offset is not above zero.
        """
        self._stop = _leg("with_stop_loss", offset, price)
        return self

    def with_take_profit(self, offset: float | None = None, price: float | None = None) -> Self:
        """Take profit at a limit; arguments and errors as for :meth:`with_stop_loss`."""
        self._target = _leg("with_take_profit", offset, price)
        return self

    def with_trail_stop(self, offset: float, trigger_offset: float | None = None) -> Self:
        """Protect with a stop that follows the market.

        It starts where :meth:`with_stop_loss` puts it, else ``offset`` from the entry. From the
        fill on it is moved behind the best price since, at most once a second and never back,
        while this program runs; it stays at the gateway when it ends.

        Args:
            offset: How far behind it stays, in points.
            trigger_offset: How far in profit the price has to be before the stop moves, in
                points; from the fill on when left out.

        Raises:
            ProjectXOrderError: A distance is not above zero.
        """
        _distance("with_trail_stop: offset", offset)
        if trigger_offset is not None:
            _distance("with_trail_stop: trigger_offset", trigger_offset)
        self._trail = (offset, trigger_offset or 0.0)
        return self

    async def execute(self) -> BracketOrderResponse:
        """Send the chain, once.

        Returns:
            What was placed, as of :meth:`OrderManager.place_bracket_order`; a refusal by the
            gateway has ``success`` False and the reason.

        Raises:
            ProjectXOrderError: There is no entry, the instrument is not named, a price is
                impossible, or none is known where an offset counts from one.
            ProjectXInstrumentError: There is no such instrument; close matches are listed.
            OrderSubmissionUncertainError: The entry was sent, and the gateway cannot be asked
                what became of it; what fills is guarded.
        """
        entry = self._entry
        if entry is None:
            raise ProjectXOrderError("a chain begins with market_order, limit_order or stop_order")
        if entry.side not in (0, 1):
            raise ProjectXOrderError(f"side is 0 (buy) or 1 (sell), not {entry.side!r}")
        context = context_of(self._suite, self._contract)
        if context is None and self._contract is not None:
            await self._suite.client.get_instrument(self._contract)
        if self._trail is not None and context is None:
            raise ProjectXOrderError(
                f"{self._contract} is none of the suite's instruments, so no stop can follow it"
            )
        stop_leg = self._stop
        if stop_leg is None and self._trail is not None:
            stop_leg = _Leg(self._trail[0], None)
        reference = await self._reference(entry, stop_leg, context)
        forward = 1 if entry.side == OrderSide.BUY else -1
        stop = None if stop_leg is None else stop_leg.at(reference, -forward)
        target = None if self._target is None else self._target.at(reference, forward)
        orders = account_orders(self._suite)
        response = await orders.place_bracket_order(
            context.instrument_info.id if context is not None else self._contract or "",
            entry.side,
            entry.size,
            reference,
            stop,
            target,
            entry.kind,
        )
        if self._trail is not None and context is not None and response.success:
            await self._start_trail(context, response, *self._trail)
        return response

    async def _reference(
        self, entry: _Entry, stop: _Leg | None, context: ContextView | None
    ) -> float:
        """Return the price that the legs are counted from, and checked against."""
        if entry.price is not None:
            return entry.price
        known = None if context is None else await context.data.get_current_price()
        if known is not None:
            return known
        prices = [leg.price for leg in (stop, self._target) if leg is not None]
        if len(prices) == 2 and None not in prices:
            return sum(price for price in prices if price is not None) / 2
        raise ProjectXOrderError(
            "no price of the instrument is known yet; name both stop and target by price, or "
            "enter with a limit"
        )

    async def _start_trail(
        self,
        context: ContextView,
        response: BracketOrderResponse,
        offset: float,
        trigger_offset: float,
    ) -> None:
        contract = context.instrument_info
        grid = TickGrid(contract.tickSize, contract.tickValue)
        entry_id = response.entry_order_id
        entry = None if entry_id is None else await context.orders.get_order_by_id(entry_id)
        if entry is None:
            return
        trail = TrailingStop(
            context.orders,
            context.event_bus,
            grid,
            entry,
            distance=max(1, grid.ticks(offset, rounding=Rounding.NEAREST)),
            trigger=grid.ticks(trigger_offset, rounding=Rounding.NEAREST),
        )
        await trail.start(response.stop_order_id)


def _leg(name: str, offset: float | None, price: float | None) -> _Leg:
    if (offset is None) == (price is None):
        raise ProjectXOrderError(f"{name} takes an offset or a price, one of them")
    if offset is not None:
        _distance(f"{name}: offset", offset)
    return _Leg(offset, price)


def _distance(name: str, points: float) -> None:
    if isinstance(points, bool) or not isinstance(points, int | float | Decimal):
        raise ProjectXOrderError(f"{name} is a distance in points, not {points!r}")
    if not 0 < points < math.inf:
        raise ProjectXOrderError(f"{name} is a distance above zero, not {points!r}")
