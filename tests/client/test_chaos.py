"""A minute of seeded trouble: the client gets over it, and no intention becomes two orders."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from tests.client.gateways import with_client

from project_x_py._core.submission import (
    Accepted,
    Listed,
    OrderRequest,
    OrderSearch,
    Refused,
    Uncertain,
)
from project_x_py.client import ProjectX
from project_x_py.exceptions import ProjectXError
from project_x_py.simulator import SimulatedGateway

OPEN = datetime(2026, 9, 1, 14, 30, tzinfo=UTC)
MNQ = "CON.F.US.MNQ.U26"
SLICE = range(12)
MANY = range(100, 400)


def _minute_of_trouble(seed: int) -> None:
    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        account = client.get_account_info().id
        orders, queries = client.order_gateway(), client.order_queries()
        gateway.market.pause()
        bid = gateway.market.snapshot(MNQ).bids[0][0]
        said: list[str] = []
        outcomes: dict[str, Accepted | Refused | Uncertain] = {}
        gateway.faults.schedule(seed, for_s=60, every_s=1.5)

        async def place(number: int) -> None:
            tag = f"{seed}-{number}"
            outcomes[tag] = await orders.place(
                OrderRequest(
                    account_id=account, contract_id=MNQ, type=1, side=0, size=1,
                    limit=bid - 100 - number, tag=tag,
                )
            )  # fmt: skip

        async def read() -> None:
            for ask in (client.list_accounts, client.search_trades, client.ping):
                try:
                    await ask()
                except ProjectXError as error:
                    said.append(str(error))

        async with asyncio.TaskGroup() as group:
            for number in range(30):
                group.create_task(place(number))
                group.create_task(read())
                await asyncio.sleep(2)
        gateway.faults.stop()
        await asyncio.sleep(120)
        assert "eyJ" not in "".join(said)
        assert await client.list_accounts()
        found = await queries.orders(OrderSearch(account_id=account))
        assert isinstance(found, Listed)
        assert found.complete
        placed = [order.custom_tag for order in found.rows]
        assert len(set(placed)) == len(placed)
        for tag, outcome in outcomes.items():
            if isinstance(outcome, Accepted):
                assert tag in placed
            elif isinstance(outcome, Uncertain) and not outcome.sent:
                assert tag not in placed
        assert len(outcomes) == 30
        client._supervisor.raise_if_faulted()
        assert client._supervisor.stats().running == ("token-keeper",)

    with_client(use, start=OPEN)


@pytest.mark.parametrize("seed", SLICE)
def test_a_minute_of_trouble_is_got_over(seed: int) -> None:
    """After random faults every call works again, each order is there once or not at all, and what
    was said of it is true."""
    _minute_of_trouble(seed)


@pytest.mark.chaos
@pytest.mark.parametrize("seed", MANY)
def test_many_minutes_of_trouble_are_got_over(seed: int) -> None:
    """The same for hundreds of schedules."""
    _minute_of_trouble(seed)
