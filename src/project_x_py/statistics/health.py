"""A score of a whole suite out of its statistics, and what keeps it down.

Six categories are judged, each by thresholds; the score is their weighted mean. A category of which
nothing was measured has no say: its weight goes to the others, and it is named.

Invariants (``tests/statistics/test_health.py``): the score is 0 while a hub is missing; a quiet
market takes nothing from it; it never rises when a figure gets worse.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING

from project_x_py.statistics._alerts import HealthAlert, HealthBreakdown

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from project_x_py.types.stats_types import ComponentStats, ComprehensiveStats

__all__ = ["AlertLevel", "HealthAlert", "HealthBreakdown", "HealthMonitor", "HealthThresholds"]

WEIGHTS = {
    "errors": 0.25,
    "performance": 0.20,
    "connection": 0.20,
    "resources": 0.15,
    "data_quality": 0.15,
    "component_status": 0.05,
}
STEPS = (100.0, 80.0, 40.0, 10.0, 0.0)
"""Scores at the excellent, good, warning and critical threshold, and from twice the last on."""
HUBS_SHARE, BASE_SHARE = 50.0, 50.0
PENALTIES = (0.0, 10.0, 30.0, 40.0)
"""Points that reconnects an hour take at their thresholds."""
WORKING = frozenset({"connected", "active", "repairing", "static", "locked", "uncertain"})
PARTLY = 0.7
"""What a component counts that is initializing, or partly well."""
ERRORS_OF = ("trades_refused", "invalid_updates", "data_validation_errors")
POINTS_OF = ("ticks_processed", "trades_processed", "quotes_processed")


class AlertLevel(Enum):
    """How bad something is."""

    HEALTHY = "HEALTHY"
    WARNING = "WARNING"
    DEGRADED = "DEGRADED"
    CRITICAL = "CRITICAL"


@dataclass
class HealthThresholds:
    """Where a figure ends to be excellent, good, tolerable and bearable.

    Errors are per thousand operations, times in milliseconds, reconnects per hour, memory in
    percent, validation errors per thousand records.

    Raises:
        ValueError: The four of a figure do not ascend.
    """

    error_rate_excellent: float = 1.0
    error_rate_good: float = 5.0
    error_rate_warning: float = 20.0
    error_rate_critical: float = 50.0
    response_time_excellent: float = 100.0
    response_time_good: float = 500.0
    response_time_warning: float = 2000.0
    response_time_critical: float = 5000.0
    reconnection_excellent: int = 0
    reconnection_good: int = 2
    reconnection_warning: int = 10
    reconnection_critical: int = 30
    memory_usage_excellent: float = 50.0
    memory_usage_good: float = 70.0
    memory_usage_warning: float = 85.0
    memory_usage_critical: float = 95.0
    validation_error_excellent: float = 0.1
    validation_error_good: float = 1.0
    validation_error_warning: float = 5.0
    validation_error_critical: float = 10.0

    def __post_init__(self) -> None:
        for steps in (
            self.error_rate, self.response_time, self.reconnection, self.memory_usage,
            self.validation_error,
        ):  # fmt: skip
            if not 0 <= steps[0] < steps[1] < steps[2] < steps[3] < math.inf:
                raise ValueError(f"thresholds ascend from excellent to critical, not {steps}")

    @property
    def error_rate(self) -> tuple[float, float, float, float]:
        """The four of errors."""
        return (
            self.error_rate_excellent, self.error_rate_good, self.error_rate_warning,
            self.error_rate_critical,
        )  # fmt: skip

    @property
    def response_time(self) -> tuple[float, float, float, float]:
        """The four of answers."""
        return (
            self.response_time_excellent, self.response_time_good, self.response_time_warning,
            self.response_time_critical,
        )  # fmt: skip

    @property
    def reconnection(self) -> tuple[float, float, float, float]:
        """The four of reconnects."""
        return (
            self.reconnection_excellent, self.reconnection_good, self.reconnection_warning,
            self.reconnection_critical,
        )  # fmt: skip

    @property
    def memory_usage(self) -> tuple[float, float, float, float]:
        """The four of memory."""
        return (
            self.memory_usage_excellent, self.memory_usage_good, self.memory_usage_warning,
            self.memory_usage_critical,
        )  # fmt: skip

    @property
    def validation_error(self) -> tuple[float, float, float, float]:
        """The four of what could not be used."""
        return (
            self.validation_error_excellent, self.validation_error_good,
            self.validation_error_warning, self.validation_error_critical,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Verdict:
    """One category: its figure, its thresholds, its score."""

    metric: str
    value: float
    steps: Sequence[float]
    score: float
    advice: str


class HealthMonitor:
    """Scores statistics.

    Args:
        thresholds: What is good and what is not.
        weights: Share of each category; those left out keep theirs.

    Raises:
        ValueError: A category is unknown, a weight below zero, or their sum is not 1.
    """

    def __init__(
        self,
        thresholds: HealthThresholds | None = None,
        weights: dict[str, float] | None = None,
    ) -> None:
        self.thresholds = thresholds or HealthThresholds()
        self.weights = {**WEIGHTS, **(weights or {})}
        if unknown := sorted(self.weights.keys() - WEIGHTS.keys()):
            raise ValueError(f"no category {unknown[0]!r}, only {', '.join(WEIGHTS)}")
        if min(self.weights.values()) < 0 or not math.isclose(sum(self.weights.values()), 1):
            raise ValueError(f"weights are at least 0 and their sum is 1, not {self.weights}")

    async def calculate_health(self, stats: ComprehensiveStats) -> float:
        """Return the score, 0 to 100."""
        return self.breakdown(stats)["overall_score"]

    async def get_health_breakdown(self, stats: ComprehensiveStats) -> HealthBreakdown:
        """Return the score of each category, and the names of those without a measurement."""
        return self.breakdown(stats)

    async def get_health_alerts(self, stats: ComprehensiveStats) -> list[HealthAlert]:
        """Return what keeps the score down, the worst first; nothing when all is excellent."""
        found: list[tuple[float, HealthAlert]] = []
        for category, verdict in self._verdicts(stats).items():
            level = _level(verdict.score)
            if level is AlertLevel.HEALTHY:
                continue
            threshold = max((step for step in verdict.steps if step <= verdict.value), default=0)
            alert: HealthAlert = {
                "level": level.value,
                "category": category,
                "message": f"{verdict.metric} is {verdict.value:.6g}",
                "metric": verdict.metric,
                "current_value": verdict.value,
                "threshold": threshold,
                "recommendation": verdict.advice,
            }
            found.append((verdict.score, alert))
        return [alert for _, alert in sorted(found, key=lambda each: each[0])]

    def breakdown(self, stats: ComprehensiveStats) -> HealthBreakdown:
        """Return the same as :meth:`get_health_breakdown`."""
        verdicts = self._verdicts(stats)
        weight = sum(self.weights[name] for name in verdicts)
        total = sum(self.weights[name] * one.score for name, one in verdicts.items())
        total = round(total / weight, 6) if weight else 0.0
        scores = {name: verdicts[name].score if name in verdicts else 100.0 for name in WEIGHTS}
        return {
            "errors": scores["errors"],
            "performance": scores["performance"],
            "connection": scores["connection"],
            "resources": scores["resources"],
            "data_quality": scores["data_quality"],
            "component_status": scores["component_status"],
            "weighted_total": total,
            "overall_score": total if stats["suite"]["connected"] else 0.0,
            "missing_categories": [name for name in WEIGHTS if name not in verdicts],
        }

    def _verdicts(self, stats: ComprehensiveStats) -> dict[str, _Verdict]:
        judged = {
            "errors": self._errors(stats),
            "performance": self._performance(stats),
            "connection": self._connection(stats),
            "resources": self._resources(stats),
            "data_quality": self._data_quality(stats),
            "component_status": self._components(stats),
        }
        return {name: verdict for name, verdict in judged.items() if verdict is not None}

    def _errors(self, stats: ComprehensiveStats) -> _Verdict | None:
        suite = stats["suite"]
        operations = suite["total_api_calls"] + _sum(suite["components"], ("events_received",))
        if not operations:
            return None
        errors = suite.get("total_errors", 0)
        return _judged(
            "errors per 1000 operations",
            errors / max(operations, errors) * 1000,
            self.thresholds.error_rate,
            "see errors.recent_errors, and the log",
        )

    def _performance(self, stats: ComprehensiveStats) -> _Verdict | None:
        suite = stats["suite"]
        if not suite["total_api_calls"]:
            return None
        return _judged(
            "response time in ms",
            suite["avg_response_time_ms"],
            self.thresholds.response_time,
            "look at the way to the gateway: projectx doctor",
        )

    def _connection(self, stats: ComprehensiveStats) -> _Verdict:
        suite = stats["suite"]
        hubs = (
            suite["user_hub_connected"], suite["market_hub_connected"], suite["realtime_connected"]
        )  # fmt: skip
        realtime = suite["components"].get("realtime")
        lost = 0.0 if realtime is None else _sum({"": realtime}, ("connection_errors",))
        hours = max(suite["uptime_seconds"] / 3600, 1.0)
        steps = self.thresholds.reconnection
        penalty = _between(lost / hours, steps, PENALTIES)
        score = max(0.0, sum(hubs) / 3 * HUBS_SHARE + BASE_SHARE - penalty)
        if not all(hubs[:2]):
            score = 0.0
        return _Verdict(
            "reconnects an hour", lost / hours, steps, score, "look at the network and its log"
        )

    def _resources(self, stats: ComprehensiveStats) -> _Verdict | None:
        memory = stats.get("memory")
        share = None if memory is None else memory["memory_usage_percent"]
        if share is None:
            return None
        return _judged(
            "memory in percent",
            share,
            self.thresholds.memory_usage,
            "keep fewer bars or trades: max_bars_per_timeframe, max_trade_history",
        )

    def _data_quality(self, stats: ComprehensiveStats) -> _Verdict | None:
        parts = stats["suite"]["components"]
        points = _sum(parts, POINTS_OF)
        if not points:
            return None
        wrong = _sum(parts, ERRORS_OF)
        return _judged(
            "unusable per 1000 records",
            wrong / max(points, wrong) * 1000,
            self.thresholds.validation_error,
            "see get_validation_status() of the data manager",
        )

    def _components(self, stats: ComprehensiveStats) -> _Verdict | None:
        parts = stats["suite"]["components"]
        if not parts:
            return None
        shares = [
            1.0 if part["status"] in WORKING else _share(part["status"]) for part in parts.values()
        ]
        share = sum(shares) / len(shares)
        return _Verdict(
            "share of components at work", share, (), 100 * share, "see the status of each"
        )


def _share(status: str) -> float:
    return PARTLY if status in ("initializing", "degraded") else 0.0


def _sum(parts: Mapping[str, ComponentStats], names: Sequence[str]) -> float:
    total = 0.0
    for part in parts.values():
        figures = part.get("performance_metrics", {})
        for name in names:
            value = figures.get(name)
            total += value if isinstance(value, int | float) else 0.0
    return total


def _judged(metric: str, value: float, steps: Sequence[float], advice: str) -> _Verdict:
    return _Verdict(metric, value, steps, _between(value, (*steps, 2 * steps[-1]), STEPS), advice)


def _between(value: float, steps: Sequence[float], scores: Sequence[float]) -> float:
    """Return the score at ``value``, straight between the thresholds and constant beyond."""
    if value <= steps[0]:
        return scores[0]
    for left, right, high, low in zip(steps, steps[1:], scores, scores[1:], strict=False):
        if value <= right:
            return high + (low - high) * (value - left) / (right - left)
    return scores[-1]


def _level(score: float) -> AlertLevel:
    if score >= STEPS[1]:
        return AlertLevel.HEALTHY
    if score >= STEPS[2]:
        return AlertLevel.WARNING
    return AlertLevel.DEGRADED if score >= STEPS[3] else AlertLevel.CRITICAL
