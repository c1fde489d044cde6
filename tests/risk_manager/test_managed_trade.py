"""Managed trades on an account that trades: protected from the first fill to the last exit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.suites import login, simulated_suite
from tests.virtual import in_virtual_time

from project_x_py import EventType, TradingSuite
from project_x_py.event_bus import Event
from project_x_py.exceptions import InvalidOrderParameters, OffGridError, RiskLimitExceeded
from project_x_py.risk_manager import ManagedTrade, RiskConfig
from project_x_py.simulator import SimulatedAccount, SimulatedGateway, faults
from project_x_py.types.trading import OrderSide, OrderStatus, OrderType

OPEN = datetime(2026, 9, 1, 14, 30, tzinfo=UTC)
PLACE = "/api/Order/place"
NATIVE = (SimulatedAccount(bracket_mode="auto_oco"),)
CLIENT = (SimulatedAccount(bracket_mode="position"),)


@asynccontextmanager
async def trading(
    *symbols: str,
    accounts: tuple[SimulatedAccount, ...] = CLIENT,
    start: datetime = OPEN,
    **limits: Any,
) -> AsyncIterator[tuple[SimulatedGateway, TradingSuite, float]]:
    """A suite with risk, its gateway, and the last price."""
    async with simulated_suite(
        *(symbols or ("MNQ",)),
        gateway={"start": start, "accounts": accounts},
        initial_days=1,
        features=["risk_manager"],
        risk_config=RiskConfig(**limits),
    ) as (gateway, suite):
        await asyncio.sleep(3)
        price = await next(iter(suite.values())).data.get_current_price()
        assert price is not None
        yield gateway, suite, price


async def net(suite: TradingSuite) -> int:
    """Contracts held, as the gateway says."""
    return sum(
        one.size if one.is_long else -one.size for one in await suite.positions.get_all_positions()
    )


async def stops(suite: TradingSuite) -> dict[float | None, int]:
    """Working stops by their price: contracts, as the gateway says a moment later."""
    await asyncio.sleep(0.5)
    working = await suite.orders.search_open_orders()
    return {one.stopPrice: one.size - one.fillVolume for one in working if one.type == 4}


async def targets(suite: TradingSuite) -> dict[float | None, int]:
    """Working limits by their price: contracts, as the gateway says."""
    working = await suite.orders.search_open_orders()
    return {one.limitPrice: one.size - one.fillVolume for one in working if one.type == 1}


@pytest.mark.parametrize("accounts", [NATIVE, CLIENT], ids=["native", "client"])
@in_virtual_time
async def test_it_sizes_by_dollars_and_holds_nothing_without_a_stop(
    accounts: tuple[SimulatedAccount, ...],
) -> None:
    """500 dollars and 50 points of MNQ are five contracts; the stop stays after the block."""
    async with trading(accounts=accounts) as (_, suite, price):
        async with suite.managed_trade(max_risk_amount=500) as trade:
            found = await trade.enter_long(stop_loss=price - 50, take_profit=price + 200)
            assert found["entry_order"].success
            assert found["stop_order"].success
            assert found["target_order"].success
            assert 4 <= found["size"] <= 5
            assert 400 <= found["risk_amount"] <= 500
            assert found["position"].size == found["size"]
            assert found["validation"]["is_valid"]
            assert trade.is_filled()
            assert await trade.wait_for_fill()
            summary = await trade.get_summary()
            assert (summary["status"], summary["held"]) == ("open", found["size"])
            assert summary["stop_loss"] == pytest.approx(price - 50, abs=0.25)
            seen = await trade.monitor_position()
            assert seen["protected"]
            assert seen["unrealized_pnl"] == pytest.approx(
                found["size"] * 2 * (seen["current_price"] - seen["entry_price"])
            )
        await asyncio.sleep(3)
        assert await net(suite) == found["size"]
        assert sum((await stops(suite)).values()) == found["size"]
        assert (await trade.close_position() or {})["success"]
        await asyncio.sleep(3)
        assert await net(suite) == 0
        assert await suite.orders.search_open_orders() == []
        assert await trade.close_position() is None
        summary = await trade.get_trade_summary()
        made = float(suite.positions.keeper.realised())
        assert (summary["status"], summary["realized_pnl"]) == ("closed", pytest.approx(made))


@in_virtual_time
async def test_it_tells_how_long_it_was_without_a_stop() -> None:
    """From when a fill is known until its stop is, in its own summary, during and after it."""
    limits = {"scale_in_enabled": True, "martingale_enabled": True}
    async with (
        trading(accounts=NATIVE, **limits) as (_, suite, price),
        suite.managed_trade() as trade,
    ):
        assert (await trade.get_summary())["unprotected_ms"] == 0
        await trade.enter_long(stop_loss=price - 60, size=1)
        first = (await trade.get_summary())["unprotected_ms"]
        assert 0 < first <= 50
        await trade.scale_in(1)
        both = (await trade.get_summary())["unprotected_ms"]
        assert 0 < both - first <= 50
        await trade.close_position()
        await asyncio.sleep(15)
        assert (await trade.get_summary())["unprotected_ms"] == both
        ended = suite.orders.get_protection_times()
        assert sum(one["unprotected_ms"] for one in ended) == both


@in_virtual_time
async def test_an_exception_leaves_the_stop_and_takes_back_what_has_not_filled() -> None:
    """What is held keeps its stop; a resting entry is cancelled, and the exception goes on."""
    async with trading() as (_, suite, price):
        with pytest.raises(ZeroDivisionError):
            async with suite.managed_trade() as trade:
                await trade.enter_short(stop_loss=price + 40, size=2)
                raise ZeroDivisionError
        await asyncio.sleep(2)
        assert await net(suite) == -2
        assert sum((await stops(suite)).values()) == 2
        await trade.emergency_exit()
        with pytest.raises(ZeroDivisionError):
            async with suite.managed_trade() as other:
                placed = await other.enter_bracket(1, price - 30, price - 60, price + 30)
                assert placed["position"] is None
                assert not await other.wait_for_fill(timeout=2)
                raise ZeroDivisionError
        assert await suite.orders.search_open_orders() == []
        assert (await other.get_summary())["status"] == "cancelled"
        assert not other.is_filled()


@in_virtual_time
async def test_parts_are_left_and_the_legs_shrink_with_them() -> None:
    """At the market and at a limit; a limit takes the place of as much of the target."""
    async with trading() as (_, suite, price):
        async with suite.managed_trade(max_risk_amount=1_000) as trade:
            await trade.enter_long(stop_loss=price - 60, take_profit=price + 60, size=4)
            assert await trade.exit_partial(1)
            await asyncio.sleep(2)
            assert await net(suite) == 3
            assert sum((await stops(suite)).values()) == 3
            assert sum((await targets(suite)).values()) == 3
            part = await trade.scale_out(1, limit_price=price + 40)
            assert part["success"]
            await asyncio.sleep(2)
            assert await targets(suite) == {
                price + 40: 1,
                price + 60: 2,
            }
            assert sum((await stops(suite)).values()) == 3
            with pytest.raises(ValueError, match="3 contracts"):
                await trade.scale_out(4)
        assert await trade.emergency_exit()
        await asyncio.sleep(2)
        assert (await net(suite), await suite.orders.search_open_orders()) == (0, [])


@in_virtual_time
async def test_a_short_is_left_by_buying() -> None:
    """A part of a short makes it smaller, never larger."""
    async with trading() as (_, suite, price):
        async with suite.managed_trade() as trade:
            await trade.enter_market(3, "SELL", price + 60)
            assert await trade.exit_partial(2)
            assert await net(suite) == -1
            assert (await trade.get_summary())["held"] == 1
        assert await trade.emergency_exit()


@in_virtual_time
async def test_the_stop_goes_where_it_is_asked_to_within_the_risk() -> None:
    """Both ways; off the grid to less risk; too far is refused and it stays."""
    async with trading() as (_, suite, price), suite.managed_trade(max_risk_amount=200) as trade:
        assert not await trade.adjust_stop(price)
        await trade.enter_long(stop_loss=price - 30, take_profit=price + 90, size=1)
        assert await trade.adjust_stop(price - 20.1)
        assert await stops(suite) == {price - 20: 1}
        assert await trade.adjust_stop_loss(price - 35)
        assert not await trade.adjust_stop(price - 150)
        assert "200" in str(trade.last_error)
        assert await stops(suite) == {price - 35: 1}
        await asyncio.sleep(20)
        if await net(suite):
            assert await stops(suite) == {price - 35: 1}
        await trade.emergency_exit()


@in_virtual_time
async def test_a_stop_that_follows_only_tightens() -> None:
    """Checked every two seconds, the stop of a long never falls."""
    limits = {"trailing_stop_distance": 40, "trailing_stop_trigger": 4, "use_take_profit": False}
    async with trading(**limits) as (_, suite, price), suite.managed_trade() as trade:
        await trade.enter_short(stop_loss=price + 100, size=1)
        seen, moved = [], 0
        for _ in range(60):
            await asyncio.sleep(2)
            found = await trade.monitor_position()
            moved += found["trailing_stop_moved"]
            if not found["held"]:
                break
            seen.append(found["stop_loss"])
        assert seen == sorted(seen, reverse=True)
        assert moved
        assert len(set(seen)) == moved + 1 or len(set(seen)) == moved
        await trade.emergency_exit()


@in_virtual_time
async def test_adding_is_judged_and_keeps_one_stop() -> None:
    """Off by default; a loser is not added to; what is added is within the trade's risk."""
    async with trading() as (_, suite, price), suite.managed_trade() as trade:
        with pytest.raises(ValueError, match="scale_in_enabled"):
            await trade.scale_in(1)
    limits = {"scale_in_enabled": True, "martingale_enabled": True, "max_positions": 4}
    async with trading(**limits) as (_, suite, price):
        async with suite.managed_trade(max_risk_amount=400) as trade:
            with pytest.raises(ValueError, match="nothing is held"):
                await trade.scale_in(1)
            await trade.enter_long(stop_loss=price - 50, take_profit=price + 100, size=2)
            found = await trade.scale_in(1, new_stop_loss=price - 40)
            assert found["entry_order"].success
            assert found["stop_moved"]
            assert await net(suite) == 3
            await asyncio.sleep(1)
            assert await stops(suite) == {price - 40: 1}
            working = await suite.orders.search_open_orders()
            assert sum(one.size for one in working if one.type == OrderType.STOP) == 3
            with pytest.raises(RiskLimitExceeded, match="may lose") as refused:
                await trade.scale_in(5)
            assert refused.value.denials[0].largest < 5  # type: ignore[attr-defined]
            assert await trade.exit_partial(3)
        assert await net(suite) == 0
    async with trading(scale_in_enabled=True) as (_, suite, price):
        async with suite.managed_trade() as trade:
            await trade.enter_long(stop_loss=price - 50, size=1)
            for _ in range(200):
                await asyncio.sleep(1)
                if ((await trade.get_summary())["unrealized_pnl"] or 0) < 0:
                    break
            with pytest.raises(ValueError, match="martingale"):
                await trade.scale_in(1)
        await trade.emergency_exit()


