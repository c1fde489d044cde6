"""What is at stake, at its worst."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from project_x_py._core.exposure import Held, OpenOrder, exposure_of, open_order_of, worst_size
from project_x_py._core.orders.intents import Intent, Protection, Purpose
from project_x_py._core.submission import OrderRequest

MNQ, ES = "CON.F.US.MNQ.U26", "CON.F.US.EP.U26"
FAR = 50


def order(side: int, size: int, **changes: int | None) -> OpenOrder:
    return OpenOrder(tag="a", contract_id=MNQ, side=side, size=size, **changes)


def half(_contract_id: str) -> Decimal:
    return Decimal("0.5")


def test_nothing_is_nothing() -> None:
    """No position and no order put nothing at stake."""
    found = exposure_of({}, [], half, FAR)
    assert (found.open_profit, found.at_risk, found.units) == (0, 0, 0)


def test_a_stop_bounds_what_is_held() -> None:
    """Two of three are covered ten ticks away; the third counts with the default distance."""
    held = {MNQ: Held(3, Decimal(20), 100)}
    found = exposure_of(held, [order(1, 2, price=90, stop=90)], half, FAR)
    assert (found.at_risk, found.open_profit, found.units) == (Decimal("0.5") * (20 + FAR), 20, 3)
    short = {MNQ: Held(-1, Decimal(0), 100)}
    assert exposure_of(short, [order(0, 1, price=104, stop=104)], half, FAR).at_risk == 2
    assert exposure_of(short, [order(0, 1, price=98, stop=98)], half, FAR).at_risk == 0
    blind = {MNQ: Held(1, Decimal(0), None)}
    assert exposure_of(blind, [order(1, 1, price=90, stop=90)], half, FAR).at_risk == 25


def test_a_stop_larger_than_what_is_held_covers_it() -> None:
    """It was grown before its entry filled: that is no second entry, unless it is nobody's leg."""
    held, entry = {MNQ: Held(1, Decimal(0), 100)}, order(0, 2, price=100, protected_at=90)
    grown = order(1, 3, price=90, stop=90, leg=True)
    assert exposure_of(held, [entry, grown], half, FAR).at_risk == Decimal("0.5") * (20 + 10)
    assert exposure_of({}, [entry, grown], half, FAR).at_risk == Decimal("0.5") * 20
    plain = order(1, 3, price=90, stop=90)
    found = exposure_of(held, [entry, plain], half, FAR).at_risk
    assert found == Decimal("0.5") * (20 + FAR + 3 * FAR)


def test_an_entry_counts_with_its_own_stop() -> None:
    """One that asked for protection counts with it, one that did not with the default."""
    asked = order(0, 2, price=100, protected_at=90)
    assert exposure_of({}, [asked], half, FAR).at_risk == 10
    assert exposure_of({}, [order(0, 2)], half, FAR).at_risk == FAR
    assert exposure_of({MNQ: Held(2, Decimal(0), 100)}, [order(1, 3)], half, FAR).units == 2


def test_an_intent_is_the_order_that_it_may_become() -> None:
    """Stops have their trigger, protected entries their stop."""
    request = OrderRequest(account_id=1, contract_id=ES, type=4, side=1, size=2, stop=95, tag="t")
    made = open_order_of(Intent(tag="t", request=request, created_ns=0))
    assert (made.signed, made.stop, made.price, made.protected_at) == (-2, 95, 95, None)
    stop = Intent(tag="t", request=request, purpose=Purpose.STOP, protects="u", created_ns=0)
    assert (made.leg, open_order_of(stop).leg) == (False, True)
    request = OrderRequest(account_id=1, contract_id=ES, type=1, side=0, size=2, limit=95, tag="u")
    protection = Protection(stop=90)
    made = open_order_of(Intent(tag="u", request=request, protection=protection, created_ns=0))
    assert (made.signed, made.stop, made.price, made.protected_at) == (2, None, 95, 90)


@given(
    st.integers(-5, 5),
    st.lists(st.tuples(st.integers(0, 1), st.integers(1, 5)), max_size=6),
    st.tuples(st.integers(0, 1), st.integers(1, 5)),
)
def test_one_more_order_never_shrinks_the_worst_case(
    net: int, orders: list[tuple[int, int]], more: tuple[int, int]
) -> None:
    """The largest position grows with orders, and any set of fills stays within it."""
    working = [order(side, size) for side, size in orders]
    worst = worst_size(net, working)
    assert worst_size(net, [*working, order(*more)]) >= worst
    for side in (0, 1):
        filled = net + sum(one.signed for one in working if one.side == side)
        assert abs(filled) <= worst
