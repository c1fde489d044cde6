"""docs/reference/command-line.md names every command, check and key that there is."""

from __future__ import annotations

import re

from tests.architecture.source import ROOT

from project_x_py.cli import stream
from project_x_py.cli._commands import cli
from project_x_py.cli._files import SUFFIXES
from project_x_py.cli.bars import UNITS

PAGE = (ROOT / "docs" / "reference" / "command-line.md").read_text(encoding="utf-8")
ROW = re.compile(r"^\| (?:\[)?([\w, ]+?)(?:\]\(#[\w-]+\))? \|", re.MULTILINE)


def test_every_command_is_there() -> None:
    """The first table has a row for each command, and for nothing else."""
    table = PAGE.partition("## Whose account")[0]
    assert set(ROW.findall(table)) - {"Command"} == set(cli.commands)


def test_every_check_is_there() -> None:
    """The table of the doctor has each check that its module names, and no other."""
    table = PAGE.partition("## doctor")[2].partition("## accounts")[0]
    named = {check for row in ROW.findall(table) for check in row.split(", ")} - {"Check"}
    folder = ROOT / "src" / "project_x_py" / "cli"
    text = "".join(
        (folder / name).read_text(encoding="utf-8")
        for name in ("doctor.py", "_checks.py", "_live_checks.py")
    )
    made = set(re.findall(r"(?:fine|Finding|_guarded)\(\s*\"([\w ]+)\"", text))
    assert named == made | {"account", "data tier", "brackets"}


def test_formats_units_and_keys_are_there() -> None:
    """Formats and units of bars, and the keys of streamed lines, are those of the code."""
    assert all(f"`{suffix}`" in PAGE for suffix in SUFFIXES)
    assert "second, minute, hour, day, week or month" in PAGE
    assert list(UNITS) == ["second", "minute", "hour", "day", "week", "month"]
    assert f"timeframe, {', '.join(stream.BAR)}, amended" in PAGE
