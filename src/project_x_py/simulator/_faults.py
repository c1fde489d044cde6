"""What goes wrong on purpose.

A test or a demonstration asks for a fault through ``gateway.faults``; the parts of the gateway ask
here before they answer. Nothing goes wrong unasked, so a run without faults stays reproducible,
and a schedule made from a seed is the same every time.

Invariant (``tests/simulator/test_faults.py``): a fault strikes as often as it was asked for.
"""

from __future__ import annotations

import asyncio
from random import Random
from typing import TYPE_CHECKING

import msgspec

from project_x_py.exceptions import ProjectXError
from project_x_py.simulator import faults as kinds
from project_x_py.simulator._hub_faults import HubFaults
from project_x_py.simulator._market_faults import MarketFaults
from project_x_py.simulator._request_faults import RequestFault, RequestFaults
from project_x_py.simulator._rest import Reply

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from project_x_py.simulator.faults import Fault

__all__ = ["HARMS", "Faults"]

HARMS: tuple[Fault, ...] = (
    kinds.Drop(),
    kinds.Drop(hub="user"),
    kinds.Close(allow_reconnect=True),
    kinds.HalfOpen(hub="market"),
    kinds.Mute(seconds=2),
    kinds.Refuse(status=401),
    kinds.Refuse(status=429, retry_after="1"),
    kinds.Refuse(status=429),
    kinds.Refuse(status=500),
    kinds.Refuse(status=503),
    kinds.DelayAnswers(seconds=0.5),
    kinds.LoseAnswer(),
    kinds.Cut(),
    kinds.SpoilAnswer(how="html"),
    kinds.SpoilAnswer(how="truncated"),
    kinds.DuplicateEvents(times=2),
    kinds.ReorderEvents(),
    kinds.GarbleEvents(hub="market"),
    kinds.ExpireTokens(),
    kinds.LargeDepth(),
)
"""What a seeded schedule chooses from: faults that a client which redials gets over."""

_OF_REQUESTS = (
    kinds.Answer,
    kinds.Cut,
    kinds.DelayAnswers,
    kinds.LoseAnswer,
    kinds.Refuse,
    kinds.SpoilAnswer,
    kinds.TearAnswer,
)


