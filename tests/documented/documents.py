"""The code blocks of our own documents."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from tests.architecture.source import ROOT

__all__ = ["BESIDE_A_GATEWAY", "Block", "blocks"]

BESIDE_A_GATEWAY = "gateway.json"
"""A block that names this file runs beside a gateway of its own, and not under ``projectx run``."""

FENCE = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block: where it is, its language, its text."""

    place: str
    language: str
    text: str


def blocks(*languages: str) -> Iterator[Block]:
    """Each block in one of ``languages``, in README, CONTRIBUTING, ARCHITECTURE and docs/."""
    for path in [*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md"))]:
        text = path.read_text(encoding="utf-8")
        for found in FENCE.finditer(text):
            if found["language"] in languages:
                line = text.count("\n", 0, found.start()) + 1
                place = f"{path.relative_to(ROOT).as_posix()}:{line}"
                yield Block(place, found["language"], found["text"])