@in_virtual_time
async def test_mistakes_are_told_before_anything_is_sent() -> None:
    """Arguments, sides, types, limits, a second entry; nothing works afterwards."""
    async with trading(max_position_size=3) as (_, suite, price):
        endless = {"max_risk_amount": float("inf")}
        for wrong in ({"max_risk_percent": 2.0}, {"max_risk_amount": 0}, endless):
            with pytest.raises(ValueError, match="max_risk"):
                suite.managed_trade(**wrong)
        async with suite.managed_trade(max_risk_percent=0.001) as trade:
            with pytest.raises(ValueError, match="stop_loss"):
                await trade.enter_short()
            with pytest.raises(ValueError, match="side"):
                await trade.enter_market(1, "UP", price - 10)
            with pytest.raises(ValueError, match="order_type"):
                await trade.enter_long(order_type=OrderType.TRAILING_STOP)
            with pytest.raises(ValueError, match="entry_price"):
                await trade.enter_long(order_type=OrderType.LIMIT)
            with pytest.raises(InvalidOrderParameters, match="wrong side"):
                await trade.enter_long(stop_loss=price + 10)
            for size in (0, 1.5, "2"):
                with pytest.raises(InvalidOrderParameters, match="whole number"):
                    await trade.enter_long(stop_loss=price - 10, size=size)  # type: ignore[arg-type]
            with pytest.raises(OffGridError, match="'low' is not a price"):
                await trade.enter_long(stop_loss="low", size=1)  # type: ignore[arg-type]
            for timeout in (-1, float("nan")):
                with pytest.raises(ValueError, match="seconds"):
                    await trade.wait_for_fill(timeout)
            with pytest.raises(ValueError, match="may lose"):
                await trade.enter_long(stop_loss=price - 400, size=1)
            with pytest.raises(RiskLimitExceeded, match="position_size"):
                await trade.enter_long(stop_loss=price - 2, size=5)
            assert await trade.calculate_position_size(20_000, 19_990) == 3
            assert await trade.calculate_position_size(20_000, 19_990, risk_amount=45) == 2
            assert await suite.orders.search_open_orders() == []
            found = await trade.enter_long()
            assert found["stop_order"].success
            with pytest.raises(ValueError, match="scale_in"):
                await trade.enter_long()
        await trade.emergency_exit()
    async with simulated_suite("MNQ", gateway={"start": OPEN}) as (_, plain):
        with pytest.raises(ValueError, match="risk_manager"):
            plain.managed_trade()


