"""What parts of a manager want to find again in the next run, beside orders, in the journal.

Writing is a task: nobody waits for it, and what cannot be written is lost to the next run only.

Invariant (``tests/order_manager/test_memos.py``): writes of one name happen in their order; without
a journal nothing is kept and nothing fails.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import msgspec

from project_x_py._runtime.journal import JournalError

if TYPE_CHECKING:
    from project_x_py._ports import TaskOwner
    from project_x_py._runtime.journal import Journal

__all__ = ["Memos"]

logger = logging.getLogger(__name__)

_encode = msgspec.json.Encoder().encode


class Memos:
    """Notes of one account, by kind and name.

    Args:
        journal: Where they are; None keeps none.
        account_id: Whose.
        tasks: Carries the writing.
    """

    def __init__(self, journal: Journal | None, account_id: int, tasks: TaskOwner) -> None:
        self._journal = journal
        self._account_id = account_id
        self._tasks = tasks

    def keep(self, kind: str, name: str, content: object) -> None:
        """Let the next run find something, in place of what had its name.

        Args:
            kind: Whose note it is.
            name: Which of them.
            content: What JSON can hold; anything else is not kept, and that is logged.
        """
        if self._journal is None:
            return
        try:
            body = _encode(content)
        except (TypeError, ValueError) as exc:
            logger.warning("%s %s is not kept for another run: %s", kind, name, exc)
            return
        self._tasks.spawn(self._write(self._journal, kind, name, body), name=f"{kind}-{name}")

    def drop(self, kind: str, name: str) -> None:
        """Let the next run not find it; harmless when it would not."""
        if self._journal is not None:
            self._tasks.spawn(self._write(self._journal, kind, name, None), name=f"{kind}-{name}")

    def found(self, kind: str) -> dict[str, bytes]:
        """Return what earlier runs have kept of a kind, as JSON by name.

        Raises:
            JournalError: The journal cannot be read.
        """
        return {} if self._journal is None else self._journal.memos(kind, self._account_id)

    async def _write(self, journal: Journal, kind: str, name: str, body: bytes | None) -> None:
        try:
            if body is None:
                await journal.forget(kind, name, self._account_id)
            else:
                await journal.remember(kind, name, self._account_id, body)
        except JournalError as exc:
            logger.warning("%s %s is not written down: %s", kind, name, exc)
