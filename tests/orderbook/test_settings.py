"""The documented settings, read into what a book does."""

from __future__ import annotations

from typing import Any

import pytest
from tests.orderbook.books import BID, best, depth, plain_book, trade

from project_x_py.exceptions import ProjectXError
from project_x_py.orderbook._settings import BookSettings


def test_nothing_given_is_the_default() -> None:
    """None and an empty mapping mean the defaults."""
    assert BookSettings.read(None) == BookSettings.read({}) == BookSettings()


@pytest.mark.checklist(66)
@pytest.mark.parametrize(
    ("given", "field", "value"),
    [
        ({"max_depth_levels": 7}, "max_depth_levels", 7),
        ({"max_depth_entries": 7}, "max_depth_levels", 7),
        ({"max_trade_history": 7}, "max_trades", 7),
        ({"max_trades": 7}, "max_trades", 7),
        ({"max_best_price_history": 7}, "max_quotes", 7),
        ({"max_spread_history": 7}, "max_quotes", 7),
        ({"max_history_per_level": 3, "max_depth_levels": 7}, "max_level_history", 21),
        ({"cleanup_interval": 7}, "cleanup_interval_s", 7),
        ({"price_history_window_minutes": 7}, "window_minutes", 7),
        ({"snapshot_interval_seconds": 0}, "resnapshot_s", 0),
        ({"snapshot_interval_seconds": 7}, "resnapshot_s", 7),
        ({"enable_analytics": False}, "analytics", False),
        ({"enable_pattern_detection": False}, "detection", False),
    ],
)
def test_each_setting_is_followed(given: dict[str, Any], field: str, value: object) -> None:
    """Members of OrderbookConfig and of MemoryConfig mean what their names say."""
    assert getattr(BookSettings.read(given), field) == value
    assert getattr(plain_book(given).settings, field) == value


@pytest.mark.parametrize(
    "given",
    [
        {"max_depth_levels": 0},
        {"max_trade_history": 2.5},
        {"max_trades": True},
        {"cleanup_interval": 0},
        {"snapshot_interval_seconds": -1},
        {"snapshot_interval_seconds": float("nan")},
        {"memory_limit_mb": 0},
        {"memory_limit_mb": "1"},
    ],
)
def test_a_value_out_of_range_is_refused_by_name(given: dict[str, Any]) -> None:
    """The message names the setting and the value."""
    ((name, value),) = given.items()
    with pytest.raises(ValueError, match=name) as caught:
        BookSettings.read(given)
    assert repr(value) in str(caught.value)


def test_an_unknown_setting_is_refused_with_a_close_match() -> None:
    """A slip of the pen is not ignored."""
    with pytest.raises(ValueError, match="did you mean 'max_trade_history'"):
        BookSettings.read({"max_trades_history": 5})
    with pytest.raises(ValueError, match=r"no setting 'zzz'$"):
        BookSettings.read({"zzz": 5})


def test_idle_settings_are_accepted() -> None:
    """What would change nothing here is no mistake."""
    given = {
        "enable_market_by_order": False, "compression_level": 3, "enable_delta_updates": True,
        "price_precision": 2,
    }  # fmt: skip
    assert BookSettings.read(given) == BookSettings()


def test_a_limit_above_the_need_changes_nothing() -> None:
    """A limit only shortens."""
    assert BookSettings.read({"memory_limit_mb": 1000}) == BookSettings()
    assert BookSettings.read({"memory_limit_mb": 1}).bytes_at_most <= 1_000_000


def test_the_memory_manager_gets_them_as_documented() -> None:
    """``memory`` is a MemoryConfig with the same bounds."""
    memory = BookSettings.read({"max_trades": 7, "cleanup_interval": 9}).memory
    assert (memory.max_trades, memory.cleanup_interval, memory.max_history_per_level) == (7, 9, 200)


@pytest.mark.checklist(66)
async def test_what_is_switched_off_keeps_nothing_and_says_so() -> None:
    """Without analytics no best prices, without detection no level changes; the book goes on."""
    book = plain_book({"enable_analytics": False, "enable_pattern_detection": False})
    book.realtime_handler.on_depth(best(100, 102))
    book.realtime_handler.on_depth(depth((BID, 99, 1), (BID, 99, 0)))
    book.realtime_handler.on_trades([trade(102, 1)])
    assert (len(book.state.quotes), len(book.state.changes), len(book.state.trades)) == (0, 0, 1)
    with pytest.raises(ProjectXError, match="enable_analytics is False"):
        await book.get_market_imbalance()
    with pytest.raises(ProjectXError, match="enable_pattern_detection is False"):
        await book.detect_iceberg_orders()
    assert (await book.get_best_bid_ask())["bid"] == 25.0
