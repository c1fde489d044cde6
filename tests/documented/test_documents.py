"""The code blocks of our own documents run as they are printed."""

from __future__ import annotations

import logging
import os
import re
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import click
import polars as pl
import pytest
from tests.architecture.source import ROOT
from tests.documented.documents import (
    BESIDE_A_GATEWAY,
    NOON,
    Block,
    blocks,
    documents,
    run_block,
)
from tests.suites import simulated_suite

from project_x_py import EventType
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.cli._commands import cli
from project_x_py.simulator import SimulatedGateway

MAIN = "import sys; from project_x_py.cli.main import main; sys.exit(main())"


def run(code: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    """Run Python with ``code`` in ``folder``, with this checkout's package."""
    search = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    return subprocess.run(
        [sys.executable, *code],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": search},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        encoding="utf-8",
        timeout=60,
        check=False,
    )


PYTHON = [block for block in blocks("python") if BESIDE_A_GATEWAY not in block.text]
SCRIPTS = [block for block in PYTHON if "def test_" not in block.text]
TESTS = [block for block in PYTHON if "def test_" in block.text]


@pytest.mark.parametrize("block", SCRIPTS, ids=lambda block: block.place)
def test_script_runs(
    block: Block,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    caplog: pytest.LogCaptureFixture,
) -> None:
    """A script runs to its end and prints something, and nothing goes wrong meanwhile."""
    run_block(block, tmp_path)
    assert capsys.readouterr().out
    assert [record for record in caplog.records if record.levelno >= logging.ERROR] == []


def test_a_newcomers_first_order(tmp_path: Path) -> None:
    """The README's ten lines, saved and run as it says, place a bracket order in two minutes."""
    readme = (block for block in SCRIPTS if block.place.startswith("README.md:"))
    (script,) = (block.text for block in readme if "place_bracket_order" in block.text)
    assert len(script.splitlines()) <= 10
    (tmp_path / "first.py").write_text(script, encoding="utf-8")
    words = next(words for words in commands("projectx") if words[-1:] == ["first.py"])
    began = time.perf_counter()
    ran = run(["-c", MAIN, *words], tmp_path)
    assert ran.returncode == 0, ran.stderr
    assert re.fullmatch(r"True \d+ \d+ \d+\n", ran.stdout)
    assert time.perf_counter() - began < 120


def test_the_recorded_tape_plays_back(tmp_path: Path) -> None:
    """What the page on recording writes is a tape: its first prints are those that were heard."""
    (recorder,) = (block for block in SCRIPTS if "trades.parquet" in block.text)
    run_block(recorder, tmp_path)
    recorded = pl.read_parquet(tmp_path / "tape" / "trades.parquet")

    async def replayed() -> list[tuple[float, int]]:
        tape = {"tape": tmp_path / "tape", "instrument": "MNQ", "tape_from": 0.0}
        async with simulated_suite("MNQ", gateway={**tape, "instruments": None}) as (_, suite):
            prints = suite.stream(EventType.TRADE_TICK)
            events = [await anext(prints) for _ in range(20)]
        return [(event.data["price"], event.data["size"]) for event in events]

    heard = run_virtual(replayed())
    rows = recorded.select("price", "size").rows()
    assert any(rows[first : first + 20] == heard for first in range(len(rows)))


@pytest.mark.parametrize("block", TESTS, ids=lambda block: block.place)
def test_test_passes(block: Block) -> None:
    """A test of the documents passes on the gateway that its mark asks for, in virtual time."""
    module: dict[str, Any] = {"__name__": "block"}
    exec(compile(block.text, block.place, "exec"), module)
    (test,) = (value for name, value in module.items() if name.startswith("test_"))
    (mark,) = (mark for mark in test.pytestmark if mark.name == "gateway")

    # Time is virtual, so nothing has to be sped up.
    asked = {name: value for name, value in mark.kwargs.items() if name != "speed"}

    async def on_its_gateway() -> None:
        async with SimulatedGateway(in_process=True, start=NOON, **asked) as served:
            await test(served)

    run_virtual(on_its_gateway())


def commands(program: str, *, inline: bool = True) -> list[list[str]]:
    """The words after ``program`` in each shell block, and in inline code."""
    text = "\n".join(block.text for block in blocks("sh", "bat"))
    lines = text.replace("\\\n", " ").splitlines()
    for path in documents() if inline else []:
        lines += re.findall(r"`([^`\n]+)`", path.read_text(encoding="utf-8"))
    called = re.compile(rf"(?:\S*[/\\])?{program}(?:\s|$)")
    lines = list(filter(called.match, lines))
    return [shlex.split(line.replace("\\", "/"), comments=True)[1:] for line in lines]


def test_make_targets_exist() -> None:
    """Each ``make`` target that a document names is one."""
    listed = re.findall(r"^\.PHONY: (.*)$", (ROOT / "Makefile").read_text("utf-8"), re.MULTILINE)
    targets = set(" ".join(listed).split())
    named = {words[0] for words in commands("make") if words}
    assert named
    assert sorted(named - targets) == []


def test_projectx_commands_exist() -> None:
    """Each ``projectx`` command line that a document shows has a known subcommand and options."""
    context = click.Context(cli)
    shown = [words for words in commands("projectx") if words]
    assert shown
    for words in shown:
        command = cli if words[0].startswith("-") else cli.get_command(context, words[0])
        assert command is not None, words
        options = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, words


def test_named_files_exist() -> None:
    """Each file of the checkout that a document links to is there."""
    for path in documents():
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"


def test_projectx_command_lines_are_understood() -> None:
    """Each ``projectx`` line of a shell block is one that the command takes, values included."""
    shown = [words for words in commands("projectx", inline=False) if words]
    assert len(shown) >= 10
    for words in shown:
        given = words[: words.index(">")] if ">" in words else words
        command = cli.get_command(click.Context(cli), given[0])
        assert command is not None
        try:
            command.make_context(given[0], given[1:])
        except click.UsageError as error:
            pytest.fail(f"projectx {' '.join(given)}: {error.format_message()}")


def test_every_page_can_be_found() -> None:
    """Each page below docs/, choices apart, is linked from another document."""
    linked = {
        (path.parent / target).resolve()
        for path in documents()
        for target in re.findall(r"\]\(([^)#:]+)(?:#[^)]*)?\)", path.read_text(encoding="utf-8"))
    }
    pages = {path for path in documents() if "docs" in path.parts and "adr" not in path.parts}
    assert sorted(path.name for path in pages if path.resolve() not in linked) == []
