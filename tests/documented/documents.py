"""The code blocks of our own documents, and how to run one in this process.

A script of a document stands beside a gateway as under ``projectx run``: it finds the gateway's
addresses in its environment. Here both share a loop with virtual time, so that an hour of market
costs what its messages cost. A block that starts a gateway on a socket has a loop in real time.
"""

from __future__ import annotations

import asyncio
import os
import re
import sys
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from tests.architecture.source import ROOT

from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.simulator import SimulatedGateway

__all__ = ["BESIDE_A_GATEWAY", "NOON", "Block", "blocks", "documents", "run_block"]

BESIDE_A_GATEWAY = "gateway.json"
"""A block that names this file runs beside a gateway of its own, and not under ``projectx run``."""

FENCE = re.compile(r"^```(?P<language>\w+)\n(?P<text>.*?)^```", re.MULTILINE | re.DOTALL)
NOON = datetime(2026, 9, 1, 17, 0, tzinfo=UTC)
"""When the market of a block begins: a session's quiet hour, in which a minute costs little."""

PREFIXES = ("PROJECT_X_", "PROJECTX_")


@dataclass(frozen=True)
class Block:
    """One fenced block: where it is, its language, its text."""

    place: str
    language: str
    text: str


def documents() -> list[Path]:
    """README, CONTRIBUTING, ARCHITECTURE, those of docs/ and of examples/."""
    folders = [ROOT / "docs", ROOT / "examples"]
    below = [path for folder in folders for path in sorted(folder.rglob("*.md"))]
    return [*sorted(ROOT.glob("*.md")), *below]


def blocks(*languages: str) -> Iterator[Block]:
    """Each block of the documents in one of ``languages``."""
    for path in documents():
        text = path.read_text(encoding="utf-8")
        for found in FENCE.finditer(text):
            if found["language"] in languages:
                line = text.count("\n", 0, found.start()) + 1
                place = f"{path.relative_to(ROOT).as_posix()}:{line}"
                yield Block(place, found["language"], found["text"])


def run_block(block: Block, folder: Path) -> None:
    """Run a script to its end, in ``folder``, with a market of noon around it."""
    code = compile(block.text, str(folder / "block.py"), "exec")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["block.py"])
        for name in [name for name in os.environ if name.startswith(PREFIXES)]:
            patch.delenv(name)
        patch.setenv("PROJECTX_STATE_DIR", str(folder))
        if "SimulatedGateway(" not in block.text or "in_process=True" in block.text:
            patch.setattr(asyncio, "run", partial(_run_beside_a_gateway, patch=patch))
        exec(code, {"__name__": "__main__"})


def _run_beside_a_gateway(main: Coroutine[object, object, Any], patch: pytest.MonkeyPatch) -> Any:
    async def beside() -> Any:
        async with SimulatedGateway(in_process=True, start=NOON) as gateway:
            for name, value in gateway.environment().items():
                patch.setenv(name, value)
            return await main

    return run_virtual(beside())
