"""Environment variables of a script.

The SDK's own settings are read by :mod:`project_x_py.config`.
"""

from __future__ import annotations

import os
from typing import Literal, overload

from project_x_py.exceptions import InvalidFieldError

__all__ = ["get_env_var"]


@overload
def get_env_var(name: str, default: str) -> str: ...


@overload
def get_env_var(name: str, default: str | None = None, *, required: Literal[True]) -> str: ...


@overload
def get_env_var(name: str, default: str | None = None, required: bool = False) -> str | None: ...


def get_env_var(name: str, default: str | None = None, required: bool = False) -> str | None:
    """Return an environment variable, or ``default`` when it is not set.

    Args:
        name: Name of the variable.
        default: What to return without it; None with ``required`` means there is none.
        required: Whether to refuse a variable that is not set and has no default.

    Raises:
        InvalidFieldError: The variable is required, not set, and has no default; also a
            ``ValueError``.
    """
    value = os.environ.get(name, default)
    if value is None and required:
        raise InvalidFieldError(f"the environment variable {name} is not set")
    return value
