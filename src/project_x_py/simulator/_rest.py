"""The REST half of the simulated gateway, without a transport.

A :class:`Rest` takes a request and returns a reply; whether it came over a socket or by a method
call is not its concern. Requests pass, in this order: route, body size, token, budget, binding,
handler. A domain failure is HTTP 200 with ``success: false`` and an error code of that
route's own; only the layers before the handler answer with another status.

Invariants (``tests/simulator/test_rest.py``): every answer of a handler is the envelope, its
payload first; no body, however malformed, makes anything but a 400 or 415.
"""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import Generator
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, get_args

import msgspec

from project_x_py.simulator._auth import TokenState, bearer_of
from project_x_py.simulator._keeper import StateError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from project_x_py.simulator._venue import Venue

__all__ = [
    "BindingError",
    "Call",
    "Parts",
    "Reply",
    "Request",
    "Rest",
    "Route",
    "answered",
    "refused",
    "succeeded",
]

MAX_BODY_BYTES = 1024 * 1024
_JSON = {"content-type": "application/json; charset=utf-8"}
_TEXT = {"content-type": "text/plain; charset=utf-8"}
_PROBLEM = {"content-type": "application/problem+json; charset=utf-8"}


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
    """One HTTP response; names of headers are in lower case.

    ``cut`` means that the connection breaks off instead; ``torn``, that it does so in the middle
    of the body.
    """

    status: int
    headers: Mapping[str, str] = field(default_factory=dict)
    body: bytes = b""
    cut: bool = False
    torn: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """What a handler gets beside the bound body."""

    venue: Venue
    token: str
    """As sent, already checked; empty on routes that need none."""


Parts = Generator[None, None, bytes]
"""A handler with much to do: the loop gets a turn at each yield, so that nobody else waits long."""


@dataclass(frozen=True, slots=True)
class Route:
    """One path and what answers it.

    Attributes:
        path: As documented; compared without regard to case.
        handle: Returns the whole body of a 200, at once or in parts.
        binds: The struct the JSON body is read into; None for a body that is not looked at.
        method: HTTP method.
        bucket: Which budget it counts against, ``"history"`` or ``"rest"``; None for neither.
        open: Whether it needs no token.
        unfit: Returns the answer to a token that is not valid, where a quirk wants one in place of
            a 401; None for a route that has no codes for it.
    """

    path: str
    handle: Callable[[Call, Any], bytes | Parts]
    binds: type[msgspec.Struct] | None = None
    method: str = "POST"
    bucket: str | None = "rest"
    open: bool = False
    unfit: Callable[[TokenState], bytes] | None = None


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

    @property
    def routes(self) -> list[Route]:
        """Every route there is."""
        return list(self._routes.values())

    async def answer(self, request: Request) -> Reply:
        """Return the reply to one request."""
        venue = self._venue
        route = self._routes.get(request.path.casefold().rstrip("/"))
        if route is None:
            return Reply(404)
        if route.method != request.method:
            return Reply(405, {"allow": route.method})
        if len(request.body) > MAX_BODY_BYTES:
            return Reply(413)
        token = bearer_of(request.headers) or ""
        state = venue.access.state(token, venue.clock.wall_ns())
        if not route.open and state is not TokenState.VALID:
            return self._unfit(route, token, state)
        if route.bucket is not None:
            headers = venue.limits.refusal(
                route.bucket, venue.clock.monotonic_ns(), token=token, path=route.path
            )
            if headers is not None:
                return self._bare(Reply(429, headers), "Too Many Requests")
        return await self._handled(route, Call(venue, token), request)

    def _unfit(self, route: Route, token: str, state: TokenState) -> Reply:
        if route.unfit is not None and self._venue.quirks.rest.session_refusals == "code":
            return Reply(200, _JSON, route.unfit(state))
        return self._bare(unauthorised(token), "Unauthorized")

    def _bare(self, reply: Reply, title: str) -> Reply:
        """Return a refusal that comes before the handler: without a body, or with a document."""
        if not self._venue.quirks.rest.problem_bodies:
            return reply
        body = msgspec.json.encode(
            {
                "type": "https://tools.ietf.org/html/rfc9110",
                "title": title,
                "status": reply.status,
                "traceId": self._trace(),
            }
        )
        return Reply(reply.status, {**reply.headers, **_PROBLEM}, body)

    def _trace(self) -> str:
        return f"00-{next(self._traces):032x}-0000000000000001-00"

    async def _handled(self, route: Route, call: Call, request: Request) -> Reply:
        if route.binds is None:
            body = await _whole(route.handle(call, None))
            return Reply(200, _JSON if _is_document(body) else _TEXT, body)
        if not _is_json(request.headers.get("content-type", "")):
            return Reply(415)
        try:
            bound = _bind(request.body, route.binds)
            return Reply(200, _JSON, await _whole(route.handle(call, bound)))
        except BindingError as exc:
            return self._problem(exc)
        except StateError:
            # It may have been carried out, but it is not on record, so nobody is told.
            return self._bare(Reply(500), "Internal Server Error")

    def _problem(self, error: BindingError) -> Reply:
        body = {
            "type": "https://tools.ietf.org/html/rfc9110#section-15.5.1",
            "title": "One or more validation errors occurred.",
            "status": 400,
            "errors": {error.path: [str(error)], "request": ["The request field is required."]},
            "traceId": self._trace(),
        }
        return Reply(400, _PROBLEM, msgspec.json.encode(body))


