"""Registering and removing: exactly what is named, in any form, in or outside a loop."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.virtual import in_virtual_time

from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import Event, EventBus, EventType
from project_x_py.event_bus._handlers import Handler

KINDS: list[EventType | str] = [EventType.NEW_BAR, EventType.TRADE_TICK, "mine"]


def recorder(into: list[object]) -> Handler:
    async def record(event: Event) -> None:
        into.append(event.data)

    return record


def delivered(
    prepare: Callable[[EventBus, Handler], object], *kinds: EventType | str
) -> list[object]:
    """Publish each kind with its position as data, after preparing; return what arrived."""
    got: list[object] = []

    async def main() -> None:
        bus = EventBus()
        prepare(bus, recorder(got))
        for number, kind in enumerate(kinds):
            bus.publish(kind, number)
        await bus.wait_for_idle()
        await bus.aclose()

    run_virtual(main())
    return got


@pytest.mark.checklist(54, 213)
def test_awaited_registration() -> None:
    """``await bus.on(EventType.X, handler)`` registers."""
    got: list[object] = []

    async def main() -> None:
        bus = EventBus()
        await bus.on(EventType.NEW_BAR, recorder(got))
        await bus.once("trade_tick", recorder(got))
        await bus.on_any(recorder(got))
        await bus.subscribe("me", "mine", recorder(got))
        await bus.emit(EventType.NEW_BAR, 1)
        await bus.off()
        await bus.emit(EventType.NEW_BAR, 2)
        await bus.aclose()

    run_virtual(main())
    assert got == [1, 1]


@pytest.mark.checklist(56)
def test_decorator() -> None:
    """``@bus.on(EventType.X)`` registers and leaves the function as it was."""

    async def main() -> list[object]:
        bus = EventBus()
        got: list[object] = []

        @bus.on(EventType.MARKET_DEPTH_UPDATE)
        async def handle_depth(event: Event) -> None:
            got.append(event.data["bids"][0]["price"])

        @bus.once("error")
        async def handle_error(event: Event) -> None:
            got.append(event.data)

        @bus.on_any()
        async def handle_any(event: Event) -> None:
            got.append(event.type)

        await bus.emit("market_depth_update", {"bids": [{"price": 1.25, "size": 3}]})
        await handle_depth(Event("market_depth_update", {"bids": [{"price": 2.5, "size": 3}]}))
        await bus.aclose()
        return got

    assert run_virtual(main()) == [1.25, EventType.MARKET_DEPTH_UPDATE, 2.5]


def test_registered_outside_a_loop() -> None:
    """A bus made and used for registration before any loop delivers in one."""
    got: list[object] = []
    bus = EventBus()
    bus.on(EventType.NEW_BAR, recorder(got))

    async def main() -> None:
        await bus.emit(EventType.NEW_BAR, 1)
        await bus.aclose()

    run_virtual(main())
    assert got == [1]


def test_publishing_outside_a_loop_is_refused_only_with_handlers() -> None:
    """Without handlers a publish does nothing anywhere; with one it needs the loop, and says so."""
    bus = EventBus()
    bus.publish(EventType.NEW_BAR, 1)
    got: list[object] = []
    bus.on(EventType.NEW_BAR, recorder(got))
    with pytest.raises(RuntimeError, match="publish_threadsafe"):
        bus.publish(EventType.NEW_BAR, 2)

    async def main() -> None:
        await bus.emit(EventType.NEW_BAR, 3)
        await bus.aclose()

    run_virtual(main())
    assert got == [3]


@pytest.mark.parametrize("method", ["on", "once", "off", "wait_for"])
def test_unknown_names_are_refused(method: str) -> None:
    """A name that nothing announces is refused with its close match, at the call."""
    bus = EventBus()

    async def main() -> None:
        calls: dict[str, Callable[[], object]] = {
            "on": lambda: bus.on("new_barr", recorder([])),
            "once": lambda: bus.once("new_barr", recorder([])),
            "off": lambda: bus.off("new_barr"),
        }
        with pytest.raises(ValueError, match="new_bar"):
            if method == "wait_for":
                await bus.wait_for("new_barr")
            else:
                calls[method]()

    run_virtual(main())
    assert bus.get_handler_count() == 0


def test_own_names_are_known_once_subscribed() -> None:
    """A name of one's own can be published, subscribed to, and then taken off by name."""
    assert delivered(lambda bus, h: bus.subscribe("me", "mine", h), "mine", "other") == [0]

    def on_and_off(bus: EventBus, handler: Handler) -> None:
        bus.subscribe("me", "mine", handler)
        bus.on("mine", handler)
        bus.off("mine", handler)

    assert delivered(on_and_off, "mine") == []


