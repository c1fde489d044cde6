"""Orders as the exchange keeps them, and where they are found.

An :class:`Order` is changed only by the exchange; everybody else gets rows. Orders are kept for
ever, for searches, and tags with them: a tag is used once in the life of an account.

Invariants (``tests/core/exchange/test_orders.py``): ids ascend and are unique; ``0 <= filled <=
size``; an order that is over never changes again; ``working`` holds exactly those that are not.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from project_x_py._core.exchange.codes import OrderStatus
from project_x_py._core.exchange.events import OrderRow

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

__all__ = ["FIRST_ORDER_ID", "Order", "OrderStore"]

FIRST_ORDER_ID = 3_200_000_001
"""Above 2^31, as live ids are, so that a 32-bit column in a client shows."""

_WORKING = frozenset(
    {
        OrderStatus.OPEN,
        OrderStatus.PENDING,
        OrderStatus.PENDING_CANCELLATION,
        OrderStatus.SUSPENDED,
    }
)


class Order:
    """One order. Prices in ticks; ``side`` 0 buys, 1 sells.

    Attributes:
        trail: Distance of a trailing stop in ticks; on a leg the signed offset from its entry.
        offset: Ticks from the entry's fill at which a suspended leg will work; None once it has a
            price of its own.
        triggered: Whether a stop has been hit.
        parent: The entry of a leg.
        sibling: The order that loses what this one fills.
        stop_leg: The stop of an entry's bracket.
        target_leg: Its target.
        linked_id: What a row tells as its linked order.
        first_price: Price of the first fill.
        hidden: Whether nobody is told of it.
    """

    __slots__ = (
        "account_id", "contract_id", "created_ns", "fill_cost", "filled", "first_price", "hidden",
        "id", "limit", "linked_id", "offset", "parent", "sibling", "side", "size", "status", "stop",
        "stop_leg", "tag", "target_leg", "trail", "triggered", "type", "updated_ns",
    )  # fmt: skip

    def __init__(
        self,
        order_id: int,
        account_id: int,
        contract_id: str,
        *,
        type: int,  # noqa: A002 - the gateway's word
        side: int,
        size: int,
        ns: int,
        tag: str | None = None,
        status: OrderStatus = OrderStatus.PENDING,
    ) -> None:
        self.id = order_id
        self.account_id = account_id
        self.contract_id = contract_id
        self.type = type
        self.side = side
        self.size = size
        self.created_ns = self.updated_ns = ns
        self.tag = tag
        self.status = status
        self.limit: int | None = None
        self.stop: int | None = None
        self.trail: int | None = None
        self.offset: int | None = None
        self.filled = 0
        self.fill_cost = 0
        self.first_price: int | None = None
        self.triggered = False
        self.hidden = False
        self.parent: Order | None = None
        self.sibling: Order | None = None
        self.stop_leg: Order | None = None
        self.target_leg: Order | None = None
        self.linked_id: int | None = None

    def __repr__(self) -> str:
        return f"Order({self.id}, {OrderStatus(self.status).name}, {self.filled}/{self.size})"

    @property
    def remaining(self) -> int:
        """Contracts not filled."""
        return self.size - self.filled

    @property
    def is_working(self) -> bool:
        """Whether anything can still happen to it."""
        return self.status in _WORKING

    @property
    def legs(self) -> tuple[Order, ...]:
        """The stop and the target of an entry's bracket, as far as there are any."""
        return tuple(leg for leg in (self.stop_leg, self.target_leg) if leg is not None)

    @property
    def open_for_legs(self) -> int:
        """Contracts of a leg's entry that no leg has closed; 0 for what is no leg."""
        entry = self.parent
        return 0 if entry is None else entry.filled - sum(leg.filled for leg in entry.legs)

    def take(self, price: int, size: int) -> None:
        """Count a fill."""
        if self.first_price is None:
            self.first_price = price
        self.filled += size
        self.fill_cost += price * size

    def row(self) -> OrderRow:
        """Return the order as it is told."""
        return OrderRow(
            id=self.id,
            account_id=self.account_id,
            contract_id=self.contract_id,
            created_ns=self.created_ns,
            updated_ns=self.updated_ns,
            status=int(self.status),
            type=int(self.type),
            side=self.side,
            size=self.size,
            limit=self.limit,
            stop=self.stop,
            filled=self.filled,
            fill_cost=self.fill_cost,
            custom_tag=self.tag,
            trail_ticks=self.trail,
            parent_id=None if self.parent is None else self.parent.id,
            linked_id=self.linked_id,
        )


