"""What may be registered as a handler, and how it is named and told apart.

Invariants (``tests/event_bus/test_handlers.py``): every form of async callable is accepted, a
callable that cannot be told to be async is refused before any event, and the same bound method
taken twice is one handler.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Awaitable, Callable
from types import MethodType
from typing import TypeAlias

from project_x_py.event_bus._event import Event

__all__ = ["Handler", "check_handler", "handler_key", "handler_label", "handler_name"]

Handler: TypeAlias = Callable[[Event], Awaitable[object]]
"""What is registered for events: an async callable of any form."""


def check_handler(handler: object) -> None:
    """Refuse what is not an async callable.

    Accepted are ``async def`` functions and methods, ``functools.partial`` of them, wrappers made
    with ``functools.wraps`` around them, and objects whose class has ``async def __call__``.

    Raises:
        ValueError: Anything else, with what to write instead.
    """
    if not callable(handler):
        raise ValueError(f"a handler is an async callable, not {handler!r}")
    if not _is_async(handler):
        raise ValueError(
            f"handler {handler_name(handler)!r} is not async: write it as 'async def'; "
            "bind arguments with functools.partial rather than with a lambda"
        )


def handler_key(handler: Handler) -> object:
    """Return what tells ``handler`` from others: its identity, for a bound method its two parts."""
    if isinstance(handler, MethodType):
        return id(handler.__self__), id(handler.__func__)
    return id(handler)


def handler_name(handler: object) -> str:
    """Return the bare name of the function, or of the class of a callable object."""
    bare = _bare(handler)
    return str(getattr(bare, "__name__", None) or type(bare).__name__)


def handler_label(handler: object) -> str:
    """Return the name with its module and class, for statistics and logs."""
    bare = _bare(handler)
    named = bare if getattr(bare, "__qualname__", None) else type(bare)
    qualname = str(getattr(named, "__qualname__", "")).rsplit("<locals>.", 1)[-1]
    return f"{getattr(named, '__module__', None) or '?'}.{qualname}"


def _bare(handler: object) -> object:
    while isinstance(handler, functools.partial):
        handler = handler.func
    return handler


def _is_async(handler: object) -> bool:
    bare = _bare(handler)
    if isinstance(bare, type):
        return False
    if callable(bare) and not inspect.iscoroutinefunction(bare):
        bare = inspect.unwrap(bare)
    if inspect.iscoroutinefunction(bare):
        return True
    return inspect.iscoroutinefunction(type(bare).__call__) if callable(bare) else False
