"""Two instruments in one suite: how far one has run ahead of the other."""

from __future__ import annotations

import asyncio

import polars as pl

from project_x_py import EventType, TradingSuite

PAIR = ["MNQ", "MES"]
BARS = 2


async def spread(suite: TradingSuite) -> pl.DataFrame:
    """Return the difference of the two returns since the first common bar, in percent."""
    frames = []
    for symbol in PAIR:
        bars = await suite[symbol].data.get_data("15sec")
        assert bars is not None
        frames.append(bars.select("timestamp", pl.col("close").alias(symbol)))
    joined = frames[0].join(frames[1], on="timestamp", how="inner")
    moved = [(pl.col(symbol) / pl.col(symbol).first() - 1) * 100 for symbol in PAIR]
    return joined.with_columns(spread=moved[0] - moved[1])


async def main() -> None:
    async with await TradingSuite.create(PAIR, timeframes=["15sec"], initial_days=1) as suite:
        for symbol, context in suite.items():
            print(f"{symbol}: {context.instrument.name}, {await context.data.get_current_price()}")
        for _ in range(BARS):
            event = await suite["MNQ"].wait_for(EventType.NEW_BAR)
            frame = await spread(suite)
            spreads = frame["spread"].to_list()
            last, mean = spreads[-1], sum(spreads) / len(spreads)
            print(f"{event.data['bar_time']:%H:%M:%S} spread {last:+.3f} %, mean {mean:+.3f} %")


if __name__ == "__main__":
    asyncio.run(main())
