"""The one place from which orders leave, and the one place that hears what became of them.

A submission is checked and planned in one synchronous step, written down, checked again, and sent
once. Whoever asked for it may be cancelled at any moment: the work goes on in a task of its own
until the outcome is known. A lost answer leaves the submission unknown; only facts end that.

Invariants (``tests/order_manager/test_desk.py``):

- one submission, one request: nothing is ever sent again by itself;
- two submissions that a limit allows only one of never both pass;
- state first, then event, and every real change is told once;
- an entry that cannot be written down is not sent; a protective order is sent all the same, and
  known again by the next run from its tag (``tests/order_manager/test_full_disk.py``).
"""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from project_x_py._core.histogram import LogHistogram
from project_x_py._core.orders.intents import SETTLE_NS, Intent, IntentState, Purpose
from project_x_py._core.orders.state import REJECTED, TERMINAL
from project_x_py._core.submission import (
    Accepted,
    Lane,
    OrderRequest,
    Outcome,
    Refused,
    Uncertain,
)
from project_x_py._runtime.journal import JournalError
from project_x_py._runtime.together import outlived
from project_x_py.exceptions import ProjectXInstrumentError, RiskLimitExceeded
from project_x_py.order_manager._commitments import Commitments

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Sequence

    from project_x_py._core.orders.intents import CompleteRead, Submission
    from project_x_py._core.orders.ledger import OrderChange, OrderLedger
    from project_x_py._core.records import OrderUpdate, TradeUpdate
    from project_x_py._core.submission import OrderEdit
    from project_x_py._ports import Clock, OrderGateway, TaskOwner
    from project_x_py._runtime.journal import Entry, Journal

__all__ = ["ENTRY_LANES", "OrderDesk", "OrderGate", "Telling"]

logger = logging.getLogger(__name__)

ENTRY_LANES = frozenset({Lane.ENTRY})
"""Lanes of orders that add risk, and that have to be on disk before they leave."""

_MARKS = {"s": Purpose.STOP, "t": Purpose.TARGET, "e": Purpose.EXIT}
"""What the guard's tags say behind the entry's."""

_LOST = frozenset({IntentState.RECORDED, IntentState.UNKNOWN})

KEPT_TIMINGS = 1_000

_encode = msgspec.json.Encoder().encode


class OrderGate(Protocol):
    """Says no before the gateway would; the ledger counts the intent already."""

    def deny(self, intent: Intent) -> str | None:
        """Return why ``intent`` must not be sent, or None."""
        ...


class Telling(Protocol):
    """Told of each change, after it."""

    def __call__(self, change: OrderChange, *, reconciled: bool) -> None: ...


