"""Regular and electronic hours: which bars belong to which, and when the market opens next."""

from __future__ import annotations

import asyncio
from zoneinfo import ZoneInfo

from project_x_py import SessionConfig, SessionType, TradingSuite

CHICAGO = ZoneInfo("America/Chicago")


async def main() -> None:
    suite = await TradingSuite.create(
        "MNQ",
        timeframes=["5min"],
        initial_days=3,
        session_config=SessionConfig(session_type=SessionType.RTH),
    )
    async with suite:
        regular = await suite.get_session_data("5min")
        whole = await suite.get_session_data("5min", SessionType.ETH)
        print(f"{regular.height} of {whole.height} bars are of regular hours")
        figures = await suite.get_session_statistics("5min")
        for kind in ("rth", "eth"):
            print(f"{kind}: range {figures[f'{kind}_range']}, volume {figures[f'{kind}_volume']}")
        print(f"open: {await suite.client.is_session_open('MNQ')}")
        opens = await suite.client.get_next_session_open("MNQ", SessionType.RTH)
        if opens is not None:
            print(f"next regular open: {opens.astimezone(CHICAGO):%a %d %b %H:%M %Z}")


if __name__ == "__main__":
    asyncio.run(main())
