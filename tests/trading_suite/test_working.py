"""What a program leaves behind when it ends, and that it says so."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterator
from typing import Any

import pytest
from tests.order_manager.facts import CONTRACT, held, order
from tests.suites import login, simulated_suite
from tests.virtual import in_virtual_time

from project_x_py import TradingSuite
from project_x_py.client import ProjectX
from project_x_py.trading_suite._working import WorkingOrder, is_settling, report_of


def test_a_report_of_nothing_has_no_lines() -> None:
    """Known or not."""
    report = report_of([], [], known=True)
    assert (report.is_empty, report.lines(), report.known) == (True, [], True)


def test_what_no_stop_covers_is_said() -> None:
    """Stops of the other side count with what is left of them, targets and own side do not."""
    orders = [
        order(3, type=4, side=1, size=3, filled=1, limit=None, stop=79_000),
        order(2, type=1, side=1, size=9, limit=80_001),
        order(4, type=4, side=0, size=9, stop=81_000),
        order(5, type=99, side=0, contract_id="odd"),
    ]
    report = report_of(orders, [held(3, 1)], known=True)
    assert report.unprotected == {CONTRACT: 1}
    assert report.positions == {CONTRACT: 3}
    assert report.orders[1] == WorkingOrder(3, CONTRACT, "stop", "sell", 2, 19_750.0)
    assert report.lines() == [
        f"long 3 {CONTRACT}, 1 of them without a stop",
        f"order 2: sell 9 {CONTRACT} limit at 20000.25",
        f"order 3: sell 2 {CONTRACT} stop at 19750.0",
        f"order 4: buy 9 {CONTRACT} stop at 20250.0",
        "order 5: buy 2 odd type 99",
    ]
    covered = report_of([order(4, type=5, side=0, size=3, stop=81_000)], [held(-3, 1)], known=True)
    assert covered.lines()[0] == f"short 3 {CONTRACT}, behind a stop"


@in_virtual_time
async def test_an_end_leaves_what_protects_and_says_so() -> None:
    """Nothing is sent by ``disconnect``: the stop and the target work on, and each is logged."""
    records: list[str] = []

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            records.append(record.getMessage())

    logger, handler = logging.getLogger("project_x_py.trading_suite.suite"), Keep()
    logger.addHandler(handler)
    try:
        async with simulated_suite(initial_days=1) as (gateway, suite):
            price = await suite.data.get_current_price()
            assert price is not None
            assert suite.working_report().is_empty
            placed = await suite.orders.place_bracket_order(
                "MNQ", 0, 2, price, price - 50, price + 50, "market"
            )
            assert placed.success
            await asyncio.sleep(1)
            report = suite.working_report()
            assert report.known
            assert list(report.positions.values()) == [2]
            assert [one.kind for one in report.orders] == ["stop", "limit"]
            assert not report.unprotected
            await suite.disconnect()
            async with ProjectX(**login(gateway)) as client:
                await client.authenticate()
                account = client.get_account_info().id
                working = await client.order_queries().positions(account)
                assert [row.net for row in working.rows] == [2]
                for one in report.orders:
                    row = await client.order_queries().order(account, one.order_id)
                    assert row is not None
                    assert row.status == 1
    finally:
        logger.removeHandler(handler)
    left = [text for text in records if text.startswith("left at the gateway")]
    assert left == [f"left at the gateway: {line}" for line in report.lines()]
    assert len(left) == 3


class Kept(logging.Handler):
    """The texts that a suite logs of what it leaves."""

    def __init__(self) -> None:
        super().__init__()
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep a text."""
        if record.getMessage().startswith("left at the gateway: "):
            self.texts.append(record.getMessage().partition(": ")[2])


@pytest.fixture
def kept() -> Iterator[Kept]:
    """What is logged in a test."""
    logger, handler = logging.getLogger("project_x_py.trading_suite.suite"), Kept()
    logger.addHandler(handler)
    yield handler
    logger.removeHandler(handler)


def test_an_end_waits_for_what_is_under_way(kept: Kept, virtual: Any) -> None:
    """A market order fills and its legs work; a cancelled order and legs of a flat entry end."""

    async def entered(suite: TradingSuite) -> None:
        price = await suite.data.get_current_price() or 0.0
        await suite.orders.place_bracket_order("MNQ", 0, 1, price, price - 50, price + 50, "market")

    async def run() -> None:
        async with simulated_suite(initial_days=1) as (_, suite):
            await entered(suite)
        assert [text.split()[0] for text in kept.texts] == ["long", "order", "order"]
        assert all(" at 2" in text for text in kept.texts[1:])
        kept.texts.clear()
        async with simulated_suite(initial_days=1) as (_, suite):
            await entered(suite)
            await asyncio.sleep(1)
            assert (await suite.positions.close_position_direct("MNQ"))["success"]
        assert kept.texts == []
        async with simulated_suite(initial_days=1) as (_, suite):
            price = await suite.data.get_current_price() or 0.0
            placed = await suite.orders.place_limit_order("MNQ", 0, 1, price - 30)
            await asyncio.sleep(1)
            assert await suite.orders.cancel_order(placed.orderId)
            assert [one.is_leaving for one in suite.working_report().orders] == [True]
            assert suite.working_report().lines()[0].endswith(", being cancelled")
        assert kept.texts == []

    virtual(run())


@pytest.mark.parametrize(
    ("change", "settling"),
    [
        ({}, False),
        ({"type": 2, "status": 1}, True),
        ({"status": 6}, True),
        ({"status": 7}, True),
        ({"status": 8, "parent_id": 2}, False),
        ({"parent_id": 7}, True),
    ],
)
def test_what_rests_is_not_waited_for(change: dict[str, Any], settling: bool) -> None:
    """Resting orders and the legs of a resting entry stay; what passes by itself is waited for."""
    assert is_settling([order(1, **change), order(2)], []) is settling
    held_one = [held(1, 1)]
    working = [order(1, **change), order(2)]
    assert is_settling(working, held_one) is (settling and "parent_id" not in change)
    assert is_settling([order(1, status=8, parent_id=7)], held_one)


def test_a_stop_that_is_being_cancelled_protects_nothing() -> None:
    """It is listed, and what it covered is told to be bare."""
    leaving = order(3, type=4, side=1, limit=None, stop=79_000, status=7)
    report = report_of([leaving], [held(2, 1)], known=True)
    assert report.unprotected == {CONTRACT: 2}
    assert report.lines()[1].endswith("stop at 19750.0, being cancelled")


def test_legs_that_wait_say_for_what() -> None:
    """The stop of a resting entry has no price yet, and says why."""
    report = report_of([order(3, type=4, side=1, limit=None, status=8)], [], known=True)
    assert report.lines() == [f"order 3: sell 2 {CONTRACT} stop, once its entry has filled"]


@pytest.mark.parametrize("known", [True, False])
def test_a_report_says_whether_it_knows(known: bool) -> None:
    """An account that was never read is not an empty one."""
    assert report_of([], [], known=known).known is known
