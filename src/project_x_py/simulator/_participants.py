"""The participants that ``activity`` describes, at work in a contract's book.

Their orders have owners below zero: the market's own makers leave them alone, as they leave users'
orders alone, and users' fills are told to users only. Each participant is a generator that acts and
yields how long it waits.

Invariants (``tests/simulator/test_activity.py``): an exchange's iceberg is refilled before an
incoming order goes on to the next price; what a participant does is told like anything else.
"""

from __future__ import annotations

from heapq import heappop, heappush
from typing import TYPE_CHECKING

from project_x_py._core.exchange.book import BUY, SELL, Execution
from project_x_py._core.exchange.venues import SharedBook
from project_x_py._core.time import NS
from project_x_py.simulator.activity import (
    Iceberg,
    Label,
    LargeOrder,
    Pressure,
    Spoof,
    Sweep,
)

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from project_x_py._core.exchange.book import Fill
    from project_x_py._core.exchange.venues import BookVenue
    from project_x_py._core.records import MarketRecord
    from project_x_py.simulator._flow import OrderFlow
    from project_x_py.simulator.activity import Activity

__all__ = ["ParticipantBook", "Participants"]

PULLED_NS = 100_000_000
"""How soon a spoofer looks again whether the market has come too near."""


class _Hidden:
    """An iceberg's hidden part."""

    def __init__(self, owner: int, side: int, price: int, display: int, label: Label) -> None:
        self.owner = owner
        self.side = side
        self.price = price
        self.display = display
        self.left = 0
        self.order_id = 0
        self.at_once = True
        self.label = label


class ParticipantBook(SharedBook):
    """A shared book that knows icebergs.

    Attributes:
        labels: By owner, whose fills are counted.
        hidden: By owner, the icebergs.
    """

    __slots__ = ("hidden", "labels")

    def __init__(self) -> None:
        super().__init__()
        self.labels: dict[int, Label] = {}
        self.hidden: dict[int, _Hidden] = {}

    def submit_limit(
        self, side: int, price: int, size: int, *, owner: int = 0, rest: bool = True
    ) -> Execution:
        """Match an order down to its limit, refilling the exchange's icebergs on the way."""
        stops = self._stops(side, price)
        if not stops:
            return super().submit_limit(side, price, size, owner=owner, rest=rest)
        fills: list[Fill] = []
        for stop in stops:
            while size:
                done = super().submit_limit(side, stop, size, owner=owner, rest=False)
                fills += done.fills
                size = done.remaining
                if not self._refill(stop):
                    break
        if not size:
            return Execution(self._next_id - 1, fills, 0, False)
        done = super().submit_limit(side, price, size, owner=owner, rest=rest)
        return Execution(done.order_id, (*fills, *done.fills), done.remaining, done.resting)

    def submit_market(self, side: int, size: int, *, owner: int = 0) -> Execution:
        """Match an order at any price."""
        prices = self.prices(1 - side, 1_000_000)
        if not prices:
            return super().submit_market(side, size, owner=owner)
        return self.submit_limit(side, prices[-1], size, owner=owner, rest=False)

    def show_next(self, iceberg: _Hidden) -> Execution | None:
        """Show the next part of an iceberg that shows none; None when there is no other."""
        if not iceberg.left or self.order(iceberg.order_id) is not None:
            return None
        size = min(iceberg.display, iceberg.left)
        done = SharedBook.submit_limit(
            self, iceberg.side, iceberg.price, size, owner=iceberg.owner, rest=True
        )
        iceberg.order_id = done.order_id
        iceberg.left -= size
        return done

    def _stops(self, side: int, price: int) -> list[int]:
        """Return the prices of icebergs that an order may meet, best first."""
        found = {
            each.price
            for each in self.hidden.values()
            if each.at_once
            and each.left
            and each.side != side
            and (each.price >= price if side else each.price <= price)
        }
        return sorted(found, reverse=bool(side))

    def _refill(self, price: int) -> bool:
        shown = False
        for iceberg in self.hidden.values():
            if iceberg.at_once and iceberg.price == price and self.show_next(iceberg):
                iceberg.label.refills += 1
                shown = True
        return shown

    def _note(self, fills: Sequence[Fill]) -> None:
        for fill in fills:
            if fill.maker_owner < 0:
                self.labels[fill.maker_owner].executed += fill.size
                if fill.maker_id not in self._orders:
                    self._users.pop(fill.maker_id, None)
        super()._note([fill for fill in fills if fill.maker_owner >= 0])


