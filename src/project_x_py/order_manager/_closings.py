"""What is closed of guarded entries by others than their own legs: the user, a flatten, the firm.

A close that was asked for here and answered is known at once; one whose answer was lost, or that
only a statement of positions tells of, is possible. Neither is trusted about an entry that has
filled further since: then statements alone tell what is left.

Invariants (``tests/order_manager/test_closings.py``): never more is counted as closed of an entry
than was held of it; while a contract is being closed on request nobody protects it anew, and no
longer than that: a request that was answered, or of which a read shows that it did nothing, has
ended; what is only possible never makes anything unprotected; what the gateway took to close, and
a later read still shows, is protected anew.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from project_x_py._core.orders.intents import SETTLE_NS
from project_x_py._core.time import NS
from project_x_py.types.trading import OrderSide

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from project_x_py._ports import Clock

__all__ = ["GAP_S", "STAND_DOWN_S", "Closings", "HeldEntry"]

STAND_DOWN_S = 5.0
"""How long a close that was asked for keeps protection from being placed anew at most."""

GAP_S = 0.3
"""How long it does so after orders were cancelled for it, while the close itself has not left."""


class HeldEntry(msgspec.Struct, frozen=True):
    """What is held of one entry."""

    tag: str
    size: int
    filled: int
    held: int
    out: int = 0
    """What its legs have filled."""


class Closings:
    """Closes of one account's guarded entries.

    Args:
        clock: Ends the time in which a contract is being closed.
    """

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._sure: dict[str, tuple[int, int]] = {}
        """Contracts closed of an entry, and how far it had filled then."""
        self._stated: dict[str, tuple[int, int, int]] = {}
        """Contracts missing of an entry by a read, and how far it and its legs had filled then."""
        self._maybe: dict[str, int] = {}
        self._until_ns: dict[str | None, int] = {}
        self._resumed: set[str] = set()
        """Contracts of which the request has ended while everything is being closed."""
        self._ordered_ns: dict[str, int] = {}
        self._asked_ns: dict[str, int] = {}
        """When the gateway was last asked to close a contract; exchange time."""
        self._whole: dict[str, tuple[int, dict[str, tuple[int, int]]]] = {}
        """Contracts of which the gateway was to close all: since when, exchange time, and what was
        held of each entry, and how far that had filled."""
        self._doubts: dict[str, tuple[int, int]] = {}
        """From when a read shows what a lost close did, exchange time; and how long it matters."""

    def stand_down(self, contract_id: str | None, for_s: float = STAND_DOWN_S) -> None:
        """Note that a contract, or everything, is being closed on request."""
        self._until_ns[contract_id] = self._later_ns(for_s)
        if contract_id is None:
            self._resumed.clear()
        else:
            self._resumed.discard(contract_id)
            self._asked_ns[contract_id] = self._clock.now_ns()

    def resume(self, contract_id: str) -> None:
        """Note that the request about a contract has ended."""
        self._until_ns.pop(contract_id, None)
        self._doubts.pop(contract_id, None)
        self._resumed.add(contract_id)

    def doubt(self, contract_id: str, from_ns: int) -> None:
        """Note that a request to close has no answer; a read from ``from_ns`` on tells."""
        self.resume(contract_id)
        self._doubts[contract_id] = (from_ns, self._later_ns(STAND_DOWN_S))

    def doubted(self, asof_ns: int) -> list[tuple[str, int]]:
        """Return contracts of which a read as of some time shows what a lost close did.

        Each comes with the exchange time at which the close was asked for.
        """
        return [
            (contract_id, self._asked_ns.get(contract_id, 0))
            for contract_id, (from_ns, _) in self._doubts.items()
            if asof_ns >= from_ns
        ]

    def read_due_s(self, contract_id: str) -> float | None:
        """Return in how long a read tells what a lost close did; None when none is lost."""
        from_ns, until_ns = self._doubts.get(contract_id, (0, 0))
        if until_ns <= self._clock.monotonic_ns():
            return None
        return max(0.0, (from_ns - self._clock.now_ns()) / NS)

    def order(self, contract_id: str) -> None:
        """Note that a contract is being closed by an order of the user's."""
        self._ordered_ns[contract_id] = self._later_ns(STAND_DOWN_S)

    def is_ordered(self, contract_id: str) -> bool:
        """Whether that was so short a time ago that the order may still be about to fill."""
        return self._ordered_ns.get(contract_id, 0) > self._clock.monotonic_ns()

    def is_closing(self, contract_id: str) -> bool:
        """Whether a contract is being closed on request of the gateway, or may be."""
        now_ns = self._clock.monotonic_ns()
        keys = (contract_id,) if contract_id in self._resumed else (contract_id, None)
        _, doubted_ns = self._doubts.get(contract_id, (0, 0))
        return doubted_ns > now_ns or any(self._until_ns.get(key, 0) > now_ns for key in keys)

    def _later_ns(self, seconds: float) -> int:
        return self._clock.monotonic_ns() + int(seconds * NS)

    def take(self, entries: Iterable[HeldEntry], size: int | None, *, sure: bool) -> None:
        """Count contracts as closed, of the oldest entry first; all of them without a size.

        What is more than is held may have been closed of any: its legs may have filled before.
        """
        entries, left = list(entries), size
        for entry in entries:
            part = entry.held if left is None else min(left, entry.held)
            left = None if left is None else left - part
            if part and sure:
                before, filled = self._sure.get(entry.tag, (0, entry.filled))
                kept = before if filled == entry.filled else 0
                self._maybe[entry.tag] = self._maybe.get(entry.tag, 0) + before - kept
                self._sure[entry.tag] = (kept + part, entry.filled)
            elif part:
                self._suspect(entry.tag, part)
        for entry in entries if sure else ():
            if left is None:
                self._suspect(entry.tag, entry.size)
            else:
                self._maybe[entry.tag] = self._maybe.get(entry.tag, 0) + left

    def close(
        self, contract_id: str, entries: list[HeldEntry], size: int | None, *, sure: bool
    ) -> None:
        """Count what the gateway was asked to close of a contract, all of it without a size.

        The order that closes all may not find enough to trade with, see :meth:`settle`.
        """
        self.take(entries, size, sure=sure)
        if sure and size is None:
            kept = self._whole.setdefault(contract_id, (0, {}))[1]
            kept.update((one.tag, (one.held, one.filled)) for one in entries if one.held)
            self._whole[contract_id] = (self._clock.now_ns(), kept)

    def settle(
        self,
        asof_ns: int,
        grown_ns: Mapping[str, int],
        net_after: Callable[[str, int], int | None],
        held: Callable[[str, int], list[HeldEntry]],
    ) -> None:
        """Count as not closed what such a request has left, by a read of well after it.

        Args:
            asof_ns: When the read began.
            grown_ns: When contracts filled last, by contract.
            net_after: What is held by a statement well after a time, None without one.
            held: Entries of a contract and side, and what orders say is held of each.
        """
        for contract_id, (taken_ns, kept) in list(self._whole.items()):
            known_ns = max(taken_ns, grown_ns.get(contract_id, 0))
            net = net_after(contract_id, known_ns)
            if net is None or asof_ns <= known_ns + SETTLE_NS:
                continue
            del self._whole[contract_id]
            entries = held(contract_id, OrderSide.BUY if net > 0 else OrderSide.SELL)
            if net and any(one.tag in kept for one in entries):
                self._left(kept, abs(net) - sum(one.held for one in entries))

    def _left(self, kept: dict[str, tuple[int, int]], size: int) -> None:
        """Give contracts back to their entries, the youngest first."""
        for tag, (part, filled) in reversed(kept.items()):
            sure, then = self._sure.get(tag, (0, filled))
            back = max(0, min(size, part, sure)) if then == filled else 0
            if back:
                self._sure[tag] = (sure - back, filled)
                size -= back

    def state(self, entries: Iterable[HeldEntry], missing: int) -> None:
        """Count what a complete read does not show as closed, of the oldest entry first.

        Args:
            entries: What the orders say is held, nothing stated before considered.
            missing: How much less is held.
        """
        left = missing
        for entry in entries:
            part = min(left, entry.held)
            left -= part
            self._stated.pop(entry.tag, None)
            if part:
                self._stated[entry.tag] = (part, entry.filled, entry.out)
                self._suspect(entry.tag, part)

    def _suspect(self, tag: str, size: int) -> None:
        self._maybe[tag] = max(self._maybe.get(tag, 0), size)

    def prove(self, tag: str, filled: int, size: int) -> None:
        """Count contracts as closed for sure, since only that explains what is held."""
        sure, maybe = self.of(tag, filled, None)
        if size > sure:
            self._sure[tag] = (size, filled)
            self._maybe[tag] = max(0, maybe - (size - sure))

    def of(self, tag: str, filled: int, out: int | None) -> tuple[int, int]:
        """Return the contracts closed of an entry for sure, and those that may be.

        Args:
            tag: The entry's.
            filled: How far it has filled.
            out: How far its legs have filled; None leaves out what was only stated.
        """
        size, then = self._sure.get(tag, (0, filled))
        maybe = self._maybe.get(tag, 0)
        sure, maybe = (size, maybe) if then == filled else (0, maybe + size)
        stated, *known = self._stated.get(tag, (0, filled, out))
        more = stated - sure if known == [filled, out] else 0
        return (sure + more, maybe - min(more, maybe)) if more > 0 else (sure, maybe)

    def forget(self, tag: str) -> None:
        """Let go of an entry that has ended."""
        self._sure.pop(tag, None)
        self._stated.pop(tag, None)
        self._maybe.pop(tag, None)
