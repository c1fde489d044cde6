"""What a check of ``projectx doctor`` says.

Invariant (``tests/cli/test_doctor.py``): a finding that is not fine has a cause and a way out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

__all__ = ["Finding", "Status", "fine"]

Status = Literal["ok", "unknown", "warning", "failure"]


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that was looked at.

    Attributes:
        check: What.
        status: Whether it is fine; ``"unknown"`` where it cannot be seen.
        found: What was seen.
        cause: Why it may be so, where it is not fine.
        way_out: What to do then.
    """

    check: str
    status: Status
    found: str
    cause: str = ""
    way_out: str = ""

    def __post_init__(self) -> None:
        if self.status != "ok" and not (self.cause and self.way_out):
            raise ValueError(f"{self.check}: {self.status} without a cause and a way out")


def fine(check: str, found: str) -> Finding:
    """Return the finding that all is well."""
    return Finding(check, "ok", found)
