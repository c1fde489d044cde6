"""Every outage of the feeds as an object, told when it opens and when the feed is whole again.

A contract has at most one open gap at a time, and so has the account; what else goes wrong
meanwhile belongs to the gap that is open.

Invariants (``tests/realtime/test_gaps.py``): each gap is told twice, in the order of the events;
it begins at the last message known to be good, or when the feed became whole if there was none
since; nothing but a message or a confirmed subscription ends it.
"""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from project_x_py._core.gaps import MARKET_KINDS, USER_KINDS, FeedGap, GapReason

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from project_x_py._ports import Clock, GapListener
    from project_x_py.realtime._hub import Subscription

__all__ = ["MARKET", "USER", "GapKeeper", "contracts_of"]

USER = "user"
MARKET = "market"
KEPT = 256
"""Gaps that are remembered after their end."""


def contracts_of(subscriptions: Iterable[Subscription]) -> tuple[str, ...]:
    """Return the contracts that market subscriptions name, each once."""
    return tuple(dict.fromkeys(str(arguments[0]) for _, arguments in subscriptions))


class GapKeeper:
    """The open gaps of one client, and the newest of those that are over.

    Args:
        clock: Exchange time.
        heard_ns: Returns the exchange time of the last message of a contract, or of the account
            for None; 0 without one.
        corrupt: Told of a hub whose frames could not be read.
        has_owner: Whether somebody is fed with a contract, or with the account for None.
    """

    def __init__(
        self,
        clock: Clock,
        heard_ns: Callable[[str | None], int],
        corrupt: Callable[[str], None],
        has_owner: Callable[[str | None], bool],
    ) -> None:
        self.opened = 0
        self._corrupt = corrupt
        self._has_owner = has_owner
        self._clock = clock
        self._heard_ns = heard_ns
        self._listeners: tuple[GapListener, ...] = ()
        self._repaired: tuple[GapListener, ...] = ()
        self._open: dict[str | None, FeedGap] = {}
        self._since: dict[str | None, int] = {}
        self._whole_ns: dict[str | None, int] = {}
        """When each feed began to be whole."""
        self._over: deque[FeedGap] = deque(maxlen=KEPT)

    @property
    def open_gaps(self) -> tuple[FeedGap, ...]:
        """The outages that last."""
        return tuple(self._open.values())

    @property
    def recent(self) -> tuple[FeedGap, ...]:
        """The newest outages that are over, oldest first."""
        return tuple(self._over)

    def is_open(self, contract_id: str | None) -> bool:
        """Whether messages of the contract, or of the account for None, are being missed."""
        return contract_id in self._open

    def since_ns(self, contract_id: str | None) -> int:
        """Exchange time at which the newest gap of the contract was noticed."""
        return self._since.get(contract_id, 0)

    def add_listener(self, listener: GapListener) -> None:
        """Tell ``listener`` of every gap; adding it twice is adding it once."""
        if listener not in self._listeners:
            self._listeners = (*self._listeners, listener)

    def remove_listener(self, listener: GapListener) -> None:
        """Tell it no more; harmless when it is not there."""
        self._listeners = tuple(other for other in self._listeners if other != listener)

    def add_repair_listener(self, listener: GapListener) -> None:
        """Tell ``listener`` of each gap whose missed messages have been read anew."""
        if listener not in self._repaired:
            self._repaired = (*self._repaired, listener)

    def open(
        self, contract_id: str | None, reason: GapReason, missed: tuple[str, ...] | None = None
    ) -> None:
        """Begin the gap of a contract, or of the account for None, unless one is open."""
        if contract_id in self._open:
            return
        kinds = USER_KINDS if contract_id is None else MARKET_KINDS
        gap = FeedGap(
            hub=USER if contract_id is None else MARKET,
            contract_id=contract_id,
            from_ns=self._heard_ns(contract_id)
            or self._whole_ns.get(contract_id, 0)
            or self._clock.now_ns(),
            reason=reason,
            missed=kinds if missed is None else missed,
        )
        self.opened += 1
        self._open[contract_id] = gap
        self._since[contract_id] = self._clock.now_ns()
        self._tell(gap)

    def close(self, contract_id: str | None) -> None:
        """End a gap, the feed being whole again; harmless when none is open."""
        gap = self._open.pop(contract_id, None)
        if gap is not None:
            self._whole_ns[contract_id] = self._clock.now_ns()
            over = gap.closed(self._clock.now_ns())
            self._over.append(over)
            self._tell(over)

    def forget(self, contract_id: str | None) -> None:
        """Drop the open gap of what nobody wants any more."""
        self._open.pop(contract_id, None)
        self._whole_ns.pop(contract_id, None)

    def lost(self, hub: str, wanted: Iterable[Subscription], reason: GapReason) -> None:
        """Begin the gaps of everything that a hub was to tell of."""
        if reason is GapReason.CORRUPT:
            self._corrupt(hub)
        if hub == USER:
            if tuple(wanted):
                self.open(None, reason)
            return
        for contract_id in contracts_of(wanted):
            self.open(contract_id, reason)

    def left(self, hub: str, wanted: Iterable[Subscription]) -> None:
        """Begin the gaps of what somebody is still fed with as a hub is left on purpose."""
        concerned = (None,) if hub == USER else contracts_of(wanted)
        for contract_id in concerned:
            if self._has_owner(contract_id):
                self.open(contract_id, GapReason.DISCONNECTED)
            else:
                self.forget(contract_id)

    def whole(self, hub: str, wanted: Iterable[Subscription]) -> None:
        """End the gaps of everything that a hub tells of again.

        A feed that was silent is whole when it has been heard, not when it has been asked.
        """
        if hub == USER:
            if tuple(wanted):
                self._whole_ns.setdefault(None, self._clock.now_ns())
                self.close(None)
            return
        for contract_id in contracts_of(wanted):
            self._whole_ns.setdefault(contract_id, self._clock.now_ns())
            gap = self._open.get(contract_id)
            if gap is not None and gap.reason is not GapReason.SILENT:
                self.close(contract_id)

    def report_backfill(self, gap: FeedGap, kinds: tuple[str, ...]) -> None:
        """Note that ``kinds`` of a gap have been read anew; unknown gaps are left alone."""
        for number, known in enumerate(self._over):
            same = (known.contract_id, known.from_ns, known.to_ns)
            if same == (gap.contract_id, gap.from_ns, gap.to_ns):
                repaired = self._over[number] = known.with_backfilled(kinds)
                for listener in self._repaired:
                    listener(repaired)
                return

    def _tell(self, gap: FeedGap) -> None:
        for listener in self._listeners:
            listener(gap)
