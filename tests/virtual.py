"""The one way to run an async test in virtual time."""

from __future__ import annotations

from functools import wraps
from typing import TYPE_CHECKING, ParamSpec

from project_x_py._runtime.virtual_loop import run_virtual

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine

__all__ = ["in_virtual_time"]

P = ParamSpec("P")


def in_virtual_time(test: Callable[P, Coroutine[object, object, None]]) -> Callable[P, None]:
    """Run an async test on a loop whose time jumps to the next timer."""

    @wraps(test)
    def run(*args: P.args, **keywords: P.kwargs) -> None:
        run_virtual(test(*args, **keywords))

    return run
