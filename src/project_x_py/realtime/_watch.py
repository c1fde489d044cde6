"""The truth about the feed: who should be heard, who is not, and whose doing that is.

Three witnesses are asked in turn. The pace of each stream, learned while its market is in session,
says when a silence is too long; of what has no pace yet the history is asked, soon at first and
then ever less often. A round trip says whether the hub still speaks at all. The gateway's own
history says whether the market traded meanwhile. Only who is convicted is treated: a mute hub is
connected anew, a frozen contract is subscribed to anew.

Invariants (``tests/realtime/test_watch.py``): a mute hub of a liquid contract in session is found
within five seconds, also when it has never spoken; a quiet contract, the daily break, a halt and
the weekend are never mistaken for a fault, nor is a clock that is behind the gateway's, once a
message has shown it; a machine that slept connects anew before anything else.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from project_x_py._core.gaps import MARKET_KINDS, GapReason
from project_x_py._core.time import NS
from project_x_py._runtime.together import together
from project_x_py.exceptions import ProjectXConnectionError, ProjectXError
from project_x_py.realtime._health import PROBES
from project_x_py.realtime._pace import TICK_S, Pace
from project_x_py.realtime._sleep import SleepDetector
from project_x_py.realtime._tasks import PASSING

if TYPE_CHECKING:
    from project_x_py._core.notices import Notices
    from project_x_py._ports import Clock
    from project_x_py.realtime._gaps import GapKeeper
    from project_x_py.realtime._hub import Hub
    from project_x_py.realtime._pair import HubPair
    from project_x_py.realtime._router import EventRouter, Streams
    from project_x_py.realtime._sessions import Sessions
    from project_x_py.realtime._subscriptions import Subscriptions
    from project_x_py.realtime._tasks import TaskLedger

__all__ = ["FeedWatch", "Witness"]

Witness = Callable[[str], Awaitable[int | None]]
"""Asked for the start of a contract's newest bar, in ns of exchange time; None for no answer."""

PROBE_S = 1.0
"""How long a hub that should have spoken may take to answer."""
IDLE_S = 5.0
"""How often the clocks are looked at while no market is in session."""
LATE_TICK_NS = round(2.0 * NS)
"""A look that comes so late says nothing: the frames wait behind what kept the loop."""
HEARD_AGAIN_S = 5.0
HEARING_S = 3.0
"""After so long a silence the history is asked about what has not been heard enough to have a
pace: nobody knows whether it is quiet or was never delivered."""
FIRST_DOUBT_S = 10.0
LONGEST_DOUBT_S = 600.0

MOST_BEHIND_NS = 120 * NS
"""A message from further in the future says nothing about this machine's clock."""

TESTIFIED = ("any", "trades")
"""What the history can speak about."""

logger = logging.getLogger(__name__)


@dataclass(slots=True)
class _Watched:
    """One contract under watch."""

    streams: Streams
    paces: dict[str, Pace] = field(
        default_factory=lambda: {kind: Pace() for kind in ("any", *MARKET_KINDS)}
    )
    examined: bool = False
    doubt_s: float = 0.0
    not_before_ns: int = 0
    """Monotonic time until which an acquittal holds."""
    since_ns: int = 0
    """Exchange time since which all that trades should have been heard; 0 until then."""
    hearing_s: float = 0.0
    """Silence after which the next question is due, while there is no pace."""
    asked_ns: int = 0

    def forget(self) -> None:
        """Learn anew."""
        for pace in self.paces.values():
            pace.forget()
        self.doubt_s = self.hearing_s = 0.0
        self.not_before_ns = self.asked_ns = self.since_ns = 0

    def accept(self) -> None:
        """Take the silence for the market's."""
        for pace in self.paces.values():
            pace.accept()

    def is_due(self, now_ns: int) -> str | None:
        """Return a stream without a pace that is silent for so long that it is asked about."""
        if now_ns < max(self.not_before_ns, self.asked_ns + round(self.hearing_s * NS)):
            return None
        for kind in TESTIFIED:
            pace = self.paces[kind]
            if not pace.is_known and pace.silent_s >= HEARING_S:
                self.asked_ns = now_ns
                self.hearing_s = min(LONGEST_DOUBT_S, max(FIRST_DOUBT_S, 2 * self.hearing_s))
                return kind
        return None

    def tick(self, exch_ns: int) -> str | None:
        """Take note of a tick; return the stream that is suspiciously silent."""
        self.since_ns = self.since_ns or exch_ns
        streams = self.streams
        if self.paces["any"].tick(streams.heard_ns):
            self.doubt_s = 0.0
        self.paces["trades"].tick(streams.trades_ns)
        self.paces["quotes"].tick(streams.quotes_ns)
        self.paces["depth"].tick(streams.depth_ns)
        return next((kind for kind, pace in self.paces.items() if pace.is_suspicious), None)


