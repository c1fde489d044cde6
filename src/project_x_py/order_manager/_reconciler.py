"""Asks the gateway what is true: at the start, after every outage, and all along.

Events are hints and queries are the truth. A read is complete or it counts for nothing: every
page of every working order, suspended legs included, and whatever was created since the oldest
submission that nobody has seen yet. Positions come from the same read, fills when an order says
that it filled and no fill of it is known.

Invariants (``tests/order_manager/test_reconciler.py``):

- a read that failed, or that may lack a row, changes nothing and proves nothing;
- a submission without an answer is looked for at once, and again after the time that a proof of
  absence takes, for as long as it is unknown; what protects or closes is looked for at that very
  moment, whatever else is being read, and a list that fails or is slow is asked for anew;
- reads are spaced so that their share of the rate budget is small: 10 s while something works or
  is held, 60 s when flat, sooner only while something is in doubt or an order is young and the
  hub should have told more of it; what changes in between shortens the pause that has begun.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from project_x_py._core.orders.intents import SETTLE_NS, CompleteRead, Purpose
from project_x_py._core.orders.state import PENDING, WORKING
from project_x_py._core.submission import Lane, Listed, OrderSearch
from project_x_py._core.time import NS
from project_x_py._runtime.together import both, hedged, together
from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine, Sequence

    from project_x_py._core.grid import TickGrid
    from project_x_py._core.orders.intents import Submission
    from project_x_py._core.records import OrderUpdate, PositionUpdate, TradeUpdate
    from project_x_py._core.submission import Listing
    from project_x_py._ports import Clock, OrderQueries
    from project_x_py.order_manager._desk import OrderDesk

__all__ = ["ReadPositions", "Reconciler"]

logger = logging.getLogger(__name__)

WORKING_S = 10.0
FLAT_S = 60.0
RETRY_S = (0.25, 0.5, 1.0, 2.0, 5.0)
"""Waits after reads that failed; the last one repeats."""

URGENT_S = 0.5
"""Longest wait after a read that failed while an outcome is unknown, or a read is due soon."""

PATIENCE_S = (2.0, 2.0, 2.0, 30.0)
"""Longest reads while an outcome is unknown, in turn: a slow gateway has its turn, too."""

HEDGE_S = 0.15
"""After so long without an answer a list that protection waits for is asked for once more."""

TRIES = 5
"""How often such a list is asked for when it fails."""

EAGER_S = (0.05, 0.05, 0.1, 0.1, 0.2, 0.2, 0.3, 0.3, 2.0)
"""Waits after such reads that failed; before the last, which repeats, nothing is asked for anew
within a read any more, since an outage must not use up the request limit."""

SOON_S, DUE_S = 0.25, 1.0
AWAITED_NS = 10 * NS
"""How long a market order, or one that only an answer has told of, is asked for: in its first
second every ``SOON_S``, then every ``DUE_S``."""

MARKET = 2

SHORTEST_NS = NS // 10
"""Shortest wait for a read that proves something."""

MARGIN_NS = 60 * NS
"""How much earlier than asked for a search begins: the gateway's clock is not ours."""


class ReadPositions(Protocol):
    """Who keeps positions and fills: told of every complete list."""

    def hear_positions(self, listed: tuple[PositionUpdate, ...], asof_ns: int) -> None: ...

    def hear_fill(self, fill: TradeUpdate) -> None: ...

    def holds_positions(self) -> bool: ...


