"""Which month of a product was the active one when: what a long history is put together from.

The gateway names only the month that is active now. When its predecessors handed over is general
exchange knowledge, by :func:`project_x_py._core.products.active_contract`; the gateway's own
choice may have differed by some days, and the joins that come of it are reported.

Invariants (``tests/client/test_months.py``): the parts cover the window without a gap or an
overlap, newest first, each month once; the newest part is the gateway's active month.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from project_x_py._core.calendar import day_ordinal, day_start_of
from project_x_py._core.products import active_contract, parse_contract_id
from project_x_py.exceptions import ProjectXInstrumentError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from project_x_py._core.products import ContractName, Product

__all__ = ["Part", "parts_of"]

_FOREVER = (1 << 63) - 1


@dataclass(frozen=True, slots=True)
class Part:
    """The time in which one contract was the active one: ``start_ns <= t < end_ns``."""

    contract_id: str
    start_ns: int
    end_ns: int


def parts_of(product: Product, active_id: str, start_ns: int, end_ns: int) -> list[Part]:
    """Return the contracts that make up a window, newest first.

    Args:
        product: What they are expiries of.
        active_id: The month that the gateway lists as active.
        start_ns: Exchange time at which the window begins.
        end_ns: Exchange time at which it ends; at most about now.
    """
    try:
        active = parse_contract_id(active_id)
    except ProjectXInstrumentError:
        return [Part(active_id, start_ns, _FOREVER)]
    months = list(_months(product, day_ordinal(start_ns), day_ordinal(end_ns)))
    older = [(name, day) for name, day in months if name.delivery < active.delivery]
    same = next((day for name, day in months if name.delivery == active.delivery), None)
    if same is None and older:
        # The gateway has rolled before the rule would have.
        same = day_ordinal(end_ns)
    begins = start_ns if same is None or not older else day_start_of(same)
    parts = [Part(active.contract_id, begins, _FOREVER)]
    for name, day in older:
        until = parts[-1].start_ns
        parts.append(Part(name.contract_id, min(max(day_start_of(day), start_ns), until), until))
    return [part for part in parts if part.end_ns > start_ns and part.start_ns < part.end_ns]


def _months(product: Product, first: int, last: int) -> Iterator[tuple[ContractName, int]]:
    """Yield each month that was active between two days, newest first, with its first day."""
    current = active_contract(product, date.fromordinal(last))
    for day in range(last - 1, first - 1, -1):
        before = active_contract(product, date.fromordinal(day))
        if before != current:
            yield current, day + 1
            current = before
    yield current, first