class OrderDesk:
    """Sends orders of one account and merges what is heard of them.

    Args:
        ledger: What is known; written to by the desk alone.
        gateway: Where requests go.
        journal: Where intents are written down; None keeps none.
        gate: Checks every order that adds risk.
        clock: Stamps intents and answers.
        tasks: Carries what outlives a call.
        tell: Told of every change.
        commitments: Counts changes that are under way; made here when left out.
    """

    def __init__(
        self,
        ledger: OrderLedger,
        gateway: OrderGateway,
        *,
        journal: Journal | None,
        gate: OrderGate | None,
        clock: Clock,
        tasks: TaskOwner,
        tell: Telling,
        commitments: Commitments | None = None,
    ) -> None:
        self.ledger = ledger
        self.commitments = commitments or Commitments(ledger)
        self.gate = gate
        self.journal_failures = 0
        self.answer_ns: list[int] = []
        """Round trips of the newest orders, oldest first."""
        self.prepared = LogHistogram()
        """From the wish to place an order until the client has it, its journal entry on disk."""
        self._gateway = gateway
        self._journal = journal
        self._clock = clock
        self._tasks = tasks
        self._tell = tell
        self._waiting: dict[str, list[asyncio.Future[None]]] = {}
        self._doubts: list[Callable[[], None]] = []
        self._absences: list[Callable[[], None]] = []
        self._leaving: set[int] = set()
        self._numbers = 0

    def now_ns(self) -> int:
        """Return the time on the clock that stamps what is received."""
        return self._clock.now_ns()

    def on_doubt(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` whenever only a read can tell what is true."""
        self._doubts.append(listener)

    def on_absent(self, listener: Callable[[], None]) -> None:
        """Call ``listener`` whenever something was proved not to have reached the gateway."""
        self._absences.append(listener)

    def doubt(self) -> None:
        """Say that only a read can tell what is true."""
        for listener in self._doubts:
            listener()

    async def place(self, intent: Intent, *, lane: Lane) -> Outcome:
        """Send one order, once, and return what is known of it when the answer came or was lost.

        Returns:
            Accepted or Refused by the gateway, or Uncertain; one that was sent may still become
            known, see :meth:`settled`.

        Raises:
            RiskLimitExceeded: The gate refused it, and nothing was sent.
            ProjectXOrderError: The tag was used before.
        """
        submission = self.ledger.plan(intent)
        if lane in ENTRY_LANES:
            self._pass(submission)
        self._numbers += 1
        carrying = self._tasks.spawn(self._carry(submission, lane), name=f"place-{self._numbers}")
        return await _known(carrying)

    async def place_till_told(self, intent: Intent, timeout_s: float) -> Outcome:
        """Send what protects, once, and return as soon as anybody tells what became of it.

        Often the hub does first; an answer that is lost is waited for long after. The order goes
        on after ``timeout_s``, as it does when the caller is cancelled.
        """
        sending: asyncio.Task[Outcome] = self._tasks.spawn(
            self.place(intent, lane=Lane.PROTECTIVE), name=f"send-{intent.tag}"
        )
        told = self._tasks.spawn(self.settled(intent.tag, timeout_s), name=f"told-{intent.tag}")
        try:
            await asyncio.wait({sending, told}, return_when=asyncio.FIRST_COMPLETED)
            if sending.done():
                return sending.result()
            return _as_told(self.ledger.submission(intent.tag))
        finally:
            sending.cancel()
            told.cancel()

    async def modify(self, edit: OrderEdit, *, lane: Lane) -> Outcome:
        """Send one change of an order, once."""
        self.commitments.begin(edit)
        order = self.ledger.order(edit.order_id)
        if order is not None:
            order.edit_sent(edit)
        return await self._once(self._edit(edit, lane), "modify")

    async def cancel(self, order_id: int) -> Outcome:
        """Send one cancellation, once."""
        outcome = await self._once(self._gateway.cancel(self.ledger.account_id, order_id), "cancel")
        state = self.ledger.order(order_id)
        if isinstance(outcome, Accepted) and state is not None and not state.is_terminal:
            self._leaving.add(order_id)
        return outcome

    def is_leaving(self, order_id: int) -> bool:
        """Whether a cancellation was accepted of an order whose end was not shown yet."""
        return order_id in self._leaving

    async def close_position(self, contract_id: str) -> Outcome:
        """Ask the gateway to close a position, once."""
        request = self._gateway.close_position(self.ledger.account_id, contract_id)
        return await self._taking(contract_id, request, "close")

    async def reduce_position(self, contract_id: str, size: int) -> Outcome:
        """Ask the gateway to close a part of a position, once."""
        request = self._gateway.reduce_position(self.ledger.account_id, contract_id, size)
        return await self._taking(contract_id, request, "reduce")

    async def settled(self, tag: str, timeout_s: float) -> Submission | None:
        """Wait until the gateway has shown what became of a submission.

        Returns:
            The submission; None when it is still unknown after ``timeout_s``.
        """
        submission = self.ledger.submission(tag)
        if submission is None or not submission.is_outstanding:
            return submission
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        waiters = self._waiting.setdefault(tag, [])
        waiters.append(waiter)
        try:
            async with asyncio.timeout(timeout_s):
                await waiter
        except TimeoutError:
            return None
        finally:
            waiters.remove(waiter)
            if not waiters:
                self._waiting.pop(tag, None)
        return submission

    def restore(self, entries: Sequence[Entry]) -> list[Submission]:
        """Take up what an earlier run wrote down.

        What it did not see the end of is unknown; an entry that was to be protected, and what
        protects it, is taken up as confirmed, since what it opened may still be held. So is an
        order that closed a position meanwhile. The rest is of no more use and is removed from the
        journal.
        """
        own = {
            entry.tag: (entry, msgspec.json.decode(entry.body, type=Intent))
            for entry in entries
            if entry.account_id == self.ledger.account_id
            and self.ledger.submission(entry.tag) is None
        }
        found, useless = [], []
        guarded_ns = _guarded_since([intent for _, intent in own.values()])
        for entry, intent in own.values():
            state = IntentState(entry.state)
            since_ns = guarded_ns.get(intent.request.contract_id, intent.created_ns + 1)
            closes = intent.purpose is Purpose.EXIT and intent.created_ns >= since_ns
            family = intent.protection is not None or intent.protects in own or closes
            if state in _LOST:
                submission = self.ledger.plan(intent)
                submission.restored()
                submission.unanswered(
                    self._clock.monotonic_ns(), "an earlier run ended meanwhile", ended=True
                )
                found.append(submission)
            elif state is IntentState.CONFIRMED and family and entry.order_id is not None:
                submission = self.ledger.plan(intent)
                submission.confirmed(entry.order_id)
                found.append(submission)
            else:
                useless.append(entry.tag)
        if useless:
            self._tasks.spawn(self._forget(useless), name="journal-forget")
        if found:
            self.doubt()
        return found

    def forget_family(self, tag: str) -> None:
        """Remove an entry and what protected it from the journal, since both are over."""
        if self._journal is not None:
            tags = [one.intent.tag for one in self.ledger.submissions_for(tag)]
            # The entry goes last: what protects nothing that is known is removed at the next start.
            self._tasks.spawn(self._forget([*tags, tag]), name=f"forget-{tag}")

    def let_go(self, tags: list[str]) -> None:
        """Forget submissions that have ended, in the journal too."""
        for tag in tags:
            self.ledger.let_go(tag)
        if tags and self._journal is not None:
            self._tasks.spawn(self._forget(tags), name="journal-prune")

    def hear(self, fact: OrderUpdate, *, reconciled: bool = False) -> None:
        """Merge a fact about an order; one that was read is stamped with when its read began."""
        changes = self.ledger.merge(fact, read=reconciled)
        self._take_up(fact)
        self._told(changes, reconciled)

    def _take_up(self, fact: OrderUpdate) -> None:
        """Know again what an earlier run sent for an entry and could not write down.

        The disk was full then; the tag tells what it is for.
        """
        tag = fact.custom_tag or ""
        root, _, mark = tag.rpartition(".")
        purpose, entry = _MARKS.get(mark[:1]), self.ledger.submission(root)
        if purpose is None or entry is None or entry.intent.protection is None:
            return
        if self.ledger.submission(tag) is not None or self.ledger.order(fact.id) is None:
            return
        request = OrderRequest(
            account_id=fact.account_id,
            contract_id=fact.contract_id,
            type=fact.type,
            side=fact.side,
            size=fact.size,
            limit=fact.limit,
            stop=fact.stop,
            tag=tag,
        )
        created_ns = fact.created_ns or fact.recv_ns
        submission = self.ledger.plan(
            Intent(tag=tag, request=request, purpose=purpose, protects=root, created_ns=created_ns)
        )
        if fact.status == REJECTED:
            submission.refused(0, None, fact.id)
        else:
            submission.confirmed(fact.id)

    def hear_fill(self, fill: TradeUpdate, *, reconciled: bool = False) -> None:
        """Merge a fill."""
        self._told(self.ledger.merge_fill(fill), reconciled)

    def hear_read(self, read: CompleteRead) -> list[Submission]:
        """Take into account what a complete read does not show; return what is proved absent."""
        self.commitments.on_read(read)
        return self.hear_tags(read)

    def hear_tags(self, read: CompleteRead) -> list[Submission]:
        """Do so of the tags alone: nobody has heard of the rest of such a read."""
        absent = self.ledger.note_read(read)
        for submission in absent:
            logger.warning(
                "order %s never reached the gateway: two complete reads do not show it",
                submission.intent.tag,
            )
            self._note(submission)
        self._wake()
        for listener in self._absences if absent else ():
            listener()
        return absent

    def _pass(self, submission: Submission) -> None:
        reason = self.gate.deny(submission.intent) if self.gate is not None else None
        if reason is not None:
            submission.unsent(reason)
            self._wake()
            raise RiskLimitExceeded(reason)

    async def _carry(self, submission: Submission, lane: Lane) -> Outcome:
        wished_ns = self._clock.monotonic_ns()
        stopped = await self._write_down(submission, lane)
        if stopped is None and lane in ENTRY_LANES and self.gate is not None:
            stopped = self.gate.deny(submission.intent)
        if stopped is not None:
            submission.unsent(stopped)
            self._note(submission)
            self._wake()
            return Uncertain(stopped, sent=False)
        submission.sending()
        began_ns = self._clock.monotonic_ns()
        self.prepared.add(began_ns - wished_ns)
        try:
            outcome = await self._gateway.place(submission.intent.request, lane=lane)
        except asyncio.CancelledError:
            submission.unanswered(self._clock.monotonic_ns(), "cut off by the end of the program")
            raise
        except ProjectXInstrumentError as exc:
            outcome = Uncertain(str(exc), sent=False)
        self._timed(self._clock.monotonic_ns() - began_ns)
        self._merge(submission, outcome)
        return outcome

    def _merge(self, submission: Submission, outcome: Outcome) -> None:
        now_ns = self._clock.now_ns()
        match outcome:
            case Accepted(order_id=int() as order_id):
                self._told(self.ledger.accepted(submission, order_id, now_ns), reconciled=False)
            case Refused():
                text = outcome.message or outcome.name
                changes = self.ledger.refused(
                    submission, outcome.code, text, outcome.order_id, now_ns
                )
                self._told(changes, reconciled=False)
            case Uncertain(sent=False):
                submission.unsent(outcome.reason)
            case Uncertain(reason=reason, ended=ended):
                submission.unanswered(self._clock.monotonic_ns(), reason, ended=ended)
                self.doubt()
            case Accepted():
                submission.unanswered(self._clock.monotonic_ns(), "accepted without a number")
                self.doubt()
        self._note(submission)
        self._wake()

    async def _write_down(self, submission: Submission, lane: Lane) -> str | None:
        """Return why it may not be sent, None once it is on disk or need not be."""
        intent = submission.intent
        if self._journal is not None:
            try:
                await self._journal.record(intent.tag, intent.request.account_id, _encode(intent))
            except JournalError as exc:
                self.journal_failures += 1
                logger.error("order %s is not written down: %s", intent.tag, exc)
                if lane in ENTRY_LANES:
                    return str(exc)
        submission.recorded()
        return None

    def _note(self, submission: Submission) -> None:
        if self._journal is not None:
            self._tasks.spawn(self._write_note(submission), name=f"note-{self._numbers}")

    async def _forget(self, tags: list[str]) -> None:
        if self._journal is None:
            return
        try:
            await self._journal.forget_before(tags)
        except JournalError as exc:
            # They are read once more at the next start, and removed then.
            self.journal_failures += 1
            logger.warning("ended orders are not removed: %s", exc)

    async def _write_note(self, submission: Submission) -> None:
        if self._journal is None:
            return
        try:
            await self._journal.note(
                submission.intent.tag, submission.state.value, submission.order_id
            )
        except JournalError as exc:
            # The intent itself is on disk; without the note the next start asks the gateway.
            self.journal_failures += 1
            logger.warning("what became of %s is not noted: %s", submission.intent.tag, exc)

    async def _edit(self, edit: OrderEdit, lane: Lane) -> Outcome:
        """Send a change; it counts as made for as long as nobody knows what became of it."""
        outcome = await self._gateway.modify(edit, lane=lane)
        accepted_ns = self._clock.now_ns() if isinstance(outcome, Accepted) else None
        self._told(self.ledger.edited(edit, accepted_ns), reconciled=False)
        if isinstance(outcome, Uncertain) and outcome.sent:
            self.commitments.lost(edit, self._clock.monotonic_ns())
        else:
            self.commitments.end(edit)
        return outcome

    async def _taking(
        self, contract_id: str, request: Coroutine[Any, Any, Outcome], name: str
    ) -> Outcome:
        """Send a close once; until a read shows what it did, no order closes the same."""
        taking, outcome = self.commitments.take(contract_id), None
        try:
            outcome = await self._once(request, name)
        finally:
            now_ns = self._clock.monotonic_ns()
            nothing = isinstance(outcome, Refused) or (
                isinstance(outcome, Uncertain) and not outcome.sent
            )
            late_ns = 0 if isinstance(outcome, Accepted) else SETTLE_NS
            self.commitments.took(taking, None if nothing else now_ns + late_ns)
            if not nothing:
                self.doubt()
        return outcome

    async def _once(self, request: Coroutine[Any, Any, Outcome], name: str) -> Outcome:
        self._numbers += 1
        sending = self._tasks.spawn(request, name=f"{name}-{self._numbers}")
        outcome = await _known(sending)
        if isinstance(outcome, Uncertain) and outcome.sent:
            self.doubt()
        return outcome

    def _told(self, changes: list[OrderChange], reconciled: bool) -> None:
        for change in changes:
            if change.order.status in TERMINAL:
                self._leaving.discard(change.order.id)
            self._tell(change, reconciled=reconciled)
        if changes:
            self._wake()

    def _wake(self) -> None:
        for tag, waiters in self._waiting.items():
            submission = self.ledger.submission(tag)
            if submission is not None and submission.is_outstanding:
                continue
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)

    def _timed(self, took_ns: int) -> None:
        self.answer_ns.append(took_ns)
        del self.answer_ns[:-KEPT_TIMINGS]


def _as_told(submission: Submission | None) -> Outcome:
    """Return what is known of a submission whose answer is still to come."""
    if submission is None:
        return Uncertain("nothing is known of it any more", sent=True)
    match submission.state:
        case IntentState.CONFIRMED:
            return Accepted(submission.order_id)
        case IntentState.REFUSED:
            text = submission.message or ""
            return Refused(submission.code, "", text, submission.order_id)
    unsent = submission.state is IntentState.UNSENT
    return Uncertain(submission.message or "no answer yet", sent=not unsent)


def _guarded_since(intents: list[Intent]) -> dict[str, int]:
    """Return since when there are entries to be protected, by contract."""
    found: dict[str, int] = {}
    for intent in intents:
        if intent.protection is not None:
            contract_id = intent.request.contract_id
            found[contract_id] = min(intent.created_ns, found.get(contract_id, intent.created_ns))
    return found


async def _known(sending: asyncio.Task[Outcome]) -> Outcome:
    """Return what became of a request that outlives its caller; cut off, it is uncertain."""
    try:
        return await outlived(sending, _CutOffError)
    except _CutOffError:
        return Uncertain("cut off by the end of the program", sent=True)


class _CutOffError(Exception):
    """The task that carried a request was cancelled."""
