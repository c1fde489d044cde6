"""The REST client: login, accounts, instruments, bars, own trades and positions."""

from __future__ import annotations

from project_x_py._runtime.limiter import RateLimiter
from project_x_py.client._history import BarHistory, ContractJoin
from project_x_py.client.project_x import ProjectX, ProjectXBase

__all__ = ["BarHistory", "ContractJoin", "ProjectX", "ProjectXBase", "RateLimiter"]
