"""The two places where users' orders meet the market of one contract.

In a :class:`SharedBook` they stand in the same price-time queue as everybody else's; a tape knows
nobody's orders but its own, so :class:`~project_x_py._core.exchange.tape.TapeVenue` works out what
would have happened. The exchange sees only :class:`Venue`.

Invariant (``tests/core/exchange/test_venues.py``): whatever a venue reports as filled, withdrawn
and still resting adds up to what was submitted, and no fill is worse than the order's limit.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, Protocol

from project_x_py._core.exchange.book import BUY, Execution, Fill, MatchingBook

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from project_x_py._core.exchange.book import RestingOrder
    from project_x_py._core.records import MarketRecord

__all__ = ["BookVenue", "SharedBook", "Venue", "VenueFill"]


class VenueFill(NamedTuple):
    """An order was filled, at a price in ticks."""

    order_id: int
    price: int
    size: int


class Venue(Protocol):
    """Where orders of one contract are matched. Order ids are the exchange's, above zero."""

    @property
    def best_bid(self) -> int | None:
        """Best price of the buyers in ticks, None without any."""
        ...

    @property
    def best_ask(self) -> int | None:
        """Best price of the sellers in ticks, None without any."""
        ...

    def submit(
        self, order_id: int, side: int, price: int | None, size: int, ns: int
    ) -> list[VenueFill]:
        """Match an order at once as far as possible.

        Args:
            order_id: The order.
            side: 0 buys, 1 sells.
            price: Limit in ticks, where what is left of it rests; None takes any price and
                lets nothing rest.
            size: Contracts.
            ns: Exchange time.

        Returns:
            Fills of this order, one for each price, best first.
        """
        ...

    def withdraw(self, order_id: int, ns: int) -> None:
        """Take out what rests of an order, if anything does."""
        ...

    def shrink(self, order_id: int, size: int, ns: int) -> None:
        """Lower what rests of an order to at most ``size`` contracts; it keeps its place."""
        ...

    def observe(self, record: MarketRecord, matching: bool) -> Iterator[VenueFill]:
        """Take note of what the market did, and yield the resting orders that it filled.

        Orders that are withdrawn between two fills are not filled any more. Must be exhausted.

        Args:
            record: What happened, of this contract.
            matching: False during a halt: nothing is filled.
        """
        ...

    def drain(self) -> list[VenueFill]:
        """Return the fills of resting orders since the last call, in order."""
        ...


class SharedBook(MatchingBook):
    """A matching book in which other participants trade beside users.

    For the market that runs in it, it is a :class:`MatchingBook` in which the users' orders are
    there to trade with but not its to touch: :meth:`cancel`, :meth:`newest` and :meth:`clear` leave
    them alone. An ``owner`` above zero is a user's order, 0 everybody else's.
    """

    __slots__ = ("_filled", "_users")

    def __init__(self) -> None:
        super().__init__()
        self._users: dict[int, RestingOrder] = {}
        self._filled: list[Fill] = []

    def submit_limit(
        self, side: int, price: int, size: int, *, owner: int = 0, rest: bool = True
    ) -> Execution:
        """Match an order down to its limit; see :meth:`MatchingBook.submit_limit`."""
        done = super().submit_limit(side, price, size, owner=owner, rest=rest)
        if self._users and done.fills:
            self._note(done.fills)
        if owner and done.resting:
            self._users[done.order_id] = self._orders[done.order_id]
        return done

    def submit_market(self, side: int, size: int, *, owner: int = 0) -> Execution:
        """Match an order at any price; see :meth:`MatchingBook.submit_market`."""
        done = super().submit_market(side, size, owner=owner)
        if self._users and done.fills:
            self._note(done.fills)
        return done

    def cancel(self, order_id: int) -> int:
        """Take an order out; 0, and nothing happens, if it is a user's or not in the book."""
        return 0 if order_id in self._users else super().cancel(order_id)

    def withdraw(self, order_id: int) -> int:
        """Take a user's order out and return the contracts it had left."""
        return super().cancel(order_id) if self._users.pop(order_id, None) is not None else 0

    def newest(self, side: int, price: int) -> int | None:
        """Return the id of the last order at a price that is no user's, None without one."""
        half = self._halves[side]
        level = half.levels.get(price * half.sign)
        order = level.last if level is not None else None
        while order is not None and order.owner:
            order = order._before
        return order.id if order is not None else None

    def clear(self) -> None:
        """Take every order out but the users', which keep their places."""
        for order_id in [known for known in self._orders if known not in self._users]:
            super().cancel(order_id)

    def take_filled(self) -> list[Fill]:
        """Return the fills that users' resting orders got since the last call."""
        filled, self._filled = self._filled, []
        return filled

    def _note(self, fills: Sequence[Fill]) -> None:
        for fill in fills:
            if fill.maker_owner:
                self._filled.append(fill)
                if fill.maker_id not in self._orders:
                    del self._users[fill.maker_id]


