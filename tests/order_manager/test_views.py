"""Orders as callers see them."""

from __future__ import annotations

from typing import Any

import pytest
from tests.order_manager.facts import CONTRACT, GRID, change, order

from project_x_py._core.orders.ledger import Change
from project_x_py.order_manager._views import event_data, order_model, symbol_of

KEYS = (
    "order, order_id, contract_id, symbol, order_type, side, size, limit_price, stop_price, "
    "custom_tag, old_status, new_status, filled_size, total_size, fill_size, modifications, "
    "reason, reconciled"
)


@pytest.mark.parametrize("kind", Change)
@pytest.mark.parametrize("before", [None, order(status=6)])
def test_every_order_event_has_the_same_keys(kind: Change, before: Any) -> None:
    """Those of the docstring, whatever happened and whatever was known before."""
    data = event_data(change(kind, order(), before), GRID, reconciled=False)
    assert list(data) == KEYS.split(", ")
    assert KEYS.split()[0] in str(event_data.__doc__)
    assert "".join(str(event_data.__doc__).split()).find("".join(KEYS.split())) > 0


def test_prices_are_of_the_grid_and_sizes_whole() -> None:
    """Ticks become points; an average need not lie on the grid; counts are int."""
    model = order_model(order(limit=80_001, stop=-3, filled=1, average_fill=20_000.1), GRID)
    assert (model.limitPrice, model.stopPrice, model.filledPrice) == (20_000.25, -0.75, 20_000.1)
    assert isinstance(model.size, int)
    assert isinstance(model.fillVolume, int)
    assert order_model(order(limit=None), GRID).limitPrice is None


def test_times_are_the_gateways() -> None:
    """Creation as the gateway says it, else when it was heard of first."""
    second = 1_000_000_000
    model = order_model(order(created_ns=second, updated_ns=2 * second, recv_ns=5 * second), GRID)
    assert model.creationTimestamp == "1970-01-01T00:00:01+00:00"
    assert model.updateTimestamp == "1970-01-01T00:00:02+00:00"
    assert order_model(order(recv_ns=3 * second), GRID).creationTimestamp.endswith("03+00:00")


def test_modifications_name_what_is_new() -> None:
    """And None for what stayed."""
    data = event_data(
        change(Change.MODIFIED, order(limit=80_004, size=3), order()), GRID, reconciled=True
    )
    assert data["modifications"] == {"limit_price": 20_001.0, "stop_price": None, "size": 3}
    assert (data["reconciled"], data["old_status"], data["new_status"]) == (True, 1, 1)


def test_a_symbol_is_the_ticker() -> None:
    """ES for EP; a product that is not listed is its code, and other text stands for itself."""
    assert symbol_of(CONTRACT) == "MNQ"
    assert symbol_of("CON.F.US.EP.Z26") == "ES"
    assert symbol_of("CON.F.US.NOSUCH.Z26") == "NOSUCH"
    assert symbol_of("whatever") == "whatever"
