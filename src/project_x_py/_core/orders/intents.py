"""What was asked for, from before its first byte leaves until it is known what became of it.

A submission has a tag that is unique on the account, so that it can be found again. One whose
answer was lost is *unknown*: it may be working, filled, or never have arrived. Only the gateway
ends that: its tag is found, or two complete reads, begun long enough after the send and far
enough apart, do not show it. Nothing here is ever ended by a timer alone.

Invariants (``tests/core/orders/test_intents.py``):

- an intent is sent once, and only after it was written down;
- of the two ends, confirmed and absent, absent gives way: what is found was there;
- reads that began before the last byte could have arrived prove nothing.
"""

from __future__ import annotations

from enum import Enum

import msgspec

from project_x_py._core.submission import OrderRequest  # noqa: TC001 - msgspec reads it
from project_x_py.exceptions import ProjectXOrderError

__all__ = [
    "QUICK_SETTLE_NS",
    "SETTLE_NS",
    "CompleteRead",
    "Intent",
    "IntentState",
    "Protection",
    "Purpose",
    "Submission",
]

SETTLE_NS = 1_000_000_000
"""How long after the send a read begins that counts, and how far apart two such reads are."""

QUICK_SETTLE_NS = 150_000_000
"""How far apart for what protects; and how long after the send once the gateway hung up."""


class IntentState(Enum):
    """How far an intent has come."""

    PLANNED = "planned"
    """Risk is reserved; nothing has left."""
    RECORDED = "recorded"
    """It is in the journal; nothing has left."""
    SENT = "sent"
    """Its bytes may have left; an answer is awaited."""
    UNKNOWN = "unknown"
    """No answer came; it may or may not be working."""
    CONFIRMED = "confirmed"
    """The gateway has it."""
    REFUSED = "refused"
    """The gateway said no."""
    ABSENT = "absent"
    """Proved not to have arrived."""
    UNSENT = "unsent"
    """Given up before a byte left."""


ENDED = frozenset(
    {IntentState.CONFIRMED, IntentState.REFUSED, IntentState.ABSENT, IntentState.UNSENT}
)


class Purpose(Enum):
    """What an order is for."""

    ENTRY = "entry"
    STOP = "stop"
    TARGET = "target"
    EXIT = "exit"


class Protection(msgspec.Struct, frozen=True, kw_only=True):
    """What was asked for beside an entry. Prices are absolute, in ticks; None leaves one out."""

    stop: int | None = None
    target: int | None = None
    native: bool = False
    """Whether the gateway itself places the legs when the entry fills."""


class Intent(msgspec.Struct, frozen=True, kw_only=True):
    """One order that somebody wants placed, under the tag that it will be found by."""

    tag: str
    request: OrderRequest
    purpose: Purpose = Purpose.ENTRY
    protects: str | None = None
    """Tag of the entry that this order protects or ends."""
    protection: Protection | None = None
    """What an entry is to be protected by."""
    created_ns: int


class CompleteRead(msgspec.Struct, frozen=True):
    """All orders of an account in every status, read to the last page.

    ``began_ns`` is the monotonic time at which its first request left, ``asof_ns`` the same
    moment on the clock that stamps what is received.
    """

    began_ns: int
    asof_ns: int
    tags: frozenset[str]
    order_ids: frozenset[int]


class Submission:
    """One intent and what has become of it.

    Args:
        intent: What was asked for.
    """

    __slots__ = (
        "_apart_ns",
        "_first_miss_ns",
        "_last_possible_ns",
        "_settle_ns",
        "code",
        "intent",
        "message",
        "order_id",
        "state",
    )

    def __init__(self, intent: Intent) -> None:
        self.intent = intent
        self.state = IntentState.PLANNED
        self.order_id: int | None = None
        self.code = 0
        self.message: str | None = None
        self._last_possible_ns = 0
        self._first_miss_ns: int | None = None
        self._settle_ns = SETTLE_NS
        self._apart_ns = SETTLE_NS if intent.protects is None else QUICK_SETTLE_NS

    @property
    def is_outstanding(self) -> bool:
        """Whether it may still become, or already be, an order that nobody has shown yet."""
        return self.state not in ENDED

    def recorded(self) -> None:
        """It is written down."""
        self._from(IntentState.PLANNED, to=IntentState.RECORDED)

    def sending(self) -> None:
        """Its bytes are about to leave.

        Raises:
            ProjectXOrderError: It was not written down, or was sent before.
        """
        self._from(IntentState.RECORDED, to=IntentState.SENT)

    def restored(self) -> None:
        """It was found in the journal of an earlier run: nobody knows whether it left."""
        self._from(IntentState.PLANNED, to=IntentState.UNKNOWN)

    def unsent(self, reason: str) -> None:
        """It is given up, and no byte of it has left."""
        if self.is_outstanding and self.state is not IntentState.UNKNOWN:
            self.state = IntentState.UNSENT
            self.message = reason

    def unanswered(self, now_ns: int, reason: str, *, ended: bool = False) -> None:
        """No answer came; ``now_ns`` is when the connection was given up, on the monotonic clock.

        An order that was found meanwhile stays found. What protects is proved absent sooner when
        the gateway has ``ended`` its work on it: every second without a stop costs.
        """
        if ended and self.intent.protects is not None:
            self._settle_ns = QUICK_SETTLE_NS
        if self.state is IntentState.SENT:
            self.state = IntentState.UNKNOWN
            self.message = reason
        self._last_possible_ns = max(self._last_possible_ns, now_ns)

    def confirmed(self, order_id: int) -> None:
        """The gateway has it under ``order_id`` and did not refuse it."""
        self.order_id = order_id
        self.state = IntentState.CONFIRMED

    def refused(self, code: int, message: str | None, order_id: int | None = None) -> None:
        """The gateway said no."""
        self.code, self.message = code, message
        self.order_id = order_id if order_id is not None else self.order_id
        self.state = IntentState.REFUSED

    @property
    def proof_due_ns(self) -> int | None:
        """Monotonic time from which a read proves something; None while only an answer can."""
        if self.state is not IntentState.UNKNOWN:
            return None
        if self._first_miss_ns is None:
            return self._last_possible_ns + self._settle_ns
        return self._first_miss_ns + self._apart_ns

    def absent_from(self, read: CompleteRead) -> bool:
        """Take into account that ``read`` does not show it; return whether that proves it absent.

        Two reads prove it. The first begins ``SETTLE_NS`` after the bytes could last have left:
        by then they have arrived. The second begins as long after the first, ``QUICK_SETTLE_NS``
        for what protects: a list may lag behind what it lists.
        """
        if self.state is not IntentState.UNKNOWN:
            return False
        if read.began_ns < self._last_possible_ns + self._settle_ns:
            return False
        if self._first_miss_ns is None:
            self._first_miss_ns = read.began_ns
            return False
        if read.began_ns < self._first_miss_ns + self._apart_ns:
            return False
        self.state = IntentState.ABSENT
        return True

    def _from(self, before: IntentState, *, to: IntentState) -> None:
        if self.state is not before:
            raise ProjectXOrderError(
                f"{self.intent.tag} is {self.state.value}, so it cannot become {to.value}"
            )
        self.state = to
