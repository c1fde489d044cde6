"""The event bus: bursts to one and to ten handlers, and one event alone.

Rates are medians of five runs over bursts of 100 events, by CPU time, so that what else the
machine does counts little; a run counts only if every handler got every event in order. The
ceiling calls the same handlers one after another, without mailboxes, isolation or statistics.
"""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import Awaitable, Callable

from project_x_py.event_bus import Event, EventBus, EventType

RUNS = 5
BURST = 100
EVENTS = {1: 60_000, 10: 10_000}
SINGLES = 5_000


class Counter:
    """A handler that checks that it gets 0, 1, 2, ..."""

    def __init__(self) -> None:
        self.next = 0

    async def on_event(self, event: Event) -> None:
        if event.data != self.next:
            raise AssertionError(f"{event.data} came instead of {self.next}")
        self.next += 1


async def inline(handlers: int) -> float:
    """Events a second when each handler is simply awaited."""
    counters = [Counter() for _ in range(handlers)]
    calls = [counter.on_event for counter in counters]
    began = time.process_time()
    for number in range(EVENTS[handlers]):
        event = Event(EventType.TRADE_TICK, number)
        for call in calls:
            await call(event)
    return EVENTS[handlers] / (time.process_time() - began)


def subscribed(handlers: int, kind: EventType) -> tuple[EventBus, list[Counter]]:
    """A bus with so many handlers."""
    bus, counters = EventBus(), [Counter() for _ in range(handlers)]
    for counter in counters:
        bus.on(kind, counter.on_event)
    return bus, counters


async def bursts(handlers: int, kind: EventType) -> float:
    """Events a second, published in bursts and handled before the next burst."""
    bus, counters = subscribed(handlers, kind)
    publish, total = bus.publish, EVENTS[handlers]
    began = time.process_time()
    for first in range(0, total, BURST):
        for number in range(first, first + BURST):
            publish(kind, number)
        await bus.wait_for_idle()
    rate = total / (time.process_time() - began)
    if any(counter.next != total for counter in counters):
        raise AssertionError(f"lost events: {bus.statistics()}")
    await bus.aclose()
    return rate


async def emits(handlers: int) -> float:
    """Events a second, each awaited before the next."""
    bus, counters = subscribed(handlers, EventType.NEW_BAR)
    total = EVENTS[handlers] // 4
    began = time.process_time()
    for number in range(total):
        await bus.emit(EventType.NEW_BAR, number)
    rate = total / (time.process_time() - began)
    if any(counter.next != total for counter in counters):
        raise AssertionError(f"lost events: {bus.statistics()}")
    await bus.aclose()
    return rate


async def single() -> list[float]:
    """Microseconds from a single emit to its handler, p50 and p99."""
    bus = EventBus()
    taken: list[int] = []

    @bus.on(EventType.ORDER_FILLED)
    async def handler(event: Event) -> None:
        taken.append(time.perf_counter_ns() - event.data)

    for _ in range(SINGLES):
        await bus.emit(EventType.ORDER_FILLED, time.perf_counter_ns())
        await asyncio.sleep(0)
    await bus.aclose()
    taken.sort()
    return [taken[len(taken) // 2] / 1000, taken[len(taken) * 99 // 100] / 1000]


async def publishing(handlers: int) -> float:
    """Microseconds of one publish in a burst, the handling aside."""
    bus, _ = subscribed(handlers, EventType.TRADE_TICK)
    publish, taken, number = bus.publish, 0.0, 0
    for _ in range(200):
        began = time.process_time()
        for _ in range(BURST):
            publish(EventType.TRADE_TICK, number)
            number += 1
        taken += time.process_time() - began
        await bus.wait_for_idle()
    await bus.aclose()
    return taken / number * 1e6


def median(measure: Callable[[], Awaitable[float]]) -> float:
    """The median of some runs, each in a loop of its own."""

    async def run() -> float:
        return await measure()

    return statistics.median(asyncio.run(run()) for _ in range(RUNS))


def main() -> None:
    """Print every row."""
    for handlers, goal in ((1, 460_000), (10, 120_000)):
        ceiling = median(lambda: inline(handlers))  # noqa: B023 - called at once
        print(f"  {f'ceiling: {handlers} handlers awaited in line':<44} {ceiling:>11,.0f} emits/s")
        for kind in (EventType.TRADE_TICK, EventType.QUOTE_UPDATE):
            rate = median(lambda: bursts(handlers, kind))  # noqa: B023 - called at once
            label = f"bursts of {BURST}, {handlers} handlers, {kind.value}"
            note = f"{ceiling / rate:.1f}x ceiling, goal {goal:,}"
            print(f"  {label:<44} {rate:>11,.0f} emits/s  {note}")
        rate = median(lambda: emits(handlers))  # noqa: B023 - called at once
        print(f"  {f'await emit one by one, {handlers} handlers':<44} {rate:>11,.0f} emits/s")
    for handlers in (0, 1, 10):
        micros = median(lambda: publishing(handlers))  # noqa: B023 - called at once
        print(f"  {f'publish, {handlers} handlers':<44} {micros:>11.2f} us")
    runs = [asyncio.run(single()) for _ in range(RUNS)]
    p50, p99 = (statistics.median(run[place] for run in runs) for place in (0, 1))
    print(
        f"  {'emit to handler, one event alone':<44} p50 {p50:.1f} us, p99 {p99:.1f} us, goal 100"
    )


if __name__ == "__main__":
    main()
