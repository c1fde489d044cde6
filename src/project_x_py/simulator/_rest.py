"""The REST half of the simulated gateway, without a transport.

A :class:`Rest` takes a request and returns a reply; whether it came over a socket or by a method
call is not its concern. Requests pass, in this order: fault, route, body size, token, budget,
binding, handler. A domain failure is HTTP 200 with ``success: false`` and an error code of that
route's own; only the layers before the handler answer with another status.

Invariants (``tests/simulator/test_rest.py``): every answer of a handler is the envelope, its
payload first; no body, however malformed, makes anything but a 400 or 415.
"""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from project_x_py.simulator._auth import bearer_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from project_x_py.simulator._venue import Venue

__all__ = ["Call", "Reply", "Request", "Rest", "Route", "refused", "succeeded"]

MAX_BODY_BYTES = 1024 * 1024
_JSON = {"content-type": "application/json; charset=utf-8"}
_PROBLEM = {"content-type": "application/problem+json; charset=utf-8"}
_INT32 = range(-(2**31), 2**31)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request; names of headers are in lower case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True, slots=True)
class Reply:
    """One HTTP response; names of headers are in lower case."""

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler gets beside the bound body."""

    venue: Venue
    token: str
    """As sent, already checked; empty on routes that need none."""


@dataclass(frozen=True, slots=True)
class Route:
    """One path and what answers it.

    Attributes:
        path: As documented; compared without regard to case.
        handle: Returns the whole body of a 200.
        binds: The struct the JSON body is read into; None for a body that is not looked at.
        method: HTTP method.
        bucket: Which budget it counts against, ``"history"`` or ``"rest"``; None for neither.
        open: Whether it needs no token.
    """

    path: str
    handle: Callable[[Call, Any], bytes]
    binds: type[msgspec.Struct] | None = None
    method: str = "POST"
    bucket: str | None = "rest"
    open: bool = False


class Rest:
    """Answers requests below ``/api``.

    Args:
        venue: What the handlers work on.
        routes: The route table.
    """

    def __init__(self, venue: Venue, routes: Iterable[Route]) -> None:
        self._venue = venue
        self._routes = {route.path.casefold(): route for route in routes}
        self._traces = itertools.count(1)

    async def answer(self, request: Request) -> Reply:
        """Return the reply to one request."""
        venue = self._venue
        if refusal := venue.faults.refusal(request.path):
            return Reply(refusal.status, refusal.headers)
        route = self._routes.get(request.path.casefold().rstrip("/"))
        if route is None:
            return Reply(404)
        if route.method != request.method:
            return Reply(405, {"allow": route.method})
        if len(request.body) > MAX_BODY_BYTES:
            return Reply(413)
        token = bearer_of(request.headers) or ""
        if not route.open and not venue.access.admits(token, venue.clock.wall_ns()):
            return unauthorised(token)
        if route.bucket is not None:
            headers = venue.limits.refusal(route.bucket, venue.clock.monotonic_ns())
            if headers is not None:
                return Reply(429, headers)
        return self._handled(route, Call(venue, token), request)

    def _handled(self, route: Route, call: Call, request: Request) -> Reply:
        if route.binds is None:
            return Reply(200, _JSON, route.handle(call, None))
        if not _is_json(request.headers.get("content-type", "")):
            return Reply(415)
        try:
            bound = _bind(request.body, route.binds)
        except _BindingError as exc:
            return self._problem(exc)
        return Reply(200, _JSON, route.handle(call, bound))

    def _problem(self, error: _BindingError) -> Reply:
        body = {
            "type": "https://tools.ietf.org/html/rfc9110#section-15.5.1",
            "title": "One or more validation errors occurred.",
            "status": 400,
            "errors": {error.path: [str(error)], "request": ["The request field is required."]},
            "traceId": f"00-{next(self._traces):032x}-0000000000000001-00",
        }
        return Reply(400, _PROBLEM, msgspec.json.encode(body))


def unauthorised(token: str | None) -> Reply:
    """Return the refusal of a request without a valid token."""
    challenge = 'Bearer error="invalid_token"' if token else "Bearer"
    return Reply(401, {"www-authenticate": challenge})


def succeeded(**payload: object) -> bytes:
    """Return the envelope of a success, the payload first."""
    return _envelope(payload, success=True, code=0, message=None)


def refused(payload_key: str | None, code: int, message: str | None = None) -> bytes:
    """Return the envelope of a domain failure; its payload is null."""
    payload = {} if payload_key is None else {payload_key: None}
    return _envelope(payload, success=False, code=code, message=message)


def _envelope(
    payload: Mapping[str, object], *, success: bool, code: int, message: str | None
) -> bytes:
    return msgspec.json.encode(
        {**payload, "success": success, "errorCode": code, "errorMessage": message}
    )


class _BindingError(Exception):
    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


def _bind(body: bytes, kind: type[msgspec.Struct]) -> msgspec.Struct:
    if not body.strip():
        raise _BindingError("", "A non-empty request body is required.")
    try:
        raw = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise _BindingError("$", "The body is not valid JSON.") from None
    if not isinstance(raw, dict):
        raise _BindingError("$", "The JSON value could not be converted to an object.")
    known = {name.casefold(): name for name in kind.__struct_encode_fields__}
    members = {known[key.casefold()]: raw[key] for key in raw if key.casefold() in known}
    try:
        return msgspec.convert(members, kind)
    except (msgspec.ValidationError, OverflowError, ValueError) as exc:
        reason, _, path = str(exc).partition(" - at `")
        raise _BindingError(path.rstrip("`") or "$", f"{reason}.") from None


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().casefold()
    return not kind or kind in ("application/json", "text/json") or kind.endswith("+json")
