"""Seeded schedules of faults for the orders of an account, and what must hold after each.

A scene is one account on one exchange. Entries are asked for while requests are lost, reads fail,
the hub is deaf and the client dies and comes back; then everything works again, and the client
has to be as if nothing had happened.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from tests.chaos.venue import CONTRACT, REQUEST_FAULTS, START, Line, Venue, VenueClock

from project_x_py._core.orders.intents import Intent, IntentState, Purpose
from project_x_py._core.orders.state import WORKING
from project_x_py._core.time import NS
from project_x_py._runtime.journal import Journal, JournalError, _Write
from project_x_py.event_bus import EventBus
from project_x_py.exceptions import ProjectXError
from project_x_py.order_manager import OrderManager
from project_x_py.position_manager import PositionManager

__all__ = ["DEEDS", "Outcome", "Plan", "play"]

TROUBLE_S = 8.0
"""How long things go wrong."""

CALM_S = 24.0
"""How long they go right afterwards at most: two reads at the ordinary pace."""

SOONEST_S = 2.0
"""How long at least; a scene in which all is as it should be ends then."""

STEP_S = 0.25

DEEDS = ("move_stop", "resize", "cancel_entry", "cancel_all", "close", "reduce", "flatten")
"""What the user may do beside entering, at any moment of the trouble."""


@dataclass(frozen=True)
class Plan:
    """What a seed does."""

    seed: int
    entries: int
    entry_type: str
    side: int
    size: int
    native: bool
    in_parts: bool
    odds: float
    query_odds: float
    hub_odds: float
    kinds: tuple[str, ...]
    kill_at: int | None
    kill_after: bool
    cancel_call: bool
    refuse_stops: int
    mute: bool
    stop_ticks: int
    target_ticks: int
    keeper: bool
    deeds: tuple[str, ...]
    disk_odds: float
    """How likely the journal's disk refuses a write."""
    neighbour: bool
    """Whether the hub tells of another account, too."""

    @classmethod
    def of(cls, seed: int, kill_at: int | None = None) -> Plan:
        """Return the plan of a seed."""
        rng = random.Random(seed)
        kinds = REQUEST_FAULTS if rng.random() < 0.5 else (rng.choice(REQUEST_FAULTS),)
        dies = rng.random() < 0.3
        # Of its own, so that what else a seed does stays what it is.
        beside = random.Random(f"beside {seed}")
        return cls(
            seed=seed,
            entries=rng.choice((1, 1, 1, 2)),
            entry_type=rng.choice(("market", "market", "limit", "stop")),
            side=rng.randrange(2),
            size=rng.choice((1, 1, 2, 3)),
            native=rng.random() < 0.5,
            in_parts=rng.random() < 0.5,
            odds=rng.choice((0.0, 0.2, 0.5)),
            query_odds=rng.choice((0.0, 0.0, 0.3, 0.8)),
            hub_odds=rng.choice((0.0, 0.2, 0.6)),
            kinds=kinds,
            kill_at=kill_at or (rng.randrange(1, 8) if dies else None),
            kill_after=rng.random() < 0.5,
            cancel_call=rng.random() < 0.2,
            refuse_stops=rng.choice((0, 0, 0, 0, 1, 5)),
            mute=rng.random() < 0.2,
            stop_ticks=rng.choice((8, 20, 200)),
            target_ticks=rng.choice((8, 20, 200)),
            keeper=rng.random() < 0.3,
            deeds=tuple(rng.sample(DEEDS, rng.choice((0, 0, 1, 1, 2)))),
            disk_odds=beside.choice((0.0, 0.0, 0.0, 0.0, 0.0, 0.3, 1.0)),
            neighbour=beside.random() < 0.2,
        )


@dataclass
class Outcome:
    """What a scene has shown."""

    plan: Plan
    wrong: list[str] = field(default_factory=list)
    resolved_s: list[float] = field(default_factory=list)
    naked_s: list[float] = field(default_factory=list)
    reachable_s: list[float] = field(default_factory=list)
    """The part of each of them in which it was so in truth, and no request in trouble was under
    way: what the client waits for by itself counts."""
    digest: str = ""
    requests: int = 0
    writes: int = 0


