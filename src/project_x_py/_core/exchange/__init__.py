"""The simulated exchange: matching, kept apart from everything that reads the gateway.

It shares no order, position or money code with the client side, so that a wrong reading of the
gateway in one is visible in the other.
"""

from __future__ import annotations

__all__: list[str] = []
