"""Frames written to files, whole or not at all.

Invariants (``tests/cli/test_bars.py``): a reader sees the old file or the finished one and never a
part; a write that fails leaves what was there.
"""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from project_x_py.exceptions import ProjectXError

if TYPE_CHECKING:
    import polars as pl

__all__ = ["SUFFIXES", "check_place", "write_frame"]

SUFFIXES = (".parquet", ".csv", ".json")


def check_place(path: Path) -> None:
    """Make sure, before the work, that its result can be written.

    Raises:
        ProjectXError: The format is unknown, or there is no such folder.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise ProjectXError(f"{path}: the name ends in none of {', '.join(SUFFIXES)}")
    if path.is_dir():
        raise ProjectXError(f"{path} is a folder; name a file in it")
    if not path.parent.is_dir():
        raise ProjectXError(f"{path}: there is no folder {path.parent}; make it first")


def write_frame(frame: pl.DataFrame, path: Path) -> None:
    """Write a frame in the format that the name of the file ends in.

    Times of CSV and JSON are ISO-8601 texts with their offset.

    Raises:
        ProjectXError: The file cannot be written, and why; what was there is as before.
    """
    try:
        with tempfile.TemporaryDirectory(prefix=f".{path.name}.", dir=path.parent) as folder:
            part = Path(folder) / path.name
            _write(frame, part)
            part.replace(path)
    except OSError as error:
        raise ProjectXError(f"{path} cannot be written: {error.strerror or error}") from None


def _write(frame: pl.DataFrame, path: Path) -> None:
    suffix = path.suffix.lower()
    if suffix == ".parquet":
        frame.write_parquet(path, compression="zstd")
    elif suffix == ".csv":
        frame.with_columns(_iso(frame)).write_csv(path)
    else:
        frame.with_columns(_iso(frame)).write_json(path)


def _iso(frame: pl.DataFrame) -> list[pl.Expr]:
    import polars as pl

    times = [name for name, kind in frame.schema.items() if kind == pl.Datetime]
    return [pl.col(name).dt.strftime("%Y-%m-%dT%H:%M:%S%.f%:z") for name in times]
