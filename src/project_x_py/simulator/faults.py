"""What can go wrong with a simulated gateway, as data.

Each fault is a value that ``gateway.faults.apply`` brings about at once and ``schedule`` at its
time, and that the control route takes from another process, as JSON: ``{"fault": "drop", "hub":
"market"}``. Hubs are named ``"user"`` and ``"market"``; a hub that is left out means both. Routes
are paths such as ``"/api/Order/place"``; a route that is left out means any below ``/api``.

Seconds are those of the loop, unless it is said that they are the exchange's.

Invariant (``tests/simulator/test_faults.py``): every fault survives the way through JSON.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import msgspec

from project_x_py._wire import signalr
from project_x_py.simulator._error_codes import envelope_of
from project_x_py.simulator._hub_faults import Garbled, check_count, check_delay
from project_x_py.simulator._request_faults import RequestFault, Spoilt
from project_x_py.simulator._rest import Reply

if TYPE_CHECKING:
    from project_x_py.simulator._faults import Faults

__all__ = [
    "Answer",
    "Close",
    "Cut",
    "DailyBreak",
    "DelayAnswers",
    "DelayMessages",
    "Drop",
    "DuplicateEvents",
    "ExpireTokens",
    "Fault",
    "GarbleEvents",
    "HalfOpen",
    "Halt",
    "JumpClock",
    "LargeDepth",
    "Logout",
    "LoseAnswer",
    "Mute",
    "Refuse",
    "ReorderEvents",
    "Resume",
    "Roll",
    "SendFrame",
    "SpoilAnswer",
    "TearAnswer",
    "Unmute",
]

HubName = Literal["user", "market"]
LOGOUT_EVENT = "GatewayLogout"


class _Fault(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Anything that can go wrong.

    ``apply`` brings it about, and returns how many connections or contracts it struck at once; 0
    for a fault that waits for what it strikes. ``check`` raises what is known beforehand that
    ``apply`` would raise, so that a schedule is refused as a whole.
    """

    def check(self, faults: Faults) -> None:
        """Refuse nothing, where there is no value that could be wrong."""


class _HubFault(_Fault, tag_field="fault", frozen=True, kw_only=True):
    hub: HubName | None = None


class Drop(_HubFault, tag="drop", tag_field="fault", frozen=True, kw_only=True):
    """Cut the open connections without a word."""

    def apply(self, faults: Faults) -> int:
        return faults.drop_connections(self.hub)


class Mute(_HubFault, tag="mute", tag_field="fault", frozen=True, kw_only=True):
    """Send nothing any more, not even pings, while sockets stay open; what waits is kept.

    ``seconds`` is how long it lasts; None until :class:`Unmute`.
    """

    seconds: float | None = None

    def check(self, faults: Faults) -> None:
        if self.seconds is not None:
            check_delay(self.seconds)

    def apply(self, faults: Faults) -> int:
        self.check(faults)
        faults.mute(self.hub)
        if self.seconds is not None:
            faults.later(self.seconds, Unmute(hub=self.hub))
        return 0


class Unmute(_HubFault, tag="unmute", tag_field="fault", frozen=True, kw_only=True):
    """Send again; what was held back comes first and in order."""

    def apply(self, faults: Faults) -> int:
        faults.unmute(self.hub)
        return 0


class HalfOpen(_HubFault, tag="half_open", tag_field="fault", frozen=True, kw_only=True):
    """Let the open sockets stay and carry nothing more, in or out, until the client leaves.

    A WebSocket's pings get no pong either. Who connects afterwards is served as ever.
    """

    def apply(self, faults: Faults) -> int:
        return sum(hub.half_open_all() for hub in faults.hubs.named(self.hub))


class Close(_HubFault, tag="close", tag_field="fault", frozen=True, kw_only=True):
    """Send a close record, with an error or without, and end the open connections."""

    error: str | None = "Connection closed with an error."
    allow_reconnect: bool = False

    def apply(self, faults: Faults) -> int:
        return sum(
            hub.end_all(self.error, allow_reconnect=self.allow_reconnect)
            for hub in faults.hubs.named(self.hub)
        )


class Logout(_HubFault, tag="logout", tag_field="fault", frozen=True, kw_only=True):
    """Send every client the event ``GatewayLogout``; tokens and connections stay as they are.

    What the real one carries is not known: ``text`` is its only argument, None sends none.
    """

    text: str | None = None

    def apply(self, faults: Faults) -> int:
        frame = signalr.encode_invocation(LOGOUT_EVENT, [] if self.text is None else [self.text])
        return sum(hub.send_all(frame) for hub in faults.hubs.named(self.hub))


