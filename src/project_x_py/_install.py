"""Tells when another package of the same name is installed beside this one.

This distribution and the upstream package share both names, ``project-x-py`` and
``project_x_py``. Which of the two a script gets then depends on the order of ``sys.path``, so the
first suite of a process and the command line look once, and warn.

Invariants (``tests/test_install.py``): nothing is said about this installation itself; the look
imports nothing and reads no file of the other package but its metadata.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Iterable
from functools import cache
from importlib.metadata import distributions
from pathlib import Path

from project_x_py._version import __version__

__all__ = ["other_installations", "warn_if_shadowed"]

DISTRIBUTION = "project-x-py"
PACKAGE = "project_x_py"


def other_installations(path: Iterable[str]) -> list[str]:
    """Describe the other distributions and packages of this name on ``path``.

    Args:
        path: Folders as in ``sys.path``.

    Returns:
        One text for each, such as ``version 3.5.7 in /some/site-packages``; empty when this
        installation is the only one.
    """
    ours = Path(__file__).resolve().parent
    folders = [Path(entry or ".").resolve() for entry in dict.fromkeys(path)]
    found: dict[Path, str] = {}
    for folder in folders:
        package = folder / PACKAGE
        if package != ours and (package / "__init__.py").is_file():
            found[folder] = f"a package in {folder}"
    for distribution in distributions(name=DISTRIBUTION, path=[str(folder) for folder in folders]):
        folder = Path(str(distribution.locate_file(""))).resolve()
        if folder in found or distribution.version != __version__:
            found[folder] = f"version {distribution.version} in {folder}"
    return list(found.values())


@cache
def warn_if_shadowed() -> None:
    """Warn, once in a process, when another package of this name is installed beside this one."""
    others = other_installations(sys.path)
    if others:
        warnings.warn(
            f"another {DISTRIBUTION} is installed beside version {__version__} in "
            f"{Path(__file__).resolve().parent}: {'; '.join(others)}. Which one a script imports "
            f"depends on sys.path; uninstall one, or use a virtual environment for each.",
            RuntimeWarning,
            stacklevel=2,
        )