class OrderStore:
    """All orders of an exchange, by id, by account and by tag.

    Args:
        first_id: Of the first order.
        tags_for_ever: Whether a tag stays taken when its order is over.
    """

    def __init__(self, first_id: int = FIRST_ORDER_ID, *, tags_for_ever: bool = True) -> None:
        self._next_id = first_id
        self._tags_for_ever = tags_for_ever
        self._orders: dict[int, Order] = {}
        self._of: dict[int, list[Order]] = {}
        self._tags: set[tuple[int, str]] = set()
        self._working: dict[int, Order] = {}

    def add(
        self,
        account_id: int,
        contract_id: str,
        *,
        type: int,  # noqa: A002 - the gateway's word
        side: int,
        size: int,
        ns: int,
        tag: str | None = None,
        status: OrderStatus = OrderStatus.PENDING,
    ) -> Order:
        """Make the next order and keep it."""
        order = Order(
            self._next_id,
            account_id,
            contract_id,
            type=type,
            side=side,
            size=size,
            ns=ns,
            tag=tag,
            status=status,
        )
        self._next_id += 1
        self._orders[order.id] = order
        self._of.setdefault(account_id, []).append(order)
        if order.is_working:
            self._working[order.id] = order
        return order

    @property
    def next_id(self) -> int:
        """Id of the order that comes next."""
        return self._next_id

    def take_up(self, orders: Iterable[Order], next_id: int) -> None:
        """Keep orders that were made elsewhere, in the order of their ids, and go on from there."""
        for order in orders:
            self._orders[order.id] = order
            self._of.setdefault(order.account_id, []).append(order)
            if order.is_working:
                self._working[order.id] = order
        self._next_id = max(self._next_id, next_id)

    def all_working(self) -> list[Order]:
        """Return every order that is not over, in the order in which they came to work."""
        return list(self._working.values())

    def holds_tag(self, order: Order) -> bool:
        """Return whether an order's tag was ever taken."""
        return order.tag is not None and (order.account_id, order.tag) in self._tags

    def get(self, account_id: int, order_id: int) -> Order | None:
        """Return an order of an account, None if it has no such order."""
        order = self._orders.get(order_id)
        return order if order is not None and order.account_id == account_id else None

    def by_id(self, order_id: int) -> Order:
        """Return an order that exists.

        Raises:
            KeyError: It does not.
        """
        return self._orders[order_id]

    def of(self, account_id: int) -> list[Order]:
        """Return the orders of an account, oldest first. The list is the store's own."""
        return self._of.get(account_id, [])

    def created_since(self, account_id: int, ns: int) -> list[Order]:
        """Return the orders of an account created at ``ns`` or later, oldest first."""
        orders = self.of(account_id)
        return orders[bisect_left(orders, ns, key=lambda order: order.created_ns) :]

    def working(self, contract_id: str, account_id: int | None = None) -> Iterator[Order]:
        """Yield the orders of a contract that are not over, oldest first; of one account or all."""
        for order in list(self._working.values()):
            ours = account_id is None or order.account_id == account_id
            if ours and order.contract_id == contract_id and order.is_working:
                yield order

    def end(self, order: Order, status: OrderStatus) -> None:
        """Let an order be over."""
        order.status = status
        del self._working[order.id]

    def use_tag(self, account_id: int, tag: str) -> None:
        """Take a tag, for ever unless the store was told otherwise."""
        self._tags.add((account_id, tag))

    def is_used(self, account_id: int, tag: str) -> bool:
        """Return whether a tag is taken."""
        if self._tags_for_ever:
            return (account_id, tag) in self._tags
        return any(
            order.tag == tag and order.account_id == account_id for order in self._working.values()
        )
