"""Orders and where they are found."""

from __future__ import annotations

import pytest

from project_x_py._core.exchange.codes import OrderStatus, OrderType
from project_x_py._core.exchange.orders import FIRST_ORDER_ID, Order, OrderStore


def add(store: OrderStore, account: int = 1, contract: str = "C", ns: int = 0) -> Order:
    return store.add(account, contract, type=OrderType.LIMIT, side=0, size=3, ns=ns)


def test_ids_count_up_above_32_bits() -> None:
    """Ids ascend by one from beyond 2^31."""
    store = OrderStore()
    assert [add(store).id for _ in range(3)] == [FIRST_ORDER_ID + i for i in range(3)]
    assert FIRST_ORDER_ID > 2**31


def test_an_order_is_found_by_its_own_account_only() -> None:
    """Another account's order is not there."""
    store = OrderStore()
    order = add(store, account=1)
    assert store.get(1, order.id) is order
    assert store.get(2, order.id) is None
    assert store.get(1, order.id + 1) is None
    assert store.by_id(order.id) is order
    with pytest.raises(KeyError):
        store.by_id(1)


def test_working_holds_what_is_not_over() -> None:
    """By contract and account, oldest first; an order that ends meanwhile is left out."""
    store = OrderStore()
    orders = [add(store, account, contract) for account in (1, 2) for contract in "CD"]
    assert list(store.working("C")) == [orders[0], orders[2]]
    assert list(store.working("D", 2)) == [orders[3]]
    seen = []
    for order in store.working("C"):
        seen.append(order)
        store.end(orders[2], OrderStatus.CANCELLED)
    assert seen == [orders[0]]
    rejected = store.add(1, "C", type=2, side=0, size=1, ns=0, status=OrderStatus.REJECTED)
    assert rejected not in list(store.working("C"))


def test_orders_of_an_account_are_found_by_time() -> None:
    """From an instant on, oldest first."""
    store = OrderStore()
    orders = [add(store, ns=ns) for ns in (1, 5, 5, 9)]
    assert store.of(1) == orders
    assert store.created_since(1, 5) == orders[1:]
    assert store.created_since(1, 10) == []
    assert store.of(2) == []


def test_a_tag_is_used_for_ever_and_per_account() -> None:
    """A taken tag stays taken; another account has its own."""
    store = OrderStore()
    store.use_tag(1, "a")
    assert store.is_used(1, "a")
    assert not store.is_used(2, "a")


def test_fills_add_up() -> None:
    """Filled volume, cost and first price follow the fills; the rest remains."""
    order = Order(7, 1, "C", type=OrderType.LIMIT, side=0, size=5, ns=1)
    order.take(10, 2)
    order.take(12, 1)
    assert (order.filled, order.fill_cost, order.first_price, order.remaining) == (3, 32, 10, 2)
    assert repr(order) == "Order(7, PENDING, 3/5)"
    assert (order.legs, order.open_for_legs) == ((), 0)
