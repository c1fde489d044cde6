"""How an order manager stands, as the documented figures.

Invariant (``tests/order_manager/test_figures.py``): every figure is measured; a documented one of
which there is nothing to measure is zero and says so in its docstring.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

from project_x_py._core.calendar import calendar_for
from project_x_py._core.figures import ComponentFigures
from project_x_py._core.tallies import Tallies
from project_x_py._core.time import format_iso

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project_x_py._core.histogram import Latency
    from project_x_py.order_manager._parts import OrderParts
    from project_x_py.types.stats_types import OrderComponentStats, OrderManagerStats

__all__ = ["OrderFigures"]

CALENDAR = "ES"
"""Whose trading day the account's is."""
MS = 1_000_000
BYTES_EACH = 700
"""What an order and its submission take, roughly; measured with a hundred thousand of them."""


class OrderFigures(ComponentFigures):
    """Figures of one manager.

    Args:
        parts: Of the manager.
    """

    def __init__(self, parts: OrderParts) -> None:
        self.protection = partial(_protection_times, parts)
        """How long each trade was unprotected."""
        self._parts = parts
        clock = parts.clock
        super().__init__(Tallies("order_manager", clock.wall_ns, clock.monotonic_ns))

    def documented(self) -> OrderManagerStats:
        """Return what was done."""
        parts = self._parts
        return parts.counters.documented(parts.desk.answer_ns, parts.intake.invalid)

    def average_fill_ms(self) -> float:
        """Return the mean time to the last fill."""
        return self._parts.counters.average_fill_ms

    def average_slippage(self) -> float:
        """Return the mean slippage in points."""
        return self._parts.counters.average_slippage

    def distribution(self) -> dict[str, float]:
        """Return the share of each order type."""
        return self._parts.counters.distribution()

    def rejections(self) -> list[tuple[str, int]]:
        """Return texts of refusals with their counts."""
        return self._parts.counters.reasons.most_common()

    def doubts(self) -> list[str]:
        """Return why the account's orders are not known for sure, nothing when they are."""
        parts = self._parts
        found = [parts.doubt(), parts.reconciler.last_error]
        unknown = len(parts.desk.ledger.outstanding())
        found.append(f"{unknown} orders wait for an answer" if unknown else None)
        naked = sum(parts.guard.unprotected().values())
        found.append(f"{naked} contracts are unprotected" if naked else None)
        if parts.desk.journal_failures:
            found.append(f"{parts.desk.journal_failures} writes to the order journal failed")
        return [reason for reason in found if reason]

    def health(self) -> float:
        """Return 100 less 25 for each reason to doubt, not below 0."""
        return float(max(0, 100 - 25 * len(self.doubts())))

    def own_status(self) -> str:
        """Return stopped, active or uncertain."""
        if not self._parts.is_reading:
            return "stopped"
        return "uncertain" if self.doubts() else "active"

    def memory_mb(self) -> float:
        """Return the megabytes that orders take, roughly."""
        return sum(1 for _ in self._parts.desk.ledger.orders()) * BYTES_EACH / 2**20

    def stand(self) -> dict[str, Any]:
        """Return how the manager stands."""
        read_ns = self._parts.reconciler.last_read_ns
        return {
            "status": self.status(),
            "health_score": self.health(),
            "issues": self.doubts(),
            "uptime_seconds": self.tallies.uptime_s(),
            "realtime": self._parts.is_fed,
            "last_read": None if read_ns is None else format_iso(read_ns),
            "unprotected": self._parts.guard.unprotected(),
        }

    def memory(self) -> dict[str, Any]:
        """Return what is kept."""
        ledger = self._parts.desk.ledger
        return {
            "tracked_orders": sum(1 for _ in ledger.orders()),
            "working_orders": sum(1 for _ in ledger.working()),
            "outstanding": len(ledger.outstanding()),
            "oco_pairs": len(self._parts.oco),
            "guarded_entries": len(self._parts.guard.tags()),
            "memory_usage_mb": self.memory_mb(),
            "counters": dict(self.tallies.counters),
            "gauges": dict(self.tallies.gauges),
        }

    def recovery(self) -> dict[str, Any]:
        """Return what was found out after answers were lost, and how long anything was bare."""
        parts = self._parts
        naked = sorted(parts.guard.naked_ns)
        return {
            "reads": parts.reconciler.reads,
            "failed_reads": parts.reconciler.failures,
            "outstanding": len(parts.desk.ledger.outstanding()),
            "conflicts": len(parts.desk.ledger.conflicts),
            "stale_facts": parts.desk.ledger.stale_facts,
            "journal_failures": parts.desk.journal_failures,
            "flattened": parts.guard.flattened,
            "unprotected_ms_median": naked[len(naked) // 2] / MS if naked else 0.0,
            "unprotected_ms_max": naked[-1] / MS if naked else 0.0,
        }

    def error_count(self) -> int:
        """Return the errors counted, reads and journal writes that failed included."""
        failed = self._parts.reconciler.failures + self._parts.desk.journal_failures
        return self.tallies.errors + failed

    def validation(self) -> dict[str, Any]:
        """Return how orders are known."""
        parts, reader = self._parts, self._parts.reconciler
        return {
            "is_fed": parts.is_fed,
            "doubt": parts.doubt(),
            "last_read": None if reader.last_read_ns is None else format_iso(reader.last_read_ns),
            "reads": reader.reads,
            "read_failures": reader.failures,
            "last_error": reader.last_error,
            "outstanding": len(parts.desk.ledger.outstanding()),
            "stale_facts": parts.desk.ledger.stale_facts,
        }

    def reads(self) -> dict[str, Any]:
        """Return how reading the account goes."""
        reader = self._parts.reconciler
        return {
            "state": "open" if reader.last_error else "closed",
            "failure_count": reader.failures,
            "last_error": reader.last_error,
        }

    def tasks(self) -> dict[str, Any]:
        """Return what runs."""
        stats = self._parts.tasks.stats()
        return {
            "active": stats.active,
            "completed": stats.completed,
            "cancelled": stats.cancelled,
            "failed": stats.failed,
            "running": list(stats.running),
        }

    def figures(self) -> Mapping[str, object]:
        """Return what was done, is kept and had to be found out, and the trading day's orders."""
        own = {"recovery": self.recovery(), "day": self._day()}
        return {**self.documented(), **self.memory(), **own}

    def latency(self) -> Mapping[str, Latency]:
        """Return how long orders took from the call to the send."""
        return {"order_prepared": self._parts.desk.prepared.latency()}

    def last_activity(self) -> str | None:
        """Return when the last order was placed."""
        return self.documented()["last_order_time"]

    def _day(self) -> dict[str, int]:
        """Return the orders of the trading day that are known, and how many of them have filled."""
        begin_ns = calendar_for(CALENDAR).day_start_ns(self._parts.clock.now_ns())
        facts = [state.snapshot() for state in self._parts.desk.ledger.orders()]
        today = [fact for fact in facts if (fact.created_ns or fact.recv_ns) >= begin_ns]
        return {"orders": len(today), "fills": sum(fact.filled > 0 for fact in today)}

    def component(self) -> OrderComponentStats:
        """Return the figures that every component has."""
        return {**super().component(), "fill_rate": self.documented()["fill_rate"]}


def _protection_times(parts: OrderParts) -> list[dict[str, Any]]:
    """Return how long each trade was unprotected, those that are open included."""
    guard, ledger = parts.guard, parts.desk.ledger
    found = list(guard.ended)
    for tag in guard.tags():
        guarded, entry = guard.guarded(tag), ledger.by_tag(tag)
        if guarded is not None and entry is not None and entry.filled:
            since_ns = guarded.naked_since_ns
            running = 0 if since_ns is None else parts.clock.monotonic_ns() - since_ns
            found.append((entry.snapshot(), guarded.naked_ns + running))
    return [
        {
            "custom_tag": order.custom_tag,
            "order_id": order.id,
            "contract_id": order.contract_id,
            "filled": order.filled,
            "unprotected_ms": naked_ns / MS,
        }
        for order, naked_ns in found
    ]
