"""Past bars: few requests, and larger bars that agree with the smaller ones."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from project_x_py._core.bars import Bar, bar_start, timeframe
from project_x_py._core.grid import TickGrid
from project_x_py._core.time import NS, parse_ns
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.client import ProjectX
from project_x_py.realtime_data_manager._history import aggregate, load_history
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


def _load(names: Sequence[str]) -> tuple[dict[str, list[Bar]], int]:
    async def main() -> tuple[dict[str, list[Bar]], int]:
        async with SimulatedGateway(in_process=True) as gateway:
            key = gateway.credentials.api_key
            async with ProjectX(gateway.credentials.username, key, gateway.config) as client:
                await client.authenticate()
                contract = await client.get_instrument("MNQ")
                before = (await client.get_health_status())["api_calls"]
                history = await load_history(
                    client,
                    contract.id,
                    [timeframe(name) for name in names],
                    TickGrid(contract.tickSize, contract.tickValue),
                    days=2,
                    capacity=1000,
                )
                return history, (await client.get_health_status())["api_calls"] - before

    return run_virtual(main())


def test_one_request_feeds_every_timeframe_from_a_minute_to_a_day() -> None:
    """Minutes, hours and days come from the same minutes, with one request."""
    history, requests = _load(["1min", "5min", "15min", "1hr", "4hr", "1day"])
    assert requests == 1
    for name, bars in history.items():
        assert bars == aggregate(history["1min"], timeframe(name))


def test_finer_and_longer_timeframes_have_their_own() -> None:
    """Seconds, weeks and months are asked for by themselves."""
    history, requests = _load(["15sec", "1min", "1week", "1month"])
    assert requests == 4
    assert all(history.values())
