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
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from project_x_py._version import __version__

if TYPE_CHECKING:
    from collections.abc import Iterable

__all__ = ["other_installations", "warn_if_shadowed"]

DISTRIBUTION = "project-x-py"
PACKAGE = "project_x_py"


def other_installations(path: Iterable[str]) -> list[str]:
    """Describe the other packages of this name on ``path``.

    Args:
        path: Folders as in ``sys.path``.

    Returns:
        One text for each, such as ``version 3.5.7 in /some/site-packages``; empty when this
        package is the only one.
    """
    ours = Path(__file__).resolve().parent.parent
    folders = dict.fromkeys(Path(entry or ".").resolve() for entry in path)
    return [
        f"{_version_in(folder)} in {folder}"
        for folder in folders
        if folder != ours and (folder / PACKAGE / "__init__.py").is_file()
    ]


def _version_in(folder: Path) -> str:
    """Return what the metadata of a folder says about the package in it."""
    from importlib.metadata import distributions

    for distribution in distributions(name=DISTRIBUTION, path=[str(folder)]):
        return f"version {distribution.version}"
    return "an unknown version"


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
