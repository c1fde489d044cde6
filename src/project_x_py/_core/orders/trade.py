"""An entry, what protects it and what ends it, as one record for those who manage trades.

Invariant (``tests/order_manager/test_trades.py``): what is held is what was filled, less what every
leg and exit has filled; money follows from fills alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fractions import Fraction

__all__ = ["EntryState"]


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryState:
    """How an entry stands. Counts are contracts, prices ticks.

    Attributes:
        tag: The entry's.
        order_id: The gateway's number, None while it is not known.
        side: 0 bought, 1 sold.
        size: Contracts asked for.
        filled: Contracts entered.
        pending: Contracts that may still be entered; all while the order's fate is unknown.
        is_unknown: Whether nobody has shown yet what became of the order.
        held: Contracts entered and not left.
        covered: Contracts that stops at the exchange cover.
        leaving: Contracts that working or unknown exits at the market may still take off.
        exited: Contracts left.
        entered_worth: Ticks times contracts that were entered.
        exited_worth: Ticks times contracts that were left.
        stop: Price of the stop that works, None without one.
        target: Price of the target that works, None without one.
        stop_ids: Stops that may still fill.
        target_ids: Targets that may still fill.
        reason: Why there is no such order, None while there is or may be one.
    """

    tag: str
    order_id: int | None
    side: int
    size: int
    filled: int
    pending: int
    is_unknown: bool
    held: int
    covered: int
    leaving: int
    exited: int
    entered_worth: Fraction
    exited_worth: Fraction
    stop: int | None
    target: int | None
    stop_ids: tuple[int, ...]
    target_ids: tuple[int, ...]
    reason: str | None

    @property
    def is_safe(self) -> bool:
        """Whether stops cover everything that is held."""
        return self.covered >= self.held
