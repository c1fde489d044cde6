"""Users' orders in the queues of a market that was recorded order by order.

Where a tape knows every order, a user's order stands exactly where it would have stood: behind the
orders that were there when it came, and ahead of those that came later. Cancels and fills of the
orders ahead move it up; nothing has to be guessed. The recorded market itself stays as it was.

Assumptions:

- What the record filled went through the queue as it is with users in it: through users at better
  prices, those ahead of the filled order, the order, and what is left behind it.
- A recorded order that came to rest where a user waits on the other side would have traded with
  the user first; it has that much less for users from then on.
- What users took from a recorded order stays missing until the record ends it. Users' orders do
  not trade with each other.
- An order that is changed keeps its place if it gets smaller at its price, else it goes to the
  back, as on CME.
- Recorded prints without the orders that they filled serve nobody.

Invariants (``tests/core/exchange/test_order_tape.py``): users get no more from a recorded order or
fill than its size; nobody is filled beyond the size of the order or through its limit; who stands
ahead at a price is filled first.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from typing import TYPE_CHECKING, Final

from project_x_py._core.book import ASK, BID
from project_x_py._core.exchange.models import FillAtTouch
from project_x_py._core.exchange.venues import VenueFill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from project_x_py._core.exchange.models import FillRule
    from project_x_py._core.records import MarketRecord

__all__ = ["ADD", "CANCEL", "CLEAR", "FILL", "MODIFY", "OrderTapeVenue"]

ADD: Final = 0
CANCEL: Final = 1
MODIFY: Final = 2
FILL: Final = 3
CLEAR: Final = 4


class _Standing:
    """An order in a queue.

    ``shown`` is its size in the recorded book, ``size`` that less the fills since, ``left`` what
    users can still get of it. A user's order has ``left`` alone.
    """

    __slots__ = ("left", "price", "shown", "side", "size", "user")

    def __init__(self, side: int, price: int, size: int, user: int = 0) -> None:
        self.side = side
        self.price = price
        self.shown = self.size = self.left = size
        self.user = user


_Queue = dict[int, _Standing]
"""Those at one price, the first to be filled first; users under their id's complement."""


class _Half:
    """The queues of one side. Keys grow towards the best price."""

    __slots__ = ("keys", "queues", "sign")

    def __init__(self, sign: int) -> None:
        self.sign = sign
        self.keys: list[int] = []
        self.queues: dict[int, _Queue] = {}

    def join(self, name: int, order: _Standing) -> None:
        """Let an order stand at the back of its price."""
        queue = self.queues.get(order.price)
        if queue is None:
            self.queues[order.price] = queue = {}
            insort(self.keys, order.price * self.sign)
        queue[name] = order

    def leave(self, name: int, order: _Standing) -> None:
        """Take an order out."""
        queue = self.queues[order.price]
        del queue[name]
        if not queue:
            del self.queues[order.price]
            del self.keys[bisect_left(self.keys, order.price * self.sign)]

    def best_first(self) -> Iterator[tuple[int, _Queue]]:
        """Yield prices with their queues; the caller changes none of them meanwhile."""
        for key in reversed(self.keys):
            price = key * self.sign
            yield price, self.queues[price]


