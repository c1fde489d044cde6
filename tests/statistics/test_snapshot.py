"""A suite and its parts at one moment."""

from __future__ import annotations

import pytest
from tests.statistics.samples import part, suite

from project_x_py.statistics import SuiteFacts, SuiteStatistics


def test_every_figure_is_one_of_a_part() -> None:
    """The documented mapping repeats what client, hubs and buses have counted."""
    told = suite(part("MNQ.data", errors=2), errors=30).documented()
    assert (told["total_api_calls"], told["failed_api_calls"]) == (1000, 30)
    assert told["successful_api_calls"] == 970
    assert (told["avg_response_time_ms"], told["cache_hit_rate"]) == (50.0, 0.5)
    assert (told["message_queue_size"], told["active_subscriptions"]) == (3, 1)
    assert (told["total_errors"], told["memory_usage_mb"]) == (32, 2.0)
    assert (told["suite_id"], told["instrument"]) == ("suite-MNQ", "MNQ")
    assert (told["features_enabled"], told["timeframes"]) == (["orderbook"], ["1min"])
    assert told["components"]["MNQ.data"]["error_count"] == 2


@pytest.mark.parametrize("hub", ["user_connected", "market_connected"])
def test_a_missing_hub_takes_all_health(hub: str) -> None:
    """With one hub only the suite is disconnected, and its health 0."""
    told = suite(realtime={hub: 0})
    assert (told.connected, told.health) == (False, 0.0)
    assert told.documented()["status"] == "disconnected"
    assert told.comprehensive()["connections"]["active_connections"] == 1


def test_one_failed_part_is_not_outvoted() -> None:
    """The score is the mean of the parts, and at most twice that of the worst."""
    assert suite().health == 100.0
    assert suite(part("a", 60.0)).health == 90.0
    assert suite(part("a", 10.0)).health == 20.0
    assert suite(part("a", 0.0)).health == 0.0


def test_parts_that_nobody_has_add_nothing() -> None:
    """Without any part every figure is zero, and nothing is connected."""
    told = SuiteStatistics(SuiteFacts(), "2026-09-01T00:00:00+00:00", {})
    assert (told.health, told.errors, told.memory_mb, told.latency) == (0.0, 0, 0, {})
    assert told.documented()["total_api_calls"] == 0
    assert told.comprehensive()["errors"]["recent_errors"] == []


def test_slow_handlers_are_named_with_their_duration() -> None:
    """The handler that is or was behind, and the seconds of its longest run."""
    assert list(suite().slow_handlers.values()) == [1.5]
    (told,) = suite().comprehensive()["handlers"].values()
    assert (told["longest_ms"], told["mean_ms"], told["slow"]) == (1500.0, 250.0, True)


def test_issues_name_the_parts_that_do_not_do_well() -> None:
    """Everything below 100 is named with its score."""
    assert suite(part("a", 60.0)).comprehensive()["health"]["issues"] == ["a: health 60"]
