"""Seeded schedules of faults, and what a client that lives through one must hold.

A scene is one client on one gateway. Faults strike at random while random calls are made; then the
network is back, and the client has to be as if nothing had happened.
"""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from project_x_py._core.time import NS
from project_x_py._runtime import endpoints
from project_x_py.client import ProjectX
from project_x_py.exceptions import ProjectXError
from project_x_py.realtime import ProjectXRealtimeClient
from project_x_py.simulator import faults

if TYPE_CHECKING:
    from collections.abc import Coroutine, Sequence

    from project_x_py._core.gaps import FeedGap
    from project_x_py._core.records import Depth, Quote, Trade
    from project_x_py.realtime._connection import HubTiming
    from project_x_py.simulator import SimulatedGateway
    from project_x_py.simulator.faults import Fault

__all__ = ["Outcome", "Pacing", "plan", "play"]

RECOVERED_S = 30.0
"""A client that is not back by then is not coming back."""


@dataclass(frozen=True)
class Pacing:
    """How fast a scene is played."""

    timing: HubTiming
    heartbeat_s: float
    length_s: float
    faults: int
    slack_s: float
    """What a busy machine may add to the bound of a call."""
    detect_s: float
    """How long a dead socket of either hub may go unnoticed."""


@dataclass
class Outcome:
    """What a scene has shown."""

    seed: int
    plan: list[tuple[float, Fault]] = field(default_factory=list)
    recovered_s: float = float("inf")
    calls: int = 0
    gaps: int = 0
    faults: list[str] = field(default_factory=list)
    """What must not be, in words; empty when all is well."""


def plan(seed: int, pacing: Pacing) -> list[tuple[float, Fault]]:
    """Return the faults of a seed with their times."""
    rng = random.Random(seed)
    hub: Any = rng.choice([None, "user", "market"])
    short_s = pacing.length_s / 8
    garbled: Any = rng.choice(["truncated", "not_json", "no_type"])
    lasting: list[Fault] = [faults.HalfOpen(hub="market"), faults.HalfOpen(hub="user")]
    choices: list[Fault] = [
        faults.Drop(),
        faults.Drop(hub=hub),
        faults.Close(hub=hub),
        faults.Close(hub=hub, error=None, allow_reconnect=True),
        faults.Mute(hub=hub, seconds=short_s),
        faults.Mute(hub="market", seconds=3 * short_s),
        faults.ExpireTokens(),
        faults.Refuse(status=401, route="/hubs/market"),
        faults.Refuse(status=503, times=2, route="/hubs/user"),
        faults.Refuse(status=503, times=2),
        faults.Cut(route="/hubs/market", times=2),
        faults.LoseAnswer(),
        faults.SpoilAnswer(how="html"),
        faults.DelayAnswers(seconds=short_s),
        faults.DelayMessages(hub=hub, seconds=short_s / 4),
        faults.SendFrame(hub=hub, text="{not json\x1e"),
        faults.SendFrame(hub=hub, text='{"type":1,"target":"GatewayUnknown","arguments":[]}\x1e'),
        faults.SendFrame(hub="market", text='{"type":1,"target":"GatewayTrade"}\x1e'),
        faults.SendFrame(hub=hub, text='{"type":1,"target":"GatewayLogout","arguments":[]}\x1e'),
        faults.GarbleEvents(hub="market", how=garbled),
        faults.LargeDepth(size_bytes=200_000),
        faults.DuplicateEvents(times=2),
        faults.ReorderEvents(),
        *lasting,
    ]
    made: list[tuple[float, Fault]] = []
    for _ in range(pacing.faults):
        fault = rng.choice(choices)
        latest_s = pacing.length_s - (pacing.detect_s if fault in lasting else 0.0)
        if latest_s > 0:
            made.append((round(rng.uniform(0.0, latest_s), 3), fault))
    return sorted(made, key=lambda pair: pair[0])


