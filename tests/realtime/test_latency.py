"""Where the time of a message goes, on the router itself and on a client."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st
from tests.realtime.peer import MNQ, Peer
from tests.virtual import in_virtual_time

from project_x_py._core.grid import TickGrid
from project_x_py._core.histogram import Latency
from project_x_py._runtime.clock import SystemClock
from project_x_py._wire import signalr
from project_x_py._wire.decode import DecodeStats
from project_x_py.realtime._latency import EVERY
from project_x_py.realtime._router import EventRouter

if TYPE_CHECKING:
    from collections.abc import Sequence

GRID = TickGrid(0.25, 0.5)
KINDS: dict[str, Any] = {
    "GatewayQuote": {"bestBid": 1.25, "bestAsk": 1.5},
    "GatewayTrade": [{"price": 1.5, "volume": 2, "type": 0}],
    "GatewayDepth": [{"type": 1, "price": 1.25, "volume": 4}],
}


class Watch(SystemClock):
    """A clock that only its owner moves."""

    __slots__ = ("ns",)

    def __init__(self) -> None:
        self.ns = 0

    def monotonic_ns(self) -> int:  # type: ignore[override]  # a function of the system there
        return self.ns


class Slow:
    """An owner that takes so many nanoseconds, and says that it was called."""

    def __init__(self, watch: Watch, takes_ns: int, calls: list[int]) -> None:
        self._watch = watch
        self._takes_ns = takes_ns
        self._calls = calls

    def on_trades(self, trades: Sequence[object]) -> None:
        self._calls.append(self._takes_ns)
        self._watch.ns += self._takes_ns

    def on_quote(self, quote: object) -> None:
        self.on_trades(())

    def on_depth(self, depth: object) -> None:
        self.on_trades(())


def exactly(count: int, us: float) -> Latency:
    """What so many durations of one length tell; below 16 ns a bucket is one nanosecond."""
    return Latency(count, us, us, us, us, us) if count else Latency()


@given(st.lists(st.sampled_from(sorted(KINDS)), max_size=80), st.permutations([0, 0, 1, 3]))
def test_each_stage_counts_its_owners(kinds: list[str], ranks: list[int]) -> None:
    """A stage lasts as long as the owners of its rank, and every owner gets every message."""
    watch = Watch()
    calls: list[int] = []
    router = EventRouter(1, None, watch, DecodeStats())  # type: ignore[arg-type]  # no callback
    router.latency.frame_ns = lambda: watch.ns - 5
    for rank in ranks:
        router.attach(MNQ, GRID, Slow(watch, 2 + rank, calls), rank=rank)
    for kind in kinds:
        record = signalr.encode_invocation(kind, [MNQ, KINDS[kind]])
        assert router.take_market(record.rstrip(b"\x1e"), 1)
    assert calls == [2, 2, 3, 5] * len(kinds)
    measured = kinds[EVERY - 1 :: EVERY]
    bars = sum(kind != "GatewayDepth" for kind in measured)
    assert router.latency.report() == {
        "decode": exactly(len(measured), 0.005),
        "book": exactly(len(measured), 0.004),
        "bar": exactly(bars, 0.003),
    }


@in_virtual_time
async def test_a_client_measures_from_the_reception_of_the_frame() -> None:
    """One message in seventeen is measured, and in virtual time nothing takes any."""
    peer = Peer()
    client = peer.client()
    client.attach(MNQ, GRID, Slow(Watch(), 1, []), rank=0)
    assert await client.connect()
    await asyncio.sleep(1)
    for _ in range(3 * EVERY):
        peer.emit("market", "GatewayQuote", MNQ, KINDS["GatewayQuote"])
    await asyncio.sleep(1)
    report = client.latency()
    assert report == {"decode": exactly(3, 0), "book": exactly(3, 0), "bar": Latency()}
    await client.cleanup()