class DelayMessages(_HubFault, tag="delay_messages", tag_field="fault", frozen=True, kw_only=True):
    """Let everything that is sent wait ``seconds``, in order; 0 ends it."""

    seconds: float

    def check(self, faults: Faults) -> None:
        check_delay(self.seconds)

    def apply(self, faults: Faults) -> int:
        faults.hubs.delay(self.hub, self.seconds)
        return 0


class SendFrame(_HubFault, tag="send_frame", tag_field="fault", frozen=True, kw_only=True):
    """Send every client this text as it is; a record ends with the character 0x1E."""

    text: str

    def apply(self, faults: Faults) -> int:
        data = self.text.encode("utf-8", "replace")
        return sum(hub.send_all(data) for hub in faults.hubs.named(self.hub))


class _EventFault(_Fault, tag_field="fault", frozen=True, kw_only=True):
    hub: HubName = "user"


class DuplicateEvents(_EventFault, tag="duplicate", tag_field="fault", frozen=True, kw_only=True):
    """Send each of the next ``times`` events twice."""

    times: int = 1

    def check(self, faults: Faults) -> None:
        check_count(self.times, "times")

    def apply(self, faults: Faults) -> int:
        faults.hubs.named(self.hub)[0].trouble.duplicate(self.times)
        return 0


class ReorderEvents(_EventFault, tag="reorder", tag_field="fault", frozen=True, kw_only=True):
    """Hold the next events until there are ``count``, or a second has passed; the newest first."""

    count: int = 2

    def check(self, faults: Faults) -> None:
        check_count(self.count, "count")

    def apply(self, faults: Faults) -> int:
        faults.hubs.named(self.hub)[0].trouble.reverse(self.count)
        return 0


class GarbleEvents(_EventFault, tag="garble", tag_field="fault", frozen=True, kw_only=True):
    """Spoil the next ``times`` events; what they told is lost."""

    how: Garbled = "truncated"
    times: int = 1

    def check(self, faults: Faults) -> None:
        check_count(self.times, "times")

    def apply(self, faults: Faults) -> int:
        faults.hubs.named(self.hub)[0].trouble.garble(self.how, self.times)
        return 0


class LargeDepth(_Fault, tag="large_depth", tag_field="fault", frozen=True, kw_only=True):
    """Send who subscribes to depth a book of at least ``size_bytes``, and the true one after it.

    ``contract_id`` None means every contract.
    """

    size_bytes: int = 1024 * 1024
    contract_id: str | None = None

    def check(self, faults: Faults) -> None:
        faults.market.check(self.contract_id)

    def apply(self, faults: Faults) -> int:
        return faults.hubs.enlarge_depth(self.contract_id, self.size_bytes)


class _RequestFault(_Fault, tag_field="fault", frozen=True, kw_only=True):
    route: str | None = None
    times: int = 1


class Refuse(_RequestFault, tag="refuse", tag_field="fault", frozen=True, kw_only=True):
    """Answer with ``status`` and an empty body, without acting.

    ``retry_after`` is the text of a Retry-After header: seconds, a date, or nonsense.
    """

    status: int = 503
    retry_after: str | None = None

    def apply(self, faults: Faults) -> int:
        faults.refuse_next(
            self.status, times=self.times, route=self.route, retry_after=self.retry_after
        )
        return 0


class Answer(_Fault, tag="answer", tag_field="fault", frozen=True, kw_only=True):
    """Answer requests of ``route`` with one of its own error codes, without acting.

    For codes that nothing a client sends brings about, such as 7 of ``/api/Order/place``.
    """

    route: str
    code: int
    message: str | None = None
    times: int = 1

    def apply(self, faults: Faults) -> int:
        headers = {"content-type": "application/json; charset=utf-8"}
        reply = Reply(200, headers, envelope_of(self.route, self.code, self.message))
        faults.requests.add(RequestFault(self.route, refusal=reply), self.times)
        return 0


class Cut(_RequestFault, tag="cut", tag_field="fault", frozen=True, kw_only=True):
    """Cut the connection of a request before it is carried out."""

    def apply(self, faults: Faults) -> int:
        faults.requests.add(RequestFault(self.route, cut=True), self.times)
        return 0


