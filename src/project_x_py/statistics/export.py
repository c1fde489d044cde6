"""Statistics as text for other programs: JSON, Prometheus, CSV, Datadog.

Every format but JSON is written from one list of samples, so that they say the same. Secrets are
left out of all of them: the values of keys that name one, and tokens within texts.

Invariants (``tests/statistics/test_export.py``): each format has every sample; Prometheus text
follows the exposition format; times in names that end in ``_seconds`` are seconds.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import msgspec

from project_x_py._core.redact import redact
from project_x_py._core.time import NS, parse_ns
from project_x_py.types.stats_types import ComprehensiveStats

if TYPE_CHECKING:
    from project_x_py.types.stats_types import TradingSuiteStats

__all__ = ["FORMATS", "ComprehensiveStats", "Sample", "StatsExporter", "samples_of"]

FORMATS = ("json", "prometheus", "csv", "datadog")
REDACTED = "[redacted]"
SHORTEST = 4
"""A name of fewer characters cannot be told from other words."""
SECRETS = (
    "account_id", "account_name", "account_number", "accountid", "token", "api_key", "apikey",
    "password", "secret", "bearer", "username", "user_name",
)  # fmt: skip
"""How names end whose values are not handed out."""
COLUMNS = ("metric_category", "metric_name", "value", "component", "timestamp")
QUANTILES = {"p50_ms": "0.5", "p95_ms": "0.95", "p99_ms": "0.99"}


@dataclass(frozen=True, slots=True)
class Sample:
    """One number of a metric.

    Attributes:
        name: Of the metric, without prefix.
        value: The number.
        labels: What tells it apart from others of the metric.
        kind: ``gauge``, ``counter`` or ``summary``.
        category: The section that it comes from.
        suffix: What a summary adds to its name.
    """

    name: str
    value: float
    labels: Mapping[str, str]
    kind: str = "gauge"
    category: str = "suite"
    suffix: str = ""


HELP = {
    "health_score": "Health of the suite, 0 to 100.",
    "component_health": "Health of a part, 0 to 100.",
    "uptime_seconds": "Seconds since the suite was made.",
    "api_calls_total": "HTTP requests that left.",
    "api_calls_failed_total": "HTTP requests that failed.",
    "cache_hit_rate": "Share of look-ups that a cache answered.",
    "response_time_seconds": "Mean time of an answer.",
    "memory_total_mb": "Megabytes that the parts hold.",
    "component_memory_mb": "Megabytes that a part holds.",
    "errors_total": "Errors counted.",
    "error_rate": "Errors a minute.",
    "component_errors_total": "Errors counted by a part.",
    "component_figure": "A figure that a part tells, by its name.",
    "connections_active": "Hubs that are connected.",
    "connection_status": "Whether a hub is connected.",
    "subscriptions_active": "Contracts subscribed to.",
    "events_waiting": "Events that wait for handlers.",
    "latency_seconds": "How long a stage takes.",
    "latency_max_seconds": "The longest that a stage took.",
    "handler_run_max_seconds": "The longest run of a handler.",
    "handler_run_mean_seconds": "The mean run of a handler.",
    "handler_waiting": "Events that wait for a handler.",
    "handler_errors_total": "Runs of a handler that raised.",
    "handler_conflated_total": "Events left out for a handler that was behind.",
}


class StatsExporter:
    """Writes statistics.

    Args:
        sanitize_sensitive: Whether secrets, account names and numbers are left out.
        hidden: What else is taken out of every text then, such as the name of the account.
    """

    def __init__(self, sanitize_sensitive: bool = True, *, hidden: Iterable[str] = ()) -> None:
        self.sanitize_sensitive = sanitize_sensitive
        words = [re.escape(text) for text in hidden if len(text) >= SHORTEST]
        self._hidden = re.compile(rf"(?<!\w)(?:{'|'.join(words)})(?!\w)") if words else None

    async def export(
        self, stats: ComprehensiveStats, export_format: str = "json", **kwargs: Any
    ) -> str | dict[str, Any]:
        """Return the statistics in a format.

        Args:
            stats: As ``get_comprehensive_stats`` returns them.
            export_format: ``json``, ``prometheus``, ``csv`` or ``datadog``.
            **kwargs: Those of the method of that format.

        Returns:
            Text; a mapping for ``datadog``.

        Raises:
            ValueError: There is no such format.
        """
        return self.written(stats, export_format, **kwargs)

    def written(
        self, stats: ComprehensiveStats, export_format: str, **kwargs: Any
    ) -> str | dict[str, Any]:
        """Return the same as :meth:`export`."""
        match str(export_format).lower():
            case "json":
                return self._json(stats, **kwargs)
            case "prometheus":
                return self.prometheus(stats, **kwargs)
            case "csv":
                return self._csv(stats, **kwargs)
            case "datadog":
                return self._datadog(stats, **kwargs)
        raise ValueError(f"no format {export_format!r}, only {', '.join(FORMATS)}")

    async def to_json(
        self, stats: ComprehensiveStats, pretty: bool = False, include_timestamp: bool = True
    ) -> str:
        """Return a JSON object of all sections.

        Args:
            stats: What to write.
            pretty: Whether it is indented.
            include_timestamp: Whether ``export_timestamp`` is added.
        """
        return self._json(stats, pretty, include_timestamp)

    async def to_prometheus(self, stats: ComprehensiveStats, prefix: str = "projectx") -> str:
        """Return Prometheus text, every name with ``prefix``."""
        return self.prometheus(stats, prefix)

    async def to_csv(self, stats: ComprehensiveStats, include_timestamp: bool = True) -> str:
        """Return CSV: metric_category, metric_name, value, component, and timestamp if wanted."""
        return self._csv(stats, include_timestamp)

    async def to_datadog(
        self, stats: ComprehensiveStats, prefix: str = "projectx"
    ) -> dict[str, Any]:
        """Return the body of a Datadog series request: ``{"series": [...]}``."""
        return self._datadog(stats, prefix)

    def prometheus(self, stats: ComprehensiveStats, prefix: str = "projectx") -> str:
        """Return the same as :meth:`to_prometheus`."""
        lines: list[str] = []
        seen: set[str] = set()
        grouped = sorted(self._samples(stats), key=lambda sample: list(HELP).index(sample.name))
        for sample in grouped:
            name = f"{prefix}_{sample.name}"
            if sample.name not in seen:
                seen.add(sample.name)
                lines += [f"# HELP {name} {HELP[sample.name]}", f"# TYPE {name} {sample.kind}"]
            labels = ",".join(f'{key}="{_escaped(text)}"' for key, text in sample.labels.items())
            braces = f"{{{labels}}}" if labels else ""
            lines.append(f"{name}{sample.suffix}{braces} {_number(sample.value)}")
        return "\n".join(lines) + "\n"

    def _json(
        self, stats: ComprehensiveStats, pretty: bool = False, include_timestamp: bool = True
    ) -> str:
        data = self._cleaned(dict(stats))
        if include_timestamp:
            data["export_timestamp"] = stats["generated_at"]
        raw = msgspec.json.encode(data)
        return (msgspec.json.format(raw, indent=2) if pretty else raw).decode()

    def _csv(self, stats: ComprehensiveStats, include_timestamp: bool = True) -> str:
        columns = COLUMNS if include_timestamp else COLUMNS[:-1]
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerow(columns)
        for sample in self._samples(stats):
            labels = dict(sample.labels)
            component = labels.pop("component", "")
            name = ".".join([sample.name + sample.suffix, *labels.values()])
            row = (sample.category, name, _number(sample.value), component, stats["generated_at"])
            writer.writerow(row[: len(columns)])
        return text.getvalue()

    def _datadog(self, stats: ComprehensiveStats, prefix: str = "projectx") -> dict[str, Any]:
        at_s = parse_ns(stats["generated_at"]) // NS
        return {
            "series": [
                {
                    "metric": f"{prefix}.{sample.name}{sample.suffix}",
                    "points": [[at_s, sample.value]],
                    "type": "count" if sample.kind == "counter" else "gauge",
                    "tags": [f"{key}:{text}" for key, text in sample.labels.items()],
                }
                for sample in self._samples(stats)
            ]
        }

    def _samples(self, stats: ComprehensiveStats) -> list[Sample]:
        found = list(samples_of(stats))
        if not self.sanitize_sensitive:
            return found
        return [sample for sample in found if not _is_secret(sample.labels.get("name", ""))]

    def _cleaned(self, value: Any, name: str = "") -> Any:
        if not self.sanitize_sensitive:
            return value
        if _is_secret(name):
            return REDACTED
        if isinstance(value, Mapping):
            return {key: self._cleaned(each, str(key)) for key, each in value.items()}
        if isinstance(value, str):
            text = redact(value)
            return text if self._hidden is None else self._hidden.sub(REDACTED, text)
        if isinstance(value, Sequence):
            return [self._cleaned(each) for each in value]
        return value


def samples_of(stats: ComprehensiveStats) -> Iterator[Sample]:
    """Yield every number that there is, in a fixed order."""
    suite = stats["suite"]
    yield Sample("health_score", suite.get("health_score", 0.0), {}, category="health")
    scores = stats.get("health", {"component_scores": {}})["component_scores"]
    for component, score in scores.items():
        yield Sample("component_health", score, {"component": component}, category="health")
    yield from _of_suite(suite)
    for component, part in suite["components"].items():
        of_part = {"component": component}
        yield Sample("component_memory_mb", part["memory_usage_mb"], of_part, category="memory")
        yield Sample(
            "component_errors_total", part["error_count"], of_part, "counter", category="errors"
        )
        for name, value in part.get("performance_metrics", {}).items():
            if isinstance(value, int | float):
                labels = {**of_part, "name": name}
                yield Sample("component_figure", value, labels, category="component")
    if "errors" in stats:
        yield Sample("error_rate", stats["errors"]["error_rate"], {}, category="errors")
    yield from _of_latency(stats)
    yield from _of_handlers(stats)


def _of_suite(suite: TradingSuiteStats) -> Iterator[Sample]:
    yield Sample("uptime_seconds", suite["uptime_seconds"], {})
    yield Sample("api_calls_total", suite["total_api_calls"], {}, "counter", "performance")
    yield Sample("api_calls_failed_total", suite["failed_api_calls"], {}, "counter", "performance")
    yield Sample("cache_hit_rate", suite["cache_hit_rate"], {}, category="performance")
    seconds = suite["avg_response_time_ms"] / 1000
    yield Sample("response_time_seconds", seconds, {}, category="performance")
    yield Sample("memory_total_mb", suite["memory_usage_mb"], {}, category="memory")
    yield Sample("errors_total", suite.get("total_errors", 0), {}, "counter", "errors")
    hubs = {"user": suite["user_hub_connected"], "market": suite["market_hub_connected"]}
    yield Sample("connections_active", sum(hubs.values()), {}, category="connections")
    for name, up in hubs.items():
        yield Sample("connection_status", int(up), {"type": name}, category="connections")
    yield Sample("subscriptions_active", suite["active_subscriptions"], {}, category="connections")
    yield Sample("events_waiting", suite["message_queue_size"], {}, category="events")


def _of_latency(stats: ComprehensiveStats) -> Iterator[Sample]:
    for stage, told in stats.get("latency", {}).items():
        for name, quantile in QUANTILES.items():
            labels = {"stage": stage, "quantile": quantile}
            yield Sample("latency_seconds", told[name] / 1000, labels, "summary", "latency")
        of_stage = {"stage": stage}
        total_s = told["mean_ms"] * told["count"] / 1000
        yield Sample("latency_seconds", total_s, of_stage, "summary", "latency", "_sum")
        yield Sample("latency_seconds", told["count"], of_stage, "summary", "latency", "_count")
        yield Sample("latency_max_seconds", told["max_ms"] / 1000, of_stage, category="latency")


def _of_handlers(stats: ComprehensiveStats) -> Iterator[Sample]:
    for handler, told in stats.get("handlers", {}).items():
        of_it = {"handler": handler}
        longest_s, mean_s = told["longest_ms"] / 1000, told["mean_ms"] / 1000
        yield Sample("handler_run_max_seconds", longest_s, of_it, category="handlers")
        yield Sample("handler_run_mean_seconds", mean_s, of_it, category="handlers")
        yield Sample("handler_waiting", told["waiting"], of_it, category="handlers")
        yield Sample("handler_errors_total", told["errors"], of_it, "counter", "handlers")
        yield Sample("handler_conflated_total", told["conflated"], of_it, "counter", "handlers")


def _is_secret(name: str) -> bool:
    return name.lower().replace("-", "_").endswith(SECRETS)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _number(value: float) -> str:
    return str(int(value)) if isinstance(value, int) else f"{value:.12g}"
