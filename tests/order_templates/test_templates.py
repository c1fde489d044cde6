"""Ready-made orders, on a suite of the simulated gateway."""

from __future__ import annotations

import asyncio
import math
from typing import Any

import pytest
from tests.suites import simulated_suite
from tests.virtual import in_virtual_time

from project_x_py import EventType
from project_x_py.exceptions import ProjectXOrderError
from project_x_py.indicators import calculate_atr
from project_x_py.models import BracketOrderResponse, Order
from project_x_py.order_templates import (
    ATRStopTemplate,
    BreakoutTemplate,
    OrderTemplate,
    RiskRewardTemplate,
    ScalpingTemplate,
    get_template,
)
from project_x_py.order_templates.named import TEMPLATES
from project_x_py.trading_suite import TradingSuite
from project_x_py.types import OrderType

BUY, SELL = 0, 1
QUICK: dict[str, Any] = {"timeframes": ["1min"], "initial_days": 1}
TICK, TICK_DOLLARS = 0.25, 0.5


async def entry_of(suite: TradingSuite, placed: BracketOrderResponse) -> Order:
    """The entry of a bracket that was placed."""
    assert placed.success, placed.error_message
    assert placed.entry_order_id is not None
    order = await suite.orders.get_order_by_id(placed.entry_order_id)
    assert order is not None
    return order


def legs(placed: BracketOrderResponse) -> tuple[float, float]:
    """Stop and target, which both are there."""
    assert placed.stop_loss_price is not None
    assert placed.take_profit_price is not None
    return placed.stop_loss_price, placed.take_profit_price


@pytest.mark.parametrize("side", [BUY, SELL])
@in_virtual_time
async def test_the_target_is_a_multiple_of_the_stop(side: int) -> None:
    """From the limit, which is on the better side of the last price, for buys and sells."""
    async with simulated_suite(**QUICK) as (_, suite):
        forward = 1 if side == BUY else -1
        price = await suite.data.get_current_price()
        assert price is not None
        template = RiskRewardTemplate(risk_reward_ratio=2.5, stop_distance=40)
        placed = await template.create_order(suite, side, 2, entry_offset=30)
        entry = await entry_of(suite, placed)
        assert (entry.type, entry.size, entry.side) == (OrderType.LIMIT, 2, side)
        assert entry.limitPrice == price - 30 * forward
        assert legs(placed) == (
            entry.limitPrice - 40 * forward,
            entry.limitPrice + 100 * forward,
        )
        placed = await RiskRewardTemplate(use_limit_entry=False).create_order(suite, side)
        price = await suite.data.get_current_price()
        assert price is not None
        assert (await entry_of(suite, placed)).size == 1
        stop, target = legs(placed)
        assert abs(stop - price) == pytest.approx(price / 100, rel=0.05)
        assert abs(target - stop) == pytest.approx(3 * price / 100, rel=0.05)


@pytest.mark.parametrize(
    ("risk", "contracts"),
    [({"risk_amount": 500}, 6), ({"risk_amount": 80}, 1), ({"risk_percent": 0.01}, None)],
)
@in_virtual_time
async def test_risk_in_dollars_becomes_contracts(
    risk: dict[str, float], contracts: int | None
) -> None:
    """Dollars over ticks times tick value, rounded down: 40 points of MNQ are 160 ticks, $80."""
    async with simulated_suite(**QUICK) as (_, suite):
        balance = (await suite.client.list_accounts())[0].balance
        wanted = contracts or int(balance * 0.01 / 80)
        template = RiskRewardTemplate(stop_distance=40)
        placed = await template.create_order(
            suite,
            BUY,
            risk_amount=risk.get("risk_amount"),
            risk_percent=risk.get("risk_percent"),
            entry_offset=50,
        )
        assert (await entry_of(suite, placed)).size == wanted


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ({"risk_amount": 79.99}, r"\$79.99 of risk allows no contract: one risks \$80.00"),
        ({"risk_amount": 0}, "above zero"),
        ({"risk_percent": 1}, "0.01 for one percent"),
        ({"risk_percent": 0.01, "risk_amount": 500}, "give one of"),
        ({"size": 1, "risk_amount": 500}, "give one of"),
        ({"size": 0}, "size is a whole"),
        ({"instrument": "ES"}, "instrument is one of MNQ"),
        ({"side": 2}, "side is 0"),
    ],
)
@in_virtual_time
async def test_what_cannot_be_is_not_sent(arguments: dict[str, Any], text: str) -> None:
    """A risk that allows nothing and every wrong argument is an error; no order is left."""
    async with simulated_suite(**QUICK) as (_, suite):
        with pytest.raises(ProjectXOrderError, match=text):
            await RiskRewardTemplate(stop_distance=40).create_order(
                suite, **{"side": BUY, **arguments}
            )
        assert await suite.orders.search_open_orders() == []


