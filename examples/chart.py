"""A chart of past bars with two averages, as a page that any browser opens.

Needs Plotly: ``uv pip install plotly``, or ``pip install plotly`` in an environment with pip.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

import plotly.graph_objects as go

from project_x_py import ProjectX
from project_x_py.indicators import EMA, SMA


async def main() -> None:
    async with ProjectX.from_env() as client:
        await client.authenticate()
        bars = await client.get_bars("MNQ", days=2, interval=15)
    frame = bars.pipe(SMA, period=20).pipe(EMA, period=50)
    times = frame["timestamp"].to_list()
    prices = {name: frame[name].to_list() for name in ("open", "high", "low", "close")}
    figure = go.Figure(go.Candlestick(x=times, name="MNQ", **prices))
    for column in ("sma_20", "ema_50"):
        figure.add_trace(go.Scatter(x=times, y=frame[column].to_list(), name=column))
    figure.update_layout(title="MNQ, 15 minutes", xaxis_rangeslider_visible=False)
    page = Path("chart.html")
    figure.write_html(page, include_plotlyjs="directory")
    print(f"{frame.height} bars in {page}")


if __name__ == "__main__":
    asyncio.run(main())
