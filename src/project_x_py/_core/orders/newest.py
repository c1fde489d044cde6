"""The newest value of one field of an order, from statements and from edits that were accepted.

A statement of the gateway bears the time of the order's last edit; the answer to an edit does not.
So an edit that was accepted holds against every statement that cannot be told from one of before
it, until the gateway itself has stated it, or a read that began well after the answer has stated
something else.

Invariants (``tests/core/orders/test_newest.py``):

- statements and answers in any order, repeated or not, end in the same value;
- a value is not shown again once an edit has left it, whatever is heard late;
- of two edits of one field the one that was sent later holds.
"""

from __future__ import annotations

from project_x_py._core.orders.intents import SETTLE_NS

__all__ = ["NEVER", "Edited", "Newest"]

Edited = tuple[int, int]
"""Order of two statements about the same field: time of the edit, then time of hearing of it."""

NEVER: Edited = (-1, -1)


class _Edit:
    """A change that was sent; ``answered_ns`` once it was accepted."""

    __slots__ = ("after_ns", "answered_ns", "before", "token", "value")

    def __init__(self, token: object, value: float, before: float | None, after_ns: int) -> None:
        self.token = token
        self.value = value
        self.before = before
        self.after_ns = after_ns
        self.answered_ns: int | None = None


class Newest:
    """The newest value of one field; a statement that leaves it out says nothing of it."""

    __slots__ = ("_edits", "_ended", "_key", "_said", "_stated")

    def __init__(self) -> None:
        self._key: tuple[Edited, float] = (NEVER, 0.0)
        self._stated: float | None = None
        self._edits: list[_Edit] = []
        self._said: set[tuple[int, float]] = set()
        self._ended = False

    @property
    def value(self) -> float | None:
        """The value that holds; None while nobody has named one."""
        waiting = self._waiting() if self._edits else []
        return waiting[-1].value if waiting else self._stated

    def hear(
        self,
        edited: Edited,
        value: float | None,
        *,
        read_ns: int | None = None,
        final: bool = False,
    ) -> None:
        """Take a statement.

        Args:
            edited: Of the order, as the statement has it.
            value: None when it says nothing of the field.
            read_ns: When the read began that showed it; None for news.
            final: Whether the order has ended, so that no edit comes after it.
        """
        if value is None:
            return
        if (edited, value) > self._key:
            self._key = (edited, value)
            self._stated = value
        if self._edits:
            self._said.add((edited[0], value))
            if read_ns is not None:
                self._edits = [one for one in self._edits if not _is_over(one, read_ns)]
        self._ended = self._ended or final
        self._settle()

    def sent(self, token: object, value: float) -> None:
        """Note an edit that is about to be sent: what is stated by then is of before it."""
        if not self._ended:
            self._edits.append(_Edit(token, value, self._stated, self._key[0][0]))

    def accepted(self, token: object, now_ns: int) -> None:
        """Note that an edit was accepted; one that the gateway has stated meanwhile is no news."""
        for edit in self._edits:
            if edit.token is token:
                edit.answered_ns = now_ns
        self._settle()

    def lost(self, token: object) -> None:
        """Note that an edit was refused, or that nobody knows: statements alone tell."""
        self._edits = [one for one in self._edits if one.token is not token]
        self._settle()

    def _waiting(self) -> list[_Edit]:
        """Return the accepted edits after the last one that a statement has shown.

        Edits are made in the order in which they were sent, so that one is shown by a statement
        that is no older than those that show the edits before it. With one before it that is not
        shown, a value that the field had earlier shows nothing: it may be that of then.
        """
        shown_ns, last, gap = -1, -1, False
        earlier = {edit.before for edit in self._edits[:1]}
        for number, edit in enumerate(self._edits):
            least_ns = max(shown_ns, edit.after_ns)
            showing = [ns for ns, value in self._said if value == edit.value and ns >= least_ns]
            if showing and not (gap and edit.value in earlier):
                shown_ns, last, gap = min(showing), number, False
            else:
                gap = True
            earlier.add(edit.value)
        return [edit for edit in self._edits[last + 1 :] if edit.answered_ns is not None]

    def _settle(self) -> None:
        """Let go of what was sent once everything is known of it."""
        if not self._edits:
            return
        known = all(edit.answered_ns is not None for edit in self._edits)
        if self._ended or (known and not self._waiting()):
            self._edits, self._said = [], set()


def _is_over(edit: _Edit, read_ns: int) -> bool:
    return edit.answered_ns is not None and read_ns >= edit.answered_ns + SETTLE_NS
