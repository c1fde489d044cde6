"""An entry and its legs: what is held, covered, too large, left over."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from project_x_py._core.orders import state as codes
from project_x_py._core.orders.family import Assessment, Resize, assess, is_leg
from project_x_py._core.orders.intents import Intent, Protection, Purpose, Submission
from project_x_py._core.orders.state import OrderState
from project_x_py._core.records import OrderUpdate
from project_x_py._core.submission import OrderRequest

BOTH = Protection(stop=19_900, target=20_100)


def order(number: int, size: int, filled: int = 0, status: int | None = None) -> OrderState:
    if status is None:
        status = codes.FILLED if filled >= size else codes.OPEN
    return OrderState(
        OrderUpdate(
            id=number,
            account_id=1,
            contract_id="CON.F.US.EP.U26",
            status=status,
            type=1,
            side=0,
            size=size,
            filled=filled,
            recv_ns=1,
        )
    )


def view(
    entry: OrderState, *legs: OrderState, protection: Protection = BOTH, **changes: object
) -> Assessment:
    stops = [leg for leg in legs if leg.id < 20]
    targets = [leg for leg in legs if leg.id >= 20]
    return assess(entry, stops, targets, protection=protection, **changes)


def test_nothing_is_needed_before_a_fill() -> None:
    """A resting entry with suspended legs is as it should be."""
    found = view(order(1, 2), order(10, 2, status=codes.SUSPENDED))
    assert (found.held, found.missing, found.orphans, found.waiting) == (0, 0, (), True)


def test_what_is_filled_has_to_be_covered() -> None:
    """Of three filled, two are covered by a working stop and one is missing."""
    found = view(order(1, 5, 3), order(10, 2))
    assert (found.held, found.covered, found.missing, found.targets_missing) == (3, 2, 1, 3)
    assert view(order(1, 5, 3), order(10, 3, status=codes.SUSPENDED)).missing == 3


def test_without_a_wish_nothing_is_missing() -> None:
    """Only what was asked for is kept up."""
    found = view(order(1, 2, 2), protection=Protection())
    assert (found.held, found.missing, found.targets_missing) == (2, 0, 0)


def test_legs_shrink_with_what_is_held() -> None:
    """A target that took one of three leaves a stop for two; the newest leg shrinks first."""
    found = view(order(1, 3, 3), order(10, 3), order(20, 3, 1))
    assert (found.held, found.shrink) == (2, (Resize(10, 2),))
    found = view(order(1, 3, 3), order(10, 2), order(11, 2), order(20, 3, 1))
    assert found.shrink == (Resize(11, 0),)
    partly = view(order(1, 3, 3), order(10, 3, 1), order(20, 3, 1))
    assert partly.shrink == (Resize(10, 2), Resize(20, 2))
    suspended = view(order(1, 3, 1), order(10, 3, status=codes.SUSPENDED), order(11, 2))
    assert suspended.shrink == (Resize(11, 1),)


def test_legs_of_nothing_are_orphans() -> None:
    """After the last exit, after an entry without a fill, and when others closed the position."""
    done = view(order(1, 2, 2), order(10, 2), order(20, 2, 2))
    assert (done.held, done.orphans) == (0, (10,))
    cancelled = order(1, 2, status=codes.CANCELLED)
    assert view(cancelled, order(10, 2, status=codes.SUSPENDED)).orphans == (10,)
    assert view(order(1, 2, 2), order(10, 2), order(20, 2), most=0).orphans == (10, 20)
    assert view(order(1, 2, 1, codes.OPEN), order(10, 1), most=0).orphans == ()


def test_exits_beyond_the_entry_are_seen() -> None:
    """Stop and target of the same contract: one too many."""
    found = view(order(1, 1, 1), order(10, 1, 1), order(20, 1, 1))
    assert (found.held, found.overfilled) == (0, 1)
    assert view(order(1, 1, 1), order(10, 1, 1), order(20, 1, 1), exited=-1).overfilled == 0


def test_what_others_closed_is_not_protected() -> None:
    """Neither what is known to be closed, nor what is held beyond the account's own statement."""
    found = view(order(1, 3, 3), order(10, 3), order(20, 3), closed=(1, 0))
    assert (found.held, found.shrink) == (2, (Resize(10, 2), Resize(20, 2)))
    assert view(order(1, 3, 3), order(10, 3), most=1).held == 1
    assert view(order(1, 3, 3), order(10, 3), closed=(0, 2)).held == 3


def test_a_leg_that_filled_after_a_close_is_taken_back() -> None:
    """Only as far as the position is reversed, and only when somebody may have closed it."""
    done = (order(1, 2, 2), order(10, 2, 2))
    assert view(*done, reversed_by=2).overfilled == 0
    assert view(*done, closed=(2, 0)).overfilled == 0
    assert view(*done, closed=(2, 0), reversed_by=2).overfilled == 2
    found = view(*done, closed=(0, 2), reversed_by=1)
    assert (found.overfilled, found.closed) == (1, 1)
    twice = (order(1, 1, 1), order(10, 1, 1), order(20, 1, 1))
    assert view(*twice, closed=(0, 1), reversed_by=1).overfilled == 1
    assert view(*done, closed=(2, 0), reversed_by=2, exited=-2).overfilled == 0


def test_a_reversal_that_somebody_wanted_stays() -> None:
    """Others sold four where two were held: nothing, or what a leg filled, is taken back."""
    assert view(order(1, 2, 2), order(10, 2), closed=(2, 2), reversed_by=2).overfilled == 0
    assert view(order(1, 2, 2), order(10, 2, 1), closed=(2, 2), reversed_by=3).overfilled == 1


def test_what_is_on_its_way_back_is_not_held_yet() -> None:
    """Nothing more is sent for it, and nothing is protected for it."""
    twice = (order(1, 1, 1), order(10, 1, 1), order(20, 1, 1))
    found = view(*twice, returning=1)
    assert (found.held, found.missing, found.overfilled) == (0, 0, 0)
    assert view(*twice, exited=-1).held == 0


@given(st.integers(1, 9), st.data())
def test_the_figures_add_up(size: int, data: st.DataObject) -> None:
    """Missing and surplus exclude each other, and shrunk legs are no larger than what is held."""
    filled = data.draw(st.integers(0, size))
    sizes = st.lists(st.tuples(st.integers(1, 9), st.integers(0, 9)), max_size=3)
    stops = [
        order(10 + number, one, min(one, part))
        for number, (one, part) in enumerate(data.draw(sizes))
    ]
    found = view(order(1, size, filled), *stops)
    assert found.held == max(0, filled - sum(leg.filled for leg in stops))
    assert found.missing == max(0, found.held - found.covered)
    assert not (found.missing and found.shrink)
    if found.held:
        cut = {resize.order_id: resize.size for resize in found.shrink}
        left = sum(cut.get(leg.id, leg.size) - leg.filled for leg in stops if not leg.is_terminal)
        assert left <= max(found.held, 0)


def test_a_leg_is_known_by_its_parent_or_by_what_it_was_sent_for() -> None:
    """A child of the gateway's is one without being asked for; somebody else's order is none."""
    plain = order(1, 2).snapshot()
    request = OrderRequest(account_id=1, contract_id=plain.contract_id, type=1, side=0, size=2)
    asked = {
        purpose: Submission(Intent(tag="t", request=request, purpose=purpose, created_ns=0))
        for purpose in Purpose
    }
    assert not is_leg(plain, None)
    assert is_leg(msgspec.structs.replace(plain, parent_id=6), None)
    assert [is_leg(plain, asked[purpose]) for purpose in Purpose] == [False, True, True, True]
