"""Figures of the sessions in a frame of bars: totals, comparisons, gaps, profiles.

Sessions are told apart by trade date. ``rth`` is the regular session, ``eth`` the whole electronic
one with the regular hours in it, ``overnight`` the electronic one without them. A price that there
is no bar for is None; a ratio without a divisor is None.

Invariants (``tests/sessions/test_statistics.py``): volume of ``rth`` and ``overnight`` is that of
``eth``; figures are those of a plain loop over the bars.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import polars as pl

from project_x_py.sessions._profile import volume_profile
from project_x_py.sessions._rows import PRICES, checked, session_dates, session_table, vwap
from project_x_py.sessions.config import SessionConfig, SessionType
from project_x_py.sessions.filtering import filter_session

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SessionAnalytics", "SessionStatistics", "session_summary", "session_totals"]

_BARS = (*PRICES, "volume")
_KINDS = ("rth", "eth", "overnight")


def session_summary(
    data: pl.DataFrame,
    product: str,
    session_type: SessionType | str | None = None,
    config: SessionConfig | None = None,
) -> dict[str, Any]:
    """Return the totals of a frame's bars in one kind of session.

    Args:
        data: Bars in time order.
        product: Ticker, contract name, contract id or symbol id.
        session_type: The kind of session; None for that of ``config``.
        config: The user's hours; the exchange's when left out.

    Returns:
        session_high, session_low, session_range, session_vwap (of typical prices; None without
        volume), session_volume.

    Raises:
        ProjectXDataError: A column is missing or unreadable, or rows are out of order.
        ValueError: As for ``filter_session``.
    """
    checked(data, _BARS)
    return _totals(filter_session(data, session_type, product, config=config), "session_")


def session_totals(
    data: pl.DataFrame, product: str, config: SessionConfig | None = None
) -> dict[str, Any]:
    """Return the totals of a frame's bars, per kind of session.

    Args:
        data: Bars in time order.
        product: Ticker, contract name, contract id or symbol id.
        config: The user's hours; the exchange's when left out.

    Returns:
        rth_volume, rth_vwap, rth_range, rth_high, rth_low and rth_bars, and the same with eth_ and
        overnight_.

    Raises:
        ProjectXDataError: A column is missing or unreadable, or rows are out of order.
        ValueError: As for ``filter_session``.
    """
    parts = _parts(data, product, config if config is not None else SessionConfig())
    found: dict[str, Any] = {}
    for kind, dates in parts.items():
        inside = data.filter(dates.is_not_null())
        found.update(_totals(inside, f"{kind}_"))
        found[f"{kind}_bars"] = inside.height
    return found


class SessionStatistics:
    """Totals per kind of session.

    Args:
        config: The user's hours; the exchange's when left out.
    """

    def __init__(self, config: SessionConfig | None = None) -> None:
        self.config = config if config is not None else SessionConfig()

    async def calculate_session_stats(self, data: pl.DataFrame, product: str) -> dict[str, Any]:
        """Return the totals of a frame's bars, per kind of session.

        Args:
            data: Bars in time order.
            product: Ticker, contract name, contract id or symbol id.

        Returns:
            See :func:`session_totals`.

        Raises:
            ProjectXDataError: A column is missing or unreadable, or rows are out of order.
            ValueError: As for ``filter_session``.
        """
        return session_totals(data, product, self.config)


class SessionAnalytics:
    """Comparisons of sessions.

    Args:
        config: The user's hours; the exchange's when left out.
    """

    def __init__(self, config: SessionConfig | None = None) -> None:
        self.config = config if config is not None else SessionConfig()

    async def compare_sessions(self, data: pl.DataFrame, product: str) -> dict[str, Any]:
        """Return regular and overnight sessions side by side.

        Args:
            data: Bars in time order.
            product: Ticker, contract name, contract id or symbol id.

        Returns:
            rth, eth, overnight: each {sessions, volume, average_volume, average_range,
            average_move}, a move being close minus open; rth_vs_eth_volume_ratio,
            rth_vs_eth_range_ratio and rth_vs_overnight_volume_ratio.

        Raises:
            ProjectXDataError, ValueError: As for ``SessionStatistics.calculate_session_stats``.
        """
        tables = self._tables(data, product)
        found: dict[str, Any] = {kind: _side(table) for kind, table in tables.items()}
        rth, eth, overnight = (found[kind] for kind in _KINDS)
        found["rth_vs_eth_volume_ratio"] = _ratio(rth["volume"], eth["volume"])
        found["rth_vs_eth_range_ratio"] = _ratio(rth["average_range"], eth["average_range"])
        found["rth_vs_overnight_volume_ratio"] = _ratio(rth["volume"], overnight["volume"])
        return found

    async def get_session_volume_profile(
        self, data: pl.DataFrame, _product: str, price_levels: int = 50
    ) -> dict[str, Any]:
        """Return the volume profile of the configuration's session.

        Args:
            data: Bars in time order.
            _product: Ticker, contract name, contract id or symbol id.
            price_levels: Into how many levels the range is split.

        Returns:
            price_level and volume, lists of the same length, ascending; poc, value_area_high,
            value_area_low, total_volume, session_type.

        Raises:
            ProjectXDataError, ValueError: As for ``SessionStatistics.calculate_session_stats``.
        """
        checked(data, _BARS)
        kept = filter_session(data, None, _product, config=self.config)
        profile = volume_profile(kept, price_levels)
        return {
            "price_level": profile.prices,
            "volume": profile.volumes,
            "poc": profile.poc,
            "value_area_high": profile.value_area_high,
            "value_area_low": profile.value_area_low,
            "total_volume": profile.total,
            "session_type": self.config.session_type.value,
        }

    async def analyze_session_volatility(self, data: pl.DataFrame, product: str) -> dict[str, Any]:
        """Return how much prices moved, per kind of session.

        Args:
            data: Bars in time order.
            product: Ticker, contract name, contract id or symbol id.

        Returns:
            rth_volatility, eth_volatility and overnight_volatility: the average over the trade
            dates of the realised volatility, the square root of the summed squares of the bars'
            log returns, in percent; rth_average_range and so on, in points; and volatility_ratio,
            regular to overnight.

        Raises:
            ProjectXDataError, ValueError: As for ``SessionStatistics.calculate_session_stats``.
        """
        found: dict[str, Any] = {}
        for kind, table in self._tables(data, product).items():
            found[f"{kind}_volatility"] = _mean(table, pl.col("volatility"))
            found[f"{kind}_average_range"] = _mean(table, pl.col("high") - pl.col("low"))
        found["volatility_ratio"] = _ratio(found["rth_volatility"], found["overnight_volatility"])
        return found

    async def analyze_session_gaps(self, _data: pl.DataFrame, _product: str) -> dict[str, Any]:
        """Return the gaps between a regular session's close and the next one's open.

        Args:
            _data: Bars in time order.
            _product: Ticker, contract name, contract id or symbol id.

        Returns:
            gaps: a list, oldest first, of {trade_date, previous_close, open, gap, gap_percent,
            filled}, filled meaning that the session traded at the previous close; count, up, down;
            average_gap and average_gap_percent of their sizes; largest_gap, signed; fill_rate,
            0.0 to 1.0 of the gaps that are not 0.

        Raises:
            ProjectXDataError, ValueError: As for ``SessionStatistics.calculate_session_stats``.
        """
        table = self._tables(_data, _product)["rth"]
        before = pl.col("close").shift(1)
        gaps = (
            table.with_columns(before.alias("previous_close"))
            .filter(pl.col("previous_close").is_not_null())
            .with_columns((pl.col("open") - pl.col("previous_close")).alias("gap"))
            .select(
                "trade_date",
                "previous_close",
                "open",
                "gap",
                (pl.col("gap") / pl.col("previous_close").abs() * 100).alias("gap_percent"),
                pl.col("previous_close").is_between("low", "high").alias("filled"),
            )
        )
        gap = gaps.get_column("gap")
        real = gaps.filter(pl.col("gap") != 0)
        return {
            "gaps": gaps.to_dicts(),
            "count": gaps.height,
            "up": (gap > 0).sum(),
            "down": (gap < 0).sum(),
            "average_gap": gap.abs().mean(),
            "average_gap_percent": gaps.get_column("gap_percent").abs().mean(),
            "largest_gap": max(gap.to_list(), key=abs, default=None),
            "fill_rate": real.get_column("filled").mean(),
        }

    async def calculate_efficiency_metrics(
        self, _data: pl.DataFrame, _product: str
    ) -> dict[str, Any]:
        """Return how directly prices moved, per kind of session.

        Args:
            _data: Bars in time order.
            _product: Ticker, contract name, contract id or symbol id.

        Returns:
            rth_efficiency, eth_efficiency and overnight_efficiency: the average over the trade
            dates of the net move over the path of the closes, 0.0 to 1.0; and
            rth_volume_per_point and so on, contracts per point of range.

        Raises:
            ProjectXDataError, ValueError: As for ``SessionStatistics.calculate_session_stats``.
        """
        net = (pl.col("close") - pl.col("open")).abs()
        spread = pl.col("high") - pl.col("low")
        found: dict[str, Any] = {}
        for kind, table in self._tables(_data, _product).items():
            moved = table.filter(pl.col("path") > 0)
            found[f"{kind}_efficiency"] = _mean(moved, net / pl.col("path"))
            volume, points = (table.select(of.sum()).item() for of in (pl.col("volume"), spread))
            found[f"{kind}_volume_per_point"] = _ratio(volume, points)
        return found

    def _tables(self, data: pl.DataFrame, product: str) -> dict[str, pl.DataFrame]:
        parts = _parts(data, product, self.config)
        return {kind: session_table(data, dates) for kind, dates in parts.items()}


def _parts(data: pl.DataFrame, product: str, config: SessionConfig) -> dict[str, pl.Series]:
    """Return the trade date that each row counts for in each kind of session, null for none."""
    instants = checked(data, _BARS)
    eth = session_dates(instants, SessionType.ETH, product, config)
    rth = session_dates(instants, SessionType.RTH, product, config)
    overnight = pl.select(pl.when(rth.is_null()).then(eth).alias("trade_date")).to_series()
    return dict(zip(_KINDS, (rth, eth, overnight), strict=True))


def _totals(data: pl.DataFrame, prefix: str) -> dict[str, Any]:
    totals = data.select(
        pl.col("high").max().alias("high"),
        pl.col("low").min().alias("low"),
        (pl.col("high").max() - pl.col("low").min()).alias("range"),
        vwap().alias("vwap"),
        pl.col("volume").sum().alias("volume"),
    )
    return {f"{prefix}{name}": value for name, value in totals.row(0, named=True).items()}


def _side(table: pl.DataFrame) -> Mapping[str, Any]:
    return {
        "sessions": table.height,
        "volume": table.get_column("volume").sum(),
        "average_volume": _mean(table, pl.col("volume")),
        "average_range": _mean(table, pl.col("high") - pl.col("low")),
        "average_move": _mean(table, pl.col("close") - pl.col("open")),
    }


def _mean(table: pl.DataFrame, of: pl.Expr) -> float | None:
    value: float | None = table.select(of.mean()).item()
    return value


def _ratio(part: float | None, whole: float | None) -> float | None:
    return part / whole if part is not None and whole else None
