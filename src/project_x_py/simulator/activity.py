"""What can be made to happen in a made-up market, so that a detector has something to find.

``SimulatedGateway(activity=[Iceberg(...), Spoof(...)])`` lets these participants trade beside the
market's own, in the same queues. ``gateway.labels`` tells afterwards what was really there: where,
when, how much. Prices are given as a distance from the best price at the moment, because nobody
knows it before.

Invariants (``tests/simulator/test_activity.py``): the same seed and activity give the same market;
without activity a market is what it was; the contracts an iceberg's label counts were executed.
"""

from __future__ import annotations

from dataclasses import dataclass

from project_x_py.exceptions import ProjectXDataError

__all__ = ["Activity", "Iceberg", "Label", "LargeOrder", "Pressure", "Spoof", "Sweep"]

SIDES = ("bid", "ask")


@dataclass(frozen=True, slots=True, kw_only=True)
class Activity:
    """Something that happens once in a market.

    Attributes:
        side: "bid" or "ask": where its orders rest, or whom it takes from.
        start_s: Exchange seconds after the market's start at which it begins.
    """

    side: str = "bid"
    start_s: float = 1.0

    def __post_init__(self) -> None:
        if self.side not in SIDES:
            raise ProjectXDataError(f"a side is 'bid' or 'ask', not {self.side!r}")
        if not self.start_s >= 0:
            raise ProjectXDataError(f"start_s is zero or more, not {self.start_s!r}")
        for name, least in _LEAST.items():
            value = getattr(self, name, least)
            if not value >= least:
                raise ProjectXDataError(f"{name} is at least {least}, not {value!r}")


_LEAST = {
    "total": 1,
    "display": 1,
    "size": 1,
    "levels": 1,
    "count": 1,
    "every_s": 0.01,
    "stand_s": 0.001,
    "delay_s": 0.0,
    "distance": 0,
    "stay_s": 0.01,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Iceberg(Activity):
    """An order that shows a part of itself, and the next part once that is executed.

    Attributes:
        total: Contracts in all.
        display: Contracts shown at a time.
        distance: Ticks behind the best price of its side.
        delay_s: How late the next part comes. 0 is the exchange's own iceberg, whose next part is
            there before the incoming order goes on; a program that sends again is later.
        stay_s: When what is left is withdrawn.
    """

    total: int = 200
    display: int = 10
    distance: int = 0
    delay_s: float = 0.0
    stay_s: float = 600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoof(Activity):
    """Large orders behind the market that are withdrawn before they are met, again and again.

    Attributes:
        size: Contracts at each level.
        distance: Ticks of the nearest level behind the best price of its side.
        levels: Levels next to each other; more than one is layering.
        every_s: Seconds from one placement to the next.
        stand_s: Seconds until the withdrawal.
        count: Placements.
    """

    size: int = 60
    distance: int = 4
    levels: int = 1
    every_s: float = 6.0
    stand_s: float = 2.0
    count: int = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class LargeOrder(Activity):
    """An honest large order: it rests, is executed if the market comes, else withdrawn at the end.

    Attributes:
        size: Contracts.
        distance: Ticks behind the best price of its side.
        stay_s: When what is left is withdrawn.
    """

    size: int = 60
    distance: int = 4
    stay_s: float = 120.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Sweep(Activity):
    """One order that takes all that is displayed on the best levels of a side.

    Attributes:
        levels: Levels taken.
    """

    levels: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Pressure(Activity):
    """Orders that take from the best price of a side, one after the other.

    Attributes:
        size: Contracts an order.
        every_s: Seconds from one to the next.
        count: Orders.
    """

    size: int = 4
    every_s: float = 0.5
    count: int = 60


@dataclass(slots=True)
class Label:
    """What really was there.

    Attributes:
        activity: What it was made from.
        contract_id: Where.
        prices: Prices in ticks that it used.
        start_ns: Exchange time of its first order.
        end_ns: Exchange time of its last act so far.
        executed: Contracts of it that were executed, or that it took.
        refills: Times that an iceberg showed its next part.
    """

    activity: Activity
    contract_id: str
    prices: set[int]
    start_ns: int
    end_ns: int
    executed: int = 0
    refills: int = 0
