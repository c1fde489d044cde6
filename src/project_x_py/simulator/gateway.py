"""A ProjectX gateway to run against without an account.

It speaks the gateway's REST and SignalR protocols on loopback, or in process without a socket,
over a market that is made up from a seed or played back from a tape. Everything runs in the
caller's loop; leaving the block leaves nothing behind.

Invariants (``tests/simulator/test_gateway.py``, ``tests/loopback/test_gateway_server.py``):

- the same seed and start give the same market, in process to the byte;
- after the block no task, socket, thread or registered origin is left;
- with a state, a gateway goes on where the one before ended (``tests/simulator/test_state.py``).
"""

from __future__ import annotations

import asyncio
import base64
import importlib
import itertools
import random
import sys
from contextlib import AsyncExitStack
from dataclasses import replace
from functools import partial
from typing import TYPE_CHECKING, Self

from project_x_py._runtime import endpoints
from project_x_py._runtime.clock import ReplayClock
from project_x_py._runtime.supervisor import Supervisor
from project_x_py.config import Credentials
from project_x_py.exceptions import ProjectXError
from project_x_py.models import ProjectXConfig
from project_x_py.simulator._accounts import SimulatedAccount, resumed, specs_of
from project_x_py.simulator._assembly import assemble
from project_x_py.simulator._auth import Access
from project_x_py.simulator._faults import Faults
from project_x_py.simulator._keeper import Keeper
from project_x_py.simulator._network import InProcessNetwork
from project_x_py.simulator._plan import MarketPlan, TapeClock
from project_x_py.simulator._pump import Market
from project_x_py.simulator._quirks import Quirks
from project_x_py.simulator._source import LabelledMarket
from project_x_py.simulator._timing import Timing

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime
    from decimal import Decimal
    from pathlib import Path
    from types import TracebackType

    from starlette.routing import Route

    from project_x_py._ports import Clock, Network
    from project_x_py.simulator._accounts import AccountKind
    from project_x_py.simulator._front import Front
    from project_x_py.simulator._source import ListedContract, MarketSource
    from project_x_py.simulator._state import GatewayState
    from project_x_py.simulator.activity import Activity, Label

__all__ = ["SimulatedGateway"]

_origins = itertools.count(1)
_SERVER_PARTS = (
    "starlette.datastructures",
    "starlette.routing",
    "starlette.applications",
    "click.types",
    "uvicorn.config",
    "uvicorn",
    "h11",
    "uvicorn.protocols.http.h11_impl",
    "websockets.server",
    "uvicorn.protocols.websockets.websockets_sansio_impl",
)
"""What takes longest to import of a server, in the order in which they build on each other."""


