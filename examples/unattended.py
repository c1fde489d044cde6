"""Run for long with nobody watching: tell what happens to the connection, and say that all is well.

The SDK connects again and reads anew what was missed; what is left to a program is to log it, to
hold back while the feed has a hole, and to end with a status that a supervisor understands.
"""

from __future__ import annotations

import asyncio
import logging
import sys

from project_x_py import Event, EventType, ProjectXError, TradingSuite

HEARTBEAT_S = 15.0
BEATS = 3
log = logging.getLogger("unattended")


async def on_connection(event: Event) -> None:
    state = "up" if event.data["connected"] else "down"
    log.warning("the %s hub is %s: %s", event.data["hub"], state, event.data["reason"])


async def on_gap(event: Event) -> None:
    state = "opens" if event.data["is_open"] else "is over"
    log.warning("gap of %s %s: %s", event.data["symbol"], state, event.data["reason"])


async def watch() -> None:
    """Run until the beats are counted; a real program counts none."""
    async with await TradingSuite.create("MNQ", timeframes=["1min"], initial_days=1) as suite:
        for kind in (EventType.DISCONNECTED, EventType.RECONNECTING, EventType.CONNECTED):
            await suite.on(kind, on_connection)
        await suite.on(EventType.FEED_GAP, on_gap)
        for _ in range(BEATS):
            await asyncio.sleep(HEARTBEAT_S)
            health = await suite.realtime.get_health_status()
            price = await suite.data.get_current_price()
            log.info("alive: price %s, health %.0f/100", price, health["health_score"])


async def main() -> None:
    try:
        await watch()
    except ProjectXError as error:
        log.error("given up: %s", error)
        sys.exit(1)  # what restarts a failed service, restarts this


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    asyncio.run(main())
