"""Dollars of positions and accounts."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from tests.position_manager.accounts import BUY, SELL, following
from tests.virtual import in_virtual_time

from project_x_py import EventType
from project_x_py.exceptions import ProjectXError
from project_x_py.models import Position
from project_x_py.simulator import ExchangeQuirks, Quirks

SINCE = "2026-09-01T14:00:00Z"
OPEN = {"start": datetime(2026, 9, 1, 14, 30, tzinfo=UTC)}


@in_virtual_time
async def test_a_position_is_worth_dollars_through_its_tick_value() -> None:
    """Two MNQ ten points up are 40 dollars, short ones lose them; points only if asked for."""
    async with following(gateway=OPEN) as (_, account):
        held = Position(
            1,
            account.positions.account_id,
            account.contract_id,
            "2026-09-01T14:00:00Z",
            1,
            2,
            20_000.0,
        )
        worth = await account.positions.calculate_position_pnl(held, 20_010.0)
        assert (worth["unrealized_pnl"], worth["position_value"]) == (40.0, 2 * 20_010 * 2)
        assert worth["duration_minutes"] >= 30
        short = Position(
            1,
            account.positions.account_id,
            account.contract_id,
            "2026-09-01T14:00:00Z",
            2,
            2,
            20_000.0,
        )
        assert (await account.positions.calculate_position_pnl(short, 20_010.0))[
            "unrealized_pnl"
        ] == -40.0
        assert (await account.positions.calculate_position_pnl(held, 20_010.0, 1.0))[
            "unrealized_pnl"
        ] == 20.0


@in_virtual_time
async def test_without_a_price_nothing_is_invented() -> None:
    """The open profit is None and the error says what is missing."""
    async with following(gateway={**OPEN, "instruments": ("MNQ", "ES")}) as (_, account):
        contract = await account.client.get_instrument("ES")
        held = Position(1, 1, contract.id, SINCE, 1, 1, 5_000.0)
        worth = await account.positions.calculate_position_pnl(held)
        assert worth["unrealized_pnl"] is None
        assert contract.id in worth["error"]


@in_virtual_time
async def test_a_portfolio_at_given_prices() -> None:
    """Prices by ticker or id; one that is missing leaves the open profit unknown."""
    async with following(held=2, gateway=OPEN) as (_, account):
        held = (await account.positions.get_all_positions())[0]
        price = round(held.averagePrice) + 10.0
        for name in ("MNQ", account.contract_id):
            metrics = await account.positions.calculate_portfolio_pnl({name: price})
            assert metrics["unrealized_pnl"] == pytest.approx(
                (price - held.averagePrice) * 4, abs=0.01
            )
        metrics = await account.positions.calculate_portfolio_pnl({})
        assert (metrics["unrealized_pnl"], metrics["total_pnl"]) == (None, None)
        assert metrics["weekly_pnl"] is None
        await account.trade(SELL, 2)
        metrics = await account.positions.get_portfolio_pnl()
        assert (metrics["unrealized_pnl"], metrics["total_trades"]) == (0.0, 1)


@in_virtual_time
async def test_sizes_are_contracts_by_dollars() -> None:
    """500 dollars at ten points: one ES, 25 MNQ; a contract has to be named."""
    async with following(gateway={**OPEN, "instruments": ("MNQ", "ES")}) as (_, account):
        size = account.positions.calculate_position_size
        assert await size(500, 5_000, 4_990, "ES") == 1
        assert await size(500, 20_000, 20_010, "MNQ") == 25
        for wrong in ((500, 5_000, 4_990, None), (500, 5_000, 5_000, "ES"), (0, 5_000, 1, "ES")):
            with pytest.raises(ProjectXError):
                await size(*wrong)


@in_virtual_time
async def test_a_profit_that_is_known_later_is_told_later() -> None:
    """A statement that comes before its fill has no profit; the fill brings it."""
    order = ("position", "order", "account", "trade")
    quirks = Quirks(exchange=ExchangeQuirks(fill_events=order))
    async with following(gateway={**OPEN, "quirks": quirks}) as (_, account):
        await account.trade(BUY, 1)
        await account.trade(SELL, 1)
        (closed,) = account.of(EventType.POSITION_CLOSED)
        (told,) = account.of(EventType.POSITION_PNL_UPDATE)
        assert closed["pnl"] is None
        fills = await account.client.order_queries().fills(account.positions.account_id, 0)
        assert told["pnl"] == fills.rows[-1].profit_and_loss
        assert (told["netPos"], told["unrealized_pnl"]) == (0, None)
