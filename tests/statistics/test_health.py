"""The score of a suite out of its statistics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.statistics.samples import comprehensive, part

from project_x_py.statistics import HealthMonitor, HealthThresholds
from project_x_py.statistics.health import WEIGHTS, AlertLevel, HealthAlert, HealthBreakdown

if TYPE_CHECKING:
    from project_x_py._core.component import ComponentStatistics

GOOD: dict[str, Any] = {"ticks_processed": 1000}


def data(**figures: float) -> ComponentStatistics:
    """The bars of an instrument."""
    return part("MNQ.data", figures={**GOOD, **figures})


async def test_all_is_well() -> None:
    """A suite without an error scores 100, and there is nothing to warn of."""
    monitor = HealthMonitor()
    stats = comprehensive(data())
    assert await monitor.calculate_health(stats) == 100.0
    assert await monitor.get_health_alerts(stats) == []
    told = await monitor.get_health_breakdown(stats)
    assert told.keys() <= HealthBreakdown.__required_keys__ | HealthBreakdown.__optional_keys__
    assert told.get("missing_categories") == ["resources"]


async def test_a_quiet_market_takes_nothing() -> None:
    """Without a tick and without an event the data have no say, and the score stays."""
    told = HealthMonitor().breakdown(comprehensive(part("MNQ.data", ticks_processed=0)))
    assert told["overall_score"] == 100.0
    assert "data_quality" in told.get("missing_categories", [])


@pytest.mark.parametrize("hub", ["user_connected", "market_connected"])
async def test_a_missing_hub_is_zero(hub: str) -> None:
    """The score is 0, and an alert says that the connection is critical."""
    monitor, stats = HealthMonitor(), comprehensive(data(), realtime={hub: 0})
    assert await monitor.calculate_health(stats) == 0.0
    alerts = await monitor.get_health_alerts(stats)
    assert (alerts[0]["category"], alerts[0]["level"]) == ("connection", AlertLevel.CRITICAL.value)
    assert alerts[0].keys() == HealthAlert.__required_keys__


@pytest.mark.parametrize(
    ("ms", "score"), [(0, 100), (100, 100), (300, 90), (500, 80), (2000, 40), (5000, 10), (1e6, 0)]
)
def test_scores_go_straight_between_thresholds(ms: float, score: float) -> None:
    """The score at each threshold is the documented one, and falls in a line between them."""
    told = HealthMonitor().breakdown(comprehensive(data(), average_response_time_ms=ms))
    assert told["performance"] == pytest.approx(score)


@given(st.lists(st.floats(0, 1e5), min_size=2, max_size=2), st.sampled_from(["ms", "bad", "lost"]))
def test_the_score_never_rises_when_a_figure_gets_worse(figures: list[float], which: str) -> None:
    """Slower answers, more refused trades and more reconnects only lower it."""

    def score(figure: float) -> float:
        stats = comprehensive(
            data(trades_refused=figure if which == "bad" else 0),
            realtime={"connection_errors": figure if which == "lost" else 0},
            average_response_time_ms=figure if which == "ms" else 1.0,
        )
        return HealthMonitor().breakdown(stats)["overall_score"]

    better, worse = sorted(figures)
    assert 0 <= score(worse) <= score(better) <= 100


async def test_alerts_are_worst_first_and_name_the_threshold() -> None:
    """Each has the figure, the threshold that it has passed, and what may help."""
    stats = comprehensive(data(trades_refused=500), errors=30, average_response_time_ms=800.0)
    alerts = await HealthMonitor().get_health_alerts(stats)
    assert [alert["category"] for alert in alerts] == ["data_quality", "performance"]
    assert (alerts[0]["level"], alerts[0]["threshold"]) == ("CRITICAL", 10.0)
    assert (alerts[1]["level"], alerts[1]["threshold"]) == ("WARNING", 500.0)
    assert alerts[1]["current_value"] == 800.0
    assert all(alert["recommendation"] for alert in alerts)


def test_weights_move_the_score() -> None:
    """Only what has weight counts, and a category without a measurement gives its weight away."""
    only = dict.fromkeys(WEIGHTS, 0.0) | {"performance": 1.0}
    stats = comprehensive(data(trades_refused=500), average_response_time_ms=500.0)
    assert HealthMonitor(weights=only).breakdown(stats)["overall_score"] == 80.0
    nothing = dict.fromkeys(WEIGHTS, 0.0) | {"resources": 1.0}
    assert HealthMonitor(weights=nothing).breakdown(stats)["overall_score"] == 0.0


def test_memory_is_judged_where_it_is_told() -> None:
    """A section of memory has a say by its percentage."""
    stats = comprehensive(data())
    stats["memory"] = {"memory_usage_percent": 85.0}  # type: ignore[typeddict-item]  # enough here
    assert HealthMonitor().breakdown(stats)["resources"] == 40.0


@pytest.mark.parametrize(
    ("status", "score"), [("active", 100.0), ("initializing", 92.5), ("error", 75.0)]
)
def test_parts_that_do_not_work_count(status: str, score: float) -> None:
    """A part that is not at work takes its share, one that begins a third of it."""
    told = HealthMonitor().breakdown(comprehensive(part("MNQ.data", status=status)))
    assert told["component_status"] == pytest.approx(score)


def test_settings_that_make_no_sense_are_refused() -> None:
    """Thresholds ascend, weights have known names and the sum 1."""
    with pytest.raises(ValueError, match="ascend"):
        HealthThresholds(error_rate_good=0.5)
    with pytest.raises(ValueError, match="no category 'luck'"):
        HealthMonitor(weights={"luck": 1.0})
    with pytest.raises(ValueError, match="their sum is 1"):
        HealthMonitor(weights={"errors": 0.9})
