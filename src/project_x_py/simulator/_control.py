"""The control route: faults for a gateway that runs in another process.

Whoever reaches it can break the gateway, so it exists only where it was asked for, and answers
only this machine: the peer has to be a loopback address, and so has the host that was asked for,
or a page in a browser could get here through a name of its own.

Invariants (``tests/simulator/test_control.py``): without being asked for there is no such route;
nothing that is sent to it makes anything but a 4xx or the fault it names.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING

import msgspec
from starlette.responses import Response
from starlette.routing import Route

from project_x_py._core.time import format_iso
from project_x_py.exceptions import ProjectXError
from project_x_py.simulator.faults import Fault

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from starlette.requests import Request

    from project_x_py.simulator._faults import Faults

__all__ = ["Gauges", "control_routes"]

MAX_CONTROL_BYTES = 256 * 1024

Gauges = dict[str, "Callable[[], object]"]
"""What the state tells beside the faults, by name."""


class _Timed(msgspec.Struct, forbid_unknown_fields=True):
    at_s: float
    fault: Fault


class _Plan(msgspec.Struct, forbid_unknown_fields=True):
    schedule: list[_Timed]


class _Seeded(msgspec.Struct, forbid_unknown_fields=True):
    seed: int
    for_s: float = 60.0
    every_s: float = 5.0


class _Stop(msgspec.Struct, forbid_unknown_fields=True):
    stop: bool


_BY_MEMBER: dict[str, object] = {"schedule": _Plan, "seed": _Seeded, "stop": _Stop}


def control_routes(faults: Faults, gauges: Gauges) -> list[Route]:
    """Return ``POST /control/faults`` and ``GET /control/state``.

    Args:
        faults: What is controlled.
        gauges: What the state tells beside it.
    """

    async def strike(request: Request) -> Response:
        if refusal := _refusal(request):
            return refusal
        body = b""
        async for chunk in request.stream():
            body += chunk
            if len(body) > MAX_CONTROL_BYTES:
                return _said(413, {"error": f"at most {MAX_CONTROL_BYTES} bytes"})
        try:
            return _said(200, _done(faults, body))
        except (msgspec.MsgspecError, ProjectXError, UnicodeDecodeError, RecursionError) as exc:
            return _said(400, {"error": str(exc)})

    async def state(request: Request) -> Response:
        told = {name: gauge() for name, gauge in gauges.items()}
        return _refusal(request) or _said(200, {**told, "faults": faults.state()})

    return [
        Route("/control/faults", strike, methods=["POST"]),
        Route("/control/state", state, methods=["GET"]),
    ]


def gauges_of(
    now_ns: Callable[[], int],
    published: Callable[[], int],
    connections: Callable[[], Mapping[str, int]],
) -> Gauges:
    """Return what the state of a gateway tells."""
    return {
        "now": lambda: format_iso(now_ns()),
        "published": published,
        "connections": connections,
    }


def _done(faults: Faults, body: bytes) -> dict[str, object]:
    raw = msgspec.json.decode(body)
    if not isinstance(raw, dict):
        raise ProjectXError('a fault is an object such as {"fault": "drop", "hub": "market"}')
    kind = next((_BY_MEMBER[name] for name in _BY_MEMBER if name in raw), Fault)
    asked = msgspec.convert(raw, kind)
    if isinstance(asked, _Stop):
        faults.stop()
        return {"struck": 0}
    if isinstance(asked, _Plan):
        return _scheduled(faults.schedule([(one.at_s, one.fault) for one in asked.schedule]))
    if isinstance(asked, _Seeded):
        plan = faults.schedule(asked.seed, for_s=asked.for_s, every_s=asked.every_s)
        return _scheduled(plan)
    return {"struck": faults.apply(asked)}


def _scheduled(plan: object) -> dict[str, object]:
    pairs = plan if isinstance(plan, list) else []
    return {"scheduled": [{"at_s": at_s, "fault": fault} for at_s, fault in pairs]}


def _refusal(request: Request) -> Response | None:
    peer = request.client.host if request.client is not None else ""
    host = request.url.hostname or ""
    if not _is_loopback(peer) or not (host == "localhost" or _is_loopback(host)):
        return _said(403, {"error": "only this machine controls the gateway"})
    kind = request.headers.get("content-type", "").partition(";")[0].strip().casefold()
    if request.method == "POST" and kind != "application/json":
        return _said(415, {"error": "send application/json"})
    return None


def _is_loopback(host: str) -> bool:
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    mapped = address.ipv4_mapped if isinstance(address, ipaddress.IPv6Address) else None
    return (mapped or address).is_loopback


def _said(status: int, body: Mapping[str, object]) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")
