"""A request has every price its type needs and no other, on the grid, where it can rest."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.order_manager.facts import CONTRACT, GRID, order

from project_x_py._core.grid import TickGrid
from project_x_py._core.submission import OrderEdit
from project_x_py.exceptions import ProjectXOrderError
from project_x_py.order_manager import _requests as requests
from project_x_py.types.trading import OrderSide, OrderType

LAST = 80_000


def asked(kind: OrderType, side: int = 0, **more: Any) -> Any:
    """A request of one contract while 20,000 was the last price."""
    prices = {name: more.pop(name, None) for name in ("limit_price", "stop_price", "trail_price")}
    return requests.order_request(
        account_id=1,
        contract_id=CONTRACT,
        grid=GRID,
        order_type=kind,
        side=OrderSide(side),
        size=1,
        tag="t",
        last=more.pop("last", LAST),
        prices=prices,
        **more,
    )


NEEDED = {
    OrderType.LIMIT: {"limit_price"},
    OrderType.MARKET: set(),
    OrderType.STOP_LIMIT: {"limit_price", "stop_price"},
    OrderType.STOP: {"stop_price"},
    OrderType.TRAILING_STOP: {"trail_price"},
    OrderType.JOIN_BID: set(),
    OrderType.JOIN_ASK: set(),
}


@pytest.mark.parametrize("kind", NEEDED)
@given(given_prices=st.sets(st.sampled_from(["limit_price", "stop_price", "trail_price"])))
def test_prices_are_those_of_the_type(kind: OrderType, given_prices: set[str]) -> None:
    """Exactly the needed ones pass; one more or one less is named."""
    prices = dict.fromkeys(given_prices, 20_100.0)
    if given_prices == NEEDED[kind]:
        made = asked(kind, **prices)
        found = {"limit_price": made.limit, "stop_price": made.stop, "trail_price": made.trail}
        assert {name for name, ticks in found.items() if ticks is not None} == given_prices
        assert set(found.values()) <= {None, 80_400}
    else:
        with pytest.raises(ProjectXOrderError, match=r"needs|has no"):
            asked(kind, **prices)


@given(
    size=st.sampled_from(["0.25", "0.01", "0.005", "0.03125", "0.015625", "0.0000005"]),
    tenths=st.integers(-(10**7), 10**7),
)
def test_a_price_goes_to_the_nearest_tick(size: str, tenths: int) -> None:
    """Never further than half a tick, on every tick size there is; a stop never risks more."""
    grid = TickGrid(Decimal(size), 1)
    price = Decimal(size) * tenths / 10
    ticks = requests.ticks_of("p", price, grid)
    assert abs(ticks * Decimal(size) - price) <= Decimal(size) / 2
    sell = requests.protective_ticks("p", price, OrderSide.SELL, grid)
    buy = requests.protective_ticks("p", price, OrderSide.BUY, grid)
    assert 0 <= sell * Decimal(size) - price < Decimal(size)
    assert 0 <= price - buy * Decimal(size) < Decimal(size)
    assert requests.edit_ticks("p", price, grid) == ticks
    assert requests.edit_ticks("p", None, grid) is None


@pytest.mark.parametrize("price", [float("nan"), float("inf"), True, "20000", None])
def test_what_is_no_price_is_refused(price: Any) -> None:
    """By its name, and as what it is."""
    with pytest.raises(ProjectXOrderError, match="limit_price"):
        requests.ticks_of("limit_price", price, GRID)


@pytest.mark.parametrize("kind", [OrderType.STOP, OrderType.TRAILING_STOP])
@pytest.mark.parametrize(("side", "points"), [(0, 20_000.0), (0, 19_999), (1, 20_000), (1, 20_001)])
def test_a_stop_that_would_trigger_at_once_is_refused(
    kind: OrderType, side: int, points: float
) -> None:
    """At the market or beyond it; while no fresh price is known the gateway judges."""
    name = "trail_price" if kind is OrderType.TRAILING_STOP else "stop_price"
    with pytest.raises(ProjectXOrderError, match=name):
        asked(kind, side, **{name: points})
    assert asked(kind, side, last=None, **{name: points}).size == 1


@pytest.mark.parametrize(("side", "ticks"), [(0, 80_040), (1, 79_960)])
def test_a_trailing_distance_becomes_a_level(side: int, ticks: int) -> None:
    """Below the market to sell, above it to buy; never longer than the gateway takes."""
    made = asked(OrderType.TRAILING_STOP, side, trail_distance=10)
    assert (made.trail, made.stop) == (ticks, None)
    for wrong, text in (
        ({"trail_distance": 0.1}, "at least one tick"),
        ({"trail_distance": -5}, "at least one tick"),
        ({"trail_distance": 250.25}, "1001 ticks"),
        ({"trail_distance": 10, "last": None}, "last price"),
        ({"trail_distance": 10, "trail_price": 1}, "instead of trail_price"),
    ):
        with pytest.raises(ProjectXOrderError, match=text):
            asked(OrderType.TRAILING_STOP, side, **wrong)
    with pytest.raises(ProjectXOrderError, match="trailing stop"):
        asked(OrderType.STOP, side, trail_distance=1)


@given(side=st.integers(0, 1), ticks=st.integers(-900, 900).filter(bool), is_stop=st.booleans())
def test_legs_have_the_sign_that_protects(side: int, ticks: int, is_stop: bool) -> None:
    """A buy's stop is below the fill and its target above; a sale's the other way round."""
    made = requests.bracket_ticks("leg", {"ticks": ticks}, side, is_stop=is_stop)
    assert made is not None
    assert made == (abs(ticks) * (1 if (side == 0) != is_stop else -1), 4 if is_stop else 1)


def test_legs_are_checked() -> None:
    """A distance is a whole number that is not zero, a type one of those that legs have."""
    assert requests.bracket_ticks("leg", None, 0, is_stop=True) is None
    trailing = requests.bracket_ticks("leg", {"ticks": 8, "type": 5}, 0, is_stop=True)
    assert trailing == (-8, 5)
    for wrong in ({"ticks": 0}, {"ticks": 1.5}, {"ticks": True}, {}, {"ticks": 8, "type": 2}):
        with pytest.raises(ProjectXOrderError, match="leg"):
            requests.bracket_ticks("leg", wrong, 0, is_stop=True)  # type: ignore[arg-type]
    with pytest.raises(ProjectXOrderError, match="leg"):
        requests.bracket_ticks("leg", {"ticks": 8, "type": 5}, 0, is_stop=False)


def test_types_sides_sizes_and_tags_are_checked() -> None:
    """Each mistake is named with its value, each limit with its figure."""
    assert requests.checked_type(1, stop_limit=False) is OrderType.LIMIT
    assert requests.checked_type(3, stop_limit=True) is OrderType.STOP_LIMIT
    for wrong_type in (0, 8, -1, True):
        with pytest.raises(ProjectXOrderError, match="order_type"):
            requests.checked_type(wrong_type, stop_limit=True)
    with pytest.raises(ProjectXOrderError, match="enable_stop_limit"):
        requests.checked_type(3, stop_limit=False)
    assert requests.checked_side(1) is OrderSide.SELL
    for wrong_side in (2, -1, True, "buy"):
        with pytest.raises(ProjectXOrderError, match="side"):
            requests.checked_side(wrong_side)  # type: ignore[arg-type]
    assert requests.checked_size(3, 3) == 3
    for wrong_size in (0, -1, 1.0, True, "1", None):
        with pytest.raises(ProjectXOrderError, match="size"):
            requests.checked_size(wrong_size)
    with pytest.raises(ProjectXOrderError, match="max_order_size 3"):
        requests.checked_size(4, 3)
    assert requests.checked_tag("mine") == "mine"
    for wrong_tag in ("", "  ", "x" * (requests.LONGEST_TAG + 1), "a-SL", "a-TP", 7):
        with pytest.raises(ProjectXOrderError, match="tag"):
            requests.checked_tag(wrong_tag)


@pytest.mark.parametrize("price", [1e300, -1e300, Decimal("1e400"), Decimal("-1e999999"), 10**30])
def test_a_price_that_no_contract_has_is_refused(price: Any) -> None:
    """Numbers that the gateway's own cannot hold never leave."""
    with pytest.raises(ProjectXOrderError, match="limit_price is within"):
        asked(OrderType.LIMIT, limit_price=price)


