"""A managed strategy on two instruments: buy strength above the average, by fixed risk.

Each instrument has a task and at most one trade at a time; the limits hold for both together. It
shows how the parts fit, and earns nothing.
"""

from __future__ import annotations

import asyncio
from decimal import Decimal

from guard import practice_only

from project_x_py import EventType, TradingSuite
from project_x_py.exceptions import RiskLimitExceeded
from project_x_py.indicators import ATR, RSI, SMA
from project_x_py.risk_manager import RiskConfig
from project_x_py.trading_suite import InstrumentContext

SYMBOLS = ["MNQ", "MES"]
LIMITS = RiskConfig(max_daily_loss_amount=Decimal(500), max_position_size=5, max_positions=10)
RISK_USD = 100.0
BARS = 4
HOLD_S = 30.0


async def signal(context: InstrumentContext) -> float | None:
    """Return the distance of the stop in points where there is something to buy."""
    bars = await context.data.get_data("15sec", bars=200)
    if bars is None or bars.height < 60:
        return None
    frame = bars.pipe(SMA, period=20).pipe(RSI, period=14).pipe(ATR, period=14)
    last = frame.row(-2, named=True)  # the newest finished bar
    if last["close"] > last["sma_20"] and 50 < last["rsi_14"] < 80:
        return 2 * float(last["atr_14"])
    return None


async def trade_once(context: InstrumentContext, distance: float) -> None:
    """Enter with a stop, hold for a while, leave."""
    price = await context.data.get_current_price()
    assert price is not None
    async with context.managed_trade(max_risk_amount=RISK_USD) as trade:
        try:
            entered = await trade.enter_long(price, stop_loss=price - distance)
        except RiskLimitExceeded as refusal:
            print(f"{context.symbol}: not entered, {refusal}")
            return
        print(f"{context.symbol}: bought {entered['size']}, stop {distance:.2f} points below")
        await asyncio.sleep(HOLD_S)
        closed = await trade.close_position()
        result = f"{closed['realized_pnl']:+.2f}" if closed else "the stop"
        print(f"{context.symbol}: out, {result}")


async def follow(context: InstrumentContext) -> None:
    """Look at each bar of an instrument."""
    for _ in range(BARS):
        await context.wait_for(EventType.NEW_BAR)
        if (distance := await signal(context)) is not None:
            await trade_once(context, distance)


async def main() -> None:
    features = ["risk_manager"]
    suite = await TradingSuite.create(SYMBOLS, None, ["15sec"], features, risk_config=LIMITS)
    async with suite:
        practice_only(suite)
        async with asyncio.TaskGroup() as group:
            for context in suite.values():
                group.create_task(follow(context))
        print(f"flat: {(await suite.flatten()).proved}")


if __name__ == "__main__":
    asyncio.run(main())
