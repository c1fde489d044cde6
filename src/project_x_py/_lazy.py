"""Names of a package that are loaded from their modules at first use (PEP 562).

Invariants (``tests/architecture/test_exports.py``): what a package loads is what its
``TYPE_CHECKING`` block tells type checkers; a name that it has not is an ``AttributeError`` that
names it.
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["lazily"]


def lazily(
    package: str, homes: Mapping[str, str], aliases: Mapping[str, str] | None = None
) -> tuple[Callable[[str], object], Callable[[], list[str]]]:
    """Return ``__getattr__`` and ``__dir__`` of a package.

    Args:
        package: Its name.
        homes: By module, relative with a leading dot or absolute, the names that come from it,
            separated by blanks.
        aliases: Further names, and the names that they stand for.
    """
    home_of = {name: home for home, names in homes.items() for name in names.split()}
    other = aliases or {}

    def load(name: str) -> object:
        """Load a public name from its module at first use."""
        target = other.get(name, name)
        if target not in home_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        from importlib import import_module

        value: object = getattr(import_module(home_of[target], package), target)
        setattr(sys.modules[package], name, value)
        return value

    def listed() -> list[str]:
        """List the public names, loaded or not."""
        return list(sys.modules[package].__all__)

    return load, listed
