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
"""32 bits on the wire."""
ContractId = NewType("ContractId", str)
"""``CON.F.US.{product}.{month letter}{two-digit year}``."""
OrderId = NewType("OrderId", int)
"""64 bits on the wire; live ids exceed 32 bits."""
PositionId = NewType("PositionId", int)
"""32 bits on the wire."""

AsyncCallback = Callable[[dict[str, Any]], Coroutine[Any, Any, None]]
"""A callback that is awaited, given an event's data."""
SyncCallback = Callable[[dict[str, Any]], None]
"""A callback that is called, given an event's data."""
CallbackType = AsyncCallback | SyncCallback
"""What the real-time client calls with an event's data."""

TICK_SIZE_PRECISION = 8
"""Decimals within which every listed tick size can be written."""

DEFAULT_TIMEZONE = "America/Chicago"
"""The zone of every time that is handed out, unless another is asked for."""