class FeedWatch:
    """Watches the market hub's contracts and the machine's clocks while the client is connected.

    Args:
        pair: The hubs.
        router: Knows when each contract was heard.
        subscriptions: Knows and renews what is subscribed to.
        gaps: Opened for what was missed.
        sessions: Knows when a market is open.
        clock: All three times.
        tasks: Runs the watch.
        notices: Told of a stale feed.
    """

    def __init__(
        self,
        pair: HubPair,
        router: EventRouter,
        subscriptions: Subscriptions,
        gaps: GapKeeper,
        sessions: Sessions,
        clock: Clock,
        tasks: TaskLedger,
        notices: Notices,
    ) -> None:
        self.witness: Witness | None = None
        self.false_alarms = 0
        self.convictions = 0
        self._pair = pair
        self._router = router
        self._subscriptions = subscriptions
        self._gaps = gaps
        self._sessions = sessions
        self._clock = clock
        self._tasks = tasks
        self._notices = notices
        self._sleep = SleepDetector(clock)
        self._watched: dict[str, _Watched] = {}
        self._run: asyncio.Task[Any] | None = None
        self._in_session = False
        self._times_connected = 0
        self._behind_ns = 0
        """How far this machine's clock is behind the gateway's, as far as messages have shown."""

    def start(self) -> None:
        """Begin to watch; harmless while it goes on."""
        if self._run is None:
            self._sleep.restart()
            self._in_session = True
            self._run = self._tasks.spawn(self._watch(), name="feed-watch")

    async def stop(self) -> None:
        """Watch no more."""
        run, self._run = self._run, None
        if run is not None:
            run.cancel()
            await asyncio.wait({run})
        self._watched.clear()

    def look_at_clocks(self) -> None:
        """Notice whether the machine slept; all that was known before is then in doubt."""
        if self._run is None:
            return
        happened = self._sleep.look()
        if happened is None:
            return
        logger.warning("%s: both hubs are connected anew", happened)
        for hub in self._pair.hubs:
            self._gaps.lost(hub.name, hub.wanted, GapReason.SUSPENDED)
            hub.drop(happened, GapReason.SUSPENDED)
        for watched in self._watched.values():
            watched.forget()
        self._behind_ns = 0

    def ages(self) -> dict[str, dict[str, float | None]]:
        """Return, per contract and stream, the seconds since it was heard; None for never."""
        now_ns = self._clock.now_ns()
        return {
            contract_id: {
                kind: (now_ns - heard_ns) / NS if heard_ns else None
                for kind, heard_ns in _heard(self._router.streams(contract_id)).items()
            }
            for contract_id in self._subscriptions.contracts
        }

    async def _watch(self) -> None:
        while True:
            pause_s = TICK_S if self._in_session else IDLE_S
            planned_ns = self._clock.monotonic_ns() + round(pause_s * NS)
            await asyncio.sleep(pause_s)
            self.look_at_clocks()
            if self._clock.monotonic_ns() - planned_ns < LATE_TICK_NS:
                self._tick()
            else:
                self._in_session = True

    def _tick(self) -> None:
        """Take note of every contract; those that are silent for too long are examined."""
        market = self._pair.hubs[1]
        contracts = self._subscriptions.contracts
        for gone in self._watched.keys() - set(contracts):
            del self._watched[gone]
        if not market.connected:
            return
        if market.times_connected != self._times_connected:
            self._times_connected = market.times_connected
            for one in self._watched.values():
                one.since_ns = 0  # what traded meanwhile is known to be missed
        self._hear()
        self._in_session = bool(self._gaps.open_gaps)
        exch_ns, now_ns = self._clock.now_ns(), self._clock.monotonic_ns()
        for contract_id in contracts:
            watched = self._watched.get(contract_id)
            if watched is None:
                watched = _Watched(self._router.streams(contract_id))
                self._watched[contract_id] = watched
            if not self._sessions.is_open(contract_id, exch_ns):
                watched.forget()
                continue
            self._in_session = True
            kind = watched.tick(exch_ns)
            self._compare_clocks(watched.streams)
            if watched.examined:
                continue
            if kind is not None and now_ns >= watched.not_before_ns:
                inquiry = self._examine(market, contract_id, watched, kind)
            elif self.witness is not None and (kind := watched.is_due(now_ns)) is not None:
                inquiry = self._ask(market, contract_id, watched, kind)
            else:
                continue
            watched.examined = True
            self._tasks.spawn(inquiry, name=f"{PASSING}examination")

    def _compare_clocks(self, streams: Streams) -> None:
        """Learn from a message that happened later than it was heard."""
        ahead_ns = streams.stamp_ns - streams.heard_ns
        if self._behind_ns < ahead_ns < MOST_BEHIND_NS:
            self._behind_ns = ahead_ns

    def _hear(self) -> None:
        """End the gaps of silent contracts that are heard again."""
        for gap in self._gaps.open_gaps:
            if gap.contract_id is not None and gap.reason is GapReason.SILENT:
                heard = _heard(self._router.streams(gap.contract_id))
                if max(heard[kind] for kind in gap.missed) > self._gaps.since_ns(gap.contract_id):
                    self._gaps.close(gap.contract_id)

    async def _examine(self, hub: Hub, contract_id: str, watched: _Watched, kind: str) -> None:
        """Find out whose fault a silence is, and act on it."""
        pace = watched.paces[kind]
        limit_s, silent_s = pace.patience_s, pace.silent_s
        try:
            if not await self._speaks(hub):
                await self._mute(hub, silent_s, limit_s)
            elif await self._missed(contract_id, watched, kind):
                await self._frozen(hub, contract_id, watched, kind, silent_s, limit_s)
            else:
                self.false_alarms += 1
                watched.accept()
                watched.doubt_s = min(LONGEST_DOUBT_S, max(FIRST_DOUBT_S, 2 * watched.doubt_s))
                until_ns = self._clock.monotonic_ns() + round(watched.doubt_s * NS)
                watched.not_before_ns = until_ns
        finally:
            watched.examined = False

    async def _ask(self, hub: Hub, contract_id: str, watched: _Watched, kind: str) -> None:
        """Find out whether what was hardly ever heard trades all the same, and who does not tell.

        A hub is not left for a slow answer alone: its contract may be a quiet one.
        """
        try:
            silent_s = watched.paces[kind].silent_s
            missed, speaks = await together(
                (self._missed(contract_id, watched, kind), self._speaks(hub))
            )
            if missed and not speaks:
                await self._mute(hub, silent_s, HEARING_S)
            elif missed:
                await self._frozen(hub, contract_id, watched, kind, silent_s, HEARING_S)
        finally:
            watched.examined = False

    async def _speaks(self, hub: Hub) -> bool:
        """Whether a hub answers, or anything else comes from it; also when it is lost already."""
        heard_ns = hub.heard_ns
        try:
            await hub.measure(*PROBES[hub.name], PROBE_S)
        except ProjectXConnectionError:
            return not hub.connected or hub.heard_ns != heard_ns
        return True

    async def _missed(self, contract_id: str, watched: _Watched, kind: str) -> bool:
        """Whether the gateway's history has what the stream did not bring."""
        streams = watched.streams
        if self.witness is None or kind in ("quotes", "depth"):
            # Nobody can testify: subscribing anew costs little and cures what there may be.
            await self._subscriptions.renew_market(contract_id)
            return False
        try:
            newest_ns = await self.witness(contract_id)
        except ProjectXError as exc:
            logger.info("no testimony about %s: %s", contract_id, exc)
            return False
        if newest_ns is None:
            return False
        await asyncio.sleep(TICK_S)  # what is on its way is not missed
        heard_ns = streams.trades_ns if kind == "trades" else streams.heard_ns
        silent = watched.paces[kind].silent_ticks > 0 and watched.since_ns > 0
        # What is told in the gateway's time is compared with what was noted in this machine's.
        known_ns = max(heard_ns, watched.since_ns) + self._behind_ns
        if kind == "any":
            known_ns = max(known_ns, streams.stamp_ns)
        return silent and newest_ns > known_ns

    async def _mute(self, hub: Hub, silent_s: float, limit_s: float) -> None:
        """Leave a hub that says nothing, and the other one if it is no better."""
        self._stale(hub.name, None, silent_s, limit_s)
        reason = f"the {hub.name} hub has been mute for {silent_s:.1f} s"
        for contract_id in self._subscriptions.contracts:
            self._gaps.open(contract_id, GapReason.SILENT)
        hub.drop(reason, GapReason.SILENT)
        other = self._pair.hubs[0]
        if other.connected and not await self._speaks(other):
            self._stale(other.name, None, silent_s, limit_s)
            self._gaps.lost(other.name, other.wanted, GapReason.SILENT)
            other.drop(f"the {other.name} hub is mute as well", GapReason.SILENT)

    async def _frozen(
        self,
        hub: Hub,
        contract_id: str,
        watched: _Watched,
        kind: str,
        silent_s: float,
        limit_s: float,
    ) -> None:
        """Subscribe anew to a contract that traded unheard; if that does not help, connect anew."""
        self._stale(hub.name, contract_id, silent_s, limit_s)
        before = watched.streams.trades_ns if kind == "trades" else watched.streams.heard_ns
        missed = MARKET_KINDS if kind == "any" else (kind,)
        self._gaps.open(contract_id, GapReason.SILENT, missed)
        await self._subscriptions.renew_market(contract_id, prints=True)
        for _ in range(round(HEARD_AGAIN_S / TICK_S)):
            heard = watched.streams.trades_ns if kind == "trades" else watched.streams.heard_ns
            if heard != before or not hub.connected:
                return
            await asyncio.sleep(TICK_S)
        watched.doubt_s = min(LONGEST_DOUBT_S, max(FIRST_DOUBT_S, 2 * watched.doubt_s))
        watched.not_before_ns = self._clock.monotonic_ns() + round(watched.doubt_s * NS)
        hub.drop(f"{contract_id} is frozen", GapReason.SILENT)

    def _stale(self, hub: str, contract_id: str | None, silent_s: float, limit_s: float) -> None:
        self.convictions += 1
        what = f"the {hub} hub" if contract_id is None else contract_id
        logger.warning(
            "%s has been silent for %.1f s, expected within %.1f", what, silent_s, limit_s
        )
        facts = {
            "hub": hub,
            "contract_id": contract_id,
            "seconds_since_message": silent_s,
            "threshold_seconds": limit_s,
        }
        self._notices.tell("feed_stale", facts)


def _heard(streams: Streams) -> dict[str, int]:
    return {
        "trades": streams.trades_ns,
        "quotes": streams.quotes_ns,
        "depth": streams.depth_ns,
    }
