"""How much memory this process takes, where the system tells.

Invariant (``tests/runtime/test_memory.py``): a figure is megabytes that are resident at the moment,
or None; never an estimate, and never the highest so far.
"""

from __future__ import annotations

import gc
import os
from dataclasses import dataclass

__all__ = ["ProcessMemory", "process_memory", "resident_mb"]

STATM = "/proc/self/statm"
"""Linux: sizes in pages, the second of them resident."""
MEMINFO = "/proc/meminfo"
"""Linux: names and kilobytes."""


@dataclass(frozen=True, slots=True)
class ProcessMemory:
    """The memory of this process and its machine at one moment; None where nobody tells.

    Attributes:
        used_mb: What is resident of this process.
        machine_mb: What the machine has.
        available_mb: What the machine could still give.
        collections: Runs of the garbage collector since the process began.
        alerts: Warnings that went out because of memory.
    """

    used_mb: float | None
    machine_mb: float | None
    available_mb: float | None
    collections: int
    alerts: int = 0


def process_memory(alerts: int = 0, path: str = MEMINFO) -> ProcessMemory:
    """Return the memory of this process and its machine as it is now."""
    known: dict[str, float] = {}
    try:
        with open(path, encoding="ascii") as file:
            for line in file:
                name, _, size = line.partition(":")
                if name in ("MemTotal", "MemAvailable"):
                    known[name] = int(size.split()[0]) / 1024
                if len(known) == 2:
                    break
    except (OSError, ValueError, IndexError):
        known = {}
    runs = sum(generation["collections"] for generation in gc.get_stats())
    total, available = known.get("MemTotal"), known.get("MemAvailable")
    return ProcessMemory(resident_mb(), total, available, runs, alerts)


def resident_mb(path: str = STATM) -> float | None:
    """Return the resident megabytes of this process, None where the system does not tell."""
    try:
        with open(path, encoding="ascii") as file:
            pages = int(file.read().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
