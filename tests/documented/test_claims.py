"""What the documents name is there: files, classes and functions, tests, messages."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

import pytest
from tests.architecture.source import PACKAGE, ROOT, modules
from tests.documented.documents import documents

CODE = re.compile(r"`([^`\n]+)`")
TEST = re.compile(r"tests/[\w/]+(?:\.(?:py|txt|json|mjs))?(?:::\w+)?")
ROW = re.compile(r"^\| `([\w/]+\.py)` \| `([\w.]+)` \|", re.MULTILINE)
JOINT = re.compile(r"\"\s*\n\s*f?\"")
MESSAGES = re.compile(r"^\| `([^`]+)`", re.MULTILINE)


@cache
def defined(path: Path) -> frozenset[str]:
    """The classes, functions and methods of a file, methods with their class."""
    found = set()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
        if isinstance(node, ast.ClassDef):
            found |= {
                f"{node.name}.{inner.name}"
                for inner in node.body
                if isinstance(inner, ast.FunctionDef | ast.AsyncFunctionDef)
            }
    return frozenset(found)


@pytest.mark.parametrize("path", documents(), ids=lambda path: path.name)
def test_named_tests_exist(path: Path) -> None:
    """Each test that a document names, with its function where there is one, is there."""
    for name in set(TEST.findall(path.read_text(encoding="utf-8"))):
        file, _, function = name.partition("::")
        assert (ROOT / file).exists(), name
        assert not function or function in defined(ROOT / file), name


def test_the_architecture_names_what_there_is() -> None:
    """Each file that ARCHITECTURE.md names exists, and the functions of its tables are in them."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    rows = ROW.findall(text)
    assert len(rows) == 10
    for file, name in rows:
        assert name in defined(PACKAGE / file), f"{file}: {name}"
    for code in CODE.findall(text):
        if "/" in code and re.fullmatch(r"[\w./]+", code) and not code.startswith("tests/"):
            assert (PACKAGE / code).exists() or (ROOT / code).exists(), code


def test_each_state_has_a_writer_that_exists() -> None:
    """The writers in ARCHITECTURE.md's table of states are modules or packages."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    table = text.partition("| State | Writer | Readers |")[2].partition("\n\n")[0]
    cells = [row.split("|")[2] for row in table.splitlines()[2:]]
    assert len(cells) >= 8
    for name in [name for cell in cells for name in CODE.findall(cell)]:
        path = PACKAGE / name.replace(".", "/")
        assert path.is_dir() or path.with_suffix(".py").exists(), name


def test_the_layers_of_the_picture_are_those_of_the_package() -> None:
    """Every package stands in the picture of the layers; what is missing is said to be."""
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    picture = re.search(r"```text\n(cli .*?)```", text, re.DOTALL)
    assert picture is not None
    named = set(re.findall(r"\b[a-z_]+\b", picture[1]))
    there = {path.name.removesuffix(".py") for path in PACKAGE.iterdir()}
    packages = {name for name in there if (PACKAGE / name / "__init__.py").exists()}
    assert sorted(packages - named) == []
    missing = re.search(r"in parentheses need not be there: (.*?) are not", text, re.DOTALL)
    said = set(CODE.findall(missing[1])) if missing else set()
    assert {name for name in ("backtest", "dashboard", "recording") if name not in packages} == said


def test_the_messages_of_the_help_are_those_of_the_package() -> None:
    """Each message that the help with errors quotes is one that the package can write."""
    page = (ROOT / "docs" / "troubleshooting.md").read_text(encoding="utf-8")
    quoted = [text for text in MESSAGES.findall(page) if " " in text]
    # A text that goes on in the next line's quotes is one text.
    written = JOINT.sub("", "\n".join(module.text for module in modules()))
    assert len(quoted) >= 25
    for message in quoted:
        parts = [part.strip() for part in message.split("...")]
        absent = [part for part in parts if part not in written]
        assert absent == [], f"{message!r}: {absent}"
