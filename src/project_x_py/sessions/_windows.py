"""The sessions of one product under one configuration, as spans of time.

A window is a half-open span in which one kind of session is on, with the trade date it belongs to.
It is what is left of a clock window inside the exchange's own sessions of a trade date, so
weekends, holidays, early closes and daylight saving hold for every kind, each day by itself.

Invariants (``tests/sessions/test_windows.py``):

- windows ascend, do not overlap and lie inside the exchange's sessions;
- an instant is in a session exactly if it is in one of that kind's windows;
- a year that the calendar does not know is refused, never guessed at.
"""

from __future__ import annotations

import difflib
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from project_x_py._core._holidays import KNOWN_YEARS
from project_x_py._core._hours import UNLISTED
from project_x_py._core.calendar import GROUPS, day_ordinal, day_start_of, find_calendar, trade_date
from project_x_py._core.products import PRODUCTS
from project_x_py._core.time import from_datetime, parse_ns, to_datetime
from project_x_py.exceptions import InvalidFieldError
from project_x_py.sessions.config import SessionConfig, SessionTimes, SessionType, session_type_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from project_x_py._core.calendar import SessionCalendar

__all__ = [
    "ProductSessions",
    "Window",
    "instant_ns",
    "product_sessions",
    "resolve_session_product",
    "resolve_ticker",
]

_ZONED = ("Z", "z", "+", "-")


class Window(NamedTuple):
    """One stretch of a session."""

    start_ns: int
    end_ns: int
    """The first instant that is no longer in it."""
    trade_date: date


class ProductSessions:
    """When each kind of session of one product is on.

    Args:
        ticker: The product.
        calendar: The exchange's sessions; None for a product that only the user knows.
        own: The user's hours; None for the exchange's.
        zone: The zone that ``own`` is on the clock of.

    Attributes:
        ticker: The product.
        own: The user's hours, or None.
    """

    __slots__ = ("_calendar", "_kept", "_zone", "own", "ticker")

    def __init__(
        self,
        ticker: str,
        calendar: SessionCalendar | None,
        own: SessionTimes | None,
        zone: tzinfo,
    ) -> None:
        self.ticker = ticker
        self.own = own
        self._calendar = calendar
        self._zone = zone
        self._kept: dict[tuple[SessionType, int], tuple[Window, ...]] = {}

    def __repr__(self) -> str:
        return f"ProductSessions({self.ticker!r}, own={self.own!r})"

    def with_times(self, own: SessionTimes, zone: tzinfo) -> ProductSessions:
        """Return the sessions of the same product with other hours."""
        return ProductSessions(self.ticker, self._calendar, own, zone)

    def contains(self, ns: int, session_type: SessionType) -> bool:
        """Return whether an instant is in a session; the instant of its end is not.

        Args:
            ns: Nanoseconds since 1970 UTC.
            session_type: The kind of session.

        Raises:
            InvalidFieldError: The calendar does not know the year, or ``CUSTOM`` has no hours.
        """
        windows = self._windows(day_ordinal(ns), session_type)
        return any(window.start_ns <= ns < window.end_ns for window in windows)

    def is_open_at(self, moment: datetime | str, session_type: SessionType | str) -> bool:
        """Return whether an aware datetime, or its ISO-8601 text, is in a session.

        Raises:
            InvalidFieldError: As for :meth:`contains`; or the moment has no time zone.
        """
        return self.contains(instant_ns(moment), session_type_of(session_type))

    def windows(self, session_type: SessionType, first_ns: int, last_ns: int) -> list[Window]:
        """Return the windows of the trading days from one instant's to another's, ascending.

        Raises:
            InvalidFieldError: As for :meth:`contains`.
        """
        days = range(day_ordinal(first_ns), day_ordinal(last_ns) + 1)
        return [window for day in days for window in self._windows(day, session_type)]

    def windows_on(self, day: date, session_type: SessionType) -> tuple[Window, ...]:
        """Return the windows of one trade date; none on a weekend or a holiday.

        Raises:
            InvalidFieldError: As for :meth:`contains`.
        """
        return self._windows(day.toordinal(), session_type)

    def _windows(self, day: int, kind: SessionType) -> tuple[Window, ...]:
        found = self._kept.get((kind, day))
        if found is None:
            found = self._kept[kind, day] = tuple(
                Window(opens, closes, date.fromordinal(day))
                for opens, closes in self._spans(day, kind)
            )
        return found

    def _spans(self, day: int, kind: SessionType) -> Iterator[tuple[int, int]]:
        if kind is SessionType.CUSTOM and self.own is None:
            raise InvalidFieldError(
                f"CUSTOM needs hours for {self.ticker}: give custom_session_times, or "
                f"SessionConfig(product_sessions={{{self.ticker!r}: SessionTimes(...)}})"
            )
        market = self._market(day)
        regular = kind is not SessionType.ETH
        if kind is SessionType.RTH and self._calendar is not None:
            hours = self._calendar.regular_hours(date.fromordinal(day))
            if hours is None:
                return
            if self.own is None:
                market, regular = _cut(market, *hours), False
        clock = self._clock(regular)
        if clock is None:
            yield from market
            return
        for back in (-2, -1, 0, 1):
            start, end = self._clock_span(day + back, *clock)
            yield from _cut(market, start, end)

    def _clock(self, regular: bool) -> tuple[time, time] | None:
        own = self.own
        if own is None:
            return None
        if not regular and own.eth_start is not None and own.eth_end is not None:
            return own.eth_start, own.eth_end
        if regular or self._calendar is None:
            return own.rth_start, own.rth_end
        return None

    def _clock_span(self, day: int, start: time, end: time) -> tuple[int, int]:
        opens = date.fromordinal(day)
        closes = opens if end > start else opens + timedelta(1)
        return (
            from_datetime(datetime.combine(opens, start, self._zone), UTC),
            from_datetime(datetime.combine(closes, end, self._zone), UTC),
        )

    def _market(self, day: int) -> tuple[tuple[int, int], ...]:
        """Return when the market trades for a trade date."""
        at = date.fromordinal(day)
        if self._calendar is None:
            return ((day_start_of(day), day_start_of(day + 1)),) if at.weekday() < 5 else ()
        # The weekend before a trade date that is not known is Monday's.
        if trade_date(day_start_of(day)).year not in KNOWN_YEARS:
            raise InvalidFieldError(
                f"the exchange calendar is checked for {KNOWN_YEARS[0]} to {KNOWN_YEARS[-1]}; "
                f"{at} is outside, and its holidays would be a guess"
            )
        return self._calendar.sessions(at)