class DyingJournal(Journal):
    """A journal in memory whose program may die at one of its writes.

    Args:
        kill_at: Number of that write, None for none.
        after: Whether the write is still made.
        kill: Called at that moment.
    """

    def __init__(self, kill_at: int | None, *, after: bool) -> None:
        super().__init__(Path(":memory:"), threaded=False)
        self.killed = asyncio.Event()
        self.purposes: dict[str, Purpose] = {}
        self.disk_odds = 0.0
        self.refused: set[str] = set()
        """Tags that were not written down."""
        self._kill_at = kill_at
        self._after = after
        self._number = 0
        self._luck = random.Random(f"disk {kill_at}")

    async def record(self, tag: str, account_id: int, body: bytes) -> None:
        """Write an intent down, and remember what it is for."""
        self.purposes[tag] = msgspec.json.decode(body, type=Intent).purpose
        try:
            await super().record(tag, account_id, body)
        except JournalError:
            self.refused.add(tag)
            raise

    async def _write(self, write: _Write) -> None:
        if self._luck.random() < self.disk_odds:
            raise JournalError("the order journal cannot be written: the disk is full")
        self._number += 1
        if self._number != self._kill_at:
            await super()._write(write)
            return
        if self._after:
            await super()._write(write)
        self.killed.set()
        await asyncio.get_running_loop().create_future()

    def close(self) -> None:
        """Keep what is in memory for the next run."""

    def end(self) -> None:
        """Close it for good."""
        super().close()


