"""How well both hubs do, from round trips that were measured.

A heartbeat is an invocation whose completion is awaited: the end of a subscription that nobody
has, which changes nothing and brings no data. A refusal is an answer as well.

Invariants (``tests/realtime/test_health.py``):

- the score is 0 while no hub is connected, and never counts what was not measured;
- a quiet market takes nothing from it, a feed that misses messages keeps it below fair;
- a hub is reconnected for its own health after two bad heartbeats, at most once a minute, however
  well the other one does;
- there are at most ``max_latency_samples`` samples per hub.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import math
from collections import deque
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from project_x_py._core.gaps import GapReason
from project_x_py._core.time import NS, format_iso
from project_x_py.exceptions import ProjectXConnectionError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from project_x_py._core.notices import Notices
    from project_x_py._ports import Clock
    from project_x_py.realtime._gaps import GapKeeper
    from project_x_py.realtime._hub import Hub
    from project_x_py.realtime._pair import HubPair
    from project_x_py.realtime._tasks import TaskLedger

__all__ = ["HealthMonitor", "HealthSettings"]

PROBES: dict[str, tuple[str, tuple[object, ...]]] = {
    "user": ("UnsubscribeTrades", (0,)),
    "market": ("UnsubscribeContractQuotes", ("CON.F.US.NONE.Z00",)),
}
RECENT = 10
"""Samples and heartbeats that the score looks back on."""
RECONNECT_EVERY_NS = 60 * NS
LATENCY_STEPS_MS = ((100, 100.0), (300, 90.0), (500, 75.0), (1000, 50.0))
MISSING_CAP = 49.0
"""Highest score while messages are being missed: below fair, whatever else is well."""
UNANSWERED_S = 5.0
"""How long a heartbeat may take, unless the threshold of latency asks for more patience."""
MOST_DOUBLINGS = 6
STALL_S = 1.0
"""A time-out that comes so late says that this process stood still, not that nobody answered."""
PATIENCE = 2
"""Heartbeats in a row below the threshold before a hub is connected anew."""
STATUS = ((90, "excellent"), (75, "good"), (50, "fair"), (25, "poor"))

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class HealthSettings:
    """When a heartbeat is due, and what is healthy.

    Raises:
        ValueError: An interval, threshold or count is out of its range.
    """

    heartbeat_interval: float = 10.0
    health_threshold: float = 70.0
    latency_threshold_ms: float = 2000.0
    max_latency_samples: int = 1000

    def __post_init__(self) -> None:
        for name, value in asdict(self).items():
            whole = name == "max_latency_samples"
            if isinstance(value, bool) or not isinstance(value, int if whole else int | float):
                raise ValueError(f"{name} is a {'whole ' if whole else ''}number, not {value!r}")
        if not 0 < self.heartbeat_interval < math.inf:
            raise ValueError(f"heartbeat_interval is above 0 s, not {self.heartbeat_interval}")
        if not 0 <= self.health_threshold <= 100:
            raise ValueError(f"health_threshold is 0 to 100, not {self.health_threshold}")
        if not 0 < self.latency_threshold_ms < math.inf:
            raise ValueError(f"latency_threshold_ms is above 0, not {self.latency_threshold_ms}")
        if self.max_latency_samples < 1:
            raise ValueError(f"max_latency_samples is at least 1, not {self.max_latency_samples}")


@dataclass(slots=True)
class _Pulse:
    """What is known of one hub's round trips."""

    hub: Hub
    samples: deque[float] = field(default_factory=deque)
    """Round trips in milliseconds."""
    outcomes: deque[bool] = field(default_factory=lambda: deque(maxlen=RECENT))
    sent: int = 0
    failed: int = 0
    last_ns: int | None = None
    pending: bool = False
    slow: bool = False
    below: int = 0
    unheard: int = 0
    """How often in a row the hub was left because it had said nothing since it was asked."""
    reconnected_ns: int | None = None

    def mean_ms(self) -> float:
        """Mean of all samples, 0 without one."""
        return sum(self.samples) / len(self.samples) if self.samples else 0.0

    def percentile_ms(self, share: float) -> float:
        """The sample that ``share`` of all do not exceed, 0 without one."""
        ordered = sorted(self.samples)
        return ordered[math.ceil(share * len(ordered)) - 1] if ordered else 0.0

    def forget(self) -> None:
        """Begin anew, on a fresh connection."""
        self.samples.clear()
        self.outcomes.clear()
        self.slow = False
        self.below = 0


