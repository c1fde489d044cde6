"""What the suite knows of itself: score, parts, latency, requests; and the same to export."""

from __future__ import annotations

import asyncio

from project_x_py import TradingSuite

SECONDS = 20.0


async def main() -> None:
    async with await TradingSuite.create("MNQ", timeframes=["15sec"], initial_days=1) as suite:
        await asyncio.sleep(SECONDS)
        print(f"health {await suite.get_health_score():.0f}/100")
        for name, part in (await suite.get_component_health()).items():
            print(f"  {name:<18} {part['status']:<12} {part['error_count']} errors")
        hubs = await suite.realtime.get_health_status()
        print(f"market hub: {hubs['market_hub_latency_ms']:.1f} ms, ", end="")
        print(f"{hubs['events_per_second']:.0f} events a second")
        requests = suite.client.get_performance_stats()
        used, limit = requests["rest_window_used"], requests["rest_window_limit"]
        print(f"requests: {used:.0f} of {limit:.0f} in the last minute")
        text = await suite.export_stats("prometheus")
        assert isinstance(text, str)
        print(f"exported: {len(text.splitlines())} lines, the first: {text.splitlines()[0]}")


if __name__ == "__main__":
    asyncio.run(main())