class Participants:
    """A flow and the participants that act in it; to a market source it is one flow.

    Args:
        flow: The market's own.
        book: Its book.
        contract_id: The contract.
        activity: What happens.
        start_ns: Exchange time from which it counts.

    Attributes:
        labels: What really was there, in the order of its beginnings.
    """

    def __init__(
        self,
        flow: OrderFlow,
        book: ParticipantBook,
        contract_id: str,
        activity: Sequence[Activity],
        start_ns: int,
    ) -> None:
        self._flow = flow
        self._book = book
        self._contract_id = contract_id
        self._due: list[tuple[int, int, Iterator[int]]] = []
        self._records: list[MarketRecord] = []
        self._now_ns = start_ns
        self._owner = 0
        self.labels: list[Label] = []
        for number, each in enumerate(activity):
            begin_ns = start_ns + round(each.start_s * NS)
            heappush(self._due, (begin_ns, number, self._acts(each)))

    @property
    def next_ns(self) -> int:
        """Exchange time of the next event."""
        return min(self._flow.next_ns, self._due[0][0]) if self._due else self._flow.next_ns

    @property
    def venue(self) -> BookVenue:
        """Where users' orders enter the book."""
        return self._flow.venue

    def shown(self) -> tuple[list[tuple[int, int]], list[tuple[int, int]]]:
        """Return (price, size) of the shown bids and asks, best first."""
        return self._flow.shown()

    def reopen(self, ns: int) -> None:
        """Open again at ``ns``, as after a halt."""
        self._flow.reopen(ns)
        self._due = [(max(at, ns), number, acts) for at, number, acts in self._due]

    def step(self) -> list[MarketRecord]:
        """Let the next event happen, and return what it tells."""
        if not self._due or self._flow.next_ns <= self._due[0][0]:
            return self._flow.step()
        ns, number, acts = heappop(self._due)
        if not self._flow.is_open(ns):
            heappush(self._due, (self._flow.next_ns + 1, number, acts))
            return []
        self._now_ns = ns
        wait = next(acts, None)
        if wait is not None:
            heappush(self._due, (ns + max(wait, 1), number, acts))
        records, self._records = self._records, []
        return records

    def _acts(self, activity: Activity) -> Iterator[int]:
        side = SELL if activity.side == "ask" else BUY
        self._owner -= 1
        owner = self._owner
        if isinstance(activity, Iceberg):
            return self._iceberg(activity, side, owner)
        if isinstance(activity, Spoof):
            return self._spoof(activity, side, owner)
        if isinstance(activity, LargeOrder):
            return self._large(activity, side, owner)
        if isinstance(activity, Sweep):
            return self._sweep(activity, side)
        if isinstance(activity, Pressure):
            return self._pressure(activity, side)
        raise TypeError(f"{type(activity).__name__} is no activity of a market")

    def _iceberg(self, activity: Iceberg, side: int, owner: int) -> Iterator[int]:
        price = self._behind(side, activity.distance)
        label = self._label(activity, owner, {price})
        iceberg = _Hidden(owner, side, price, activity.display, label)
        iceberg.left, iceberg.at_once = activity.total, not activity.delay_s
        self._book.hidden[owner] = iceberg
        self._show_next(side, iceberg)
        end_ns, delay_ns = self._now_ns + round(activity.stay_s * NS), round(activity.delay_s * NS)
        late = delay_ns or PULLED_NS
        while self._now_ns < end_ns and label.executed < activity.total:
            yield late
            if delay_ns and self._book.order(iceberg.order_id) is None and iceberg.left:
                yield delay_ns
                if not self._is_crossed(side, price):
                    label.refills += 1
                    self._show_next(side, iceberg)
            label.end_ns = self._now_ns
        iceberg.left = 0
        self._pull(side, [iceberg.order_id])
        del self._book.hidden[owner]

    def _spoof(self, activity: Spoof, side: int, owner: int) -> Iterator[int]:
        label, sign = None, -1 if side == BUY else 1
        first = self._behind(side, activity.distance)
        for _ in range(activity.count):
            best = self._best(side)
            if sign * (first - best) < 2 or sign * (first - best) > activity.distance + 6:
                first = best + sign * activity.distance
            prices = [first + sign * level for level in range(activity.levels)]
            if label is None:
                label = self._label(activity, owner, set())
            label.prices |= set(prices)
            orders = [self._rest(side, price, activity.size, owner) for price in prices]
            stood = 0
            stand_ns = round(activity.stand_s * NS)
            while stood < stand_ns and sign * (first - self._best(side)) >= 2:
                wait = min(PULLED_NS, stand_ns - stood)
                stood += wait
                yield wait
            self._pull(side, orders)
            label.end_ns = self._now_ns
            yield max(round(activity.every_s * NS) - stood, PULLED_NS)

    def _large(self, activity: LargeOrder, side: int, owner: int) -> Iterator[int]:
        price = self._behind(side, activity.distance)
        label = self._label(activity, owner, {price})
        order = self._rest(side, price, activity.size, owner)
        yield round(activity.stay_s * NS)
        self._pull(side, [order])
        label.end_ns = self._now_ns

    def _sweep(self, activity: Sweep, side: int) -> Iterator[int]:
        label = self._label(activity, 0, set())
        shown = self._flow.shown()[side][: activity.levels]
        label.prices |= {price for price, _ in shown}
        self._take(side, shown[-1][0], sum(size for _, size in shown), label)
        yield 1

    def _pressure(self, activity: Pressure, side: int) -> Iterator[int]:
        label = self._label(activity, 0, set())
        for _ in range(activity.count):
            best = self._best(side)
            label.prices.add(best)
            self._take(side, best, activity.size, label)
            label.end_ns = self._now_ns
            yield round(activity.every_s * NS)

    def _label(self, activity: Activity, owner: int, prices: set[int]) -> Label:
        label = Label(activity, self._contract_id, prices, self._now_ns, self._now_ns)
        self.labels.append(label)
        if owner:
            self._book.labels[owner] = label
        return label

    def _best(self, side: int) -> int:
        return self._flow.shown()[side][0][0]

    def _is_crossed(self, side: int, price: int) -> bool:
        """Return whether an order would take instead of rest."""
        other = self._best(1 - side)
        return other <= price if side == BUY else other >= price

    def _behind(self, side: int, distance: int) -> int:
        return self._best(side) + (distance if side == SELL else -distance)

    def _show_next(self, side: int, iceberg: _Hidden) -> None:
        def change() -> Sequence[Fill]:
            done = self._book.show_next(iceberg)
            return done.fills if done is not None else ()

        self._records += self._flow.let(side, change, self._now_ns)

    def _rest(self, side: int, price: int, size: int, owner: int) -> int:
        found = 0

        def change() -> Sequence[Fill]:
            nonlocal found
            done = self._book.submit_limit(side, price, size, owner=owner)
            found = done.order_id
            return done.fills

        self._records += self._flow.let(side, change, self._now_ns)
        return found

    def _pull(self, side: int, orders: Sequence[int]) -> None:
        def change() -> Sequence[Fill]:
            for order in orders:
                self._book.withdraw(order)
            return ()

        self._records += self._flow.let(side, change, self._now_ns)

    def _take(self, side: int, limit: int, size: int, label: Label) -> None:
        taker = 1 - side

        def change() -> Sequence[Fill]:
            done = self._book.submit_limit(taker, limit, size, rest=False)
            label.executed += size - done.remaining
            return done.fills

        self._records += self._flow.let(taker, change, self._now_ns)
