"""Sessions as the client's callers name them, asked of :mod:`project_x_py.sessions`.

``RTH`` is the regular session of the product, ``ETH`` its whole trading day, ``CUSTOM`` the hours
of a configuration. A bar belongs to the session that its start lies in.

Invariants (``tests/client/test_sessions.py``): a product whose hours nobody knows is refused, not
given another's; a user's own hours count; nothing is asked of the gateway for a wrong name.
"""

from __future__ import annotations

from datetime import UTC, date
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from project_x_py._core.calendar import day_ordinal
from project_x_py._core.time import parse_ns, to_datetime
from project_x_py.exceptions import ProjectXDataError
from project_x_py.sessions._windows import product_sessions
from project_x_py.sessions.config import SessionType, session_type_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    import polars as pl

    from project_x_py.sessions._windows import ProductSessions, Window
    from project_x_py.sessions.config import SessionConfig

__all__ = [
    "checked_session",
    "holds",
    "in_session",
    "is_open",
    "market_hours",
    "next_open",
    "order_flow",
    "profile_of",
    "session_of",
]

NEW_YORK = ZoneInfo("America/New_York")
SEARCH_DAYS = 30


def session_of(
    session_type: SessionType | str | None, config: SessionConfig | None = None
) -> SessionType | None:
    """Return the kind of session that is meant; None when neither argument names one.

    Raises:
        InvalidFieldError: There is no such kind; the message names those that there are.
    """
    if session_type is not None:
        return session_type_of(session_type)
    return config.session_type if config is not None else None


def checked_session(
    symbol: str, session_type: SessionType | str | None, config: SessionConfig | None, now_ns: int
) -> SessionType | None:
    """Return the kind of session that is meant, once it is known to have hours.

    Raises:
        InvalidFieldError: As :func:`session_of`; or the product's hours are not known, ``CUSTOM``
            has none, or the calendar does not know the year.
    """
    kind = session_of(session_type, config)
    if kind is not None:
        product_sessions(symbol, config).contains(now_ns, kind)
    return kind


def in_session(
    bars: pl.DataFrame, symbol: str, kind: SessionType | None, config: SessionConfig | None
) -> pl.DataFrame:
    """Return the rows of a bar frame whose start lies in a session; all of them for None."""
    from project_x_py.sessions.filtering import filter_session

    return bars if kind is None else filter_session(bars, kind, symbol, config=config)


def is_open(symbol: str, session_type: SessionType | str | None, now_ns: int) -> bool:
    """Return whether a session of the product is on; the whole trading day for None.

    Raises:
        InvalidFieldError: As :func:`checked_session`.
    """
    kind = session_of(session_type) or SessionType.ETH
    return product_sessions(symbol).contains(now_ns, kind)


def holds(symbol: str, kind: SessionType | None, instant: str) -> bool:
    """Return whether a session holds an instant, given as ISO-8601 text; True for no session."""
    return kind is None or product_sessions(symbol).contains(parse_ns(instant), kind)


def next_open(symbol: str, session_type: SessionType | str | None, now_ns: int) -> datetime | None:
    """Return when the next session begins, in UTC; None when none does within a month.

    Raises:
        InvalidFieldError: As :func:`checked_session`.
    """
    kind = session_of(session_type) or SessionType.ETH
    sessions, today = product_sessions(symbol), day_ordinal(now_ns)
    for day in range(today, today + SEARCH_DAYS):
        for window in sessions.windows_on(date.fromordinal(day), kind):
            if window.start_ns > now_ns:
                return to_datetime(window.start_ns, UTC)
    return None


def market_hours(symbol: str, now_ns: int) -> dict[str, dict[str, str]]:
    """Return open and close of both sessions of the running or next trading day, New York time.

    Raises:
        InvalidFieldError: The product's hours are not known.
        ProjectXDataError: It has no regular session within a month.
    """
    sessions, today = product_sessions(symbol), day_ordinal(now_ns)
    for day in map(date.fromordinal, range(today, today + SEARCH_DAYS)):
        if sessions.windows_on(day, SessionType.RTH):
            return {kind.value: _hours(sessions, day, kind) for kind in _DAILY}
    raise ProjectXDataError(f"{symbol} has no regular session within {SEARCH_DAYS} days")


def profile_of(
    bars: pl.DataFrame, kind: SessionType | None, levels: int
) -> dict[str, list[float] | str]:
    """Return ``price_level`` (middles, ascending), ``volume`` and ``session_type``."""
    from project_x_py.sessions._profile import volume_profile

    profile = volume_profile(bars, levels)
    return {
        "price_level": profile.prices,
        "volume": profile.volumes,
        "session_type": kind.value if kind is not None else "ALL",
    }


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


_DAILY = (SessionType.RTH, SessionType.ETH)


def _hours(sessions: ProductSessions, day: date, kind: SessionType) -> dict[str, str]:
    windows: Sequence[Window] = sessions.windows_on(day, kind)
    return {
        "open": to_datetime(windows[0].start_ns, NEW_YORK).strftime("%H:%M"),
        "close": to_datetime(windows[-1].end_ns, NEW_YORK).strftime("%H:%M"),
        "timezone": NEW_YORK.key,
    }
