"""The documented home of :class:`ProjectXBase`, the client under its other name.

Invariant (``tests/architecture/test_documented_api.py``): both names are the same class.
"""

from __future__ import annotations

from project_x_py.client.project_x import ProjectXBase

__all__ = ["ProjectXBase"]
