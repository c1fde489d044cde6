"""Delivery: in order, one at a time, nothing lost, nobody delayed by another."""

from __future__ import annotations

import asyncio
import contextvars

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.virtual import in_virtual_time

from project_x_py._runtime.clock import VirtualClock
from project_x_py._runtime.supervisor import Supervisor
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import Event, EventBus, EventType

KINDS = [EventType.NEW_BAR, EventType.TRADE_TICK, EventType.ORDER_FILLED, EventType.QUOTE_UPDATE]


@given(
    published=st.lists(
        st.tuples(st.integers(0, 3), st.sampled_from([0.0, 0.0, 0.001, 0.5])), max_size=60
    ),
    handlers=st.lists(
        st.tuples(
            st.sets(st.integers(0, 3), min_size=1),
            st.sampled_from([None, 0.0, 0.002, 0.7]),
            st.integers(2, 9),
        ),
        max_size=5,
    ),
)
def test_each_handler_gets_its_events_in_order_one_at_a_time(
    published: list[tuple[int, float]], handlers: list[tuple[set[int], float | None, int]]
) -> None:
    """Whatever handlers do, wait or fail, each gets all its events, in order, one at a time."""
    got: list[list[int]] = [[] for _ in handlers]

    async def main() -> None:
        bus = EventBus(clock=VirtualClock(0))

        def make(who: int, delay: float | None, fails_each: int) -> None:
            running = False

            async def handler(event: Event) -> None:
                nonlocal running
                assert not running
                running = True
                try:
                    if delay is not None:
                        await asyncio.sleep(delay)
                    got[who].append(event.data["n"])
                    if event.data["n"] % fails_each == 0:
                        raise LookupError("this one fails")
                finally:
                    running = False

            for kind in handlers[who][0]:
                bus.on(KINDS[kind], handler)

        for who, (_, delay, fails_each) in enumerate(handlers):
            make(who, delay, fails_each)
        for number, (kind, pause) in enumerate(published):
            # Without a contract id nothing is conflated, however slow the handler is.
            bus.publish(KINDS[kind], {"n": number})
            if pause:
                await asyncio.sleep(pause)
        await bus.wait_for_idle()
        stats = bus.statistics()
        assert stats.delivered == sum(map(len, got))
        assert (stats.waiting, stats.conflated) == (0, 0)
        await bus.aclose()
        assert asyncio.all_tasks() == {asyncio.current_task()}

    run_virtual(main())
    for who, (kinds, _, _) in enumerate(handlers):
        assert got[who] == [n for n, (kind, _) in enumerate(published) if kind in kinds]


@pytest.mark.checklist(203)
def test_a_slow_handler_delays_nobody() -> None:
    """While one handler sleeps for a minute, the others and the publisher go on at once."""

    async def main() -> list[float]:
        bus = EventBus(clock=VirtualClock(0))
        loop = asyncio.get_running_loop()
        at: list[float] = []

        @bus.on(EventType.TRADE_TICK)
        async def slow(event: Event) -> None:
            await asyncio.sleep(60)

        @bus.on(EventType.TRADE_TICK)
        async def quick(event: Event) -> None:
            at.append(loop.time())

        for _ in range(5):
            bus.publish(EventType.TRADE_TICK, None)
            await asyncio.sleep(1)
        await bus.aclose(drain_s=0)
        return at

    assert run_virtual(main()) == [0, 1, 2, 3, 4]


@pytest.mark.checklist(212, 214)
def test_a_failing_handler_is_reported_and_goes_on(caplog: pytest.LogCaptureFixture) -> None:
    """A failure is logged with its traceback and announced; the next event is handled."""
    errors: list[Event] = []
    handled: list[int] = []

    async def main() -> None:
        bus = EventBus()

        async def breaks(event: Event) -> None:
            if event.data == 1:
                raise ConnectionError("line is down")
            handled.append(event.data)

        async def on_error(event: Event) -> None:
            errors.append(event)

        bus.on(EventType.NEW_BAR, breaks)
        bus.on(EventType.ERROR, on_error)
        for number in range(3):
            await bus.emit(EventType.NEW_BAR, number)
        assert bus.statistics().errors == 1
        await bus.aclose()

    run_virtual(main())
    assert handled == [0, 2]
    [error] = errors
    assert error.data["original_event"] == "new_bar"
    assert error.data["handler"] == "breaks"
    assert error.data["error"] == "line is down"
    assert isinstance(error.data["exception"], ConnectionError)
    [record] = caplog.records
    assert record.exc_info is not None
    assert "breaks" in record.getMessage()


