"""Where requests and upgrades come in, whatever carries them.

Behind it are the REST routes, a document that describes them, and the two hubs. A fault that waits
for a request strikes here, before anything else looks at it. Both forms of connecting to a hub are
served: at once, and after ``negotiate``. A connection id is never looked up, because one that is
stale comes from a client that redials, and is as good as none.

Invariant (``tests/simulator/test_hub.py``): without a valid token neither form gets further than
a 401.
"""

from __future__ import annotations

import base64
from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import msgspec

from project_x_py.simulator._auth import bearer_of
from project_x_py.simulator._openapi import DOCUMENT_PATHS, document_of
from project_x_py.simulator._rest import Reply, Request, Rest, unauthorised
from project_x_py.simulator._sessions import Admission

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from project_x_py.simulator._hub import Hub
    from project_x_py.simulator._venue import Venue

__all__ = ["Front"]

_HUBS = "/hubs/"
_NEGOTIATE = "/negotiate"
_WEBSOCKETS = {"transport": "WebSockets", "transferFormats": ["Text", "Binary"]}
_OTHERS = [
    {"transport": "ServerSentEvents", "transferFormats": ["Text"]},
    {"transport": "LongPolling", "transferFormats": ["Text", "Binary"]},
]
_MAX_IDS = 10_000
"""Connection ids that wait for their connection; the oldest is forgotten beyond."""


class Front:
    """Answers HTTP requests, and lets clients in to the hubs.

    Args:
        venue: Asked for tokens, time and faults.
        rest: Answers everything that is not a hub's.
        hubs: By name.
        random: Where connection ids come from.
    """

    def __init__(self, venue: Venue, rest: Rest, hubs: Mapping[str, Hub], random: Random) -> None:
        self._venue = venue
        self._rest = rest
        self._hubs = hubs
        self._random = random
        self._open = True
        self._ids: dict[str, None] = {}
        venue.faults.market.attach(venue)

    @property
    def open(self) -> bool:
        """Whether anybody is let in."""
        return self._open

    def connections(self) -> dict[str, int]:
        """Return how many clients each hub has."""
        return {name: hub.connections for name, hub in self._hubs.items()}

    def shut(self) -> None:
        """Let nobody in any more, and say goodbye to those who are."""
        self._open = False
        for hub in self._hubs.values():
            hub.close_all()
        self._venue.faults.stop()

    def clear(self) -> None:
        """Cut off who has not gone since :meth:`shut`."""
        for hub in self._hubs.values():
            hub.drop_all()

    async def answer(self, request: Request) -> Reply:
        """Return the reply to an HTTP request."""
        origin = self._venue.quirks.rest.cors_origin
        if origin is None:
            return await self._met(request)
        if request.method == "OPTIONS":
            return Reply(204, _cross_origin(origin, request))
        reply = await self._met(request)
        return replace(reply, headers={**reply.headers, **_cross_origin(origin, request)})

    async def _met(self, request: Request) -> Reply:
        fault = self._venue.faults.requests.take(request.path)
        if fault is not None:
            return await fault.play(lambda: self._answered(request))
        return await self._answered(request)

    def admit(self, request: Request) -> Admission | Reply:
        """Return the right to the hub that an upgrade asks for, or why it is refused."""
        fault = self._venue.faults.requests.take(request.path, upgrade=True)
        refusal = None if fault is None else fault.before
        found = self._hub(request) if refusal is None else refusal
        if isinstance(found, Reply):
            return found
        quirks, sessions = self._venue.quirks.hubs, self._venue.sessions
        for stale in parse_qs(request.query).get("id", ()):
            if stale not in self._ids and not quirks.stale_ids_accepted:
                return Reply(404, body=b"No Connection with that ID")
            self._ids.pop(stale, None)
        if not sessions.has_room(found):
            return Reply(403)
        return Admission(found, bearer_of(request.headers, request.query) or "", sessions)

    async def _answered(self, request: Request) -> Reply:
        path = request.path.casefold().rstrip("/")
        if not path.startswith(_HUBS):
            return self._document(request) or await self._rest.answer(request)
        if not path.endswith(_NEGOTIATE):
            found = self._hub(request)
            return found if isinstance(found, Reply) else Reply(400, body=b"Connection ID required")
        if request.method != "POST":
            return Reply(405, {"allow": "POST"})
        found = self._hub(request)
        return found if isinstance(found, Reply) else self._negotiated(request.query)

    def _document(self, request: Request) -> Reply | None:
        if request.path.casefold() not in DOCUMENT_PATHS:
            return None
        if request.method != "GET":
            return Reply(405, {"allow": "GET"})
        headers = {"content-type": "application/json; charset=utf-8"}
        return Reply(200, headers, document_of(self._rest.routes))

    def _hub(self, request: Request) -> Hub | Reply:
        path = request.path.casefold().rstrip("/")
        hub = self._hubs.get(path.removesuffix(_NEGOTIATE).removeprefix(_HUBS))
        if hub is None or not path.startswith(_HUBS):
            return Reply(404)
        token = bearer_of(request.headers, request.query)
        if not self._venue.access.admits(token, self._venue.clock.wall_ns()):
            return unauthorised(token)
        return hub

    def _negotiated(self, query: str) -> Reply:
        offered = _OTHERS if self._venue.quirks.hubs.all_transports_offered else []
        known = self._id()
        answer: dict[str, object] = {
            "connectionId": known,
            "availableTransports": [_WEBSOCKETS, *offered],
        }
        if parse_qs(query).get("negotiateVersion") == ["1"]:
            known = self._id()
            answer = {"negotiateVersion": 1, "connectionToken": known, **answer}
        self._ids[known] = None
        if len(self._ids) > _MAX_IDS:
            del self._ids[next(iter(self._ids))]
        headers = {"content-type": "application/json; charset=utf-8"}
        return Reply(200, headers, msgspec.json.encode(answer))

    def _id(self) -> str:
        return base64.urlsafe_b64encode(self._random.randbytes(16)).rstrip(b"=").decode()


def _cross_origin(origin: str, request: Request) -> dict[str, str]:
    """Return the headers that let a page of an origin read answers."""
    asked = request.headers.get("origin", "")
    wanted = request.headers.get("access-control-request-headers", "authorization,content-type")
    plain = wanted.isascii() and wanted.isprintable()
    headers = {
        # A page that sends credentials is not content with a star.
        "access-control-allow-origin": asked if origin == "*" and _is_origin(asked) else origin,
        "access-control-allow-credentials": "true",
        "vary": "Origin",
    }
    if request.method == "OPTIONS":
        headers["access-control-allow-methods"] = "GET, POST"
        headers["access-control-allow-headers"] = wanted if plain else "*"
        headers["access-control-max-age"] = "600"
    return headers


def _is_origin(text: str) -> bool:
    return text.startswith(("http://", "https://")) and text.isascii() and text.isprintable()
