"""Which hours of a product count: its sessions as documented, and a user's own.

Times are wall clocks. The documented table is on the clock of New York, and is made here from the
exchange calendar, so that the two cannot disagree. What a user gives in ``product_sessions`` is on
the clock of ``market_timezone``.

Invariants (``tests/sessions/test_config.py``): what cannot be right is refused when the
configuration is made; a product that nothing is known of is refused with close matches.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, tzinfo
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from project_x_py._core._hours import UNLISTED, regular_minutes, session_minutes
from project_x_py._core.products import PRODUCTS
from project_x_py.exceptions import InvalidFieldError

if TYPE_CHECKING:
    from project_x_py.sessions._windows import ProductSessions

__all__ = [
    "DEFAULT_SESSIONS",
    "SessionConfig",
    "SessionTimes",
    "SessionType",
    "session_type_of",
]


_TABLE_DAY = date(2026, 8, 19)
"""A usual Wednesday of the weekly hours that hold at present."""
_EASTERN_MINUTES = 60
"""New York is an hour ahead of Chicago while futures trade, for both change over at weekends."""


class SessionType(enum.StrEnum):
    """Which part of a trading day counts. Equal to its text, and hashable."""

    ETH = "ETH"
    """The electronic session: all hours in which the market trades, regular ones included."""
    RTH = "RTH"
    """The regular session, half-open: the bar that begins at its close is not in it."""
    CUSTOM = "CUSTOM"
    """The hours from ``rth_start`` to ``rth_end`` of a ``SessionTimes`` of the user's."""

    @classmethod
    def _missing_(cls, value: object) -> SessionType | None:
        text = value.strip().upper() if isinstance(value, str) else value
        return next((member for member in cls if member.value == text), None)


def session_type_of(value: SessionType | str) -> SessionType:
    """Return the session type that ``value`` is or names, in any case.

    Raises:
        InvalidFieldError: It is none.
    """
    try:
        return SessionType(value)
    except ValueError as exc:
        known = ", ".join(SessionType)
        raise InvalidFieldError(f"unknown session type {value!r}; there are {known}") from exc


@dataclass(frozen=True, slots=True)
class SessionTimes:
    """The hours of a product, on the clock of the configuration that holds them.

    A window whose end is not later than its start goes over midnight.

    Args:
        rth_start: Start of the regular session.
        rth_end: End of the regular session; not part of it.
        eth_start: Start of the electronic session. Without one the exchange's own hours hold.
        eth_end: End of the electronic session.

    Raises:
        ValueError: A time is no naive ``datetime.time``, a window is empty, or one of the two
            electronic times is missing.
    """

    rth_start: time
    rth_end: time
    eth_start: time | None = None
    eth_end: time | None = None

    def __post_init__(self) -> None:
        if (self.eth_start is None) != (self.eth_end is None):
            raise InvalidFieldError("eth_start and eth_end must both be given, or neither")
        for name in ("rth_start", "rth_end", "eth_start", "eth_end"):
            _check_time(name, getattr(self, name))
        if self.rth_start == self.rth_end or (self.eth_start and self.eth_start == self.eth_end):
            raise InvalidFieldError(f"a session may not start and end at the same time: {self}")

    def is_rth_within_eth(self) -> bool:
        """Return whether the regular session lies in the electronic one; True without one."""
        if self.eth_start is None or self.eth_end is None:
            return True
        opens = _seconds(self.eth_start)
        length = (_seconds(self.eth_end) - opens) % _DAY_S
        start = (_seconds(self.rth_start) - opens) % _DAY_S
        return start + (_seconds(self.rth_end) - _seconds(self.rth_start)) % _DAY_S <= length


