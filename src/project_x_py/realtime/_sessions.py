"""Whether the market of what a client is subscribed to is in session."""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.calendar import find_calendar

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["Sessions"]

USUAL = "ES"
"""Whose hours stand for a client that is subscribed to no contract."""


class Sessions:
    """Session hours by contract id."""

    __slots__ = ()

    def is_open(self, contract_id: str, exch_ns: int) -> bool:
        """Whether the contract trades; one that no table has is taken to."""
        calendar = find_calendar(contract_id)
        return calendar is None or calendar.is_open(exch_ns)

    def any_open(self, contract_ids: Iterable[str], exch_ns: int) -> bool:
        """Whether one of the contracts trades; without any, whether index futures do."""
        return any(self.is_open(one, exch_ns) for one in tuple(contract_ids) or (USUAL,))