class _Scene:
    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.outcome = Outcome(plan)
        self.rng = random.Random(-plan.seed - 1)
        self.clock = VenueClock()
        self.venue = Venue(self.rng, self.clock)
        self.venue.native, self.venue.in_parts = plan.native, plan.in_parts
        self.venue.refuse_stops = plan.refuse_stops
        self.journal = DyingJournal(plan.kill_at, after=plan.kill_after)
        self.bus = EventBus()
        self.troubled = True
        self.unknown: dict[str, float] = {}
        self.calls: list[asyncio.Task[None]] = []
        self.replies: list[tuple[str | None, bool]] = []
        self.deaths = 0
        self.line, self.orders = self.client()

    def client(self) -> tuple[Line, OrderManager]:
        """A program that begins to run."""
        plan = self.plan
        line = Line(self.venue, self.rng, plan.odds, plan.kinds)
        self.trouble(line)
        text = random.Random(self.rng.random())
        orders = OrderManager(
            line, self.bus, journal=self.journal, random_hex=lambda n: text.randbytes(n).hex()
        )
        self.positions = PositionManager(line, self.bus) if plan.keeper else None
        return line, orders

    async def begin(self) -> None:
        """Let the program find out how its account stands."""
        await self.orders.initialize(self.line)
        if self.positions is not None:
            await self.positions.initialize(self.line, self.orders)

    async def end(self) -> None:
        """Let it go, without a word."""
        if self.positions is not None:
            await self.positions.cleanup()
        await self.orders.cleanup()

    def trouble(self, line: Line) -> None:
        """Let things go wrong on a line while they are to."""
        plan, on = self.plan, self.troubled
        line.odds = plan.odds if on else 0.0
        line.query_odds = plan.query_odds if on else 0.0
        line.hub_odds = plan.hub_odds if on else 0.0
        line.muted = on and plan.mute
        line.neighbour = on and plan.neighbour
        self.journal.disk_odds = plan.disk_odds if on else 0.0

    async def play(self) -> Outcome:
        """Live through it, and look."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        await self.begin()
        for number in range(self.plan.entries):
            self.calls.append(loop.create_task(self.enter(number)))
        for deed in self.plan.deeds:
            self.calls.append(loop.create_task(self.do(deed)))
        if self.plan.cancel_call:
            loop.call_later(self.rng.uniform(0.0, 0.3), self.calls[0].cancel)
        while loop.time() - began < TROUBLE_S:
            await self.step()
        self.troubled = False
        self.trouble(self.line)
        calm = loop.time()
        while loop.time() - calm < CALM_S:
            await self.step()
            if loop.time() - calm >= SOONEST_S and not self.faults() and self.is_quiet():
                break
        await asyncio.wait(self.calls)
        self.outcome.wrong += self.faults()
        self.keep_times()
        self.outcome.writes = self.journal.writes
        self.outcome.requests = self.line.sent
        self.outcome.digest = self.venue.digest()
        await self.end()
        await self.bus.aclose(0)
        self.journal.end()
        return self.outcome

    async def step(self) -> None:
        """Let a quarter of a second pass."""
        await asyncio.sleep(STEP_S)
        self.venue.walk()
        if self.journal.killed.is_set() and not self.deaths:
            await self.die()
        self.watch()

    async def die(self) -> None:
        """End the program without a word, and begin it again."""
        self.deaths += 1
        self.line.dead = True
        self.keep_times()
        for call in self.calls:
            call.cancel()
        await asyncio.wait(self.calls)
        await self.end()
        await asyncio.sleep(self.rng.uniform(0.0, 2.0))
        self.line, self.orders = self.client()
        await self.begin()

    async def enter(self, number: int) -> None:
        """Ask for a protected entry."""
        plan, price = self.plan, self.venue.price / 4
        if number:
            await asyncio.sleep(self.rng.uniform(0.0, 4.0))
        sign = 1 if plan.side == 0 else -1
        off = {"market": 0.0, "limit": -1.0, "stop": 1.0}[plan.entry_type]
        entry = price + sign * off
        try:
            reply = await self.orders.place_bracket_order(
                CONTRACT,
                plan.side,
                plan.size,
                entry,
                entry - sign * plan.stop_ticks / 4,
                entry + sign * plan.target_ticks / 4,
                plan.entry_type,
            )
        except ProjectXError:
            return
        placed = reply.entry_response
        self.replies.append((None if placed is None else str(placed.orderId), reply.success))

    async def do(self, deed: str) -> None:
        """Do something else that users do."""
        await asyncio.sleep(self.rng.uniform(0.1, 6.0))
        orders, way = self.orders, self.rng.choice((-2, -1, 1, 2))
        working = list(orders._parts.desk.ledger.working())
        stops = [one for one in working if one.snapshot().stop is not None]
        entries = [one for one in working if self.is_entry(one.tag)]
        with contextlib.suppress(ProjectXError):
            if deed == "move_stop" and stops:
                stop = stops[0].snapshot().stop or 0
                await orders.modify_order(stops[0].id, stop_price=(stop + way) / 4)
            elif deed == "resize" and entries:
                await orders.modify_order(entries[0].id, size=max(1, entries[0].size + way))
            elif deed == "cancel_entry" and entries:
                await orders.cancel_order(entries[0].id)
            elif deed == "cancel_all":
                await orders.cancel_all_orders()
            elif deed == "close":
                await orders.close_position(CONTRACT)
            elif deed == "reduce" and self.positions is not None:
                await self.positions.partially_close_position(CONTRACT, 1)
            elif deed == "flatten" and self.positions is not None:
                await self.positions.flatten()

    def watch(self) -> None:
        """Time how long outcomes are unknown while the gateway can be asked."""
        now = asyncio.get_running_loop().time()
        can_be_asked = not self.troubled or not self.plan.query_odds
        ledger = self.orders._parts.desk.ledger
        unknown = {
            one.intent.tag for one in ledger.outstanding() if one.state is IntentState.UNKNOWN
        }
        for tag in unknown:
            if can_be_asked:
                self.unknown.setdefault(tag, now)
        for tag in [tag for tag in self.unknown if tag not in unknown]:
            self.outcome.resolved_s.append(now - self.unknown.pop(tag))

    def keep_times(self) -> None:
        """Take down how long entries were unprotected, those that are still guarded included."""
        now_ns = self.clock.monotonic_ns()
        guard, ledger = self.orders._parts.guard, self.orders._parts.desk.ledger
        every = list(guard.spans)
        for one in guard._guarded.values():
            entry = ledger.by_tag(one.tag)
            if entry is not None and entry.filled:
                since_ns = one.naked_since_ns
                every.append(one.spans + ([(since_ns, now_ns)] if since_ns is not None else []))
        for spans in every:
            self.outcome.naked_s.append(sum(until - since for since, until in spans) / NS)
            known = [(since / NS, until / NS) for since, until in spans]
            self.outcome.reachable_s.append(
                sum(
                    clear_s(max(since, began), min(until, ended), self.line.strikes)
                    for since, until in known
                    for began, ended in self.venue.bare
                )
            )
        self.unknown.clear()

    def is_quiet(self) -> bool:
        """Whether nobody waits for anything."""
        guard = self.orders._parts.guard
        tended = any(one.task is not None for one in guard._guarded.values())
        return not tended and all(call.done() for call in self.calls)

    def faults(self) -> list[str]:
        """Return what must not be, in words."""
        venue, ledger = self.venue, self.orders._parts.desk.ledger
        wrong: list[str] = []
        for tag, count in venue.accepted.items():
            if count > 1:
                wrong.append(f"{tag} was accepted {count} times")
        entries = [order for order in venue.orders.values() if self.is_entry(order.tag)]
        if len(entries) > self.plan.entries:
            wrong.append(f"{len(entries)} entries for {self.plan.entries} calls")
        wrong += [
            f"{order.tag} was sent, and is not written down"
            for order in entries
            if order.tag in self.journal.refused
        ]
        for tag in [order.tag for order in venue.orders.values() if order.tag]:
            said = ledger.submission(tag)
            if said is not None and said.state in (IntentState.ABSENT, IntentState.UNSENT):
                wrong.append(f"{tag} is {said.state.value}, and the gateway has it")
        succeeded = sum(success for _, success in self.replies)
        refused = len(self.replies) - succeeded
        if not self.deaths and len(entries) + refused > self.plan.entries:
            wrong.append(f"{refused} refused, yet {len(entries)} entries")
        if self.orders._parts.tasks.stats().failed:
            wrong.append("a task died")
        if ledger.outstanding():
            wrong.append(f"still unknown: {[one.intent.tag for one in ledger.outstanding()]}")
        if venue.net and venue.covered() < abs(venue.net):
            wrong.append(f"holds {venue.net}, {venue.covered()} protected")
        if not venue.net:
            left = [
                o.id for o in venue.orders.values() if o.status == 1 and not self.is_entry(o.tag)
            ]
            if left and not any(o.works for o in entries):
                wrong.append(f"flat, and {left} work")
        return wrong + self.differences()

    def differences(self) -> list[str]:
        """Return where the ledger is not the gateway's state."""
        wrong: list[str] = []
        venue, ledger = self.venue, self.orders._parts.desk.ledger
        theirs = {o.id for o in venue.orders.values() if o.works}
        ours = {state.id for state in ledger.working()}
        if theirs != ours:
            wrong.append(f"working there {theirs}, here {ours}")
        for order in venue.orders.values():
            state = ledger.order(order.id)
            if state is None:
                if not self.deaths:
                    wrong.append(f"order {order.id} is not known")
                continue
            pair = (state.status, state.filled), (order.status, order.filled)
            if pair[0] != pair[1] or (order.status in WORKING and state.size != order.size):
                wrong.append(f"order {order.id}: {pair}, {state.size} {order.size}")
        net = self.orders._parts.holdings.net(CONTRACT)
        if net != venue.net:
            wrong.append(f"holds {venue.net}, believes {net}")
        return wrong

    def is_entry(self, tag: str | None) -> bool:
        """Whether an order was written down as an entry."""
        return tag is not None and self.journal.purposes.get(tag) is Purpose.ENTRY


def clear_s(since: float, until: float, strikes: list[tuple[float, float]]) -> float:
    """Return the seconds of a span that lie in none of some others."""
    if until <= since:
        return 0.0
    left, at = 0.0, since
    for began, ended in sorted(strikes):
        if ended > at:
            left += max(0.0, min(began, until) - at)
            at = ended
        if at >= until:
            return left
    return left + until - at


async def play(plan: Plan) -> Outcome:
    """Play a plan; in virtual time only."""
    assert START
    return await _Scene(plan).play()
