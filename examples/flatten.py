"""The kill switch: cancel every order, close every position, and prove that nothing is left.

Ctrl-C is the switch while this runs; here it pulls it by itself after a while.
"""

from __future__ import annotations

import asyncio

from guard import practice_only

from project_x_py import TradingSuite

SECONDS = 5.0


async def main() -> None:
    async with await TradingSuite.create("MNQ", timeframes=["1min"], initial_days=1) as suite:
        practice_only(suite)
        try:
            last = await suite.data.get_current_price() or 0.0
            await suite.orders.place_market_order("MNQ", side=0, size=2)
            await suite.orders.place_limit_order("MNQ", side=0, size=1, limit_price=last - 40)
            await asyncio.sleep(SECONDS)
        finally:
            proof = await suite.flatten()
        print(f"flat: {proof.proved}")
        print(f"positions {len(await suite.positions.get_all_positions())}")
        print(f"working orders {len(await suite.orders.search_open_orders())}")


if __name__ == "__main__":
    asyncio.run(main())
