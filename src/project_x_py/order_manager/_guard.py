"""Keeps every entry that asked for protection protected, from its first fill to its last exit.

One task per entry looks at what :func:`assess` says after each fact and does the next thing: wait
for the gateway's own legs, enlarge a stop, place one, take the position off. New protection comes
before old is dropped. Orders go out through the desk, once each; one whose answer was lost counts
as a stop that may be there, and is waited for until the deadline.

Invariants (``tests/order_manager/test_guard.py``):

- what was filled is covered by working stops, or is closed within ``DEADLINE_S``;
- legs that nothing is left to protect are cancelled; legs never exceed what is held;
- a position that an overfilled exit has reversed is closed at once;
- how long anything was unprotected is measured for every trade.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from typing import TYPE_CHECKING

from msgspec.structs import replace

from project_x_py._core.orders.family import Assessment, assess
from project_x_py._core.orders.intents import (
    QUICK_SETTLE_NS,
    SETTLE_NS,
    Intent,
    IntentState,
    Protection,
    Purpose,
)
from project_x_py._core.orders.state import OPEN
from project_x_py._core.submission import (
    Accepted,
    Lane,
    OrderEdit,
    OrderRequest,
    Refused,
    Uncertain,
)
from project_x_py._core.time import NS
from project_x_py.order_manager._closings import Closings, HeldEntry
from project_x_py.order_manager._exits import (
    by_others,
    exit_never_left,
    exiting,
    is_being_closed,
    is_closed_at_market,
    is_own_close,
    lent,
)
from project_x_py.order_manager._guarded import Guarded, misplaced_legs, needs_work

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py._core.orders.ledger import OrderChange
    from project_x_py._core.orders.state import OrderState
    from project_x_py._core.records import OrderUpdate
    from project_x_py._core.submission import Outcome
    from project_x_py._ports import Clock, TaskOwner
    from project_x_py.order_manager._desk import OrderDesk

__all__ = ["DEADLINE_S", "GRACE_S", "ProtectionGuard"]

logger = logging.getLogger(__name__)

GRACE_S = 0.25
"""How long the gateway's own legs may take to appear, to grow, or to be cancelled."""

DEADLINE_S = 5.0
"""How long anything may stay unprotected before it is closed."""

LOOK_S = 0.25
"""How often an entry in need is looked at when no fact arrives."""

SOONEST_S = 0.05
"""The same after an order that never left; doubled each time, up to ``LOOK_S``."""

ASK_S = 2.0
"""How often an entry in need asks for a read."""

OLD_NS = 5 * NS
"""A fill that a read tells of, and that is older than this, may be closed by now."""

KEPT_TIMES = 10_000

LIMIT, MARKET, STOP = 1, 2, 4
BUY, SELL = 0, 1


