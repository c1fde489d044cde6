"""The documented sections of a suite's statistics, each made of the figures of the parts it is of.

Several instruments make one section: what was counted is added up, of what is greatest the greatest
is told, and a mean is that of all the things it is a mean of. The risk manager's figures are those
of the account, whatever the instruments.

Invariants (``tests/statistics/test_sections.py``): a section of which the suite has no part is left
out; a section has each of its documented keys; what nobody has measured is None, never a guess.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from project_x_py._core.time import format_iso
from project_x_py.types.stats_types import (
    CacheStats,
    HTTPClientStats,
    MemoryUsageStats,
    OrderbookStats,
    OrderManagerStats,
    PositionManagerStats,
    RealtimeConnectionStats,
    RealtimeDataManagerStats,
    RiskManagerStats,
    TradingStats,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from project_x_py._core.component import ComponentStatistics
    from project_x_py._runtime.memory import ProcessMemory
    from project_x_py.types.stats_types import ComprehensiveStats

__all__ = ["sections_of"]

GREATEST = frozenset(
    {
        "max_bid_depth",
        "max_ask_depth",
        "largest_trade",
        "processing_latency_ms",
        "data_latency_ms",
        "data_freshness_seconds",
    }
)
"""The worst instrument's, or the largest."""
MEAN_OF = {
    "avg_trade_size": "trades_processed",
    "avg_spread": "trades_processed",
    "spread_volatility": "trades_processed",
    "order_clustering": "trades_processed",
    "buffer_utilization": "",
    "compression_ratio": "",
    "avg_bid_depth": "",
    "avg_ask_depth": "",
}
"""Means, and what they are means of; of the instruments where nothing is named."""
OF_EACH = (
    "risk_alerts",
    "rule_warnings",
    "stop_losses_triggered",
    "managed_trades_active",
    "managed_trades_completed",
)
"""What the risk manager of each instrument counts for itself; all else is of the account."""
MEGABYTE = 2**20
TIMEFRAME = "timeframe_stats."


def sections_of(
    parts: Mapping[str, ComponentStatistics], process: ProcessMemory | None
) -> ComprehensiveStats:
    """Return the sections of the parts that there are.

    Args:
        parts: By name, those of an instrument as ``MNQ.data``.
        process: The memory of this process, None when nobody has looked.
    """
    found: dict[str, object] = {}
    orders, positions = parts.get("order_manager"), parts.get("position_manager")
    data, books = _of(parts, "data"), _of(parts, "orderbook")
    risk = _of(parts, "risk_manager")
    if orders is not None and positions is not None:
        found["trading"] = _trading(orders, positions)
    if orders is not None:
        last = {"last_order_time": orders.last_activity}
        found["order_manager"] = _picked(OrderManagerStats, orders.figures, last)
    if positions is not None:
        found["position_manager"] = _positions(positions, risk)
    if data:
        found["data_manager"] = _data(data, parts.get("realtime"))
    if books:
        found["orderbook"] = _picked(OrderbookStats, _merged(books))
    if risk:
        found["risk_manager"] = _picked(RiskManagerStats, _risk(risk), _results(positions))
    if (realtime := parts.get("realtime")) is not None:
        found["realtime"] = _realtime(realtime)
    if (client := parts.get("client")) is not None:
        found["http_client"] = _requests(client.figures)
        found["cache"] = _cache(client.figures)
    if process is not None:
        found["memory"] = _memory(process, parts)
    return cast("ComprehensiveStats", found)


def _of(parts: Mapping[str, ComponentStatistics], kind: str) -> list[ComponentStatistics]:
    """Return the parts of one kind, of every instrument."""
    return [part for name, part in parts.items() if name.rpartition(".")[2] == kind]


def _picked(
    section: type, figures: Mapping[str, float], more: Mapping[str, object] | None = None
) -> dict[str, object]:
    """Return each key of a section, out of ``more`` or else of the figures of that name."""
    told = {**figures, **(more or {})}
    left_out = getattr(section, "__optional_keys__", ())
    return {name: told.get(name) for name in section.__annotations__ if name not in left_out}


def _merged(parts: Sequence[ComponentStatistics]) -> dict[str, float]:
    """Return the figures of all instruments as those of one."""
    if len(parts) == 1:
        return dict(parts[0].figures)
    found: dict[str, float] = {}
    for name in dict.fromkeys(name for part in parts for name in part.figures):
        having = [part.figures for part in parts if name in part.figures]
        values = [figures[name] for figures in having]
        if name in GREATEST:
            found[name] = max(values)
        elif name in MEAN_OF:
            weights = [figures.get(MEAN_OF[name], 0) if MEAN_OF[name] else 1 for figures in having]
            weighted = sum(value * weight for value, weight in zip(values, weights, strict=True))
            found[name] = weighted / sum(weights) if sum(weights) else 0.0
        else:
            found[name] = sum(values)
    return found


def _latest(parts: Iterable[ComponentStatistics]) -> str | None:
    return max((part.last_activity for part in parts if part.last_activity), default=None)


def _share(part: float, whole: float) -> float:
    return part / whole if whole else 0.0


def _trading(orders: ComponentStatistics, positions: ComponentStatistics) -> dict[str, object]:
    more = {
        "orders_today": orders.figures.get("day.orders"),
        "fills_today": orders.figures.get("day.fills"),
        "active_positions": positions.figures.get("open_positions"),
        "pnl_today": positions.figures.get("day.realised"),
    }
    return _picked(TradingStats, {}, more)


