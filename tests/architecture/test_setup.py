"""The set-up that ``make demo`` and ``make test`` begin with."""

from __future__ import annotations

import shutil
import subprocess
import tomllib
from collections.abc import Sequence
from pathlib import Path

import pytest
from tests.architecture.source import ROOT
from tools.setup import Environment, Installer, set_up


class Ledger(Installer):
    """An installer that keeps account of what it is asked for, and can be interrupted."""

    def __init__(self, interrupted_at: int = 0) -> None:
        self.created = 0
        self.installed: list[list[str]] = []
        self.interrupted_at = interrupted_at

    def create(self, folder: Path) -> None:
        self.created += 1
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()

    def install(self, python: Path, arguments: Sequence[str]) -> None:
        self.installed.append(list(arguments))
        if len(self.installed) == self.interrupted_at:
            raise subprocess.CalledProcessError(1, "install")


@pytest.fixture
def environment(tmp_path: Path) -> Environment:
    """An environment in a folder that does not exist yet."""
    return Environment(tmp_path / "venv")


def test_a_finished_set_up_costs_nothing(environment: Environment) -> None:
    """A second set-up creates nothing and installs nothing."""
    ledger = Ledger()
    set_up(environment, "dev", ledger)
    set_up(environment, "dev", ledger)
    set_up(environment, "run", ledger)
    assert (ledger.created, len(ledger.installed)) == (1, 2)


@pytest.mark.parametrize(("at", "created"), [(1, 2), (2, 1)])
def test_an_interrupted_set_up_is_redone(environment: Environment, at: int, created: int) -> None:
    """An installation that broke off leaves no stamp, and the next set-up does it again."""
    ledger = Ledger(interrupted_at=at)
    with pytest.raises(subprocess.CalledProcessError):
        set_up(environment, "dev", ledger)
    assert not environment.is_done("dev")
    set_up(environment, "dev", ledger)
    assert environment.is_done("run")
    assert environment.is_done("dev")
    assert ledger.created == created


def test_other_inputs_are_a_set_up_from_nothing(environment: Environment) -> None:
    """A stamp of other pins, another interpreter or another place does not count."""
    ledger = Ledger()
    set_up(environment, "dev", ledger)
    environment.stamp("run").write_text("of other pins", encoding="ascii")
    set_up(environment, "run", ledger)
    assert ledger.created == 2
    assert not environment.is_done("dev")


def test_run_installs_the_package_and_no_tool(environment: Environment) -> None:
    """The stage of the demonstration asks for the package alone, under the pins."""
    ledger = Ledger()
    set_up(environment, "run", ledger)
    pins = str(ROOT / "requirements" / "constraints.txt")
    assert ledger.installed == [["-c", pins, "-e", "."]]


def test_every_dependency_is_pinned() -> None:
    """Each package that pyproject.toml names has an exact version in the pins."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    wanted = project["project"]["dependencies"] + project["dependency-groups"]["dev"]
    lines = (ROOT / "requirements" / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pinned = {line.split("==")[0] for line in lines if "==" in line}
    names = {item.split(">=")[0].strip().lower().replace("_", "-") for item in wanted}
    assert sorted(names - pinned) == []