class BookVenue:
    """Lets users' orders rest and trade in a shared book.

    Args:
        book: The book; the market's other participants trade in it, too.
        changed: Called after a user's command changed the book, with the side of the command,
            the fills it got as a taker, and exchange time: whoever reports the market prints the
            trades and shows the new depth.
    """

    __slots__ = ("_book", "_changed", "_ids")

    def __init__(
        self,
        book: SharedBook,
        changed: Callable[[int, Sequence[Fill], int], None] | None = None,
    ) -> None:
        self._book = book
        self._changed = changed
        self._ids: dict[int, int] = {}

    @property
    def best_bid(self) -> int | None:
        """Highest bid of the book, users' included."""
        return self._book.best_bid

    @property
    def best_ask(self) -> int | None:
        """Lowest ask of the book, users' included."""
        return self._book.best_ask

    def submit(
        self, order_id: int, side: int, price: int | None, size: int, ns: int
    ) -> list[VenueFill]:
        """Match an order in the book, and let a limit order's remainder join its queue."""
        if price is None:
            done = self._book.submit_market(side, size, owner=order_id)
        else:
            done = self._book.submit_limit(side, price, size, owner=order_id)
        if done.resting:
            self._ids[order_id] = done.order_id
        if self._changed is not None:
            self._changed(side, done.fills, ns)
        return merged(order_id, done.fills)

    def withdraw(self, order_id: int, ns: int) -> None:
        """Take an order out of the book."""
        book_id = self._ids.pop(order_id, None)
        if book_id is None:
            return
        side = self._side(book_id)
        if self._book.withdraw(book_id) and self._changed is not None:
            self._changed(side, (), ns)

    def shrink(self, order_id: int, size: int, ns: int) -> None:
        """Lower an order; it keeps its place in the queue."""
        book_id = self._ids.get(order_id)
        if book_id is None or not self._book.reduce(book_id, size):
            return
        if self._changed is not None:
            self._changed(self._side(book_id), (), ns)

    def observe(self, record: MarketRecord, matching: bool) -> Iterator[VenueFill]:
        """Yield nothing: the book itself has filled whom it could."""
        return iter(())

    def drain(self) -> list[VenueFill]:
        """Return the fills that the market's orders gave users' resting ones."""
        filled = self._book.take_filled()
        for fill in filled:
            if self._book.order(fill.maker_id) is None:
                self._ids.pop(fill.maker_owner, None)
        return [VenueFill(fill.maker_owner, fill.price, fill.size) for fill in filled]

    def _side(self, book_id: int) -> int:
        order = self._book.order(book_id)
        return order.side if order is not None else BUY


def merged(order_id: int, fills: Sequence[Fill]) -> list[VenueFill]:
    """Return an arriving order's fills with those at one price taken together."""
    result: list[VenueFill] = []
    for fill in fills:
        if result and result[-1].price == fill.price:
            result[-1] = VenueFill(order_id, fill.price, result[-1].size + fill.size)
        else:
            result.append(VenueFill(order_id, fill.price, fill.size))
    return result
