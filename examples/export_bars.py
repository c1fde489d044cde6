"""Write each finished bar to CSV as it comes, and all of them to JSON at the end.

A bar's timestamp is a datetime, which ``json`` does not write: give it its ISO text.
"""

from __future__ import annotations

import asyncio
import csv
import json
from pathlib import Path
from typing import Any

from project_x_py import EventType, TradingSuite

BARS = 6
FIELDS = ["timestamp", "timeframe", "open", "high", "low", "close", "volume"]


async def main() -> None:
    records: list[dict[str, Any]] = []
    suite = await TradingSuite.create("MNQ", timeframes=["5sec", "15sec"], initial_days=1)
    with Path("bars.csv").open("w", newline="", encoding="utf-8") as file:
        rows = csv.DictWriter(file, FIELDS, extrasaction="ignore")
        rows.writeheader()
        async with suite, suite.stream(EventType.NEW_BAR) as bars:
            async for event in bars:
                bar = event.data["completed"]
                moment = bar["timestamp"].isoformat()
                record = {**bar, "timeframe": event.data["timeframe"], "timestamp": moment}
                records.append(record)
                rows.writerow(record)
                if len(records) == BARS:
                    break
    Path("bars.json").write_text(json.dumps(records, indent=2), encoding="utf-8")
    print(f"{len(records)} bars in bars.csv and bars.json, the last of {records[-1]['timestamp']}")


if __name__ == "__main__":
    asyncio.run(main())
