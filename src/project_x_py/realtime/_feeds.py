"""The parts of a client that feed owners and tell of outages, wired together.

Invariant (``tests/realtime/test_gaps.py``): the account is in doubt from the moment a connection
is lost or the machine slept until everything is subscribed to again.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    from project_x_py._core.gaps import FeedGap
    from project_x_py._core.grid import TickGrid
    from project_x_py._core.notices import Notice, Notices
    from project_x_py._ports import GapListener, GridLookup, MarketSink, UserSink
    from project_x_py.realtime._gaps import GapKeeper
    from project_x_py.realtime._pair import HubPair
    from project_x_py.realtime._repairs import Repairs
    from project_x_py.realtime._router import EventRouter
    from project_x_py.realtime._watch import FeedWatch, Witness

__all__ = ["Feeds"]


class Feeds:
    """See :class:`~project_x_py.realtime.feeds.FeedMixin`."""

    __slots__ = ("_gaps", "_notices", "_pair", "_repairs", "_router", "_watch")

    def __init__(
        self,
        pair: HubPair,
        router: EventRouter,
        gaps: GapKeeper,
        repairs: Repairs,
        watch: FeedWatch,
        notices: Notices,
    ) -> None:
        self._pair = pair
        self._router = router
        self._gaps = gaps
        self._repairs = repairs
        self._watch = watch
        self._notices = notices

    def attach(self, contract_id: str, grid: TickGrid, sink: MarketSink, *, rank: int) -> None:
        """Feed ``sink``, from a snapshot on."""
        self._router.attach(contract_id, grid, sink, rank=rank)
        self._repairs.owner_came(contract_id)

    def detach(self, contract_id: str, sink: MarketSink) -> None:
        """Feed it no more."""
        self._router.detach(contract_id, sink)

    def attach_user(self, sink: UserSink, grid_for: GridLookup, *, rank: int) -> None:
        """Feed ``sink`` with the account's records."""
        self._router.account.attach(sink, grid_for, rank=rank)

    def detach_user(self, sink: UserSink) -> None:
        """Feed it no more."""
        self._router.account.detach(sink)

    def grids_known(self) -> None:
        """Hand over what waited."""
        self._router.account.grids_known()

    def add_gap_listener(self, listener: GapListener) -> None:
        """Tell ``listener`` of outages."""
        self._gaps.add_listener(listener)

    def remove_gap_listener(self, listener: GapListener) -> None:
        """Tell it no more."""
        self._gaps.remove_listener(listener)

    def add_repair_listener(self, listener: GapListener) -> None:
        """Tell ``listener`` of what was read anew."""
        self._gaps.add_repair_listener(listener)

    def report_backfill(self, gap: FeedGap, kinds: tuple[str, ...]) -> None:
        """Note what was read anew."""
        self._gaps.report_backfill(gap, kinds)

    def add_notice_listener(self, listener: Notice) -> None:
        """Tell ``listener`` of notices."""
        self._notices.add(listener)

    def set_witness(self, witness: Witness | None) -> None:
        """Set who knows what a contract traded."""
        self._watch.witness = witness

    def deliver_from_thread(self, event_type: str, payload: Any) -> None:
        """Give callbacks an event, from whatever thread."""
        loop = self._pair.loop
        if loop is None:
            raise ProjectXError("events are delivered once the client has been connected")
        loop.call_soon_threadsafe(self._router.deliver, event_type, payload)

    def account_doubt(self) -> str | None:
        """Return why the account's state is not known for sure, None when it is."""
        self._watch.look_at_clocks()
        gap = next((gap for gap in self._gaps.open_gaps if gap.contract_id is None), None)
        if gap is not None:
            return f"messages of the account are being missed: {gap.reason.value}"
        if not self._pair.hubs[0].connected:
            return "the user hub is not connected"
        return None
