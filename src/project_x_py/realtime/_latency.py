"""How long a message takes from the socket to each of its owners, measured on one in seventeen.

The stages follow each other: ``decode`` from the reception of the frame until the record is read,
what it waited behind others of the frame included; ``book`` until the owners of rank 0 have applied
it and announced what changed; ``bar`` the same of rank 1. A sample is taken by the arrival number
alone, and seventeen is prime, so that no pattern of messages is favoured.

Invariant (``tests/realtime/test_latency.py``): a sampled message reaches the same owners in the
same order, and each stage counts it once where it has an owner of that rank.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._core.histogram import LogHistogram

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py._core.histogram import Latency

__all__ = ["EVERY", "MessageLatency"]

EVERY = 17
"""One message of so many is measured."""

_STAGES = {0: "book", 1: "bar"}
"""Rank of an owner to the stage that ends with it."""


class MessageLatency:
    """Measures the messages of one router.

    Args:
        monotonic_ns: What is measured by.
    """

    __slots__ = ("_histograms", "_mark_ns", "_monotonic_ns", "frame_ns")

    def __init__(self, monotonic_ns: Callable[[], int]) -> None:
        self.frame_ns: Callable[[], int | None] = lambda: None
        """Returns when the frame under way was received, None where nobody knows."""
        self._monotonic_ns = monotonic_ns
        self._mark_ns = 0
        self._histograms = {name: LogHistogram() for name in ("decode", *_STAGES.values())}

    def decoded(self) -> None:
        """A record has been read."""
        now_ns = self._monotonic_ns()
        frame_ns = self.frame_ns()
        if frame_ns is not None:
            self._histograms["decode"].add(now_ns - frame_ns)
        self._mark_ns = now_ns

    def probe(self, rank: int) -> Callable[[object], None] | None:
        """Return what is to be called after the owners of a rank, None where no stage ends."""
        name = _STAGES.get(rank)
        return None if name is None else self._probe(self._histograms[name])

    def _probe(self, histogram: LogHistogram) -> Callable[[object], None]:
        def passed(_records: object) -> None:
            now_ns = self._monotonic_ns()
            histogram.add(now_ns - self._mark_ns)
            self._mark_ns = now_ns

        return passed

    def report(self) -> dict[str, Latency]:
        """Return each stage, in the order of a message's way."""
        return {name: histogram.latency() for name, histogram in self._histograms.items()}
