"""Buses that forward to one another."""

from __future__ import annotations

import asyncio

from hypothesis import given
from hypothesis import strategies as st
from tests.virtual import in_virtual_time

from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import Event, EventBus, EventType


@given(
    links=st.sets(st.tuples(st.integers(0, 3), st.integers(0, 3)), max_size=10),
    source=st.integers(0, 3),
    rare=st.booleans(),
)
def test_each_reachable_bus_delivers_once(
    links: set[tuple[int, int]], source: int, rare: bool
) -> None:
    """However buses forward, in circles too, each that can be reached delivers an event once."""
    reached = {source}
    for _ in range(4):
        reached |= {target for origin, target in links if origin in reached}
    got: list[list[int]] = [[] for _ in range(4)]

    async def main() -> None:
        buses = [EventBus() for _ in range(4)]
        for index, bus in enumerate(buses):

            @bus.on("trade_tick")
            async def handler(event: Event, index: int = index) -> None:
                got[index].append(event.data)

        if rare:
            buses[3].enable_history()
        for origin, target in sorted(links):
            await buses[origin].forward_to(buses[target])
            buses[origin].forward_to(buses[target])
        for number in range(3):
            await buses[source].emit(EventType.TRADE_TICK, number)
        for bus in buses:
            await bus.aclose()

    run_virtual(main())
    assert got == [[0, 1, 2] if index in reached else [] for index in range(4)]


@in_virtual_time
async def test_the_same_event_arrives() -> None:
    """Target handlers, waits and history see the very event, registered before or after."""
    source, target = EventBus(), EventBus()
    events: list[Event] = []
    source.forward_to(target)
    target.enable_history()

    async def keep(event: Event) -> None:
        events.append(event)

    source.publish("new_bar", "before the handlers")
    source.on("new_bar", keep)
    target.once("new_bar", keep)
    async with asyncio.TaskGroup() as group:
        wait = group.create_task(target.wait_for("new_bar"))
        await asyncio.sleep(0)
        await source.emit("new_bar", "all", "me")
    assert wait.result() is events[0] is events[1] is target.get_history()[1]
    assert events[0].source == "me"
    await source.aclose()
    await target.aclose()


def test_a_closed_bus_leaves_the_circle() -> None:
    """Closing a bus, source or target, leaves the others working."""

    async def main() -> list[object]:
        first, middle, last = EventBus(), EventBus(), EventBus()
        first.forward_to(middle)
        middle.forward_to(last)
        last.forward_to(first)
        got: list[object] = []

        @last.on("new_bar")
        async def handler(event: Event) -> None:
            got.append(event.data)

        await first.emit("new_bar", 1)
        await middle.aclose()
        await first.emit("new_bar", 2)
        await last.emit("new_bar", 3)
        await first.aclose()
        await last.emit("new_bar", 4)
        await last.aclose()
        return got

    assert run_virtual(main()) == [1, 3, 4]


def test_a_failure_is_announced_where_the_handler_is() -> None:
    """The ERROR event of a forwarded event's handler is announced on that handler's bus."""

    async def main() -> list[str]:
        source, target = EventBus(), EventBus()
        source.forward_to(target)
        got: list[str] = []

        @target.on("new_bar")
        async def breaks(event: Event) -> None:
            raise LookupError("broken")

        @source.on("error")
        async def on_source(event: Event) -> None:
            got.append("source")

        @target.on("error")
        async def on_target(event: Event) -> None:
            got.append("target")

        await source.emit("new_bar", None)
        await target.wait_for_idle()
        await source.aclose()
        await target.aclose()
        return got

    assert run_virtual(main()) == ["target"]
