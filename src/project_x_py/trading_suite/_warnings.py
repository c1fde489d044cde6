"""What a suite announces of itself: its session, its memory, its request budget.

Invariants (``tests/trading_suite/test_warnings.py``): each event has the keys that
``docs/reference/events.md`` lists; a warning comes once, until what it warned of is over.
"""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from project_x_py._core.time import to_datetime
from project_x_py._runtime.memory import resident_mb
from project_x_py.event_bus import EventType

if TYPE_CHECKING:
    from collections.abc import Mapping

    from project_x_py.client import ProjectX
    from project_x_py.event_bus import EventBus
    from project_x_py.trading_suite._figures import SuiteFigures
    from project_x_py.trading_suite.config import TradingSuiteConfig

__all__ = ["SuiteWarnings"]

SOURCE = "suite"
EVERY_S = 30.0
"""How often memory is looked at."""
RELIEF = 0.9
"""Share of the limit below which the next warning is due again."""


class SuiteWarnings:
    """Announces for one suite.

    Args:
        client: Tells of its session and its budget.
        bus: The bus that leads to all.
        figures: Knows what the parts hold.
        config: The suite's settings.
    """

    def __init__(
        self, client: ProjectX, bus: EventBus, figures: SuiteFigures, config: TradingSuiteConfig
    ) -> None:
        self._client = client
        self._bus = bus
        self._figures = figures
        self._limit_mb = config.memory_limit_mb
        self._zone = ZoneInfo(config.timezone)
        self._is_over = False
        client.add_notice_listener(self.on_notice)

    def announce_session(self) -> None:
        """Publish AUTHENTICATED for the session that the suite begins with."""
        if self._client.expires_ns:
            facts = {"how": "login", "expires_ns": self._client.expires_ns}
            self.on_notice(EventType.AUTHENTICATED.value, facts)

    def on_notice(self, name: str, facts: Mapping[str, Any]) -> None:
        """Publish AUTHENTICATED or RATE_LIMIT_WARNING."""
        data = {**facts, "timestamp": self._now()}
        kind = EventType(name)
        if kind is EventType.AUTHENTICATED:
            account = self._client.account_info
            data["expires"] = to_datetime(data.pop("expires_ns"), self._zone)
            data["account"] = None if account is None else account.name
            data["simulated"] = None if account is None else account.simulated
        self._bus.publish(kind, data, source=SOURCE)

    async def watch_memory(self) -> None:
        """Publish MEMORY_WARNING when the limit is passed, and again after it was not for long."""
        while True:
            self.look_at_memory()
            await asyncio.sleep(EVERY_S)

    def look_at_memory(self) -> None:
        """Compare what is used with the limit; the process where the system tells, else parts."""
        parts = self._figures.memory_mb()
        held, process = sum(parts.values()), resident_mb()
        used = held if process is None else process
        if used < RELIEF * self._limit_mb:
            self._is_over = False
        elif used >= self._limit_mb and not self._is_over:
            self._is_over = True
            self._figures.memory_alerts += 1
            data = {
                "used_mb": used,
                "limit_mb": self._limit_mb,
                "process_mb": process,
                "components_mb": held,
                "components": parts,
                "timestamp": self._now(),
            }
            self._bus.publish(EventType.MEMORY_WARNING, data, source=SOURCE)

    def _now(self) -> Any:
        return to_datetime(self._client.clock.wall_ns(), self._zone)