@in_virtual_time
async def test_a_refusal_is_an_answer_and_the_trade_may_be_tried_again() -> None:
    """Nothing is held, nothing works, and the next try is the first order that counts."""
    async with trading() as (gateway, suite, price), suite.managed_trade() as trade:
        gateway.faults.apply(faults.Answer(route=PLACE, code=2, message="no"))
        found = await trade.enter_long(stop_loss=price - 40, size=1)
        assert not found["entry_order"].success
        assert (found["position"], found["size"]) == (None, 0)
        assert trade.last_error
        assert (await trade.get_summary())["status"] == "cancelled"
        assert (await trade.enter_long(stop_loss=price - 40, size=1))["position"].size == 1
        assert await trade.emergency_exit()


@pytest.mark.parametrize("accounts", [NATIVE, CLIENT], ids=["native", "client"])
@in_virtual_time
async def test_lost_answers_make_one_order_and_one_stop(
    accounts: tuple[SimulatedAccount, ...],
) -> None:
    """The entry, an exit: each is found again and not repeated."""
    async with trading(accounts=accounts) as (gateway, suite, price):
        # Which brackets the account takes is known from the first one on.
        async with suite.managed_trade() as trade:
            await trade.enter_long(entry_price=price - 90, order_type=OrderType.LIMIT, size=1)
        async with suite.managed_trade() as trade:
            gateway.faults.apply(faults.LoseAnswer(route=PLACE))
            found = await trade.enter_long(stop_loss=price - 40, take_profit=price + 80, size=2)
            assert found["entry_order"].success
            assert await net(suite) == 2
            gateway.faults.apply(faults.LoseAnswer(route=PLACE))
            assert await trade.exit_partial(1)
            assert await net(suite) == 1
            await asyncio.sleep(3)
            assert sum((await stops(suite)).values()) == 1
        assert await trade.emergency_exit()
        filled = await suite.orders.query_orders([OrderStatus.FILLED])
        assert [(one.side, one.size) for one in filled] == [
            (OrderSide.BUY, 2), (OrderSide.SELL, 1), (OrderSide.SELL, 1),
        ]  # fmt: skip


