"""What users count beside a manager."""

from __future__ import annotations

from project_x_py._core import tallies
from project_x_py._core.tallies import Tallies


def test_what_is_counted_is_told_and_forgotten() -> None:
    """Counters add, gauges hold the last, durations have a mean; a reset forgets all."""
    now = [0]
    made = Tallies("x", lambda: 0, lambda: now[0])
    made.increment("a", 1)
    made.increment("a", 2)
    made.gauge("b", 1)
    made.gauge("b", 5)
    made.timing("c", 2)
    made.timing("c", 4)
    made.error(ValueError("no"), "there", None)
    made.show_status("mine")
    now[0] = 3_000_000_000
    assert (made.counters, made.gauges) == ({"a": 3}, {"b": 5})
    assert made.durations() == {"c": {"count": 2, "avg_ms": 3.0, "min_ms": 2, "max_ms": 4}}
    assert (made.errors, made.status, made.uptime_s()) == (1, "mine", 3)
    assert made.newest_errors(1)[0]["message"] == "no"
    assert made.newest_errors(0) == []
    made.reset()
    assert (made.counters, made.gauges, made.timings, made.errors) == ({}, {}, {}, 0)


def test_names_and_errors_are_bounded() -> None:
    """Beyond the bound new names are not counted, and the oldest errors go."""
    made = Tallies("x", lambda: 0, lambda: 0)
    for number in range(tallies.NAMES_KEPT + 5):
        made.increment(str(number), 1)
        made.gauge(str(number), 1)
        made.timing(str(number), 1)
        made.error(ValueError(str(number)), "x", {"n": number})
    sizes = {len(made.counters), len(made.gauges), len(made.timings)}
    assert sizes == {tallies.NAMES_KEPT}
    assert len(made.newest_errors(10_000)) == tallies.ERRORS_KEPT
