"""What an account holds and makes, through the documented calls, against the gateway."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.position_manager.accounts import BUY, SELL, following
from tests.virtual import in_virtual_time

from project_x_py import EventType
from project_x_py.event_bus import Event, EventBus
from project_x_py.exceptions import ProjectXError
from project_x_py.simulator import faults

EVENT_KEYS = {
    "id", "accountId", "contractId", "creationTimestamp", "type", "size", "averagePrice",
    "netPos", "contract_id", "symbol", "pnl",
}  # fmt: skip


@in_virtual_time
async def test_a_round_trip_is_told_step_by_step_with_its_dollars() -> None:
    """Opened, enlarged, closed, updated while held; the profit is that of the gateway's fills."""
    async with following() as (_, account):
        await account.trade(BUY, 1)
        await account.trade(BUY, 1)
        await account.trade(SELL, 2)
        assert account.names()[:4] == [
            "position_opened",
            "position_updated",
            "position_updated",
            "position_closed",
        ]
        for event in account.events[:4]:
            assert set(event.data) == EVENT_KEYS
        opened, first, second, closed = (event.data for event in account.events[:4])
        assert first == opened
        assert second["netPos"] == 2
        assert (opened["netPos"], opened["size"], opened["type"]) == (1, 1, 1)
        assert (closed["netPos"], closed["size"], closed["type"]) == (0, 0, 0)
        assert (opened["contractId"], opened["symbol"]) == (account.contract_id, "MNQ")
        told = [event.data["pnl"] for event in account.events if event.data.get("pnl") is not None]
        fills = await account.client.order_queries().fills(account.positions.account_id, 0)
        made = sum(fill.profit_and_loss or 0 for fill in fills.rows)
        assert told == [pytest.approx(made, abs=0.005)]


@pytest.mark.parametrize("orders", [False, True])
@pytest.mark.parametrize("hub", [False, True])
def test_the_account_is_equal_to_the_gateways(virtual: Any, orders: bool, hub: bool) -> None:
    """Whoever tells of it, balance moved by realised less costs is the gateway's balance."""

    async def scene() -> None:
        async with following(hub=hub, orders=orders) as (_, account):
            before = account.client.get_account_info().balance
            for side, size in ((BUY, 3), (SELL, 1), (SELL, 4), (BUY, 2)):
                await account.trade(side, size, wait_s=2)
                assert await account.positions.refresh_positions()
            accounts = await account.client.list_accounts()
            metrics = await account.positions.get_portfolio_pnl()
            assert metrics["realized_pnl"] == pytest.approx(accounts[0].balance - before, abs=0.011)
            assert await account.positions.get_all_positions() == []
            assert account.names().count("position_opened") == 2
            assert account.names().count("position_closed") == 2
            assert metrics["daily_pnl"] == metrics["realized_pnl"]

    virtual(scene())


@in_virtual_time
async def test_what_was_held_before_is_known_with_its_money() -> None:
    """A manager that begins later counts from the average price, and the day from its fills."""
    async with following(held=2) as (_, account):
        held = await account.positions.get_position("MNQ")
        assert held is not None
        assert (held.size, held.is_long) == (2, True)
        await asyncio.sleep(0.1)
        assert account.names() == ["position_opened", "position_updated"]
        await account.trade(SELL, 2)
        status = account.positions.get_realtime_validation_status()
        assert (status["is_known"], status["unaccounted"]) == (True, [])
        fills = await account.client.order_queries().fills(account.positions.account_id, 0)
        gateway = sum(f.profit_and_loss or 0 for f in fills.rows) - sum(
            f.fees + f.commissions for f in fills.rows
        )
        metrics = await account.positions.get_portfolio_pnl()
        assert metrics["daily_pnl"] == pytest.approx(gateway, abs=0.011)


@in_virtual_time
async def test_a_reversal_closes_and_opens() -> None:
    """Long one, sell three: closed with its profit, then opened short."""
    async with following() as (_, account):
        await account.trade(BUY, 1)
        await account.trade(SELL, 3)
        kinds = [name for name in account.names() if name != "position_updated"]
        assert kinds[:3] == ["position_opened", "position_closed", "position_opened"]
        held = await account.positions.get_position(account.contract_id)
        assert held is not None
        assert (held.signed_size, held.is_short) == (-2, True)
        assert await account.positions.is_position_open("MNQ")
        history = await account.positions.get_position_history("MNQ")
        assert [entry["size_change"] for entry in history] == [1, -1, -2]
        assert await account.positions.get_position_history_size("MNQ") == 3


@in_virtual_time
async def test_a_handler_may_call_the_manager() -> None:
    """Every read and a close from inside a position event come back."""
    async with following() as (_, account):
        positions, seen = account.positions, []

        async def handler(event: Event) -> None:
            seen.append(len(await positions.get_all_positions()))
            await positions.get_portfolio_pnl()
            await positions.close_position_direct(event.data["contract_id"])

        await positions.event_bus.on(EventType.POSITION_OPENED, handler)
        await account.trade(BUY, 2, wait_s=5)
        assert seen == [1]
        assert await positions.get_position("MNQ") is None


@in_virtual_time
async def test_a_read_that_fails_is_an_error_and_no_empty_list() -> None:
    """Positions stay as they were known, and the reason is told."""
    async with following(held=1) as (gateway, account):
        gateway.faults.apply(faults.Refuse(route="/api/Position/searchOpen", status=503, times=999))
        with pytest.raises(ProjectXError, match="positions unknown"):
            await account.positions.get_all_positions()
        assert not await account.positions.refresh_positions()
        assert account.positions.last_error
        assert await account.positions.is_position_open("MNQ")
        with pytest.raises(ProjectXError, match="follows account"):
            await account.positions.get_all_positions(account_id=1)


@in_virtual_time
async def test_a_manager_of_one_contract_shares_the_account() -> None:
    """The view shows its contract alone, and what it closes the account sees."""
    async with following(held=1) as (_, account):
        view = account.positions.of_contract(account.contract_id, EventBus())
        other = account.positions.of_contract("CON.F.US.EP.U26", EventBus())
        assert [held.contractId for held in await view.get_all_positions()] == [account.contract_id]
        assert await other.get_all_positions() == []
        with pytest.raises(ProjectXError, match="not of"):
            await other.close_position_direct("MNQ")
        assert (await view.close_all_positions())["proved"]
        assert await account.positions.get_all_positions() == []


@in_virtual_time
async def test_users_count_beside_it() -> None:
    """Counters, errors, status and reports have the documented keys, and forget on demand."""
    async with following(held=1) as (_, account):
        positions = account.positions
        await positions.increment("mine", 2)
        await positions.set_gauge("level", 3)
        await positions.record_timing("step", 4)
        await positions.track_error(ValueError("no"), "there")
        assert (await positions.get_stats())["error_count"] == 1
        assert (await positions.get_recent_errors())[-1]["message"] == "no"
        assert positions.get_memory_stats()["counters"] == {"mine": 2}
        assert await positions.get_status() == "active"
        assert await positions.get_health_score() == 100
        await positions.reset_metrics()
        assert await positions.get_error_count() == 0
        report = await positions.export_portfolio_report()
        assert [row["netPos"] for row in report["positions"]] == [1]
        assert (await positions.get_position_statistics())["open_positions"] == 1
        assert (await positions.get_risk_metrics())["position_count"] == 1
        await asyncio.sleep(0)
