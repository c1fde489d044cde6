"""Waiting: for handlers (emit), for an event (wait_for), for quiet (wait_for_idle)."""

from __future__ import annotations

import asyncio
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.virtual import in_virtual_time

from project_x_py._runtime.clock import VirtualClock
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import Event, EventBus, EventType
from project_x_py.exceptions import ProjectXError


def now() -> float:
    return asyncio.get_running_loop().time()


def test_emit_waits_for_its_handlers() -> None:
    """emit returns when every handler has run, the slowest included, and ERROR handlers too."""

    async def main() -> list[str]:
        bus = EventBus()
        done: list[str] = []

        @bus.on("new_bar")
        async def slow(event: Event) -> None:
            await asyncio.sleep(3)
            done.append("slow")

        @bus.once("new_bar")
        async def fails(event: Event) -> None:
            raise LookupError("broken")

        @bus.on("error")
        async def on_error(event: Event) -> None:
            await asyncio.sleep(5)
            done.append("error")

        await bus.emit(EventType.NEW_BAR, None)
        assert now() == 5
        await bus.emit("mine", None)
        assert now() == 5
        await bus.aclose()
        return done

    assert run_virtual(main()) == ["slow", "error"]


def test_emit_waits_for_what_was_published_before() -> None:
    """An emitted event takes its place behind those that wait already."""

    async def main() -> float:
        bus = EventBus()

        @bus.on("new_bar")
        async def handler(event: Event) -> None:
            await asyncio.sleep(1)

        bus.publish("new_bar", 1)
        bus.publish("new_bar", 2)
        await bus.emit("new_bar", 3)
        took = now()
        await bus.aclose()
        return took

    assert run_virtual(main()) == 3


@pytest.mark.parametrize("nested", [False, True])
def test_emit_inside_a_handler_only_publishes(nested: bool) -> None:
    """A handler, or a task it started, that emits to itself does not wait for itself."""

    async def main() -> list[object]:
        bus = EventBus()
        seen: list[object] = []

        @bus.on("new_bar")
        async def handler(event: Event) -> None:
            if event.data < 3:
                if nested:
                    async with asyncio.TaskGroup() as group:
                        group.create_task(bus.emit("new_bar", event.data + 1))
                else:
                    await bus.emit("new_bar", event.data + 1)
            seen.append(event.data)

        await bus.emit("new_bar", 1)
        await bus.wait_for_idle()
        await bus.aclose()
        return seen

    assert run_virtual(main()) == [1, 2, 3]


def test_handlers_that_emit_to_each_other_do_not_deadlock() -> None:
    """Two handlers, on two buses, may emit to one another."""

    async def main() -> list[str]:
        one, other = EventBus(), EventBus()
        seen: list[str] = []

        @one.on("new_bar")
        async def first(event: Event) -> None:
            seen.append("first")
            await other.emit("new_bar", None)

        @other.on("new_bar")
        async def second(event: Event) -> None:
            seen.append("second")
            if len(seen) < 4:
                await one.emit("new_bar", None)

        await one.emit("new_bar", None)
        while one.statistics().waiting or other.statistics().waiting or len(seen) < 4:
            await one.wait_for_idle()
            await other.wait_for_idle()
        await one.aclose()
        await other.aclose()
        return seen

    assert run_virtual(main()) == ["first", "second", "first", "second"]


def test_a_cancelled_emit_takes_nothing_back() -> None:
    """Cancelling emit leaves the event with its handlers."""

    async def main() -> list[object]:
        bus = EventBus()
        seen: list[object] = []

        @bus.on("new_bar")
        async def handler(event: Event) -> None:
            await asyncio.sleep(1)
            seen.append(event.data)

        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.5):
                await bus.emit("new_bar", 1)
        await bus.emit("new_bar", 2)
        await bus.aclose()
        return seen

    assert run_virtual(main()) == [1, 2]


def test_wait_for_returns_the_event() -> None:
    """wait_for returns the next event of a kind, or the next that a predicate accepts."""

    async def main() -> list[object]:
        bus = EventBus()
        async with asyncio.TaskGroup() as group:
            waits = [
                group.create_task(bus.wait_for(EventType.ORDER_FILLED)),
                group.create_task(bus.wait_for("order_filled", timeout=9)),
                group.create_task(
                    bus.wait_for("order_filled", predicate=lambda event: event.data > 1)
                ),
            ]
            await asyncio.sleep(0)
            bus.publish("trade_tick", 0)
            for number in (1, 2, 3):
                bus.publish("order_filled", number)
        return [(await wait).data for wait in waits]

    assert run_virtual(main()) == [1, 1, 2]


