"""The documented base that takes callbacks; behaviour is in ``_router``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from project_x_py.realtime._callbacks import Callback
    from project_x_py.realtime._router import EventRouter

__all__ = ["EventHandlingMixin"]


class EventHandlingMixin:
    """Callbacks for the raw events of the gateway."""

    __slots__ = ()

    _router: EventRouter

    async def add_callback(self, event_type: str, callback: Callback) -> None:
        """Call ``callback`` with every event of a kind, in order and one at a time.

        Args:
            event_type: ``account_update``, ``position_update``, ``order_update`` or
                ``trade_execution``, whose callbacks get the payload as the gateway sent it; or
                ``quote_update``, ``market_trade`` or ``market_depth``, whose callbacks get
                ``{"contract_id": id, "data": payload}``.
            callback: Any callable; what it returns is awaited if that is possible. What it
                raises is logged and stops nothing. One that falls 65,536 events behind is taken
                off with an error in the log.

        Raises:
            ValueError: No such event, or not a callable.
        """
        self._router.add_callback(event_type, callback)

    async def remove_callback(self, event_type: str, callback: Callback) -> None:
        """Call it no more, not even for events that wait; harmless when it is not there."""
        self._router.remove_callback(event_type, callback)

    def enable_batching(self) -> None:
        """Give a ``quote_update`` callback that is behind only the latest quote per contract.

        Every other kind is always delivered whole: depth messages are changes, and none of them
        may be left out.
        """
        self._router.coalesce_quotes(True)

    def disable_batching(self) -> None:
        """Give ``quote_update`` callbacks every quote again."""
        self._router.coalesce_quotes(False)

    async def stop_batching(self) -> None:
        """Do the same as :meth:`disable_batching`."""
        self._router.coalesce_quotes(False)

    def get_batching_stats(self) -> dict[str, Any] | None:
        """Return how far the callbacks are, or None while batching is off.

        Returns:
            Per kind of event ``callbacks``, ``waiting``, ``delivered``, ``coalesced``,
            ``errors``.
        """
        return self._router.batching_stats()