class HealthMonitor:
    """Heartbeats of both hubs, and the score that follows from them.

    Args:
        pair: The hubs.
        clock: Measures round trips; stamps reports.
        tasks: Starts one heartbeat task per hub.
        events: Returns how many events have been received.
        gaps: Knows what is being missed.
        notices: Told of a hub that is slow.
        ages: Returns how long ago each stream was heard.
    """

    def __init__(
        self,
        pair: HubPair,
        clock: Clock,
        tasks: TaskLedger,
        *,
        events: Callable[[], int],
        gaps: GapKeeper,
        notices: Notices,
        ages: Callable[[], dict[str, dict[str, float | None]]],
    ) -> None:
        self.settings = HealthSettings()
        self._pair = pair
        self._clock = clock
        self._tasks = tasks
        self._events = events
        self._gaps = gaps
        self._notices = notices
        self._ages = ages
        self._changed = asyncio.Event()
        self._pulses: dict[str, _Pulse] = {}
        self._beats: list[asyncio.Task[Any]] = []
        self._started_ns: int | None = None

    def start(self) -> None:
        """Begin to measure; harmless while it goes on."""
        if any(not beat.done() for beat in self._beats):
            return
        self._started_ns = self._clock.monotonic_ns()
        self._changed.clear()
        size = self.settings.max_latency_samples
        self._pulses = {hub.name: _Pulse(hub, deque(maxlen=size)) for hub in self._pair.hubs}
        self._beats = [
            self._tasks.spawn(self._beat(pulse), name=f"{name}-hub-heartbeat")
            for name, pulse in self._pulses.items()
        ]

    async def stop(self) -> None:
        """Measure no more."""
        beats, self._beats = self._beats, []
        for beat in beats:
            beat.cancel()
        if beats:
            await asyncio.wait(beats)
        self._started_ns = None

    def configure(self, settings: HealthSettings) -> None:
        """Go on with other settings, at once."""
        self.settings = settings
        for pulse in self._pulses.values():
            pulse.samples = deque(pulse.samples, settings.max_latency_samples)
        self._changed.set()

    def score(self) -> float:
        """Return 0 (no hub is connected) to 100.

        Connection counts 40, the latency of the last ten round trips 30, the share of heartbeats
        answered 20; a part that was not measured has no weight. While messages are being missed
        it is at most 49.
        """
        connected = sum(hub.connected for hub in self._pair.hubs)
        if not connected:
            return 0.0
        parts = [(40.0, 100.0 * connected / len(self._pair.hubs))]
        tried = [pulse for pulse in self._pulses.values() if pulse.outcomes]
        if tried:
            parts.append((30.0, _mean(self._latency_score(pulse) for pulse in tried)))
            answered = [100.0 * sum(p.outcomes) / len(p.outcomes) for p in tried]
            parts.append((20.0, _mean(answered)))
        score = round(sum(w * s for w, s in parts) / sum(w for w, _ in parts), 1)
        return min(score, MISSING_CAP) if self._gaps.open_gaps else score

    def is_healthy(self, threshold: float | None = None) -> bool:
        """Whether the score reaches ``threshold``, by default the configured one."""
        return self.score() >= (self.settings.health_threshold if threshold is None else threshold)

    async def reconnect(self) -> bool:
        """Drop both hubs; return whether they are connected again in time."""
        for pulse in self._pulses.values():
            pulse.forget()
        return await self._pair.reconnect("reconnect asked for")

    def status(self) -> dict[str, Any]:
        """Return everything that was measured; keys as documented by the client."""
        score = self.score()
        uptime_s = self._uptime_s()
        events = self._events()
        report: dict[str, Any] = {
            "health_score": score,
            "status": next((name for least, name in STATUS if score >= least), "critical"),
            "uptime_seconds": uptime_s,
            "timestamp": format_iso(self._clock.wall_ns()),
            "both_connected": self._pair.connected,
            "events_per_second": events / uptime_s if uptime_s > 0 else 0.0,
            "total_events_received": events,
            "total_heartbeats_sent": sum(pulse.sent for pulse in self._pulses.values()),
            "connection_failures": self._pair.errors,
            "heartbeat_interval": self.settings.heartbeat_interval,
            "health_threshold": self.settings.health_threshold,
            "latency_threshold_ms": self.settings.latency_threshold_ms,
            "facts": self._facts(),
        }
        for hub in self._pair.hubs:
            report |= _report(hub, self._pulses.get(hub.name) or _Pulse(hub))
        return report

    def performance(self) -> dict[str, Any]:
        """Return rates and latency in short; keys as documented by the client."""
        status = self.status()
        samples = [ms for pulse in self._pulses.values() for ms in pulse.samples]
        rates = [status["user_heartbeat_success_rate"], status["market_heartbeat_success_rate"]]
        return {
            "uptime_seconds": status["uptime_seconds"],
            "events_per_second": status["events_per_second"],
            "total_events": status["total_events_received"],
            "average_latency_ms": _mean(samples),
            "connection_stability": _mean(rates),
            "memory_usage": {
                "latency_samples": len(samples),
                "max_latency_samples": self.settings.max_latency_samples * len(self._pulses),
            },
        }

    async def _beat(self, pulse: _Pulse) -> None:
        took_s = 0.0
        while True:
            await self._pause(max(0.0, self.settings.heartbeat_interval - took_s))
            began_ns = self._clock.monotonic_ns()
            if pulse.hub.connected:
                await self._measure(pulse)
                self._judge(pulse)
            took_s = (self._clock.monotonic_ns() - began_ns) / NS

    async def _pause(self, pause_s: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(pause_s):
                await self._changed.wait()
        self._changed.clear()

    async def _measure(self, pulse: _Pulse) -> None:
        settings = self.settings
        method, arguments = PROBES[pulse.hub.name]
        usual_s = min(settings.heartbeat_interval, UNANSWERED_S)
        patience_s = max(usual_s, 2 * settings.latency_threshold_ms / 1000) * 2.0**pulse.unheard
        heard_ns, began_ns = pulse.hub.heard_ns, self._clock.monotonic_ns()
        pulse.sent += 1
        pulse.pending = True
        try:
            took_ns = await pulse.hub.measure(method, arguments, patience_s)
        except ProjectXConnectionError as exc:
            pulse.failed += 1
            pulse.outcomes.append(False)
            logger.warning("heartbeat of the %s hub: %s", pulse.hub.name, exc)
            took_s = (self._clock.monotonic_ns() - began_ns) / NS
            if pulse.hub.heard_ns == heard_ns and patience_s <= took_s < patience_s + STALL_S:
                self._dead(pulse, took_s, patience_s)
            return
        finally:
            pulse.pending = False
        pulse.outcomes.append(True)
        pulse.unheard = 0
        pulse.samples.append(took_ns / 1e6)
        pulse.last_ns = self._clock.wall_ns()
        slow = took_ns / 1e6 > settings.latency_threshold_ms
        if slow and not pulse.slow:
            logger.warning(
                "the %s hub took %.0f ms to answer, above the threshold of %.0f ms",
                pulse.hub.name,
                took_ns / 1e6,
                settings.latency_threshold_ms,
            )
            facts = {
                "hub": pulse.hub.name,
                "latency_ms": took_ns / 1e6,
                "threshold_ms": settings.latency_threshold_ms,
            }
            self._notices.tell("latency_warning", facts)
        pulse.slow = slow

    def _dead(self, pulse: _Pulse, silent_s: float, patience_s: float) -> None:
        """Leave a hub that has said nothing since it was asked; the next one gets more time."""
        pulse.unheard = min(pulse.unheard + 1, MOST_DOUBLINGS)
        facts = {
            "hub": pulse.hub.name,
            "contract_id": None,
            "seconds_since_message": silent_s,
            "threshold_seconds": patience_s,
        }
        self._notices.tell("feed_stale", facts)
        reason = f"the gateway has said nothing for {silent_s:.1f} s, not even when asked"
        pulse.hub.drop(reason, GapReason.SILENT, hurry=False)

    def _judge(self, pulse: _Pulse) -> None:
        """Connect a hub anew that answers badly, heartbeat after heartbeat."""
        score = self._own_score(pulse)
        if score >= self.settings.health_threshold:
            pulse.below = 0
            return
        pulse.below += 1
        now_ns = self._clock.monotonic_ns()
        last_ns = pulse.reconnected_ns
        if pulse.below < PATIENCE or (
            last_ns is not None and now_ns - last_ns < RECONNECT_EVERY_NS
        ):
            return
        pulse.reconnected_ns = now_ns
        pulse.forget()
        reason = f"health score {score:.0f} is below {self.settings.health_threshold:.0f}"
        logger.warning("the %s hub is connected anew: %s", pulse.hub.name, reason)
        pulse.hub.drop(reason, GapReason.SILENT, hurry=False)

    def _facts(self) -> dict[str, Any]:
        """What the score is made from, with the age of each fact in seconds."""
        wall_ns, now_ns = self._clock.wall_ns(), self._clock.monotonic_ns()
        facts: dict[str, Any] = {"streams": self._ages(), "open_gaps": len(self._gaps.open_gaps)}
        for hub in self._pair.hubs:
            pulse = self._pulses.get(hub.name)
            beaten_ns = None if pulse is None else pulse.last_ns
            facts[hub.name] = {
                "frame_age": None if hub.heard_ns is None else (now_ns - hub.heard_ns) / NS,
                "heartbeat_age": None if beaten_ns is None else (wall_ns - beaten_ns) / NS,
            }
        return facts

    def _own_score(self, pulse: _Pulse) -> float:
        """Score of one connected hub by itself; that of both is the mean of the two."""
        answered = 100.0 * sum(pulse.outcomes) / len(pulse.outcomes)
        return (40.0 * 100.0 + 30.0 * self._latency_score(pulse) + 20.0 * answered) / 90.0

    def _latency_score(self, pulse: _Pulse) -> float:
        """Score of the last round trips; one that was not answered counts as endless."""
        answered = list(pulse.samples)[-sum(pulse.outcomes) :] if any(pulse.outcomes) else []
        lost = len(pulse.outcomes) - len(answered)
        if not answered:
            return 0.0 if lost else 100.0
        worst = 25.0 if _mean(answered) <= self.settings.latency_threshold_ms else 0.0
        reached = _step(_mean(answered), LATENCY_STEPS_MS, worst)
        return reached * len(answered) / (len(answered) + lost)

    def _uptime_s(self) -> float:
        if self._started_ns is None:
            return 0.0
        return (self._clock.monotonic_ns() - self._started_ns) / NS


def _report(hub: Hub, pulse: _Pulse) -> dict[str, Any]:
    name = hub.name
    rate = 100.0 * (pulse.sent - pulse.failed) / pulse.sent if pulse.sent else 0.0
    return {
        f"{name}_connected": hub.connected,
        f"{name}_hub_latency_ms": round(pulse.mean_ms(), 3),
        f"{name}_hub_latency_p95": round(pulse.percentile_ms(0.95), 3),
        f"{name}_hub_latency_p99": round(pulse.percentile_ms(0.99), 3),
        f"{name}_heartbeats_failed": pulse.failed,
        f"{name}_heartbeat_success_rate": rate,
        f"last_{name}_heartbeat": None if pulse.last_ns is None else format_iso(pulse.last_ns),
        f"{name}_heartbeat_pending": pulse.pending,
    }


def _step(value: float, steps: Iterable[tuple[int, float]], beyond: float) -> float:
    return next((score for limit, score in steps if value <= limit), beyond)


def _mean(values: Iterable[float]) -> float:
    listed = list(values)
    return sum(listed) / len(listed) if listed else 0.0
