"""``/metrics`` for Prometheus, and ``/health`` for whoever watches a process, on loopback.

Served from inside the caller's loop by the stack that serves the simulated gateway. Nothing of it
is imported or runs unless it is asked for, and nothing is left when it has stopped.

Invariants (``tests/statistics/test_server.py``, ``tests/loopback/test_metrics.py``): an answer is
made when it is asked for; only this machine is answered; after ``stop`` the port is free.
"""

from __future__ import annotations

import ipaddress
from typing import TYPE_CHECKING, Protocol

import msgspec
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route

from project_x_py.exceptions import ProjectXError
from project_x_py.simulator._server import EmbeddedServer, bind, origin_of
from project_x_py.statistics.export import StatsExporter

if TYPE_CHECKING:
    from starlette.requests import Request

    from project_x_py.statistics.snapshot import SuiteStatistics

__all__ = ["MetricsServer", "StatisticsSource", "application"]

TEXT = "text/plain; version=0.0.4; charset=utf-8"
UNAVAILABLE = 503


class StatisticsSource(Protocol):
    """A suite, as seen from here."""

    def statistics(self) -> SuiteStatistics: ...


def application(source: StatisticsSource, prefix: str = "projectx") -> Starlette:
    """Return the application: ``/metrics``, and ``/health``, which is 503 at health 0."""
    exporter = StatsExporter()

    async def metrics(request: Request) -> Response:
        told = source.statistics().comprehensive()
        return Response(exporter.prometheus(told, prefix), headers={"content-type": TEXT})

    async def health(request: Request) -> Response:
        told = source.statistics()
        body = {"health_score": told.health, "components": told.component_health()}
        return Response(
            msgspec.json.encode(body),
            status_code=200 if told.health else UNAVAILABLE,
            media_type="application/json",
        )

    return Starlette(routes=[Route("/metrics", metrics), Route("/health", health)])


class MetricsServer:
    """Serves the statistics of one suite.

    Args:
        source: The suite.
        host: An address of this machine's loopback; a proxy can make it more than that.
        port: 0 for any free one.
        prefix: Of every metric's name.

    Raises:
        ProjectXError: The address is not one of loopback.
        ProjectXConnectionError: The port is taken.
    """

    def __init__(
        self,
        source: StatisticsSource,
        host: str = "127.0.0.1",
        port: int = 0,
        prefix: str = "projectx",
    ) -> None:
        if host != "localhost" and not _is_loopback(host):
            raise ProjectXError(
                f"metrics are served on this machine only, 127.0.0.1 or ::1, not {host!r}; let a "
                "proxy that asks for a password pass them on"
            )
        bound = bind(host, port, allow_remote=False)
        self.url = f"{origin_of(bound)}/metrics"
        self._server = EmbeddedServer(application(source, prefix), bound)

    async def start(self) -> None:
        """Begin to answer."""
        await self._server.start()

    async def stop(self) -> None:
        """Answer no more, and let go of the port."""
        await self._server.stop()


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
