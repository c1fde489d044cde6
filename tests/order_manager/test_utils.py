"""Prices on the grid of a contract, as functions."""

from __future__ import annotations

import pytest
from tests.order_manager.managers import managed
from tests.virtual import in_virtual_time

from project_x_py.exceptions import ProjectXOrderError
from project_x_py.order_manager.utils import (
    align_price_to_tick,
    align_price_to_tick_size,
    resolve_contract_id,
    validate_price_tick_size,
)


@pytest.mark.parametrize(
    ("price", "tick", "aligned"),
    [
        (100.1, 0.25, 100.0),
        (100.125, 0.25, 100.25),
        (0.3, 0.1, 0.3),
        (-37.63, 0.01, -37.63),
        (-0.05, 0.1, 0.0),
        (110.015625, 0.015625, 110.015625),
    ],
)
def test_a_price_goes_to_the_nearest_tick(price: float, tick: float, aligned: float) -> None:
    """Halves go up, and what is on the grid stays the number a person would type."""
    assert align_price_to_tick(price, tick) == aligned


@pytest.mark.parametrize(("price", "tick"), [(1.0, 0.0), (float("nan"), 0.25), (1.0, -1.0)])
def test_what_is_no_price_is_refused(price: float, tick: float) -> None:
    """Nothing is aligned to nothing."""
    with pytest.raises(ProjectXOrderError, match="aligned"):
        align_price_to_tick(price, tick)


@in_virtual_time
async def test_the_tick_is_that_of_the_contract() -> None:
    """By ticker, with the nearest price named for one that is off."""
    async with managed() as (_, desk):
        client = desk.client
        assert await align_price_to_tick_size(100.1, "MNQ", client) == 100.0
        assert await align_price_to_tick_size(None, "MNQ", client) is None
        await validate_price_tick_size(100.25, "MNQ", client)
        await validate_price_tick_size(None, "MNQ", client)
        with pytest.raises(ProjectXOrderError, match=r"limit 100\.1 .* 100\.0"):
            await validate_price_tick_size(100.1, "MNQ", client, "limit")
        found = await resolve_contract_id("MNQ", client)
        assert found is not None
        assert found["id"] == desk.contract_id
        assert await resolve_contract_id("NOSUCH", client) is None
