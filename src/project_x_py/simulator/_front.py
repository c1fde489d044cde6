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
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

import msgspec

from project_x_py.simulator._auth import bearer_of
from project_x_py.simulator._openapi import DOCUMENT_PATHS, document_of
from project_x_py.simulator._rest import Reply, Request, Rest, unauthorised

if TYPE_CHECKING:
    from collections.abc import Mapping
    from random import Random

    from project_x_py.simulator._hub import Hub
    from project_x_py.simulator._venue import Venue

__all__ = ["Front"]

_HUBS = "/hubs/"
_NEGOTIATE = "/negotiate"
_TRANSPORTS = [{"transport": "WebSockets", "transferFormats": ["Text", "Binary"]}]


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
        fault = self._venue.faults.requests.take(request.path)
        if fault is not None:
            return await fault.play(lambda: self._answered(request))
        return await self._answered(request)

    def admit(self, request: Request) -> Hub | Reply:
        """Return the hub that an upgrade asks for, or why it is refused."""
        fault = self._venue.faults.requests.take(request.path, upgrade=True)
        refusal = None if fault is None else fault.before
        return self._hub(request) if refusal is None else refusal

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
        answer: dict[str, object] = {
            "connectionId": self._id(),
            "availableTransports": _TRANSPORTS,
        }
        if parse_qs(query).get("negotiateVersion") == ["1"]:
            answer = {"negotiateVersion": 1, "connectionToken": self._id(), **answer}
        headers = {"content-type": "application/json; charset=utf-8"}
        return Reply(200, headers, msgspec.json.encode(answer))

    def _id(self) -> str:
        return base64.urlsafe_b64encode(self._random.randbytes(16)).rstrip(b"=").decode()
