"""What is closed of guarded entries by others than their own legs: the user, a flatten, the firm.

A close that was asked for here and answered is known at once; one whose answer was lost, or that
only a statement of positions tells of, is possible. Neither is trusted about an entry that has
filled further since: then statements alone tell what is left.

Invariants (``tests/order_manager/test_closings.py``): never more is counted as closed of an entry
than was held of it; while a contract is being closed on request nobody protects it anew; what is
only possible never makes anything unprotected.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from project_x_py._core.time import NS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from project_x_py._ports import Clock

__all__ = ["STAND_DOWN_S", "Closings", "HeldEntry"]

STAND_DOWN_S = 5.0
"""How long a close that was asked for keeps protection from being placed anew."""


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

    def stand_down(self, contract_id: str | None) -> None:
        """Note that a contract, or everything, is being closed on request."""
        self._until_ns[contract_id] = self._clock.monotonic_ns() + int(STAND_DOWN_S * NS)

    def resume(self, contract_id: str) -> None:
        """Note that the request about a contract has ended."""
        self._until_ns.pop(contract_id, None)

    def is_closing(self, contract_id: str) -> bool:
        """Whether a contract is being closed on request."""
        now_ns = self._clock.monotonic_ns()
        return any(self._until_ns.get(key, 0) > now_ns for key in (contract_id, None))

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
