"""Tells at the end of a run how much of the checklist is proved."""

from __future__ import annotations

import pytest
from tests.checklist.statements import STATEMENTS, pending


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the count of proved and pending statements."""
    waiting = len(pending())
    terminalreporter.write_line(
        f"checklist: {len(STATEMENTS) - waiting} of {len(STATEMENTS)} statements proven, "
        f"{waiting} pending"
    )
