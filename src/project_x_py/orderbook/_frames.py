"""Spread and volume profile of frames that the caller brings, such as stored quotes and bars.

Invariants (``tests/orderbook/test_profile.py``): rows without a price or volume are left out; the
volumes returned add up to those of the rows that count.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from project_x_py.orderbook._volume import value_area

if TYPE_CHECKING:
    import polars as pl

__all__ = ["bin_figures", "spread_figures"]


def spread_figures(data: pl.DataFrame, bid: str, ask: str, mid: str | None) -> dict[str, Any]:
    """Return the figures that ``MarketAnalytics.analyze_dataframe_spread`` lists."""
    import polars as pl

    _check(data, bid, ask, *([mid] if mid is not None else []))
    middle = pl.col(mid) if mid is not None else (pl.col(bid) + pl.col(ask)) / 2
    frame = data.select(bid=pl.col(bid), ask=pl.col(ask), mid=middle).cast(pl.Float64)
    rows = frame.drop_nulls(["bid", "ask"]).drop_nans(["bid", "ask"])
    spread = (rows["ask"] - rows["bid"]).to_numpy()
    keys = ("avg_spread", "median_spread", "min_spread", "max_spread", "std_spread")
    if not len(spread):
        return {**dict.fromkeys(keys), "avg_spread_pct": None, "samples": 0}
    values = (spread.mean(), np.median(spread), spread.min(), spread.max(), spread.std())
    relative = (rows["ask"] - rows["bid"]).to_numpy() / np.abs(rows["mid"].to_numpy())
    known = relative[np.isfinite(relative)]
    return {
        **{key: float(value) for key, value in zip(keys, values, strict=True)},
        "avg_spread_pct": float(100 * known.mean()) if len(known) else None,
        "samples": len(spread),
    }


def bin_figures(data: pl.DataFrame, price: str, volume: str, bins: int) -> dict[str, Any]:
    """Return the figures that ``VolumeProfile.calculate_dataframe_volume_profile`` lists."""
    import polars as pl

    _check(data, price, volume)
    frame = data.select(price=pl.col(price), volume=pl.col(volume)).cast(pl.Float64)
    rows = frame.drop_nulls().drop_nans().filter(pl.col("volume") > 0)
    prices, volumes = rows["price"].to_numpy(), rows["volume"].to_numpy()
    if not len(prices):
        return {
            "price_bins": [],
            "volumes": [],
            "poc": None,
            "value_area_high": None,
            "value_area_low": None,
            "total_volume": 0.0,
        }
    low, high = float(prices.min()), float(prices.max())
    edges = np.linspace(low, high, bins + 1) if high > low else np.array([low, low])
    # The last bin includes its upper edge, so the highest price counts like any other.
    where = np.searchsorted(edges, prices, side="right").clip(1, max(len(edges) - 1, 1)) - 1
    amounts = np.bincount(where, weights=volumes, minlength=len(edges) - 1)
    peak, first, last = value_area(amounts)
    centres = (edges[:-1] + edges[1:]) / 2
    return {
        "price_bins": centres.tolist(),
        "volumes": amounts.tolist(),
        "poc": float(centres[peak]),
        "value_area_high": float(edges[last + 1]),
        "value_area_low": float(edges[first]),
        "total_volume": float(amounts.sum()),
    }


def _check(data: pl.DataFrame, *columns: str) -> None:
    for column in columns:
        if column not in data.columns:
            raise ValueError(f"the frame has no column {column!r}; it has {data.columns}")
