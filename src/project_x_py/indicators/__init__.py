"""Technical indicators on polars frames, in batch and live.

``frame.pipe(RSI, period=14)`` returns the frame with ``rsi_14`` added; ``stream(RSI, period=14,
history=frame)`` returns a handle that goes on bar by bar with the same bits. Every function of
TA-Lib is here under its own name, besides the documented ones and our own.

Names are made from one registry when they are first asked for, so importing this package loads
neither polars nor TA-Lib. ``__init__.pyi`` is made from the same registry.

Held by ``tests/indicators/``; the list of all indicators is ``docs/reference/indicators.md``.
"""

from __future__ import annotations

from project_x_py.indicators._registry import static_indicators

__all__ = ["RSI", "SMA"]


def __getattr__(name: str) -> object:
    """Make or import what a public name stands for (PEP 562)."""
    from project_x_py.indicators._lookup import public

    return public(name)


def __dir__() -> list[str]:
    """List every indicator and every other public name."""
    from project_x_py.indicators._lookup import names

    return names()
