"""The memory of this process."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from project_x_py._runtime.memory import STATM, resident_mb

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.skipif(not os.path.exists(STATM), reason="the system does not tell")
def test_the_system_tells_what_is_resident() -> None:
    """A Python process takes more than 5 MB, and memory that is written to shows."""
    before = resident_mb()
    assert before is not None
    held = bytearray(os.urandom(1 << 10) * (64 << 10))
    after = resident_mb()
    assert after is not None
    assert after - before > 30
    assert before > 5
    assert len(held) == 64 << 20


@pytest.mark.parametrize("text", [None, "", "12", "a b c"])
def test_without_a_figure_there_is_none(tmp_path: Path, text: str | None) -> None:
    """A file that is missing or has something else in it is no figure."""
    path = tmp_path / "statm"
    if text is not None:
        path.write_text(text, encoding="ascii")
    assert resident_mb(str(path)) is None
