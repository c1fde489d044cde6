"""A handler that falls behind: what is conflated, what waits, what is taken off."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.virtual import in_virtual_time

from project_x_py._runtime.clock import VirtualClock
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import Event, EventBus, EventType
from project_x_py.event_bus._mailbox import BEHIND_EVENTS, MAX_WAITING
from project_x_py.exceptions import ProjectXError

CONFLATED = [
    EventType.QUOTE_UPDATE,
    EventType.ORDERBOOK_UPDATE,
    EventType.MARKET_DEPTH_UPDATE,
    EventType.DATA_UPDATE,
]
LOSSLESS = [kind for kind in EventType if kind not in CONFLATED]


def quote(number: int, contract: str = "CON.F.US.MNQ.U26") -> dict[str, object]:
    return {"n": number, "contract_id": contract}


def received(
    events: list[tuple[EventType, dict[str, object], float]], *, takes: float
) -> tuple[list[tuple[EventType | str, object]], int]:
    """Publish each event after its pause to one handler that takes so long; return what it got."""

    async def main() -> tuple[list[tuple[EventType | str, object]], int]:
        bus = EventBus(clock=VirtualClock(0))
        got: list[tuple[EventType | str, object]] = []

        @bus.on_any()
        async def handler(event: Event) -> None:
            if takes:
                await asyncio.sleep(takes)
            got.append((event.type, event.data["n"]))

        for kind, data, pause in events:
            if pause:
                await asyncio.sleep(pause)
            bus.publish(kind, data)
        await bus.wait_for_idle()
        conflated = bus.statistics().conflated
        await bus.aclose()
        return got, conflated

    return run_virtual(main())


@pytest.mark.parametrize("kind", CONFLATED)
def test_a_handler_that_keeps_up_gets_every_update(kind: EventType) -> None:
    """Up to 1,000 events and 1 s behind nothing is left out."""
    burst = [(kind, quote(n), 0.0) for n in range(BEHIND_EVENTS)]
    got, conflated = received(burst, takes=0.0009)
    assert [n for _, n in got] == list(range(BEHIND_EVENTS))
    assert conflated == 0


@pytest.mark.parametrize("kind", CONFLATED)
def test_more_than_a_thousand_behind_gets_the_latest(kind: EventType) -> None:
    """Beyond 1,000 waiting updates the older ones of a contract are left out and counted."""
    contracts = ["A", "B", "C"]
    burst = [(kind, quote(n, contracts[n % 3]), 0.0) for n in range(5_000)]
    got, conflated = received(burst, takes=0.0)
    numbers = [n for _, n in got]
    assert numbers[-3:] == [4_997, 4_998, 4_999]
    assert len(numbers) + conflated == 5_000
    assert len(numbers) <= BEHIND_EVENTS + 3


def test_a_second_behind_gets_the_latest() -> None:
    """A handler slower than the market, by age, gets the newest quote each time."""
    stream = [(EventType.QUOTE_UPDATE, quote(n), 0.1) for n in range(100)]
    got, conflated = received(stream, takes=2.0)
    assert [n for _, n in got] == [0, 20, 40, 60, 80, 99]
    assert conflated == 94


@pytest.mark.parametrize("kind", LOSSLESS)
def test_every_other_kind_waits(kind: EventType) -> None:
    """Bars, trades, orders, positions, connection and error events are never conflated."""
    stream = [(kind, quote(n), 0.0) for n in range(1_500)]
    got, conflated = received(stream, takes=0.01)
    assert [n for _, n in got] == list(range(1_500))
    assert conflated == 0


def test_a_busy_contract_is_not_starved_by_quiet_ones() -> None:
    """A handler far too slow for ten contracts still gets each of them in turn."""
    events = []
    for n in range(6_000):
        events.append((EventType.QUOTE_UPDATE, quote(n, "busy"), 0.01))
        if n % 100 == 0:
            events += [(EventType.QUOTE_UPDATE, quote(n, f"quiet{i}"), 0.0) for i in range(9)]

    async def main() -> Counter[str]:
        bus = EventBus(clock=VirtualClock(0))
        seen: Counter[str] = Counter()

        @bus.on(EventType.QUOTE_UPDATE)
        async def handler(event: Event) -> None:
            await asyncio.sleep(1.5)
            seen[event.data["contract_id"]] += 1

        for kind, data, pause in events:
            await asyncio.sleep(pause)
            bus.publish(kind, data)
        await bus.aclose(drain_s=0)
        return seen

    seen = run_virtual(main())
    assert len(seen) == 10
    assert max(seen.values()) - min(seen.values()) <= 1


@settings(max_examples=25)
@given(
    bursts=st.lists(
        st.tuples(st.integers(1, 1_400), st.integers(0, 4), st.sampled_from([0.0, 0.01, 1.0, 3.0])),
        max_size=8,
    ),
    takes=st.sampled_from([0.0, 0.0005, 0.01]),
)
def test_order_and_account_for_every_event(
    bursts: list[tuple[int, int, float]], takes: float
) -> None:
    """Order holds, only superseded updates are missing, and each missing one is counted."""
    events: list[tuple[EventType, dict[str, object], float]] = []
    for size, mix, pause in bursts:
        for n in range(size):
            kind = CONFLATED[n % 2] if n % 5 >= mix else LOSSLESS[n % 2]
            data = quote(len(events), f"C{n % 3}")
            events.append((kind, data, pause if n == 0 else 0.0))
    got, conflated = received(events, takes=takes)
    numbers = [int(str(n)) for _, n in got]
    assert numbers == sorted(set(numbers))
    assert len(numbers) + conflated == len(events)
    newest = {(kind, data["contract_id"]): data["n"] for kind, data, _ in events}
    missing = set(range(len(events))) - set(numbers)
    for n in missing:
        kind, data, _ = events[n]
        assert kind in CONFLATED
        assert newest[kind, data["contract_id"]] != n


def test_updates_without_a_contract_are_not_conflated() -> None:
    """An update that does not say whose it is cannot be superseded."""
    events = [(EventType.QUOTE_UPDATE, {"n": n}, 0.0) for n in range(3_000)]
    got, conflated = received(events, takes=0.01)
    assert len(got) == 3_000
    assert conflated == 0


def test_too_far_behind_is_taken_off(caplog: pytest.LogCaptureFixture) -> None:
    """At 65,536 waiting events the registration ends, visibly, and nothing that waits is lost."""

    async def main() -> None:
        bus = EventBus(clock=VirtualClock(0))
        errors: list[Event] = []
        got: list[object] = []
        release = asyncio.Event()

        @bus.on("trade_tick")
        @bus.on("new_bar")
        async def stuck(event: Event) -> None:
            await release.wait()
            got.append(event.data)

        @bus.on("error")
        async def on_error(event: Event) -> None:
            errors.append(event)

        bus.publish("trade_tick", "first")
        await asyncio.sleep(0)
        for n in range(MAX_WAITING + 10):
            bus.publish("trade_tick", n)
        await asyncio.sleep(0)
        [error] = errors
        assert error.data["original_event"] == "trade_tick"
        assert error.data["handler"] == "stuck"
        assert isinstance(error.data["exception"], ProjectXError)
        with pytest.raises(ProjectXError, match="stuck was taken off trade_tick: 65,536 events"):
            bus.raise_if_faulted()
        assert bus.get_handler_count("trade_tick") == 0
        assert bus.get_handler_count("new_bar") == 1
        assert len(bus.statistics().detached) == 1

        release.set()
        await bus.wait_for_idle()
        assert got == ["first", *range(MAX_WAITING)]
        bus.on("trade_tick", stuck)
        bus.raise_if_faulted()
        await bus.emit("trade_tick", "again")
        assert got[-1] == "again"
        await bus.aclose()

    run_virtual(main())
    assert [record.levelname for record in caplog.records] == ["ERROR"]


@pytest.fixture
def small_limit(monkeypatch: pytest.MonkeyPatch) -> int:
    """Mailboxes hold 4,096 events instead of 65,536, for the sake of speed."""
    monkeypatch.setattr("project_x_py.event_bus._mailbox.MAX_WAITING", 4_096)
    return 4_096


@in_virtual_time
async def test_orders_and_positions_are_never_taken_off(small_limit: int) -> None:
    """A stuck handler keeps its order and position events, be it registered for all events."""
    bus = EventBus(clock=VirtualClock(0))
    got: Counter[EventType | str] = Counter()
    release = asyncio.Event()

    @bus.on_any()
    async def stuck(event: Event) -> None:
        await release.wait()
        got[event.type] += 1

    bus.publish("connected", None)
    await asyncio.sleep(0)
    for _ in range(small_limit // 2):
        bus.publish("order_filled", None)
        bus.publish("position_updated", None)
        bus.publish("quote_update", quote(1))
    for _ in range(1_000):
        bus.publish("order_filled", None)
        bus.publish("trade_tick", None)
    assert bus.get_handler_count() == 11
    release.set()
    await bus.wait_for_idle()
    assert got[EventType.ORDER_FILLED] == small_limit // 2 + 1_000
    assert got[EventType.POSITION_UPDATED] == small_limit // 2
    assert got[EventType.TRADE_TICK] == 0
    with pytest.raises(ProjectXError, match="trade_tick"):
        bus.raise_if_faulted()
    bus.off(None, stuck)
    bus.raise_if_faulted()
    await bus.aclose()


@in_virtual_time
async def test_an_overflowing_error_handler_announces_nothing(small_limit: int) -> None:
    """The end of a registration for ERROR is logged and raised, and makes no further ERROR."""
    bus = EventBus(clock=VirtualClock(0))
    release = asyncio.Event()
    others: list[object] = []

    @bus.on("error")
    async def stuck(event: Event) -> None:
        await release.wait()

    bus.publish("error", None)
    await asyncio.sleep(0)
    for n in range(small_limit):
        bus.publish("error", n)

    @bus.on("error")
    async def other(event: Event) -> None:
        others.append(event.data)

    bus.publish("error", "last")
    with pytest.raises(ProjectXError, match="error"):
        bus.raise_if_faulted()
    release.set()
    await bus.wait_for_idle()
    assert others == ["last"]
    await bus.aclose()
