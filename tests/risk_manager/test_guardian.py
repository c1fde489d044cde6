"""What an account's limits have against an order: figures, limits, the largest size, the day."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from tests.suites import simulated_suite
from tests.virtual import in_virtual_time

from project_x_py import EventType, TradingSuite
from project_x_py._core.exposure import OpenOrder
from project_x_py._core.rules import Denial, RuleName
from project_x_py._core.time import parse_ns
from project_x_py._ports import Clock
from project_x_py.event_bus import Event
from project_x_py.risk_manager import RiskConfig
from project_x_py.risk_manager._guardian import Guardian

MNQ, NQ, ES, GC = (f"CON.F.US.{code}.U26" for code in ("MNQ", "ENQ", "EP", "GCE"))
LAST = 80_000
BUY, SELL = 0, 1
OPEN = datetime(2026, 9, 1, 14, 30, tzinfo=UTC)


@dataclass
class Told:
    """An account, its clock and its prices, as plain figures."""

    now: str = "2026-09-01T15:00:00Z"
    worth: Decimal = Decimal(150_000)
    day: Decimal | None = Decimal(0)
    trades: int = 0
    held: dict[str, int] = field(default_factory=dict)
    profits: dict[str, Decimal] = field(default_factory=dict)
    working: tuple[OpenOrder, ...] = ()

    def now_ns(self) -> int:
        return parse_ns(self.now)

    def wall_ns(self) -> int:
        return self.now_ns()

    def monotonic_ns(self) -> int:
        return self.now_ns()

    async def sleep_until(self, exch_ns: int) -> None:
        raise AssertionError(exch_ns)

    def last_price(self, contract_id: str) -> tuple[int, float] | None:
        return LAST, 0.0

    def nets(self) -> dict[str, int]:
        return self.held

    def open_profit(self, contract_id: str) -> Decimal | None:
        return self.profits.get(contract_id)

    def balance(self) -> Decimal:
        return self.worth

    def day_realised(self) -> Decimal | None:
        return self.day

    def day_trades(self) -> int:
        return self.trades

    def results(self) -> list[Decimal]:
        return []

    def add_result_listener(self, listener: object) -> None:
        raise AssertionError(listener)

    def open_orders(self) -> tuple[OpenOrder, ...]:
        return self.working

    def purpose_of(self, order_id: int) -> None:
        return None


def guardian(told: Told, name: str = "PRAC-V2-1", **limits: Any) -> Guardian:
    """A judge of an account."""
    clock: Clock = told
    made = Guardian(name, RiskConfig(**limits), clock, told, lambda _contract, _denials: None)
    made.money, made.orders = told, told
    return made


def order(
    contract_id: str = MNQ, size: int = 1, away: int | None = 40, side: int = BUY
) -> OpenOrder:
    """An order at the last price, its stop so many ticks away."""
    stop = None if away is None else LAST - away if side == BUY else LAST + away
    return OpenOrder(
        tag="it", contract_id=contract_id, side=side, size=size, price=LAST, protected_at=stop
    )


def rules(denials: list[Denial]) -> list[RuleName]:
    """The rules that refuse."""
    return [denial.rule for denial in denials]


def test_risk_of_a_trade_counts_to_the_stop_and_beyond() -> None:
    """20 ticks and 2 of slippage of ES are 275 dollars; without a stop the default is counted."""
    judge = guardian(Told(), max_risk_per_trade_amount=600)
    assert judge.risk_of(order(ES, away=20)) == 275
    assert not judge.denials(order(ES, 2, 20))
    (denial,) = judge.denials(order(ES, 3, 20))
    assert (denial.rule, denial.figure, denial.limit, denial.largest) == (
        RuleName.TRADE_RISK, Decimal(825), Decimal(600), 2,
    )  # fmt: skip
    assert judge.risk_of(order(ES, away=None)) == Decimal(52) * Decimal("12.5")
    assert rules(judge.denials(order(ES, away=None))) == [RuleName.TRADE_RISK]


def test_positions_are_counted_with_what_works() -> None:
    """Contracts of one, contracts in all, and those that go together."""
    told = Told(held={MNQ: 2}, working=(order(NQ),))
    judge = guardian(told, max_position_size=3, max_positions=3, max_correlated_positions=2)
    assert not judge.denials(order(MNQ, 1))
    (denial,) = judge.denials(order(MNQ, 2))
    assert (denial.rule, denial.figure, denial.largest) == (RuleName.POSITION_SIZE, 4, 1)
    assert not judge.denials(order(GC))
    assert rules(judge.denials(order(ES))) == [RuleName.OPEN_POSITIONS]
    told.working = (order(NQ), order(GC))
    assert rules(judge.denials(order("CON.F.US.CLE.V26"))) == [RuleName.OPEN_POSITIONS]


def test_everything_together_is_bounded() -> None:
    """What stops of positions and orders allow to be lost, against a share of the balance."""
    told = Told(held={MNQ: 10}, working=(order(ES, 3, 100),))
    judge = guardian(told, max_portfolio_risk=0.03, max_daily_loss=0.5)
    # 10 x 50 ticks x 0.50 without a stop, 3 x 100 x 12.50 working: 4,000 of 4,500.
    assert not judge.denials(order(GC, 1, 40))
    (denial,) = judge.denials(order(GC, 2, 40))
    assert (denial.rule, denial.figure, denial.largest) == (RuleName.TRADE_RISK, 4_840, 1)


def test_hours_are_those_of_chicago() -> None:
    """From the first minute to before the last."""
    told = Told()
    judge = guardian(told, restrict_trading_hours=True, allowed_trading_hours=[("09:30", "15:00")])
    for now, allowed in (
        ("2026-09-01T14:29:59Z", False),
        ("2026-09-01T14:30:00Z", True),
        ("2026-09-01T19:59:59Z", True),
        ("2026-09-01T20:00:00Z", False),
    ):
        told.now = now
        assert (RuleName.TRADING_HOURS in rules(judge.denials(order()))) is not allowed, now


def test_a_day_may_lose_so_much_at_the_worst_and_then_begins_anew() -> None:
    """What is lost and what may be lost; at 17:00 in Chicago both losses and trades are none."""
    told = Told(day=Decimal(-900), trades=9)
    judge = guardian(told, max_daily_loss_amount=1_000, max_daily_trades=10)
    assert not judge.denials(order(away=97))
    (denial,) = judge.denials(order(MNQ, 4, 98))
    assert (denial.rule, denial.limit, denial.largest) == (RuleName.OWN_DAILY_LOSS, 1_000, 2)
    judge.extra_trades, judge.extra_loss = 1, Decimal(200)
    assert rules(judge.denials(order())) == [RuleName.DAILY_TRADES, RuleName.OWN_DAILY_LOSS]
    assert judge.day_loss() == 1_100
    told.now, told.day, told.trades = "2026-09-01T22:00:00Z", Decimal(0), 0
    assert not judge.denials(order(away=98))
    assert (judge.day_loss(), judge.day_trades()) == (0, 0)


def test_the_firms_limit_trails_with_the_end_of_each_day() -> None:
    """A day that ends 1,500 up raises the limit by as much; what a day loses does not lower it."""
    told = Told(worth=Decimal(50_000))
    judge = guardian(told, "50KTC-V2-DLL-1")
    assert judge.state().floor == 48_000
    told.worth, told.day = Decimal(51_500), Decimal(1_500)
    assert judge.state().floor == 48_000
    told.now, told.day = "2026-09-01T22:00:00Z", Decimal(0)
    assert judge.state().floor == 49_500
    assert judge.state().day_profit == 0
    told.worth, told.day = Decimal(50_600), Decimal(-900)
    assert (judge.state().floor, judge.state().day_profit) == (49_500, -900)
    told.now, told.day = "2026-09-02T22:00:00Z", Decimal(0)
    assert judge.state().floor == 49_500


def test_a_high_of_earlier_days_is_taken_when_it_is_told() -> None:
    """The gateway does not tell it, and without it the limit would be too low."""
    told = Told(worth=Decimal(51_000))
    assert guardian(told, "50KTC-V2-1").state().floor == 49_000
    assert guardian(told, "50KTC-V2-1", highest_balance=53_000).state().floor == 50_000


def test_the_firms_reasons_are_given_before_the_firm_acts() -> None:
    """Size in minis, loss limits with headroom, and the hour, each with the largest size."""
    told = Told(worth=Decimal(48_300), day=Decimal(-200))
    judge = guardian(told, "50KTC-V2-1", max_daily_loss=1, max_position_size=100, max_positions=9)
    found = judge.denials(order(NQ, 6, 4))
    assert {RuleName.POSITION_SIZE, RuleName.TRADE_RISK} >= set(rules(found)) - {RuleName.MAX_LOSS}
    (size,) = [one for one in found if one.rule is RuleName.POSITION_SIZE]
    assert (size.figure, size.limit, size.largest) == (60, 50, 5)
    (loss,) = [one for one in judge.denials(order(NQ, 1, 58)) if one.rule is RuleName.MAX_LOSS]
    assert (loss.figure, loss.limit, loss.largest) == (300, 300, 0)
    assert RuleName.MAX_LOSS not in rules(judge.denials(order(NQ, 1, 57)))
    told.now = "2026-09-01T20:10:00Z"
    assert RuleName.FLAT_TIME in rules(judge.denials(order(MNQ, 1, 4)))


@pytest.mark.parametrize("side", [BUY, SELL])
@pytest.mark.parametrize("limit", [50, 275, 900, 1_400])
def test_the_largest_size_passes_and_one_more_does_not(limit: int, side: int) -> None:
    """Whatever limit binds, reasons and size agree."""
    judge = guardian(Told(), max_risk_per_trade_amount=limit, max_position_size=40)
    wanted = order(MNQ, 1, 30, side)
    largest = judge.largest(MNQ, judge.risk_of(wanted), side)
    assert largest == min(40, limit // 16)
    assert not judge.denials(order(MNQ, largest, 30, side))
    assert judge.denials(order(MNQ, largest + 1, 30, side))


@in_virtual_time
async def test_an_order_that_grows_is_judged_like_an_entry() -> None:
    """Size and price of a resting entry; a stop and what becomes smaller are nobody's business."""
    events: list[Event] = []

    async def keep(event: Event) -> None:
        events.append(event)

    async with simulated_suite(
        "MNQ", "MES",
        gateway={"start": OPEN},
        initial_days=1,
        features=["risk_manager"],
        risk_config=RiskConfig(max_position_size=2, max_risk_per_trade_amount=100),
    ) as (_, suite):  # fmt: skip
        await asyncio.sleep(3)
        await suite.on(EventType.RISK_LIMIT_EXCEEDED, keep)
        orders, low = suite["MNQ"].orders, await _price(suite) - 90
        entry = await orders.place_bracket_order("MNQ", BUY, 2, low, low - 20, low + 40)
        assert entry.entry_order_id is not None
        assert not await orders.modify_order(entry.entry_order_id, size=3)
        assert "2 are the limit" in str(orders.last_error)
        assert not await orders.modify_order(entry.entry_order_id, limit_price=low + 40)
        assert "max_risk_per_trade" in str(orders.last_error)
        assert await orders.modify_order(entry.entry_order_id, limit_price=low + 2)
        assert await orders.modify_order(entry.entry_order_id, size=1)
        assert await orders.cancel_order(entry.entry_order_id)
        await asyncio.sleep(1)
        await orders.place_market_order("MNQ", BUY, 2)
        await asyncio.sleep(1)
        stop = await orders.add_stop_loss("MNQ", low)
        assert stop is not None
        assert await orders.modify_order(stop.orderId, stop_price=low - 50)
        kinds = [event.data["kind"] for event in events]
        assert kinds == ["position_size", "max_risk_per_trade", "max_risk_per_trade"]
        assert {event.data["symbol"] for event in events} == {"MNQ"}
        await suite.flatten()


