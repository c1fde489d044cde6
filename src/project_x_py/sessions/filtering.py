"""Rows of a frame that are in a session.

Membership is decided per row by exact instants, so the zone of the column does not matter and
daylight saving holds for every row by itself. One binary search over all rows does it; there is no
loop over rows.

Invariants (``tests/sessions/test_filtering.py``): a regular day of index futures has 390 bars of a
minute; a filtered frame is the same rows in the same order; asking again changes nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import polars as pl

from project_x_py._core.time import DAY_NS
from project_x_py.exceptions import InvalidFieldError, ProjectXDataError
from project_x_py.sessions._windows import ProductSessions, product_sessions
from project_x_py.sessions.config import SessionConfig, SessionTimes, SessionType, session_type_of

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["SessionFilter", "SessionFilterMixin", "filter_session", "instants_of", "window_of_rows"]


class SessionFilter:
    """Session filters under one configuration.

    Args:
        config: The user's hours and default session; the exchange's and ``ETH`` when left out.
        lazy_eval_threshold: Accepted because it is documented. A filter is one search at any size.
        cache_max_size: Accepted because it is documented. What is kept is bounded by the days.
        cache_ttl: Accepted because it is documented. Sessions of a day never change.
    """

    def __init__(
        self,
        config: SessionConfig | None = None,
        lazy_eval_threshold: int | None = None,
        cache_max_size: int | None = None,
        cache_ttl: int | None = None,
    ) -> None:
        for name, value in (
            ("lazy_eval_threshold", lazy_eval_threshold),
            ("cache_max_size", cache_max_size),
            ("cache_ttl", cache_ttl),
        ):
            if value is not None and value < 0:
                raise InvalidFieldError(f"{name} must not be negative, not {value}")
        self.config = config if config is not None else SessionConfig()

    async def filter_by_session(
        self,
        data: pl.DataFrame,
        session_type: SessionType,
        product: str,
        custom_session_times: SessionTimes | None = None,
    ) -> pl.DataFrame:
        """Return the rows that are in a session, see :func:`filter_session`."""
        return filter_session(
            data, session_type, product, config=self.config, custom=custom_session_times
        )

    def is_in_session(
        self, timestamp: datetime | str, session_type: SessionType, product: str
    ) -> bool:
        """Return whether an instant is in a session.

        Args:
            timestamp: An aware datetime, or ISO-8601 text with an offset.
            session_type: The kind of session.
            product: Ticker, contract name, contract id or symbol id.

        Raises:
            ValueError: The product is unknown, the timestamp has no zone, ``CUSTOM`` has no
                hours, or the calendar does not know the year.
        """
        return self.config.sessions_of(product).is_open_at(timestamp, session_type)


class SessionFilterMixin(SessionFilter):
    """The documented name of :class:`SessionFilter`, by itself or as a base."""

    __slots__ = ()


def filter_session(
    data: pl.DataFrame,
    session_type: SessionType | str | None,
    product: str,
    *,
    config: SessionConfig | None = None,
    custom: SessionTimes | None = None,
) -> pl.DataFrame:
    """Return the rows of a frame that are in a session.

    Args:
        data: Any frame with ``timestamp``, an aware datetime: for bars, their start.
        session_type: The kind of session; None for that of ``config``.
        product: Ticker, contract name, contract id or symbol id.
        config: The user's hours; the exchange's when left out.
        custom: Hours of ``CUSTOM``, on the clock of ``config.market_timezone``; those of
            ``config.product_sessions`` when left out.

    Returns:
        The same columns, the rows in their order. Weekends, holidays and what comes after an early
        close are never in a session.

    Raises:
        InvalidFieldError: The product or the type is unknown, ``CUSTOM`` has no hours, or a row
            lies in a year that the calendar does not know. Also a ``ValueError``.
        ProjectXDataError: ``timestamp`` is missing, not a datetime, without a zone, or has nulls.
    """
    settings = config if config is not None else SessionConfig()
    kind = settings.session_type if session_type is None else session_type_of(session_type)
    sessions = product_sessions(product, settings)
    if kind is SessionType.CUSTOM and custom is not None:
        sessions = sessions.with_times(custom, settings.zone())
    inside, _ = window_of_rows(instants_of(data), sessions, kind)
    return data.filter(inside)


def instants_of(data: pl.DataFrame) -> pl.Series:
    """Return the instants of a frame's rows, Int64, microseconds since 1970 UTC.

    Raises:
        ProjectXDataError: ``timestamp`` is missing, not a datetime, without a zone, or has nulls.
    """
    if "timestamp" not in data.columns:
        names = ", ".join(data.columns) or "none"
        raise ProjectXDataError(f"the frame has no column 'timestamp'; its columns are {names}")
    column = data.get_column("timestamp")
    kind = column.dtype
    if not isinstance(kind, pl.Datetime):
        raise ProjectXDataError(f"the column 'timestamp' must be an aware datetime, not {kind}")
    if kind.time_zone is None:
        raise ProjectXDataError(
            "the column 'timestamp' has no time zone, so its rows could be several instants; say "
            "which it is on: pl.col('timestamp').dt.replace_time_zone('America/Chicago')"
        )
    if column.null_count():
        raise ProjectXDataError(f"the column 'timestamp' has {column.null_count()} nulls")
    return column.dt.timestamp("us").rename("instant")


def window_of_rows(
    instants: pl.Series, sessions: ProductSessions, kind: SessionType
) -> tuple[pl.Series, pl.DataFrame]:
    """Find the window that each row is in.

    Args:
        instants: Int64, microseconds since 1970 UTC, in any order.
        sessions: Whose windows.
        kind: The kind of session.

    Returns:
        Boolean: the row is in a window. And a frame of the same rows with ``start`` and ``end``
        (microseconds) and ``trade_date`` of the newest window that began at or before the row;
        null where there is none.

    Raises:
        InvalidFieldError: As for ``ProductSessions.contains``.
    """
    bounds = instants.min(), instants.max()
    if not isinstance(bounds[0], int) or not isinstance(bounds[1], int):
        windows = []
        # An empty frame is refused for what is wrong with the question all the same.
        sessions.windows(kind, _SOME_NS, _SOME_NS)
    else:
        windows = sessions.windows(kind, bounds[0] * 1000, bounds[1] * 1000)
    table = pl.DataFrame(
        {
            "start": [window.start_ns // 1000 for window in windows],
            "end": [window.end_ns // 1000 for window in windows],
            "trade_date": [window.trade_date for window in windows],
        },
        schema={"start": pl.Int64, "end": pl.Int64, "trade_date": pl.Date},
    )
    position = table.get_column("start").search_sorted(instants, side="right").cast(pl.Int64) - 1
    found = pl.select(pl.when(position >= 0).then(position)).to_series()
    rows = table.select(pl.all().gather(found))
    inside = (instants < rows.get_column("end")).fill_null(False)
    return inside, rows


_SOME_NS = 20_000 * DAY_NS
"""An instant in a year that the calendar knows."""
