"""What an answer of the gateway means: its status, its envelope, its members.

An envelope is decoded in two steps: its own fields at once, the payload when somebody asks for it
with a type. So a list of twenty thousand bars is scanned, not built, until its reader builds it
piece by piece.

Invariants (``tests/client/test_envelope.py``): every answer is an envelope or one of the
documented errors, whatever its bytes; no error shows a token or a key.
"""

from __future__ import annotations

import email.utils
import math
from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

import msgspec

from project_x_py._core.redact import redact
from project_x_py._core.time import to_datetime
from project_x_py.client._codes import refusal_text
from project_x_py.client._retry import SpoiltAnswerError
from project_x_py.exceptions import (
    ProjectXAuthenticationError,
    ProjectXClientError,
    ProjectXDataError,
    ProjectXError,
    ProjectXInstrumentError,
    ProjectXOrderError,
    ProjectXPositionError,
    ProjectXRateLimitError,
    ProjectXServerError,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project_x_py._ports import HttpAnswer

__all__ = ["Envelope", "header_seconds", "raise_for_status", "read_envelope", "refused"]

T = TypeVar("T")

SHOWN_BODY = 300
"""How much of an answer that makes no sense is shown in the error."""

_REFUSALS: dict[str, type[ProjectXError]] = {
    "Contract": ProjectXInstrumentError,
    "History": ProjectXDataError,
    "Order": ProjectXOrderError,
    "Position": ProjectXPositionError,
    "Trade": ProjectXOrderError,
    "Auth": ProjectXAuthenticationError,
}
_HTML = (b"<!doctype", b"<html")

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_flag = msgspec.json.Decoder(bool)
_number = msgspec.json.Decoder(int)
_text = msgspec.json.Decoder(str | None)


@dataclass(frozen=True, slots=True, repr=False)
class Envelope:
    """One answer: whether the gateway did as asked, and the rest of it as bytes."""

    path: str
    success: bool
    code: int
    message: str | None
    members: dict[str, msgspec.Raw]

    def read(self, key: str, kind: type[T]) -> T | None:
        """Return a member; None when it is absent or null.

        Raises:
            ProjectXDataError: It is of another type.
        """
        raw = self.members.get(key)
        if raw is None:
            return None
        try:
            return msgspec.json.decode(raw, type=kind | None)
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as exc:
            raise ProjectXDataError(
                f"{self.path}: {key!r} is not what it should be: {exc}",
                None,
                {"path": self.path, key: _shown(bytes(raw))},
            ) from None

    def plain(self) -> dict[str, Any]:
        """Return all of it as built-in types."""
        return {key: msgspec.json.decode(raw) for key, raw in self.members.items()}

    def __repr__(self) -> str:
        return f"Envelope({self.path!r}, success={self.success}, code={self.code})"


def raise_for_status(path: str, answer: HttpAnswer, wall_ns: int) -> None:
    """Raise the error that an HTTP status stands for; 2xx passes.

    ``wall_ns`` is this machine's time, for the Retry-After date of a server that tells none.

    Raises:
        ProjectXAuthenticationError: 401; ``response_data["challenged"]`` tells whether the
            request was turned away before it was carried out.
        ProjectXRateLimitError: 429, with ``retry_after_s`` in its data.
        ProjectXServerError: 5xx.
        ProjectXDataError: 404, an unknown path.
        ProjectXClientError: Any other status.
    """
    status = answer.status
    if 200 <= status < 300:
        return
    details: dict[str, Any] = {"path": path, "status": status, "body": _shown(answer.body)}
    if status == 401:
        details["challenged"] = _is_challenge(answer)
        raise ProjectXAuthenticationError(
            f"{path}: the gateway refused the session token (401)", status, details
        )
    if status == 429:
        details["retry_after_s"] = header_seconds(answer.headers, wall_ns)
        raise ProjectXRateLimitError(
            f"{path}: the gateway's request limit is used up (429)", status, details
        )
    if status == 404:
        raise ProjectXDataError(
            f"{path}: the gateway knows no such path (404); is api_url right?", status, details
        )
    if status >= 500:
        raise ProjectXServerError(f"{path}: the gateway failed ({status})", status, details)
    if 300 <= status < 400:
        raise ProjectXClientError(
            f"{path}: redirects are not followed ({status}); is api_url right?", status, details
        )
    raise ProjectXClientError(
        f"{path}: the gateway could not read the request ({status}): {details['body']}",
        status,
        details,
    )


def read_envelope(path: str, answer: HttpAnswer) -> Envelope:
    """Decode the envelope of an answer, successful or not.

    Raises:
        ProjectXDataError: It is none.
    """
    try:
        members = _members.decode(answer.body)
        success = _flag.decode(members["success"])
        code = _number.decode(members["errorCode"]) if "errorCode" in members else 0
        message = _text.decode(members["errorMessage"]) if "errorMessage" in members else None
    except KeyError:
        _spoilt(path, answer, "the answer is not an envelope with 'success'")
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        _spoilt(path, answer, "the answer is not JSON of the expected form")
    return Envelope(path, success, code, message, members)


def refused(envelope: Envelope) -> ProjectXError:
    """Return the error for an envelope that says no: code, its name, and what to do about it."""
    kind = _REFUSALS.get(envelope.path.split("/")[1], ProjectXError)
    text = refusal_text(envelope.path, envelope.code, envelope.message)
    data = {
        "path": envelope.path,
        "success": envelope.success,
        "errorCode": envelope.code,
        "errorMessage": envelope.message,
    }
    return kind(f"{envelope.path}: {text}", envelope.code, data)


def header_seconds(headers: Mapping[str, str], wall_ns: int) -> float | None:
    """Read Retry-After as seconds or as an HTTP date; None when absent or unreadable.

    A date counts from the server's own Date header, so that a wrong clock here does not matter;
    only without one it counts from this machine's time.
    """
    text = _header(headers, "retry-after")
    if text.isascii() and text.isdigit():
        return min(float(text), 86_400.0)
    try:
        until = email.utils.parsedate_to_datetime(text)
        date = _header(headers, "date")
        since = email.utils.parsedate_to_datetime(date) if date else to_datetime(wall_ns, UTC)
        seconds = (until - since).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return None
    return min(max(0.0, seconds), 86_400.0) if math.isfinite(seconds) else None


def _header(headers: Mapping[str, str], name: str) -> str:
    return next((v for k, v in headers.items() if k.lower() == name), "").strip()


def _is_challenge(answer: HttpAnswer) -> bool:
    """Whether a 401 comes from the door: the middleware that checks tokens before anything acts."""
    return _header(answer.headers, "www-authenticate").lower().startswith("bearer")


def _spoilt(path: str, answer: HttpAnswer, what: str) -> NoReturn:
    hint = ""
    if answer.body[:200].lstrip().lower().startswith(_HTML):
        what = "a web page came instead of an answer"
        hint = " (a proxy, a firewall, or a wrong api_url)"
    elif not answer.body:
        what = "the answer is empty"
    raise SpoiltAnswerError(
        f"{path}: {what}{hint}: {_shown(answer.body)}",
        answer.status,
        {"path": path, "body": _shown(answer.body), "bytes": len(answer.body)},
    ) from None


def _shown(body: bytes) -> str:
    # More is redacted than shown, so that the cut never leaves half a token.
    return redact(body[: 20 * SHOWN_BODY].decode("utf-8", "replace"))[:SHOWN_BODY]
