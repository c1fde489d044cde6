"""How much a book keeps and how it watches itself, read from the documented settings.

``OrderBook(config=...)`` takes the members of ``OrderbookConfig`` and of ``MemoryConfig`` in one
mapping. Members that would change nothing here (``compression_level``, ``price_precision``,
``enable_delta_updates``, ``enable_market_by_order``) are accepted: prices are exact on the grid,
nothing is compressed, and the gateway sends aggregated levels only.

Invariant (``tests/orderbook/test_settings.py``): a value that cannot be meant is refused by name.
"""

from __future__ import annotations

import dataclasses
import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from project_x_py.types import MemoryConfig, OrderbookConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["BookSettings"]

ROW_BYTES = {"trades": 6 * 8, "levels": 6 * 8 + 7 * 8 / 4, "quotes": 5 * 8}
"""A change of a level, and a quarter of a burst of executions."""
SLACK = 1.25
ACTIVE_LEVELS = 1000
"""Levels that a history "per level" is counted for."""
IDLE = frozenset(
    {"enable_market_by_order", "compression_level", "enable_delta_updates", "price_precision"}
)


@dataclass(frozen=True)
class BookSettings:
    """The settings of one book.

    Attributes:
        max_depth_levels: Levels kept per side; what lies beyond is let go, and is missing until
            the next picture should the market come near it.
        max_trades: Prints kept.
        max_level_history: Changes of levels kept, of all prices together.
        max_quotes: Changes of the best prices kept.
        window_minutes: Age at which the memory manager lets rows go.
        cleanup_interval_s: Seconds between two clean-ups.
        resnapshot_s: Seconds after which a fresh book is asked for; 0 never.
        analytics: Whether the history that analytics and detection read is kept.
        detection: Whether changes of levels are kept.
    """

    max_depth_levels: int = 10_000
    max_trades: int = 10_000
    max_level_history: int = 200_000
    max_quotes: int = 20_000
    window_minutes: int = 120
    cleanup_interval_s: int = 300
    resnapshot_s: float = 300.0
    analytics: bool = True
    detection: bool = True

    @classmethod
    def read(cls, config: Mapping[str, Any] | None) -> BookSettings:
        """Return the settings that a mapping means; what it leaves out has its default.

        Raises:
            ValueError: An unknown member, or a value out of its range.
        """
        given = dict(config or {})
        _check_names(given)
        found = cls(
            max_depth_levels=_whole(
                given, "max_depth_levels", "max_depth_entries", default=cls.max_depth_levels
            ),
            max_trades=_whole(given, "max_trade_history", "max_trades", default=10_000),
            max_level_history=_level_rows(given),
            max_quotes=_whole(
                given, "max_best_price_history", "max_spread_history", default=cls.max_quotes
            ),
            window_minutes=_whole(
                given, "price_history_window_minutes", default=cls.window_minutes
            ),
            cleanup_interval_s=_whole(given, "cleanup_interval", default=cls.cleanup_interval_s),
            resnapshot_s=_number(given, "snapshot_interval_seconds", cls.resnapshot_s, zero=True),
            analytics=bool(given.get("enable_analytics", True)),
            detection=bool(given.get("enable_pattern_detection", True)),
        )
        limit_mb = given.get("memory_limit_mb")
        if limit_mb is None:
            return found
        return found.within(_number(given, "memory_limit_mb", 0.0) * 1_000_000)

    @property
    def memory(self) -> MemoryConfig:
        """The settings as the memory manager's documented ones."""
        return MemoryConfig(
            max_trades=self.max_trades,
            max_depth_entries=self.max_depth_levels,
            cleanup_interval=self.cleanup_interval_s,
            max_history_per_level=max(1, self.max_level_history // ACTIVE_LEVELS),
            price_history_window_minutes=self.window_minutes,
            max_best_price_history=self.max_quotes,
            max_spread_history=self.max_quotes,
            max_delta_history=self.max_trades,
        )

    @property
    def bytes_at_most(self) -> float:
        """Bytes that the rings take when they are full."""
        return SLACK * (
            self.max_trades * ROW_BYTES["trades"]
            + self.max_level_history * ROW_BYTES["levels"]
            + self.max_quotes * ROW_BYTES["quotes"]
        )

    def within(self, limit_bytes: float) -> BookSettings:
        """Return the settings with shorter rings where these would take more than a limit."""
        share = limit_bytes / self.bytes_at_most
        if share >= 1:
            return self
        return dataclasses.replace(
            self,
            max_trades=max(1, int(self.max_trades * share)),
            max_level_history=max(1, int(self.max_level_history * share)),
            max_quotes=max(1, int(self.max_quotes * share)),
        )


def _check_names(given: Mapping[str, Any]) -> None:
    memory = {field.name for field in dataclasses.fields(MemoryConfig)}
    known = {*OrderbookConfig.__annotations__, *memory}
    for name in given:
        if name not in known:
            close = difflib.get_close_matches(name, known, 1)
            hint = f"; did you mean {close[0]!r}?" if close else ""
            raise ValueError(f"an order book has no setting {name!r}{hint}")


def _whole(given: Mapping[str, Any], *names: str, default: int) -> int:
    for name in names:
        value = given.get(name)
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, int) or value < 1:
            raise ValueError(f"{name} is a whole number of at least 1, not {value!r}")
        return value
    return default


def _number(given: Mapping[str, Any], name: str, default: float, *, zero: bool = False) -> float:
    value = given.get(name)
    if value is None:
        return default
    wrong = isinstance(value, bool) or not isinstance(value, int | float) or value != value
    if wrong or value < 0 or (value == 0 and not zero):
        raise ValueError(f"{name} is a number above zero, not {value!r}")
    return float(value)


def _level_rows(given: Mapping[str, Any]) -> int:
    per_level = given.get("max_history_per_level")
    if per_level is None:
        return BookSettings.max_level_history
    levels = _whole(given, "max_depth_levels", "max_depth_entries", default=ACTIVE_LEVELS)
    return _whole(given, "max_history_per_level", default=1) * levels
