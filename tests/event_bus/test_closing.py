"""Closing a bus: what waits is delivered, and no task is left."""

from __future__ import annotations

import asyncio

import pytest
from tests.virtual import in_virtual_time

from project_x_py._runtime.clock import VirtualClock
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import Event, EventBus, EventType


def others() -> set[asyncio.Task[object]]:
    me = asyncio.current_task()
    return {task for task in asyncio.all_tasks() if task is not me}


@pytest.mark.checklist(183)
def test_disconnected_published_last_is_delivered() -> None:
    """Everything published before the close arrives, DISCONNECTED last; then no task is left."""

    async def main() -> list[object]:
        bus = EventBus(clock=VirtualClock(0))
        got: list[object] = []

        @bus.on_any()
        async def handler(event: Event) -> None:
            await asyncio.sleep(0.01)
            got.append(event.data["connected"] if event.type is EventType.DISCONNECTED else 1)

        for _ in range(100):
            bus.publish("trade_tick", None)
        bus.publish(EventType.DISCONNECTED, {"connected": False})
        await bus.aclose()
        assert not others()
        return got

    assert run_virtual(main()) == [1] * 100 + [False]


def test_a_handler_that_hangs_is_cancelled(caplog: pytest.LogCaptureFixture) -> None:
    """After the drain time a handler is cancelled; what it did not get is logged."""

    async def main() -> None:
        bus = EventBus()
        ended: list[str] = []

        @bus.on("trade_tick")
        async def hangs(event: Event) -> None:
            try:
                await asyncio.get_running_loop().create_future()
            finally:
                ended.append("cancelled")

        for _ in range(3):
            bus.publish("trade_tick", None)
        await bus.aclose(drain_s=2.0)
        assert asyncio.get_running_loop().time() == 2.0
        assert ended == ["cancelled"]
        assert not others()

    run_virtual(main())
    assert "hangs was stopped with 2 events waiting" in caplog.text


def test_a_handler_that_ignores_its_cancellation_is_named(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """The close ends all the same, and the log names the handler; it gets no further event."""

    async def main() -> int:
        bus = EventBus()
        release = asyncio.Event()
        runs = 0

        @bus.on("trade_tick")
        async def stubborn(event: Event) -> None:
            nonlocal runs
            runs += 1
            while not release.is_set():
                try:
                    await release.wait()
                except asyncio.CancelledError:
                    continue

        for _ in range(3):
            bus.publish("trade_tick", None)
        await bus.aclose(drain_s=1.0)
        release.set()
        await asyncio.wait(others())
        return runs

    assert run_virtual(main()) == 1
    assert "stubborn ignores its cancellation" in caplog.text


@pytest.mark.parametrize("nested", [False, True])
def test_closing_inside_a_handler(nested: bool) -> None:
    """A handler may close its own bus: it is not cancelled, gets what waits for it, then ends."""

    async def main() -> list[object]:
        bus = EventBus()
        got: list[object] = []

        @bus.on_any()
        async def handler(event: Event) -> None:
            if event.data == "close":
                bus.publish("disconnected", "last")
                if nested:
                    async with asyncio.TaskGroup() as group:
                        group.create_task(bus.aclose())
                else:
                    await bus.aclose()
                assert asyncio.get_running_loop().time() == 0
            got.append(event.data)

        @bus.on("disconnected")
        async def other(event: Event) -> None:
            got.append("other")

        bus.publish("mine", "close")
        await asyncio.sleep(1)
        assert not others()
        return got

    assert run_virtual(main()) == ["other", "close", "last"]


def test_what_handlers_publish_while_closing_is_delivered() -> None:
    """Events that drain handlers publish are delivered too, to mailboxes already ended as well."""

    async def main() -> list[object]:
        bus = EventBus()
        got: list[object] = []

        @bus.on("trade_tick")
        async def first(event: Event) -> None:
            await asyncio.sleep(0.5)
            bus.publish("new_bar", event.data)

        @bus.on("new_bar")
        async def second(event: Event) -> None:
            got.append(event.data)

        await bus.emit("new_bar", 0)
        bus.publish("trade_tick", 1)
        bus.publish("trade_tick", 2)
        await bus.aclose()
        assert not others()
        return got

    assert run_virtual(main()) == [0, 1, 2]


@in_virtual_time
async def test_after_the_close() -> None:
    """Events are discarded and counted, handlers refused; removing and closing again do nothing."""
    bus = EventBus()

    async def handler(event: Event) -> None:
        raise AssertionError("never called")

    bus.on("new_bar", handler)
    await bus.aclose()
    bus.publish("new_bar", None)
    await bus.emit("trade_tick", None)
    bus.off("new_bar", handler)
    await bus.aclose()
    assert bus.statistics().discarded == 2
    assert bus.statistics().handlers == ()
    assert bus.get_handler_count() == 0
    with pytest.raises(RuntimeError, match="closed"):
        bus.on("new_bar", handler)


def test_two_closes_at_once() -> None:
    """A second close waits for what the first waits for."""

    async def main() -> list[object]:
        bus = EventBus()
        got: list[object] = []

        @bus.on("new_bar")
        async def handler(event: Event) -> None:
            await asyncio.sleep(1)
            got.append(event.data)

        bus.publish("new_bar", 1)
        async with asyncio.TaskGroup() as group:
            group.create_task(bus.aclose())
            group.create_task(bus.aclose())
        assert not others()
        return got

    assert run_virtual(main()) == [1]


@in_virtual_time
async def test_a_cancelled_close_leaves_no_task() -> None:
    """Interrupting the drain ends the handlers at once."""
    bus = EventBus()

    @bus.on("new_bar")
    async def handler(event: Event) -> None:
        await asyncio.sleep(100)

    bus.publish("new_bar", 1)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.5):
            await bus.aclose(drain_s=50)
    await asyncio.sleep(0.1)
    assert not others()
