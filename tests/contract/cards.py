"""What a contract card is: a scene between a trader and a gateway, in process or over loopback."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from tests.simulator.trading import OPEN, Trader

from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.simulator import Quirks, SimulatedGateway

__all__ = [
    "Look",
    "Scene",
    "Switch",
    "card",
    "play_in_process",
    "play_over_loopback",
    "play_switch",
    "switch_cards",
]

Scene = Callable[[Trader], Awaitable[None]]
Look = Callable[[Trader], Awaitable[object]]
"""What somebody finds who looks at a gateway in some way."""


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
    """Play a scene by method calls, on virtual time, which has no speed."""
    timeless = {name: value for name, value in options.items() if name != "speed"}
    run_virtual(_played(scene, {"in_process": True, **timeless}))


def play_over_loopback(scene: Scene, options: dict[str, Any]) -> None:
    """Play a scene over sockets, on an exchange that is fifty times as fast as the wall."""
    asyncio.run(_played(scene, {"speed": 50, **options}))


async def _played(scene: Scene, options: dict[str, Any]) -> None:
    async with SimulatedGateway(**{"start": OPEN, "instruments": ("MNQ",), **options}) as gateway:
        gateway.market.pause()
        async with Trader(gateway) as trader:
            await scene(trader)


@dataclass(frozen=True)
class Switch:
    """One switch, and what is seen with its default and when it is switched.

    Attributes:
        name: Its path below ``Quirks``, such as ``rest.bars_cap``.
        value: What it is switched to.
        look: How to see the difference.
        usual: What is seen with the default.
        switched: What is seen with ``value``.
        base: Other switches that the look needs, by path.
        options: Of the gateway.
        virtual: Whether the look takes minutes, and is taken on virtual time only.
    """

    name: str
    value: object
    look: Look
    usual: object
    switched: object
    base: dict[str, object] = field(default_factory=dict)
    options: dict[str, Any] = field(default_factory=dict)
    virtual: bool = False


def switch_cards(switches: list[Switch]) -> Callable[..., Any]:
    """Mark a test that gets each switch, and a way to play, as its card.

    In process both settings are played; over loopback the switched one, as every other card plays
    the defaults there.
    """
    counted: dict[str, int] = {}
    named = []
    for switch in switches:
        counted[switch.name] = number = counted.get(switch.name, 0) + 1
        named.append(switch.name if number == 1 else f"{switch.name}-{number}")
    return pytest.mark.parametrize("switch", switches, ids=named)


def turn(quirks: Quirks, switches: dict[str, object]) -> Quirks:
    """Return quirks with some switches set, by their paths."""
    for path, value in switches.items():
        group, dot, name = path.rpartition(".")
        if dot:
            inner = {"rest": quirks.rest, "hubs": quirks.hubs, "exchange": quirks.exchange}[group]
            quirks = replace(quirks, **{group: replace(inner, **{name: value})})
        else:
            quirks = replace(quirks, **{name: value})
    return quirks


def play_switch(play: Callable[..., None], switch: Switch) -> None:
    """Play a switch's look with each setting, and compare what is seen."""
    over_loopback = play is play_over_loopback
    if over_loopback and switch.virtual:
        pytest.skip("takes minutes; played on virtual time")
    settings: list[tuple[dict[str, object], object]] = [({switch.name: switch.value}, True)]
    if not over_loopback:
        settings.insert(0, ({}, False))
    for setting, is_switched in settings:
        seen: list[object] = []

        async def scene(trader: Trader, seen: list[object] = seen) -> None:
            seen.append(await switch.look(trader))

        quirks = turn(turn(Quirks(), switch.base), setting)
        play(scene, {"quirks": quirks, **switch.options})
        assert seen == [switch.switched if is_switched else switch.usual], (switch.name, setting)
