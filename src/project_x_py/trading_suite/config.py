"""What a suite is asked for: instruments, timeframes, features, settings of its parts.

Invariant (``tests/trading_suite/test_config.py``): whatever :class:`TradingSuiteConfig` accepts can
be carried out; a name it does not know is refused with the close matches before anything is sent.
"""

from __future__ import annotations

import difflib
import enum
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar, get_type_hints
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from project_x_py._core.bars import timeframe
from project_x_py.sessions.config import SessionConfig
from project_x_py.trading_suite._part_settings import PartSettings

if TYPE_CHECKING:
    from project_x_py.risk_manager import RiskConfig
    from project_x_py.types import (
        DataManagerConfig,
        OrderbookConfig,
        OrderManagerConfig,
        PositionManagerConfig,
    )

__all__ = [
    "KEYWORDS",
    "OWN_JOURNAL",
    "SECTIONS",
    "Features",
    "TradingSuiteConfig",
    "check_keywords",
    "either",
    "keys_of",
    "unknown",
]

T = TypeVar("T")

OWN_JOURNAL = "own"
"""The order journal is the account's own file in the user's state directory."""

DEFAULT_TIMEFRAMES = ("5min",)
MOST_DAYS = 36_525
"""A hundred years: more history than there is, and less than a date can hold."""

SECTIONS = {
    "order_manager_config": "OrderManagerConfig",
    "position_manager_config": "PositionManagerConfig",
    "data_manager_config": "DataManagerConfig",
    "orderbook_config": "OrderbookConfig",
}
"""Settings that are mappings, and the types that tell their keys."""


class Features(enum.StrEnum):
    """Optional parts of a suite."""

    ORDERBOOK = "orderbook"
    """Level-2 book per instrument: ``context.orderbook``."""
    RISK_MANAGER = "risk_manager"
    """Limits that refuse entries, sizes, stops: ``context.risk_manager``."""
    AUTO_RECONNECT = "auto_reconnect"
    """Always on: a dropped hub comes back with its subscriptions. Accepted for compatibility."""
    PERFORMANCE_ANALYTICS = "performance_analytics"
    """Always on, unless ``enable_analytics`` of the order book is set to False. Accepted for
    compatibility."""
    TRADE_JOURNAL = "trade_journal"
    """Orders are written down before they are sent on a gateway on this machine, too."""

    @classmethod
    def parse(cls, names: str | Iterable[str | Features] | None) -> frozenset[Features]:
        """Read feature names, one or several.

        Raises:
            ValueError: A name is unknown; close matches are named.
        """
        known = {feature.value: feature for feature in cls}
        chosen = set()
        for name in [names] if isinstance(names, str) else names or ():
            feature = known.get(name.value if isinstance(name, Features) else str(name).lower())
            if feature is None:
                raise ValueError(unknown("feature", str(name), known))
            chosen.add(feature)
        return frozenset(chosen)


@dataclass(frozen=True, init=False)
class TradingSuiteConfig(PartSettings):
    """The settings of a suite, checked.

    Args:
        instrument: One symbol, or several.
        instruments: The same by the other name; give one of them.
        **settings: As below; ``timeframes`` and ``features`` left out are ``["5min"]`` and none.

    Attributes:
        instruments: Symbols, in the order given, each once.
        timeframes: Bar timeframes kept for each of them.
        features: Optional parts.
        initial_days: Length of the history that bars start from, in days.
        auto_connect: Whether ``create`` connects and starts the feeds.
        timezone: Zone of all timestamps handed out.
        order_manager_config: Settings of the order manager.
        position_manager_config: Settings of the position manager.
        data_manager_config: Settings of the bar managers.
        orderbook_config: Settings of the order books.
        risk_config: Limits of the risk manager.
        session_config: Regular or electronic hours for the session reads.
        order_journal: The file in which orders are written down before they are sent; ``"own"``
            is one per account in the user's state directory, and none for a gateway on this
            machine without the feature ``trade_journal``; None is none.
        memory_limit_mb: Megabytes of the process from which on MEMORY_WARNING is announced.

    Raises:
        ValueError: A setting is missing, unknown or out of range.
        TypeError: A setting is something else, such as a ``risk_config`` that is no RiskConfig.
    """

    instruments: tuple[str, ...]
    timeframes: tuple[str, ...]
    features: frozenset[Features]
    initial_days: float
    auto_connect: bool
    timezone: str
    order_manager_config: OrderManagerConfig | None
    position_manager_config: PositionManagerConfig | None
    data_manager_config: DataManagerConfig | None
    orderbook_config: OrderbookConfig | None
    risk_config: RiskConfig | None
    session_config: SessionConfig | None
    order_journal: str | Path | None
    memory_limit_mb: float

    def __init__(
        self,
        instrument: str | Sequence[str] | None = None,
        timeframes: Sequence[str] | None = None,
        features: Iterable[str | Features] | None = None,
        initial_days: float = 5,
        auto_connect: bool = True,
        timezone: str = "America/Chicago",
        order_manager_config: OrderManagerConfig | None = None,
        position_manager_config: PositionManagerConfig | None = None,
        data_manager_config: DataManagerConfig | None = None,
        orderbook_config: OrderbookConfig | None = None,
        risk_config: RiskConfig | None = None,
        session_config: SessionConfig | None = None,
        order_journal: str | Path | None = OWN_JOURNAL,
        *,
        memory_limit_mb: float = 2048,
        instruments: str | Sequence[str] | None = None,
    ) -> None:
        settings = {
            "instruments": _symbols(either("instruments", instruments, "instrument", instrument)),
            "timeframes": _timeframes(timeframes),
            "features": Features.parse(features),
            "initial_days": _days(initial_days),
            "auto_connect": _yes_or_no("auto_connect", auto_connect),
            "timezone": _zone(timezone),
            "order_manager_config": order_manager_config,
            "position_manager_config": position_manager_config,
            "data_manager_config": data_manager_config,
            "orderbook_config": orderbook_config,
            "risk_config": risk_config,
            "session_config": session_config,
            "order_journal": order_journal,
            "memory_limit_mb": memory_limit_mb,
        }
        if not 0 < memory_limit_mb < math.inf:
            raise ValueError(f"memory_limit_mb must be above zero, not {memory_limit_mb!r}")
        for name in SECTIONS:
            _check_section(name, settings[name])
        _check_bars(data_manager_config)
        _check_risk(risk_config)
        if session_config is not None and not isinstance(session_config, SessionConfig):
            raise TypeError(f"session_config must be a SessionConfig, not {session_config!r}")
        if order_journal is not None and not isinstance(order_journal, str | Path):
            raise TypeError(f"order_journal must be a path or None, not {order_journal!r}")
        for name, value in settings.items():
            object.__setattr__(self, name, value)

    @property
    def instrument(self) -> str | None:
        """The symbol of a suite with one instrument, else None."""
        return self.instruments[0] if len(self.instruments) == 1 else None


