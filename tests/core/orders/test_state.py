"""One order as the join of facts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from tests.strategies import order_facts, order_fills

from project_x_py._core.orders import state as codes
from project_x_py._core.orders.state import OrderState
from project_x_py._core.records import OrderUpdate, TradeUpdate


def fact(**changes: object) -> OrderUpdate:
    values = {
        "id": 7,
        "account_id": 1,
        "contract_id": "CON.F.US.EP.U26",
        "status": codes.OPEN,
        "type": 1,
        "side": 0,
        "size": 3,
        "limit": 20_000,
        "recv_ns": 1,
    }
    return OrderUpdate(**{**values, **changes})


def fill(number: int, size: int, **changes: object) -> TradeUpdate:
    values = {
        "id": number,
        "account_id": 1,
        "contract_id": "CON.F.US.EP.U26",
        "order_id": 7,
        "price": 20_000,
        "size": size,
        "side": 0,
        "exch_ns": 1,
        "recv_ns": 1,
    }
    return TradeUpdate(**{**values, **changes})


def joined(facts: list[OrderUpdate], fills: list[TradeUpdate]) -> OrderUpdate:
    state = OrderState(facts[0])
    for one in facts[1:]:
        state.hear(one)
    for one in fills:
        state.hear_fill(one)
    return state.snapshot()


@given(st.data())
def test_order_and_repetition_do_not_matter(data: st.DataObject) -> None:
    """Any permutation of the same facts and fills, with repeats, is the same order."""
    facts = data.draw(st.lists(order_facts(), min_size=1, max_size=6))
    fills = data.draw(st.lists(order_fills(), max_size=4, unique_by=lambda one: one.id))
    again = data.draw(st.permutations(facts + data.draw(st.lists(st.sampled_from(facts)))))
    fills_again = data.draw(st.permutations([*fills, *fills]))
    assert joined(facts, fills) == joined(again, fills_again)


@given(st.lists(order_facts(), min_size=1, max_size=8))
def test_an_end_is_never_left_and_fills_never_shrink(facts: list[OrderUpdate]) -> None:
    """Whatever comes after a terminal status, the order stays ended and filled."""
    state = OrderState(facts[0])
    ended, filled = state.is_terminal, state.filled
    for one in facts[1:]:
        state.hear(one)
        assert state.is_terminal or not ended
        assert state.filled >= filled
        ended, filled = state.is_terminal, state.filled


def test_a_late_pending_does_not_undo_open() -> None:
    """Of two statements with the same edit time the further status holds."""
    state = OrderState(fact(status=codes.OPEN, updated_ns=5, recv_ns=1))
    state.hear(fact(status=codes.PENDING, updated_ns=5, recv_ns=2))
    assert state.status == codes.OPEN


def test_a_refused_cancel_leaves_the_order_open() -> None:
    """A newer edit leads back from pending cancellation."""
    state = OrderState(fact(status=codes.PENDING_CANCELLATION, updated_ns=5))
    state.hear(fact(status=codes.OPEN, updated_ns=6))
    assert state.status == codes.OPEN


def test_the_newest_edit_of_a_price_holds() -> None:
    """A price that arrives late but was set earlier is not the order's price."""
    state = OrderState(fact(limit=20_010, updated_ns=9, recv_ns=1))
    state.hear(fact(limit=20_000, updated_ns=3, recv_ns=2))
    assert state.snapshot().limit == 20_010


def test_a_price_left_out_is_not_a_price_taken_away() -> None:
    """Hub rows omit what is null."""
    state = OrderState(fact(limit=20_010, updated_ns=3))
    state.hear(fact(limit=None, updated_ns=9))
    assert state.snapshot().limit == 20_010


def test_a_voided_fill_is_taken_back() -> None:
    """A busted trade counts no more, also when the bust is heard of first."""
    for reports in ([fill(1, 2), fill(1, 2, voided=True)], [fill(1, 2, voided=True), fill(1, 2)]):
        state = OrderState(fact())
        for report in reports:
            state.hear_fill(report)
        assert (state.filled, state.remaining) == (0, 3)


def test_rows_and_fills_are_not_added_up() -> None:
    """Two fills of one and a row that says two are two contracts."""
    state = OrderState(fact(filled=2))
    state.hear_fill(fill(1, 1))
    assert state.fills_missing
    state.hear_fill(fill(2, 1))
    assert (state.filled, state.remaining, state.fills_missing) == (2, 1, False)


def test_an_unknown_status_is_taken_for_working() -> None:
    """Nothing is known of it but that it has not ended."""
    state = OrderState(fact(status=42))
    assert (state.status, state.is_working, state.remaining) == (0, True, 3)
    assert OrderState(fact(status=codes.CANCELLED)).remaining == 0


def test_family_and_tag_are_kept() -> None:
    """A child's parent and an order's tag are known as soon as one fact names them."""
    state = OrderState(fact())
    state.hear(fact(parent_id=6, linked_id=8, custom_tag="t-SL", created_ns=4))
    state.hear(fact(created_ns=3))
    shown = state.snapshot()
    assert (state.id, state.tag, state.parent_id) == (7, "t-SL", 6)
    assert (shown.linked_id, shown.created_ns) == (8, 3)


def test_an_ended_order_that_is_said_to_work_has_ended() -> None:
    """A late fact of an open order, with whatever time, takes nothing back."""
    state = OrderState(fact(status=codes.OPEN))
    for status in (codes.FILLED, codes.OPEN, codes.PENDING_CANCELLATION):
        state.hear(fact(status=status, updated_ns=status * 10**9))
    assert (state.status, state.snapshot().status) == (codes.FILLED, codes.FILLED)
    assert state.is_terminal
