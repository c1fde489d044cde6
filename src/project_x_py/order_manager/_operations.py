"""What was asked for, as operations: how each stands, and how one is undone.

An operation is a submission with what was submitted to protect it, under the tag of its entry.
Nothing is kept beside the ledger: what is told is what the ledger and the guard know.

Invariants (``tests/order_manager/test_operations.py``): an operation whose outcome is unknown is
neither undone nor forgotten; undone means that the entry works no more and that what had filled
was closed by an order of the same operation.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project_x_py._core.submission import Accepted
from project_x_py._core.time import NS, format_iso
from project_x_py.exceptions import ProjectXOrderError

if TYPE_CHECKING:
    from project_x_py._core.orders.intents import Submission
    from project_x_py.order_manager._parts import OrderParts

__all__ = ["Operations"]

HOUR_NS = 3_600 * NS


class Operations:
    """Operations of one manager.

    Args:
        parts: Of the manager.
    """

    def __init__(self, parts: OrderParts) -> None:
        self._parts = parts

    def status(self, tag: str) -> dict[str, Any] | None:
        """Return how an operation stands, None when there is none of that tag."""
        ledger = self._parts.desk.ledger
        submission = ledger.submission(tag)
        if submission is None:
            return None
        state = ledger.by_tag(tag)
        family = ledger.submissions_for(tag)
        orders = [_row(submission, self._parts)] + [_row(one, self._parts) for one in family]
        naked = self._parts.guard.unprotected().get(tag, 0)
        return {
            "operation_id": tag,
            "type": "bracket_order" if submission.intent.protection else "order",
            "state": submission.state.value,
            "started_at": format_iso(submission.intent.created_ns),
            "contract_id": submission.intent.request.contract_id,
            "filled": 0 if state is None else state.filled,
            "orders": orders,
            "is_over": self._is_over(submission),
            "unprotected": naked,
            "errors": [one.message for one in (submission, *family) if one.message],
        }

    async def undo(self, tag: str) -> bool:
        """Cancel an entry, close what it had filled, and let its legs be cancelled.

        Returns:
            True when nothing of it works or is held any more; False with the reason in
            ``last_error``, what is held being protected as before.
        """
        ledger, no = self._parts.desk.ledger, self._parts.no
        submission = ledger.submission(tag)
        if submission is None:
            return no(f"there is no operation {tag!r}")
        state = ledger.by_tag(tag)
        if state is None:
            if submission.is_outstanding:
                return no(f"what became of {tag} is not known yet")
            return True
        if state.is_working and not isinstance(await self._parts.desk.cancel(state.id), Accepted):
            await self._parts.answers.asked(state.id)
            if state.is_working:
                return no(f"order {state.id} could not be cancelled")
        if not await self._parts.guard.close_out(tag):
            return no(f"what {tag} had filled could not be closed; it stays protected")
        return True

    def cleanup(self, max_age_hours: float) -> int:
        """Let go of operations that ended so long ago; return how many.

        Raises:
            ProjectXOrderError: The age is no number of hours.
        """
        if not 0 <= max_age_hours < float("inf"):
            raise ProjectXOrderError(f"max_age_hours is a number from 0 on, not {max_age_hours!r}")
        before_ns = self._parts.clock.now_ns() - int(max_age_hours * HOUR_NS)
        old = [
            one
            for one in self._parts.desk.ledger.submissions()
            if one.intent.created_ns <= before_ns and self._is_over(one)
        ]
        self._parts.desk.let_go([one.intent.tag for one in old])
        return len(old)

    def _is_over(self, submission: Submission) -> bool:
        """Whether nothing of an operation works, is unknown, or is guarded."""
        if submission.is_outstanding:
            return False
        tag, ledger = submission.intent.tag, self._parts.desk.ledger
        root = submission.intent.protects or tag
        state = ledger.by_tag(tag)
        guarded = self._parts.guard.guarded(root) is not None
        return not guarded and (state is None or state.is_terminal)


def _row(submission: Submission, parts: OrderParts) -> dict[str, Any]:
    state = parts.desk.ledger.by_tag(submission.intent.tag)
    return {
        "custom_tag": submission.intent.tag,
        "order_id": submission.order_id,
        "purpose": submission.intent.purpose.value,
        "state": submission.state.value,
        "status": None if state is None else state.status,
        "filled": 0 if state is None else state.filled,
    }
