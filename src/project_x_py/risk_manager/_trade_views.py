"""What a managed trade tells of itself, in the documented words.

Invariant (``tests/risk_manager/test_managed_trade.py``): a figure that is not known is None.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from project_x_py._core.products import parse_contract_id
from project_x_py.models import OrderPlaceResponse

if TYPE_CHECKING:
    from fractions import Fraction

    from project_x_py._core.grid import TickGrid
    from project_x_py.models import BracketOrderResponse, Position
    from project_x_py.risk_manager._entries import TradeEntries
    from project_x_py.risk_manager._terms import Terms, TradeTerms

__all__ = ["entered_view", "summary_view"]

MS = 1_000_000
"""Nanoseconds of a millisecond."""

NOT_SENT = 2
"""Code of an order that this side refused to send: the gateway's own for a rejection."""


def entered_view(
    answer: BracketOrderResponse, asked: Terms, position: Position | None
) -> dict[str, Any]:
    """Return what came of an entry."""
    entry = answer.entry_response
    if entry is None:
        entry = OrderPlaceResponse(0, False, NOT_SENT, answer.error_message)
    return {
        "entry_order": entry,
        "stop_order": answer.stop_response,
        "target_order": answer.target_response,
        "position": position,
        "size": asked.size if answer.success else 0,
        "risk_amount": float(asked.risk_usd) if answer.success else 0.0,
        "validation": asked.validation,
    }


def summary_view(
    entries: TradeEntries, terms: TradeTerms, price: int | None, results: list[dict[str, Any]]
) -> dict[str, Any]:
    """Return a trade so far."""
    grid, states = terms.grid, entries.states()
    average, stop, held = entries.average_entry(), entries.stop, entries.held
    made = _dollars(grid, entries.realised_ticks())
    worth = None if price is None else _dollars(grid, entries.open_ticks(price))
    risk = None
    if average is not None and stop is not None and held:
        away = average - stop if entries.side == 0 else stop - average
        risk = max(0.0, _dollars(grid, away * held))
    return {
        "contract_id": terms.contract_id,
        "symbol": parse_contract_id(terms.contract_id).ticker,
        "status": _status(entries),
        "side": entries.side,
        "size": sum(state.size for state in states),
        "held": held,
        "entry_price": _points(grid, average),
        "exit_price": _points(grid, entries.average_exit()),
        "current_price": None if price is None else grid.price(price),
        "stop_loss": None if stop is None else grid.price(stop),
        "take_profit": None if entries.target is None else grid.price(entries.target),
        "risk_amount": risk,
        "max_risk": float(terms.limit_usd()),
        "realized_pnl": made,
        "unrealized_pnl": worth,
        "total_pnl": None if worth is None else made + worth,
        "unprotected_ms": entries.unprotected_ns / MS,
        "entry_orders": [state.order_id for state in states if state.order_id is not None],
        "stop_orders": [number for state in states for number in state.stop_ids],
        "target_orders": [number for state in states for number in state.target_ids],
        "results": [dict(result) for result in results],
    }


def _status(entries: TradeEntries) -> str:
    if not entries.tags:
        return "new"
    if entries.held:
        return "open"
    if entries.pending:
        return "working"
    return "closed" if entries.filled else "cancelled"


def _points(grid: TickGrid, ticks: Fraction | None) -> float | None:
    if ticks is None:
        return None
    exact = Decimal(ticks.numerator) * grid.tick_size / Decimal(ticks.denominator)
    return float(exact)


def _dollars(grid: TickGrid, ticks: Fraction) -> float:
    exact = Decimal(ticks.numerator) * grid.tick_value / Decimal(ticks.denominator)
    return float(exact)
