"""Positions as the gateway states them, and the money that fills made, exactly.

Two views that must agree. The gateway's statements say what is held. The fills say what it cost
and what was realised, as whole ticks and exact fractions; an average price need not lie on the
grid. Both are joins: reports may come late, twice, or in any order.

Average cost: adding to a position averages in its price, reducing it realises the difference to
the average and leaves the average alone, and a reversal closes and then opens anew.

Invariants (``tests/core/test_positions.py``):

- any order and any repetition of the same reports gives the same position and the same money;
- realised plus unrealised equals what a replay of the fills, one contract at a time, gives;
- an older statement never replaces a newer one, and a position is opened and closed in turn.
"""

from __future__ import annotations

import bisect
from enum import Enum
from fractions import Fraction
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from project_x_py._core.records import PositionUpdate, TradeUpdate

__all__ = ["FillAccount", "Holding", "PositionBook", "PositionChange", "PositionKind"]

BUY = 0

KEPT_FILLS = 5_000
"""Newest fills of a contract that a late one can still be sorted into."""

_Fill = tuple[int, int, int, int]
"""Exchange time, trade id, signed size, price in ticks."""


class Holding(msgspec.Struct, frozen=True):
    """What the fills of a contract come to.

    ``cost`` is the signed sum of price times size of what is held, in ticks; ``realised`` the
    closed profit in ticks times contracts. Both are exact.
    """

    net: int = 0
    cost: Fraction = Fraction(0)
    realised: Fraction = Fraction(0)

    @property
    def average(self) -> Fraction | None:
        """Average price in ticks of what is held; None when flat."""
        return self.cost / self.net if self.net else None

    def after(self, signed: int, price: int) -> Holding:
        """Return the holding after a fill of ``signed`` contracts at ``price`` ticks."""
        if self.net * signed >= 0:
            return Holding(self.net + signed, self.cost + signed * price, self.realised)
        average = self.cost / self.net
        closed = -signed if abs(signed) <= abs(self.net) else self.net
        realised = self.realised + closed * (price - average)
        left = self.net - closed
        opened = signed + closed
        return Holding(left + opened, left * average + opened * price, realised)

    def unrealised(self, price: int) -> Fraction:
        """Return the open profit at ``price``, in ticks times contracts."""
        return self.net * price - self.cost


class FillAccount:
    """Cost and realised profit of one contract, from its fills.

    Args:
        start: What was held before the first fill.
    """

    __slots__ = (
        "_base",
        "_fills",
        "_now",
        "_seen",
        "_voided",
        "commissions_usd",
        "fees_usd",
        "late",
    )

    def __init__(self, start: Holding | None = None) -> None:
        self._base = start or Holding()
        self._now = self._base
        self._fills: list[_Fill] = []
        self._seen: set[int] = set()
        self._voided: set[int] = set()
        self.fees_usd = Fraction(0)
        self.commissions_usd = Fraction(0)
        self.late = 0
        """Fills that came after their place in the record was closed."""

    @property
    def holding(self) -> Holding:
        """What all fills so far come to."""
        return self._now

    @property
    def trade_ids(self) -> frozenset[int]:
        """The fills that are counted, or were and are voided."""
        return frozenset(self._seen)

    def add(self, fill: TradeUpdate) -> bool:
        """Count a fill once, in its place by exchange time; return whether it changed anything."""
        if fill.id in self._seen:
            return self._void(fill)
        self._seen.add(fill.id)
        if fill.voided:
            self._voided.add(fill.id)
            return False
        self._charge(fill, 1)
        signed = fill.size if fill.side == BUY else -fill.size
        entry = (fill.exch_ns, fill.id, signed, fill.price)
        if not self._fills or entry > self._fills[-1]:
            self._fills.append(entry)
            self._now = self._now.after(signed, fill.price)
            self._compact()
        else:
            place = bisect.bisect(self._fills, entry)
            if place == 0 and len(self._fills) >= KEPT_FILLS:
                self.late += 1
            self._fills.insert(place, entry)
            self._refold()
        return True

    def _void(self, fill: TradeUpdate) -> bool:
        """Take a busted trade back, once."""
        if not fill.voided or fill.id in self._voided:
            return False
        self._voided.add(fill.id)
        kept = [entry for entry in self._fills if entry[1] != fill.id]
        if len(kept) == len(self._fills):
            self.late += 1
            return False
        self._charge(fill, -1)
        self._fills = kept
        self._refold()
        return True

    def _charge(self, fill: TradeUpdate, sign: int) -> None:
        self.fees_usd += sign * Fraction(str(fill.fees))
        self.commissions_usd += sign * Fraction(str(fill.commissions))

    def _refold(self) -> None:
        now = self._base
        for _, _, signed, price in self._fills:
            now = now.after(signed, price)
        self._now = now

    def _compact(self) -> None:
        if len(self._fills) < 2 * KEPT_FILLS:
            return
        for _, _, signed, price in self._fills[:KEPT_FILLS]:
            self._base = self._base.after(signed, price)
        del self._fills[:KEPT_FILLS]


