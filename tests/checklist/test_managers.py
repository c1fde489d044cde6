"""What the documents promise of the parts of a suite together."""

from __future__ import annotations

import asyncio
import logging
from datetime import UTC, datetime

import pytest
from tests.suites import login, simulated_suite
from tests.virtual import in_virtual_time

from project_x_py import EventType, ProjectX, ProjectXError
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import Event
from project_x_py.exceptions import ProjectXConnectionError, ProjectXOrderError
from project_x_py.simulator import SimulatedGateway, faults

BUY = 0
OPEN = datetime(2026, 9, 1, 14, 30, tzinfo=UTC)


@pytest.mark.checklist(20)
@in_virtual_time
async def test_each_manager_keeps_its_own_and_the_client_nothing() -> None:
    """Orders, positions and bars are read from their managers; the client counts and forwards."""
    async with simulated_suite("MNQ", timeframes=["1min"], gateway={"start": OPEN}) as (
        _,
        suite,
    ):
        context = suite["MNQ"]
        placed = await context.orders.place_market_order("MNQ", BUY, 1)
        await asyncio.sleep(70)
        order = await context.orders.get_order_by_id(placed.orderId)
        position = await context.positions.get_position(context.instrument_info.id)
        assert order is not None
        assert order.is_filled
        assert position is not None
        assert position.signed_size == 1
        assert await context.data.get_data("1min") is not None
        held = repr(vars(suite.realtime)).lower()
        assert str(placed.orderId) not in held
        assert "averageprice" not in held


@pytest.mark.checklist(138)
@in_virtual_time
async def test_a_failed_bracket_says_so_in_its_answer() -> None:
    """The page's else-branch: no success, and why."""
    async with simulated_suite("MNQ", gateway={"start": OPEN}) as (gateway, suite):
        await asyncio.sleep(2)
        price = await suite.data.get_current_price()
        assert price is not None
        text = "Trading is currently unavailable."
        gateway.faults.apply(faults.Answer(route="/api/Order/place", code=2, message=text))
        bracket = await suite["MNQ"].orders.place_bracket_order(
            "MNQ", BUY, 1, price, price - 20, price + 20, "market"
        )
        assert not bracket.success
        assert bracket.error_message is not None
        assert text in bracket.error_message


@pytest.mark.checklist(146)
@in_virtual_time
async def test_profit_in_dollars_comes_from_the_position_manager() -> None:
    """Ten points of one MNQ are twenty dollars."""
    async with simulated_suite("MNQ", gateway={"start": OPEN}) as (_, suite):
        context = suite["MNQ"]
        await context.orders.place_market_order("MNQ", BUY, 1)
        await asyncio.sleep(2)
        position = await context.positions.get_position(context.instrument_info.id)
        assert position is not None
        figures = await context.positions.calculate_position_pnl(
            position, current_price=position.averagePrice + 10
        )
        assert figures["unrealized_pnl"] == pytest.approx(20.0)


@pytest.mark.checklist(169, 175)
@in_virtual_time
async def test_errors_are_of_the_documented_kinds() -> None:
    """A network that fails and an order that is impossible raise what the page names."""
    async with SimulatedGateway(in_process=True, instruments=("MNQ",)) as gateway:
        async with ProjectX(**login(gateway)) as client:
            await client.authenticate()
            gateway.faults.apply(faults.Cut(route="/api/Contract/search", times=100))
            with pytest.raises(ProjectXConnectionError) as lost:
                await client.search_instruments("MNQ")
        assert isinstance(lost.value, ProjectXError)
        gateway.faults.requests.clear()
    async with simulated_suite("MNQ") as (_, suite):
        with pytest.raises(ProjectXOrderError) as refused:
            await suite["MNQ"].orders.place_order("MNQ", 1, BUY, 1)
        assert isinstance(refused.value, ProjectXError)
    for kind in (ProjectXConnectionError, ProjectXOrderError):
        error = kind("why", error_code=7, response_data={"a": 1})
        assert (str(error), error.error_code, error.response_data) == ("why", 7, {"a": 1})


@pytest.mark.checklist(199)
@in_virtual_time
async def test_a_dropped_connection_comes_back_by_itself() -> None:
    """Nobody does anything, and quotes arrive again."""
    async with simulated_suite("MNQ", gateway={"start": OPEN}) as (gateway, suite):
        names: list[str] = []

        async def note(event: Event) -> None:
            names.append(event.type.value)

        for kind in (EventType.DISCONNECTED, EventType.RECONNECTING, EventType.CONNECTED):
            await suite.on(kind, note)
        await asyncio.sleep(5)
        gateway.faults.drop_connections()
        await asyncio.sleep(5)
        assert suite.is_connected
        assert {"disconnected", "reconnecting", "connected"} <= set(names)
        await suite.wait_for(EventType.QUOTE_UPDATE, timeout=5)


@pytest.mark.checklist(216)
def test_an_application_watches_with_its_own_logging(caplog: pytest.LogCaptureFixture) -> None:
    """Records go to the application's handlers and nowhere else; figures are there to be read."""

    async def run() -> None:
        async with simulated_suite("MNQ", gateway={"start": OPEN}) as (gateway, suite):
            await asyncio.sleep(5)
            gateway.faults.drop_connections()
            await asyncio.sleep(5)
            assert suite.realtime.get_stats()["events_received"] > 0
            assert (await suite.data.get_memory_stats())["ticks_processed"] >= 0

    caplog.set_level(logging.INFO)
    run_virtual(run())
    assert any(record.name.startswith("project_x_py.realtime") for record in caplog.records)
    loggers = [
        found
        for name, found in logging.root.manager.loggerDict.items()
        if name.startswith("project_x_py") and isinstance(found, logging.Logger)
    ]
    assert loggers
    assert all(not one.handlers and one.propagate for one in loggers)
