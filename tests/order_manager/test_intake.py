"""Grids, tags and accounts."""

from __future__ import annotations

import asyncio

import pytest
from tests.order_manager.managers import managed
from tests.virtual import in_virtual_time

from project_x_py._core.submission import Lane
from project_x_py.exceptions import ProjectXInstrumentError, ProjectXOrderError

NO_PRICES = {"limit_price": None, "stop_price": None, "trail_price": None}


class Prices:
    """A last price of a given age."""

    def __init__(self, ticks: int, age_s: float) -> None:
        self.known = (ticks, age_s)

    def last_price(self, contract_id: str) -> tuple[int, float] | None:
        """The same for every contract."""
        return self.known


@in_virtual_time
async def test_grids_are_known_once_an_order_is_made() -> None:
    """By whatever name it was asked for; an unknown name has close matches and leaves nothing."""
    async with managed() as (_, desk):
        intake = desk.orders._parts.intake
        with pytest.raises(ProjectXOrderError, match="not known"):
            intake.known_grid(desk.contract_id)
        request = await intake.request("MNQ", 2, 0, 1, NO_PRICES, account_id=None)
        assert request.contract_id == desk.contract_id
        assert intake.known_grid(desk.contract_id) is intake.grids.held(desk.contract_id)
        assert await intake.grids.grid(desk.contract_id) is intake.grids.held(desk.contract_id)
        with pytest.raises(ProjectXInstrumentError):
            await intake.request("NOPE", 2, 0, 1, NO_PRICES, account_id=None)
        assert desk.orders.get_order_statistics()["order_validation_failures"] == 1


@in_virtual_time
async def test_a_grid_that_an_event_needs_is_found_out() -> None:
    """None at first, asked for once, and then there."""
    async with managed() as (gateway, desk):
        intake = desk.orders._parts.intake
        before = len(gateway.faults.requests)
        assert intake.grids.sought(desk.contract_id) is None
        assert intake.grids.sought(desk.contract_id) is None
        await asyncio.sleep(1)
        assert intake.grids.sought(desk.contract_id) is not None
        assert intake.grids.sought("CON.F.US.NOPE.Z26") is None
        await asyncio.sleep(1)
        assert intake.grids.held("CON.F.US.NOPE.Z26") is None
        assert len(gateway.faults.requests) == before


@in_virtual_time
async def test_tags_are_never_made_twice() -> None:
    """Not in a run, and not in two."""
    async with managed() as (_, one), managed() as (_, other):
        tags = [desk.orders._parts.intake.next_tag() for desk in (one, other) for _ in range(500)]
        assert len(set(tags)) == 1000


@in_virtual_time
async def test_another_account_is_refused() -> None:
    """By name of both; the own one passes in any form."""
    async with managed() as (_, desk):
        intake = desk.orders._parts.intake
        intake.own(None)
        intake.own(intake.account_id)
        with pytest.raises(ProjectXOrderError, match=rf"{intake.account_id}, not 7"):
            intake.own(7)


@in_virtual_time
async def test_only_what_reduces_is_protective() -> None:
    """Up to what is held, what works already considered; a reversal is an entry."""
    async with managed() as (_, desk):
        intake = desk.orders._parts.intake
        buy = await intake.request("MNQ", 2, 0, 2, NO_PRICES, account_id=None)
        sell = await intake.request("MNQ", 2, 1, 2, NO_PRICES, account_id=None)
        assert (intake.lane(buy), intake.lane(sell)) == (Lane.ENTRY, Lane.ENTRY)
        await desk.orders.place_market_order("MNQ", 0, 3)
        await asyncio.sleep(1)
        assert (intake.lane(buy), intake.lane(sell)) == (Lane.ENTRY, Lane.PROTECTIVE)
        await desk.orders.add_take_profit("MNQ", desk.price + 50, 2)
        assert intake.lane(sell) is Lane.ENTRY


@in_virtual_time
async def test_only_a_fresh_price_judges() -> None:
    """One that is older than the limit counts as none."""
    async with managed(prices=Prices(80_000, 5.0)) as (_, desk):
        intake = desk.orders._parts.intake
        assert intake.last(desk.contract_id) == 80_000
        intake.prices = Prices(80_000, 5.01)
        assert intake.last(desk.contract_id) is None


@in_virtual_time
async def test_a_bracket_around_no_price_is_refused() -> None:
    """A market entry needs a reference; the last price serves while it is fresh."""
    async with managed() as (_, desk):
        intake = desk.orders._parts.intake
        prices = (None, desk.price - 10, desk.price + 10)
        with pytest.raises(
            ProjectXOrderError, match="while no price of the last 60 seconds is known"
        ):
            await intake.plan("MNQ", 0, 1, prices, "market", None)
        intake.prices = Prices(round(desk.price / 0.25), 0.0)
        plan = await intake.plan("MNQ", 0, 1, prices, "market", None)
        assert plan.reference == round(desk.price / 0.25)
        plan = await intake.plan("MNQ", 1, 1, (None, None, None), "market", None)
        assert (plan.stop, plan.target) == (None, None)
