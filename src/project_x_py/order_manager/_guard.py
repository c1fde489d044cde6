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
import secrets
from typing import TYPE_CHECKING

from project_x_py._core.orders.family import Assessment, assess
from project_x_py._core.orders.intents import (
    SETTLE_NS,
    Intent,
    IntentState,
    Protection,
    Purpose,
)
from project_x_py._core.orders.state import OPEN
from project_x_py._core.submission import Accepted, Lane, OrderEdit, OrderRequest, Refused
from project_x_py._core.time import NS

if TYPE_CHECKING:
    from collections.abc import Callable

    from project_x_py._core.orders.ledger import OrderChange
    from project_x_py._core.orders.state import OrderState
    from project_x_py._ports import Clock, TaskOwner
    from project_x_py.order_manager._desk import OrderDesk

__all__ = ["DEADLINE_S", "GRACE_S", "Guarded", "ProtectionGuard"]

logger = logging.getLogger(__name__)

GRACE_S = 0.25
"""How long the gateway's own legs may take to appear, to grow, or to be cancelled."""

DEADLINE_S = 5.0
"""How long anything may stay unprotected before it is closed."""

LOOK_S = 0.25
"""How often an entry in need is looked at when no fact arrives."""

ASK_S = 2.0
"""How often an entry in need asks for a read."""

OLD_NS = 5 * NS
"""A fill that a read tells of, and that is older than this, may be closed by now."""

KEPT_TIMES = 10_000

LIMIT, MARKET, STOP = 1, 2, 4
BUY, SELL = 0, 1


class Guarded:
    """An entry under guard.

    Args:
        tag: The entry's tag.
        protection: What was asked for.
    """

    __slots__ = (
        "adjusted",
        "asked_ns",
        "cancelled_ns",
        "changed",
        "confirmed",
        "legs",
        "naked_ns",
        "naked_since_ns",
        "over_ns",
        "protection",
        "refused_targets",
        "tag",
        "task",
    )

    def __init__(self, tag: str, protection: Protection) -> None:
        self.tag = tag
        self.protection = protection
        self.legs = 0
        self.naked_ns = 0
        self.naked_since_ns: int | None = None
        self.adjusted: set[int] = set()
        self.refused_targets = 0
        self.asked_ns: int | None = None
        self.cancelled_ns: dict[int, int] = {}
        self.over_ns: int | None = None
        """Since when nothing seems to be left to do; exchange time."""
        self.confirmed = False
        """Whether a complete read has shown it."""
        self.changed = asyncio.Event()
        self.task: asyncio.Task[None] | None = None


