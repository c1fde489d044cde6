"""Faults that strike requests: a refusal, a lost answer, a late one, or a spoilt one.

A fault waits for a request of its route and strikes it once. A request meets at most one fault,
the one that was asked for first.

Invariants (``tests/simulator/test_faults.py``): a request that is cut or refused is not carried
out; one whose answer is lost, late, torn or spoilt is, once.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from project_x_py.exceptions import ProjectXError
from project_x_py.simulator._rest import Reply

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

__all__ = ["LOST", "RequestFault", "RequestFaults", "Spoilt"]

Spoilt = Literal["html", "truncated", "malformed", "not_utf8", "empty", "null", "list", "nan"]
"""How the body of an answer is spoilt; its status stays 200."""

LOST = Reply(0, cut=True)
"""What stands for an answer when the connection breaks off instead."""

_HTML = b"<!DOCTYPE html><html><head><title>Just a moment...</title></head><body></body></html>"
_BODIES: dict[str, bytes] = {
    "malformed": b'{"success":true,"errorCode":}',
    "not_utf8": b'{"success":true,"errorMessage":"\xff\xfe"}',
    "empty": b"",
    "null": b"null",
    "list": b'[{"success":true}]',
    "nan": b'{"success":true,"errorCode":NaN,"errorMessage":null}',
}


@dataclass(frozen=True, slots=True)
class RequestFault:
    """What happens to one request.

    Attributes:
        route: Path that it waits for; None for any below ``/api``.
        refusal: Answered without looking at the request.
        cut: Whether the connection breaks off before the request is carried out.
        lost: Whether it breaks off afterwards, before the answer.
        delay_s: How many seconds the answer waits after the request was carried out.
        spoilt: How the body of the answer is spoilt.
        torn: Whether the connection breaks off within the answer's body.
    """

    route: str | None = None
    refusal: Reply | None = None
    cut: bool = False
    lost: bool = False
    delay_s: float = 0.0
    spoilt: Spoilt | None = None
    torn: bool = False

    @property
    def before(self) -> Reply | None:
        """The answer of a request that is not carried out; None for one that is."""
        return LOST if self.cut else self.refusal

    async def play(self, act: Callable[[], Awaitable[Reply]]) -> Reply:
        """Return what the client gets; ``act`` carries the request out."""
        if self.before is not None:
            return self.before
        reply = await act()
        if self.delay_s:
            await asyncio.sleep(self.delay_s)
        if self.lost:
            return LOST
        if self.torn:
            return replace(reply, torn=True)
        return reply if self.spoilt is None else _spoilt(reply, self.spoilt)


class RequestFaults:
    """The faults that wait for requests, in the order in which they were asked for."""

    def __init__(self) -> None:
        self._waiting: list[RequestFault] = []

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, fault: RequestFault, times: int = 1) -> None:
        """Let ``fault`` strike the next ``times`` requests of its route.

        Raises:
            ProjectXError: ``times`` or the delay is not above zero, or the route is not a path.
        """
        if times < 1:
            raise ProjectXError(f"a fault strikes at least once, not {times} times")
        if not 0 <= fault.delay_s < float("inf"):
            raise ProjectXError(f"a delay takes seconds from 0 on, not {fault.delay_s}")
        if fault.route is not None:
            if not fault.route.startswith("/"):
                raise ProjectXError(
                    f"a route is a path such as /api/Order/place, not {fault.route}"
                )
            fault = replace(fault, route=_key(fault.route))
        self._waiting += [fault] * times

    def take(self, path: str, *, upgrade: bool = False) -> RequestFault | None:
        """Take and return the fault that is due for a request of ``path``, if one is.

        Args:
            path: As the client sent it.
            upgrade: Whether a WebSocket is asked for, which can only be refused or cut.
        """
        key = _key(path)
        for at, fault in enumerate(self._waiting):
            if upgrade and fault.before is None:
                continue
            if fault.route == key or (fault.route is None and key.startswith("/api/")):
                return self._waiting.pop(at)
        return None

    def clear(self) -> None:
        """Forget the faults that have not struck."""
        self._waiting.clear()


def _key(path: str) -> str:
    return path.casefold().rstrip("/")


def _spoilt(reply: Reply, how: Spoilt) -> Reply:
    if how == "html":
        return Reply(200, {"content-type": "text/html; charset=utf-8"}, _HTML)
    body = reply.body[: len(reply.body) // 2] if how == "truncated" else _BODIES[how]
    return Reply(200, {"content-type": "application/json; charset=utf-8"}, body)
