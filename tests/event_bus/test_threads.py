"""Events from another thread come in by one door."""

from __future__ import annotations

import asyncio
import threading

import pytest

from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import Event, EventBus, EventType


def test_publish_threadsafe() -> None:
    """What a thread publishes arrives in its order, on the thread of the loop."""

    async def main() -> tuple[list[object], set[int]]:
        bus = EventBus()
        got: list[object] = []
        threads: set[int] = set()

        @bus.on(EventType.TRADE_TICK)
        async def handler(event: Event) -> None:
            got.append(event.data)
            threads.add(threading.get_ident())

        def produce() -> None:
            for number in range(500):
                bus.publish_threadsafe("trade_tick", number)

        await asyncio.to_thread(produce)
        await bus.wait_for_idle()
        await bus.aclose()
        return got, threads

    got, threads = run_virtual(main())
    assert got == list(range(500))
    assert threads == {threading.get_ident()}


def test_publishing_from_the_wrong_thread_is_refused() -> None:
    """A plain publish from another thread names the right door."""

    async def main() -> list[object]:
        bus = EventBus()
        got: list[object] = []

        @bus.on("new_bar")
        async def handler(event: Event) -> None:
            got.append(event.data)

        await bus.emit("new_bar", 1)
        with pytest.raises(RuntimeError, match="publish_threadsafe"):
            await asyncio.to_thread(bus.publish, "new_bar", 2)
        await bus.emit("new_bar", 3)
        await bus.aclose()
        return got

    assert run_virtual(main()) == [1, 3]


def test_the_door_needs_a_loop_and_a_valid_event() -> None:
    """Without a loop, or with what is no event, the call is refused where it is made."""
    bus = EventBus()
    with pytest.raises(RuntimeError, match="belongs to no loop"):
        bus.publish_threadsafe("new_bar", None)

    async def main() -> None:
        inside = EventBus()
        with pytest.raises(ValueError, match="not 7"):
            inside.publish_threadsafe(7, None)  # type: ignore[arg-type]

    run_virtual(main())