class ProtectionGuard:
    """Watches the entries of one account.

    Args:
        desk: Sends, and knows the orders.
        clock: Measures how long anything is unprotected.
        tasks: Runs one task per entry in need.
        is_flat: Whether the account is known to hold nothing of a contract, by a statement newer
            than the exchange time given.
        warn: Told, in words, what had to be done.
        ended: Told of each entry that nothing is left to be done for.
    """

    def __init__(
        self,
        desk: OrderDesk,
        *,
        clock: Clock,
        tasks: TaskOwner,
        is_flat: Callable[[str, int], bool],
        warn: Callable[[str, str], None],
        ended: Callable[[str], None] | None = None,
    ) -> None:
        self.naked_ns: list[int] = []
        """Unprotected time of each entry that ended, newest last."""
        self.flattened = 0
        self._desk = desk
        self._clock = clock
        self._tasks = tasks
        self._is_flat = is_flat
        self._warn = warn
        self._ended = ended
        self._run = secrets.token_hex(2)
        self._guarded: dict[str, Guarded] = {}
        self._grown_ns: dict[str, int] = {}

    def protect(self, tag: str, protection: Protection) -> Guarded:
        """Guard the entry of ``tag`` from now on; to be called before it is sent."""
        guarded = self._guarded[tag] = Guarded(tag, protection)
        return guarded

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
        for guarded in list(self._guarded.values()):
            self._look(guarded)

    def on_read(self, asof_ns: int) -> None:
        """Look after everything, and let go of what a complete read shows to be over."""
        for guarded in list(self._guarded.values()):
            over_ns = guarded.over_ns
            guarded.confirmed = over_ns is not None and asof_ns > over_ns + SETTLE_NS
            self._look(guarded)

    def awaits_read(self) -> bool:
        """Whether an entry seems to be over or closed, and only a read can show that it is."""
        return any(
            guarded.over_ns is not None or self._seems_closed(guarded)
            for guarded in self._guarded.values()
        )

    def _seems_closed(self, guarded: Guarded) -> bool:
        """Whether nothing was held at the last statement, and it is too early to believe it."""
        entry, view = self._desk.ledger.by_tag(guarded.tag), self._view(guarded)
        if entry is None or view is None or not view.held:
            return False
        return self._is_flat(entry.snapshot().contract_id, 0)

    def on_position(self) -> None:
        """Look after everything, since a position was stated."""
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
        if guarded.task is None and _needs_work(
            view, self._misplaced(guarded), guarded.refused_targets
        ):
            guarded.task = self._tasks.spawn(self._tend(guarded), name=f"guard-{guarded.tag}")
        elif guarded.task is None:
            self._end(guarded)

    def _view(self, guarded: Guarded) -> Assessment | None:
        entry = self._desk.ledger.by_tag(guarded.tag)
        if entry is None:
            return None
        stops, targets = self.legs(guarded.tag)
        contract_id = entry.snapshot().contract_id
        grown_ns = self._grown_ns.get(contract_id, 0)
        return assess(
            entry,
            stops,
            targets,
            protection=guarded.protection,
            flat=self._is_flat(contract_id, grown_ns),
            exited=self._exiting(guarded.tag, entry.snapshot().side),
        )

    def _exiting(self, tag: str, entry_side: int) -> int:
        """Return contracts closed, or being closed, by orders of this guard's own."""
        total = 0
        for submission in self._desk.ledger.submissions_for(tag):
            if submission.intent.purpose is not Purpose.EXIT:
                continue
            request = submission.intent.request
            state = self._desk.ledger.by_tag(submission.intent.tag)
            if state is not None:
                size = state.filled + state.remaining
            else:
                size = request.size if submission.is_outstanding else 0
            total += size if request.side != entry_side else -size
        return total

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
            guarded.naked_ns += now_ns - guarded.naked_since_ns
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
            over = view is not None and not (view.held or working or self._leaving(guarded.tag))
            gone = self._is_over(guarded, over)
        if not gone or self._guarded.pop(guarded.tag, None) is None:
            return
        if self._ended is not None:
            self._ended(guarded.tag)
        if entry is not None and entry.filled:
            self.naked_ns.append(guarded.naked_ns)
            del self.naked_ns[:-KEPT_TIMES]

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
                misplaced = self._misplaced(guarded)
                if not _needs_work(view, misplaced, guarded.refused_targets):
                    return
                if not view.missing and not view.overfilled:
                    began_ns = max(began_ns, self._clock.monotonic_ns() - int(GRACE_S * NS))
                age_s = (self._clock.monotonic_ns() - began_ns) / NS
                if not await self._act(guarded, view, misplaced, age_s):
                    self._ask(guarded)
                    with contextlib.suppress(TimeoutError):
                        async with asyncio.timeout(LOOK_S):
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
        if view.overfilled:
            self._warn(guarded.tag, f"{view.overfilled} contracts were exited twice; closing them")
            return await self._exit(guarded, entry, view.overfilled, back=True)
        if view.missing:
            return await self._cover(guarded, entry, view, age_s)
        if view.orphans and age_s >= GRACE_S:
            return await self._sweep(guarded, view.orphans)
        for resize in view.shrink:
            await self._resize(guarded, resize.order_id, resize.size)
            return True
        if view.targets_missing > guarded.refused_targets and age_s >= GRACE_S:
            return await self._aim(guarded, entry, view.targets_missing)
        for edit in misplaced:
            guarded.adjusted.add(edit.order_id)
            await self._desk.modify(edit, lane=Lane.PROTECTIVE)
            return True
        return False

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
        if (guarded.protection.native and age_s < GRACE_S) or self._pending_cover(guarded.tag):
            return False
        stops, _ = self.legs(guarded.tag)
        working = [leg for leg in stops if leg.status == OPEN]
        if working:
            leg = working[-1]
            return await self._resize(guarded, leg.id, leg.size + view.missing)
        outcome = await self._send(
            guarded, entry, Purpose.STOP, size=view.missing, type=STOP, stop=stop
        )
        if isinstance(outcome, Refused):
            self._warn(guarded.tag, f"the stop was refused ({outcome.message}); closing")
            return await self._exit(guarded, entry, view.missing)
        return isinstance(outcome, Accepted)

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
        outcome = await self._send(guarded, entry, Purpose.EXIT, size=size, type=MARKET, back=back)
        return isinstance(outcome, Accepted)

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
        return await self._desk.place(intent, lane=Lane.PROTECTIVE)

    async def _resize(self, guarded: Guarded, order_id: int, size: int) -> bool:
        state = self._desk.ledger.order(order_id)
        if state is None:
            return False
        if size <= state.filled:
            outcome = await self._desk.cancel(order_id)
        else:
            edit = OrderEdit(
                account_id=self._desk.ledger.account_id,
                order_id=order_id,
                contract_id=state.snapshot().contract_id,
                size=size,
            )
            outcome = await self._desk.modify(edit, lane=Lane.PROTECTIVE)
        return isinstance(outcome, Accepted)

    def _misplaced(self, guarded: Guarded) -> list[OrderEdit]:
        """Return edits that bring the gateway's own legs to the prices that were asked for.

        The gateway counts their distance from the fill, which need not be the price expected. A
        leg is brought there once: from then on it is its owner's to move.
        """
        if not guarded.protection.native:
            return []
        stops, targets = self.legs(guarded.tag)
        found = []
        for leg in (*stops, *targets):
            order = leg.snapshot()
            if leg.status != OPEN or leg.id in guarded.adjusted:
                continue
            stop = guarded.protection.stop if order.type == STOP else None
            limit = guarded.protection.target if order.type == LIMIT else None
            if (stop is None or order.stop in (None, stop)) and (
                limit is None or order.limit in (None, limit)
            ):
                if order.stop is not None or order.limit is not None:
                    guarded.adjusted.add(leg.id)
                continue
            found.append(
                OrderEdit(
                    account_id=order.account_id,
                    order_id=leg.id,
                    contract_id=order.contract_id,
                    stop=stop,
                    limit=limit,
                )
            )
        return found


def _needs_work(view: Assessment, misplaced: list[OrderEdit], refused_targets: int) -> bool:
    return bool(
        view.missing
        or view.overfilled
        or view.orphans
        or view.shrink
        or view.targets_missing > refused_targets
        or misplaced
    )