class Reconciler:
    """Keeps a desk's ledger equal to the gateway.

    Args:
        desk: Merges what is read.
        queries: What the gateway knows.
        clock: Stamps and spaces the reads.
        grid: Finds the grid of a contract, before its orders are told of.
        positions: Told of positions and fills, where somebody keeps them.
        after: Called after each complete read with the time as of which it is true.
        awaited: Whether somebody waits for a read.
    """

    def __init__(
        self,
        desk: OrderDesk,
        queries: OrderQueries,
        *,
        clock: Clock,
        grid: Callable[[str], Awaitable[TickGrid]] | None = None,
        positions: ReadPositions | None = None,
        after: Callable[[int], None] | None = None,
        awaited: Callable[[], bool] | None = None,
    ) -> None:
        self.reads = 0
        self.failures = 0
        self.last_read_ns: int | None = None
        """Exchange time as of which the ledger equals the gateway."""
        self.last_error: str | None = None
        self.positions = positions
        self._desk = desk
        self._queries = queries
        self._clock = clock
        self._grid = grid
        self.after = after
        self.awaited = awaited
        self._sought: set[int] = set()
        self._looked: set[str] = set()
        """Urgent submissions without an answer that were looked for since that was lost."""
        self._asked = False
        self._stirred = asyncio.Event()
        self._doubted = asyncio.Event()
        self._since_ns = 0
        self._failed_in_row = 0
        desk.on_doubt(self.ask)

    def ask(self) -> None:
        """Have a read made at once."""
        self._asked = True
        self._stirred.set()
        self._doubted.set()

    def find(self, order_id: int) -> None:
        """Have an order looked up that no list may show any more."""
        self._sought.add(order_id)

    async def run(self) -> None:
        """Read for ever: at once, when asked, and at the pace that the state calls for."""
        await together((self._follow(), self._prove()))

    async def _follow(self) -> None:
        while True:
            self._asked = False
            await self.read()
            await self._rest()

    async def _prove(self) -> None:
        """Look for urgent submissions without an answer: at once, and whenever that proves more.

        Only their own orders are looked for and told of: what else there is waits for a read that
        tells what is held, too.
        """
        failed = 0
        while True:
            self._doubted.clear()
            left_s = self._next_look_s()
            if left_s is None or left_s > 0:
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(left_s):
                        await self._doubted.wait()
            elif await self._look_for(failed):
                failed = 0
            else:
                failed += 1
                await asyncio.sleep(EAGER_S[min(failed, len(EAGER_S)) - 1])

    def _next_look_s(self) -> float | None:
        """Return in how long a look tells something; None while nothing urgent is unknown."""
        urgent = [one for one in self._desk.ledger.outstanding() if _is_urgent(one)]
        due = {one.intent.tag: one.proof_due_ns for one in urgent if one.proof_due_ns is not None}
        self._looked &= due.keys()
        if due.keys() - self._looked:
            return 0.0
        if not due:
            return None
        return (min(due.values()) - self._clock.monotonic_ns()) / NS

    async def _look_for(self, failed: int) -> bool:
        """Read all orders since the oldest submission; return whether the lists were complete."""
        began_ns, asof_ns = self._clock.monotonic_ns(), self._clock.now_ns()
        insists = failed < len(EAGER_S) - 1
        hedge_s = HEDGE_S * (1 + failed) if insists else None
        # No pause that others have to make holds what a stop waits for, for as long as it is short.
        lane = Lane.CANCEL if insists else Lane.RECONCILE
        tags = {one.intent.tag for one in self._desk.ledger.outstanding()}
        try:
            async with asyncio.timeout(PATIENCE_S[failed % len(PATIENCE_S)]):
                rows = await self._orders(asof_ns, lane, hedge_s)
                found = [row for row in rows or () if row.custom_tag in tags]
                await self._know_grids(found)
        except (TimeoutError, ProjectXError) as exc:
            logger.debug("what became of an order could not be read: %s", exc)
            return False
        if rows is None:
            return False
        self._looked |= tags
        for row in found:
            self._desk.hear(_as_of(row, asof_ns), reconciled=True)
        self._desk.hear_tags(_complete(rows, began_ns, asof_ns))
        return True

    async def _know_grids(self, rows: Sequence[OrderUpdate | PositionUpdate]) -> None:
        if self._grid is not None:
            for contract_id in {row.contract_id for row in rows}:
                await self._grid(contract_id)

    def stir(self) -> None:
        """Look again how long the pause may be, since something has changed."""
        self._stirred.set()

    async def read(self, *, lane: Lane = Lane.RECONCILE) -> bool:
        """Make one complete read and merge it.

        Args:
            lane: Whose turn it is when requests are scarce; that of what waits for the read.

        Returns:
            Whether it was complete; otherwise ``last_error`` says why.
        """
        began_ns, asof_ns = self._clock.monotonic_ns(), self._clock.now_ns()
        try:
            async with asyncio.timeout(self._patience_s()):
                rows, positions = await self._asked_for(asof_ns, lane)
                rows = None if rows is None else await self._with_sought(rows, lane)
                held = positions.rows if isinstance(positions, Listed) else ()
                await self._know_grids([*(rows or ()), *held])
        except TimeoutError:
            return self._failed("no answer in time")
        except ProjectXError as exc:
            return self._failed(str(exc))
        if rows is None:
            return self._failed("the list of orders was not complete")
        if not isinstance(positions, Listed) or not positions.complete:
            return self._failed("the list of positions was not complete")
        read = self._hear(rows, positions.rows, began_ns, asof_ns)
        try:
            await self._look_up(self._desk.ledger.unaccounted(read), asof_ns, lane)
            await self._fills(asof_ns, lane)
        except ProjectXError as exc:
            return self._failed(str(exc))
        self._desk.hear_read(read)
        self.reads += 1
        self._failed_in_row = 0
        self.last_read_ns = asof_ns
        self.last_error = None
        self._since_ns = asof_ns
        if self.after is not None:
            self.after(asof_ns)
        return True

    def _hear(
        self,
        rows: list[OrderUpdate],
        positions: tuple[PositionUpdate, ...],
        began_ns: int,
        asof_ns: int,
    ) -> CompleteRead:
        """Merge a read in one piece, so that nobody acts on the half of it.

        What is held comes first: whoever hears of an old fill has to know whether it is closed.
        """
        if self.positions is not None:
            self.positions.hear_positions(positions, asof_ns)
        for row in rows:
            self._desk.hear(_as_of(row, asof_ns), reconciled=True)
        return _complete(rows, began_ns, asof_ns)

    async def _with_sought(self, rows: list[OrderUpdate], lane: Lane) -> list[OrderUpdate]:
        """Return the rows of the lists and of the orders that are sought by their number."""
        found = {row.id: row for row in rows}
        for order_id in sorted(self._sought - set(found)):
            row = await self._queries.order(self._desk.ledger.account_id, order_id, lane=lane)
            if row is None:
                logger.error("order %d was confirmed, and the gateway denies it", order_id)
            else:
                found[order_id] = row
        self._sought.clear()
        return list(found.values())

    async def _asked_for(
        self, asof_ns: int, lane: Lane
    ) -> tuple[list[OrderUpdate] | None, Listing[PositionUpdate]]:
        """Return what :meth:`_orders` does, and what is held, asked for at one time."""
        positions = self._queries.positions(self._desk.ledger.account_id, lane=lane)
        return await both(self._orders(asof_ns, lane), positions)

    async def _orders(
        self, asof_ns: int, lane: Lane, hedge_s: float | None = None
    ) -> list[OrderUpdate] | None:
        """Return every working order and everything new; None when a row may be missing.

        With ``hedge_s`` a list that fails, or has no answer after so long, is asked for once more.
        """
        account_id = self._desk.ledger.account_id
        working = OrderSearch(account_id=account_id, statuses=tuple(sorted(WORKING)))
        recent = OrderSearch(account_id=account_id, created_after_ns=self._window_ns(asof_ns))
        found: dict[int, OrderUpdate] = {}
        for listing in await together(
            self._listed(search, lane, hedge_s) for search in (working, recent)
        ):
            if not isinstance(listing, Listed) or not listing.complete:
                return None
            found.update((row.id, row) for row in listing.rows)
        return list(found.values())

    async def _listed(
        self, search: OrderSearch, lane: Lane, hedge_s: float | None
    ) -> Listing[OrderUpdate]:
        def ask() -> Coroutine[Any, Any, Listing[OrderUpdate]]:
            return self._queries.orders(search, lane=lane)

        for _ in range(TRIES - 1 if hedge_s is not None else 0):
            # The last failure is the caller's. A list that came afterwards tells no less.
            with contextlib.suppress(ProjectXError):
                return await hedged(ask, hedge_s or HEDGE_S, 2)
        return await ask()

    def _window_ns(self, asof_ns: int) -> int:
        oldest = [one.intent.created_ns for one in self._desk.ledger.outstanding()]
        return min([self._since_ns or asof_ns, asof_ns, *oldest]) - MARGIN_NS

    async def _look_up(self, order_ids: list[int], asof_ns: int, lane: Lane) -> None:
        """Ask for orders that were working and are in no list any more."""
        for order_id in order_ids:
            row = await self._queries.order(self._desk.ledger.account_id, order_id, lane=lane)
            if row is None:
                logger.error("order %d was working, and the gateway denies it", order_id)
            else:
                self._desk.hear(_as_of(row, asof_ns), reconciled=True)

    async def _fills(self, asof_ns: int, lane: Lane) -> None:
        """Read fills again, when an order says that it filled further than its known fills."""
        missing = [state for state in self._desk.ledger.orders() if state.fills_missing]
        if not missing:
            return
        created = [state.snapshot().created_ns or asof_ns for state in missing]
        listed = await self._queries.fills(
            self._desk.ledger.account_id, min(created) - MARGIN_NS, lane=lane
        )
        if not isinstance(listed, Listed) or not listed.complete:
            return
        for fill in listed.rows:
            self._desk.hear_fill(fill, reconciled=True)
            if self.positions is not None:
                self.positions.hear_fill(fill)

    def _patience_s(self) -> float | None:
        """Return how long a read may take while an outcome is unknown, None for as long as it may.

        The client tries a query again after waits of its own, which may outlast the trouble.
        """
        if not self._desk.ledger.outstanding():
            return None
        return PATIENCE_S[self._failed_in_row % len(PATIENCE_S)]

    async def _rest(self) -> None:
        """Wait until a read is asked for, or the pause that the state calls for is over."""
        began_ns, pause_s = self._clock.monotonic_ns(), self._pause_s()
        while not self._asked:
            self._stirred.clear()
            now_ns, before_s, pause_s = self._clock.monotonic_ns(), pause_s, self._pause_s()
            if pause_s < before_s:
                # The shorter pause begins with what called for it, not with the last read.
                began_ns = now_ns
            left_s = pause_s - (now_ns - began_ns) / NS
            if left_s <= 0:
                return
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left_s):
                    await self._stirred.wait()

    def _pause_s(self) -> float:
        if self._failed_in_row:
            pause_s = RETRY_S[min(self._failed_in_row, len(RETRY_S)) - 1]
            outstanding = self._desk.ledger.outstanding()
            if not all(_is_urgent(one) for one in outstanding):
                return min(pause_s, URGENT_S)
            # Whoever would be read for soon does not wait longer because a read has failed.
            return min(pause_s, DUE_S if outstanding else max(self._calm_pause_s(), URGENT_S))
        return self._calm_pause_s()

    def _calm_pause_s(self) -> float:
        outstanding = [one for one in self._desk.ledger.outstanding() if not _is_urgent(one)]
        if outstanding:
            now_ns = self._clock.monotonic_ns()
            due = [one.proof_due_ns for one in outstanding if one.proof_due_ns is not None]
            return max(min(due, default=now_ns + SETTLE_NS) - now_ns, SHORTEST_NS) / NS
        working = [state.snapshot() for state in self._desk.ledger.working()]
        ages = [age_ns for order in working if (age_ns := self._awaited_ns(order)) is not None]
        if ages:
            return SOON_S if min(ages) < NS else DUE_S
        if self.awaited is not None and self.awaited():
            return DUE_S
        held = self.positions is not None and self.positions.holds_positions()
        return WORKING_S if held or working else FLAT_S

    def _awaited_ns(self, order: OrderUpdate) -> int | None:
        """Return the age of an order of which the hub should have told more, None for others."""
        age_ns = self._clock.now_ns() - (order.created_ns or order.recv_ns)
        awaited = order.status == PENDING or order.type == MARKET
        return age_ns if awaited and age_ns < AWAITED_NS else None

    def _failed(self, reason: str) -> bool:
        self.failures += 1
        self._failed_in_row += 1
        if reason != self.last_error:
            logger.warning("orders and positions could not be read: %s", reason)
        self.last_error = reason
        return False


def _complete(rows: list[OrderUpdate], began_ns: int, asof_ns: int) -> CompleteRead:
    return CompleteRead(
        began_ns,
        asof_ns,
        frozenset(row.custom_tag for row in rows if row.custom_tag),
        frozenset(row.id for row in rows),
    )


def _is_urgent(submission: Submission) -> bool:
    """Whether something is held without protection, or twice closed, until it is known."""
    intent = submission.intent
    return intent.protects is not None or intent.purpose is Purpose.EXIT


def _as_of(row: OrderUpdate, asof_ns: int) -> OrderUpdate:
    """Return a row that was read, stamped with the moment the read began, not ended."""
    return msgspec.structs.replace(row, recv_ns=asof_ns)
