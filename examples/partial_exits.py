"""Enter with three contracts and leave in parts: one at each of two targets, the rest by hand.

The stop protects what is still held: it shrinks as the targets fill.
"""

from __future__ import annotations

import asyncio

from guard import practice_only

from project_x_py import TradingSuite

TARGETS = (3.0, 6.0)
STOP = 15.0
PATIENCE_S = 120.0


async def main() -> None:
    async with await TradingSuite.create("MNQ", timeframes=["1min"], initial_days=1) as suite:
        practice_only(suite)
        try:
            async with asyncio.timeout(PATIENCE_S):
                await trade(suite)
        except TimeoutError:
            print(f"not all targets filled after {PATIENCE_S:g} s")
        finally:
            print(f"out: {(await suite.flatten()).proved}")


async def trade(suite: TradingSuite) -> None:
    entry = await suite.orders.place_market_order("MNQ", side=0, size=3)
    async with suite.track_order(entry) as tracker:
        filled = await tracker.wait_for_fill()
    price = filled.filledPrice or 0.0
    print(f"bought {filled.fillVolume} at {price}")

    await suite.orders.add_stop_loss("MNQ", price - STOP, 3)
    for points in TARGETS:
        await suite.orders.add_take_profit("MNQ", price + points, 1)

    held = 3
    while held > 1:
        await asyncio.sleep(1)
        positions = await suite.positions.get_all_positions()
        left = sum(position.size for position in positions)
        if left != held:
            print(f"{held - left} out, {left} left at {await price_of(suite)}")
            held = left


async def price_of(suite: TradingSuite) -> float | None:
    return await suite.data.get_current_price()


if __name__ == "__main__":
    asyncio.run(main())
