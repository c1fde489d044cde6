"""A bracket order in ten lines: an entry with a stop and a target around the last price."""

from __future__ import annotations

import asyncio

from guard import practice_only

from project_x_py import TradingSuite


async def main() -> None:
    async with await TradingSuite.create("MNQ", timeframes=["1min"], initial_days=1) as suite:
        practice_only(suite)
        last = await suite.data.get_current_price()
        if last is None:
            raise SystemExit("there is no price yet: no bars, and no trade")
        bracket = await suite.orders.place_bracket_order("MNQ", 0, 1, last, last - 20, last + 20)
        print(f"placed {bracket.success}: entry {bracket.entry_order_id} at {bracket.entry_price},")
        print(f"stop at {bracket.stop_loss_price}, target at {bracket.take_profit_price}")
        print(f"{bracket.error_message or 'what is not filled stays at the gateway'}")


if __name__ == "__main__":
    asyncio.run(main())