@in_virtual_time
async def test_a_stop_that_grows_before_its_entry_fills_is_protection() -> None:
    """Up to what is held and what may come in nobody judges it; beyond, it opens."""
    async with simulated_suite(
        "MNQ",
        gateway={"start": OPEN},
        initial_days=1,
        features=["risk_manager"],
        risk_config=RiskConfig(max_position_size=2, max_risk_per_trade_amount=30),
    ) as (_, suite):
        await asyncio.sleep(3)
        orders, low = suite["MNQ"].orders, await _price(suite) - 90
        await orders.place_market_order("MNQ", BUY, 1)
        await asyncio.sleep(1)
        stop = await orders.add_stop_loss("MNQ", low - 20)
        assert stop is not None
        assert await orders.place_limit_order("MNQ", BUY, 1, low)
        at_risk = suite.risk_manager.guardian.risks()
        assert await orders.modify_order(stop.orderId, size=2)
        assert suite.risk_manager.guardian.risks() == at_risk
        assert await orders.modify_order(stop.orderId, size=1)
        assert await orders.modify_order(stop.orderId, stop_price=low - 24, size=2)
        assert not await orders.modify_order(stop.orderId, size=3)
        assert "max_risk_per_trade" in str(orders.last_error)
        await suite.flatten()


@in_virtual_time
async def test_a_limit_that_is_near_is_told_once_whatever_the_instruments() -> None:
    """Managers that share a judge do not each announce it; refusals go to their own instrument."""
    events: list[Event] = []

    async def keep(event: Event) -> None:
        events.append(event)

    async with simulated_suite(
        "MNQ", "MES",
        gateway={"start": OPEN},
        initial_days=1,
        features=["risk_manager"],
        risk_config=RiskConfig(max_daily_trades=2, max_position_size=1),
    ) as (_, suite):  # fmt: skip
        await asyncio.sleep(3)
        await suite.on(EventType.RISK_LIMIT_EXCEEDED, keep)
        await suite["MES"].on(EventType.RISK_LIMIT_EXCEEDED, keep)
        for _ in range(2):
            await suite["MNQ"].orders.place_market_order("MNQ", BUY, 1)
            await asyncio.sleep(1)
            await suite["MNQ"].orders.close_position("MNQ")
            await asyncio.sleep(1)
        assert [event.data["kind"] for event in events] == ["max_daily_trades"]
        events.clear()
        bracket = await suite["MES"].orders.place_bracket_order("MES", BUY, 2, 5_000, 4_990, 5_010)
        assert not bracket.success
        await asyncio.sleep(0.1)
        assert {event.data["symbol"] for event in events} == {"MES"}
        assert len(events) == 2 * len({event.data["kind"] for event in events})


async def _price(suite: TradingSuite) -> int:
    price = await suite["MNQ"].data.get_current_price()
    assert price is not None
    return round(price)
