"""The user hub: who is told of which account's changes.

Nothing is sent on subscription unless a quirk wants it; a client takes the state from REST and is
then told of changes.
The payload of an event is wrapped as ``{"action": n, "data": {...}}``, as live traffic has it.

Invariant (``tests/simulator/test_hub.py``): an event reaches the subscribers of its kind and
account, once each, and nobody else.
"""

from __future__ import annotations

import enum
from typing import TYPE_CHECKING

import msgspec

from project_x_py._wire import signalr
from project_x_py.simulator._hub import Hub, HubConnection, HubRefusal, Method

if TYPE_CHECKING:
    from collections.abc import Callable, Container

    from project_x_py.simulator._faults import Faults
    from project_x_py.simulator._hub_quirks import HubQuirks

__all__ = ["Action", "Stream", "UserHub"]


class Action(enum.IntEnum):
    """What the number beside a payload seems to mean."""

    INSERT = 0
    UPSERT = 1
    DELETE = 2


class Stream(enum.Enum):
    """The four kinds of account events; the value is the name of the event."""

    ACCOUNTS = "GatewayUserAccount"
    ORDERS = "GatewayUserOrder"
    POSITIONS = "GatewayUserPosition"
    TRADES = "GatewayUserTrade"


class UserHub(Hub):
    """Streams what happens to accounts.

    Args:
        accounts: The ids that may be subscribed to.
        faults: See :class:`~project_x_py.simulator._hub.Hub`.
        wrapped: Whether payloads go out as ``{"action", "data"}``; bare otherwise.
        quirks: What else of it is unknown.

    Attributes:
        picture: Returns the payloads of what there is of a stream and account, for a subscriber
            that is to be told at once.
    """

    def __init__(
        self,
        accounts: Container[int],
        faults: Faults,
        *,
        wrapped: bool = True,
        quirks: HubQuirks | None = None,
    ) -> None:
        super().__init__("user", self._methods_of_streams(), faults, quirks)
        self.picture: Callable[[Stream, int | None], list[bytes]] = _nothing
        self._accounts = accounts
        self._wrapped = wrapped
        self._subscribers: dict[tuple[Stream, int | None], dict[HubConnection, None]] = {}

    def publish(self, stream: Stream, account_id: int, action: int, payload: bytes) -> None:
        """Tell of one change.

        Args:
            stream: Its kind.
            account_id: Whose it is; account events go to every subscriber to accounts.
            action: The number beside the payload, see :class:`Action`.
            payload: The object as JSON, unknown members left out.
        """
        key = None if stream is Stream.ACCOUNTS else account_id
        subscribers = self._subscribers.get((stream, key))
        if not subscribers:
            return
        self.trouble.deliver(tuple(subscribers), self._frame(stream, action, payload))

    def _frame(self, stream: Stream, action: int, payload: bytes) -> bytes:
        data = msgspec.Raw(payload)
        argument = {"action": int(action), "data": data} if self._wrapped else data
        return signalr.encode_invocation(stream.value, [argument])

    def unsubscribe(self, connection: HubConnection) -> None:
        """Send a connection nothing more."""
        for subscribers in self._subscribers.values():
            subscribers.pop(connection, None)

    def _methods_of_streams(self) -> dict[str, Method]:
        methods: dict[str, Method] = {}
        for stream in Stream:
            takes: tuple[type, ...] = () if stream is Stream.ACCOUNTS else (int,)
            name = stream.name.capitalize()
            methods[f"Subscribe{name}"] = Method(takes, self._subscriber(stream))
            methods[f"Unsubscribe{name}"] = Method(takes, self._unsubscriber(stream))
        return methods

    def _subscriber(self, stream: Stream) -> Callable[..., bytes | None]:
        def subscribe(connection: HubConnection, account_id: int | None = None) -> bytes | None:
            self._check(account_id)
            subscribers = self._subscribers.setdefault((stream, account_id), {})
            if connection in subscribers:
                return None
            self.check_room(connection, self._subscribers.values())
            subscribers[connection] = None
            if not self.quirks.user_snapshots:
                return None
            rows = self.picture(stream, account_id)
            return b"".join([self._frame(stream, Action.UPSERT, row) for row in rows])

        return subscribe

    def _unsubscriber(self, stream: Stream) -> Callable[..., None]:
        def unsubscribe(connection: HubConnection, account_id: int | None = None) -> None:
            self._check(account_id)
            self._subscribers.get((stream, account_id), {}).pop(connection, None)

        return unsubscribe

    def _check(self, account_id: int | None) -> None:
        if account_id is not None and account_id not in self._accounts:
            raise HubRefusal(f"Account {account_id} was not found.")


def _nothing(stream: Stream, account_id: int | None) -> list[bytes]:
    """Nothing is known of any account."""
    return []