@pytest.mark.parametrize(
    "delays",
    [(0.0, 0.05, 0.15), pytest.param([n / 50 for n in range(40)], marks=pytest.mark.long)],
    ids=["few", "many"],
)
@in_virtual_time
async def test_a_cancelled_call_leaves_nothing_unprotected(delays: Sequence[float]) -> None:
    """Cut off at any moment of entry and exit: one order at most, and a stop for what it filled."""
    async with trading(max_daily_trades=100, max_daily_loss=0.5) as (gateway, suite, price):
        for number, delay in enumerate(delays):
            gateway.faults.apply(faults.DelayAnswers(route=PLACE, seconds=0.06))
            trade: ManagedTrade = suite.managed_trade()

            async def enter(trade: ManagedTrade = trade) -> None:
                async with trade:
                    await trade.enter_long(stop_loss=price - 90, size=1)
                    await trade.exit_partial(1)

            async with asyncio.TaskGroup() as group:
                task = group.create_task(enter())
                await asyncio.sleep(delay)
                task.cancel()
            await asyncio.sleep(4)
            held = await net(suite)
            assert held in (0, 1), (number, delay)
            assert sum((await stops(suite)).values()) == held, (number, delay)
            if held:
                assert (await trade.get_summary())["held"] == 1
                assert await trade.emergency_exit()
                await asyncio.sleep(3)
            assert (await net(suite), await suite.orders.search_open_orders()) == (0, [])


