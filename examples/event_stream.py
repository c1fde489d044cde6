"""Events as an async iterator instead of a handler: trades, one after the other."""

from __future__ import annotations

import asyncio

from project_x_py import EventType, TradingSuite

WANTED = 20


async def main() -> None:
    seen = volume = 0
    suite = await TradingSuite.create("MNQ", timeframes=["1min"], initial_days=1)
    async with suite, suite.stream(EventType.TRADE_TICK) as trades:
        async for event in trades:
            trade = event.data
            seen, volume = seen + 1, volume + trade["volume"]
            print(f"{trade['timestamp']:%H:%M:%S.%f} {trade['price']} x {trade['volume']}")
            if seen == WANTED:
                break
    print(f"{seen} trades, {volume} contracts")


if __name__ == "__main__":
    asyncio.run(main())
