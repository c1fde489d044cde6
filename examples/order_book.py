"""The order book: its levels, which side is heavier, who pays the spread."""

from __future__ import annotations

import asyncio

from project_x_py import TradingSuite

SECONDS = 10.0


async def main() -> None:
    suite = await TradingSuite.create(
        "MNQ", timeframes=["1min"], features=["orderbook"], initial_days=1
    )
    async with suite:
        await asyncio.sleep(SECONDS)
        book = suite.orderbook
        assert book is not None
        snapshot = await book.get_orderbook_snapshot(levels=5)
        for level in reversed(snapshot["asks"]):
            print(f"{'':>8} {level['price']:>10} {level['size']:>6}")
        for level in snapshot["bids"]:
            print(f"{level['size']:>8} {level['price']:>10}")
        imbalance = await book.get_market_imbalance(levels=5)
        print(f"spread {snapshot['spread']}, imbalance {imbalance['depth_imbalance']:+.2f}")
        delta = await book.get_cumulative_delta(time_window_minutes=1)
        print(f"bought less sold in the last minute: {delta['cumulative_delta']:+}")


if __name__ == "__main__":
    asyncio.run(main())
