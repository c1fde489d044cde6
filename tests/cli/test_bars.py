"""``projectx bars``: what is read, in which format, and that a file is whole or not there."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from tests.cli.commands import OPEN, projectx

from project_x_py import ProjectX
from project_x_py.cli import bars as module
from project_x_py.cli._files import write_frame
from project_x_py.exceptions import ProjectXError

NAMES = ["timestamp", "open", "high", "low", "close", "volume"]


def test_the_formats_hold_the_same(command: projectx, tmp_path: Path) -> None:
    """Parquet, CSV and JSON hold the same bars, with times that have their offset."""
    for suffix in ("parquet", "csv", "json"):
        ended = command("bars", "MNQ", "--days", "2", "--interval", "15", "--out", f"b.{suffix}")
        assert ended.status == 0
        assert ended.out == ""
        assert f"bars of MNQ in b.{suffix}" in ended.err
    frame = pl.read_parquet(tmp_path / "b.parquet")
    assert frame.columns == NAMES
    assert frame.height > 100
    rows = json.loads((tmp_path / "b.json").read_text(encoding="utf-8"))
    lines = (tmp_path / "b.csv").read_text(encoding="utf-8").splitlines()
    assert lines[0] == ",".join(NAMES)
    assert len(rows) == len(lines) - 1 == frame.height
    first = frame.row(0, named=True)
    assert rows[0]["timestamp"] == first["timestamp"].isoformat() == lines[1].split(",")[0]
    assert [row["close"] for row in rows] == frame["close"].to_list()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.csv", "b.json", "b.parquet"]


@pytest.mark.parametrize("unit", ["second", "minute"])
def test_spans_are_one_history(
    command: projectx, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, unit: str
) -> None:
    """Many spans give the bars that one read gives, and no bar twice."""
    days = "3" if unit == "minute" else "0.02"
    whole = command("bars", "MNQ", "--unit", unit, "--interval", "1", "--days", days)
    monkeypatch.setattr(module, "SPAN_BARS", 97)
    spans = command("bars", "MNQ", "--unit", unit, "--interval", "1", "--days", days)
    assert spans.out == whole.out
    assert len(whole.out.splitlines()) > 500


def test_long_silence_ends_the_search(command: projectx, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the gateway's history begins, no older spans are asked for."""
    asked = []
    usual = ProjectX.get_bars

    async def counted(self: ProjectX, *arguments: object, **keywords: object) -> pl.DataFrame:
        asked.append(keywords["start_time"])
        return await usual(self, *arguments, **keywords)  # type: ignore[arg-type]

    monkeypatch.setattr(ProjectX, "get_bars", counted)
    ended = command("bars", "MNQ", "--interval", "30", "--days", "20000", "--out", "b.csv")
    assert ended.status == 0
    assert len(asked) < 10


def test_other_units_are_one_each(command: projectx) -> None:
    """Hours and days come one a bar unless --interval says otherwise."""
    rows = command("bars", "MNQ", "--unit", "day", "--days", "20").out.splitlines()
    assert len(rows) - 1 in range(13, 16)


def test_the_forming_bar_is_left_out(command: projectx) -> None:
    """The bar that is still forming comes with --partial only."""
    command.gateway["start"] = OPEN + timedelta(minutes=7, seconds=30)
    without = command("bars", "MNQ", "--days", "1").out
    with_it = command("bars", "MNQ", "--days", "1", "--partial").out
    assert len(with_it.splitlines()) == len(without.splitlines()) + 1


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (("MNQ", "--out", "bars.xlsx"), ".parquet"),
        (("MNQ", "--out", "nowhere/bars.csv"), "nowhere"),
        (("MNQ", "--days", "0"), "days"),
        (("MNQ", "--days", "1e9"), "36525"),
        (("MNQ", "--days", "nan"), "finite"),
        (("MNQ", "--interval", "1000000000000"), "1440"),
        (("MNQX",), "MNQ"),
        (("MNQ", "--unit", "fortnight"), "fortnight"),
    ],
)
def test_a_mistake_is_one_message(
    command: projectx, arguments: tuple[str, ...], match: str
) -> None:
    """What cannot be is said before anything is read, with status 2."""
    ended = command("bars", *arguments)
    assert ended.status == 2
    assert match in ended.err
    assert "Traceback" not in ended.err


def test_a_write_that_fails_leaves_what_was_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old file stays whole when the disk is full, and no part of the new one is left."""
    path = tmp_path / "b.csv"
    path.write_text("before", encoding="utf-8")

    def full(_frame: pl.DataFrame, file: Path, **_options: object) -> None:
        file.write_text("half of", encoding="utf-8")
        raise OSError("no space left on device")

    monkeypatch.setattr(pl.DataFrame, "write_csv", full)
    with pytest.raises(ProjectXError, match=r"b\.csv cannot be written: no space"):
        write_frame(pl.DataFrame({"a": [1]}), path)
    assert path.read_text(encoding="utf-8") == "before"
    assert list(tmp_path.iterdir()) == [path]


def test_long_work_shows_how_far_it_is(command: projectx, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a terminal a progress bar names the work and goes to its end."""
    monkeypatch.setattr(module, "_is_terminal", lambda: True)
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.setattr(module, "SPAN_BARS", 200)
    ended = command("bars", "MNQ", "--days", "3", "--out", "b.csv")
    assert "bars of MNQ" in ended.err.partition("\n")[0]
    assert "100%" in ended.err
