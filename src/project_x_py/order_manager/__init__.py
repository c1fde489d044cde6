"""Orders of an account: placed once, found again, always protected."""

from __future__ import annotations

__all__: list[str] = []
