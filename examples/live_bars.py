"""Bars as they are made: NEW_BAR comes with the first trade of a bar, BAR_CLOSED at its end."""

from __future__ import annotations

import asyncio

from project_x_py import Event, EventType, TradingSuite

WANTED = 4


async def main() -> None:
    done = asyncio.Event()
    closed: list[str] = []

    async def on_closed(event: Event) -> None:
        bar = event.data["data"]
        closed.append(event.data["timeframe"])
        prices = "  ".join(f"{name} {bar[name]}" for name in ("open", "high", "low", "close"))
        print(f"{event.data['timeframe']:>5} {bar['timestamp']:%H:%M:%S}  {prices}")
        if len(closed) == WANTED:
            done.set()

    async with await TradingSuite.create("MNQ", timeframes=["5sec", "15sec"]) as suite:
        await suite.on(EventType.BAR_CLOSED, on_closed)
        await done.wait()
        frame = await suite.data.get_data("15sec")
        assert frame is not None
        print(frame.tail(3))


if __name__ == "__main__":
    asyncio.run(main())
