"""Past bars: few requests, and larger bars that agree with the smaller ones."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.virtual import in_virtual_time

from project_x_py._core.bars import Bar, bar_start, timeframe
from project_x_py._core.grid import TickGrid
from project_x_py._core.time import NS, parse_ns
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.client import ProjectX
from project_x_py.client._bars import bar_frame
from project_x_py.realtime_data_manager._history import HistoryLoader, Past, aggregate, rows_to_bars
from project_x_py.simulator import SimulatedGateway

if TYPE_CHECKING:
    from collections.abc import Sequence

START = parse_ns("2026-09-01T14:00:00Z")
MINUTE = 60 * NS


@given(
    st.lists(
        st.tuples(st.integers(1, 5), st.integers(-9, 9), st.integers(0, 3), st.integers(0, 9)),
        min_size=1,
        max_size=80,
    ),
    st.sampled_from(["5min", "15min", "1hr", "4hr", "1day"]),
)
def test_a_larger_bar_is_the_sum_of_its_parts(
    rows: list[tuple[int, int, int, int]], name: str
) -> None:
    """Open of the first, close of the last, extremes and sums of all, one bar per interval."""
    bars, at = [], START
    for gap, price, spread, volume in rows:
        at += gap * MINUTE
        bars.append(Bar(at, price, price + spread, price - spread, price, volume, 2, volume, 0))
    tf = timeframe(name)
    merged = aggregate(bars, tf)
    for bar in merged:
        parts = [part for part in bars if bar_start(tf, part.start_ns) == bar.start_ns]
        assert (bar.open, bar.close) == (parts[0].open, parts[-1].close)
        assert bar.high == max(part.high for part in parts)
        assert bar.low == min(part.low for part in parts)
        assert bar.volume == sum(part.volume for part in parts)
        assert bar.trades == sum(part.trades for part in parts)
    assert [bar.start_ns for bar in merged] == sorted({bar_start(tf, b.start_ns) for b in bars})


async def _loader(gateway: SimulatedGateway, client: ProjectX, names: Sequence[str]) -> Any:
    await client.authenticate()
    contract = await client.get_instrument("MNQ")
    kinds = [timeframe(name) for name in names]
    grid = TickGrid(contract.tickSize, contract.tickValue)
    return HistoryLoader(client, contract.id, kinds, grid, 1000)


def _load(names: Sequence[str]) -> tuple[Past, int]:
    async def main() -> tuple[Past, int]:
        async with SimulatedGateway(in_process=True) as gateway:
            key = gateway.credentials.api_key
            async with ProjectX(gateway.credentials.username, key, gateway.config) as client:
                loader = await _loader(gateway, client, names)
                before = (await client.get_health_status())["api_calls"]
                past = await loader.since(2, gateway.clock.now_ns())
                return past, (await client.get_health_status())["api_calls"] - before

    return run_virtual(main())


def test_one_request_feeds_every_timeframe_from_a_minute_to_a_day() -> None:
    """Minutes, hours and days come from the same minutes, with one request."""
    past, requests = _load(["1min", "5min", "15min", "1hr", "4hr", "1day"])
    assert requests == 1
    for name, bars in past.bars.items():
        assert bars == aggregate(past.bars["1min"], timeframe(name))


def test_finer_and_longer_timeframes_have_their_own() -> None:
    """All timeframes below a minute share one request, weeks and months another."""
    past, requests = _load(["5sec", "15sec", "30sec", "1min", "1week", "1month"])
    assert requests == 3
    assert all(past.bars.values())
    for name in ("15sec", "30sec"):
        whole = [b for b in past.bars["5sec"] if b.start_ns >= past.bars[name][0].start_ns]
        assert past.bars[name] == aggregate(whole, timeframe(name))


@pytest.mark.parametrize("names", [["1sec", "1min", "1day"], ["15sec", "1week"], ["1month"]])
@in_virtual_time
async def test_a_load_and_its_seconds_are_the_whole(names: list[str]) -> None:
    """The load up to its cut and the seconds after it make the gateway's own bars."""
    async with SimulatedGateway(in_process=True) as gateway:
        key = gateway.credentials.api_key
        async with ProjectX(gateway.credentials.username, key, gateway.config) as client:
            loader = await _loader(gateway, client, names)
            await loader.ask(2, 1, gateway.clock.now_ns() - 3600 * NS, gateway.clock.now_ns())
            await asyncio.sleep(100)
            now_ns = gateway.clock.now_ns()
            past = await loader.since(1, now_ns - 77 * NS)
            end_ns = now_ns - now_ns % NS
            seconds = await loader.seconds(past.cut_ns, end_ns)
            whole = past.with_seconds(seconds, loader.timeframes)
            for tf in loader.timeframes:
                (*_, last) = whole.bars[tf.name]
                frame = await client.get_bars(
                    "MNQ", days=40, interval=tf.unit_number, unit=tf.unit, limit=3
                )
                assert last.volume > 0
                assert last.open == round(frame["open"][-1] * 4), tf.name
                assert bar_start(tf, end_ns - NS) == last.start_ns


def test_rows_beyond_any_price_are_left_out() -> None:
    """A row with a price that is no number, or cannot be one, makes no bar; the others do."""
    frame = bar_frame(
        [
            (START, 1.0, 2.0, -1.5, 1.25, 3),
            (START + MINUTE, float("nan"), 2.0, 1.0, 1.0, 1),
            (START + 2 * MINUTE, 1.0, 1e300, 1.0, 1.0, 1),
            (START + 3 * MINUTE, -37.63, -37.63, -40.32, -40.32, 7),
        ],
        "UTC",
    )
    bars = rows_to_bars(frame, TickGrid(0.01, 10))
    assert [(bar.start_ns, bar.low, bar.volume) for bar in bars] == [
        (START, -150, 3),
        (START + 3 * MINUTE, -4032, 7),
    ]
