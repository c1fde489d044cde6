"""Ctrl-C and SIGTERM as a wish to stop, on every platform.

``asyncio.run`` turns Ctrl-C into the cancellation of the main task. SIGTERM is given the same
meaning where the loop can listen for it; on Windows it ends the process at once, as usual there.
"""

from __future__ import annotations

import asyncio
import signal
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["terminable"]


@contextmanager
def terminable() -> Iterator[None]:
    """Let SIGTERM cancel the current task while the block runs."""
    loop, task = asyncio.get_running_loop(), asyncio.current_task()
    if task is None:
        raise RuntimeError("terminable() belongs in a task")
    try:
        loop.add_signal_handler(signal.SIGTERM, task.cancel, "SIGTERM")
    except (NotImplementedError, ValueError, RuntimeError):
        yield  # Windows, or not the main thread
        return
    try:
        yield
    finally:
        loop.remove_signal_handler(signal.SIGTERM)
