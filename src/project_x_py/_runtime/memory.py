"""How much memory this process takes, where the system tells.

Invariant (``tests/runtime/test_memory.py``): a figure is megabytes that are resident at the moment,
or None; never an estimate, and never the highest so far.
"""

from __future__ import annotations

import os

__all__ = ["resident_mb"]

STATM = "/proc/self/statm"
"""Linux: sizes in pages, the second of them resident."""


def resident_mb(path: str = STATM) -> float | None:
    """Return the resident megabytes of this process, None where the system does not tell."""
    try:
        with open(path, encoding="ascii") as file:
            pages = int(file.read().split()[1])
    except (OSError, ValueError, IndexError):
        return None
    return pages * os.sysconf("SC_PAGE_SIZE") / 2**20
