"""Names for the plain values that travel between the parts of the SDK.

The ids are ``NewType``s: free at run time, told apart by a type checker.
"""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, NewType

__all__ = [
    "DEFAULT_TIMEZONE",
    "TICK_SIZE_PRECISION",
    "AccountId",
    "AsyncCallback",
    "CallbackType",
    "ContractId",
    "OrderId",
    "PositionId",
    "SyncCallback",
]

AccountId = NewType("AccountId", int)
ContractId = NewType("ContractId", str)
"""``CON.F.US.{product}.{month letter}{two-digit year}``."""
OrderId = NewType("OrderId", int)
"""64 bits on the wire; live ids exceed 32 bits."""
PositionId = NewType("PositionId", int)

AsyncCallback = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]
SyncCallback = Callable[[dict[str, Any]], None]
CallbackType = AsyncCallback | SyncCallback
"""What the real-time client calls with an event's data."""

TICK_SIZE_PRECISION = 8
"""Decimals within which every listed tick size can be written."""

DEFAULT_TIMEZONE = "America/Chicago"
