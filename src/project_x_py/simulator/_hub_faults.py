"""Faults that strike what a hub sends.

Silence, delay and half-open sockets concern everything that a connection carries; duplicates,
changes of order and spoilt frames concern events, and strike each event for all its receivers
alike.

Invariants (``tests/simulator/test_faults.py``): a fault strikes as many events as it was asked to;
no event but a spoilt one is lost; whatever is delayed keeps its order.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Literal, Protocol

from project_x_py._wire import signalr
from project_x_py._wire.signalr import RECORD_END
from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    from project_x_py.simulator._hub import HubConnection

__all__ = [
    "Garbled",
    "HubFaults",
    "HubTrouble",
    "StruckHub",
    "check_count",
    "check_delay",
    "garbled",
]

Garbled = Literal["truncated", "not_json", "unterminated", "wrong_types", "no_type", "nested"]
"""How a frame is spoilt."""

GATHER_S = 1.0
"""How long events that are to change their order wait for each other."""

Event = tuple[Sequence["HubConnection"], bytes]
"""Who gets an event, and its records."""


def garbled(frame: bytes, how: Garbled) -> bytes:
    """Return ``frame``, whole hub records, spoilt."""
    if how == "truncated":
        return frame[: len(frame) // 2] + RECORD_END
    if how == "unterminated":
        return frame.removesuffix(RECORD_END)
    if how == "wrong_types":
        record = signalr.decode_record(frame.partition(RECORD_END)[0])
        arguments = [{"data": [None]}, *[-1] * (len(record.arguments) - 1)]
        return signalr.encode_invocation(record.target or "", arguments)
    return {
        "not_json": b"#!/not json",
        "no_type": b'{"target":"GatewayQuote","arguments":[]}',
        "nested": b"[" * 5000 + b"]" * 5000,
    }[how] + RECORD_END


class _Duplicates:
    def __init__(self, times: int) -> None:
        self._left = times

    def take(self, event: Event) -> list[Event]:
        self._left -= 1
        return [event, event]

    @property
    def over(self) -> bool:
        return self._left <= 0


class _Spoiler:
    def __init__(self, how: Garbled, times: int) -> None:
        self._how = how
        self._left = times

    def take(self, event: Event) -> list[Event]:
        self._left -= 1
        return [(event[0], garbled(event[1], self._how))]

    @property
    def over(self) -> bool:
        return self._left <= 0


class _Reversal:
    def __init__(self, count: int) -> None:
        self._left = count
        self.held: list[Event] = []

    def take(self, event: Event) -> list[Event]:
        self._left -= 1
        self.held.append(event)
        return self.release() if self.over else []

    def release(self) -> list[Event]:
        """Return what is held, the newest first."""
        held, self.held = self.held[::-1], []
        return held

    @property
    def over(self) -> bool:
        return self._left <= 0


class HubTrouble:
    """What is wrong with one hub at the moment.

    Attributes:
        muted: Whether nothing is sent.
        delay_s: How many seconds everything that is sent waits.
    """

    __slots__ = ("_plans", "_timer", "delay_s", "muted")

    def __init__(self) -> None:
        self.muted = False
        self.delay_s = 0.0
        self._plans: deque[_Duplicates | _Spoiler | _Reversal] = deque()
        self._timer: asyncio.TimerHandle | None = None

    @property
    def waiting(self) -> int:
        """How many faults wait for events."""
        return len(self._plans)

    def duplicate(self, times: int) -> None:
        """Let each of the next events be sent twice."""
        self._plans.append(_Duplicates(check_count(times, "times")))

    def garble(self, how: Garbled, times: int) -> None:
        """Let each of the next events be spoilt."""
        self._plans.append(_Spoiler(how, check_count(times, "times")))

    def reverse(self, count: int) -> None:
        """Let the next events be held until there are ``count``, and be sent newest first."""
        self._plans.append(_Reversal(check_count(count, "count")))

    def deliver(self, to: Sequence[HubConnection], frame: bytes) -> None:
        """Send an event, or what the fault whose turn it is makes of it."""
        if not self._plans:
            _send([(to, frame)])
            return
        plan = self._plans[0]
        events = plan.take((to, frame))
        if plan.over:
            self._plans.popleft()
            self._cancel()
        elif isinstance(plan, _Reversal) and self._timer is None:
            loop = asyncio.get_running_loop()
            self._timer = loop.call_later(GATHER_S, self._give_up, plan)
        _send(events)

    def stop(self) -> None:
        """Let nothing be wrong any more; what is held is sent."""
        self.muted, self.delay_s = False, 0.0
        plans = list(self._plans)
        self._plans.clear()
        self._cancel()
        for plan in plans:
            if isinstance(plan, _Reversal):
                _send(plan.release())

    def _give_up(self, plan: _Reversal) -> None:
        self._timer = None
        self._plans.remove(plan)
        _send(plan.release())

    def _cancel(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


class StruckHub(Protocol):
    """A hub as faults see it."""

    name: str
    trouble: HubTrouble

    def drop_all(self) -> int:
        """Cut every connection; return how many there were."""
        ...

    def half_open_all(self) -> int:
        """Let every socket stay and carry nothing; return how many there were."""
        ...

    def end_all(self, error: str | None, *, allow_reconnect: bool) -> int:
        """Send every client a close record and end; return how many there were."""
        ...

    def send_all(self, data: bytes) -> int:
        """Send every client these bytes; return how many there were."""
        ...

    def wake_all(self) -> None:
        """Let every connection look again whether it may send."""
        ...


class HubFaults:
    """The hubs that faults can strike, by name."""

    def __init__(self) -> None:
        self._hubs: dict[str, StruckHub] = {}
        self._enlarge: Callable[[str | None, int], int] | None = None

    def attach(self, hub: StruckHub) -> None:
        """Make a hub known."""
        self._hubs[hub.name] = hub

    def attach_depth(self, send: Callable[[str | None, int], int]) -> None:
        """Make known how a depth frame of a contract and a size in bytes is sent."""
        self._enlarge = send

    def named(self, hub: str | None) -> list[StruckHub]:
        """Return the hub of a name, or all.

        Raises:
            ProjectXError: There is no hub of that name.
        """
        if hub is None:
            return list(self._hubs.values())
        if hub not in self._hubs:
            known = " and ".join(repr(name) for name in self._hubs) or "not there before the start"
            raise ProjectXError(f"there is no hub {hub!r}; the hubs are {known}")
        return [self._hubs[hub]]

    def enlarge_depth(self, contract_id: str | None, size_bytes: int) -> int:
        """Send a depth frame of at least ``size_bytes``; return how many clients got one."""
        if self._enlarge is None:
            raise ProjectXError("the gateway is not running")
        return self._enlarge(contract_id, size_bytes)

    def silence(self, hub: str | None, *, muted: bool) -> None:
        """Let a hub, or all, fall silent or speak again."""
        for struck in self.named(hub):
            struck.trouble.muted = muted
            struck.wake_all()

    def delay(self, hub: str | None, seconds: float) -> None:
        """Let everything that a hub, or all, sends wait; 0 ends it."""
        check_delay(seconds)
        for struck in self.named(hub):
            struck.trouble.delay_s = seconds

    def state(self) -> dict[str, dict[str, object]]:
        """Return what is wrong with each hub."""
        return {
            name: {
                "muted": hub.trouble.muted,
                "delay_s": hub.trouble.delay_s,
                "waiting": hub.trouble.waiting,
            }
            for name, hub in self._hubs.items()
        }

    def stop(self) -> None:
        """Let nothing be wrong with any hub any more."""
        for hub in self._hubs.values():
            hub.trouble.stop()
            hub.wake_all()


def _send(events: Sequence[Event]) -> None:
    for to, frame in events:
        for connection in to:
            connection.push(frame)


def check_delay(seconds: float) -> None:
    """Refuse a time that nothing can wait. Raises ProjectXError."""
    if not 0 <= seconds < float("inf"):
        raise ProjectXError(f"a delay takes seconds from 0 on, not {seconds}")


def check_count(count: int, what: str) -> int:
    """Return a number of events. Raises ProjectXError for fewer than one."""
    if count < 1:
        raise ProjectXError(f"{what} must be at least 1, not {count}")
    return count
