"""The table of events in the documentation, against the code."""

from __future__ import annotations

import re

from tests.architecture.source import ROOT

from project_x_py.event_bus import EventType

TABLE = ROOT / "docs" / "reference" / "events.md"
ROW = re.compile(r"^\| (?P<member>[A-Z_]+) \| (?P<value>[a-z_]+) \|", re.MULTILINE)


def documented() -> dict[str, str]:
    """Member and value of each row."""
    return {row["member"]: row["value"] for row in ROW.finditer(TABLE.read_text(encoding="utf-8"))}


def test_each_event_has_a_row_with_its_name() -> None:
    """The tables list every member of EventType, aliases included, with its value, and no other."""
    assert documented() == {name: member.value for name, member in EventType.__members__.items()}


def test_no_event_has_two_rows() -> None:
    """An event is either announced or not."""
    rows = ROW.findall(TABLE.read_text(encoding="utf-8"))
    assert len(rows) == len({member for member, _ in rows})
