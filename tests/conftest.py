"""Fixtures for all tests."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import pytest
from hypothesis import settings

from project_x_py._runtime.virtual_loop import run_virtual
from tests.checklist.statements import STATEMENTS, pending
from tests.leaks import leaks

if TYPE_CHECKING:
    from collections.abc import Callable, Coroutine, Generator

T = TypeVar("T")

# How long an example takes says something about the machine, not about the property.
settings.register_profile("suite", deadline=None, max_examples=40)
settings.register_profile("thorough", deadline=None, max_examples=200)
settings.load_profile("suite")

# The processes of the suite compile every module once, not once each: a quarter of its time.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

_SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of recorded data and documents beside the checkout; skips where it is absent."""
    if not _SHARED.is_dir():
        pytest.skip("needs the folder ../shared beside the checkout")
    return _SHARED


@pytest.fixture(scope="session")
def virtual() -> Callable[[Coroutine[object, object, T]], T]:
    """Runs a coroutine in virtual time and returns its result; fit for hypothesis, too."""
    return run_virtual


def pytest_configure(config: pytest.Config) -> None:
    """Look at more examples where long tests are asked for."""
    if config.option.markexpr.startswith("long"):
        settings.load_profile("thorough")


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """Two processes a core: the tests on real sockets wait more than they work."""
    return 2 * (os.cpu_count() or 1)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail a test that printed or logged a session token."""
    report = yield
    if report.passed and (found := leaks(report.sections)):
        report.outcome = "failed"
        report.longrepr = f"a session token was shown: {', '.join(found)}"
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print how many statements of the seed documents are proven."""
    waiting = len(pending())
    terminalreporter.write_line(
        f"checklist: {len(STATEMENTS) - waiting} of {len(STATEMENTS)} statements proven, "
        f"{waiting} pending"
    )