class Faults:
    """The faults of one gateway. Hubs are named ``"user"`` and ``"market"``.

    Attributes:
        requests: What waits for requests.
        hubs: What is wrong with the hubs.
        market: What happens to the market and its clock.
    """

    def __init__(self) -> None:
        self.requests = RequestFaults()
        self.hubs = HubFaults()
        self.market = MarketFaults()
        self._expirers: list[Callable[[], None]] = []
        self._timers: set[asyncio.TimerHandle] = set()

    def attach_tokens(self, expire: Callable[[], None]) -> None:
        """Make known how tokens are made invalid."""
        self._expirers.append(expire)

    def apply(self, fault: Fault) -> int:
        """Bring a fault of :mod:`project_x_py.simulator.faults` about.

        Returns:
            How many connections or contracts it struck at once; 0 for one that waits for what it
            strikes.

        Raises:
            ProjectXError: It has a value that cannot be, or the gateway is not running.
        """
        return _sound(fault).apply(self)

    def schedule(
        self,
        plan: int | Iterable[tuple[float, Fault]],
        *,
        for_s: float = 60.0,
        every_s: float = 5.0,
        choices: Sequence[Fault] = HARMS,
    ) -> list[tuple[float, Fault]]:
        """Bring faults about, each at its time.

        Args:
            plan: Pairs of seconds from now and a fault; or a seed, which makes such pairs up.
            for_s: How many seconds a made-up plan lasts.
            every_s: How many seconds there are between its faults, on average.
            choices: What it chooses from.

        Returns:
            The pairs, in the order of their times.

        Raises:
            ProjectXError: A time is below zero, a fault has a value that cannot be, or the
                gateway is not running. Nothing is scheduled then.
        """
        if isinstance(plan, int):
            plan = _made_up(plan, for_s, every_s, choices)
        pairs = sorted(((at_s, _sound(fault)) for at_s, fault in plan), key=lambda pair: pair[0])
        for at_s, fault in pairs:
            if not 0 <= at_s < float("inf"):
                raise ProjectXError(f"a fault comes at 0 s or later, not at {at_s}")
            fault.check(self)
            if isinstance(fault, _OF_REQUESTS):
                # Nothing asks these for a fault, so what is left with them strikes nobody.
                fault.apply(Faults())
        for at_s, fault in pairs:
            self.later(at_s, fault)
        return pairs

    def later(self, seconds: float, fault: Fault) -> None:
        """Bring a fault about so many seconds from now.

        Raises:
            ProjectXError: No loop is running.
        """
        try:
            loop = asyncio.get_running_loop()
        except RuntimeError:
            raise ProjectXError("faults are scheduled while the gateway runs") from None

        def strike() -> None:
            self._timers.discard(timer)
            fault.apply(self)

        timer = loop.call_later(seconds, strike)
        self._timers.add(timer)

    def stop(self) -> None:
        """Forget what is scheduled or waits, and let the hubs speak again."""
        for timer in self._timers:
            timer.cancel()
        self._timers.clear()
        self.requests.clear()
        self.hubs.stop()

    def state(self) -> dict[str, object]:
        """Return what is wrong: ``requests`` and ``scheduled`` counted, ``hubs`` by name."""
        return {
            "requests": len(self.requests),
            "scheduled": len(self._timers),
            "hubs": self.hubs.state(),
        }

    def drop_connections(self, hub: str | None = None) -> int:
        """Cut the open connections of a hub, or of all, without a word of farewell.

        Returns:
            How many were cut.
        """
        return sum(struck.drop_all() for struck in self.hubs.named(hub))

    def mute(self, hub: str | None = None) -> None:
        """Let a hub, or all, fall silent: sockets stay open, nothing is sent, not even a ping."""
        self.hubs.silence(hub, muted=True)

    def unmute(self, hub: str | None = None) -> None:
        """Let a hub, or all, speak again; what was held back comes first and in order."""
        self.hubs.silence(hub, muted=False)

    def expire_tokens(self) -> None:
        """Let every token issued so far be refused with 401; open hub connections stay."""
        for expire in self._expirers:
            expire()

    def refuse_next(
        self,
        status: int,
        *,
        times: int = 1,
        route: str | None = None,
        retry_after_s: int | None = None,
        retry_after: str | None = None,
    ) -> None:
        """Answer the next requests with ``status`` and an empty body, without acting on them.

        Args:
            status: HTTP status of the answer, 400 to 599.
            times: How many requests are refused.
            route: Only requests of this path, such as ``"/api/Order/place"`` or
                ``"/hubs/market"``; None for any request below ``/api``.
            retry_after_s: Value of a Retry-After header; None for no header.
            retry_after: Its text, where seconds will not do, such as a date.

        Raises:
            ProjectXError: Not such a status, or a text that no header can hold.
        """
        if not 400 <= status <= 599:
            raise ProjectXError(f"a refusal needs a status from 400 to 599, not {status}")
        text = retry_after if retry_after_s is None else str(retry_after_s)
        headers = {} if text is None else {"Retry-After": text}
        if text is not None and not (text.isascii() and text.isprintable()):
            raise ProjectXError("a Retry-After header is printable ASCII")
        if status == 401:
            headers["WWW-Authenticate"] = 'Bearer error="invalid_token"'
        self.requests.add(RequestFault(route, refusal=Reply(status, headers)), times)


def _sound(fault: Fault) -> Fault:
    # Annotations of a struct are not looked at when it is made.
    try:
        sound: Fault = msgspec.convert(msgspec.to_builtins(fault), kinds.Fault)
    except (msgspec.MsgspecError, TypeError) as exc:
        raise ProjectXError(f"not a fault of project_x_py.simulator.faults: {exc}") from None
    return sound


def _made_up(
    seed: int, for_s: float, every_s: float, choices: Sequence[Fault]
) -> list[tuple[float, Fault]]:
    if not (for_s > 0 and every_s > 0 and choices and for_s / every_s <= 1_000_000):
        raise ProjectXError("a schedule needs a length, a distance above 0 and something to choose")
    random = Random(seed)
    pairs: list[tuple[float, Fault]] = []
    at_s = random.expovariate(1 / every_s)
    while at_s < for_s:
        pairs.append((round(at_s, 3), choices[random.randrange(len(choices))]))
        at_s += random.expovariate(1 / every_s)
    return pairs
