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

from project_x_py._lazy import lazily

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
    "._arguments": "market_arguments user_argument",
    "._market": "MarketDecoder decode_depth decode_quote decode_trades",
    "._rows": (
        "DepthEvent DepthRow MarketEvent QuoteEvent QuoteRow TradeEvent TradeRow read_market_event"
    ),
    "._stats": "DecodeStats",
    "._user": (
        "GridFor USER_KINDS UserKind UserRecord decode_accounts decode_entry decode_fills "
        "decode_orders decode_positions user_entries"
    ),
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__, _HOMES)
