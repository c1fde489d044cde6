"""One field of an order, from statements and from edits that were accepted."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from project_x_py._core.orders.intents import SETTLE_NS
from project_x_py._core.orders.newest import Newest


def stated(*values: tuple[int, int, float]) -> Newest:
    """A field of which was said: edit time, time of hearing, value."""
    field = Newest()
    for edit_ns, recv_ns, value in values:
        field.hear((edit_ns, recv_ns), value)
    return field


@given(st.data())
def test_facts_in_any_order_end_in_the_last_value(data: st.DataObject) -> None:
    """Edits sent one after another, their answers and rows repeated and shuffled: the last one."""
    count = data.draw(st.integers(1, 4), "edits")
    # A value that comes again is known by the answer, or by the read that follows a lost one.
    kept = data.draw(st.sampled_from([("row", count), ("answer", count)]), "heard")
    numbers = st.integers(0, 2) if kept[0] == "answer" else st.integers(0, 9)
    unique = kept[0] == "row"
    drawn = data.draw(st.lists(numbers, min_size=count, max_size=count, unique=unique), "values")
    values = [99 if unique else 0, *drawn]
    field = Newest()
    field.hear((0, 0), values[0])
    for number in range(1, count + 1):
        field.sent(number, values[number])
    facts = [("row", n) for n in range(count + 1)] + [("answer", n) for n in range(1, count + 1)]
    missing = data.draw(st.sets(st.sampled_from(facts)), "missing") - {kept}
    heard = [fact for fact in facts if fact not in missing]
    heard += data.draw(st.lists(st.sampled_from(heard)), "again")
    for at, (kind, number) in enumerate(data.draw(st.permutations(heard), "order")):
        if kind == "row":
            field.hear((10 + number, at), values[number])
        else:
            field.accepted(number, at)
    assert field.value == values[count]


def test_a_late_row_of_before_an_edit_is_not_shown() -> None:
    """An answer holds against the row of the placement, whenever that comes."""
    field = stated((0, 1, 10))
    field.sent("edit", 20)
    assert field.value == 10
    field.accepted("edit", 5)
    assert field.value == 20
    field.hear((7, 9), 10)
    assert field.value == 20
    field.hear((8, 10), 20)
    field.hear((9, 11), 30)
    assert field.value == 30


def test_an_answer_that_comes_after_a_newer_edit_is_no_news() -> None:
    """Somebody else moved it again before the answer was there."""
    field = stated((1, 1, 10))
    field.sent("edit", 20)
    field.hear((2, 2), 20)
    field.hear((3, 3), 30)
    field.accepted("edit", 4)
    assert field.value == 30


def test_a_read_of_long_after_the_answer_is_believed() -> None:
    """The row of the edit was lost, and somebody else has edited since."""
    field = stated((1, 1, 10))
    field.sent("edit", 20)
    field.accepted("edit", 5)
    field.hear((9, 6), 30, read_ns=4 + SETTLE_NS)
    assert field.value == 20
    field.hear((9, 6), 30, read_ns=5 + SETTLE_NS)
    assert field.value == 30


def test_an_edit_under_way_holds_nothing_up() -> None:
    """Until its answer is there only statements count, and after a refusal as well."""
    field = stated((1, 1, 10))
    field.sent("edit", 20)
    field.hear((2, 2), 30, read_ns=10 * SETTLE_NS)
    assert field.value == 30
    field.lost("edit")
    field.accepted("edit", 9)
    assert field.value == 30


@pytest.mark.parametrize("first", ["end", "answer"])
def test_nothing_edits_what_has_ended(first: str) -> None:
    """The last row says how it ended, before the answer of an edit or after it."""
    field = stated((1, 1, 10))
    field.sent("edit", 20)
    if first == "answer":
        field.accepted("edit", 2)
    field.hear((3, 3), 40, final=True)
    field.accepted("edit", 4)
    field.sent("late", 50)
    field.accepted("late", 5)
    assert field.value == 40


def test_a_row_that_leaves_a_field_out_says_nothing() -> None:
    """Not even when it is the last one."""
    field = stated((1, 1, 10))
    field.hear((2, 2), None, final=True)
    assert field.value == 10
    assert Newest().value is None
