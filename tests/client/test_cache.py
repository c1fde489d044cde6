"""Frames that a caller keeps by name."""

from __future__ import annotations

import asyncio

import polars as pl
from tests.client.gateways import with_client
from tests.virtual import in_virtual_time

from project_x_py._runtime.clock import VirtualClock
from project_x_py.client import ProjectX
from project_x_py.client import _frames as frames
from project_x_py.client._frames import FrameCache
from project_x_py.simulator import SimulatedGateway


def test_a_frame_is_kept_for_its_time() -> None:
    """A frame comes back equal until its time to live is over; nobody shares it by reference."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        gateway.market.pause()
        frame = pl.DataFrame({"a": [1, 2]})
        client.cache_market_data("mine", frame)
        kept = client.get_cached_market_data("mine")
        assert kept is not None
        assert kept.equals(frame)
        assert client.get_cache_stats()["market_data_cache_size"] == 1
        assert client.get_cache_stats()["market_data_bytes"] > 0
        await asyncio.sleep(300)
        assert client.get_cached_market_data("mine") is None
        assert client.get_cached_market_data("other") is None
        client.cache_market_data("mine", frame)
        client.clear_all_caches()
        assert client.get_cached_market_data("mine") is None

    with_client(use)


@in_virtual_time
async def test_frames_are_bounded() -> None:
    """The oldest go when there are too many."""
    cache = FrameCache(VirtualClock(0))
    for number in range(frames.CAPACITY + 5):
        cache.put(str(number), pl.DataFrame({"a": [number]}))
    assert len(cache) == frames.CAPACITY
    assert cache.get("0", 300) is None


def test_the_client_caches_no_bars() -> None:
    """A limit that differs and a bar that forms are answered anew, so neither is ever stale."""

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        ten = await client.get_bars("MNQ", days=1, interval=1, limit=10)
        fifty = await client.get_bars("MNQ", days=1, interval=1, limit=50)
        assert (ten.height, fifty.height) == (10, 50)
        await asyncio.sleep(20)
        later = await client.get_bars("MNQ", days=1, interval=1, limit=10)
        assert not later.equals(ten)
        assert client.get_cache_stats()["market_data_cache_size"] == 0

    with_client(use)
