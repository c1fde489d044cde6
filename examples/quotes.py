"""The best bid and ask as they change, and how wide the market is."""

from __future__ import annotations

import asyncio

from project_x_py import Event, EventType, TradingSuite

SECONDS = 10.0


async def main() -> None:
    spreads: list[float] = []

    async def on_quote(event: Event) -> None:
        quote = event.data
        if quote["bid"] is None or quote["ask"] is None:
            return
        spreads.append(quote["ask"] - quote["bid"])
        if len(spreads) <= 5:
            print(f"{quote['timestamp']:%H:%M:%S.%f} bid {quote['bid']} ask {quote['ask']}")

    async with await TradingSuite.create("MNQ", timeframes=["1min"], initial_days=1) as suite:
        await suite.on(EventType.QUOTE_UPDATE, on_quote)
        await asyncio.sleep(SECONDS)
    spreads = spreads or [0.0]
    mean = sum(spreads) / len(spreads)
    print(f"{len(spreads)} quotes, spread {mean:.3f} on average, {max(spreads)} at most")


if __name__ == "__main__":
    asyncio.run(main())
