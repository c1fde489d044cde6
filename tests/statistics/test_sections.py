"""The documented sections, made of the figures of the parts."""

from __future__ import annotations

from typing import Any

import pytest
from tests.statistics.samples import AT, comprehensive, part, suite

from project_x_py._runtime.memory import ProcessMemory
from project_x_py.statistics._sections import sections_of
from project_x_py.types import stats_types

SECTIONS: dict[str, Any] = {
    "trading": stats_types.TradingStats,
    "order_manager": stats_types.OrderManagerStats,
    "position_manager": stats_types.PositionManagerStats,
    "data_manager": stats_types.RealtimeDataManagerStats,
    "orderbook": stats_types.OrderbookStats,
    "risk_manager": stats_types.RiskManagerStats,
    "realtime": stats_types.RealtimeConnectionStats,
    "http_client": stats_types.HTTPClientStats,
    "cache": stats_types.CacheStats,
    "memory": stats_types.MemoryUsageStats,
}


def test_a_section_has_each_of_its_keys_and_needs_a_part() -> None:
    """Whatever its parts tell, the keys are the documented ones; without a part there is none."""
    parts = {
        name: part(name)
        for name in (
            *("client", "realtime", "order_manager", "position_manager"),
            *("MNQ.data", "MNQ.orderbook", "MNQ.risk_manager"),
        )
    }
    found = dict(sections_of(parts, ProcessMemory(None, None, None, 3)))
    assert set(found) == set(SECTIONS)
    for name, kind in SECTIONS.items():
        section = found[name]
        assert isinstance(section, dict)
        assert set(section) == kind.__required_keys__, name
    assert not sections_of({}, None)
    assert set(sections_of({"client": parts["client"]}, None)) == {"http_client", "cache"}


def test_what_nobody_has_measured_is_none() -> None:
    """No figure is made up for what no part tells."""
    told = comprehensive(part("order_manager"), part("position_manager"))
    assert set(told["trading"].values()) == {None}
    assert told["order_manager"]["fill_rate"] is None
    assert told["http_client"]["connection_reuse_rate"] is None


def test_several_instruments_make_one_section() -> None:
    """Counts are added up, of what is greatest the greatest is told, and shares are averaged."""
    told = comprehensive(
        part(
            "MNQ.data",
            figures={
                "trades_processed": 30,
                "data_freshness_seconds": 0.5,
                "timeframe_stats.1min.bars": 10,
                "buffer_utilization": 1.0,
            },
        ),
        part(
            "MES.data",
            figures={
                "trades_processed": 10,
                "data_freshness_seconds": 4.0,
                "timeframe_stats.1min.bars": 5,
                "buffer_utilization": 0.5,
            },
        ),
    )["data_manager"]
    assert (told["trades_processed"], told["avg_processing_time_ms"]) == (40, None)
    assert (told["data_freshness_seconds"], told["buffer_utilization"]) == (4.0, 0.75)
    assert told["timeframe_stats"] == {"1min": {"bars": 15}}
    assert told["last_update"] == AT


def test_a_mean_weighs_what_it_is_a_mean_of() -> None:
    """Thirty prints of one contract and ten of five are two each."""
    books = [
        part("A.orderbook", figures={"trades_processed": 30, "avg_trade_size": 1.0}),
        part("B.orderbook", figures={"trades_processed": 10, "avg_trade_size": 5.0}),
    ]
    assert comprehensive(*books)["orderbook"]["avg_trade_size"] == 2.0


def test_means_of_nothing_are_zero() -> None:
    """Two books without a trade have no mean size, and nothing is divided by zero."""
    books = [part(f"{s}.orderbook", trades_processed=0, avg_trade_size=0.0) for s in "AB"]
    assert comprehensive(*books)["orderbook"]["avg_trade_size"] == 0.0


def test_limits_are_told_once_for_the_account() -> None:
    """Two instruments have one account, whose checks count once; what filled is added up."""
    risk = [
        part(
            f"{symbol}.risk_manager",
            rules_evaluated=5,
            total_risk_exposure=80.0,
            max_position_risk=50,
            stop_losses_triggered=1,
        )
        for symbol in "AB"
    ]
    told = comprehensive(part("position_manager", win_rate=0.5), *risk)
    assert told["risk_manager"]["rules_evaluated"] == 5
    assert told["risk_manager"]["stop_losses_triggered"] == 2
    assert told["position_manager"]["total_risk"] == 80.0
    assert told["position_manager"]["max_position_risk"] == 50
    assert told["position_manager"]["win_rate"] == 0.5


def test_requests_are_told_by_code_and_share() -> None:
    """Answers by status, the share that went well, and the caches."""
    figures = {"response_codes.200": 970, "response_codes.500": 30, "market_data_bytes": 2**20}
    told = comprehensive(errors=30, market_data_cache_size=4, instrument_cache_size=6, **figures)
    assert told["suite"]["api_success_rate"] == 0.97
    assert told["http_client"]["response_codes"] == {"200": 970, "500": 30}
    assert told["http_client"]["successful_requests"] == 970
    assert told["cache"]["items_cached"] == 10
    assert (told["cache"]["total_size_mb"], told["cache"]["avg_item_size_kb"]) == (1.0, 256.0)


@pytest.mark.parametrize(("machine_mb", "percent"), [(1000.0, 25.0), (None, None)])
def test_memory_is_that_of_the_process(machine_mb: float | None, percent: float | None) -> None:
    """The share of the machine that the process takes, None where the system does not tell."""
    told = sections_of(suite().components, ProcessMemory(250.0, machine_mb, None, 7, 2))["memory"]
    assert told["memory_usage_percent"] == percent
    assert (told["used_memory_mb"], told["gc_collections"], told["memory_alerts"]) == (250.0, 7, 2)
    assert set(told["component_memory"]) == {"client", "realtime", "events"}
