"""How often a stream is heard, and after how long a silence something must be wrong.

Time is cut into ticks; what is learned is the share of ticks in which something came. A silence is
suspicious when that share makes it all but impossible, so a liquid contract is missed within
seconds and a quiet one only after minutes, or never.

Invariant (``tests/realtime/test_pace.py``): nothing is suspicious before enough was heard, and
the patience grows as the share falls.
"""

from __future__ import annotations

import math

__all__ = ["TICK_S", "Pace"]

TICK_S = 0.5
LEARN_TICKS = 60
"""Ticks without which nothing is concluded: half a minute."""
LEARN_HEARD = 3
"""Ticks in which something has to have come before anything is."""
MEMORY_TICKS = 240
SHORTEST_S = 3.0
ODDS = math.log(1e-7)
"""A silence is suspicious when chance alone would bring it once in so many."""


class Pace:
    """One stream, as it sounds from tick to tick."""

    __slots__ = ("_heard", "_last", "_learned", "_share", "_ticks", "silent_ticks")

    def __init__(self) -> None:
        self._last = 0
        self.forget()

    def forget(self) -> None:
        """Learn anew, as at the beginning of a session."""
        self._share = 0.0
        self._ticks = self._heard = 0
        self._learned = 0
        self.silent_ticks = 0

    def tick(self, heard: int) -> bool:
        """Take note of a tick.

        Args:
            heard: Any number that changes with each message.

        Returns:
            Whether something came.
        """
        came = heard != self._last
        self._last = heard
        if came:
            if not self.is_suspicious:
                self.accept()  # a fault says nothing about the market
            self.silent_ticks = self._learned = 0
            self._heard += 1
            self._learn(True)
        else:
            self.silent_ticks += 1
        return came

    def accept(self) -> None:
        """Learn from the present silence: it is the market's."""
        for _ in range(min(self.silent_ticks - self._learned, MEMORY_TICKS)):
            self._learn(False)
        self._learned = self.silent_ticks

    def _learn(self, came: bool) -> None:
        self._ticks += 1
        self._share += (came - self._share) / min(self._ticks, MEMORY_TICKS)

    @property
    def silent_s(self) -> float:
        """Seconds of silence so far."""
        return self.silent_ticks * TICK_S

    @property
    def is_known(self) -> bool:
        """Whether enough was heard to say what is usual."""
        return self._ticks >= LEARN_TICKS and self._heard >= LEARN_HEARD

    @property
    def patience_s(self) -> float:
        """Seconds of silence that are nothing special; infinite while too little is known."""
        if not self.is_known or self._share <= 0:
            return math.inf
        missed = 1.0 - min(self._share, 0.999)
        return max(SHORTEST_S, TICK_S * ODDS / math.log(missed))

    @property
    def is_suspicious(self) -> bool:
        """Whether the silence is longer than chance explains."""
        return self.silent_s >= self.patience_s
