"""Stubs and the reference page say what the registry says."""

from __future__ import annotations

import ast
import importlib
import inspect
from pathlib import Path

import pytest
import talib

from project_x_py import indicators
from project_x_py.indicators import _reference
from tests.indicators.series import NAMES

CHECKOUT = Path(__file__).resolve().parents[2]


def test_generated_files_are_fresh() -> None:
    """Every generated file is what the registry gives now, for the TA-Lib it was made with."""
    made = _reference.files(CHECKOUT)
    page = made[CHECKOUT / "docs" / "reference" / "indicators.md"]
    written = (CHECKOUT / "docs" / "reference" / "indicators.md").read_text(encoding="utf-8")
    if f"TA-Lib {talib.__version__}." not in written:
        pytest.skip("the files were made with another TA-Lib")
    assert page == written
    stale = [path.name for path, text in made.items() if path.read_text(encoding="utf-8") != text]
    assert stale == [], "run: python -m project_x_py.indicators._reference"


def test_the_page_has_every_indicator() -> None:
    """Each name has an entry with columns, warm-up and source."""
    entries = _reference.page().split("\n### ")[1:]
    assert sorted(entry.split("\n")[0] for entry in entries) == sorted(NAMES)
    for entry in entries:
        assert "- Columns: " in entry
        assert "warm-up " in entry
        assert "- Source: " in entry


def test_stub_signatures_are_the_real_ones() -> None:
    """A type checker sees the parameters, in kind, order and default, that a call takes."""
    tree = ast.parse(_reference.stubs()["__init__.pyi"])
    defined = {node.name: node for node in tree.body if isinstance(node, ast.FunctionDef)}
    assert set(NAMES) <= set(defined)
    for name, node in defined.items():
        parameters = inspect.signature(getattr(indicators, name)).parameters.values()
        positional = [p for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
        keyword = [p for p in parameters if p.kind is p.KEYWORD_ONLY]
        assert [a.arg for a in node.args.args] == [p.name for p in positional], name
        assert [a.arg for a in node.args.kwonlyargs] == [p.name for p in keyword], name
        defaults = [ast.literal_eval(value) for value in node.args.defaults]
        assert defaults == [p.default for p in positional[1:]], name


@pytest.mark.parametrize("module", indicators._lookup.CATEGORY_MODULES)
def test_category_stubs_name_what_is_there(module: str) -> None:
    """Each class of a category stub is in the module, with the same bases."""
    loaded = importlib.import_module(f"project_x_py.indicators.{module}")
    tree = ast.parse(_reference.stubs()[f"{module}.pyi"])
    classes = [node for node in tree.body if isinstance(node, ast.ClassDef)]
    assert classes
    for node in classes:
        bases = [base.__name__ for base in getattr(loaded, node.name).__bases__]
        assert [ast.unparse(base) for base in node.bases] == bases