@in_virtual_time
async def test_what_others_close_is_not_closed_again() -> None:
    """A position that was closed from outside is over for the trade, its legs too."""
    async with trading() as (_, suite, price), suite.managed_trade() as trade:
        await trade.enter_long(stop_loss=price - 60, take_profit=price + 60, size=2)
        assert (await suite.positions.close_position_direct("MNQ"))["success"]
        await asyncio.sleep(5)
        assert await trade.close_position() is None
        assert await trade.emergency_exit()
        assert (await net(suite), await suite.orders.search_open_orders()) == (0, [])


@in_virtual_time
async def test_several_instruments_have_trades_of_their_own() -> None:
    """By context; the suite asks which is meant."""
    async with trading("MNQ", "MES") as (_, suite, price):
        with pytest.raises(AttributeError, match="suite\\['MES'\\]"):
            suite.managed_trade()
        last = await suite["MES"].data.get_current_price()
        assert last is not None
        async with suite["MES"].managed_trade() as one, suite["MNQ"].managed_trade() as other:
            await one.enter_long(stop_loss=last - 20, size=1)
            await other.enter_long(stop_loss=price - 60, size=2)
            assert (await one.get_summary())["symbol"] == "MES"
            assert (await one.get_summary())["held"] == 1
            assert (await other.get_summary())["held"] == 2
            assert await one.emergency_exit()
            assert (await other.get_summary())["held"] == 2
            assert await other.emergency_exit()


@in_virtual_time
async def test_a_recorded_result_is_kept_and_not_counted_twice() -> None:
    """Limits are fed by fills; a result that is told of is announced and kept."""
    events: list[Event] = []

    async def keep(event: Event) -> None:
        events.append(event)

    async with trading() as (_, suite, price), suite.managed_trade() as trade:
        await suite.events.subscribe("mine", "trade_recorded", keep)
        await trade.enter_long(stop_loss=price - 60, size=1)
        await trade.close_position()
        await asyncio.sleep(2)
        await trade.record_trade_result({"pnl": -500.0, "note": "late"})
        await asyncio.sleep(0.1)
        assert [event.data["pnl"] for event in events] == [-500.0]
        assert events[0].data["daily_trades"] == 1
        assert events[0].data["daily_loss"] < 100
        assert (await trade.get_summary())["results"] == [{"pnl": -500.0, "note": "late"}]
        assert trade.risk_manager is suite.risk_manager
        assert trade.order_manager is suite.orders
        assert trade.position_manager is suite["MNQ"].positions


