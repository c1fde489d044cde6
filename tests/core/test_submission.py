"""Requests and outcomes as values."""

from __future__ import annotations

import pytest

from project_x_py._core.submission import Absent, Accepted, Lane, Listed, Refused, Uncertain


def test_protection_goes_before_everything() -> None:
    """Lanes are ordered: protective, cancel, entry, reconcile, query, backfill."""
    assert sorted(Lane) == [
        Lane.PROTECTIVE,
        Lane.CANCEL,
        Lane.ENTRY,
        Lane.RECONCILE,
        Lane.QUERY,
        Lane.BACKFILL,
    ]


@pytest.mark.parametrize(
    ("listed", "complete"),
    [
        (Listed[int](()), True),
        (Listed((1, 2)), True),
        (Listed((1,), left_out=1), False),
        (Listed((1,), whole=False), False),
    ],
)
def test_a_list_that_may_lack_a_row_says_so(listed: Listed[int], complete: bool) -> None:
    """Unread entries and unread pages make a list incomplete; an empty one can be complete."""
    assert listed.complete is complete


def test_outcomes_are_told_apart() -> None:
    """Accepted, refused, uncertain and absent are values of their own, compared by content."""
    outcomes = {
        Accepted(7),
        Refused(2, "OrderRejected", "no"),
        Uncertain("lost", sent=True),
        Uncertain("lost", sent=False),
        Absent("no list"),
    }
    assert len(outcomes) == 5
