"""The code blocks of our own documents run as they are printed."""

from __future__ import annotations

import logging
import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest
from tests.architecture.source import ROOT
from tests.documented.documents import (
    BESIDE_A_GATEWAY,
    Block,
    blocks,
    documents,
    run_block,
)

from project_x_py.cli._commands import cli

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


def test_tests_pass(tmp_path: Path) -> None:
    """The tests that the documents print pass as they are printed."""
    assert TESTS
    for number, block in enumerate(TESTS):
        (tmp_path / f"test_block_{number}.py").write_text(block.text, encoding="utf-8")
    ran = run(["-m", "pytest", "-q", "-p", "no:cacheprovider", "."], tmp_path)
    assert ran.returncode == 0, ran.stdout + ran.stderr


def commands(program: str) -> list[list[str]]:
    """The words after ``program`` in each shell block, and in inline code."""
    lines = [line for block in blocks("sh", "bat") for line in block.text.splitlines()]
    for path in documents():
        lines += re.findall(r"`([^`\n]+)`", path.read_text(encoding="utf-8"))
    found = []
    for line in lines:
        words = shlex.split(line.replace("\\", "/"), comments=True)
        if words and words[0].rpartition("/")[2] == program:
            found.append(words[1:])
    return found


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
        command = cli.get_command(context, words[0])
        assert command is not None, words
        options = {name for parameter in command.params for name in parameter.opts}
        assert {word for word in words if word.startswith("--")} <= options, words


def test_named_files_exist() -> None:
    """Each file of the checkout that a document links to is there."""
    for path in documents():
        for target in re.findall(r"\]\(([^)#:]+)\)", path.read_text(encoding="utf-8")):
            assert (path.parent / target).exists(), f"{path.name}: {target}"
