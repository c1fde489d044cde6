"""The printed example programs run unmodified; they are read from ../shared, never kept here."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

DOCUMENT = "004_a838957d5355021c.txt"
TAPE = "es_l3_20231225"
SLACK_S = 60


def _example(shared: Path, number: int) -> str:
    text = (shared / "seeds" / DOCUMENT).read_text(encoding="utf-8")
    return re.findall(r"```python\n(.*?)```", text, re.DOTALL)[number - 1]


def _run(folder: Path, script: str, options: list[str], seconds: float) -> str:
    path = folder / "example.py"
    path.write_text(script, encoding="utf-8")
    command = [sys.executable, "-m", "project_x_py.cli", "run", *options]
    done = subprocess.run(
        [*command, "--seconds", str(seconds), str(path)],
        cwd=folder,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        timeout=seconds + SLACK_S,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "ERROR" not in done.stderr
    return done.stdout


def _check_streaming(output: str) -> None:
    assert "Real-time streaming started for MNQ" in output
    assert "Connected: True" in output
    assert re.search(r"Tick #10: \$\d+\.\d\d", output)
    assert re.search(r"New 15sec bar #\d+:\n  OHLC: \$\d+\.\d\d / ", output)
    assert re.search(r"New 1min bar #\d+:", output)
    assert output.endswith("Disconnected from real-time feeds\n")


@pytest.mark.parametrize(
    ("speed", "seconds"), [(60, 15), pytest.param(30, 60, marks=pytest.mark.long)]
)
@pytest.mark.checklist(177, 181, 184, 185)
def test_basic_streaming_on_the_tape(
    shared: Path, tmp_path: Path, speed: int, seconds: int
) -> None:
    """Example 1 prints ticks and new bars of the recorded session and shuts down cleanly."""
    tape = shared / "data" / TAPE
    options = ["--tape", str(tape), "--instrument", "MNQ", "--speed", str(speed)]
    output = _run(tmp_path, _example(shared, 1), options, seconds)
    _check_streaming(output)
    assert len(re.findall(r"Status - Price: \$\d+\.\d\d", output)) >= seconds // 10 - 1


@pytest.mark.parametrize(
    ("speed", "seconds"), [(30, 15), pytest.param(30, 40, marks=pytest.mark.long)]
)
def test_basic_streaming_on_a_synthetic_market(
    shared: Path, tmp_path: Path, speed: int, seconds: int
) -> None:
    """Example 1 does the same on a made-up market."""
    output = _run(tmp_path, _example(shared, 1), ["--seed", "1", "--speed", str(speed)], seconds)
    _check_streaming(output)
