"""Every figure is that of the changes so far."""

from __future__ import annotations

import pytest
from tests.order_manager.facts import GRID, change, order

from project_x_py._core.orders.ledger import Change
from project_x_py.order_manager._statistics import MS, OrderCounters


def test_nothing_done_is_nothing_counted() -> None:
    """Every figure is zero or None, and no rate divides by it."""
    counters = OrderCounters()
    figures = counters.documented([])
    assert figures.pop("last_order_time") is None
    assert set(figures.values()) == {0}
    assert counters.distribution() == {}


def test_a_life_is_counted() -> None:
    """Placed, filled in two parts: one order, its time, its volume and its exact worth."""
    counters = OrderCounters()
    second = 1_000_000_000
    counters.count(change(Change.PLACED, order(created_ns=second)), GRID, 10 * MS)
    part = order(filled=1, average_fill=20_000.0)
    counters.count(change(Change.PARTIAL_FILL, part, filled=1), GRID, 20 * MS)
    full = order(status=2, filled=2, average_fill=20_000.5)
    counters.count(change(Change.FILLED, full, part, filled=1), GRID, 40 * MS)
    figures = counters.documented([2 * MS, 4 * MS], invalid=3)
    assert (figures["orders_placed"], figures["orders_filled"], figures["fill_rate"]) == (1, 1, 1.0)
    assert (figures["total_volume"], figures["largest_order"]) == (2, 2)
    assert figures["total_value"] == 2 * 20_000.5 * 2
    assert figures["avg_fill_time_ms"] == 30
    assert figures["avg_order_response_time_ms"] == 3
    assert figures["last_order_time"] == "1970-01-01T00:00:01+00:00"
    assert figures["order_validation_failures"] == 3
    assert counters.distribution() == {"LIMIT": 1.0}


@pytest.mark.parametrize(("side", "slipped"), [(0, 0.5), (1, -0.5)])
def test_slippage_is_worse_when_above_zero(side: int, slipped: float) -> None:
    """A buy that paid more, a sale that got less."""
    counters = OrderCounters()
    full = order(side=side, status=2, filled=2, average_fill=20_000.5)
    counters.count(change(Change.FILLED, full, filled=2), GRID, 1)
    assert counters.average_slippage == slipped


def test_refusals_are_counted_by_their_text() -> None:
    """A refused order was never placed; the rate is of all that were asked for."""
    counters = OrderCounters()
    counters.count(change(Change.PLACED, order(1)), GRID, 1)
    counters.count(change(Change.CANCELLED, order(1, status=3)), GRID, 1)
    counters.count(change(Change.REJECTED, order(2), reason="no funds"), GRID, 1)
    figures = counters.documented([])
    assert (figures["orders_rejected"], figures["rejection_rate"]) == (1, 0.5)
    assert counters.reasons.most_common() == [("no funds", 1)]
    assert (figures["orders_cancelled"], figures["orders_placed"]) == (1, 1)