@pytest.mark.parametrize("name", ["risk_orders_placed", "stop_adjusted", "trade_recorded"])
def test_risk_names_can_be_registered(name: str) -> None:
    """The risk manager's three events are known by name, and stay strings."""
    assert delivered(lambda bus, h: bus.on(name, h), name) == [0]
    assert Event(name, None).type == name


def test_once() -> None:
    """A single registration gets one event, however many come at once."""
    assert delivered(lambda bus, h: bus.once("new_bar", h), "error", "new_bar", "new_bar") == [1]


def test_an_event_comes_once_however_often_registered() -> None:
    """Registering again, in all ways, does not deliver twice; ``on`` outdoes ``once``."""

    def all_ways(bus: EventBus, handler: Handler) -> None:
        bus.once("new_bar", handler)
        bus.on("new_bar", handler)
        bus.once("new_bar", handler)
        bus.on(EventType.NEW_BAR, handler)
        bus.subscribe("me", "new_bar", handler)
        bus.on_any(handler)

    assert delivered(all_ways, "new_bar", "new_bar") == [0, 1]


Step = tuple[str, int | None, int | None]


@given(
    steps=st.lists(
        st.tuples(
            st.sampled_from(["on", "once", "on_any", "off"]),
            st.none() | st.integers(0, 2),
            st.none() | st.integers(0, 2),
        ),
        max_size=12,
    ),
    published=st.lists(st.integers(0, 2), max_size=6),
)
def test_registrations_follow_a_plain_model(steps: list[Step], published: list[int]) -> None:
    """After any sequence of calls, each handler gets what a table of sets says it should."""
    lasting: set[tuple[int, int]] = set()
    single: set[tuple[int, int]] = set()
    everything: set[int] = set()
    got: list[list[object]] = [[], [], []]
    expected: list[list[object]] = [[], [], []]

    async def main() -> None:
        bus = EventBus()
        handlers = [recorder(one) for one in got]
        bus.subscribe("keeps the own name known", "mine", recorder([]))
        for what, kind, who in steps:
            if what == "off":
                bus.off(
                    None if kind is None else KINDS[kind], None if who is None else handlers[who]
                )
                if kind is None and who is None:
                    bus.subscribe("keeps the own name known", "mine", recorder([]))
                for table in (lasting, single):
                    table -= {(k, w) for k, w in table if kind in (None, k) and who in (None, w)}
                if kind is None:
                    everything.difference_update(range(3) if who is None else {who})
                if kind == 2 and who is None:
                    bus.subscribe("keeps the own name known", "mine", recorder([]))
            elif what == "on_any":
                bus.on_any(handlers[who or 0])
                everything.add(who or 0)
            else:
                pair = (kind or 0, who or 0)
                (bus.on if what == "on" else bus.once)(KINDS[pair[0]], handlers[pair[1]])
                if what == "on":
                    lasting.add(pair)
                    single.discard(pair)
                elif pair not in lasting:
                    single.add(pair)
        extra = 1  # the subscription that keeps the own name known
        assert bus.get_handler_count() == len(lasting | single) + len(everything) + extra
        for number, kind in enumerate(published):
            for who in range(3):
                if (kind, who) in lasting | single or who in everything:
                    expected[who].append(number)
            single.difference_update({(kind, who) for who in range(3)})
            bus.publish(KINDS[kind], number)
        await bus.wait_for_idle()
        await bus.aclose()

    run_virtual(main())
    assert got == expected