class SimulatedGateway:
    """An exchange and its gateway, for the length of an ``async with`` block.

    Args:
        tape: Folder of a recording to play back; None makes up a market.
        instrument: Ticker that the tape is listed as, or the only instrument of a made-up market.
        seed: What a made-up market is made from; in process, also the source of tokens and ids.
        instruments: Tickers of a made-up market, all moving from the start. None means every
            product, each moving from the moment somebody first asks for its bars or subscribes.
        start: When a made-up market begins. None means now, or the opening of the last regular
            session when the market is closed now. A naive time is Chicago's.
        speed: Exchange seconds per wall second.
        tape_from: How many exchange seconds before a tape's first trade the clock starts; after
            it if negative.
        tape_clock: ``"wall"`` moves a tape to the present, ``"tape"`` leaves it at its own time.
        hold: Whether the exchange clock stands still until ``market.start()``.
        host: Address to listen at.
        port: Port to listen at; 0 for any free one.
        allow_remote: Whether an address that other machines can reach is fine.
        in_process: Serve without a socket. Clients of this process work as ever, also on a loop
            with virtual time; no other process can connect.
        balance: Dollars on the one account that there is by default, as it begins; executions
            move it. Not together with ``accounts``, which have their own.
        accounts: What can be traded on, each a :class:`SimulatedAccount` or only its kind; None
            for one practice account.
        username: User name to log in with.
        api_key: Key to log in with; None makes one up.
        clock: Exchange clock to follow, in process only; None makes one.
        quirks: What to do where the real gateway's behaviour is unknown or varies, and the
            assumptions that fills rest on; the account's bracket mode among them.
        control: Whether programs of this machine may cause faults, over ``/control/faults``.
        activity: What else happens in the first instrument of a made-up market, see
            :mod:`project_x_py.simulator.activity`; ``labels`` tells what it did.
        state: Folder that keeps accounts, orders, positions and executions, and with them the key
            and the tokens; a gateway that is given the folder of another goes on where that one
            ended, however it ended. None keeps nothing.

    Attributes:
        faults: Makes things go wrong on purpose.
    """

    def __init__(
        self,
        *,
        tape: str | Path | None = None,
        instrument: str | None = None,
        seed: int = 1,
        instruments: Sequence[str] | None = None,
        start: datetime | None = None,
        speed: float = 1.0,
        tape_from: float = 30.0,
        tape_clock: TapeClock = "wall",
        hold: bool = False,
        host: str = "127.0.0.1",
        port: int = 0,
        allow_remote: bool = False,
        in_process: bool = False,
        balance: float | Decimal | None = None,
        accounts: Sequence[SimulatedAccount | AccountKind] | None = None,
        username: str = "simulated",
        api_key: str | None = None,
        clock: Clock | None = None,
        quirks: Quirks | None = None,
        control: bool = False,
        activity: Sequence[Activity] = (),
        state: str | Path | None = None,
    ) -> None:
        self._plan = MarketPlan(
            tape=tape,
            instrument=instrument,
            instruments=tuple(instruments or ()),
            seed=seed,
            start=start,
            tape_from=tape_from,
            tape_clock=tape_clock,
            activity=tuple(activity),
        )
        self._listen = (host, port, allow_remote)
        self._in_process = in_process
        self._timing = Timing(speed, hold, clock, in_process)
        self._random = random.Random(seed) if in_process else random.SystemRandom()
        self._quirks = quirks or Quirks()
        if accounts is not None and balance is not None:
            raise ProjectXError("give either balance or accounts, which have their own balances")
        wanted = [SimulatedAccount(balance=balance)] if accounts is None else accounts
        self._usual = accounts is None and balance is None
        self._accounts = specs_of(wanted, self._quirks)
        self._folder = state
        self._makes_key = api_key is None
        self._seed = seed
        self._credentials = Credentials(username, api_key or self._key(), self._accounts[0].name)
        self.faults = Faults()
        self._control = control
        self._stack = AsyncExitStack()
        self._running: _Running | None = None

    async def __aenter__(self) -> Self:
        if self._running is not None:
            raise ProjectXError("this gateway runs already; make another one")
        async with AsyncExitStack() as stack:
            await self._loaded()
            state = self._opened(stack)
            kept = None if state is None else state.kept
            after = None if kept is None else kept.market
            clock, source = self._timing.begin(replace(self._plan, after=after))
            running = self._assembled(clock, source, state)
            running.origin = await self._serve(running.front, stack)
            endpoints.register(
                running.origin, endpoints.Endpoint(clock, self._network(running.front))
            )
            stack.callback(endpoints.forget, running.origin)
            running.supervisor.spawn(running.market.run(), name="market")
            stack.push_async_callback(running.supervisor.aclose)
            self._stack = stack.pop_all()
        self._running = running
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        running, self._running = self._started, None
        running.front.shut()
        # One turn, in which whoever waits for a hub's next message gets the farewell.
        await asyncio.sleep(0)
        await self._stack.aclose()
        running.front.clear()
        if error is None:
            running.supervisor.raise_if_faulted()

    @property
    def config(self) -> ProjectXConfig:
        """The configuration that a client needs to come here."""
        origin = self._started.origin
        return ProjectXConfig(
            api_url=f"{origin}/api",
            realtime_url=f"{origin}/api",
            user_hub_url=f"{origin}/hubs/user",
            market_hub_url=f"{origin}/hubs/market",
            requests_per_minute=200,
            burst_limit=200,
        )

    @property
    def credentials(self) -> Credentials:
        """User name, key and account to log in with; the account is the first there is."""
        return self._credentials

    @property
    def clock(self) -> Clock:
        """The exchange clock; clients in this process follow it by themselves."""
        return self._started.clock

    @property
    def market(self) -> Market:
        """The moving market and its controls."""
        return self._started.market

    @property
    def contracts(self) -> tuple[ListedContract, ...]:
        """The contracts that have a market here."""
        return self._started.source.contracts

    @property
    def labels(self) -> list[Label]:
        """What ``activity`` really did so far."""
        source = self._started.source
        return source.labels if isinstance(source, LabelledMarket) else []

    @property
    def connections(self) -> dict[str, int]:
        """How many clients each hub has, by the hub's name."""
        return self._started.front.connections()

    def environment(self) -> dict[str, str]:
        """Return the variables that send a script here, in this process or another.

        A clock that is held is handed over as such: start it before you start the script.
        """
        config, credentials = self.config, self._credentials
        variables = {
            "PROJECT_X_USERNAME": credentials.username,
            "PROJECT_X_API_KEY": credentials.api_key,
            "PROJECT_X_ACCOUNT_NAME": self._accounts[0].name,
            "PROJECTX_API_URL": config.api_url,
            "PROJECTX_REALTIME_URL": config.realtime_url,
            "PROJECTX_USER_HUB_URL": config.user_hub_url,
            "PROJECTX_MARKET_HUB_URL": config.market_hub_url,
        }
        if isinstance(self.clock, ReplayClock):
            variables[endpoints.REPLAY_CLOCK_VARIABLE] = self.clock.dumps()
        return variables

    def ready(self) -> dict[str, str]:
        """Return what a program in any language needs to connect."""
        config = self.config
        return {
            "api_url": config.api_url,
            "user_hub_url": config.user_hub_url,
            "market_hub_url": config.market_hub_url,
            "username": self._credentials.username,
            "api_key": self._credentials.api_key,
        }

    @property
    def _started(self) -> _Running:
        if self._running is None:
            raise ProjectXError("the gateway is not running: use it in an 'async with' block")
        return self._running

    def _key(self) -> str:
        return base64.b64encode(self._random.randbytes(24)).decode()

    def _opened(self, stack: AsyncExitStack) -> GatewayState | None:
        """Open the state that is to be gone on with, and take its accounts and its key."""
        if self._folder is None:
            return None
        from project_x_py.simulator._state import GatewayState

        state = GatewayState.open(self._folder)
        stack.callback(state.close)
        if state.kept is not None:
            left = [image.spec for image in state.kept.accounts]
            self._accounts = resumed(() if self._usual else self._accounts, left)
        api_key = self._credentials.api_key
        if state.access is not None and self._makes_key:
            api_key = state.access.api_key
        if state.access is not None and self._in_process:
            # The same numbers as in the run before would make its tokens once more.
            self._random = random.Random(f"{self._seed} {state.access.runs}")
        name = self._accounts[0].name
        self._credentials = Credentials(self._credentials.username, api_key, name)
        return state

    def _assembled(
        self, clock: Clock, source: MarketSource, state: GatewayState | None
    ) -> _Running:
        credentials = self._credentials
        kept, keep = (None, None) if state is None else (state.access, state.save_access)
        parts = assemble(
            clock,
            source,
            Access(credentials.username, credentials.api_key, self._random, kept, keep),
            self._accounts,
            keeper=None if state is None else Keeper(state, clock, state.kept),
            faults=self.faults,
            quirks=self._quirks,
            random=self._random,
            seed=self._plan.seed,
        )
        market = Market(parts.venue.floor, clock, partial(_release, clock))
        return _Running(clock, source, parts.front, market)

    async def _loaded(self) -> None:
        """Import what serves on a socket, with a turn of the loop after each part."""
        for name in () if self._in_process else _SERVER_PARTS:
            if name not in sys.modules:
                importlib.import_module(name)
                await asyncio.sleep(0)

    async def _serve(self, front: Front, stack: AsyncExitStack) -> str:
        if self._in_process:
            return f"http://localhost:{next(_origins)}"
        from project_x_py.simulator._app import build_app
        from project_x_py.simulator._server import EmbeddedServer, bind, origin_of

        host, port, allow_remote = self._listen
        bound = bind(host, port, allow_remote=allow_remote)
        stack.callback(bound.close)
        origin = origin_of(bound)
        server = EmbeddedServer(build_app(front, *self._control_routes()), bound)
        await server.start()
        stack.push_async_callback(server.stop)
        return origin

    def _control_routes(self) -> list[Route]:
        if not self._control:
            return []
        from project_x_py.simulator._control import control_routes, gauges_of

        gauges = gauges_of(
            lambda: self.clock.now_ns(), lambda: self.market.published, lambda: self.connections
        )
        return control_routes(self.faults, gauges)

    def _network(self, front: Front) -> Callable[[], Network]:
        if self._in_process:
            return lambda: InProcessNetwork(front)
        return _real_network


class _Running:
    """What exists only inside the block."""

    def __init__(self, clock: Clock, source: MarketSource, front: Front, market: Market) -> None:
        self.clock = clock
        self.source = source
        self.front = front
        self.market = market
        self.supervisor = Supervisor("simulated gateway")
        self.origin = ""


def _real_network() -> Network:
    from project_x_py._runtime.network import AiohttpNetwork

    return AiohttpNetwork()


def _release(clock: Clock, after_s: float) -> None:
    # Only a clock of the gateway's own can be held.
    if isinstance(clock, ReplayClock):
        clock.start(after_s=after_s)
