"""What the suite knows of itself: connection, latency, requests, bars."""

from __future__ import annotations

import asyncio

from project_x_py import TradingSuite

SECONDS = 20.0


async def main() -> None:
    async with await TradingSuite.create("MNQ", timeframes=["15sec"], initial_days=1) as suite:
        await asyncio.sleep(SECONDS)
        health = await suite.realtime.get_health_status()
        print(f"health {health['health_score']:.0f}/100, {health['status']}")
        print(f"market hub: {health['market_hub_latency_ms']:.1f} ms, ", end="")
        print(f"{health['events_per_second']:.0f} events a second")
        requests = suite.client.get_performance_stats()
        used, limit = requests["rest_window_used"], requests["rest_window_limit"]
        print(f"requests: {used:.0f} of {limit:.0f} in the last minute")
        print(f"tasks: {suite.realtime.get_task_stats()}")
        print(f"event bus: {suite.events.get_handler_count()} handlers")


if __name__ == "__main__":
    asyncio.run(main())
