"""Counters of a component of one's own."""

from __future__ import annotations

import asyncio

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.virtual import in_virtual_time

from project_x_py._runtime.clock import VirtualClock
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.statistics import BaseStatisticsTracker, StatisticsProvider
from project_x_py.statistics.base import ErrorInfo, PerformanceMetrics


@in_virtual_time
async def test_what_is_counted_is_told() -> None:
    """Counters, gauges, durations and errors are in the documented figures; a reset forgets."""
    tracker = BaseStatisticsTracker("mine", clock=VirtualClock(0))
    assert isinstance(tracker, StatisticsProvider)
    assert (await tracker.get_status(), await tracker.get_health_score()) == (
        "initializing",
        70,
    )
    await tracker.increment("fills")
    await tracker.increment("fills", 2)
    await tracker.set_gauge("depth", 4)
    await tracker.record_timing("parse", 2.0)
    await tracker.record_timing("parse", 4.0)
    await tracker.track_error(ValueError("no"), "there", {"x": 1})
    await tracker.set_status("active")
    await asyncio.sleep(9)
    stats = await tracker.get_stats()
    assert (stats["name"], stats["status"], stats["uptime_seconds"]) == ("mine", "active", 9)
    assert (stats["error_count"], stats["memory_usage_mb"] > 0) == (1, True)
    assert stats["last_activity"] == "1970-01-01T00:00:00+00:00"
    assert stats["performance_metrics"] == {
        "fills": 3,
        "depth": 4.0,
        "parse.count": 2,
        "parse.avg_ms": 3.0,
        "parse.min_ms": 2.0,
        "parse.max_ms": 4.0,
    }
    assert await tracker.get_error_count() == 1
    (error,) = await tracker.get_recent_errors()
    assert (error["error_type"], error["context"]) == ("ValueError", "there")
    assert tracker.statistics().recent_errors[0]["message"] == "no"
    await tracker.reset_metrics()
    assert (await tracker.get_stats())["performance_metrics"] == {}
    assert await tracker.get_uptime() == 9
    assert await tracker.get_memory_usage() < stats["memory_usage_mb"]


@in_virtual_time
async def test_an_answer_is_given_again_until_it_is_old() -> None:
    """``get_stats`` is as old as ``cache_ttl`` at most, and fresh after ``cleanup_cache``."""
    tracker = BaseStatisticsTracker("mine", cache_ttl=5, clock=VirtualClock(0))

    async def told() -> object:
        return (await tracker.get_stats()).get("performance_metrics")

    await tracker.increment("a")
    assert await told() == {"a": 1}
    await tracker.increment("a")
    await asyncio.sleep(4.9)
    assert await told() == {"a": 1}
    await asyncio.sleep(0.1)
    assert await told() == {"a": 2}
    await tracker.increment("a")
    await tracker.cleanup_cache()
    assert await told() == {"a": 3}


@given(st.integers(0, 2000), st.integers(0, 50))
@in_virtual_time
async def test_health_is_a_point_for_each_failure_in_a_thousand(
    operations: int, errors: int
) -> None:
    """100 less 1000 times the share of failures, at least 0; of more errors it never rises."""
    tracker = BaseStatisticsTracker("mine", clock=VirtualClock(0))
    await tracker.set_status("active")
    await tracker.increment("operations", operations)
    for _ in range(errors):
        await tracker.track_error(ValueError(), "x")
    score = await tracker.get_health_score()
    if operations >= max(errors, 1):
        assert score == pytest.approx(max(0.0, 100 - 1000 * errors / operations))
    else:
        assert score == (0.0 if errors else 100.0)


@pytest.mark.parametrize(
    ("status", "score"),
    [("active", 100), ("connected", 100), ("initializing", 70), ("disconnected", 0), ("error", 0)],
)
@in_virtual_time
async def test_health_follows_the_status_and_no_clock(status: str, score: float) -> None:
    """Neither youth nor a day without anything to do changes the score."""
    tracker = BaseStatisticsTracker("mine", clock=VirtualClock(0))
    await tracker.set_status(status)
    assert await tracker.get_health_score() == score
    await asyncio.sleep(86_400)
    assert await tracker.get_health_score() == score


def test_errors_kept_are_bounded_and_limits_checked() -> None:
    """All errors count, the newest are kept; a number below zero is refused."""

    async def run() -> None:
        tracker = BaseStatisticsTracker("mine", max_errors=2, clock=VirtualClock(0))
        for number in range(5):
            await tracker.track_error(ValueError(str(number)), "x")
        assert await tracker.get_error_count() == 5
        assert [e["message"] for e in await tracker.get_recent_errors(9)] == ["3", "4"]

    run_virtual(run())
    with pytest.raises(ValueError, match="not below 0"):
        BaseStatisticsTracker("mine", cache_ttl=-1)


async def test_durations_by_operation() -> None:
    """Count and mean of each; an operation that nobody timed has none."""
    metrics = PerformanceMetrics()
    await metrics.record_timing("send", 1.0)
    await metrics.record_timing("send", 3.0)
    assert await metrics.get_operation_count("send") == 2
    assert await metrics.get_avg_timing("send") == 2.0
    assert (await metrics.get_operation_count("x"), await metrics.get_avg_timing("x")) == (0, 0.0)
    figures = {"count": 2, "avg_ms": 2.0, "min_ms": 1.0, "max_ms": 3.0}
    assert await metrics.get_all_metrics() == {"send": figures}


def test_an_error_is_told_without_its_secrets() -> None:
    """Text and type of it, when and where; a token in the text is not handed on."""
    info = ErrorInfo(ValueError("bad access_token=abcdefgh1234"), "login", {"try": 2}, 12.5)
    told = info.to_dict()
    assert "abcdefgh1234" not in told.pop("error")
    assert told == {
        "error_type": "ValueError",
        "context": "login",
        "details": {"try": 2},
        "timestamp": 12.5,
    }
    assert ErrorInfo("text", "x").to_dict()["error_type"] == "str"
    assert ErrorInfo("text", "x").timestamp > 0
