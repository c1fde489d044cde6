"""The application that serves statistics, without a socket."""

from __future__ import annotations

import json
from typing import Any

import pytest
from tests.statistics.samples import suite

from project_x_py.exceptions import ProjectXError
from project_x_py.statistics import MetricsServer, SuiteStatistics
from project_x_py.statistics.server import application


class Source:
    """Tells what was made by hand."""

    def __init__(self, connected: int = 1) -> None:
        self.connected = connected

    def statistics(self) -> SuiteStatistics:
        told: SuiteStatistics = suite(realtime={"market_connected": self.connected})
        return told


async def get(source: Source, path: str, method: str = "GET") -> tuple[int, dict[str, str], str]:
    """Return status, headers and body of an answer of the application itself."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {
        "type": "http",
        "http_version": "1.1",
        "method": method,
        "path": path,
        "raw_path": path.encode(),
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": [],
        "server": ("127.0.0.1", 80),
    }
    await application(source)(scope, receive, send)
    headers = {key.decode(): value.decode() for key, value in sent[0]["headers"]}
    return sent[0]["status"], headers, b"".join(m.get("body", b"") for m in sent).decode()


async def test_metrics_are_prometheus_text() -> None:
    """The answer is made when it is asked for, in the format that scrapers read."""
    source = Source()
    status, headers, body = await get(source, "/metrics")
    assert (status, headers["content-type"]) == (200, "text/plain; version=0.0.4; charset=utf-8")
    assert "\nprojectx_health_score 100\n" in body
    source.connected = 0
    assert "\nprojectx_health_score 0\n" in (await get(source, "/metrics"))[2]


async def test_health_is_unavailable_at_zero() -> None:
    """200 with the scores while the suite works, 503 while a hub is missing."""
    status, _, body = await get(Source(), "/health")
    assert (status, json.loads(body)["health_score"]) == (200, 100.0)
    assert (await get(Source(0), "/health"))[0] == 503


async def test_nothing_else_is_served() -> None:
    """Another path is not found, and nothing can be posted."""
    assert (await get(Source(), "/"))[0] == 404
    assert (await get(Source(), "/metrics", "POST"))[0] == 405


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.1", "example.com", "::"])
def test_only_this_machine_is_served(host: str) -> None:
    """An address that others can reach is refused before a socket is opened."""
    with pytest.raises(ProjectXError, match="on this machine only"):
        MetricsServer(Source(), host)
