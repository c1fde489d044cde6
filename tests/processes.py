"""The ``projectx`` command as a child process, read as it speaks."""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

__all__ = ["LIMIT_S", "PROJECTX", "read_until", "start"]

PROJECTX = [sys.executable, "-m", "project_x_py.cli"]

LIMIT_S = 90
"""How long a busy machine may take for anything here."""


def start(arguments: list[str], folder: Path) -> subprocess.Popen[str]:
    """Start the command in a session of its own, its output unbuffered."""
    return subprocess.Popen(
        [*PROJECTX, *arguments],
        cwd=folder,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        stdin=subprocess.DEVNULL,
        encoding="utf-8",
        start_new_session=True,
    )


def read_until(process: subprocess.Popen[str], enough: Callable[[str], bool]) -> str:
    """Read the output until there is enough of it, or it ends, and return what was read.

    Raises:
        TimeoutError: It was not enough within the limit; the process is ended.
    """
    assert process.stdout is not None
    seen = b""
    deadline = time.perf_counter() + LIMIT_S
    with selectors.DefaultSelector() as ready:
        ready.register(process.stdout, selectors.EVENT_READ)
        while not enough(seen.decode("utf-8", "replace")):
            if not ready.select(max(0.0, deadline - time.perf_counter())):
                process.kill()
                process.communicate()
                raise TimeoutError(f"not enough output: {seen[-500:]!r}")
            chunk = os.read(process.stdout.fileno(), 65536)
            if not chunk:
                break
            seen += chunk
    return seen.decode("utf-8", "replace")
