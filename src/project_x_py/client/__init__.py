"""The REST client: login, accounts, instruments, bars."""

from __future__ import annotations

from project_x_py.client.project_x import ProjectX, ProjectXBase

__all__ = ["ProjectX", "ProjectXBase"]