def _cut(spans: tuple[tuple[int, int], ...], start: int, end: int) -> tuple[tuple[int, int], ...]:
    """Return what of the spans lies between two instants."""
    cut = ((max(opens, start), min(closes, end)) for opens, closes in spans)
    return tuple(span for span in cut if span[0] < span[1])


def product_sessions(product: str, config: SessionConfig | None = None) -> ProductSessions:
    """Return the sessions of a product, kept between calls.

    Args:
        product: Ticker, code, contract name, contract id or symbol id, in any case.
        config: The user's hours; None for the exchange's.

    Raises:
        InvalidFieldError: The product is unknown; the message names close matches.
    """
    ticker = resolve_ticker(product)
    if config is None or not config.product_sessions:
        return _resolved(product, ticker, None, UTC)
    for name in (product, product.strip().upper(), ticker):
        own = None if name is None else config.product_sessions.get(name)
        if own is not None:
            return _resolved(product, ticker, own, config.zone())
    for name, own in config.product_sessions.items() if ticker is not None else ():
        if resolve_ticker(name) == ticker:
            return _resolved(product, ticker, own, config.zone())
    return _resolved(product, ticker, None, UTC)


def resolve_ticker(product: str) -> str | None:
    """Return the ticker that a name of a product or of a contract speaks of, or None."""
    calendar = None if product in GROUPS else find_calendar(product)
    return None if calendar is None else calendar.ticker


def resolve_session_product(symbol: str) -> str:
    """Return the ticker whose sessions a symbol has: ``MNQ`` of ``CON.F.US.MNQ.U26``.

    Args:
        symbol: Ticker, code, contract name, contract id or symbol id, in any case.

    Raises:
        InvalidFieldError: It is unknown; the message names close matches.
    """
    ticker = resolve_ticker(symbol)
    if ticker is None:
        raise InvalidFieldError(_unknown(symbol))
    return ticker


@lru_cache(maxsize=256)
def _resolved(
    product: str, ticker: str | None, own: SessionTimes | None, zone: tzinfo
) -> ProductSessions:
    if ticker is not None:
        return ProductSessions(ticker, find_calendar(ticker), own, zone)
    if own is None:
        raise InvalidFieldError(_unknown(product))
    return ProductSessions(product, None, own, zone)


def _unknown(product: str) -> str:
    tickers = [*(row.ticker for row in PRODUCTS), *UNLISTED]
    close = difflib.get_close_matches(product.upper(), tickers, n=3)
    hint = f"did you mean {' or '.join(close)}? " if close else ""
    return (
        f"no sessions are known for {product!r}; {hint}"
        "SessionConfig(product_sessions={...}) takes hours of your own"
    )


def instant_ns(moment: datetime | str) -> int:
    """Return the nanoseconds since 1970 UTC of an aware datetime or its ISO-8601 text.

    Raises:
        InvalidFieldError: It has no time zone, so it could be several instants.
        ProjectXDataError: The text is no instant.
    """
    if isinstance(moment, str):
        ns, text = parse_ns(moment), moment.strip()
        if len(text) > 10 and any(mark in text[10:] for mark in _ZONED):
            return ns
        moment = to_datetime(ns, UTC).replace(tzinfo=None)
    if moment.tzinfo is None:
        raise InvalidFieldError(
            f"{moment} has no time zone; give it one, for example "
            "replace(tzinfo=ZoneInfo('America/Chicago'))"
        )
    return from_datetime(moment, UTC)
