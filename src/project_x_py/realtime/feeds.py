"""How owners of state are fed, and what they are told of outages; behaviour is in the parts.

The client meets the ports ``MarketFeed``, ``UserFeed`` and ``GapFeed`` through this base.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from project_x_py._core.gaps import FeedGap
    from project_x_py._core.grid import TickGrid
    from project_x_py._core.notices import Notice
    from project_x_py._ports import GapListener, GridLookup, MarketSink, UserSink
    from project_x_py.realtime._feeds import Feeds
    from project_x_py.realtime._watch import Witness

__all__ = ["FeedMixin"]


class FeedMixin:
    """Records to owners, and every outage as an object."""

    __slots__ = ()

    _feeds: Feeds

    def attach(self, contract_id: str, grid: TickGrid, sink: MarketSink, *, rank: int) -> None:
        """Feed ``sink`` with a contract's records, in the order of arrival.

        Of a contract that is subscribed to already, the gateway is asked for a full quote and a
        fresh book, which every owner of the contract then gets.

        Args:
            contract_id: Full contract id.
            grid: The contract's prices.
            sink: Called synchronously, in the order of ``rank`` among the owners of a contract.
            rank: Book 0, bars 1.

        Raises:
            ProjectXError: Another owner has attached with another grid.
        """
        self._feeds.attach(contract_id, grid, sink, rank=rank)

    def detach(self, contract_id: str, sink: MarketSink) -> None:
        """Feed ``sink`` no more; detaching what is not attached is harmless."""
        self._feeds.detach(contract_id, sink)

    def attach_user(self, sink: UserSink, grid_for: GridLookup, *, rank: int) -> None:
        """Feed ``sink`` with the account's orders, positions, fills and balance.

        Args:
            sink: Called synchronously, in the order of arrival, with records of this account only.
            grid_for: Knows the prices of a contract; while it does not, the contract's records
                wait for :meth:`grids_known`.
            rank: Orders 2, positions 3.
        """
        self._feeds.attach_user(sink, grid_for, rank=rank)

    def detach_user(self, sink: UserSink) -> None:
        """Feed ``sink`` no more; detaching what is not attached is harmless."""
        self._feeds.detach_user(sink)

    def grids_known(self) -> None:
        """Hand over, in order, the records that waited for grids that are known by now."""
        self._feeds.grids_known()

    def add_gap_listener(self, listener: GapListener) -> None:
        """Call ``listener(gap)`` when an outage opens and when the feed is whole again."""
        self._feeds.add_gap_listener(listener)

    def remove_gap_listener(self, listener: GapListener) -> None:
        """Tell it no more; harmless when it is not there."""
        self._feeds.remove_gap_listener(listener)

    def add_repair_listener(self, listener: GapListener) -> None:
        """Call ``listener(gap)`` when missed messages of a closed gap have been read anew."""
        self._feeds.add_repair_listener(listener)

    def report_backfill(self, gap: FeedGap, kinds: tuple[str, ...]) -> None:
        """Note that ``kinds`` of a closed gap have been read anew."""
        self._feeds.report_backfill(gap, kinds)

    def add_notice_listener(self, listener: Notice) -> None:
        """Call ``listener(name, facts)`` for ``feed_stale``, ``latency_warning`` and ``error``."""
        self._feeds.add_notice_listener(listener)

    def set_witness(self, witness: Witness | None) -> None:
        """Set who knows what a contract traded: it returns the start of its newest bar, in ns.

        It is asked only about a contract that is suspiciously silent, and seldom then.
        """
        self._feeds.set_witness(witness)

    def deliver_from_thread(self, event_type: str, payload: Any) -> None:
        """Give the callbacks of a kind an event of another source, from whatever thread.

        The one door for other threads: events of one thread keep their order, and callbacks run
        on the loop that the client was connected in, as ever.

        Raises:
            ProjectXError: The client has never been connected.
        """
        self._feeds.deliver_from_thread(event_type, payload)

    def account_doubt(self) -> str | None:
        """Return why the account's state is not known for sure now, None when it is.

        Looks at the clocks too, so that a machine that has just woken up knows it here first.
        """
        return self._feeds.account_doubt()
