"""Days of twelve instruments with every part on, and thousands of suites one after the other.

``make soak`` plays the long ones; ``PROJECTX_SOAK_HOURS`` (a week of trading when not set),
``PROJECTX_SOAK_SYMBOLS`` and ``PROJECTX_SOAK_CYCLES`` choose how much. A slice of each is in the
suite.
"""

from __future__ import annotations

import asyncio
import gc
import os
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from tests.suites import login, simulated_suite

from project_x_py._core.calendar import calendar_for
from project_x_py._core.time import NS
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import EventType
from project_x_py.risk_manager import RiskConfig
from project_x_py.simulator import SimulatedGateway
from project_x_py.trading_suite import Features, TradingSuite

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from project_x_py._core.gaps import FeedGap
    from project_x_py._core.records import Depth, Quote, Trade
    from project_x_py.trading_suite import InstrumentContext

TWELVE = ("MNQ", "MES", "MYM", "M2K", "MGC", "MCL", "MHG", "ZN", "ZF", "E7", "M6A", "NG")
TWO = ("MHG", "E7")
MONDAY = datetime(2026, 8, 31, 14, 30, tzinfo=UTC)
TRADE_EVERY_S = 300.0
HOURS = float(os.environ.get("PROJECTX_SOAK_HOURS", "120"))
SYMBOLS = os.environ.get("PROJECTX_SOAK_SYMBOLS", ",".join(TWELVE)).split(",")
CYCLES = int(os.environ.get("PROJECTX_SOAK_CYCLES", "10000"))
BETWEEN_S = 5.0
"""Between two suites, for the sake of the gateway's request limits."""
PER_MESSAGE = frozenset(
    {
        EventType.QUOTE_UPDATE,
        EventType.TRADE_TICK,
        EventType.MARKET_DEPTH_UPDATE,
        EventType.ORDERBOOK_UPDATE,
    }
)
"""Heard by the slice in the suite; in a week they would cost a fifth of the time."""
BLOCKS_AN_HOUR = 5_000
"""Objects that the account's own history may add in an hour of trading: orders, trades, days."""


@dataclass
class Weight:
    """What the process holds at a moment."""

    hour: float
    blocks: int
    resident: int
    tasks: int
    handlers: int


class Counter:
    """An owner of a contract's records that only counts them."""

    def __init__(self) -> None:
        self.trades = self.volume = self.quotes = self.depth = 0

    def on_trades(self, trades: Sequence[Trade]) -> None:
        """Count trades and contracts."""
        self.trades += len(trades)
        self.volume += sum(trade.size for trade in trades)

    def on_quote(self, quote: Quote) -> None:
        """Count a quote."""
        self.quotes += 1

    def on_depth(self, change: Depth) -> None:
        """Count a change of the book."""
        self.depth += 1

    def on_gap(self, gap: FeedGap) -> None:
        """No outage is expected."""
        raise AssertionError(f"an outage: {gap}")


def resident_bytes() -> int:
    """Memory of the process as the system counts it, 0 where it does not say."""
    statm = Path("/proc/self/statm")
    return int(statm.read_text().split()[1]) * 4096 if statm.exists() else 0


def weigh(suite: TradingSuite, hour: float) -> Weight:
    """Weigh the process."""
    gc.collect()
    handlers = sum(suite.events.get_handler_count(event) for event in EventType)
    tasks = len(asyncio.all_tasks())
    return Weight(hour, sys.getallocatedblocks(), resident_bytes(), tasks, handlers)


def assert_none_added(weights: list[Weight]) -> None:
    """No task and no handler is there that was not there at the first weighing."""
    assert max(weight.tasks for weight in weights) == weights[0].tasks, weights
    assert max(weight.handlers for weight in weights) == weights[0].handlers, weights


def figures(context: InstrumentContext) -> dict[str, int]:
    """What the parts of an instrument say that they have seen."""
    data, book = context.data.statistics().figures, context.orderbook
    assert book is not None
    refused = data["trades_processed"] + data["trades_refused"]
    return {
        "data": int(refused),
        "book": int(book.statistics().figures["trades_processed"]),
    }


async def trade(suite: TradingSuite, context: InstrumentContext) -> int:
    """Enter with a bracket, leave it a little later, and return how often that was done."""
    assert context.orderbook is not None
    price = (await context.orderbook.get_best_bid_ask())["bid"]
    if price is None or not calendar_for(context.symbol).is_open(suite.client.clock.now_ns()):
        return 0
    tick = context.instrument_info.tickSize
    answer = await context.orders.place_bracket_order(
        context.instrument_info.id, 0, 1, price, price - 60 * tick, price + 60 * tick, "market"
    )
    assert answer.success, answer.error_message
    await asyncio.sleep(20)
    proof = await suite.flatten()
    assert proof.proved, proof
    return 1