class LoseAnswer(_RequestFault, tag="lose_answer", tag_field="fault", frozen=True, kw_only=True):
    """Carry a request out, then cut the connection before the answer."""

    def apply(self, faults: Faults) -> int:
        faults.requests.add(RequestFault(self.route, lost=True), self.times)
        return 0


class TearAnswer(_RequestFault, tag="tear", tag_field="fault", frozen=True, kw_only=True):
    """Carry a request out, then cut the connection in the middle of the answer's body."""

    def apply(self, faults: Faults) -> int:
        faults.requests.add(RequestFault(self.route, torn=True), self.times)
        return 0


class DelayAnswers(_RequestFault, tag="delay", tag_field="fault", frozen=True, kw_only=True):
    """Carry a request out, and answer ``seconds`` later."""

    seconds: float

    def apply(self, faults: Faults) -> int:
        faults.requests.add(RequestFault(self.route, delay_s=self.seconds), self.times)
        return 0


class SpoilAnswer(_RequestFault, tag="spoil", tag_field="fault", frozen=True, kw_only=True):
    """Carry a request out, and answer 200 with a body that is none of its own."""

    how: Spoilt = "truncated"

    def apply(self, faults: Faults) -> int:
        faults.requests.add(RequestFault(self.route, spoilt=self.how), self.times)
        return 0


class ExpireTokens(_Fault, tag="expire_tokens", tag_field="fault", frozen=True, kw_only=True):
    """Refuse every token issued so far; open hub connections stay."""

    def apply(self, faults: Faults) -> int:
        faults.expire_tokens()
        return 0


class JumpClock(_Fault, tag="jump_clock", tag_field="fault", frozen=True, kw_only=True):
    """Move the exchange clock by so many exchange seconds; below zero, back.

    What the market missed is caught up, in order; while the clock is behind, the market waits.
    Clients in the gateway's own process follow; those in another keep the time they were given.
    """

    seconds: float

    def check(self, faults: Faults) -> None:
        faults.market.check_jump(self.seconds)

    def apply(self, faults: Faults) -> int:
        faults.market.jump(self.seconds)
        return 0


class Halt(_Fault, tag="halt", tag_field="fault", frozen=True, kw_only=True):
    """Stop a contract, or all, for ``seconds`` of the exchange; None is until :class:`Resume`.

    Orders rest, and none is taken. It opens again with its whole book, a made-up market with a
    print as well. A tape goes on where it stood, so much later.
    """

    contract_id: str | None = None
    seconds: float | None = None

    def check(self, faults: Faults) -> None:
        faults.market.check(self.contract_id)
        if self.seconds is not None:
            faults.market.check_halt(self.seconds)

    def apply(self, faults: Faults) -> int:
        return faults.market.halt(self.contract_id, self.seconds)


class Resume(_Fault, tag="resume", tag_field="fault", frozen=True, kw_only=True):
    """End a halt."""

    contract_id: str | None = None

    def check(self, faults: Faults) -> None:
        faults.market.check(self.contract_id)

    def apply(self, faults: Faults) -> int:
        return faults.market.resume(self.contract_id)


class DailyBreak(_Fault, tag="daily_break", tag_field="fault", frozen=True, kw_only=True):
    """End the trading day of every contract, as from 16:00 to 17:00 Chicago time.

    What works is cancelled, positions are closed where the platform does that before the close,
    and costs are settled; then nothing trades for ``seconds`` of the exchange.
    """

    seconds: float = 3600.0

    def check(self, faults: Faults) -> None:
        faults.market.check_halt(self.seconds)

    def apply(self, faults: Faults) -> int:
        return faults.market.close_day(self.seconds)


class Roll(_Fault, tag="roll", tag_field="fault", frozen=True, kw_only=True):
    """Let the month after this contract's be the active one of its product.

    The old month's orders are cancelled and none is taken; the next one trades where the market is
    made up, and is only listed on a tape.
    """

    contract_id: str

    def apply(self, faults: Faults) -> int:
        return faults.market.roll(self.contract_id)


Fault = (
    Drop
    | Mute
    | Unmute
    | HalfOpen
    | Close
    | Logout
    | DelayMessages
    | SendFrame
    | DuplicateEvents
    | ReorderEvents
    | GarbleEvents
    | LargeDepth
    | Refuse
    | Answer
    | Cut
    | LoseAnswer
    | TearAnswer
    | DelayAnswers
    | SpoilAnswer
    | ExpireTokens
    | JumpClock
    | Halt
    | Resume
    | DailyBreak
    | Roll
)
"""Every fault, told apart by the member ``fault`` of its JSON."""
