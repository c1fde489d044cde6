"""Which trades may move bars."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.suites import simulated_suite
from tests.virtual import in_virtual_time

from project_x_py._core.records import Aggressor, Trade
from project_x_py._core.time import DAY_NS, NS, parse_ns
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import Event, EventType
from project_x_py.realtime_data_manager._admission import TradeGate

NOW = parse_ns("2026-09-01T14:00:00Z")
CONTRACT = "CON.F.US.CLE.V26"


def _trade(price: int, at_ns: int = NOW, size: int = 1, contract: str = CONTRACT) -> Trade:
    return Trade(contract, price, size, Aggressor.BUY, at_ns, at_ns)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([6_000, 6_010, 600, 60_000, -4_000, 0, 10**15]),
            st.sampled_from([NOW, NOW + 59 * NS, NOW + 3600 * NS, NOW - 2 * DAY_NS, 0]),
            st.sampled_from([0, 1, 10**9]),
            st.sampled_from([CONTRACT, "CON.F.US.CLE.X26"]),
        ),
        max_size=40,
    ),
    st.integers(1, 7),
)
def test_every_trade_is_admitted_refused_or_waits(
    rows: list[tuple[int, int, int, str]], chunk: int
) -> None:
    """Nothing gets lost and nothing is reordered, however the trades are chunked."""
    trades = [_trade(*row) for row in rows]
    gate = TradeGate(CONTRACT)
    admitted: list[Trade] = []
    for first in range(0, len(trades), chunk):
        admitted += gate.admit(trades[first : first + chunk], NOW)
    assert len(admitted) + gate.total + gate.waiting == len(trades)
    assert sum(gate.refused.values()) == gate.total
    order = [id(trade) for trade in trades]
    assert [order.index(id(trade)) for trade in admitted] == sorted(
        order.index(id(trade)) for trade in admitted
    )
    whole = TradeGate(CONTRACT)
    assert admitted == list(whole.admit(trades, NOW))


@pytest.mark.parametrize(
    ("trade", "reason"),
    [
        (_trade(6_000, contract="CON.F.US.CLE.X26"), "wrong contract"),
        (_trade(6_000, NOW + 61 * NS), "future"),
        (_trade(6_000, NOW - DAY_NS - 1), "past"),
        (_trade(6_000, 0), "past"),
        (_trade(10**13), "absurd"),
        (_trade(6_000, size=10**8), "absurd"),
        (_trade(6_000, size=-1), "absurd"),
    ],
)
def test_what_cannot_be_is_refused_and_counted(trade: Trade, reason: str) -> None:
    """Another month, a time that cannot be, a price or size beyond any: in no bar."""
    gate = TradeGate(CONTRACT)
    assert list(gate.admit([_trade(6_000), trade, _trade(6_001)], NOW)) == [
        _trade(6_000),
        _trade(6_001),
    ]
    assert gate.refused[reason] == gate.total == 1


def test_a_lone_far_price_is_refuted_by_the_next_trade() -> None:
    """One print ten times too high moves nothing."""
    gate = TradeGate(CONTRACT)
    gate.expect(6_000)
    assert list(gate.admit([_trade(60_000)], NOW)) == []
    assert list(gate.admit([_trade(6_002)], NOW)) == [_trade(6_002)]
    assert gate.refused["outlier"] == 1


def test_a_far_price_that_others_confirm_counts() -> None:
    """After a jump of the market the first trades count, all of them, in order."""
    gate = TradeGate(CONTRACT)
    gate.expect(6_000)
    jump = [_trade(price) for price in (4_900, 4_910, 4_905)]
    assert list(gate.admit(jump[:2], NOW)) == []
    assert list(gate.admit(jump[2:], NOW)) == jump
    assert gate.total == 0


def test_crude_oil_may_trade_below_zero() -> None:
    """A fall through zero to -37.63, trade by trade, is admitted whole."""
    gate = TradeGate(CONTRACT)
    fall = [_trade(price) for price in range(1_000, -3_763, -7)]
    assert list(gate.admit(fall, NOW)) == fall


@in_virtual_time
async def test_refused_trades_are_reported() -> None:
    """A WARNING counts what is in no bar, at most once a minute, and reads tell the reasons."""
    async with simulated_suite("MNQ", timeframes=["1min"]) as (_, suite):
        warnings: list[Event] = []

        async def on_warning(event: Event) -> None:
            warnings.append(event)

        await suite.on(EventType.WARNING, on_warning)
        await asyncio.sleep(2)
        before = await suite.data.get_current_price()
        assert before is not None
        future = suite.client.clock.now_ns() + 3600 * NS
        other = [_trade(1, future, contract="CON.F.US.MNQ.H30") for _ in range(5)]
        suite.data.on_trades(other)
        late = [_trade(round(before * 4), future, contract=suite.instrument_id)]
        suite.data.on_trades(late)
        await asyncio.sleep(1)
        (event,) = warnings
        assert event.data["kind"] == "trades_refused"
        assert event.data["details"]["by_reason"]["wrong contract"] == 5
        status = await suite.data.get_validation_status()
        assert status["refused_by_reason"]["future"] == 1
        assert status["trades_refused"] == 6
        assert await suite.data.get_health_score() < 100


@pytest.mark.parametrize(
    ("apart_ns", "told"),
    [(-82 * DAY_NS, "82 days behind"), (5 * 3600 * NS, "5.0 hours ahead of"), (-DAY_NS - 1, None)],
)
def test_a_gateway_of_another_day_is_told_of_once(
    apart_ns: int, told: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    """Where no trade at all has a time that can be, a line says so, and the way out."""

    async def main() -> None:
        saturday = {"start": datetime(2026, 9, 5, 16, tzinfo=UTC)}
        async with simulated_suite("MNQ", timeframes=["1min"], gateway=saturday) as (_, suite):
            now_ns = suite.client.clock.now_ns()
            price = await suite.data.get_current_price()
            assert price is not None
            if told is None:
                right = _trade(round(price * 4), now_ns, contract=suite.instrument_id)
                suite.data.on_trades([right])
            for _ in range(3):
                stray = _trade(80_000, now_ns + apart_ns, contract=suite.instrument_id)
                suite.data.on_trades([stray])
                await asyncio.sleep(61)

    run_virtual(main())
    said = [one.message for one in caplog.records if "the gateway's time is" in one.message]
    assert len(said) == (told is not None)
    assert told is None or (f"is {told} this program's" in said[0] and "--env" in said[0])