async def live(
    names: Iterable[str],
    hours: float,
    every_hours: float,
    left_out: frozenset[EventType] = frozenset(),
) -> list[Weight]:
    """Let the market pass, trade in it, weigh the process, and compare every count at the end.

    Nobody hears the events ``left_out``.
    """
    weights: list[Weight] = []
    features = [feature.value for feature in Features]
    options: dict[str, Any] = {
        "timeframes": ["15sec", "1min", "5min"],
        "features": features,
        "risk_config": RiskConfig(max_daily_trades=10**6, max_daily_loss_amount=Decimal(10**6)),
        "gateway": {"start": MONDAY, "balance": 1_000_000},
    }
    async with simulated_suite(*names, **options) as (gateway, suite):
        calls = dict.fromkeys(EventType, 0)

        async def note(event: Any) -> None:
            calls[event.type] += 1

        for event in set(EventType) - left_out:
            await suite.on(event, note)
        await asyncio.sleep(90)
        counters = {symbol: Counter() for symbol in suite}
        for symbol, counter in counters.items():
            context = suite[symbol]
            grid = context.data._reads.grid
            assert grid is not None
            suite.realtime.attach(context.instrument_info.id, grid, counter, rank=9)
        before = {symbol: figures(suite[symbol]) for symbol in counters}
        begun, at = gateway.clock.now_ns(), 0
        contexts = list(suite.values())
        while (hour := (gateway.clock.now_ns() - begun) / (3600 * NS)) < hours:
            if hour >= every_hours * len(weights):
                weights.append(weigh(suite, hour))
                print(weights[-1], flush=True)
            at += await trade(suite, contexts[at % len(contexts)])
            await asyncio.sleep(TRADE_EVERY_S)
        weights.append(weigh(suite, hours))
        for symbol, counter in counters.items():
            after = figures(suite[symbol])
            seen = {name: count - before[symbol][name] for name, count in after.items()}
            assert seen == {"data": counter.trades, "book": counter.trades}, symbol
            assert counter.trades > 0
        assert not suite.realtime.get_stats()["decode_errors"]
        assert gateway.connections == {"user": 1, "market": 1}
        assert calls[EventType.NEW_BAR] > 60 * hours
        assert calls[EventType.POSITION_CLOSED] >= at
    return weights


async def cycles(count: int) -> list[Weight]:
    """Make, connect and end one suite after the other on one gateway."""
    weights: list[Weight] = []
    async with SimulatedGateway(in_process=True, instruments=["MHG"], start=MONDAY) as gateway:
        for cycle in range(count):
            suite = await TradingSuite.create("MHG", timeframes=["1min"], **login(gateway))
            await suite.disconnect()
            assert gateway.connections == {"user": 0, "market": 0}
            if cycle % max(1, count // 10) == 0:
                weights.append(weigh(suite, cycle))
            await asyncio.sleep(BETWEEN_S)
    return weights


def test_minutes_of_every_part_keep_what_the_windows_hold() -> None:
    """No task and no handler is added, and every part has seen every trade."""
    weights = run_virtual(live(TWO, 0.25, 0.1))
    assert_none_added(weights)


@pytest.mark.soak
def test_a_week_of_twelve_instruments_keeps_what_the_windows_hold() -> None:
    """Once the windows are full the process does not grow: in tasks, handlers, objects, bytes."""
    weights = run_virtual(live(SYMBOLS, HOURS, min(1.0, HOURS / 8), PER_MESSAGE))
    assert_none_added(weights)
    first, last = weights[len(weights) // 2], weights[-1]
    hours = last.hour - first.hour
    megabytes = (last.resident - first.resident) / 1e6 / hours * 24
    blocks = (last.blocks - first.blocks) / hours
    print(f"{blocks:.0f} blocks an hour, {megabytes:.2f} MB a day")
    assert blocks < BLOCKS_AN_HOUR
    assert megabytes < 1.0 or hours < 24


def test_suites_one_after_the_other_leave_nothing() -> None:
    """Twenty suites: no task, no socket, and no more objects than the gateway's own records."""
    weights = run_virtual(cycles(20))
    assert len({weight.tasks for weight in weights}) == 1
    assert weights[-1].blocks - weights[5].blocks < 15 * 500, weights


@pytest.mark.soak
def test_thousands_of_suites_leave_nothing() -> None:
    """The same for thousands."""
    weights = run_virtual(cycles(CYCLES))
    print(*weights, sep="\n")
    assert len({weight.tasks for weight in weights}) == 1
    assert weights[-1].blocks - weights[1].blocks < 500 * CYCLES * 0.1
