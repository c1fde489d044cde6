"""What a suite tells of itself at one moment, made of what its parts tell.

The parts named ``client``, ``realtime`` and ``events`` say how requests, hubs and handlers do; all
others are of an instrument or of the account.

Invariants (``tests/statistics/test_snapshot.py``): every figure is one that a part has counted or
the sum of such; the health is 0 while a hub is missing, and a part that nobody has adds nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from project_x_py.statistics._sections import sections_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from project_x_py._core.component import ComponentStatistics
    from project_x_py._core.histogram import Latency
    from project_x_py._runtime.memory import ProcessMemory
    from project_x_py.event_bus import HandlerStatistics
    from project_x_py.types.stats_types import (
        ComprehensiveStats,
        ErrorInfo,
        TradingSuiteStats,
    )

__all__ = ["STAGES", "SuiteFacts", "SuiteStatistics"]

CLIENT, REALTIME, EVENTS = "client", "realtime", "events"

STAGES = ("decode", "book", "bar", "handler", "order_prepared", "order_sent", "order_answered")
"""The way of a market message, then the way of an order."""


@dataclass(frozen=True, slots=True)
class SuiteFacts:
    """What a suite is, as opposed to what its parts do.

    Attributes:
        suite_id: A name that tells suites of one process apart.
        instruments: Symbols.
        features: Optional parts.
        timeframes: Of the bars.
        created_at: ISO-8601.
        uptime_s: Seconds since then.
    """

    suite_id: str = ""
    instruments: Sequence[str] = ()
    features: Sequence[str] = ()
    timeframes: Sequence[str] = ()
    created_at: str = ""
    uptime_s: int = 0


@dataclass(frozen=True, slots=True)
class SuiteStatistics:
    """A suite and its parts at one moment.

    Attributes:
        facts: What the suite is.
        generated_at: ISO-8601.
        components: The parts by name.
        handlers: How the handlers of its buses fare.
        collection_ms: How long it took to ask everybody.
        process: The memory of this process; None when nobody has looked.
    """

    facts: SuiteFacts
    generated_at: str
    components: Mapping[str, ComponentStatistics]
    handlers: Sequence[HandlerStatistics] = ()
    collection_ms: float = 0.0
    process: ProcessMemory | None = None

    def figure(self, component: str, name: str) -> float:
        """Return one figure of one part, 0 when there is no such."""
        found = self.components.get(component)
        return 0 if found is None else found.figures.get(name, 0)

    @property
    def user_connected(self) -> bool:
        """Whether the user hub is connected."""
        return bool(self.figure(REALTIME, "user_connected"))

    @property
    def market_connected(self) -> bool:
        """Whether the market hub is connected."""
        return bool(self.figure(REALTIME, "market_connected"))

    @property
    def connected(self) -> bool:
        """Whether both hubs are connected."""
        return self.user_connected and self.market_connected

    @property
    def memory_mb(self) -> float:
        """Megabytes that the parts hold."""
        return sum(part.memory_mb for part in self.components.values())

    @property
    def errors(self) -> int:
        """Errors that the parts have counted."""
        return sum(part.errors for part in self.components.values())

    @property
    def recent_errors(self) -> list[ErrorInfo]:
        """The newest errors that the parts have kept, by time."""
        found = [error for part in self.components.values() for error in part.recent_errors]
        return sorted(found, key=lambda error: error["timestamp"] or "")

    @property
    def health(self) -> float:
        """0 to 100: 0 while a hub is missing, else the mean of the parts, and twice the worst.

        No part weighs more than twice its own score, so that one that has failed is not outvoted by
        many that do well.
        """
        if not self.connected or not self.components:
            return 0.0
        scores = [part.health for part in self.components.values()]
        return min(sum(scores) / len(scores), 2 * min(scores))

    @property
    def latency(self) -> Mapping[str, Latency]:
        """How long the stages of :data:`STAGES` take, of which something was measured or may be."""
        found = {
            name: one for part in self.components.values() for name, one in part.latency.items()
        }
        return {name: found[name] for name in STAGES if name in found}

    @property
    def slow_handlers(self) -> Mapping[str, float]:
        """The handlers that are or were behind, with the seconds of their longest run."""
        return {one.handler: one.longest_s for one in self.handlers if one.slow}

    def component_health(self) -> dict[str, float]:
        """Return the health of each part."""
        return {name: part.health for name, part in self.components.items()}

    def documented(self) -> TradingSuiteStats:
        """Return the documented mapping of a suite."""
        facts = self.facts
        calls, failed = int(self.figure(CLIENT, "api_calls")), int(self.figure(CLIENT, "errors"))
        return {
            "suite_id": facts.suite_id,
            "instrument": ",".join(facts.instruments),
            "created_at": facts.created_at,
            "uptime_seconds": facts.uptime_s,
            "status": "active" if self.connected else "disconnected",
            "connected": self.connected,
            "components": {name: part.documented() for name, part in self.components.items()},
            "realtime_connected": self.connected,
            "user_hub_connected": self.user_connected,
            "market_hub_connected": self.market_connected,
            "total_api_calls": calls,
            "api_success_rate": max(0, calls - failed) / calls if calls else 1.0,
            "successful_api_calls": max(0, calls - failed),
            "failed_api_calls": failed,
            "avg_response_time_ms": self.figure(CLIENT, "average_response_time_ms"),
            "cache_hit_rate": self.figure(CLIENT, "cache_hit_ratio"),
            "memory_usage_mb": self.memory_mb,
            "active_subscriptions": int(self.figure(REALTIME, "subscribed_contracts")),
            "message_queue_size": int(self.figure(EVENTS, "waiting")),
            "features_enabled": list(facts.features),
            "timeframes": list(facts.timeframes),
            "total_errors": self.errors,
            "health_score": self.health,
        }

    def comprehensive(self) -> ComprehensiveStats:
        """Return the documented mapping of everything.

        A section of which there is no part is left out; a figure that nobody measures is None.
        """
        suite = self.documented()
        hubs = {"user": self.user_connected, "market": self.market_connected}
        minutes = max(self.facts.uptime_s, 1) / 60
        uptime = self.figure(REALTIME, "health.uptime_seconds")
        scores = self.component_health()
        found: ComprehensiveStats = {
            "suite": suite,
            "health": {
                "overall_score": self.health,
                "component_scores": scores,
                "issues": [
                    f"{name}: health {score:.0f}" for name, score in scores.items() if score < 100
                ],
            },
            "performance": {
                "api_calls_total": suite["total_api_calls"],
                "cache_hit_rate": suite["cache_hit_rate"],
                "avg_response_time": suite["avg_response_time_ms"],
                "requests_per_second": suite["total_api_calls"] / minutes / 60,
            },
            "errors": {
                "total_errors": self.errors,
                "error_rate": self.errors / minutes,
                "errors_by_component": {n: part.errors for n, part in self.components.items()},
                "recent_errors": self.recent_errors,
            },
            "connections": {
                "active_connections": sum(hubs.values()),
                "connection_status": {
                    name: "connected" if up else "disconnected" for name, up in hubs.items()
                },
                "connection_uptime": {name: uptime if up else 0.0 for name, up in hubs.items()},
            },
            **sections_of(self.components, self.process),
            "latency": {
                name: {
                    "count": one.count,
                    "mean_ms": one.mean_us / 1000,
                    "p50_ms": one.p50_us / 1000,
                    "p95_ms": one.p95_us / 1000,
                    "p99_ms": one.p99_us / 1000,
                    "max_ms": one.max_us / 1000,
                }
                for name, one in self.latency.items()
            },
            "handlers": {
                one.handler: {
                    "delivered": one.delivered,
                    "waiting": one.waiting,
                    "conflated": one.conflated,
                    "errors": one.errors,
                    "mean_ms": one.mean_s * 1000,
                    "longest_ms": one.longest_s * 1000,
                    "behind_ms": one.behind_s * 1000,
                    "slow": one.slow,
                }
                for one in self.handlers
            },
            "generated_at": self.generated_at,
            "collection_time_ms": self.collection_ms,
        }
        return found