@pytest.mark.parametrize("side", [BUY, SELL])
@in_virtual_time
async def test_the_stop_is_ranges_away(side: int) -> None:
    """By the average over closed bars; a timeframe without bars is an error."""
    async with simulated_suite(**QUICK) as (_, suite):
        forward = 1 if side == BUY else -1
        frame = await suite.data.get_data("1min")
        price = await suite.data.get_current_price()
        assert frame is not None
        assert price is not None
        atr = calculate_atr(frame.head(frame.height - 1), period=10)["atr_10"][-1]
        template = ATRStopTemplate(
            atr_multiplier=4, atr_period=10, target_multiplier=2, timeframe="1min"
        )
        placed = await template.create_order(suite, side, 1, True, 20)
        entry = await entry_of(suite, placed)
        risked = round(atr * 4 / TICK) * TICK
        assert entry.limitPrice == price - 20 * forward
        assert legs(placed) == (
            entry.limitPrice - risked * forward,
            entry.limitPrice + 2 * risked * forward,
        )
        with pytest.raises(ProjectXOrderError, match="keeps no 5min bars; it has 1min"):
            await ATRStopTemplate().create_order(suite, side)
        with pytest.raises(ProjectXOrderError, match="are needed, and there are"):
            await ATRStopTemplate(atr_period=90_000, timeframe="1min").create_order(suite, 0)


@pytest.mark.parametrize("at_level", [True, False])
@pytest.mark.parametrize("side", [BUY, SELL])
@in_virtual_time
async def test_a_breakout_is_a_stop_entry_with_protection(side: int, at_level: bool) -> None:
    """Beyond the level, its stop at the level or a range away, its target in ranges."""
    async with simulated_suite(**QUICK) as (_, suite):
        forward = 1 if side == BUY else -1
        price = await suite.data.get_current_price()
        assert price is not None
        level = price + 60 * forward
        template = BreakoutTemplate(stop_at_level=at_level)
        placed = await template.create_order(
            suite, side, breakout_level=level, range_size=20, risk_amount=100
        )
        entry = await entry_of(suite, placed)
        assert (entry.type, entry.stopPrice) == (OrderType.STOP, level + 2 * forward)
        stop = level if at_level else level - 20 * forward
        assert legs(placed) == (stop, level + 32 * forward)
        assert entry.size == math.floor(100 / (abs(entry.stopPrice - stop) / TICK * 0.5))


@in_virtual_time
async def test_a_range_is_that_of_closed_bars() -> None:
    """Level and range come from the bars before the forming one."""
    async with simulated_suite(**QUICK) as (_, suite):
        frame = await suite.data.get_data("1min")
        assert frame is not None
        closed = frame.head(frame.height - 1).tail(60)
        high, low = max(closed["high"]), min(closed["low"])
        placed = await BreakoutTemplate(breakout_offset=25).create_order(
            suite, BUY, lookback_bars=60
        )
        entry = await entry_of(suite, placed)
        assert entry.stopPrice == high + 25
        stop, target = legs(placed)
        assert stop == high
        assert target == pytest.approx(high + 25 + 1.5 * (high - low), abs=TICK)


@in_virtual_time
async def test_a_scalp_is_ticks_away_and_needs_a_small_spread() -> None:
    """By quotes as they come; a spread that is too wide, or not known, sends nothing."""
    async with simulated_suite(**QUICK) as (_, suite):
        event = await suite.wait_for(EventType.QUOTE_UPDATE, 10)
        template = ScalpingTemplate(40, 80, use_market_entry=False, max_spread_ticks=8)
        placed = await template.create_order(suite, BUY)
        entry = await entry_of(suite, placed)
        assert entry.type == OrderType.LIMIT
        assert entry.limitPrice is not None
        assert abs(entry.limitPrice - event.data["bid"]) < 20
        assert legs(placed) == (entry.limitPrice - 10, entry.limitPrice + 20)
        market = await ScalpingTemplate(40, 80).create_order(suite, SELL, 2, check_spread=False)
        assert (await entry_of(suite, market)).type == OrderType.MARKET
        bus, before = suite["MNQ"].event_bus, await suite.orders.search_orders()
        async with asyncio.TaskGroup() as group:
            tried = group.create_task(refused(suite))
            while not bus.wants(EventType.QUOTE_UPDATE):
                await asyncio.sleep(0)
            bus.publish(EventType.QUOTE_UPDATE, {"bid": 100.0, "ask": 101.0})
        assert "spread of MNQ is 4 ticks, and at most 2" in tried.result()
        assert len(await suite.orders.search_orders()) == len(before)
        await suite["MNQ"].data.stop_realtime_feed()
        assert "no quote within" in await refused(suite)


async def refused(suite: TradingSuite) -> str:
    """What a scalp says that is not sent."""
    with pytest.raises(ProjectXOrderError) as caught:
        await ScalpingTemplate().create_order(suite, BUY)
    return str(caught.value)


def test_templates_have_names() -> None:
    """The eleven documented ones, each a template of its own; others are refused with a hint."""
    assert len(TEMPLATES) == 11
    for name in TEMPLATES:
        template = get_template(name)
        assert isinstance(template, OrderTemplate)
        assert template is not get_template(name)
    with pytest.raises(ValueError, match=r"did you mean .*standard_rr"):
        get_template("standart_rr")
    with pytest.raises(ValueError, match="there is conservative_rr"):
        get_template("xyz")


@pytest.mark.parametrize(
    "make",
    [
        lambda: RiskRewardTemplate(0),
        lambda: RiskRewardTemplate(stop_distance=float("nan")),
        lambda: ATRStopTemplate(atr_period=0),
        lambda: BreakoutTemplate(-1),
        lambda: ScalpingTemplate(0),
    ],
)
def test_a_template_that_cannot_be(make: Any) -> None:
    """A number that is not above zero is refused where it is given."""
    with pytest.raises(ProjectXOrderError, match="above zero"):
        make()
