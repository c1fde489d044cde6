"""Past bars as a polars frame, without a suite: the REST client alone."""

from __future__ import annotations

import asyncio

import polars as pl

from project_x_py import ProjectX


async def main() -> None:
    async with ProjectX.from_env() as client:
        await client.authenticate()
        bars = await client.get_bars("MNQ", days=5, interval=15)
    print(f"{bars.height} bars of 15 minutes, {bars['timestamp'][0]} to {bars['timestamp'][-1]}")
    by_day = (
        bars.group_by_dynamic("timestamp", every="1d")
        .agg(
            pl.col("high").max(),
            pl.col("low").min(),
            pl.col("close").last(),
            pl.col("volume").sum(),
        )
        .with_columns(range=pl.col("high") - pl.col("low"))
    )
    print(by_day)


if __name__ == "__main__":
    asyncio.run(main())