@dataclass
class SessionConfig:
    """The session that a feed or a read is limited to.

    Args:
        session_type: Which session counts where none is named; a text such as ``"RTH"`` is fine.
        market_timezone: IANA zone of the clock that ``product_sessions`` are on.
        use_exchange_timezone: False reads ``product_sessions`` as UTC instead, all year round.
        product_sessions: A user's own hours by ticker, or by another name of the product. They take
            the place of the regular, and if they have one, the electronic session; the exchange's
            holidays and early closes hold all the same. A ticker that the calendar does not have
            may be given too; it has no holidays then.

    Raises:
        ValueError: The type or the zone is unknown, or the hours are no ``SessionTimes``.
    """

    session_type: SessionType = field(default_factory=lambda: SessionType.ETH)
    market_timezone: str = "America/New_York"
    use_exchange_timezone: bool = True
    product_sessions: dict[str, SessionTimes] | None = None

    def __post_init__(self) -> None:
        self.session_type = session_type_of(self.session_type)
        self.zone()
        for product, times in (self.product_sessions or {}).items():
            if not isinstance(times, SessionTimes):
                raise InvalidFieldError(
                    f"product_sessions[{product!r}] must be SessionTimes, not {times!r}"
                )

    def zone(self) -> tzinfo:
        """Return the zone that ``product_sessions`` are on the clock of.

        Raises:
            InvalidFieldError: ``market_timezone`` is no IANA zone.
        """
        try:
            zone = ZoneInfo(self.market_timezone)
        except (ZoneInfoNotFoundError, ValueError, TypeError, OSError) as exc:
            raise InvalidFieldError(
                "market_timezone must be an IANA zone such as America/New_York, "
                f"not {self.market_timezone!r}"
            ) from exc
        return zone if self.use_exchange_timezone else UTC

    def sessions_of(self, product: str) -> ProductSessions:
        """Return the sessions of a product under this configuration, to be asked many times.

        Ask once, before a feed starts: an unknown product is told here and nowhere later.

        Args:
            product: Ticker, contract name, contract id or symbol id.

        Raises:
            InvalidFieldError: Neither the calendar nor ``product_sessions`` has it; also a
                ``ValueError``.
        """
        from project_x_py.sessions._windows import product_sessions

        return product_sessions(product, self)

    def get_session_times(self, product: str) -> SessionTimes:
        """Return the hours of a product: the user's own, else the documented ones (New York).

        Raises:
            ValueError: The product is unknown; the message names close matches.
        """
        sessions = self.sessions_of(product)
        return sessions.own or DEFAULT_SESSIONS[sessions.ticker]

    def is_market_open(self, timestamp: datetime, product: str) -> bool:
        """Return whether the session of this configuration is on at an instant.

        Args:
            timestamp: An aware datetime.
            product: Ticker, contract name, contract id or symbol id.

        Raises:
            ValueError: The product is unknown, the datetime naive, or its year not in the calendar.
        """
        return self.sessions_of(product).is_open_at(timestamp, self.session_type)

    def get_current_session(self, timestamp: datetime, product: str) -> str:
        """Return ``"RTH"``, ``"ETH"`` outside regular hours, or ``"BREAK"`` while nothing trades.

        Args:
            timestamp: An aware datetime.
            product: Ticker, contract name, contract id or symbol id.

        Raises:
            ValueError: As for :meth:`is_market_open`.
        """
        sessions = self.sessions_of(product)
        for kind in (SessionType.RTH, SessionType.ETH):
            if sessions.is_open_at(timestamp, kind):
                return kind.value
        return "BREAK"


_DAY_S = 24 * 3600


def _seconds(at: time) -> int:
    return at.hour * 3600 + at.minute * 60 + at.second


def _check_time(name: str, value: object) -> None:
    if value is None and name.startswith("eth"):
        return
    if not isinstance(value, time) or value.tzinfo is not None or value.microsecond:
        raise InvalidFieldError(f"{name} must be a naive time of whole seconds, not {value!r}")


def _documented(ticker: str, group: str) -> SessionTimes:
    opens, closes = regular_minutes(ticker, group)
    spans = session_minutes(group, _TABLE_DAY, ticker)
    regular = _clock(opens), _clock(closes)
    if spans == ((opens, closes),):
        return SessionTimes(*regular)
    return SessionTimes(*regular, _clock(spans[0][0]), _clock(spans[-1][1]))


def _clock(minute: int) -> time:
    """Return the New York clock of a Chicago minute."""
    hours, minutes = divmod((minute + _EASTERN_MINUTES) % (24 * 60), 60)
    return time(hours, minutes)


DEFAULT_SESSIONS: dict[str, SessionTimes] = {
    ticker: _documented(ticker, group)
    for ticker, group in {**{row.ticker: row.group for row in PRODUCTS}, **UNLISTED}.items()
}
"""The present hours of each product on the clock of New York, by ticker."""
