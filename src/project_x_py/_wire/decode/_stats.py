"""What did not fit: counted by kind, logged once per kind, never quoted with a token.

Invariant (``tests/wire/test_decode.py``): kinds come from a fixed set, so a hostile stream cannot
make the counters grow.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from project_x_py._core.redact import redact

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["DecodeStats"]

logger = logging.getLogger(__name__)

SHOWN = 200
"""Characters of an offending text that are kept."""


class DecodeStats:
    """Counters of what was left out of decoded messages.

    Attributes:
        counts: Kind, such as ``"trade: off the grid"``, to number of entries.
        last: Kind to the newest offending text, redacted and shortened.
    """

    __slots__ = ("_noted", "counts", "last")

    def __init__(self) -> None:
        self.counts: dict[str, int] = {}
        self.last: dict[str, str] = {}
        self._noted: Callable[[str], None] | None = None

    def watched(self, noted: Callable[[str], None]) -> DecodeStats:
        """Return the same counters for one feed, which tell ``noted`` each kind they count."""
        same = DecodeStats()
        same.counts, same.last, same._noted = self.counts, self.last, noted
        return same

    @property
    def total(self) -> int:
        """Entries of all kinds."""
        return sum(self.counts.values())

    def note(self, kind: str, offender: object) -> None:
        """Count ``offender`` under ``kind``; the first of a kind is logged as a warning."""
        if isinstance(offender, bytes | bytearray | memoryview):
            text = bytes(offender[: 4 * SHOWN]).decode("utf-8", "replace")
        else:
            text = str(offender)[: 4 * SHOWN]
        text = redact(text)[:SHOWN]
        count = self.counts.get(kind, 0) + 1
        self.counts[kind] = count
        self.last[kind] = text
        if count == 1:
            logger.warning("left out of a hub message, %s: %s", kind, text)
        if self._noted is not None:
            self._noted(kind)