@in_virtual_time
async def test_wait_for_times_out_with_the_builtin() -> None:
    """After the timeout the builtin TimeoutError names the event, and nothing is left behind."""
    bus = EventBus()
    with pytest.raises(TimeoutError, match=r"no new_bar within 2.5 s"):
        await bus.wait_for("new_bar", 2.5)
    assert now() == 2.5
    assert not bus.wants("new_bar")


@in_virtual_time
async def test_what_a_predicate_raises_reaches_the_one_who_waits() -> None:
    """A failing predicate fails the wait, not the publisher; its own TimeoutError stays itself."""
    bus = EventBus()

    def breaks(event: Event) -> bool:
        raise TimeoutError("mine")

    async def waits() -> str:
        try:
            await bus.wait_for("new_bar", 5, predicate=breaks)
        except TimeoutError as exc:
            return str(exc)
        return "none"

    async with asyncio.TaskGroup() as group:
        wait = group.create_task(waits())
        await asyncio.sleep(0)
        bus.publish("new_bar", None)
    assert wait.result() == "mine"
    assert not bus.wants("new_bar")


@given(st.integers(0, 6), st.integers(0, 6))
@in_virtual_time
async def test_a_cancelled_wait_leaves_nothing(cancel_after: int, publish_after: int) -> None:
    """However a cancellation and the event meet, the wait ends and leaves no trace."""
    bus = EventBus()
    outcome: list[str] = []

    async def waits() -> None:
        try:
            await bus.wait_for("new_bar")
            outcome.append("event")
        except asyncio.CancelledError:
            outcome.append("cancelled")
            raise

    async with asyncio.TaskGroup() as group:
        wait = group.create_task(waits())
        await asyncio.sleep(0)
        for step in range(8):
            if step == publish_after:
                bus.publish("new_bar", None)
            if step == cancel_after:
                wait.cancel()
            await asyncio.sleep(0)
        with suppress(asyncio.CancelledError):
            await wait
    assert outcome == ["event" if publish_after < cancel_after else "cancelled"]
    assert not bus.wants("new_bar")


def test_wait_for_inside_a_handler() -> None:
    """A handler may wait for another event of its own bus."""

    async def main() -> list[object]:
        bus = EventBus()
        seen: list[object] = []

        @bus.on("order_placed")
        async def handler(event: Event) -> None:
            filled = await bus.wait_for("order_filled", timeout=5)
            seen.append(filled.data)

        bus.publish("order_placed", 7)
        await asyncio.sleep(1)
        bus.publish("order_filled", 7)
        await bus.wait_for_idle()
        await bus.aclose()
        return seen

    assert run_virtual(main()) == [7]


def test_closing_ends_a_wait() -> None:
    """A wait in progress when the bus closes ends with an error, as does one begun later."""

    async def main() -> list[str]:
        bus = EventBus()
        ends: list[str] = []

        async def waits() -> None:
            try:
                await bus.wait_for("new_bar")
            except ProjectXError as exc:
                ends.append(str(exc))

        async with asyncio.TaskGroup() as group:
            group.create_task(waits())
            await asyncio.sleep(0)
            await bus.aclose()
        with pytest.raises(RuntimeError, match="closed"):
            await bus.wait_for("new_bar")
        return ends

    assert run_virtual(main()) == ["the event bus was closed"]


def test_wait_for_idle() -> None:
    """Quiet is when what handlers published has been handled, too; in a handler it leaves out."""

    async def main() -> list[object]:
        bus = EventBus(clock=VirtualClock(0))
        seen: list[object] = []

        @bus.on("new_bar")
        async def bar(event: Event) -> None:
            await asyncio.sleep(1)
            bus.publish("trade_tick", event.data)

        @bus.on("trade_tick")
        async def tick(event: Event) -> None:
            await asyncio.sleep(1)
            seen.append(event.data)

        async def own(event: Event) -> None:
            await bus.wait_for_idle()
            seen.append("idle")

        bus.publish("new_bar", 1)
        bus.subscribe("me", "mine", own)
        bus.publish("mine", None)
        await bus.wait_for_idle()
        await bus.aclose()
        return seen

    assert run_virtual(main()) == [1, "idle"]
