"""Indicators on past bars, one pipe after the other, and on the live frame."""

from __future__ import annotations

import asyncio

from project_x_py import TradingSuite
from project_x_py.indicators import ATR, MACD, RSI, SMA

COLUMNS = ["timestamp", "close", "sma_20", "rsi_14", "atr_14", "macd_histogram"]


async def main() -> None:
    async with await TradingSuite.create("MNQ", timeframes=["5min"], initial_days=3) as suite:
        bars = await suite.data.get_data("5min")
    assert bars is not None
    frame = bars.pipe(SMA, period=20).pipe(RSI, period=14).pipe(ATR, period=14).pipe(MACD)
    print(frame.select(COLUMNS).tail(5))
    last = frame.row(-1, named=True)
    trend = "above" if last["close"] > last["sma_20"] else "below"
    print(f"close {last['close']} is {trend} its average, RSI {last['rsi_14']:.1f}")


if __name__ == "__main__":
    asyncio.run(main())
