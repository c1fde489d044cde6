"""What a contract card is: a scene between a trader and a gateway, in process or over loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from tests.simulator.trading import OPEN, Trader

from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.simulator import SimulatedGateway

__all__ = ["Scene", "card", "play_in_process", "play_over_loopback"]

Scene = Callable[[Trader], Awaitable[None]]


def card(**options: Any) -> Callable[[Scene], Callable[..., None]]:
    """Make a test of a scene; it begins with a market that stands still.

    Args:
        options: Of the gateway.
    """

    def made(scene: Scene) -> Callable[..., None]:
        def test(play: Callable[..., None]) -> None:
            play(scene, options)

        test.__name__, test.__doc__ = scene.__name__, scene.__doc__
        return test

    return made


def play_in_process(scene: Scene, options: dict[str, Any]) -> None:
    """Play a scene by method calls, on virtual time."""
    run_virtual(_played(scene, {"in_process": True, **options}))


def play_over_loopback(scene: Scene, options: dict[str, Any]) -> None:
    """Play a scene over sockets, on an exchange that is fifty times as fast as the wall."""
    asyncio.run(_played(scene, {"speed": 50, **options}))


async def _played(scene: Scene, options: dict[str, Any]) -> None:
    async with SimulatedGateway(**{"start": OPEN, "instruments": ("MNQ",), **options}) as gateway:
        gateway.market.pause()
        async with Trader(gateway) as trader:
            await scene(trader)
