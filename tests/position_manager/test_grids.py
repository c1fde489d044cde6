"""Grids are found once, by whoever knows them first."""

from __future__ import annotations

import asyncio

import pytest
from tests.order_manager.desks import served
from tests.position_manager.ports import GRID
from tests.suites import login
from tests.virtual import in_virtual_time

from project_x_py._runtime.supervisor import Supervisor
from project_x_py.client import ProjectX
from project_x_py.exceptions import ProjectXInstrumentError, ProjectXPositionError
from project_x_py.position_manager._grids import HeldGrids
from project_x_py.simulator import faults


@in_virtual_time
async def test_what_is_sought_is_found_out_once_and_told() -> None:
    """The first to ask gets nothing, is told when it is there, and it stays there."""
    async with served() as gateway, ProjectX(**login(gateway)) as client:
        await client.authenticate()
        learned: list[str] = []
        tasks = Supervisor("grids")
        book = HeldGrids(client, tasks, lambda: learned.append("grid"))
        contract = gateway.contracts[0].contract_id
        with pytest.raises(ProjectXPositionError, match="not known"):
            book.known("CON.F.US.NOPE.Z99")
        assert book.sought(contract) is None
        assert book.sought(contract) is None
        await asyncio.sleep(1)
        assert learned == ["grid"]
        assert book.known(contract) == book.sought(contract) == await book.grid(contract)
        assert book.held("nobody's") is None
        gateway.faults.apply(faults.Refuse(status=503, times=50))
        assert book.sought("CON.F.US.NOPE.Z99") is None
        await asyncio.sleep(60)
        assert learned == ["grid"]
        await tasks.aclose()


@in_virtual_time
async def test_a_name_or_a_ticker_leads_to_the_same_grid() -> None:
    """And a grid that is not known is asked for by whoever can wait."""
    async with served() as gateway, ProjectX(**login(gateway)) as client:
        await client.authenticate()
        tasks = Supervisor("grids")
        book = HeldGrids(client, tasks, lambda: None)
        contract = gateway.contracts[0].contract_id
        assert await book.grid(contract) == GRID
        other = HeldGrids(client, tasks, lambda: None)
        assert (await other.contract("MNQ")).id == contract
        assert other.known(contract) == GRID
        await tasks.aclose()


@in_virtual_time
async def test_a_contract_that_is_listed_no_more_has_the_grid_of_its_product() -> None:
    """It may be held over a roll; one of a product that nobody knows is told to be unknown."""
    async with served() as gateway, ProjectX(**login(gateway)) as client:
        await client.authenticate()
        tasks = Supervisor("grids")
        book = HeldGrids(client, tasks, lambda: None)
        gone = "CON.F.US.MNQ.Z19"
        assert book.known(gone) == await book.grid(gone) == book.held(gone) == GRID
        with pytest.raises(ProjectXInstrumentError, match="NOPE"):
            await book.grid("CON.F.US.NOPE.Z99")
        await tasks.aclose()
