"""How much traded at which price, from bars.

A bar's volume is spread evenly over the price levels that it touched, so the profile's volume is
the bars'. Two sums over the edges of all bars do it, whatever the number of levels a bar touches.

Invariant (``tests/sessions/test_profile.py``): the volume of the profile is that of the bars.
"""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from project_x_py.exceptions import InvalidFieldError

__all__ = ["VolumeProfile", "volume_profile"]

_AREA = 0.7
"""The share of the volume that the value area holds."""


@dataclass(frozen=True, slots=True)
class VolumeProfile:
    """Volume by price level, levels ascending and equally wide."""

    prices: list[float]
    """The middle of each level, in points."""
    volumes: list[float]
    """What traded in each level."""
    poc: float | None
    """Point of control: the level with the most volume, the lowest of equals; None if empty."""
    value_area_high: float | None
    value_area_low: float | None
    """The levels around the point of control that hold 70 % of the volume end here."""

    @property
    def total(self) -> float:
        """The volume of all levels."""
        return sum(self.volumes)


def volume_profile(data: pl.DataFrame, levels: int = 50) -> VolumeProfile:
    """Return the volume profile of bars.

    Args:
        data: Bars with high, low and volume.
        levels: Into how many levels the range is split; one if there is no range.

    Raises:
        InvalidFieldError: ``levels`` is not positive.
    """
    if levels < 1:
        raise InvalidFieldError(f"levels must be at least 1, not {levels}")
    bars = data.select("high", "low", "volume").drop_nulls()
    low, high = bars.get_column("low").min(), bars.get_column("high").max()
    if not isinstance(low, int | float) or not isinstance(high, int | float):
        return VolumeProfile([], [], None, None, None)
    count = levels if high > low else 1
    width = (high - low) / count
    volumes = _spread(bars, float(low), width, count)
    prices = [low + width * (place + 0.5) for place in range(count)]
    if not any(volumes):
        return VolumeProfile(prices, volumes, None, None, None)
    top = max(range(count), key=lambda place: volumes[place])
    first, last = _area(volumes, top)
    return VolumeProfile(prices, volumes, prices[top], prices[last], prices[first])


def _spread(bars: pl.DataFrame, low: float, width: float, count: int) -> list[float]:
    """Return the volume of each level: what began at or below it, less what ended below it."""

    def level(name: str) -> pl.Expr:
        if not width:
            return pl.lit(0, pl.Int64)
        return ((pl.col(name) - low) / width).floor().clip(0, count - 1).cast(pl.Int64)

    edges = bars.select(level("low").alias("first"), level("high").alias("last"), "volume")
    shares = edges.select(
        "first",
        (pl.col("last") + 1).alias("after"),
        (pl.col("volume") / (pl.col("last") - pl.col("first") + 1)).alias("share"),
    )
    steps = pl.concat(
        [
            shares.select(pl.col("first").alias("level"), pl.col("share")),
            shares.select(pl.col("after").alias("level"), -pl.col("share")),
        ]
    )
    summed = steps.group_by("level").agg(pl.col("share").sum())
    every = pl.DataFrame({"level": range(count)}, schema={"level": pl.Int64})
    joined = every.join(summed, on="level", how="left", maintain_order="left")
    return [
        max(0.0, volume) for volume in joined.get_column("share").fill_null(0.0).cum_sum().to_list()
    ]


def _area(volumes: list[float], top: int) -> tuple[int, int]:
    """Return the first and last level around the top that hold the value area's share."""
    first = last = top
    held, wanted = volumes[top], _AREA * sum(volumes)
    while held < wanted and (first > 0 or last < len(volumes) - 1):
        below = volumes[first - 1] if first > 0 else -1.0
        above = volumes[last + 1] if last < len(volumes) - 1 else -1.0
        if above > below:
            last, held = last + 1, held + above
        else:
            first, held = first - 1, held + below
    return first, last
