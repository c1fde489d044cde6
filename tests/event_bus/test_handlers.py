"""What may be a handler."""

from __future__ import annotations

import functools
from dataclasses import dataclass, field

import pytest

from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.event_bus import Event, EventBus, EventType
from project_x_py.event_bus._handlers import (
    Handler,
    check_handler,
    handler_key,
    handler_label,
    handler_name,
)

seen: list[object] = []


async def plain(event: Event) -> None:
    seen.append(event.data)


async def tagged(tag: str, event: Event) -> None:
    seen.append(event.data)


def traced(function: Handler) -> Handler:
    @functools.wraps(function)
    def wrapper(event: Event) -> object:
        return function(event)

    return wrapper  # type: ignore[return-value]


@dataclass
class Strategy:
    """An unhashable object whose method and whose call are handlers."""

    got: list[object] = field(default_factory=list)

    async def on_bar(self, event: Event) -> None:
        self.got.append(event.data)
        seen.append(event.data)

    async def __call__(self, event: Event) -> None:
        seen.append(event.data)

    @staticmethod
    async def fixed(event: Event) -> None:
        seen.append(event.data)

    @classmethod
    async def of_class(cls, event: Event) -> None:
        seen.append(event.data)


FORMS: dict[str, Handler] = {
    "function": plain,
    "method": Strategy().on_bar,
    "object": Strategy(),
    "static": Strategy.fixed,
    "class method": Strategy.of_class,
    "partial": functools.partial(tagged, "tag"),
    "partial of partial": functools.partial(functools.partial(tagged, "tag")),
    "partial of a method": functools.partial(Strategy().on_bar),
    "partial of an object": functools.partial(Strategy()),
    "wrapper": traced(plain),
    "nested": traced(traced(plain)),
}


@pytest.mark.checklist(211)
@pytest.mark.parametrize("form", FORMS)
def test_every_async_form_is_accepted_and_called(form: str) -> None:
    """Each form of async callable is registered and gets its event."""

    async def main() -> None:
        bus = EventBus()
        await bus.on(EventType.NEW_BAR, FORMS[form])
        await bus.emit(EventType.NEW_BAR, form)
        await bus.aclose()

    seen.clear()
    run_virtual(main())
    assert seen == [form]


class SyncCall:
    def __call__(self, event: Event) -> None:
        raise AssertionError("never called")


def sync(event: Event) -> None:
    raise AssertionError("never called")


async def generates(event: Event):  # type: ignore[no-untyped-def]
    yield event


@pytest.mark.checklist(211)
@pytest.mark.parametrize(
    "handler",
    [
        sync,
        SyncCall(),
        SyncCall,
        functools.partial(sync),
        lambda event: plain(event),
        generates,
        print,
        None,
        7,
    ],
)
@pytest.mark.parametrize("form", ["subscribe", "on_any", "decorator"])
def test_what_is_not_async_is_refused(handler: object, form: str) -> None:
    """A sync callable, a class, a lambda or no callable at all is refused at registration."""
    bus = EventBus()
    register = {
        "subscribe": lambda: bus.subscribe("me", "mine", handler),  # type: ignore[arg-type]
        "on_any": lambda: bus.on_any()(handler),  # type: ignore[type-var]
        "decorator": lambda: bus.on(EventType.ERROR)(handler),  # type: ignore[type-var]
    }
    with pytest.raises(ValueError, match="async"):
        register[form]()
    assert bus.get_handler_count() == 0


def test_the_refusal_says_what_to_do() -> None:
    """The message names the handler and the way out."""
    with pytest.raises(ValueError, match=r"'sync' is not async.*async def.*partial"):
        check_handler(sync)


def test_names() -> None:
    """A handler is named by its function, or by the class of an object."""
    assert [handler_name(FORMS[form]) for form in ("function", "method", "object", "partial")] == [
        "plain",
        "on_bar",
        "Strategy",
        "tagged",
    ]

    async def local(event: Event) -> None: ...

    assert handler_label(local).endswith("test_handlers.local")
    assert handler_label(FORMS["method"]).endswith("test_handlers.Strategy.on_bar")
    assert handler_label(FORMS["object"]).endswith("test_handlers.Strategy")


def test_identity() -> None:
    """A bound method taken twice is one handler; methods of equal objects are two."""
    one, other = Strategy(), Strategy()
    assert one == other
    assert handler_key(one.on_bar) == handler_key(one.on_bar)
    assert handler_key(one.on_bar) != handler_key(other.on_bar)
    assert handler_key(one) != handler_key(other)
