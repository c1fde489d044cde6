"""What a script's own mistake looks like under ``projectx run``."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest


@pytest.mark.parametrize(
    ("script", "begins"),
    [
        ("def f():\n    return 1 / 0\n\n\nf()\n", "Traceback (most recent call last):"),
        ("x = (\n", '  File "{path}", line 1'),
    ],
)
def test_a_traceback_begins_in_the_script(tmp_path: Path, script: str, begins: str) -> None:
    """No frame of the runner is shown, for a mistake at run time and one of syntax."""
    path = tmp_path / "mine.py"
    path.write_text(script)
    done = subprocess.run(
        [sys.executable, "-m", "project_x_py.cli._runner", str(path)],
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 1
    assert done.stderr.startswith(begins.format(path=path))
    assert "runpy" not in done.stderr
    assert "_runner" not in done.stderr
    assert str(path) in done.stderr
