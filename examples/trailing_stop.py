"""An entry whose stop follows the market: it moves with the price, and never back."""

from __future__ import annotations

import asyncio

from guard import practice_only

from project_x_py import Event, EventType, TradingSuite

DISTANCE = 5.0
SECONDS = 60.0


async def main() -> None:
    async with await TradingSuite.create("MNQ", timeframes=["1min"], initial_days=1) as suite:
        practice_only(suite)

        async def on_modified(event: Event) -> None:
            print(f"the stop is at {event.data['order'].stopPrice}")

        async def on_filled(event: Event) -> None:
            order = event.data["order"]
            print(f"{order.side_str} {order.size} filled at {order.filledPrice}")

        await suite.on(EventType.ORDER_MODIFIED, on_modified)
        await suite.on(EventType.ORDER_FILLED, on_filled)
        chain = suite.order_chain().market_order(size=1, side=0).with_trail_stop(offset=DISTANCE)
        closed = suite.stream(EventType.POSITION_CLOSED)
        placed = await chain.execute()
        if not placed.success:
            raise SystemExit(f"refused: {placed.error_message}")
        print(f"placed {placed.success}, first stop at {placed.stop_loss_price}")
        try:
            async with asyncio.timeout(SECONDS):
                await anext(closed)
        except TimeoutError:
            print(f"still in after {SECONDS:g} s")
        finally:
            print(f"flat: {(await suite.flatten()).proved}")


if __name__ == "__main__":
    asyncio.run(main())