class ProtectionGuard:
    """Watches the entries of one account.

    Args:
        desk: Sends, and knows the orders.
        clock: Measures how long anything is unprotected.
        tasks: Runs one task per entry in need.
        net: What is held of a contract by the last statement.
        net_after: The same by a statement well after an exchange time, None without one.
        warn: Told, in words, what had to be done.
        run: Makes the tags of this run unlike those of any other.
        ended: Told of each entry that nothing is left to be done for.
    """

    def __init__(
        self,
        desk: OrderDesk,
        *,
        clock: Clock,
        tasks: TaskOwner,
        net: Callable[[str], int],
        net_after: Callable[[str, int], int | None],
        warn: Callable[[str, str], None],
        run: str,
        ended: Callable[[str], None] | None = None,
    ) -> None:
        self.spans: list[list[tuple[int, int]]] = []
        """When each entry that ended was unprotected, as monotonic times, newest last."""
        self.ended: deque[tuple[OrderUpdate, int]] = deque(maxlen=KEPT_TIMES)
        """Entries that ended, each with its unprotected nanoseconds, newest last."""
        self.flattened = 0
        self._desk = desk
        self._clock = clock
        self._tasks = tasks
        self.closings = Closings(clock)
        self._net = net
        self._net_after = net_after
        self._warn = warn
        self._ended = ended
        self._run = run
        self._guarded: dict[str, Guarded] = {}
        self._grown_ns: dict[str, int] = {}
        self._seen: dict[str, int] = {}
        """Contracts that entries and their legs had filled when last looked at, by contract."""
        self._back_ns: dict[str, int] = {}
        """When a reversal was last closed, by contract."""
        desk.on_absent(self.on_position)
        self._restored: set[str] = set()
        """Entries of an earlier run, of which nobody knows what was closed."""

    @property
    def naked_ns(self) -> list[int]:
        """Unprotected time of each entry that ended, newest last."""
        return [sum(until - since for since, until in spans) for spans in self.spans]

    def protect(self, tag: str, protection: Protection, *, earlier: bool = False) -> Guarded:
        """Guard the entry of ``tag`` from now on; to be called before it is sent.

        Args:
            tag: The entry's.
            protection: What was asked for.
            earlier: Whether an earlier run sent it; its legs then stay where they are.
        """
        guarded = self._guarded[tag] = Guarded(tag, protection)
        if earlier:
            self._restored.add(tag)
        guarded.earlier = earlier
        return guarded

    def move_stop(self, tag: str, stop: int) -> list[OrderEdit]:
        """Let an entry be protected at another price from now on.

        Returns:
            Edits that bring the stops at the exchange there; one that waits for its activation is
            brought there when it works.
        """
        guarded = self._guarded.get(tag)
        if guarded is not None:
            guarded.protection = replace(guarded.protection, stop=stop)
        found = []
        for leg in self.legs(tag)[0]:
            if leg.status != OPEN:
                continue
            if guarded is not None:
                guarded.adjusted.add(leg.id)
            order = leg.snapshot()
            found.append(
                OrderEdit(
                    account_id=order.account_id,
                    order_id=leg.id,
                    contract_id=order.contract_id,
                    stop=stop,
                )
            )
        return found

    def assessment(self, tag: str) -> Assessment | None:
        """Return how an entry stands; None for one of which nothing is held nor works any more."""
        guarded = self._guarded.get(tag)
        return None if guarded is None else self._view(guarded)

    def guarded(self, tag: str) -> Guarded | None:
        """Return the guard of an entry that has not ended."""
        return self._guarded.get(tag)

    def settle(self, tag: str) -> None:
        """Look after one entry, since it was learnt what became of its submission."""
        guarded = self._guarded.get(tag)
        if guarded is not None:
            self._look(guarded)

    def tags(self) -> tuple[str, ...]:
        """Return the entries under guard."""
        return tuple(self._guarded)

    def unprotected(self) -> dict[str, int]:
        """Return contracts that are held without a working stop, by the entry's tag."""
        found = {}
        for tag, guarded in self._guarded.items():
            view = self._view(guarded)
            if view is not None and view.missing:
                found[tag] = view.missing
        return found

    def on_change(self, change: OrderChange, *, reconciled: bool = False) -> None:
        """Look after whatever a change concerns; synchronous, the work is a task's."""
        known = 0 if change.before is None else change.before.filled
        # An order may be heard of first when it has filled: then its first change tells of no fill.
        if change.filled or change.order.filled > known:
            grown_ns = self._filled_ns(change, reconciled)
            contract_id = change.order.contract_id
            self._grown_ns[contract_id] = max(grown_ns, self._grown_ns.get(contract_id, 0))
            self._seen[contract_id] = self._filled_in(contract_id)
        if change.filled and is_own_close(self._desk.ledger, change.order.custom_tag):
            side = SELL if change.order.side == BUY else BUY
            held = self._held(change.order.contract_id, side)
            self.closings.take(held, change.filled, sure=True)
        for guarded in list(self._guarded.values()):
            self._look(guarded)

    def closing(self, contract_id: str, size: int | None, outcome: Outcome) -> None:
        """Take into account what became of a request to close what is held, or a part of it."""
        if isinstance(outcome, Refused) or (isinstance(outcome, Uncertain) and not outcome.sent):
            self._not_closed(contract_id, outcome)
            return
        sure = isinstance(outcome, Accepted)
        net = self._net(contract_id)
        for side in (BUY, SELL):
            # Nothing held by the last statement means that its fills are not told of yet.
            if not net or (net > 0) == (side == BUY):
                held = self._held(contract_id, side)
                self.closings.close(contract_id, held, size, sure=sure)
        if sure:
            self.closings.resume(contract_id)
        elif size is None and isinstance(outcome, Uncertain):
            # What the gateway hung up on it has done by then, or will not do.
            settle_ns = QUICK_SETTLE_NS if outcome.ended else SETTLE_NS
            self.closings.doubt(contract_id, self._clock.now_ns() + settle_ns)
        for guarded in list(self._guarded.values()):
            self._look(guarded)

    def _not_closed(self, contract_id: str, outcome: Outcome) -> None:
        """Protect anew what was not closed; a refusal may mean that nothing is held any more."""
        if isinstance(outcome, Refused):
            self.closings.doubt(contract_id, self._clock.now_ns())
            self._desk.doubt()
        else:
            self.closings.resume(contract_id)
        for guarded in list(self._guarded.values()):
            self._look(guarded)

    def _is_closing(self, contract_id: str) -> bool:
        """Whether a contract is being closed on request: nobody protects it anew meanwhile."""
        if self.closings.is_closing(contract_id):
            return True
        ordered = self.closings.is_ordered(contract_id)
        return ordered and is_closed_at_market(self._desk.ledger, contract_id)

    def _settle_doubts(self, asof_ns: int) -> None:
        """Guard again what a lost close has left as it was, or what is stated well after it."""
        for contract_id, asked_ns in self.closings.doubted(asof_ns):
            grown_ns = self._grown_ns.get(contract_id, 0)
            stated = self._net_after(contract_id, grown_ns) is not None
            if grown_ns < asked_ns or stated:
                self.closings.resume(contract_id)

    def _rests_on_a_statement(self, guarded: Guarded, entry: OrderState) -> bool:
        """Whether only a statement from before the last fill says that nothing is held."""
        contract_id = entry.snapshot().contract_id
        if self._net_after(contract_id, self._grown_ns.get(contract_id, 0)) is not None:
            return False
        return self._assessed(guarded, entry, None, stated=False).held > 0

    def _filled_in(self, contract_id: str) -> int:
        total = 0
        for tag in self._guarded:
            entry = self._desk.ledger.by_tag(tag)
            if entry is not None and entry.snapshot().contract_id == contract_id:
                total += entry.filled + self._legs_out(tag)
        return total

    def _legs_out(self, tag: str) -> int:
        return sum(leg.filled for legs in self.legs(tag) for leg in legs)

    def _held(self, contract_id: str, side: int, *, stated: bool = True) -> list[HeldEntry]:
        """Return what the orders say is held of each entry of a contract, the oldest first."""
        found = []
        for guarded, entry in self._entries(contract_id, side):
            view = self._assessed(guarded, entry, None, stated=stated)
            out = self._legs_out(guarded.tag)
            found.append(HeldEntry(guarded.tag, entry.size, entry.filled, view.held, out))
        return found

    def _entries(self, contract_id: str, side: int) -> list[tuple[Guarded, OrderState]]:
        """Return what is guarded of a contract on a side and was seen, the oldest first."""
        found = []
        for one in self._guarded.values():
            entry = self._desk.ledger.by_tag(one.tag)
            order = None if entry is None else entry.snapshot()
            if entry and order and (order.contract_id, order.side) == (contract_id, side):
                found.append((one, entry))
        return found

    def _compare(self, contract_id: str, side: int) -> int | None:
        """Note where less is held than the orders say; return what is held on this side, if known.

        After a restart any statement counts: nobody knows what was closed before.
        """
        filled = self._filled_in(contract_id)
        if filled != self._seen.get(contract_id, 0):
            # A fill that completes an order is told of only with its end, and counts before.
            self._seen[contract_id] = filled
            self._grown_ns[contract_id] = self._clock.now_ns()
        said = self._net_after(contract_id, self._grown_ns.get(contract_id, 0))
        held = self._held(contract_id, side, stated=False)
        restored = self._restored & {one.tag for one in held}
        if said is None and not (restored and self._net_after(contract_id, 0) is not None):
            return None
        self._restored -= restored
        net = self._net(contract_id) if said is None else said
        left = max(0, net if side == BUY else -net)
        missing = max(0, sum(one.held for one in held) - left)
        if said is None:
            # A statement that may be older than a fill must leave nothing unprotected.
            self.closings.take(held, missing, sure=False)
            return None
        self.closings.state(held, missing)
        return left

    async def close_out(self, tag: str) -> bool:
        """Close what is held of an entry; return whether nothing of it is left to be closed."""
        guarded, entry = self._guarded.get(tag), self._desk.ledger.by_tag(tag)
        view = None if guarded is None else self._view(guarded)
        if guarded is None or entry is None or view is None or not view.held:
            return guarded is not None or entry is None or not entry.filled
        self.closings.stand_down(entry.snapshot().contract_id)
        done = await self._exit(guarded, entry, view.held)
        self.closings.resume(entry.snapshot().contract_id)
        self._look(guarded)
        return done

    def on_read(self, asof_ns: int) -> None:
        """Look after everything, and let go of what a complete read shows to be over."""
        self._settle_doubts(asof_ns)
        self.closings.settle(asof_ns, self._grown_ns, self._net_after, self._held)
        for guarded in list(self._guarded.values()):
            over_ns = guarded.over_ns
            guarded.confirmed = over_ns is not None and asof_ns > over_ns + SETTLE_NS
            self._look(guarded)

    def awaits_read(self) -> bool:
        """Whether an entry seems to be over or closed, and only a read can show that it is."""
        return any(self._brings_back(contract_id) for contract_id in self._back_ns) or any(
            guarded.over_ns is not None or self._seems_closed(guarded)
            for guarded in self._guarded.values()
        )

    def _seems_closed(self, guarded: Guarded) -> bool:
        """Whether less was held at the last statement than orders say, too early to believe it."""
        entry = self._desk.ledger.by_tag(guarded.tag)
        if entry is None or not entry.filled:
            return False
        order = entry.snapshot()
        said = self._net_after(order.contract_id, 0)
        held = sum(one.held for one in self._held(order.contract_id, order.side))
        return said is not None and held > max(0, said if order.side == BUY else -said)

    def on_position(self) -> None:
        """Look after everything, since a position was stated, or an order never arrived."""
        for guarded in list(self._guarded.values()):
            self._look(guarded)

    def legs(self, tag: str) -> tuple[list[OrderState], list[OrderState]]:
        """Return the stops and the targets of an entry, ended ones included."""
        ledger = self._desk.ledger
        entry = ledger.by_tag(tag)
        stops: dict[int, OrderState] = {}
        targets: dict[int, OrderState] = {}
        for state in ledger.children(entry.id) if entry is not None else ():
            kind = targets if state.snapshot().type == LIMIT else stops
            kind[state.id] = state
        for submission in ledger.submissions_for(tag):
            found = ledger.by_tag(submission.intent.tag)
            if found is not None and submission.intent.purpose is Purpose.STOP:
                stops[found.id] = found
            elif found is not None and submission.intent.purpose is Purpose.TARGET:
                targets[found.id] = found
        return list(stops.values()), list(targets.values())

    def _filled_ns(self, change: OrderChange, reconciled: bool) -> int:
        """Return when contracts filled; a read may tell of what was long ago.

        The gateway's own time is taken only when it is well past, since its clock is not ours.
        """
        now_ns, said_ns = self._clock.now_ns(), change.order.updated_ns
        old = reconciled and said_ns is not None and now_ns - said_ns > OLD_NS
        return said_ns if old and said_ns is not None else now_ns

    def _look(self, guarded: Guarded) -> None:
        guarded.changed.set()
        view = self._view(guarded)
        if view is None:
            if guarded.task is None:
                self._end(guarded)
            return
        self._measure(guarded, view)
        if guarded.task is None and needs_work(
            view,
            misplaced_legs(guarded, self.legs(guarded.tag), self._desk.ledger),
            guarded.refused_targets,
        ):
            guarded.task = self._tasks.spawn(self._tend(guarded), name=f"guard-{guarded.tag}")
        elif guarded.task is None:
            self._end(guarded)

    def _view(self, guarded: Guarded) -> Assessment | None:
        entry = self._desk.ledger.by_tag(guarded.tag)
        if entry is None:
            return None
        order = entry.snapshot()
        left = self._compare(order.contract_id, order.side)
        if left is None:
            return self._assessed(guarded, entry, None)
        # What was closed was closed of the oldest: the youngest entries hold what is left.
        held = self._held(order.contract_id, order.side)
        tags = [one.tag for one in held]
        younger = sum(one.held for one in held[tags.index(guarded.tag) + 1 :])
        return self._assessed(guarded, entry, max(0, left - younger))

    def _assessed(
        self, guarded: Guarded, entry: OrderState, most: int | None, *, stated: bool = True
    ) -> Assessment:
        stops, targets = self.legs(guarded.tag)
        order = entry.snapshot()
        exited, returning = exiting(self._desk.ledger, guarded.tag, order.side)
        sure, maybe = self.closings.of(
            guarded.tag, entry.filled, self._legs_out(guarded.tag) if stated else None
        )
        reversed_by = self._reversed_by(guarded, order.contract_id, order.side)
        if reversed_by:
            maybe = max(maybe, by_others(self._desk.ledger, order, 1 - order.side) - sure)
        if reversed_by or self._legs_out(guarded.tag) + exited > entry.filled:
            grown_ns = self._grown_ns.get(order.contract_id, 0)
            if self._net_after(order.contract_id, grown_ns) is None:
                # What a close has brought back, or will, no statement may have told of yet.
                back = by_others(self._desk.ledger, order, order.side) + self._lent(guarded, order)
                returning, reversed_by = returning + back, max(0, reversed_by - back)
        return assess(
            entry,
            stops,
            targets,
            protection=guarded.protection,
            most=most,
            exited=exited,
            returning=returning,
            closed=(sure, maybe),
            reversed_by=reversed_by,
        )

    def _reversed_by(self, guarded: Guarded, contract_id: str, side: int) -> int:
        """Return the contracts held on the other side that no other entry answers for.

        Older entries come first; before a guess about any come those whose orders prove it.
        """
        net = self._net(contract_id)
        against = -net if side == BUY else net
        if against <= 0 or self._brings_back(contract_id):
            return 0
        is_older = True
        for other, entry in self._entries(contract_id, side):
            if other is guarded:
                is_older = False
            elif is_older:
                against -= self._assessed(other, entry, None).overfilled
            else:
                against -= self._exited_twice(other.tag, entry)
        return max(0, against)

    def _exited_twice(self, tag: str, entry: OrderState) -> int:
        """Return what an entry's own orders have exited beyond it, and do not bring back."""
        exited, returning = exiting(self._desk.ledger, tag, entry.snapshot().side)
        return max(0, self._legs_out(tag) + exited - returning - entry.filled)

    def _lent(self, guarded: Guarded, order: OrderUpdate) -> int:
        """Return what was brought back for others, and may have been what this one exited."""
        return sum(
            lent(self._desk.ledger, other.tag, entry, self._legs_out(other.tag))
            for other, entry in self._entries(order.contract_id, order.side)
            if other is not guarded
        )

    def _brings_back(self, contract_id: str) -> bool:
        """Whether a reversal was closed that no statement since tells of."""
        sent_ns = self._back_ns.get(contract_id)
        return sent_ns is not None and self._net_after(contract_id, sent_ns) is None

    def _in_flight(self, contract_id: str) -> bool:
        """Whether what is held of a contract is about to change, by whomsoever."""
        return self._brings_back(contract_id) or is_being_closed(self._desk.ledger, contract_id)

    def _leaving(self, tag: str) -> bool:
        """Whether something sent for an entry may still fill, or arrive: it is not over then."""
        for submission in self._desk.ledger.submissions_for(tag):
            state = self._desk.ledger.by_tag(submission.intent.tag)
            if submission.is_outstanding or (state is not None and state.is_working):
                return True
        return False

    def _measure(self, guarded: Guarded, view: Assessment) -> None:
        now_ns = self._clock.monotonic_ns()
        bare = view.missing or (not view.held and self._closing(guarded))
        if bare and guarded.naked_since_ns is None:
            guarded.naked_since_ns = now_ns
        elif not bare and guarded.naked_since_ns is not None:
            guarded.spans.append((guarded.naked_since_ns, now_ns))
            guarded.naked_since_ns = None

    def _is_over(self, guarded: Guarded, over: bool) -> bool:
        """Whether an entry that seems to be over is: legs may work that no event told of."""
        if not over:
            guarded.over_ns, guarded.confirmed = None, False
        elif guarded.over_ns is None:
            guarded.over_ns = self._clock.now_ns()
            # Whoever reads may be resting for as long as nothing calls for a read.
            self._desk.doubt()
        return over and guarded.confirmed

    def _closing(self, guarded: Guarded) -> bool:
        """Whether what was unprotected is being closed, and is not yet."""
        return guarded.naked_since_ns is not None and self._leaving(guarded.tag)

    def _end(self, guarded: Guarded) -> None:
        """Stop guarding what has ended for good."""
        entry = self._desk.ledger.by_tag(guarded.tag)
        submission = self._desk.ledger.submission(guarded.tag)
        gone = submission is not None and submission.state in (
            IntentState.ABSENT,
            IntentState.UNSENT,
            IntentState.REFUSED,
        )
        if entry is not None and entry.is_terminal:
            view = self._view(guarded)
            working = [leg for legs in self.legs(guarded.tag) for leg in legs if leg.is_working]
            open_ = view is not None and (view.held or view.overfilled)
            open_ = open_ or self._rests_on_a_statement(guarded, entry)
            leaving = self._leaving(guarded.tag) or self._in_flight(entry.snapshot().contract_id)
            over = view is not None and not (open_ or working or leaving)
            gone = self._is_over(guarded, over)
        if not gone or self._guarded.pop(guarded.tag, None) is None:
            return
        self.closings.forget(guarded.tag)
        if self._ended is not None:
            self._ended(guarded.tag)
        if entry is not None and entry.filled:
            self.spans.append(guarded.spans)
            del self.spans[:-KEPT_TIMES]
            self.ended.append((entry.snapshot(), guarded.naked_ns))

    async def _tend(self, guarded: Guarded) -> None:
        """Do what is needed until nothing is."""
        began_ns = self._clock.monotonic_ns()
        try:
            while True:
                guarded.changed.clear()
                view = self._view(guarded)
                if view is None:
                    return
                self._measure(guarded, view)
                misplaced = misplaced_legs(guarded, self.legs(guarded.tag), self._desk.ledger)
                if not needs_work(view, misplaced, guarded.refused_targets):
                    return
                if not view.missing and not view.overfilled:
                    began_ns = max(began_ns, self._clock.monotonic_ns() - int(GRACE_S * NS))
                age_s = (self._clock.monotonic_ns() - began_ns) / NS
                if not await self._act(guarded, view, misplaced, age_s):
                    self._ask(guarded)
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(self._rest_s(guarded)):
                            await guarded.changed.wait()
        finally:
            guarded.task = None
            self._end(guarded)

    async def _act(
        self, guarded: Guarded, view: Assessment, misplaced: list[OrderEdit], age_s: float
    ) -> bool:
        """Do the most urgent thing; return whether anything was done."""
        entry = self._desk.ledger.by_tag(guarded.tag)
        if entry is None:
            return False
        if (view.overfilled or view.missing) and self._clock.monotonic_ns() < guarded.retry_ns:
            return False
        if view.overfilled:
            self._warn(guarded.tag, f"{view.overfilled} contracts were exited twice; closing them")
            self.closings.prove(guarded.tag, entry.filled, view.closed)
            return await self._exit(guarded, entry, view.overfilled, back=True)
        if view.missing:
            if self._is_closing(entry.snapshot().contract_id):
                return False
            return await self._cover(guarded, entry, view, age_s)
        alone = sum(self.closings.of(guarded.tag, entry.filled, None)) > 0
        if view.orphans and (age_s >= GRACE_S or alone):
            return await self._sweep(guarded, view.orphans)
        for resize in view.shrink:
            return await self._resize(guarded, resize.order_id, resize.size)
        if view.targets_missing > guarded.refused_targets and age_s >= GRACE_S:
            return await self._aim(guarded, entry, view.targets_missing)
        for edit in misplaced:
            guarded.adjusted.add(edit.order_id)
            await self._desk.modify(edit, lane=Lane.PROTECTIVE)
            return True
        return False

    def _rest_s(self, guarded: Guarded) -> float:
        """Return how long to wait for a fact; what a lost close did is asked for when it is due."""
        entry, rest_s = self._desk.ledger.by_tag(guarded.tag), _pause_s(guarded.unsent)
        due_s = None if entry is None else self.closings.read_due_s(entry.snapshot().contract_id)
        if due_s:
            return min(rest_s, due_s)
        if due_s is not None:
            self._desk.doubt()
        return rest_s

    def _ask(self, guarded: Guarded) -> None:
        """Have the gateway read, but not all the time."""
        now_ns = self._clock.monotonic_ns()
        if guarded.asked_ns is None or now_ns - guarded.asked_ns >= ASK_S * NS:
            guarded.asked_ns = now_ns
            self._desk.doubt()

    async def _sweep(self, guarded: Guarded, order_ids: tuple[int, ...]) -> bool:
        """Cancel what is left over; one that still works long after is cancelled once more."""
        done = False
        for order_id in order_ids:
            now_ns = self._clock.monotonic_ns()
            sent_ns = guarded.cancelled_ns.get(order_id)
            if sent_ns is not None and now_ns - sent_ns < DEADLINE_S * NS:
                continue
            guarded.cancelled_ns[order_id] = now_ns
            done |= isinstance(await self._desk.cancel(order_id), Accepted)
        return done

    async def _cover(
        self, guarded: Guarded, entry: OrderState, view: Assessment, age_s: float
    ) -> bool:
        stop = guarded.protection.stop
        if stop is None:
            return False
        if age_s >= DEADLINE_S:
            self._warn(guarded.tag, f"{view.missing} contracts could not be protected; closing")
            return await self._exit(guarded, entry, view.missing)
        stops, _ = self.legs(guarded.tag)
        # Legs that have ended are not on their way.
        comes = guarded.protection.native and not (stops and all(leg.is_terminal for leg in stops))
        if (comes and age_s < GRACE_S) or self._pending_cover(guarded.tag):
            return False
        if self._refused_unseen(guarded) or exit_never_left(self._desk.ledger, guarded.tag):
            self._warn(guarded.tag, "the stop was found refused; closing")
            return await self._exit(guarded, entry, view.missing)
        working = [leg for leg in stops if leg.status == OPEN]
        if working:
            leg = working[-1]
            return await self._resize(guarded, leg.id, leg.size + view.missing)
        outcome = await self._send(
            guarded, entry, Purpose.STOP, size=view.missing, type=STOP, stop=stop
        )
        if isinstance(outcome, Refused):
            self._refused_unseen(guarded)
            self._warn(guarded.tag, f"the stop was refused ({outcome.message}); closing")
            return await self._exit(guarded, entry, view.missing)
        return isinstance(outcome, Accepted)

    def _refused_unseen(self, guarded: Guarded) -> bool:
        """Tell, once, that the newest stop was refused by an answer that was lost."""
        stops = [
            submission
            for submission in self._desk.ledger.submissions_for(guarded.tag)
            if submission.intent.purpose is Purpose.STOP
        ]
        if not stops or stops[-1].state is not IntentState.REFUSED:
            return False
        tag = stops[-1].intent.tag
        seen, guarded.refused_stop = guarded.refused_stop == tag, tag
        return not seen

    def _pending_cover(self, tag: str) -> bool:
        """Tell whether a stop was sent whose answer was lost."""
        return any(
            submission.is_outstanding and submission.intent.purpose is Purpose.STOP
            for submission in self._desk.ledger.submissions_for(tag)
        )

    async def _aim(self, guarded: Guarded, entry: OrderState, size: int) -> bool:
        outcome = await self._send(
            guarded, entry, Purpose.TARGET, size=size, type=LIMIT, limit=guarded.protection.target
        )
        if not isinstance(outcome, Accepted):
            guarded.refused_targets = size
            self._warn(guarded.tag, "the profit target could not be placed")
        return isinstance(outcome, Accepted)

    async def _exit(
        self, guarded: Guarded, entry: OrderState, size: int, *, back: bool = False
    ) -> bool:
        self.flattened += not back
        contract_id, now_ns = entry.snapshot().contract_id, self._clock.now_ns()
        # No statement from before tells what is held after it.
        grown_ns = self._grown_ns.get(contract_id, 0)
        self._grown_ns[contract_id] = max(now_ns, grown_ns)
        if back:
            self._back_ns[contract_id] = now_ns
        outcome = await self._send(guarded, entry, Purpose.EXIT, size=size, type=MARKET, back=back)
        if isinstance(outcome, Refused) and self._grown_ns[contract_id] == max(now_ns, grown_ns):
            # Nothing has changed by it: what was said before is true still.
            self._grown_ns[contract_id] = grown_ns
        self._pace(guarded, isinstance(outcome, Refused))
        return isinstance(outcome, Accepted)

    def _pace(self, guarded: Guarded, refused: bool) -> None:
        """Space exits that are refused, as in a closed market: each refusal is an event."""
        guarded.refused_exits = guarded.refused_exits + 1 if refused else 0
        if refused:
            pause_s = min(LOOK_S * 2 ** min(guarded.refused_exits, 10), DEADLINE_S)
            guarded.retry_ns = self._clock.monotonic_ns() + int(pause_s * NS)
            self._desk.doubt()

    async def _send(
        self,
        guarded: Guarded,
        entry: OrderState,
        purpose: Purpose,
        *,
        size: int,
        type: int,  # noqa: A002 - the gateway's name
        limit: int | None = None,
        stop: int | None = None,
        back: bool = False,
    ) -> object:
        guarded.legs += 1
        order = entry.snapshot()
        # An earlier run may have used the numbers, and the gateway remembers its tags.
        tag = f"{guarded.tag}.{purpose.value[0]}{guarded.legs}{self._run}"
        other = SELL if order.side == BUY else BUY
        request = OrderRequest(
            account_id=order.account_id,
            contract_id=order.contract_id,
            type=type,
            side=order.side if back else other,
            size=size,
            limit=limit,
            stop=stop,
            tag=tag,
        )
        intent = Intent(
            tag=tag,
            request=request,
            purpose=purpose,
            protects=guarded.tag,
            created_ns=self._clock.now_ns(),
        )
        outcome = await self._desk.place_till_told(intent, DEADLINE_S)
        left = not isinstance(outcome, Uncertain) or outcome.sent
        guarded.unsent = 0 if left else guarded.unsent + 1
        return outcome

    async def _resize(self, guarded: Guarded, order_id: int, size: int) -> bool:
        state = self._desk.ledger.order(order_id)
        if state is None:
            return False
        if size <= state.filled:
            # It works on until the hub says otherwise, and is not cancelled again meanwhile.
            return await self._sweep(guarded, (order_id,))
        edit = OrderEdit(
            account_id=self._desk.ledger.account_id,
            order_id=order_id,
            contract_id=state.snapshot().contract_id,
            size=size,
        )
        return isinstance(await self._desk.modify(edit, lane=Lane.PROTECTIVE), Accepted)


def _pause_s(unsent: int) -> float:
    """Return how long to wait for a fact before looking again."""
    return min(LOOK_S, SOONEST_S * 2 ** (unsent - 1)) if unsent else LOOK_S
