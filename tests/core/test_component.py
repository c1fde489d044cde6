"""Snapshots of parts."""

from __future__ import annotations

import copy
import dataclasses
import pickle
from typing import TYPE_CHECKING, Any

import pytest

from project_x_py._core.component import numbers_of, snapshot_of
from project_x_py._core.histogram import Latency

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py.types.stats_types import ComponentStats

STATS: ComponentStats = {
    "name": "part",
    "status": "active",
    "uptime_seconds": 7,
    "last_activity": None,
    "error_count": 2,
    "memory_usage_mb": 0.5,
    "performance_metrics": {"parse": {"count": 3, "avg_ms": 1.5}},
}


def test_numbers_keep_their_path() -> None:
    """Numbers of every depth are found; texts, lists and what is unknown are not."""
    given = {"a": 1, "b": {"c": 2.5, "d": "no"}, "e": None, "f": True, "g": [1]}
    assert numbers_of(given) == {"a": 1, "b.c": 2.5, "f": 1}


def test_a_snapshot_says_what_the_mapping_says() -> None:
    """It has the documented facts, and the documented mapping can be had from it."""
    told = snapshot_of(STATS, 80.0, {"bars": 4, "timeframe": "1min"}, {"send": Latency(1)})
    assert (told.name, told.health, told.errors) == ("part", 80.0, 2)
    assert told.figures == {"parse.count": 3, "parse.avg_ms": 1.5, "bars": 4}
    assert told.latency == {"send": Latency(1)}
    assert told.documented() == {**STATS, "performance_metrics": dict(told.figures)}


def test_a_snapshot_cannot_be_changed() -> None:
    """Neither a fact of it nor a figure can be set."""
    told = snapshot_of(STATS, 80.0, {})
    with pytest.raises(dataclasses.FrozenInstanceError):
        told.health = 1.0  # type: ignore[misc]  # that is the point
    with pytest.raises(TypeError):
        told.figures["x"] = 1  # type: ignore[index]  # that is the point


@pytest.mark.parametrize("copied", [copy.deepcopy, lambda told: pickle.loads(pickle.dumps(told))])
def test_a_snapshot_can_be_copied_and_pickled(copied: Callable[[Any], Any]) -> None:
    """A copy says the same, and cannot be changed either."""
    errors = [{"timestamp": "t", "error_type": "E", "message": "m"}]
    told = snapshot_of(STATS, 80.0, {"bars": 4}, {"send": Latency(1)}, errors=errors)
    twin = copied(told)
    assert twin == told
    with pytest.raises(TypeError):
        twin.figures["bars"] = 5
