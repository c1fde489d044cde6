"""What all parts of a suite tell in the same way."""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.figures import NEWEST, ComponentFigures
from project_x_py._core.histogram import Latency
from project_x_py._core.tallies import Tallies

if TYPE_CHECKING:
    from collections.abc import Mapping


class Part(ComponentFigures):
    """A part of which everything is known."""

    def own_status(self) -> str:
        return "active"

    def health(self) -> float:
        return 80.0

    def memory_mb(self) -> float:
        return 0.5

    def last_activity(self) -> str | None:
        return "then"

    def figures(self) -> Mapping[str, object]:
        return {"bars": 4, "timeframe": "1min"}


def test_the_common_figures_follow_from_the_parts_own() -> None:
    """The documented mapping and the snapshot hold what was counted and what the part knows."""
    part = Part(Tallies("part", lambda: 0, lambda: 0))
    part.tallies.timing("parse", 2)
    for number in range(NEWEST + 1):
        part.tallies.error(ValueError(str(number)), "there", None)
    assert part.component() == {
        "name": "part",
        "status": "active",
        "uptime_seconds": 0,
        "last_activity": "then",
        "error_count": NEWEST + 1,
        "memory_usage_mb": 0.5,
        "performance_metrics": {"parse": {"count": 1, "avg_ms": 2, "min_ms": 2, "max_ms": 2}},
    }
    told = part.snapshot()
    assert (told.health, told.figures["bars"], told.figures["parse.count"]) == (80, 4, 1)
    assert [error["message"] for error in told.recent_errors] == [
        str(number) for number in range(1, NEWEST + 1)
    ]
    assert told.latency == dict[str, Latency]()


def test_a_status_of_ones_own_goes_first_and_a_reset_forgets() -> None:
    """What was set is the status; what was counted is gone after a reset, the status is not."""
    part = Part(Tallies("part", lambda: 0, lambda: 0))
    part.tallies.show_status("mine")
    part.tallies.error(ValueError(), "there", None)
    part.reset()
    assert (part.status(), part.error_count(), part.snapshot().errors) == ("mine", 0, 0)