def test_off_with_a_handler_leaves_other_handlers() -> None:
    """``off(None, handler)`` takes that handler off every event and nobody else off any."""
    got: list[object] = []

    async def main() -> None:
        bus = EventBus()
        gone, stays = recorder([]), recorder(got)
        for handler in (gone, stays):
            bus.on("new_bar", handler)
            bus.on("trade_tick", handler)
        bus.off(None, gone)
        bus.off("new_bar", recorder([]))
        assert bus.get_handler_count() == 2
        await bus.emit("new_bar", 1)
        await bus.emit("trade_tick", 2)
        await bus.aclose()

    run_virtual(main())
    assert got == [1, 2]


def test_nothing_is_called_after_off() -> None:
    """Events that wait for a registration go with it; those of other registrations stay."""

    def publish_then_off(bus: EventBus, handler: Handler) -> None:
        bus.on("new_bar", handler)
        bus.once("trade_tick", handler)
        bus.publish("new_bar", "dropped")
        bus.publish("trade_tick", "kept")
        bus.off("new_bar", handler)

    assert delivered(publish_then_off) == ["kept"]


def test_a_handler_may_take_itself_off_and_come_back() -> None:
    """Taken off inside its own run a handler gets nothing more, until it is registered again."""

    async def main() -> list[object]:
        bus = EventBus()
        got: list[object] = []

        async def handler(event: Event) -> None:
            got.append(event.data)
            bus.off(None, handler)

        for turn in range(2):
            bus.on("new_bar", handler)
            bus.publish("new_bar", turn)
            bus.publish("new_bar", "dropped")
            await bus.wait_for_idle()
        assert bus.statistics().handlers == ()
        await bus.aclose()
        return got

    assert run_virtual(main()) == [0, 1]


@in_virtual_time
async def test_counts_and_questions() -> None:
    """Counts are of registrations by name; ``wants`` sees everybody who would notice."""
    bus, other = EventBus(), EventBus()
    assert not bus.wants("new_bar")
    bus.on("new_bar", recorder([]))
    bus.once("new_bar", recorder([]))
    bus.on("error", recorder([]))
    assert bus.get_handler_count("new_bar") == 2
    assert bus.get_handler_count(EventType.ERROR) == 1
    assert bus.get_handler_count() == 3
    assert bus.wants("new_bar")
    bus.forward_to(other)
    assert not bus.wants("trade_tick")
    other.on_any(recorder([]))
    assert bus.wants("trade_tick")
    other.off()
    other.enable_history()
    assert bus.wants("trade_tick")
    await bus.aclose()
    assert not bus.wants("new_bar")


def test_a_publish_without_listeners_makes_no_event() -> None:
    """An event that nobody would notice is not even made, so its name is not looked at twice."""
    bus = EventBus()
    bus.publish(EventType.NEW_BAR, object())
    assert bus.get_history() == []
    with pytest.raises(ValueError, match="not 7"):
        bus.publish(7, None)  # type: ignore[arg-type]


@in_virtual_time
async def test_history() -> None:
    """History keeps the newest events from when it is enabled, forwarded ones included."""
    bus, source = EventBus(), EventBus()
    source.forward_to(bus)
    bus.publish("error", "before")
    bus.enable_history(max_size=3)
    for number in range(4):
        (bus if number % 2 else source).publish("mine", number)
    assert [event.data for event in bus.get_history()] == [1, 2, 3]
    bus.enable_history(max_size=2)
    assert [event.data for event in bus.get_history()] == [2, 3]
    bus.clear_history()
    bus.publish("mine", 9)
    assert [event.data for event in bus.get_history()] == [9]
    with pytest.raises(ValueError, match="above zero"):
        bus.enable_history(0)