def _positions(
    positions: ComponentStatistics, risk: Sequence[ComponentStatistics]
) -> dict[str, object]:
    limits = risk[0].figures if risk else {}
    more = {
        "last_position_update": positions.last_activity,
        "total_risk": limits.get("total_risk_exposure"),
        "max_position_risk": limits.get("max_position_risk"),
    }
    return _picked(PositionManagerStats, positions.figures, more)


def _risk(parts: Sequence[ComponentStatistics]) -> dict[str, float]:
    """Return the account's figures once, and what each instrument has counted added up."""
    counted = {
        name: sum(part.figures.get(name, 0) for part in parts)
        for name in OF_EACH
        if name in parts[0].figures
    }
    memory_mb = sum(part.memory_mb for part in parts)
    return {**parts[0].figures, **counted, "memory_usage_mb": memory_mb}


def _results(positions: ComponentStatistics | None) -> dict[str, object]:
    """Return what the account's closed trades tell of its risk."""
    figures = {} if positions is None else positions.figures
    return {name: figures.get(name) for name in ("sharpe_ratio", "max_drawdown")}


def _data(
    parts: Sequence[ComponentStatistics], realtime: ComponentStatistics | None
) -> dict[str, object]:
    figures = _merged(parts)
    frames: dict[str, dict[str, int]] = {}
    for path, value in figures.items():
        if path.startswith(TIMEFRAME):
            timeframe, _, name = path.removeprefix(TIMEFRAME).rpartition(".")
            frames.setdefault(timeframe, {})[name] = int(value)
    applied = None if realtime is None else realtime.latency.get("bar")
    more = {
        "timeframe_stats": frames,
        "last_update": _latest(parts),
        "avg_processing_time_ms": applied.mean_us / 1000 if applied and applied.count else None,
    }
    return _picked(RealtimeDataManagerStats, figures, more)


def _realtime(part: ComponentStatistics) -> dict[str, object]:
    figures = part.figures
    uptime_s = figures.get("health.uptime_seconds", 0.0)
    latencies = [
        figures[name]
        for name in ("health.user_hub_latency_ms", "health.market_hub_latency_ms")
        if name in figures
    ]
    beats = [
        figures[name]
        for name in ("health.user_heartbeat_success_rate", "health.market_heartbeat_success_rate")
        if name in figures
    ]
    held, again_ns = figures.get("bytes_received"), int(figures.get("last_reconnection_ns", 0))
    more = {
        "user_hub_connected": bool(figures.get("user_connected")),
        "market_hub_connected": bool(figures.get("market_connected")),
        "connection_uptime_seconds": int(uptime_s),
        "reconnection_attempts": figures.get("reconnection_attempts"),
        "connection_stability_score": sum(beats) / len(beats) if beats else None,
        "messages_received": sum(_within(figures, "frames_received.").values()),
        "message_queue_size": figures.get("records_waiting"),
        "avg_message_latency_ms": sum(latencies) / len(latencies) if latencies else None,
        "subscriptions_active": figures.get("subscribed_contracts"),
        "data_rate_per_second": figures.get("health.events_per_second"),
        "bandwidth_usage_kbps": (None if held is None else _share(held * 8 / 1000, uptime_s)),
        "message_errors": sum(_within(figures, "decode_errors.").values()),
        "last_error": part.recent_errors[-1]["message"] if part.recent_errors else None,
        "last_reconnection": format_iso(again_ns) if again_ns else None,
    }
    return _picked(RealtimeConnectionStats, figures, more)


def _requests(figures: Mapping[str, float]) -> dict[str, object]:
    sent, failed = int(figures.get("api_calls", 0)), int(figures.get("errors", 0))
    more = {
        "total_requests": sent,
        "successful_requests": max(0, sent - failed),
        "failed_requests": failed,
        "avg_response_time_ms": figures.get("average_response_time_ms"),
        "fastest_request_ms": figures.get("fastest_response_time_ms"),
        "slowest_request_ms": figures.get("slowest_response_time_ms"),
        "response_codes": {
            code: int(count) for code, count in _within(figures, "response_codes.").items()
        },
        "rate_limit_hits": figures.get("rate_limited"),
        "retry_attempts": figures.get("retries"),
        "backoff_delays_ms": list(_within(figures, "backoff_delays_ms.").values()),
        "cache_hit_rate": figures.get("cache_hit_ratio"),
    }
    return _picked(HTTPClientStats, figures, more)


def _cache(figures: Mapping[str, float]) -> dict[str, object]:
    frames, size = figures.get("market_data_cache_size", 0), figures.get("market_data_bytes", 0)
    more = {
        "cache_hit_rate": figures.get("cache_hit_ratio"),
        "items_cached": int(figures.get("instrument_cache_size", 0) + frames),
        "total_size_mb": size / MEGABYTE,
        "avg_item_size_kb": _share(size / 1024, frames),
        "evictions": figures.get("cache_evictions"),
        "ttl_expirations": figures.get("cache_expirations"),
        "memory_usage_mb": size / MEGABYTE,
    }
    return _picked(CacheStats, figures, more)


def _memory(process: ProcessMemory, parts: Mapping[str, ComponentStatistics]) -> dict[str, object]:
    total, used = process.machine_mb, process.used_mb
    more = {
        "total_memory_mb": total,
        "used_memory_mb": used,
        "available_memory_mb": process.available_mb,
        "memory_usage_percent": None if total is None or used is None else 100 * used / total,
        "component_memory": {name: part.memory_mb for name, part in parts.items()},
        "gc_collections": process.collections,
        "memory_alerts": process.alerts,
    }
    return _picked(MemoryUsageStats, {}, more)


def _within(figures: Mapping[str, float], prefix: str) -> dict[str, float]:
    return {
        name.removeprefix(prefix): value
        for name, value in figures.items()
        if name.startswith(prefix)
    }
