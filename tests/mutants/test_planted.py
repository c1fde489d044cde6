"""Planted bugs stay where they were planted; that they are found is shown by ``make mutants``."""

from __future__ import annotations

import pytest
from tests.architecture.source import ROOT
from tests.mutants.planted import PLANTED, Planted


@pytest.mark.parametrize("bug", PLANTED, ids=lambda bug: bug.name)
def test_a_bug_can_be_planted(bug: Planted) -> None:
    """Its place occurs once, what is planted still is Python, and its tests exist."""
    path = ROOT / "src" / "project_x_py" / bug.module
    text = path.read_text(encoding="utf-8")
    assert text.count(bug.before) == 1
    compile(text.replace(bug.before, bug.after), bug.module, "exec")
    for tests in bug.tests.split():
        assert (ROOT / tests).is_file()


def test_no_bug_is_planted_twice() -> None:
    """Names tell them apart, and there are at least thirty."""
    assert len({bug.name for bug in PLANTED}) == len(PLANTED) >= 30
