"""Every exception of the SDK, all below :class:`ProjectXError`.

::

    ProjectXError
    ├── ProjectXAuthenticationError     login refused, token refused after one refresh
    ├── ProjectXConnectionError         network; ``sent`` tells whether bytes had left
    ├── ProjectXRateLimitError          429 beyond the deadline
    ├── ProjectXServerError             5xx beyond the retries
    ├── ProjectXClientError             any other 4xx
    ├── ProjectXDataError               a value or an answer that cannot be right
    │   ├── InvalidFieldError           a field of a model or the configuration; also a ValueError
    │   └── OffGridError                a price between two ticks; also a ValueError
    ├── ProjectXInstrumentError         unknown or ambiguous instrument
    ├── ProjectXOrderError              order refused or impossible
    │   └── OrderSubmissionUncertainError   sent, and the gateway cannot be asked what became of it
    ├── ProjectXPositionError           position unknown or impossible
    ├── RiskLimitExceeded               the risk gate refused
    ├── InvalidOrderParameters          an order that no gateway could accept
    ├── OrderLifecycleError             a tracked order cannot do what was asked
    ├── IndicatorError                  a frame or a parameter an indicator cannot use
    └── CircuitBreakerError             the breaker is open, the call was not made

All take ``(message, error_code=None, response_data=None)``; ``str()`` is the message. Waits that
run out of time raise the builtin ``TimeoutError``.

Invariants (``tests/test_exceptions.py``): tokens and keys are removed from the message and from
``response_data`` before they are stored, and an exception survives pickling.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

__all__ = [
    "CircuitBreakerError",
    "IndicatorError",
    "InvalidFieldError",
    "InvalidOrderParameters",
    "OffGridError",
    "OrderLifecycleError",
    "OrderSubmissionUncertainError",
    "ProjectXAuthenticationError",
    "ProjectXClientError",
    "ProjectXConnectionError",
    "ProjectXDataError",
    "ProjectXError",
    "ProjectXInstrumentError",
    "ProjectXOrderError",
    "ProjectXPositionError",
    "ProjectXRateLimitError",
    "ProjectXServerError",
    "RiskLimitExceeded",
]

_REDACTED = "[redacted]"
_SECRET = r"[\w-]*(?:token|api_?key|password|secret)"
_SECRET_KEY = re.compile(_SECRET, re.IGNORECASE)
_JWT = re.compile(r"eyJ[\w-]{8,}(?:\.[\w-]*){0,2}")
_BEARER = re.compile(r"(bearer\s+)[\w.~+/=-]{12,}", re.IGNORECASE)
_ASSIGNED = re.compile(
    rf"""((?<![\w-]){_SECRET}=)(?!\[redacted])(?:"[^"]*"|'[^']*'|[^\s&"',;)\]}}]+)""",
    re.IGNORECASE,
)
_QUOTED = re.compile(
    rf"""((\\?["']){_SECRET}\2\s*:\s*)(\\?["'])(?:(?!\3).)*\3""",
    re.IGNORECASE | re.DOTALL,
)


def _redact(text: str) -> str:
    """Return ``text`` without tokens and keys; the face of it is ``_core.redact.redact``."""
    text = _JWT.sub(_REDACTED, text)
    text = _BEARER.sub(rf"\1{_REDACTED}", text)
    text = _QUOTED.sub(rf"\1\3{_REDACTED}\3", text)
    return _ASSIGNED.sub(rf"\1{_REDACTED}", text)


def _scrub(value: Any) -> Any:
    if isinstance(value, str):
        return _redact(value)
    if isinstance(value, Mapping):
        return {
            key: _REDACTED
            if isinstance(key, str) and _SECRET_KEY.fullmatch(key) and isinstance(item, str)
            else _scrub(item)
            for key, item in value.items()
        }
    if isinstance(value, list):
        return [_scrub(item) for item in value]
    return value


class ProjectXError(Exception):
    """Base of every exception the SDK raises on its own account.

    Args:
        message: What went wrong and what to do about it.
        error_code: The gateway's ``errorCode`` or an HTTP status, where there is one.
        response_data: The answer, or the request, that the error is about.

    Attributes:
        error_code: As given.
        response_data: As given without secrets; an empty dict when nothing was given.
    """

    def __init__(
        self,
        message: str,
        error_code: int | None = None,
        response_data: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(_redact(str(message)))
        self.error_code = error_code
        self.response_data: dict[str, Any] = _scrub(response_data or {})


class ProjectXAuthenticationError(ProjectXError):
    """The gateway refuses the credentials, or the token after one refresh."""


class ProjectXConnectionError(ProjectXError):
    """The network failed, or a hub refused the upgrade (HTTP status in ``error_code``).

    Args:
        message: What went wrong.
        error_code: HTTP status of a refused upgrade.
        response_data: The answer or the request it is about.
        sent: Whether bytes of the request may have left; a mutation is never repeated then.
        hung_up: Whether the other side ended the connection, so that nothing more is on its way.
    """

    def __init__(
        self,
        message: str,
        error_code: int | None = None,
        response_data: Mapping[str, Any] | None = None,
        *,
        sent: bool = False,
        hung_up: bool = False,
    ) -> None:
        super().__init__(message, error_code, response_data)
        self.sent = sent
        self.hung_up = hung_up


class ProjectXRateLimitError(ProjectXError):
    """The gateway answers 429 and waiting it out does not fit the deadline."""


class ProjectXServerError(ProjectXError):
    """The gateway answers 5xx, also after the retries."""


class ProjectXClientError(ProjectXError):
    """The gateway answers 4xx other than 401 and 429."""


class ProjectXDataError(ProjectXError):
    """A value handed in, or an answer received, cannot be right."""


class InvalidFieldError(ProjectXDataError, ValueError):
    """A field of a model or of the configuration has a value it cannot have."""


class OffGridError(ProjectXDataError, ValueError):
    """A price is not a whole number of ticks, or not a finite number."""


class ProjectXInstrumentError(ProjectXError):
    """An instrument is unknown, ambiguous or not tradeable."""


class ProjectXOrderError(ProjectXError):
    """An order is refused or impossible."""


class OrderSubmissionUncertainError(ProjectXOrderError):
    """An order request left, its answer was lost, and the gateway cannot be asked.

    The request is in ``response_data``, its ``customTag`` included. Never place it again on the
    strength of this error: the reconciler keeps looking, and publishes what became of it.
    """


class ProjectXPositionError(ProjectXError):
    """A position is unknown, or what was asked of it is impossible."""


class RiskLimitExceeded(ProjectXError):  # noqa: N818 - documented name
    """The risk gate refused an order."""


class InvalidOrderParameters(ProjectXError):  # noqa: N818 - documented name
    """An order that no gateway could accept; raised before any I/O."""


class OrderLifecycleError(ProjectXError):
    """A tracked order cannot reach the state that was waited for, or is not tracked."""


class IndicatorError(ProjectXError):
    """A frame lacks a column, or a parameter is out of range."""


class CircuitBreakerError(ProjectXError):
    """The circuit breaker is open; the call was not made."""
