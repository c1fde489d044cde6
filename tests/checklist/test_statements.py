"""Every statement of the seed documents has a proof, or stands in the list of the pending."""

from __future__ import annotations

import ast

import pytest
from tests.checklist.statements import STATEMENTS, marked, pending, proven


def test_every_statement_is_proven_or_pending() -> None:
    """The proven and the pending are all 217 statements, and no statement is both."""
    assert len(STATEMENTS) == 217
    assert proven() | pending() == set(STATEMENTS)
    assert sorted(proven() & pending()) == [], "these have a proof: run make ratchets"


@pytest.mark.parametrize(
    "number",
    [
        pytest.param(
            number,
            marks=pytest.mark.xfail(reason=f"not proved yet: {STATEMENTS[number]}", strict=True),
        )
        for number in sorted(pending())
    ],
)
def test_statement(number: int) -> None:
    """A pending statement fails until a test carries its mark."""
    assert number in proven()


def test_marks_are_read_without_running_the_test() -> None:
    """Numbers and ranges are read from the syntax; anything else is an error, not a gap."""
    text = "@pytest.mark.checklist(3, *range(7, 9))\ndef test() -> None: ..."
    assert list(marked(ast.parse(text))) == [3, 7, 8]
    with pytest.raises(ValueError, match="malformed"):
        list(marked(ast.parse("pytest.mark.checklist(NUMBER)")))
