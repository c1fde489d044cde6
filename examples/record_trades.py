"""Record every trade to a Parquet file that is whole whenever the program ends.

Parts are written beside the file and put in its place at once, so that nobody reads half of one.
"""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import polars as pl

from project_x_py import Event, EventType, TradingSuite

SECONDS = 20.0
FIELDS = ("timestamp", "symbol", "price", "size", "side")


def save(rows: list[dict[str, Any]], path: Path) -> None:
    """Write the rows, and put the file in place in one step."""
    part = path.with_suffix(".part")
    pl.DataFrame(rows).write_parquet(part, compression="zstd")
    part.replace(path)


async def main() -> None:
    rows: list[dict[str, Any]] = []
    path = Path("trades.parquet")

    async def on_trade(event: Event) -> None:
        rows.append({name: event.data[name] for name in FIELDS})

    async with await TradingSuite.create("MNQ", timeframes=["1min"], initial_days=1) as suite:
        await suite.on(EventType.TRADE_TICK, on_trade)
        try:
            await asyncio.sleep(SECONDS)
        finally:
            save(rows, path)
    kept = pl.read_parquet(path)
    print(f"{kept.height} trades, {kept['size'].sum()} contracts in {path}")


if __name__ == "__main__":
    asyncio.run(main())
