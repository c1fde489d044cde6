"""What others close of guarded entries: for sure, perhaps, and never more than is held."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from project_x_py._core.orders.intents import SETTLE_NS
from project_x_py._core.time import NS
from project_x_py.order_manager._closings import STAND_DOWN_S, Closings, HeldEntry

OLD, YOUNG = HeldEntry("old", 2, 2, 2), HeldEntry("young", 3, 3, 3)


class Hand:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.ns = 0

    def monotonic_ns(self) -> int:
        """Where the hand stands."""
        return self.ns

    now_ns = wall_ns = monotonic_ns

    async def sleep_until(self, exch_ns: int) -> None:
        """Jump there."""
        self.ns = exch_ns


def test_the_oldest_entry_is_closed_first() -> None:
    """As far as it is held; the rest is taken from the next."""
    closings = Closings(Hand())
    closings.take([OLD, YOUNG], 3, sure=True)
    assert (closings.of("old", 2, 0), closings.of("young", 3, 0)) == ((2, 0), (1, 0))
    closings.take([HeldEntry("young", 3, 3, 2)], 2, sure=True)
    assert closings.of("young", 3, 0) == (3, 0)
    closings.forget("young")
    assert closings.of("young", 3, 0) == (0, 0)


def test_a_further_fill_makes_it_uncertain() -> None:
    """What was closed before an entry filled further may have been closed of another order."""
    closings = Closings(Hand())
    closings.take([OLD], 1, sure=True)
    assert closings.of("old", 3, 0) == (0, 1)
    closings.take([HeldEntry("old", 3, 3, 3)], 1, sure=True)
    assert closings.of("old", 3, 0) == (1, 1)


@pytest.mark.parametrize(
    ("net", "asof_ns", "sure"),
    [
        (4, 2 * SETTLE_NS, {"old": 1, "young": 0}),
        (2, 2 * SETTLE_NS, {"old": 2, "young": 1}),
        (0, 2 * SETTLE_NS, {"old": 2, "young": 3}),
        (-4, 2 * SETTLE_NS, {"old": 2, "young": 3}),
        (None, 2 * SETTLE_NS, {"old": 2, "young": 3}),
        (4, SETTLE_NS, {"old": 2, "young": 3}),
    ],
)
def test_what_the_gateway_took_and_left_is_given_back(
    net: int | None, asof_ns: int, sure: dict[str, int]
) -> None:
    """Its order found too little to trade with; a read of well after it tells, the youngest first,
    once."""
    closings, entries = Closings(Hand()), {"old": OLD, "young": YOUNG}

    def held(_contract: str, side: int) -> list[HeldEntry]:
        left = [
            replace(one, held=one.held - closings.of(one.tag, one.filled, 0)[0])
            for one in entries.values()
        ]
        return left if side == 0 else []

    closings.close("it", [OLD, YOUNG], None, sure=True)
    for _ in range(2):
        closings.settle(asof_ns, {}, lambda _contract, _since_ns: net, held)
        assert {tag: closings.of(tag, one.filled, 0)[0] for tag, one in entries.items()} == sure


def test_what_filled_since_is_not_given_back() -> None:
    """Its entry holds it anyway; and what was asked for in part, or is only possible, stays."""
    closings = Closings(Hand())
    closings.close("it", [OLD], None, sure=True)
    grown = HeldEntry("old", 3, 3, 1)
    closings.settle(2 * SETTLE_NS, {}, lambda _contract, _ns: 3, lambda _contract, _side: [grown])
    assert closings.of("old", 3, 0) == (0, 2)
    closings.close("it", [YOUNG], 1, sure=True)
    closings.settle(2 * SETTLE_NS, {}, lambda _contract, _ns: 3, lambda _contract, _side: [YOUNG])
    assert closings.of("young", 3, 0)[0] == 1


def test_more_than_is_held_may_be_of_any_entry() -> None:
    """A leg may have filled first, or an entry of which no fill is known yet."""
    closings = Closings(Hand())
    closings.take([OLD, HeldEntry("young", 3, 0, 0)], 3, sure=True)
    assert (closings.of("old", 2, 0), closings.of("young", 1, 0)) == ((2, 1), (0, 1))
    closings.take([HeldEntry("old", 2, 2, 0)], None, sure=True)
    assert closings.of("old", 2, 0) == (2, 2)


def test_a_reversal_proves_what_was_possible() -> None:
    """What explains it is sure from then on, and no longer possible beside that."""
    closings = Closings(Hand())
    closings.take([OLD], 2, sure=False)
    closings.prove("old", 2, 1)
    assert closings.of("old", 2, 0) == (1, 1)
    closings.prove("old", 2, 1)
    assert closings.of("old", 2, 0) == (1, 1)


def test_what_is_only_possible_is_kept_apart() -> None:
    """Told of twice it is one possibility, not two."""
    closings = Closings(Hand())
    for _ in range(2):
        closings.take([OLD], 1, sure=False)
    assert closings.of("old", 2, 0) == (0, 1)


def test_what_a_read_lacks_is_closed_until_something_fills() -> None:
    """The next fill of the entry, or of a leg, leaves it a possibility; the next read says more."""
    closings = Closings(Hand())
    closings.state([OLD, YOUNG], 3)
    assert (closings.of("old", 2, 0), closings.of("young", 3, 0)) == ((2, 0), (1, 0))
    assert closings.of("young", 3, 1) == closings.of("young", 4, 0) == (0, 1)
    assert closings.of("young", 3, None) == (0, 1)
    closings.state([OLD, YOUNG], 0)
    assert closings.of("young", 3, 0) == (0, 1)


def test_a_request_holds_protection_back_for_a_time() -> None:
    """For its contract, or for all; until it is answered or the time is over."""
    hand = Hand()
    closings = Closings(hand)
    closings.stand_down("A")
    assert (closings.is_closing("A"), closings.is_closing("B")) == (True, False)
    closings.resume("A")
    assert not closings.is_closing("A")
    closings.stand_down(None)
    assert closings.is_closing("B")
    hand.ns = int(STAND_DOWN_S * NS)
    assert not closings.is_closing("B")