class Owner:
    """Adds up what it is fed with, and notes what comes out of order."""

    def __init__(self) -> None:
        self.volume: Counter[int] = Counter()
        """Contracts traded per second of exchange time."""
        self.disorder = 0
        self._traded_ns = 0

    def on_trades(self, trades: Sequence[Trade]) -> None:
        for trade in trades:
            self.disorder += trade.exch_ns < self._traded_ns
            self._traded_ns = trade.exch_ns
            self.volume[trade.exch_ns // NS] += trade.size

    def on_quote(self, quote: Quote) -> None:
        """Quotes tell nothing that prints do not."""

    def on_depth(self, depth: Depth) -> None:
        """Nor does depth."""


class Desk:
    """Notes the orders it hears of."""

    def __init__(self) -> None:
        self.orders: set[int] = set()

    def on_order(self, update: Any) -> None:
        self.orders.add(update.id)

    def on_position(self, update: Any) -> None:
        """Positions do not matter here."""

    def on_fill(self, update: Any) -> None:
        """Fills do not matter here."""

    def on_account(self, update: Any) -> None:
        """Balances do not matter here."""


class _Scene:
    def __init__(self, seed: int, gateway: SimulatedGateway, pacing: Pacing) -> None:
        self.outcome = Outcome(seed)
        self.gateway = gateway
        self.pacing = pacing
        self.rng = random.Random(-seed)
        self.owner, self.desk = Owner(), Desk()
        self.gaps: list[FeedGap] = []
        self.first, self.second = (contract.contract_id for contract in gateway.contracts[:2])
        self.wanted = {self.first}
        self.held_up_s = 0.0
        self.ending = False
        self.began_ns = 0
        login = gateway.credentials
        self.client = ProjectX(
            username=login.username, api_key=login.api_key, config=gateway.config
        )
        self.live: ProjectXRealtimeClient

    def keep(self, gap: FeedGap) -> None:
        """Take down what was told of an outage."""
        self.gaps.append(gap)

    def fault(self, what: str) -> None:
        """Note what must not be."""
        self.outcome.faults.append(what)

    async def bounded(
        self, name: str, call: Coroutine[Any, Any, Any], bound_s: float, *, cancel: bool = False
    ) -> Any:
        """Make a call and see that it ends within its bound.

        Args:
            name: What it is called.
            call: What is called.
            bound_s: How long it may take.
            cancel: Whether it may be given up in its middle, now and then.
        """
        loop = asyncio.get_running_loop()
        began, held_up_s = loop.time(), self.held_up_s
        patience_s = 2 * bound_s + 30
        if cancel and self.rng.random() < 0.2:
            patience_s = self.rng.uniform(0.0, 0.05)
        self.outcome.calls += 1
        try:
            async with asyncio.timeout(patience_s):
                return await call
        except TimeoutError:
            if loop.time() - began >= 2 * bound_s + 30:
                self.fault(f"{name} never ended")
            return False
        finally:
            took_s = loop.time() - began - (self.held_up_s - held_up_s)
            if took_s > bound_s + self.pacing.slack_s:
                self.fault(f"{name} took {took_s:.2f} s, bound {bound_s:.2f}")

    async def watch_the_machine(self) -> None:
        """Add up how long the loop was held up, which is nobody's fault here."""
        loop = asyncio.get_running_loop()
        while True:
            due = loop.time() + 0.05
            await asyncio.sleep(0.05)
            self.held_up_s += max(0.0, loop.time() - due - 0.01)

    async def start(self) -> None:
        """Log in, connect, subscribe, attach."""
        await self.client.authenticate()
        config = self.gateway.config
        urls = (config.user_hub_url, config.market_hub_url)
        self.live = ProjectXRealtimeClient.wired(
            self.client.get_session_token(),
            str(self.client.get_account_info().id),
            urls,
            clock=endpoints.clock_for(urls),
            network=lambda: endpoints.open_network(urls),
            timing=self.pacing.timing,
            seed=self.outcome.seed,
        )
        self.live.token_factory = self.client.fresh_token
        self.live.add_gap_listener(self.keep)
        await self.live.configure_health_monitoring(heartbeat_interval=self.pacing.heartbeat_s)
        grid = self.gateway.contracts[0].grid
        self.live.attach(self.first, grid, self.owner, rank=1)
        self.live.attach_user(self.desk, lambda _: grid, rank=2)
        while not (
            await self.live.connect()
            and await self.live.subscribe_user_updates()
            and await self.live.subscribe_market_data([self.first])
        ):
            await asyncio.sleep(0.05)
        self.began_ns = self.gateway.clock.now_ns()

    async def call_at_random(self) -> None:
        """Make random calls until the end."""
        live, timing = self.live, self.pacing.timing
        while not self.ending:
            await asyncio.sleep(self.rng.uniform(0.0, self.pacing.length_s / 4))
            match self.rng.randrange(7):
                case 0:
                    if await self.bounded(
                        "subscribe",
                        live.subscribe_market_data([self.second]),
                        2 * timing.invoke_s,
                        cancel=True,
                    ):
                        self.wanted.add(self.second)
                case 1:
                    self.wanted.discard(self.second)
                    await self.bounded(
                        "unsubscribe", live.unsubscribe_market_data([self.second]), timing.invoke_s
                    )
                case 2:
                    await self.bounded(
                        "renew",
                        live.renew_market_data(self.first),
                        2 * timing.invoke_s,
                        cancel=True,
                    )
                case 3:
                    limit_s = self.pacing.length_s / 3
                    forged = self.rng.random() < 0.5
                    token = "made.up" if forged else await self.client.fresh_token()
                    await self.bounded(
                        "update_jwt_token",
                        live.update_jwt_token(token, timeout=limit_s),
                        limit_s + 5.0,
                        cancel=True,
                    )
                case 4:
                    await self.bounded("force reconnect", live.force_health_reconnect(), 10.0)
                case 5:
                    await self.bounded("health", live.get_health_status(), 0.1)
                case 6 if self.rng.random() < 0.3:
                    await self.leave_and_return()

    async def leave_and_return(self) -> None:
        """Disconnect on purpose, and connect until it works."""
        await self.bounded("disconnect", self.live.disconnect(), 5.0)
        self.wanted.discard(self.second)
        while not await self.bounded("connect", self.live.connect(), 12.0):
            await asyncio.sleep(0.05)
        while not (
            await self.bounded("subscribe", self.live.subscribe_user_updates(), 20.0)
            and await self.bounded("subscribe", self.live.subscribe_market_data([self.first]), 20.0)
        ):
            await asyncio.sleep(0.05)

    async def suffer(self, chosen: list[tuple[float, Fault]] | None) -> None:
        """Let the faults strike while calls are made, then give the network back."""
        pacing = self.pacing
        made = plan(self.outcome.seed, pacing) if chosen is None else chosen
        self.outcome.plan = self.gateway.faults.schedule(made)
        # Faults that were chosen are looked at by themselves, without calls.
        self.ending = chosen is not None
        caller = asyncio.ensure_future(self.call_at_random())
        await asyncio.sleep(pacing.length_s)
        self.gateway.faults.stop()
        self.gateway.faults.apply(faults.DelayMessages(seconds=0.0))
        self.gateway.faults.apply(faults.Resume())
        # A call under way goes on; one that begins at this point would be a fault of its own.
        self.ending = True
        loop = asyncio.get_running_loop()
        back, held_up_s = loop.time(), self.held_up_s
        while not self.whole() and loop.time() - back < RECOVERED_S:
            await asyncio.sleep(0.01)
        self.outcome.recovered_s = max(0.0, loop.time() - back - (self.held_up_s - held_up_s))
        await asyncio.wait({caller})
        if caller.exception() is not None:
            self.fault(f"a call raised {caller.exception()!r}")

    def whole(self) -> bool:
        """Whether both hubs bring everything that is wanted."""
        stats = self.live.get_stats()
        return (
            self.live.is_connected()
            and self.live.account_doubt() is None
            and not stats["open_gaps"]
            and self.live._subscriptions.is_confirmed(self.first)
            and all(map(self.live._user.confirmed, self.live._subscriptions._user))
        )

    async def until_whole(self) -> None:
        """Wait for that; say what is missing when it does not come."""
        try:
            async with asyncio.timeout(RECOVERED_S):
                while not self.whole():
                    await asyncio.sleep(0.01)
        except TimeoutError:
            live = self.live
            hubs = [(hub.name, hub.started, hub.connected, hub.wanted) for hub in live._pair.hubs]
            raise TimeoutError(f"{hubs}, {live._gaps.open_gaps}, {live.last_error}") from None

    async def check(self) -> None:
        """See that nothing is lost: not a subscription, not an event outside the gaps."""
        await self.until_whole()
        contracts = set(self.live._subscriptions.contracts)
        if not self.wanted <= contracts | {self.second}:
            self.fault(f"wanted {self.wanted}, subscribed to {contracts}")
        await self.hear_everything()
        if self.owner.disorder:
            self.fault(f"{self.owner.disorder} events out of order")
        await self.compare()
        await self.until_whole()
        # A contract that is unsubscribed from while it has a gap takes the gap along.
        told = [gap.is_open for gap in self.gaps if gap.contract_id != self.second]
        self.outcome.gaps = told.count(True)
        if self.outcome.gaps * 2 != len(told):
            self.fault(f"{self.outcome.gaps} gaps opened, {len(told)} told")

    async def hear_everything(self) -> None:
        """Each stream of each contract, and the account, must be heard of."""
        contracts = self.live._subscriptions.contracts
        before = {name: self.heard(name) for name in contracts}
        placed_ns = self.gateway.clock.now_ns()
        order_id = await self.place()
        try:
            async with asyncio.timeout(20.0):
                while order_id not in self.desk.orders or any(
                    new <= old
                    for name in contracts
                    for new, old in zip(self.heard(name), before[name], strict=True)
                ):
                    if order_id not in self.desk.orders and self.told_missing(placed_ns):
                        # Lost with a connection, and said so: whoever is told asks for the state.
                        placed_ns = self.gateway.clock.now_ns()
                        order_id = await self.place()
                    await asyncio.sleep(0.02)
        except TimeoutError:
            heard = {name: self.heard(name) for name in contracts}
            account = order_id in self.desk.orders
            self.fault(f"not heard: {before} {heard}, account {account}, {self.live.get_stats()}")

    def told_missing(self, at_ns: int) -> bool:
        """Whether an outage of the account, over by now, was told of that time."""
        return any(
            gap.contract_id is None and gap.from_ns <= at_ns <= (gap.to_ns or 0)
            for gap in self.gaps
        )

    def heard(self, contract_id: str) -> tuple[int, int, int]:
        """When each stream of a contract was heard."""
        streams = self.live._router.streams(contract_id)
        return streams.trades_ns, streams.quotes_ns, streams.depth_ns

    async def place(self) -> int:
        """Place an order far from the market, past the SDK, and return its id."""
        config = self.gateway.config
        body = {
            "accountId": self.client.get_account_info().id,
            "contractId": self.first,
            "type": 1,
            "side": 0,
            "size": 1,
            "limitPrice": 100.0,
        }
        network = endpoints.open_network([config.api_url])
        token = await self.client.fresh_token()
        try:
            while True:
                answer = await network.request(
                    "POST",
                    f"{config.api_url}/Order/place",
                    headers={
                        "Authorization": f"Bearer {token}",
                        "Content-Type": "application/json",
                    },
                    body=json.dumps(body).encode(),
                    timeout_s=10.0,
                )
                if answer.status != 401:
                    return int(json.loads(answer.body)["orderId"])
                token = await self.client.fresh_token(token)
        finally:
            await network.close()

    async def compare(self) -> None:
        """Each second whose volume is not that of the gateway's own bars lies in a gap."""
        now_ns = self.gateway.clock.now_ns()
        bars = await self.client.get_bars(
            self.first, days=1, interval=1, unit=1, limit=2000, partial=False
        )
        missing = 0
        for stamp, volume in zip(bars["timestamp"], bars["volume"], strict=True):
            second = round(stamp.timestamp())
            if not self.began_ns // NS < second < now_ns // NS - 1:
                continue
            if self.owner.volume[second] != volume and not any(
                gap.from_ns // NS <= second <= (gap.to_ns or now_ns) // NS for gap in self.gaps
            ):
                missing += 1
        if missing:
            self.fault(f"{missing} seconds differ from the gateway's bars outside any gap")

    async def end(self) -> None:
        """Clean up and see that nothing is left."""
        await self.live.cleanup()
        await self.client.aclose()
        left = self.live.get_task_stats()
        if left["pending_tasks"] or left["failed_tasks"]:
            self.fault(f"tasks left: {left}")
        if self.live._router.lines():
            self.fault("callbacks left")


async def play(
    seed: int,
    gateway: SimulatedGateway,
    pacing: Pacing,
    chosen: list[tuple[float, Fault]] | None = None,
) -> Outcome:
    """Play one scene to its end.

    Args:
        seed: Of the faults and the calls.
        gateway: With two contracts at least.
        pacing: How fast.
        chosen: The faults with their times, instead of those of the seed, and no calls.
    """
    scene = _Scene(seed, gateway, pacing)
    watching = asyncio.ensure_future(scene.watch_the_machine())
    try:
        await scene.start()
        await scene.suffer(chosen)
        await scene.check()
    except (TimeoutError, ProjectXError) as exc:
        scene.fault(f"{type(exc).__name__}: {exc}")
    finally:
        gateway.faults.stop()
        await scene.end()
        watching.cancel()
        await asyncio.wait({watching})
    return scene.outcome