class OrderTapeVenue:
    """One contract's recorded orders, and the users' orders among them.

    Args:
        rule: Whether what trades at the price of an order fills it, or only what trades beyond.
    """

    def __init__(self, rule: FillRule | None = None) -> None:
        self._rule = rule if rule is not None else FillAtTouch()
        self._halves = (_Half(1), _Half(-1))
        self._recorded: dict[int, _Standing] = {}
        self._users: dict[int, _Standing] = {}
        self._filled: list[VenueFill] = []

    @property
    def best_bid(self) -> int | None:
        """Highest price at which a recorded buyer has something left."""
        return self._best(BID)

    @property
    def best_ask(self) -> int | None:
        """Lowest price at which a recorded seller has something left."""
        return self._best(ASK)

    def use(self, rule: FillRule) -> None:
        """Let another rule hold from now on."""
        self._rule = rule

    def size_at(self, side: int, price: int) -> int:
        """Return the recorded size at a price, as the book shows it."""
        queue = self._halves[side].queues.get(price, {})
        return sum(order.shown for order in queue.values() if not order.user)

    def queue_ahead(self, order_id: int) -> int:
        """Return the contracts that are filled before a user's order at its price.

        Raises:
            KeyError: The order does not rest here.
        """
        order, ahead = self._users[order_id], 0
        for standing in self._halves[order.side].queues[order.price].values():
            if standing is order:
                break
            ahead += standing.left
        return ahead

    # The record.

    def apply(self, action: int, name: int, side: int, price: int, size: int) -> None:
        """Let one row of the record happen.

        Args:
            action: ``ADD``, ``CANCEL`` of so many contracts, ``MODIFY`` to a price and size,
                ``FILL`` of an order that rested, or ``CLEAR`` of everything.
            name: The recorded order; 0 or above.
            side: 0 buys, 1 sells. Where an order is known, its own side holds.
            price: Ticks.
            size: Contracts.
        """
        order = self._recorded.get(name)
        if action == CLEAR:
            self._clear()
        elif action == ADD or (action == MODIFY and order is None):
            if order is not None:
                self._leave(name, order)
            self._arrive(name, _Standing(side, price, size))
        elif order is None:
            return
        elif action == FILL:
            self._hit(order, size)
            if not order.size:
                self._leave(name, order)
        elif action == MODIFY:
            self._modify(name, order, price, size)
        else:
            self._reduce(name, order, order.shown - size)

    def _arrive(self, name: int, order: _Standing) -> None:
        """Let an order rest; users whom it comes to trade with it first."""
        if self._users:
            order.left -= self._serve_crossed(1 - order.side, order.price, order.left)
        self._recorded[name] = order
        self._halves[order.side].join(name, order)

    def _leave(self, name: int, order: _Standing) -> None:
        del self._recorded[name]
        self._halves[order.side].leave(name, order)

    def _reduce(self, name: int, order: _Standing, shown: int) -> None:
        if shown <= 0:
            self._leave(name, order)
            return
        order.shown = shown
        order.size = min(order.size, shown)
        order.left = min(order.left, order.size)

    def _modify(self, name: int, order: _Standing, price: int, size: int) -> None:
        if price == order.price and size <= order.shown:
            self._reduce(name, order, size)
            return
        taken = order.size - order.left
        self._leave(name, order)
        changed = _Standing(order.side, price, size)
        changed.left = max(size - taken, 0)
        self._arrive(name, changed)

    def _clear(self) -> None:
        for name, order in list(self._recorded.items()):
            self._leave(name, order)

    def _hit(self, order: _Standing, size: int) -> None:
        """Fill a recorded order, and whoever stands before it in the queue with users."""
        if self._users:
            self._through(order, size)
        order.size = max(order.size - size, 0)
        order.left = min(order.left, order.size)

    def _through(self, order: _Standing, volume: int) -> None:
        half, touch = self._halves[order.side], self._rule.fills_at_touch
        volume -= self._serve_beyond(order.side, order.price, volume)
        reached = False
        for standing in list(half.queues[order.price].values()):
            reached = reached or standing is order
            if standing.user:
                if touch:
                    volume -= self._serve(standing, volume)
            elif reached:
                # Others ahead were passed over by the record, so they are here as well.
                done = min(volume, standing.left)
                standing.left -= done
                volume -= done
            if not volume:
                return

    def _serve_crossed(self, side: int, price: int, volume: int) -> int:
        """Fill the users of a side whom an order of the other, at a price, comes to."""
        served = self._serve_beyond(side, price, volume)
        if self._rule.fills_at_touch:
            for standing in list(self._halves[side].queues.get(price, {}).values()):
                if standing.user:
                    served += self._serve(standing, volume - served)
        return served

    def _serve_beyond(self, side: int, price: int, volume: int) -> int:
        """Fill the users of a side at prices better than one, best first; return how much."""
        sign = self._halves[side].sign
        better = [
            order
            for order in self._users.values()
            if order.side == side and order.price * sign > price * sign
        ]
        if len(better) > 1:
            better.sort(key=lambda order: -order.price * sign)
        served = 0
        for order in better:
            served += self._serve(order, volume - served)
        return served

    def _serve(self, order: _Standing, volume: int) -> int:
        done = min(order.left, volume)
        if done > 0:
            order.left -= done
            self._filled.append(VenueFill(order.user, order.price, done))
            if not order.left:
                self.withdraw(order.user, 0)
        return done

    # Users.

    def submit(
        self, order_id: int, side: int, price: int | None, size: int, ns: int
    ) -> list[VenueFill]:
        """Take what recorded orders have left up to the limit, and let a remainder queue up."""
        fills: list[VenueFill] = []
        left = size
        half = self._halves[1 - side]
        for level, queue in half.best_first():
            if not left or (price is not None and level * half.sign < price * half.sign):
                break
            got = 0
            for standing in queue.values():
                if not standing.user:
                    done = min(left - got, standing.left)
                    standing.left -= done
                    got += done
            if got:
                fills.append(VenueFill(order_id, level, got))
                left -= got
        if left and price is not None:
            order = self._users[order_id] = _Standing(side, price, left, order_id)
            self._halves[side].join(~order_id, order)
        return fills

    def withdraw(self, order_id: int, ns: int) -> None:
        """Take a user's order out of its queue."""
        order = self._users.pop(order_id, None)
        if order is not None:
            self._halves[order.side].leave(~order_id, order)

    def shrink(self, order_id: int, size: int, ns: int) -> None:
        """Lower a user's order; it keeps its place."""
        order = self._users.get(order_id)
        if order is not None:
            order.left = min(order.left, size)

    def observe(self, record: MarketRecord, matching: bool) -> Iterator[VenueFill]:
        """Yield nothing: the rows of the record have filled whom they reached."""
        return iter(())

    def drain(self) -> list[VenueFill]:
        """Return what the record filled of users' orders since the last call."""
        filled, self._filled = self._filled, []
        return filled

    def _best(self, side: int) -> int | None:
        for price, queue in self._halves[side].best_first():
            if any(order.left for order in queue.values() if not order.user):
                return price
        return None