class PositionKind(Enum):
    """What has happened to a position; the value is the event's name."""

    OPENED = "position_opened"
    UPDATED = "position_updated"
    CLOSED = "position_closed"


class PositionChange(msgspec.Struct, frozen=True):
    """One change: the position after it, and before it when one was held."""

    kind: PositionKind
    position: PositionUpdate
    before: PositionUpdate | None


class PositionBook:
    """What the gateway says an account holds, per contract; the newest statement holds.

    Args:
        account_id: Statements about other accounts are ignored.
    """

    def __init__(self, account_id: int) -> None:
        self.account_id = account_id
        self._held: dict[str, PositionUpdate] = {}
        self._said_ns: dict[str, int] = {}

    def hear(self, said: PositionUpdate) -> list[PositionChange]:
        """Take a statement into account; return what has changed.

        A reversal is the end of one position and the beginning of another.
        """
        contract_id = said.contract_id
        if said.account_id != self.account_id:
            return []
        if said.recv_ns < self._said_ns.get(contract_id, 0):
            return []
        self._said_ns[contract_id] = said.recv_ns
        before = self._held.pop(contract_id, None)
        if said.net:
            self._held[contract_id] = said
        if before is None:
            return [PositionChange(PositionKind.OPENED, said, None)] if said.net else []
        if not said.net:
            return [PositionChange(PositionKind.CLOSED, said, before)]
        if before.net * said.net < 0:
            flat = msgspec.structs.replace(said, net=0)
            return [
                PositionChange(PositionKind.CLOSED, flat, before),
                PositionChange(PositionKind.OPENED, said, None),
            ]
        if (before.net, before.average_price) == (said.net, said.average_price):
            return []
        return [PositionChange(PositionKind.UPDATED, said, before)]

    def hear_all(self, listed: list[PositionUpdate], asof_ns: int) -> list[PositionChange]:
        """Take a complete list into account: what it lacks was flat at ``asof_ns``."""
        named = {said.contract_id for said in listed}
        changes = [change for said in listed for change in self.hear(said)]
        for contract_id in [held for held in self._held if held not in named]:
            held = self._held[contract_id]
            changes += self.hear(msgspec.structs.replace(held, net=0, recv_ns=asof_ns))
        return changes

    def position(self, contract_id: str) -> PositionUpdate | None:
        """Return what is held of a contract; None when flat."""
        return self._held.get(contract_id)

    def net(self, contract_id: str) -> int:
        """Return the signed contracts held."""
        held = self._held.get(contract_id)
        return held.net if held is not None else 0

    def __iter__(self) -> Iterator[PositionUpdate]:
        return iter(self._held.values())

    def __len__(self) -> int:
        return len(self._held)