async def _whole(answer: bytes | Parts) -> bytes:
    """Return an answer, with a turn of the loop between its parts."""
    if isinstance(answer, bytes):
        return answer
    while True:
        try:
            next(answer)
        except StopIteration as end:
            body: bytes = end.value
            return body
        await asyncio.sleep(0)


def unauthorised(token: str | None) -> Reply:
    """Return the refusal of a request without a valid token."""
    challenge = 'Bearer error="invalid_token"' if token else "Bearer"
    return Reply(401, {"www-authenticate": challenge})


def succeeded(**payload: object) -> bytes:
    """Return the envelope of a success, the payload first."""
    return answered(0, None, **payload)


def refused(payload_key: str | None, code: int, message: str | None = None) -> bytes:
    """Return the envelope of a domain failure; its payload is null."""
    return answered(code, message, **({} if payload_key is None else {payload_key: None}))


def answered(code: int, message: str | None, **payload: object) -> bytes:
    """Return the envelope of an error code, 0 for success, the payload first."""
    return msgspec.json.encode(
        {**payload, "success": not code, "errorCode": code, "errorMessage": message}
    )


class BindingError(Exception):
    """Why a body does not bind, and where; answered with a 400."""

    def __init__(self, path: str, message: str) -> None:
        super().__init__(message)
        self.path = path


def _bind(body: bytes, kind: type[msgspec.Struct]) -> msgspec.Struct:
    if not body.strip():
        raise BindingError("", "A non-empty request body is required.")
    try:
        raw = msgspec.json.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise BindingError("$", "The body is not valid JSON.") from None
    if not isinstance(raw, dict):
        raise BindingError("$", "The JSON value could not be converted to an object.")
    try:
        return msgspec.convert(_members(raw, kind), kind)
    except (msgspec.ValidationError, OverflowError, ValueError) as exc:
        reason, _, path = str(exc).partition(" - at `")
        raise BindingError(path.rstrip("`") or "$", _worded(reason, kind)) from None


def _members(raw: dict[str, Any], kind: type[msgspec.Struct]) -> dict[str, Any]:
    """Return the members that a struct has, whatever their letter case, down to the last object."""
    known = _fields(kind)
    members: dict[str, Any] = {}
    for key, value in raw.items():
        found = known.get(key.casefold())
        if found is None:
            continue
        name, inner = found
        members[name] = _members(value, inner) if inner and isinstance(value, dict) else value
    return members


@lru_cache(maxsize=64)
def _fields(kind: type[msgspec.Struct]) -> dict[str, tuple[str, type[msgspec.Struct] | None]]:
    """Return the wire name of each member by its folded name, and its struct if it is one."""
    fields: dict[str, tuple[str, type[msgspec.Struct] | None]] = {}
    for each in msgspec.structs.fields(kind):
        kinds = [each.type, *get_args(each.type)]
        inner = [k for k in kinds if isinstance(k, type) and issubclass(k, msgspec.Struct)]
        fields[each.encode_name.casefold()] = each.encode_name, inner[0] if inner else None
    return fields


def _worded(reason: str, kind: type[msgspec.Struct]) -> str:
    """Return a reason as the gateway words it, as far as its words are known."""
    missing = reason.removeprefix("Object missing required field ")
    if missing == reason:
        return f"{reason}."
    name = missing.strip("`")
    return f"{kind.__name__} was missing required properties including: '{name}'"


def _is_document(body: bytes) -> bool:
    return body[:1] in (b"{", b'"')


def _is_json(content_type: str) -> bool:
    kind = content_type.partition(";")[0].strip().casefold()
    return not kind or kind in ("application/json", "text/json") or kind.endswith("+json")
