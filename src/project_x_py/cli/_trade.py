"""The trade of the demonstration: one contract at a time, never without a stop and a target.

It goes with the bar that has just finished, at the market, and asks for stop and target with the
same order; what is held and what rests at the gateway is read from the suite, not remembered. It is
a picture of how a protected position lives, and no strategy.

Invariant (``tests/cli/test_demo.py``): while a contract is held a stop works at the gateway, and
the end leaves nothing there.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from project_x_py._core.grid import Rounding, TickGrid
from project_x_py.event_bus import EventType
from project_x_py.exceptions import ProjectXError
from project_x_py.types.trading import OrderSide

if TYPE_CHECKING:
    from project_x_py.event_bus import Event
    from project_x_py.trading_suite import TradingSuite
    from project_x_py.trading_suite._working import WorkingOrder

__all__ = ["DemoTrade", "price_text"]

LEAST_TICKS = 8
RANGES = 2
"""Stop and target are two heights of the bar away: near enough to be reached while one looks."""


class DemoTrade:
    """Trades one contract of the suite's instrument, and tells how it stands.

    Args:
        suite: A suite with one instrument.
        timeframe: The bars after which it enters.
    """

    def __init__(self, suite: TradingSuite, timeframe: str) -> None:
        self._suite = suite
        self._timeframe = timeframe
        self._context = next(iter(suite.values()))
        instrument = self._context.instrument_info
        self._grid = TickGrid(instrument.tickSize, instrument.tickValue)
        self._said = f"enters with the next finished bar of {timeframe}"
        self._entered: float | None = None
        self._is_over = False
        self.closed = 0
        self.profit = 0.0

    async def listen(self) -> None:
        """Begin with the next bar that finishes."""
        await self._context.on(EventType.BAR_CLOSED, self._on_bar)
        await self._suite.on(EventType.POSITION_OPENED, self._on_opened)
        await self._suite.on(EventType.POSITION_CLOSED, self._on_closed)

    async def _on_bar(self, event: Event) -> None:
        bar = event.data["data"]
        if event.data["timeframe"] != self._timeframe or event.data["amended"] or self._is_over:
            return
        if not self._suite.working_report().is_empty:
            return
        side = OrderSide.BUY if bar["close"] >= bar["open"] else OrderSide.SELL
        price = await self._context.data.get_current_price() or bar["close"]
        try:
            refusal = await self._enter(side, price, bar["high"] - bar["low"])
        except ProjectXError as error:
            refusal = str(error)
        if refusal is not None:
            self._said = f"not entered: {refusal}"

    async def _enter(self, side: OrderSide, price: float, height: float) -> str | None:
        """Place the bracket; return why not, when the gateway says so."""
        grid, symbol = self._grid, self._context.symbol
        last = grid.ticks(price, rounding=Rounding.NEAREST)
        away = max(LEAST_TICKS, RANGES * grid.ticks(height, rounding=Rounding.NEAREST))
        away = away if side == OrderSide.BUY else -away
        stop, target = grid.price(last - away), grid.price(last + away)
        placed = await self._context.orders.place_bracket_order(
            symbol, side, 1, price, stop, target, "market"
        )
        return None if placed.success else placed.error_message

    async def _on_opened(self, event: Event) -> None:
        self._entered = event.data["averagePrice"]

    async def _on_closed(self, event: Event) -> None:
        self._entered = None
        self.closed += 1
        self.profit += event.data["pnl"] or 0.0
        self._said = f"enters again with the next finished bar of {self._timeframe}"

    def lines(self, price: float | None) -> tuple[str, str]:
        """Return what is held and what protects it.

        Args:
            price: The last trade, in points; what is held is worth what it would fetch there.
        """
        report = self._suite.working_report()
        net = report.positions.get(self._context.instrument_info.id, 0)
        if not net:
            return self._said, self.total()
        held = "bought" if net > 0 else "sold"
        first = f"{held} {abs(net)} at the market"
        if self._entered is not None:
            first = f"{held} {abs(net)} at {self._text(self._entered)}"
            if price is not None:
                first += f"   open {net * self._dollars(price - self._entered):+.2f} USD"
        legs = "   ".join(self._leg(order) for order in report.orders)
        return first, f"at the gateway: {legs or 'no stop yet'}"

    def total(self) -> str:
        """Return what the trades that are closed have brought."""
        if not self.closed:
            return "no trade is closed yet"
        trades = "1 trade" if self.closed == 1 else f"{self.closed} trades"
        return f"{trades} closed, {self.profit:+.2f} USD before costs"

    async def end(self) -> str:
        """Close what is held and cancel what works; return whether the gateway shows nothing."""
        self._is_over = True
        if self._suite.working_report().is_empty and not self.closed:
            return "none was entered"
        try:
            proof = await self._suite.flatten()
        except ProjectXError as error:
            return f"{self.total()}; not known to be flat: {error}"
        return f"{self.total()}; {'nothing is held' if proof.proved else 'not known to be flat'}"

    def _leg(self, order: WorkingOrder) -> str:
        at = "" if order.price is None else f" at {self._text(order.price)}"
        name = "target" if order.kind == "limit" else order.kind
        return f"{name}{at}" + (" (wakes with the fill)" if order.is_suspended else "")

    def _text(self, price: float) -> str:
        return price_text(price, self._context.instrument_info.tickSize)

    def _dollars(self, points: float) -> float:
        instrument = self._context.instrument_info
        return points / instrument.tickSize * instrument.tickValue


def price_text(price: float | None, tick_size: float) -> str:
    """Return a price with as many digits as its tick has, so that prices line up."""
    if price is None:
        return "-"
    exponent = Decimal(str(tick_size)).normalize().as_tuple().exponent
    return f"{price:.{max(0, -exponent) if isinstance(exponent, int) else 0}f}"
