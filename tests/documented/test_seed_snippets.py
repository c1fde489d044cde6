"""The snippets of the seed documents are the documents' own, and run on tape and made-up market."""

from __future__ import annotations

import ast
import inspect
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.documented.seed_snippets import SNIPPETS, Snippet, flattened

from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.simulator import SimulatedGateway

TAPE = "es_l3_20231225"
MISSING_BRACKET = ")"
NIGHT = datetime(2026, 9, 1, 7, 0, tzinfo=UTC)
"""An hour of few trades, in which waiting costs little."""


def documented(snippet: Snippet, shared: Path) -> list[str]:
    """The places of the document that hold this snippet, flattened and with straight quotes."""
    text = (shared / "seeds" / snippet.document).read_text(encoding="utf-8")
    if snippet.text.startswith("\n>>>"):
        return [line for line in text.splitlines() if line.startswith(">>> ")]
    blocks = re.findall(r"^```python\s(.*?)(?:^```$|^- )", text, re.DOTALL | re.MULTILINE)
    return [flattened(block).translate({0x201C: '"', 0x201D: '"'}) for block in blocks]


@pytest.mark.parametrize(
    "snippet", SNIPPETS, ids=lambda snippet: f"{snippet.document[:3]} {snippet.name}"
)
def test_the_snippet_is_the_documents(snippet: Snippet, shared: Path) -> None:
    """Blanks apart, the restored snippet is what the document prints, as often as it says."""
    text = flattened(snippet.text)
    if snippet.name == "models":
        text = text.removesuffix(MISSING_BRACKET).strip()
    assert documented(snippet, shared).count(text) == snippet.times


def test_every_snippet_is_here(shared: Path) -> None:
    """No snippet of the documents is left out; whole programs are examples of their own."""
    for document in {snippet.document for snippet in SNIPPETS}:
        held = [snippet for snippet in SNIPPETS if snippet.document == document]
        text = (shared / "seeds" / document).read_text(encoding="utf-8")
        printed = text.count("\n>>> ") + text.count("```python")
        programs = text.count("#!/usr/bin/env python\n")
        assert sum(snippet.times for snippet in held) == printed - programs


async def run(snippet: Snippet) -> None:
    """Run a snippet as the body of a program."""
    top_level = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
    code = compile(snippet.code(), f"<{snippet.name}>", "exec", flags=top_level, dont_inherit=True)
    body = eval(code, {"__name__": "snippet"})
    if inspect.isawaitable(body):
        await body


async def run_all(
    market: dict[str, Any], patch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> dict[str, str]:
    """What each snippet prints on the gateway of a market."""
    printed = {}
    # All of them in one minute are more than the gateway's limit of requests.
    for part in (SNIPPETS[::2], SNIPPETS[1::2]):
        async with SimulatedGateway(in_process=True, **market) as gateway:
            for name, value in gateway.environment().items():
                patch.setenv(name, value)
            for snippet in part:
                await run(snippet)
                printed[f"{snippet.document}: {snippet.name}"] = capsys.readouterr().out
    return printed


def check(printed: dict[str, str]) -> None:
    """Each pattern is found in what its snippet printed."""
    for snippet in SNIPPETS:
        output = printed[f"{snippet.document}: {snippet.name}"]
        for pattern in snippet.prints:
            assert re.search(pattern, output, re.MULTILINE), (snippet.name, pattern, output)


def test_on_a_synthetic_market(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each snippet runs to its end on a made-up market and prints what it should."""
    market = {"instruments": ("MNQ",), "seed": 1, "start": NIGHT}
    check(run_virtual(run_all(market, monkeypatch, capsys)))


def test_on_the_tape(
    shared: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each snippet does so on the recorded session."""
    market = {"tape": shared / "data" / TAPE, "instrument": "MNQ", "tape_from": -60}
    check(run_virtual(run_all(market, monkeypatch, capsys)))


def test_the_printed_answers() -> None:
    """Lines with prompts that the document answers give these answers."""
    answered = [snippet for snippet in SNIPPETS if snippet.answers()]
    assert answered
    for snippet in answered:
        scope: dict[str, Any] = {}
        exec(snippet.preamble, scope)
        calls = [line[4:] for line in snippet.text.splitlines() if line.startswith(">>> ")]
        assert [repr(eval(call, scope)) for call in calls] == snippet.answers()
