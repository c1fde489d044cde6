"""What is known of an account's orders, and of what was asked for: pure, without a clock.

It shares no code with the simulated exchange, so that a wrong reading of the gateway in one is
visible in the other.
"""

from __future__ import annotations

__all__: list[str] = []
