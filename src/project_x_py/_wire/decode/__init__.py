"""Payloads of the hubs as records: integer ticks, integer nanoseconds, nothing invented.

Every function takes raw JSON, the time of reception and a :class:`DecodeStats`, and returns the
records it holds. A payload that has the usual shape is decoded straight into typed rows; any
other goes entry by entry, and an entry or member that cannot be right is counted and left out
while the rest applies. The gateway is known to send lists and single objects, null entries,
``{"action": n, "data": {...}}`` wrappers, sparse objects, and codes that no document lists.

Invariants (``tests/wire/test_decode.py``): no payload raises anything; a good entry never
depends on its bad neighbours; both paths give the same records.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from project_x_py._wire.decode._arguments import market_arguments, user_argument
    from project_x_py._wire.decode._market import (
        MarketDecoder,
        decode_depth,
        decode_quote,
        decode_trades,
    )
    from project_x_py._wire.decode._rows import (
        DepthEvent,
        DepthRow,
        MarketEvent,
        QuoteEvent,
        QuoteRow,
        TradeEvent,
        TradeRow,
        read_market_event,
    )
    from project_x_py._wire.decode._stats import DecodeStats
    from project_x_py._wire.decode._user import (
        USER_KINDS,
        GridFor,
        UserKind,
        UserRecord,
        decode_accounts,
        decode_entry,
        decode_fills,
        decode_orders,
        decode_positions,
        user_entries,
    )

__all__ = [
    "USER_KINDS",
    "DecodeStats",
    "DepthEvent",
    "DepthRow",
    "GridFor",
    "MarketDecoder",
    "MarketEvent",
    "QuoteEvent",
    "QuoteRow",
    "TradeEvent",
    "TradeRow",
    "UserKind",
    "UserRecord",
    "decode_accounts",
    "decode_depth",
    "decode_entry",
    "decode_fills",
    "decode_orders",
    "decode_positions",
    "decode_quote",
    "decode_trades",
    "market_arguments",
    "read_market_event",
    "user_argument",
    "user_entries",
]

_HOMES = {
    "DepthEvent": "_rows",
    "DepthRow": "_rows",
    "MarketEvent": "_rows",
    "QuoteEvent": "_rows",
    "QuoteRow": "_rows",
    "TradeEvent": "_rows",
    "TradeRow": "_rows",
    "read_market_event": "_rows",
    "DecodeStats": "_stats",
    "USER_KINDS": "_user",
    "UserKind": "_user",
    "UserRecord": "_user",
    "decode_entry": "_user",
    "user_entries": "_user",
    "GridFor": "_user",
    "MarketDecoder": "_market",
    "decode_accounts": "_user",
    "decode_depth": "_market",
    "decode_fills": "_user",
    "decode_orders": "_user",
    "decode_positions": "_user",
    "decode_quote": "_market",
    "decode_trades": "_market",
    "market_arguments": "_arguments",
    "user_argument": "_arguments",
}

if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Load a name from its module at first use."""
        from importlib import import_module

        if name not in _HOMES:
            raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
        return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