def test_a_handler_that_always_fails_does_not_flood_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Ten failures a minute are logged, the next minute says how many were not; all are told."""
    errors = 0

    async def main() -> None:
        bus = EventBus(clock=VirtualClock(0))

        async def breaks(event: Event) -> None:
            raise LookupError(event.data)

        async def on_error(_event: Event) -> None:
            nonlocal errors
            errors += 1

        bus.on(EventType.NEW_BAR, breaks)
        bus.on(EventType.ERROR, on_error)
        for number in range(500):
            await bus.emit(EventType.NEW_BAR, number)
        assert len(caplog.records) == 10
        await asyncio.sleep(60)
        await bus.emit(EventType.NEW_BAR, 500)
        assert bus.statistics().errors == 501
        await bus.aclose()

    run_virtual(main())
    assert errors == 501
    assert len(caplog.records) == 11
    assert "490 failures before it were not logged" in caplog.records[-1].getMessage()
    assert all(record.exc_info for record in caplog.records)


def test_a_failing_error_handler_is_only_logged(caplog: pytest.LogCaptureFixture) -> None:
    """The failure of an ERROR handler is not announced again."""
    calls = 0

    async def main() -> None:
        bus = EventBus()

        @bus.on_any()
        async def breaks(event: Event) -> None:
            nonlocal calls
            calls += 1
            raise LookupError(str(event.type))

        await bus.emit(EventType.NEW_BAR, None)
        await bus.wait_for_idle()
        await bus.aclose()

    run_virtual(main())
    assert calls == 2
    assert len(caplog.records) == 2


def test_a_cancelled_wait_inside_a_handler_is_its_failure() -> None:
    """A handler that awaits a cancelled task fails like any other, and goes on."""

    async def main() -> list[object]:
        bus = EventBus()
        seen: list[object] = []
        tasks = Supervisor("test")

        @bus.on(EventType.NEW_BAR)
        async def handler(event: Event) -> None:
            seen.append(event.data)
            task = tasks.spawn(asyncio.sleep(1), name="cancelled")
            task.cancel()
            await task

        for number in range(2):
            await bus.emit(EventType.NEW_BAR, number)
        seen.append(bus.statistics().errors)
        await bus.aclose()
        return seen

    assert run_virtual(main()) == [0, 1, 2]


def test_a_burst_is_taken_in_one_wake_up() -> None:
    """A hundred events are handled before anything else that became ready after the first."""

    async def main() -> list[object]:
        bus = EventBus(clock=VirtualClock(0))
        order: list[object] = []

        @bus.on(EventType.TRADE_TICK)
        async def handler(event: Event) -> None:
            order.append(event.data)
            if event.data == 0:
                asyncio.get_running_loop().call_soon(order.append, "later")

        for number in range(100):
            bus.publish(EventType.TRADE_TICK, number)
        await bus.wait_for_idle()
        await bus.aclose()
        return order

    assert run_virtual(main())[:101] == [*range(100), "later"]


def test_an_endless_supply_does_not_starve_the_loop() -> None:
    """A handler that publishes to itself for ever lets timers and others run."""

    async def main() -> int:
        bus = EventBus()
        count = 0

        @bus.on("new_bar")
        async def handler(event: Event) -> None:
            nonlocal count
            count += 1
            bus.publish("new_bar", None)

        bus.publish("new_bar", None)
        for _ in range(5):
            await asyncio.sleep(0)
        bus.off()
        await bus.aclose()
        return count

    assert 256 <= run_virtual(main()) <= 256 * 6


def test_a_handler_sees_the_context_of_its_registration() -> None:
    """Context variables in a handler are those of where it was registered."""
    colour: contextvars.ContextVar[str] = contextvars.ContextVar("colour", default="none")

    async def main() -> list[str]:
        bus = EventBus()
        seen: list[str] = []
        colour.set("registration")

        @bus.on("new_bar")
        async def handler(event: Event) -> None:
            seen.append(colour.get())

        colour.set("publication")
        await bus.emit("new_bar", None)
        await bus.aclose()
        return seen

    assert run_virtual(main()) == ["registration"]


@in_virtual_time
async def test_tasks_belong_to_the_supervisor_and_start_with_the_first_event() -> None:
    """A registration alone starts nothing; tasks are the given supervisor's and are named."""
    supervisor = Supervisor("suite")
    bus = EventBus(supervisor=supervisor)

    @bus.on("new_bar")
    async def handler(event: Event) -> None: ...

    assert supervisor.stats().active == 0
    bus.publish("trade_tick", None)
    assert supervisor.stats().active == 0
    bus.publish("new_bar", None)
    [name] = supervisor.stats().running
    assert name.startswith("event handler ")
    assert name.endswith("handler")
    await bus.aclose()
    assert supervisor.stats().active == 0
    supervisor.raise_if_faulted()


