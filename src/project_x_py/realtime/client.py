"""The client of both hubs: it connects, subscribes and passes on, and keeps no data.

Events reach the owners of market state through :meth:`ProjectXRealtimeClient.attach`, as records,
and users through callbacks, as the gateway sent them.

Invariants (``tests/realtime/test_client.py``): the constructor opens nothing and needs no loop;
each facade method is documented in its own base; the token is in no repr, log or report.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Self

from project_x_py._core.notices import Notices
from project_x_py._core.time import to_datetime
from project_x_py._runtime.endpoints import clock_for, open_network
from project_x_py._wire.decode import DecodeStats
from project_x_py.models import ProjectXConfig
from project_x_py.realtime._connection import HubTiming
from project_x_py.realtime._feeds import Feeds
from project_x_py.realtime._figures import realtime_statistics
from project_x_py.realtime._gaps import GapKeeper
from project_x_py.realtime._health import HealthMonitor
from project_x_py.realtime._hub import Hub
from project_x_py.realtime._pair import HubPair
from project_x_py.realtime._repairs import Repairs
from project_x_py.realtime._router import EventRouter, MarketTaker, UserTaker
from project_x_py.realtime._sessions import Sessions
from project_x_py.realtime._subscriptions import Subscriptions
from project_x_py.realtime._tasks import TaskLedger
from project_x_py.realtime._watch import FeedWatch
from project_x_py.realtime.connection_management import ConnectionManagementMixin
from project_x_py.realtime.event_handling import EventHandlingMixin
from project_x_py.realtime.feeds import FeedMixin
from project_x_py.realtime.health_monitoring import HealthMonitoringMixin
from project_x_py.realtime.subscriptions import SubscriptionsMixin
from project_x_py.realtime.task_management import TaskManagerMixin

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from project_x_py._core.component import ComponentStatistics
    from project_x_py._core.histogram import Latency
    from project_x_py._ports import Clock, ConnectionChange, Network
    from project_x_py.realtime._hub import FrameTap

__all__ = ["ProjectXRealtimeClient", "create_realtime_client"]


class ProjectXRealtimeClient(
    ConnectionManagementMixin,
    EventHandlingMixin,
    FeedMixin,
    HealthMonitoringMixin,
    SubscriptionsMixin,
    TaskManagerMixin,
):
    """Live events of one account and of any contracts, over two SignalR hubs.

    Args:
        jwt_token: Session token of :class:`~project_x_py.client.ProjectX`.
        account_id: Whose orders, positions and fills are passed on.
        user_hub_url: Overrides the configuration; http(s) and ws(s) are the same.
        market_hub_url: Overrides the configuration.
        config: Where the URLs come from otherwise; TopstepX when left out.

    Raises:
        ValueError: ``account_id`` is not a number.
        ProjectXError: A URL is not one.
    """

    def __init__(
        self,
        jwt_token: str,
        account_id: str,
        user_hub_url: str | None = None,
        market_hub_url: str | None = None,
        config: ProjectXConfig | None = None,
    ) -> None:
        settings = config or ProjectXConfig()
        user_url = user_hub_url or settings.user_hub_url
        market_url = market_hub_url or settings.market_hub_url
        urls = (user_url, market_url)
        self._wire(
            jwt_token, account_id, urls, clock_for(urls), lambda: open_network(urls), HubTiming()
        )

    @classmethod
    def wired(
        cls,
        jwt_token: str,
        account_id: str,
        urls: tuple[str, str],
        *,
        clock: Clock,
        network: Callable[[], Network],
        timing: HubTiming | None = None,
        seed: int | None = None,
    ) -> Self:
        """Return a client on a given clock and network.

        Args:
            jwt_token: As of the constructor.
            account_id: As of the constructor.
            urls: User hub and market hub.
            clock: Stamps what arrives.
            network: Makes the network of each connect.
            timing: How long the hubs wait for what.
            seed: Of the delays between attempts.
        """
        client = cls.__new__(cls)
        client._wire(jwt_token, account_id, urls, clock, network, timing or HubTiming(), seed)
        return client

    def _wire(
        self,
        token: str,
        account_id: str,
        urls: tuple[str, str],
        clock: Clock,
        network: Callable[[], Network],
        timing: HubTiming,
        seed: int | None = None,
    ) -> None:
        try:
            account = int(account_id)
        except (TypeError, ValueError):
            raise ValueError(f"account_id is a number, not {account_id!r}") from None
        self.account_id = str(account_id)
        self.user_hub_url, self.market_hub_url = urls
        self._clock = clock
        self._tasks = TaskLedger()
        self._notices = Notices()
        self._gaps = GapKeeper(
            clock,
            self._heard_ns,
            lambda hub: self._spoilt(hub, "a frame that cannot be read"),
            lambda contract_id: self._router.has_owner(contract_id),
        )
        self._repairs = Repairs(clock, self._tasks, self._gaps, self._spoilt)
        self._router = EventRouter(account, self._tasks, clock, DecodeStats(), self._repairs.spoilt)
        self._pair = HubPair(token, network, clock, self._tasks)
        sessions, jitter = Sessions(), random.Random(seed)

        def hub(name: str, url: str, taker: MarketTaker | UserTaker) -> Hub:
            return Hub(
                name,
                url,
                token=self._pair.token,
                taker=taker,
                announce=self._pair.announce,
                outages=self._gaps,
                in_session=lambda: sessions.any_open(self._subscriptions.contracts, clock.now_ns()),
                tasks=self._tasks,
                clock=clock,
                timing=timing,
                jitter=jitter,
                stats=self._router.stats,
            )

        self._user = hub("user", urls[0], UserTaker(self._router))
        self._market = hub("market", urls[1], MarketTaker(self._router))
        self._router.latency.frame_ns = lambda: self._market.heard_ns
        self._subscriptions = Subscriptions(
            account, self._user, self._market, self._router, self._gaps, self._pair.failed
        )
        self._repairs.adopt(self._user, self._market, self._subscriptions)
        self._watch = FeedWatch(
            self._pair,
            self._router,
            self._subscriptions,
            self._gaps,
            sessions,
            clock,
            self._tasks,
            self._notices,
        )
        self._health = HealthMonitor(
            self._pair,
            clock,
            self._tasks,
            events=lambda: self._router.events_received,
            gaps=self._gaps,
            notices=self._notices,
            ages=self._watch.ages,
        )
        self._pair.adopt(self._user, self._market, watches=(self._health, self._watch))
        self._feeds = Feeds(
            self._pair, self._router, self._gaps, self._repairs, self._watch, self._notices
        )

    def _heard_ns(self, contract_id: str | None) -> int:
        if contract_id is None:
            return self._router.user_ns
        streams = self._router.streams(contract_id)
        return min(streams.heard_ns, streams.stamp_ns) or streams.heard_ns

    def _spoilt(self, hub: str, what: str) -> None:
        self._notices.tell("error", {"hub": hub, "error": what})

    def __repr__(self) -> str:
        state = "connected" if self.is_connected() else "not connected"
        return f"<{type(self).__name__} of account {self.account_id}, {state}>"

    @property
    def user_connected(self) -> bool:
        """Whether the user hub is connected."""
        return self._user.connected

    @property
    def market_connected(self) -> bool:
        """Whether the market hub is connected."""
        return self._market.connected

    @property
    def last_error(self) -> str | None:
        """Why the last call returned False, without secrets."""
        return self._pair.last_error

    @property
    def token_factory(self) -> Callable[..., Awaitable[str] | str] | None:
        """Asked for the token at every attempt to connect; None uses the token at hand.

        Called without arguments; a factory that takes an argument ``refused`` is given the token
        that the gateway has refused, as a rule None, and returns another one then.
        """
        return self._pair.token_factory

    @token_factory.setter
    def token_factory(self, factory: Callable[..., Awaitable[str] | str] | None) -> None:
        self._pair.token_factory = factory

    def get_stats(self) -> dict[str, Any]:
        """Return counters and states.

        Returns:
            ``events_received``, ``last_event_time`` (aware datetime or None),
            ``connection_errors``, ``connected_time`` (aware datetime or None),
            ``user_connected``, ``market_connected``, ``subscribed_contracts`` (how many),
            ``task_stats`` (see :meth:`get_task_stats`), ``health`` (see
            :meth:`get_health_status`), ``frames_received`` per hub, ``decode_errors`` (kind to
            count of what was left out), ``callback_errors``, ``callbacks_detached``,
            ``bytes_received``, ``messages_sent`` (handshakes, invocations, pings),
            ``timeout_errors`` (answers and signs of life that did not come in time),
            ``reconnection_attempts``, ``last_reconnection_ns`` (wall time, 0
            before the first), ``last_error`` (why the hubs could not be connected),
            ``feed_gaps`` (outages so far), ``open_gaps``, ``records_waiting`` (account records
            whose contract is not known yet), ``stale_feeds`` and ``false_alarms`` (silences
            that were the gateway's fault, and those that were the market's).
        """
        router, pair = self._router, self._pair
        return {
            "events_received": router.events_received,
            "last_event_time": _when(router.last_event_ns),
            "connection_errors": pair.errors,
            "connected_time": _when(pair.connected_ns),
            "user_connected": self.user_connected,
            "market_connected": self.market_connected,
            "subscribed_contracts": len(self._subscriptions.contracts),
            "task_stats": self.get_task_stats(),
            "health": self._health.status(),
            "frames_received": {hub.name: hub.sequence for hub in pair.hubs},
            "decode_errors": dict(router.stats.counts),
            "callback_errors": router.callback_errors,
            "callbacks_detached": router.overflows,
            "bytes_received": sum(hub.bytes_received for hub in pair.hubs),
            "messages_sent": sum(hub.traffic.sent for hub in pair.hubs),
            "timeout_errors": sum(hub.traffic.timeouts for hub in pair.hubs),
            "reconnection_attempts": sum(hub.retries for hub in pair.hubs),
            "last_reconnection_ns": max(hub.reconnected_ns or 0 for hub in pair.hubs),
            "last_error": pair.last_error,
            "feed_gaps": self._gaps.opened,
            "open_gaps": len(self._gaps.open_gaps),
            "records_waiting": router.account.waiting,
            "stale_feeds": self._watch.convictions,
            "false_alarms": self._watch.false_alarms,
        }

    def statistics(self) -> ComponentStatistics:
        """Return everything that was counted and measured, as it is now."""
        return realtime_statistics(self.get_stats(), self._router.last_event_ns, self.latency())

    def latency(self) -> dict[str, Latency]:
        """Return how long messages took on their way, one in seventeen being measured.

        Keys: ``decode`` (received until read), ``book`` (until the order book was applied and had
        announced it), ``bar`` (the same of the bars).
        """
        return self._router.latency.report()

    def add_connection_listener(self, listener: ConnectionChange) -> None:
        """Call ``listener(state, hub, details)`` after every change, synchronously.

        States are ``connected``, ``disconnected`` and ``reconnecting``, hubs ``user`` and
        ``market``; details are ``reason`` (str or None), ``attempt`` and ``delay`` (seconds).
        A listener is part of the hub, so that one that raises ends it: :meth:`raise_if_faulted`.
        """
        self._pair.add_listener(listener)

    def tap_frames(self, tap: FrameTap | None) -> None:
        """Call ``tap(hub, sequence, recv_ns, frame)`` with every frame before it is applied."""
        self._user.tap = self._market.tap = tap

    def raise_if_faulted(self) -> None:
        """Raise when a task of the client has died.

        Raises:
            ProjectXError: Names the task; the failure is its cause.
        """
        self._tasks.raise_if_faulted()

    async def cleanup(self) -> None:
        """Disconnect, end every task within 5 s, drop the callbacks; connecting again works.

        Raises:
            ProjectXError: A task of the client has died of an internal error.
        """
        await self._pair.disconnect()
        self._router.clear_callbacks()
        await self._tasks.aclose()
        self._tasks.raise_if_faulted()


async def create_realtime_client(
    jwt_token: str,
    account_id: str,
    user_hub_url: str | None = None,
    market_hub_url: str | None = None,
    config: ProjectXConfig | None = None,
) -> ProjectXRealtimeClient:
    """Return a :class:`ProjectXRealtimeClient`, not connected yet; arguments as of the class."""
    return ProjectXRealtimeClient(jwt_token, account_id, user_hub_url, market_hub_url, config)


def _when(ns: int | None) -> Any:
    return None if ns is None else to_datetime(ns)
