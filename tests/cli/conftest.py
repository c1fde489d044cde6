"""The command as a fixture."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.cli.commands import projectx


@pytest.fixture
def command(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> projectx:
    """Runs command lines in an empty folder, beside a gateway of their own."""
    monkeypatch.chdir(tmp_path)
    return projectx(monkeypatch, capsys)