def _symbols(given: str | Sequence[str] | None) -> tuple[str, ...]:
    symbols = [] if given is None else [symbol.strip() for symbol in _texts("instruments", given)]
    if not symbols or not all(symbols):
        raise ValueError("a suite needs at least one instrument, for example 'MNQ'")
    return tuple(dict.fromkeys(symbols))


def _timeframes(given: Sequence[str] | None) -> tuple[str, ...]:
    names = DEFAULT_TIMEFRAMES if given is None else _texts("timeframes", given)
    if not names:
        raise ValueError("timeframes is empty; name at least one, for example ['1min']")
    for name in names:
        timeframe(name)
    return tuple(dict.fromkeys(names))


def _days(given: float) -> float:
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise TypeError(f"initial_days must be a number of days, not {given!r}")
    if not 0 < given < math.inf:
        raise ValueError(f"initial_days must be above zero, not {given!r}")
    if given > MOST_DAYS:
        raise ValueError(f"initial_days must be at most {MOST_DAYS:,}, not {given!r}")
    return given


def _yes_or_no(name: str, given: bool) -> bool:
    if not isinstance(given, bool):
        raise TypeError(f"{name} must be True or False, not {given!r}")
    return given


def _zone(name: str) -> str:
    if not isinstance(name, str):
        raise TypeError(f"timezone must be a text such as 'America/Chicago', not {name!r}")
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError) as exc:
        raise ValueError(f"unknown time zone {name!r}; for example 'America/Chicago'") from exc
    return name


def _texts(name: str, given: object) -> tuple[str, ...]:
    """Read one text or several as a tuple; a lone text is not the list of its letters."""
    if isinstance(given, str):
        return (given,)
    if not isinstance(given, Iterable):
        raise TypeError(f"{name} must be a text or a list of texts, not {given!r}")
    texts = tuple(given)
    for text in texts:
        if not isinstance(text, str):
            raise TypeError(f"{name} must hold texts, not {text!r}")
    return texts


@cache
def keys_of(section: str) -> frozenset[str]:
    """Return the keys of a setting that is a mapping, such as ``orderbook_config``."""
    from project_x_py.types import MemoryConfig, config_types

    keys = frozenset(get_type_hints(getattr(config_types, SECTIONS[section])))
    if section == "orderbook_config":
        # The book's bounds can be given by the documented names of either type.
        keys |= {field.name for field in fields(MemoryConfig)}
    return keys


def _check_section(name: str, given: object) -> None:
    if given is None:
        return
    if not isinstance(given, Mapping):
        raise TypeError(f"{name} must be a mapping, not {given!r}")
    for key in given:
        if key not in keys_of(name):
            raise ValueError(unknown(f"key of {name}", str(key), keys_of(name)))


def _check_bars(given: Mapping[str, object] | None) -> None:
    name = "max_bars_per_timeframe"
    if given is None or name not in given:
        return
    most = given[name]
    if isinstance(most, bool) or not isinstance(most, int) or most < 1:
        raise ValueError(f"data_manager_config: {name} must be a count above 0, not {most!r}")


def _check_risk(given: object) -> None:
    from project_x_py.risk_manager.config import RiskConfig

    if given is not None and not isinstance(given, RiskConfig):
        raise TypeError(f"risk_config must be a RiskConfig, not {given!r}")


def either(name: str, given: T | None, alias: str, also: T | None) -> T | None:
    """Return the setting that was given under one of its two names.

    Raises:
        ValueError: Both names were given, and they disagree.
    """
    if given is not None and also is not None and given != also:
        raise ValueError(f"{name}={given!r} and {alias}={also!r} mean the same: give one of them")
    return also if given is None else given


def check_keywords(given: dict[str, Any], known: Iterable[str]) -> None:
    """Refuse keywords that ``create`` does not take.

    Raises:
        TypeError: A keyword is unknown; close matches are named.
    """
    names = set(known)
    for name in given:
        if name not in names:
            raise TypeError("TradingSuite.create(): " + unknown("keyword", name, names))


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Say that ``name`` is not among ``known``, with the close matches."""
    choices = sorted(known)
    close = difflib.get_close_matches(name, choices, n=3, cutoff=0.5)
    hint = f"did you mean {', '.join(close)}?" if close else f"there is {', '.join(choices)}"
    return f"unknown {kind} {name!r}; {hint}"


KEYWORDS = tuple(f.name for f in fields(TradingSuiteConfig) if f.name != "instruments")
