"""What is to happen later."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from project_x_py._core.exchange.agenda import Agenda


@given(st.lists(st.integers(0, 20)), st.integers(0, 20))
def test_things_come_in_order_when_they_are_due(times: list[int], until: int) -> None:
    """Nothing early; by time, then in the order of planning; the rest stays."""
    agenda, done = Agenda(), []
    for number, ns in enumerate(times):
        agenda.plan(ns, lambda number=number: done.append(number))
    taken = []
    while (due := agenda.take(until)) is not None:
        taken.append(due[0])
        due[1]()
    expected = sorted((ns, number) for number, ns in enumerate(times) if ns <= until)
    assert list(zip(taken, done, strict=True)) == expected
    later = [ns for ns in times if ns > until]
    assert agenda.next_ns() == (min(later) if later else None)
