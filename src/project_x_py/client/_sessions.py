"""Bars and figures by trading session, from one-minute bars and the exchange calendar.

``RTH`` is the regular session of the product, ``ETH`` its whole trading day. A bar belongs to the
session that its start lies in; sessions end before their close, so a regular equity day has 390
minutes, not 391.

Invariants (``tests/client/test_sessions.py``): a profile's volume adds up to that of its bars; an
unknown session or timeframe is refused with what there is.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING, Protocol
from zoneinfo import ZoneInfo

from project_x_py._core.calendar import calendar_for, day_ordinal
from project_x_py._core.time import from_datetime, parse_ns, to_datetime
from project_x_py.exceptions import ProjectXDataError

if TYPE_CHECKING:
    import polars as pl

    from project_x_py._core.calendar import SessionCalendar

__all__ = [
    "SessionSettings",
    "holds",
    "in_session",
    "is_open",
    "market_hours",
    "next_open",
    "order_flow",
    "session_name",
    "statistics",
    "volume_profile",
]

NEW_YORK = ZoneInfo("America/New_York")
UTC = ZoneInfo("UTC")
SEARCH_DAYS = 30


class SessionSettings(Protocol):
    """What is read of a session configuration."""

    @property
    def session_type(self) -> str: ...


def session_name(session_type: str | None, settings: SessionSettings | None = None) -> str | None:
    """Return ``RTH`` or ``ETH``; None when neither argument names a session.

    Raises:
        ProjectXDataError: It is another one.
    """
    named = session_type if session_type is not None else settings and settings.session_type
    if named is None:
        return None
    # A member of a string enum shows its name, not its value, so it is compared.
    for name in ("RTH", "ETH"):
        if named == name or named == name.lower():
            return name
    raise ProjectXDataError(f"there is no session {named!r}; there are 'RTH' and 'ETH'")


def in_session(bars: pl.DataFrame, symbol: str, session: str | None) -> pl.DataFrame:
    """Return the rows of a bar frame whose start lies in a session; all of them for None."""
    import polars as pl

    if session is None or not bars.height:
        return bars
    calendar = calendar_for(symbol)
    spans = _spans(calendar, session, bars["timestamp"][0], bars["timestamp"][-1])
    stamps = bars["timestamp"].dt.epoch("ns")
    mask = pl.Series([False] * bars.height)
    for opens, closes in spans:
        mask = mask | ((stamps >= opens) & (stamps < closes))
    return bars.filter(mask)


def is_open(symbol: str, session: str | None, now_ns: int) -> bool:
    """Return whether a session of the product is on."""
    calendar = calendar_for(symbol)
    if session != "RTH":
        return calendar.is_open(now_ns)
    hours = calendar.regular_hours(date.fromordinal(day_ordinal(now_ns)))
    return hours is not None and hours[0] <= now_ns < hours[1]


def holds(symbol: str, session: str | None, instant: str) -> bool:
    """Return whether a session of the product holds an instant, given as ISO-8601 text."""
    return session is None or is_open(symbol, session, parse_ns(instant))


def next_open(symbol: str, session: str | None, now_ns: int) -> datetime | None:
    """Return when the next session begins, in UTC."""
    calendar = calendar_for(symbol)
    if session != "RTH":
        return to_datetime(calendar.next_open_ns(now_ns), UTC)
    today = day_ordinal(now_ns)
    for day in range(today, today + SEARCH_DAYS):
        hours = calendar.regular_hours(date.fromordinal(day))
        if hours is not None and hours[0] > now_ns:
            return to_datetime(hours[0], UTC)
    return None


def market_hours(symbol: str, now_ns: int) -> dict[str, dict[str, str]]:
    """Return open and close of both sessions of the running or next trading day, New York time."""
    calendar = calendar_for(symbol)
    today = day_ordinal(now_ns)
    for day in range(today, today + SEARCH_DAYS):
        sessions = calendar.sessions(date.fromordinal(day))
        regular = calendar.regular_hours(date.fromordinal(day))
        if regular is not None:
            return {
                "RTH": _hours(*regular),
                "ETH": _hours(sessions[0][0], sessions[-1][1]),
            }
    raise ProjectXDataError(f"{symbol} has no regular session within {SEARCH_DAYS} days")


def statistics(bars: pl.DataFrame) -> dict[str, float | int | None]:
    """Return ``session_high``, ``session_low``, ``session_volume``, ``session_vwap`` (of typical
    prices) and ``session_range``; None where there are no bars."""
    if not bars.height:
        names = ("session_high", "session_low", "session_vwap", "session_range")
        return {**dict.fromkeys(names), "session_volume": 0}
    high, low = float(bars["high"].to_numpy().max()), float(bars["low"].to_numpy().min())
    volume = int(bars["volume"].sum())
    typical = (bars["high"] + bars["low"] + bars["close"]) / 3
    turnover = float((typical * bars["volume"]).sum())
    return {
        "session_high": high,
        "session_low": low,
        "session_volume": volume,
        "session_vwap": turnover / volume if volume else None,
        "session_range": high - low,
    }


def volume_profile(
    bars: pl.DataFrame, session: str | None, levels: int
) -> dict[str, list[float] | str]:
    """Return ``price_level`` (middles, ascending), ``volume`` and ``session_type``.

    A bar's volume is spread evenly over the levels that it touches, so the sum stays what it is.

    Raises:
        ProjectXDataError: ``levels`` is not above zero.
    """
    if levels < 1:
        raise ProjectXDataError(f"price_levels must be above zero, not {levels!r}")
    name = session or "ALL"
    if not bars.height:
        return {"price_level": [], "volume": [], "session_type": name}
    import numpy as np

    highs, lows = bars["high"].to_numpy(), bars["low"].to_numpy()
    bottom, top = float(lows.min()), float(highs.max())
    width = (top - bottom) / levels or 1.0
    first = np.clip(((lows - bottom) / width).astype(int), 0, levels - 1)
    last = np.clip(((highs - bottom) / width).astype(int), 0, levels - 1)
    share = bars["volume"].to_numpy() / (last - first + 1)
    # Differences of a running sum: what begins at a level, and what has ended above it.
    steps = np.zeros(levels + 1)
    np.add.at(steps, first, share)
    np.add.at(steps, last + 1, -share)
    volume = np.maximum(np.cumsum(steps[:-1]), 0.0)
    middles = bottom + (np.arange(levels) + 0.5) * width
    return {"price_level": middles.tolist(), "volume": volume.tolist(), "session_type": name}


def order_flow(bars: pl.DataFrame) -> dict[str, float]:
    """Return ``buy_volume``, ``sell_volume``, ``net_delta`` and ``total_volume``.

    The gateway's bars do not tell who was aggressive: a bar that closes higher counts as bought,
    one that closes lower as sold, one that does neither as half of each.
    """
    import polars as pl

    move = bars["close"] - bars["open"]
    volume = bars["volume"].cast(pl.Float64)
    even = float(volume.filter(move == 0).sum()) / 2
    buy = float(volume.filter(move > 0).sum()) + even
    sell = float(volume.filter(move < 0).sum()) + even
    return {
        "buy_volume": buy,
        "sell_volume": sell,
        "net_delta": buy - sell,
        "total_volume": buy + sell,
    }


def _spans(
    calendar: SessionCalendar, session: str, first: datetime, last: datetime
) -> list[tuple[int, int]]:
    days = range(day_ordinal(from_datetime(first, UTC)), day_ordinal(from_datetime(last, UTC)) + 1)
    spans: list[tuple[int, int]] = []
    for day in map(date.fromordinal, days):
        regular = calendar.regular_hours(day)
        if session == "ETH":
            spans += calendar.sessions(day)
        elif regular is not None:
            spans.append(regular)
    return spans


def _hours(opens_ns: int, closes_ns: int) -> dict[str, str]:
    return {
        "open": to_datetime(opens_ns, NEW_YORK).strftime("%H:%M"),
        "close": to_datetime(closes_ns, NEW_YORK).strftime("%H:%M"),
        "timezone": "America/New_York",
    }
