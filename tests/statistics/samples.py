"""Statistics as a suite tells them, made by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project_x_py._core.component import ComponentStatistics
from project_x_py._core.histogram import Latency
from project_x_py.event_bus import HandlerStatistics
from project_x_py.statistics import SuiteFacts, SuiteStatistics

if TYPE_CHECKING:
    from project_x_py.types.stats_types import ComprehensiveStats

__all__ = ["comprehensive", "part", "suite"]

AT = "2026-09-01T14:30:00+00:00"
FACTS = SuiteFacts("suite-MNQ", ("MNQ",), ("orderbook",), ("1min",), AT, 7200)
REALTIME = {
    "user_connected": 1,
    "market_connected": 1,
    "subscribed_contracts": 1,
    "events_received": 9_000,
    "connection_errors": 0,
    "health.uptime_seconds": 3600.0,
}
CLIENT = {"api_calls": 1000, "errors": 0, "average_response_time_ms": 50.0, "cache_hit_ratio": 0.5}


def part(name: str, health: float = 100.0, **told: Any) -> ComponentStatistics:
    """A part; ``told`` are its figures, ``status``, ``errors`` and ``latency``."""
    return ComponentStatistics(
        name,
        told.pop("status", "active"),
        health,
        7200,
        AT,
        told.pop("errors", 0),
        0.5,
        told.pop("figures", told),
        told.pop("latency", {}),
    )


def suite(
    *more: ComponentStatistics, realtime: dict[str, float] | None = None, **client: Any
) -> Any:
    """A suite of a client, hubs, and whatever else is given."""
    parts = [
        part("client", figures={**CLIENT, **client}, errors=int(client.get("errors", 0))),
        part(
            "realtime",
            figures={**REALTIME, **(realtime or {})},
            latency={"decode": Latency(10, 5.0, 4.0, 8.0, 9.0, 9.5)},
        ),
        part("events", waiting=3, delivered=50),
        *more,
    ]
    handler = HandlerStatistics('my."slow"\nhandler', ("*",), 3, 50, 0, 1, 1.5, 0.25, 0.0, True)
    return SuiteStatistics(FACTS, AT, {one.name: one for one in parts}, [handler], 0.5)


def comprehensive(*more: ComponentStatistics, **told: Any) -> ComprehensiveStats:
    """The same as the documented mapping."""
    found: ComprehensiveStats = suite(*more, **told).comprehensive()
    return found
