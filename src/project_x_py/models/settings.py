"""The client's configuration as data; :mod:`project_x_py.config` loads and saves it.

Invariants (``tests/test_config.py``): a configuration that was constructed is valid; an error
lists every fault at once and says what would be right; no field is a secret.
"""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass, fields
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from project_x_py.exceptions import InvalidFieldError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["ProjectXConfig"]

_URLS = {
    "api_url": ("https", "http"),
    "realtime_url": ("wss", "ws", "https", "http"),
    "user_hub_url": ("https", "wss", "http", "ws"),
    "market_hub_url": ("https", "wss", "http", "ws"),
}
_NUMBERS = {
    "timeout_seconds": (False, False),
    "retry_attempts": (True, True),
    "retry_delay_seconds": (False, True),
    "requests_per_minute": (True, False),
    "burst_limit": (True, False),
}
"""Per field: whether it counts something, and whether it may be 0."""


@dataclass
class ProjectXConfig:
    """Endpoints and limits of a client; the defaults are TopstepX.

    Attributes:
        api_url: Base of the REST calls.
        realtime_url: Kept because it is documented; nothing connects to it.
        user_hub_url: Hub of accounts, orders, positions and own trades.
        market_hub_url: Hub of quotes, trades and depth.
        timezone: IANA name of the zone in which timestamps are shown.
        timeout_seconds: Longest wait for one answer, in seconds.
        retry_attempts: How often a failed query is repeated; an order never is.
        retry_delay_seconds: First delay between two attempts, in seconds; it doubles.
        requests_per_minute: REST requests in any 60 seconds.
        burst_limit: REST requests that may leave at once.

    Raises:
        InvalidFieldError: A field has a value it cannot have; every fault is listed.
    """

    api_url: str = "https://api.topstepx.com/api"
    realtime_url: str = "wss://realtime.topstepx.com/api"
    user_hub_url: str = "https://rtc.topstepx.com/hubs/user"
    market_hub_url: str = "https://rtc.topstepx.com/hubs/market"
    timezone: str = "America/Chicago"
    timeout_seconds: int = 30
    retry_attempts: int = 3
    retry_delay_seconds: float = 2.0
    requests_per_minute: int = 60
    burst_limit: int = 10

    def __post_init__(self) -> None:
        self.validate()

    def faults(self) -> list[str]:
        """Return what is wrong, one line per field; empty when all is well."""
        lines = [_url_fault(name, getattr(self, name), schemes) for name, schemes in _URLS.items()]
        lines.append(_zone_fault(self.timezone))
        lines += [_number_fault(name, getattr(self, name), *how) for name, how in _NUMBERS.items()]
        return [line for line in lines if line]

    def validate(self) -> None:
        """Check every field; needed again only after a field was assigned.

        Raises:
            InvalidFieldError: A field has a value it cannot have; every fault is listed.
        """
        if faults := self.faults():
            raise InvalidFieldError("the configuration cannot be used: " + "; ".join(faults))

    @classmethod
    def from_api(cls, payload: Mapping[str, Any]) -> Self:
        """Return a configuration from a mapping; unknown keys are ignored, missing ones default.

        Raises:
            InvalidFieldError: A field has a value it cannot have; every fault is listed.
        """
        names = {field.name for field in fields(cls)}
        return cls(**{key: value for key, value in payload.items() if key in names})

    def to_dict(self) -> dict[str, Any]:
        """Return the fields by name, ready for JSON."""
        return asdict(self)


def _url_fault(name: str, value: object, schemes: tuple[str, ...]) -> str:
    expected = f"a URL that begins with {schemes[0]}://"
    if not isinstance(value, str):
        return f"{name} must be {expected}, not {value!r}"
    try:
        parts = urlsplit(value)
        host, _ = parts.hostname, parts.port
    except ValueError:
        return f"{name} must be {expected}, not {value!r}"
    if parts.scheme not in schemes or not host:
        return f"{name} must be {expected}, not {value!r}"
    if parts.username is not None or parts.query or parts.fragment:
        return f"{name} must have no credentials, query or fragment"
    if parts.scheme in ("http", "ws") and not _is_loopback(host):
        return (
            f"{name} would send the token in clear text to {host}: "
            f"use {parts.scheme}s://, or a host on loopback"
        )
    return ""


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    import ipaddress  # only a plain address needs it

    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def _zone_fault(value: object) -> str:
    fault = f"timezone must be an IANA zone such as America/Chicago, not {value!r}"
    if not isinstance(value, str) or not value:
        return fault
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return fault
    return ""


def _number_fault(name: str, value: object, counts: bool, zero: bool) -> str:
    expected = f"a {'whole ' if counts else ''}number {'of 0 or more' if zero else 'above 0'}"
    if (
        isinstance(value, bool)
        or not isinstance(value, int if counts else (int, float))
        or not math.isfinite(value)
        or value < 0
        or (value == 0 and not zero)
    ):
        return f"{name} must be {expected}, not {value!r}"
    return ""
