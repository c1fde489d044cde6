"""Runs of levels at neighbouring prices.

Invariants (``tests/orderbook/test_detection.py``): neighbours within a cluster are no further apart
than the tolerance; clusters do not overlap, and none can be made longer.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from project_x_py._core.book import Level

__all__ = ["runs"]


def runs(levels: Sequence[Level], tolerance: int, least: int) -> list[list[Level]]:
    """Return the longest runs of at least ``least`` levels, in the order of ``levels``.

    Args:
        levels: One side, best first.
        tolerance: Ticks from one level to the next, at least 1.
        least: Levels a run needs.
    """
    found: list[list[Level]] = []
    run: list[Level] = []
    for level in levels:
        if run and abs(level[0] - run[-1][0]) > tolerance:
            found.append(run)
            run = []
        run.append(level)
    found.append(run)
    return [each for each in found if len(each) >= least]
