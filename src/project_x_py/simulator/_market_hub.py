"""The market hub: who gets which contract's quotes, trades and depth.

A subscriber to quotes first gets the whole quote, then what changes; a subscriber to depth first
gets a reset and the whole book in one list, then the levels that change. Records go out in the
order in which the market made them, across quotes, trades and depth alike.

Invariants (``tests/simulator/test_hub.py``): a book rebuilt from what one connection received
equals the market's; subscribing twice delivers once.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from project_x_py._core.records import Depth, MarketRecord, Quote, Trade
from project_x_py.exceptions import ProjectXError
from project_x_py.simulator._encode import ContractEncoder, TimeTexts
from project_x_py.simulator._hub import (
    MAX_WAITING_BYTES,
    Hub,
    HubConnection,
    HubRefusal,
    Method,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from project_x_py.simulator._faults import Faults
    from project_x_py.simulator._hub_quirks import HubQuirks
    from project_x_py.simulator._source import ListedContract, MarketSource

__all__ = ["MarketHub"]

_STREAMS: dict[str, type[MarketRecord]] = {
    "ContractQuotes": Quote,
    "ContractTrades": Trade,
    "ContractMarketDepth": Depth,
}

_Subscribers = dict[HubConnection, None]


class MarketHub(Hub):
    """Streams the market of a source.

    Args:
        source: Asked for the book when somebody subscribes.
        faults: See :class:`~project_x_py.simulator._hub.Hub`.
        quirks: The form of what is sent, and what a subscriber first gets.
    """

    def __init__(
        self, source: MarketSource, faults: Faults, quirks: HubQuirks | None = None
    ) -> None:
        super().__init__("market", self._methods_of_streams(), faults, quirks)
        self._source = source
        faults.hubs.attach_depth(self.send_large_depth)
        faults.market.attach_listing(self.list_contract)
        self._times = TimeTexts()
        self._encoders: dict[str, ContractEncoder] = {}
        self._subscribers: dict[tuple[type[MarketRecord], str], _Subscribers] = {}
        for contract in source.contracts:
            self.list_contract(contract)

    def list_contract(self, contract: ListedContract) -> None:
        """Let a contract of the source be subscribed to."""
        contract_id = contract.contract_id
        self._encoders[contract_id] = ContractEncoder(contract, self._times, self.quirks)
        for kind in _STREAMS.values():
            self._subscribers[kind, contract_id] = {}

    def publish(self, records: Sequence[MarketRecord]) -> None:
        """Send records to whom they concern; each message is written once."""
        begin, end = 0, len(records)
        while begin < end:
            first = records[begin]
            kind, contract_id = type(first), first.contract_id
            upto = begin + 1
            while (
                upto < end
                and type(records[upto]) is kind
                and records[upto].contract_id == contract_id
            ):
                upto += 1
            subscribers = self._subscribers[kind, contract_id]
            if subscribers:
                data = self._written(contract_id, records[begin:upto])
                self.trouble.deliver(tuple(subscribers), data)
            begin = upto

    def send_large_depth(self, contract_id: str | None, size_bytes: int) -> int:
        """Send a book of at least ``size_bytes``, and behind it the true one, in one piece.

        Args:
            contract_id: Whose subscribers get it; None for every contract's.
            size_bytes: At most what may wait for a client.

        Returns:
            How many clients got one.

        Raises:
            ProjectXError: The contract has no market here, or the size cannot be.
        """
        if not 0 < size_bytes <= MAX_WAITING_BYTES // 4:
            raise ProjectXError(f"a depth frame has 1 to {MAX_WAITING_BYTES // 4} bytes")
        struck = 0
        for one in self._encoders if contract_id is None else [contract_id]:
            subscribers = tuple(self._of(Depth, one))
            if subscribers:
                frame = self._large_depth(one, size_bytes)
                for connection in subscribers:
                    connection.push(frame)
                struck += len(subscribers)
        return struck

    def _large_depth(self, contract_id: str, size_bytes: int) -> bytes:
        encoder, true = self._encoders[contract_id], self._source.snapshot(contract_id)
        small = encoder.depth_snapshot(true)
        rows = len(true.bids) + len(true.asks) + 1
        level = true.asks[-1][0] if true.asks else true.last or 0
        count = size_bytes * rows // len(small) + 1
        more = [(level + away, 1) for away in range(1, count + 1)]
        while len(large := encoder.depth_snapshot(replace(true, asks=[*true.asks, *more]))) < (
            size_bytes
        ):
            more += [(more[-1][0] + away, 1) for away in range(1, count // 10 + 2)]
        return large + small

    def unsubscribe(self, connection: HubConnection) -> None:
        """Send a connection nothing more."""
        for subscribers in self._subscribers.values():
            subscribers.pop(connection, None)

    def _written(self, contract_id: str, run: Sequence[MarketRecord]) -> bytes:
        encoder = self._encoders[contract_id]
        for record in run:
            if type(record) is Quote and record.open is not None:
                encoder.prev_close = self._source.snapshot(contract_id).prev_close
                break
        return encoder.messages(run)

    def _methods_of_streams(self) -> dict[str, Method]:
        methods: dict[str, Method] = {}
        for name, kind in _STREAMS.items():
            methods[f"Subscribe{name}"] = Method((str,), self._subscriber(kind))
            methods[f"Unsubscribe{name}"] = Method((str,), self._unsubscriber(kind))
        return methods

    def _subscriber(self, kind: type[MarketRecord]) -> Callable[..., bytes | None]:
        def subscribe(connection: HubConnection, contract_id: str) -> bytes | None:
            subscribers = self._of(kind, contract_id)
            if connection in subscribers:
                return None
            self.check_room(connection, self._subscribers.values())
            subscribers[connection] = None
            # Also for trades: a market that nobody has looked at need not move.
            snapshot = self._source.snapshot(contract_id)
            if kind is Trade:
                return None
            encoder = self._encoders[contract_id]
            # Also where it is not sent: a whole quote is made of it and what follows.
            whole = encoder.full_quote if kind is Quote else encoder.depth_snapshot
            told = whole(snapshot)
            return told if self.quirks.market_snapshots else None

        return subscribe

    def _unsubscriber(self, kind: type[MarketRecord]) -> Callable[..., None]:
        def unsubscribe(connection: HubConnection, contract_id: str) -> None:
            self._of(kind, contract_id).pop(connection, None)

        return unsubscribe

    def _of(self, kind: type[MarketRecord], contract_id: str) -> _Subscribers:
        subscribers = self._subscribers.get((kind, contract_id))
        if subscribers is None:
            known = ", ".join(self._encoders)
            raise HubRefusal(
                f"Contract '{contract_id}' has no market in this simulation; it has {known}."
            )
        return subscribers