@pytest.mark.parametrize("accounts", [NATIVE, CLIENT], ids=["native", "client"])
@in_virtual_time
async def test_a_stop_that_was_moved_stays_and_is_not_told_after_a_restart(
    accounts: tuple[SimulatedAccount, ...], tmp_path: Path
) -> None:
    """What takes the trade up leaves the stop, modifies nothing, and announces no change."""
    options = {
        "initial_days": 1,
        "features": ["risk_manager"],
        "order_journal": tmp_path / "orders.sqlite",
    }
    async with SimulatedGateway(
        in_process=True, instruments=("MNQ",), start=OPEN, accounts=accounts
    ) as gateway:
        first = await TradingSuite.create("MNQ", **login(gateway), **options)
        await asyncio.sleep(3)
        price = await first.data.get_current_price()
        assert price is not None
        async with first.managed_trade() as trade:
            await trade.enter_long(stop_loss=price - 150, take_profit=price + 300, size=1)
            assert await trade.adjust_stop(price - 120)
            await asyncio.sleep(2)
        await first.disconnect()
        second = await TradingSuite.create("MNQ", **login(gateway), **options)
        changed: list[Event] = []

        async def keep(event: Event) -> None:
            changed.append(event)

        await second.on(EventType.ORDER_MODIFIED, keep)
        await asyncio.sleep(20)
        assert await stops(second) == {price - 120: 1}
        assert changed == []
        assert second.orders.get_order_statistics()["orders_modified"] == 0
        await second.flatten()
        await second.disconnect()


@in_virtual_time
async def test_what_has_filled_of_an_entry_is_kept_with_a_stop_for_as_much() -> None:
    """A limit into a thin level fills in part; the rest is given up when the block is left."""
    limits = {"max_position_size": 500, "max_risk_per_trade": 1, "max_portfolio_risk": 1}
    async with trading(**limits, max_daily_loss=1) as (gateway, suite, price):
        contract = gateway.contracts[0]
        async with suite.managed_trade(max_risk_percent=1.0) as trade:
            ask = contract.grid.price(gateway.market.snapshot(contract.contract_id).asks[0][0])
            await trade.enter_long(ask, price - 150, price + 150, 400, OrderType.LIMIT)
            await asyncio.sleep(0.5)
            assert not trade.is_filled()
        await asyncio.sleep(3)
        held = await net(suite)
        assert 0 < held < 400
        assert (await trade.get_summary())["held"] == held
        assert sum((await stops(suite)).values()) == held
        working = await suite.orders.search_open_orders()
        assert {one.side for one in working} == {OrderSide.SELL}
        assert await trade.emergency_exit()


@in_virtual_time
async def test_when_exits_are_refused_the_position_is_flattened() -> None:
    """By the gateway's own way to close; until then it keeps its stop, and the reason is told."""
    async with trading() as (gateway, suite, price), suite.managed_trade() as trade:
        await trade.enter_long(stop_loss=price - 120, size=2)
        gateway.faults.apply(faults.Answer(route=PLACE, code=2, message="not so", times=2))
        closed = await trade.close_position()
        assert closed is not None
        assert (closed["success"], closed["remaining"]) == (False, 2)
        assert "not so" in closed["error"]
        assert sum((await stops(suite)).values()) == 2
        assert await trade.emergency_exit()
        await asyncio.sleep(3)
        assert (await net(suite), await suite.orders.search_open_orders()) == (0, [])
