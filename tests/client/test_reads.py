"""The documented reads of positions and own trades."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from tests.client.gateways import Parts, envelope, with_client, with_parts

from project_x_py._core.submission import Accepted, OrderRequest
from project_x_py.client import ProjectX
from project_x_py.client._reads import open_positions, own_trades
from project_x_py.exceptions import (
    ProjectXAuthenticationError,
    ProjectXDataError,
    ProjectXOrderError,
    ProjectXPositionError,
)
from project_x_py.simulator import SimulatedGateway

OPEN = datetime(2026, 9, 1, 14, 30, tzinfo=UTC)
MNQ = "CON.F.US.MNQ.U26"
TRADE = {
    "id": 1, "accountId": 1, "contractId": MNQ, "creationTimestamp": "2026-09-01T14:30:05+00:00",
    "price": 20_000.0, "profitAndLoss": None, "fees": 0.36, "side": 0, "size": 1, "voided": False,
    "orderId": 7,
}  # fmt: skip


async def _traded(client: ProjectX, side: int, size: int = 1) -> None:
    order = OrderRequest(
        account_id=client.get_account_info().id, contract_id=MNQ, type=2, side=side, size=size
    )
    assert isinstance(await client.order_gateway().place(order), Accepted)
    await asyncio.sleep(1)


def test_positions_and_trades_are_models() -> None:
    """A round trip: the position while it lasts, its executions newest first, profit at the end."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        assert await client.search_open_positions() == []
        assert await client.search_trades() == []
        await _traded(client, 0, 2)
        (position,) = await client.search_open_positions()
        assert (position.contractId, position.size, position.is_long) == (MNQ, 2, True)
        with pytest.warns(DeprecationWarning, match="search_open_positions"):
            assert await client.get_positions() == [position]
        await _traded(client, 1, 2)
        assert await client.search_open_positions() == []
        trades = await client.search_trades()
        stamps = [trade.creationTimestamp for trade in trades]
        assert stamps == sorted(stamps, reverse=True)
        assert sum(trade.size for trade in trades) == 4
        assert trades[0].profitAndLoss is not None
        assert trades[-1].profitAndLoss is None
        assert await client.search_trades(limit=1) == trades[:1]
        assert await client.search_trades(contract_id="CON.F.US.EP.U26") == []
        account = client.get_account_info().id
        assert await client.search_trades(account_id=account, limit=None) == trades
        early = await client.search_trades(end_date=OPEN)
        assert early == []
        late = await client.search_trades(start_date=OPEN - timedelta(minutes=1))
        assert late == trades

    with_client(use, start=OPEN)


def test_before_login_there_is_no_account_to_ask_for() -> None:
    """Without a login the missing call is named."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        for read in (client.search_open_positions, client.search_trades):
            with pytest.raises(ProjectXAuthenticationError, match="authenticate"):
                await read()

    with_client(use, login=False)


@pytest.mark.checklist(176)
def test_a_refused_position_search_is_raised() -> None:
    """A search that the gateway refuses is an error with its code, never an empty list."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        with pytest.raises(ProjectXPositionError, match="AccountNotFound") as caught:
            await client.search_open_positions(account_id=1)
        assert caught.value.error_code == 1
        with pytest.raises(ProjectXOrderError, match="AccountNotFound"):
            await client.search_trades(account_id=1)

    with_client(use)


def _search(parts: Parts, **changes: Any) -> Any:
    settings = {"start_ns": 0, "end_ns": 1, "contract_id": None, "limit": 100}
    return own_trades(parts.calls, 1, **{**settings, **changes})


def test_absent_lists_and_wrong_arguments_are_errors() -> None:
    """A list that is missing is not empty; an empty window or limit is named before any request."""

    async def use(parts: Parts) -> None:
        parts.network.script("/Trade/search", envelope(trades=None))
        parts.network.script("/Position/searchOpen", envelope())
        with pytest.raises(ProjectXDataError, match="trades"):
            await _search(parts)
        with pytest.raises(ProjectXDataError, match="positions"):
            await open_positions(parts.calls, 1)
        parts.network.script("/Position/searchOpen", envelope(positions=[7]))
        with pytest.raises(ProjectXDataError, match="positions"):
            await open_positions(parts.calls, 1)
        before = len(parts.network.seen)
        for wrong in ({"limit": 0}, {"end_ns": 0}):
            with pytest.raises(ProjectXDataError):
                await _search(parts, **wrong)
        assert len(parts.network.seen) == before

    with_parts(use)


def test_a_large_answer_does_not_hold_up_the_loop() -> None:
    """Five thousand executions are read in slices, with others in between."""

    async def use(parts: Parts) -> None:
        rows = [None, *({**TRADE, "id": number} for number in range(5000))]
        parts.network.script("/Trade/search", envelope(trades=rows))
        turns = 0

        async def others() -> None:
            nonlocal turns
            while True:
                turns += 1
                await asyncio.sleep(0)

        async with asyncio.TaskGroup() as group:
            busy = group.create_task(others())
            trades = await _search(parts, limit=None)
            busy.cancel()
        assert len(trades) == 5000
        assert turns >= 10

    with_parts(use)