def test_a_cancelled_task_starts_again_with_the_next_event(
    caplog: pytest.LogCaptureFixture,
) -> None:
    """Cancelling the tasks from outside loses what waits, and says so; later events are handled."""

    async def main() -> list[object]:
        bus = EventBus()
        seen: list[object] = []

        @bus.on("new_bar")
        async def handler(event: Event) -> None:
            await asyncio.sleep(1)
            seen.append(event.data)

        for number in range(3):
            bus.publish("new_bar", number)
        await asyncio.sleep(1.5)
        [task] = asyncio.all_tasks() - {asyncio.current_task()}
        task.cancel()
        await asyncio.wait([task])
        await bus.emit("new_bar", 3)
        await bus.aclose()
        return seen

    assert run_virtual(main()) == [0, 3]
    assert "1 events waiting" in caplog.text


@in_virtual_time
async def test_statistics() -> None:
    """Statistics name each handler, what it gets, what waits, and how long it took."""
    bus = EventBus(clock=VirtualClock(0))

    @bus.on("new_bar")
    @bus.once("error")
    async def slow(event: Event) -> None:
        await asyncio.sleep(1.5)

    @bus.on_any()
    async def quick(event: Event) -> None: ...

    for _ in range(3):
        bus.publish("new_bar", None)
    await asyncio.sleep(1)
    first, second = bus.statistics().handlers
    assert first.handler.endswith("test_delivery.slow")
    assert first.events == ("new_bar", "error")
    assert second.events == ("*",)
    assert (first.waiting, first.delivered, first.behind_s, first.slow) == (2, 0, 1.0, False)
    assert (second.waiting, second.delivered, second.longest_s) == (0, 3, 0.0)
    await bus.wait_for_idle()
    stats = bus.statistics()
    assert stats.slow == (first.handler,)
    assert stats.handlers[0].longest_s == pytest.approx(1.5)
    assert stats.handlers[0].mean_s == pytest.approx(1.5)
    # Three wake-ups of the slow one, of which the last waited for two runs, one of the other.
    assert (stats.latency.count, stats.latency.max_us) == (4, pytest.approx(3e6))
    assert (stats.delivered, stats.waiting, stats.errors, stats.discarded) == (6, 0, 0, 0)
    await bus.aclose()


def test_a_long_run_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    """A handler that takes more than a second is named in the log, once per record."""

    async def main() -> None:
        bus = EventBus(clock=VirtualClock(0))

        @bus.on("new_bar")
        async def slow(event: Event) -> None:
            await asyncio.sleep(event.data)

        for seconds in (0.5, 2, 1.5, 3):
            await bus.emit("new_bar", seconds)
        await bus.aclose()

    run_virtual(main())
    assert [record.getMessage().split("slow ")[1] for record in caplog.records] == [
        "took 2.0 s for new_bar",
        "took 3.0 s for new_bar",
    ]


def test_no_fault_while_all_is_well() -> None:
    """A bus without overflow raises nothing."""
    bus = EventBus()
    bus.raise_if_faulted()
    assert bus.statistics().detached == ()
