"""Timeframes, contract ids and trading hours.

Invariant (``tests/utils/test_market.py``): what is not understood is refused with close matches,
never answered with a number.
"""

from __future__ import annotations

import difflib
import re
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from project_x_py._core.calendar import calendar_for
from project_x_py._core.time import to_datetime
from project_x_py._core.timeframes import TIMEFRAMES
from project_x_py._runtime.endpoints import clock_for
from project_x_py.config import load_default_config
from project_x_py.exceptions import InvalidFieldError

__all__ = [
    "convert_timeframe_to_seconds",
    "extract_symbol_from_contract_id",
    "get_market_session_info",
    "is_market_hours",
    "validate_contract_id",
]

_DAY_S = 86_400
_SECONDS = {
    **dict.fromkeys(("s", "sec", "secs", "second", "seconds"), 1),
    **dict.fromkeys(("m", "min", "mins", "minute", "minutes"), 60),
    **dict.fromkeys(("h", "hr", "hrs", "hour", "hours"), 3600),
    **dict.fromkeys(("d", "day", "days"), _DAY_S),
    **dict.fromkeys(("w", "wk", "week", "weeks"), 7 * _DAY_S),
    **dict.fromkeys(("mo", "month", "months"), 30 * _DAY_S),
}
_TIMEFRAME = re.compile(r"([1-9]\d*) ?([A-Za-z]+)")
_TICKER = r"(?=[A-Z0-9]*[A-Z])[A-Z0-9]{2,4}"
_MONTH_YEAR = r"[FGHJKMNQUVXZ]\d{1,2}"
_CONTRACT_ID = re.compile(rf"CON\.F\.[A-Z]{{2}}\.([A-Z0-9]{{1,5}})\.{_MONTH_YEAR}")
_NAME = re.compile(rf"({_TICKER}){_MONTH_YEAR}")
_BARE = re.compile(f"({_TICKER})")


def convert_timeframe_to_seconds(timeframe: str) -> int:
    """Return the length of a timeframe in seconds.

    Args:
        timeframe: A number and a unit: sec, min, hr, day, week, month, or a usual form of them,
            such as ``5min``, ``4h`` or ``2 weeks``.

    Returns:
        Seconds. A day has 24 hours, a month counts as 30 days; bars themselves follow the
        trading day and the calendar month.

    Raises:
        InvalidFieldError: It is not a timeframe; the message names close matches. ``1M`` is
            refused because it can be a minute or a month. Also a ``ValueError``.
    """
    text = str(timeframe).strip()
    match = _TIMEFRAME.fullmatch(text)
    if match and match[2] != "M" and (unit := _SECONDS.get(match[2].lower())):
        return int(match[1]) * unit
    if match and match[2] == "M":
        close = [f"{match[1]}min", f"{match[1]}month"]
    else:
        close = difflib.get_close_matches(text.lower(), TIMEFRAMES, 3)
    hint = f"did you mean {' or '.join(close)}?" if close else f"there are {', '.join(TIMEFRAMES)}"
    raise InvalidFieldError(f"{text!r} is no timeframe; {hint}")


def extract_symbol_from_contract_id(contract_id: str) -> str | None:
    """Return the product in a contract id, a contract name or a ticker, or None.

    ``CON.F.US.M2K.U26`` gives ``M2K``, ``MNQU6`` gives ``MNQ``. In an id it is the gateway's
    product code, which is ``EP`` for ES.
    """
    for form in (_CONTRACT_ID, _NAME, _BARE):
        if match := form.fullmatch(contract_id):
            return match[1]
    return None


def validate_contract_id(contract_id: str) -> bool:
    """Tell whether a text has the form of a contract id, a contract name or a ticker."""
    return extract_symbol_from_contract_id(contract_id) is not None


def is_market_hours(timezone: str = "America/Chicago") -> bool:
    """Tell whether E-mini S&P 500 futures trade at this moment, holidays included.

    The moment is the exchange time of the configured gateway, so a replay has its own.

    Args:
        timezone: Accepted because it is documented; the answer is the same in every zone.

    Raises:
        InvalidFieldError: ``timezone`` is no IANA zone.
    """
    _zone(timezone)
    return calendar_for("ES").is_open(_now_ns())


def get_market_session_info(timezone: str = "America/Chicago") -> dict[str, Any]:
    """Return the state of the E-mini S&P 500 session at this moment.

    Args:
        timezone: IANA zone of the times returned.

    Returns:
        is_open; state, "open", "break" or "closed"; current_time, next_open and next_close,
        aware datetimes; trade_date, a date; timezone.

    Raises:
        InvalidFieldError: ``timezone`` is no IANA zone.
    """
    zone = _zone(timezone)
    now_ns = _now_ns()
    calendar = calendar_for("ES")
    return {
        "is_open": calendar.is_open(now_ns),
        "state": calendar.state(now_ns).value,
        "current_time": to_datetime(now_ns, zone),
        "next_open": to_datetime(calendar.next_open_ns(now_ns), zone),
        "next_close": to_datetime(calendar.next_close_ns(now_ns), zone),
        "trade_date": calendar.trade_date(now_ns),
        "timezone": timezone,
    }


def _now_ns() -> int:
    config = load_default_config()
    return clock_for((config.api_url, config.user_hub_url, config.market_hub_url)).now_ns()


def _zone(name: str) -> ZoneInfo:
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise InvalidFieldError(
            f"timezone must be an IANA zone such as America/Chicago, not {name!r}"
        ) from exc