@pytest.mark.parametrize("value", [0, -1, True, "7", None, 1.5, float("nan"), [], 2**63])
def test_an_order_id_is_a_number_above_zero(value: Any) -> None:
    """Anything else is refused, whatever its type."""
    with pytest.raises(ProjectXOrderError, match="id"):
        requests.checked_order_id(value)
    assert requests.checked_order_id(7) == 7


@pytest.mark.parametrize("value", [0, 2, True, "1", "abc", float("nan"), [], {}])
def test_another_account_is_refused(value: Any) -> None:
    """Whatever stands for it, and True is no account."""
    with pytest.raises(ProjectXOrderError, match="trades account 1"):
        requests.checked_account(value, 1)
    requests.checked_account(None, 1)
    requests.checked_account(1, 1)


@pytest.mark.parametrize("size", [2**31, 10**30])
def test_a_size_that_no_order_has_is_refused(size: int) -> None:
    """The gateway's own numbers end there."""
    with pytest.raises(ProjectXOrderError, match="size"):
        requests.checked_size(size)
    with pytest.raises(ProjectXOrderError, match="ticks"):
        requests.bracket_ticks("leg", {"ticks": size}, 0, is_stop=True)


def test_a_target_and_a_moved_stop_are_on_their_sides() -> None:
    """What would fill at once is refused; where no price is known the gateway judges."""
    target = asked(OrderType.LIMIT, 1, limit_price=19_999.0)
    with pytest.raises(ProjectXOrderError, match="fill at once"):
        requests.check_target(target, LAST, GRID)
    requests.check_target(target, None, GRID)
    bought = asked(OrderType.LIMIT, 0, limit_price=20_001.0)
    with pytest.raises(ProjectXOrderError, match="fill at once"):
        requests.check_target(bought, LAST, GRID)
    stop = order(type=int(OrderType.STOP), side=1, stop=LAST - 40)
    edit = OrderEdit(account_id=1, order_id=1, contract_id=CONTRACT, stop=LAST + 4)
    with pytest.raises(ProjectXOrderError, match="must be below"):
        requests.check_edit(stop, edit, LAST, GRID)
    requests.check_edit(stop, edit, None, GRID)


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (OrderType.LIMIT, {"stop": LAST - 40}),
        (OrderType.LIMIT, {"trail": LAST - 40}),
        (OrderType.STOP, {"limit": LAST - 40}),
        (OrderType.MARKET, {"limit": LAST - 40}),
        (OrderType.JOIN_BID, {"stop": LAST - 40}),
        (OrderType.TRAILING_STOP, {"stop": LAST - 40}),
    ],
)
def test_a_price_that_the_order_does_not_have_is_refused(
    kind: OrderType, given: dict[str, int]
) -> None:
    """The gateway would drop it, and say that the order was changed."""
    working = order(type=int(kind), side=1, stop=LAST - 80)
    edit = OrderEdit(account_id=1, order_id=1, contract_id=CONTRACT, **given)
    with pytest.raises(ProjectXOrderError, match=f"{kind.name} order, which has no"):
        requests.check_edit(working, edit, LAST, GRID)
    requests.check_edit(order(type=99, side=1), edit, LAST, GRID)


@pytest.mark.parametrize(
    ("trail", "text"), [(60, "ticks away"), (LAST + 4, "must be below"), (LAST - 1001, "away")]
)
def test_a_trailing_stop_is_not_moved_by_a_distance(trail: int, text: str) -> None:
    """A level that is none, or out of reach: the gateway takes both on a change."""
    working = order(type=int(OrderType.TRAILING_STOP), side=1)
    edit = OrderEdit(account_id=1, order_id=1, contract_id=CONTRACT, trail=trail)
    with pytest.raises(ProjectXOrderError, match=text):
        requests.check_edit(working, edit, LAST, GRID)
    requests.check_edit(
        working,
        OrderEdit(account_id=1, order_id=1, contract_id=CONTRACT, trail=LAST - 9),
        LAST,
        GRID,
    )
