"""What the package exports: consistent with itself."""

from __future__ import annotations

import ast
import importlib

import pytest
from tests.architecture.source import PACKAGE, Module, modules

import project_x_py


def typing_imports(tree: ast.Module) -> dict[str, str]:
    """The names that the TYPE_CHECKING block of the root imports, with their modules."""
    block = next(
        node
        for node in tree.body
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"
    )
    return {
        alias.asname or alias.name: node.module or ""
        for node in block.body
        if isinstance(node, ast.ImportFrom)
        for alias in node.names
    }


@pytest.mark.parametrize("module", modules(), ids=lambda module: module.dotted_name)
def test_module_has_all_and_every_name_of_it(module: Module) -> None:
    """A module lists its exports in __all__, without repetition, and has each of them."""
    loaded = importlib.import_module(module.dotted_name)
    names = loaded.__all__
    assert len(names) == len(set(names))
    assert [name for name in names if not hasattr(loaded, name)] == []


def test_root_loads_each_of_its_names() -> None:
    """Each name of the root loads lazily, is listed by dir, and is the thing of its package."""
    listed = dir(project_x_py)
    for name in project_x_py.__all__:
        assert getattr(project_x_py, name) is not None
        assert name in listed


def test_root_shows_type_checkers_the_same_names() -> None:
    """What the root loads at run time and what a type checker sees are the same."""
    typed = typing_imports(ast.parse((PACKAGE / "__init__.py").read_text(encoding="utf-8")))
    homes = {
        name: f"project_x_py.{home}"
        for home, names in project_x_py._HOMES.items()
        for name in names
    }
    homes |= {alias: homes[name] for alias, name in project_x_py._ALIASES.items()}
    assert typed == homes
    assert set(project_x_py.__all__) == set(homes) | {"DOCUMENTED_API", "__version__"}


def test_root_refuses_a_name_it_has_not() -> None:
    """A wrong name is an AttributeError that names it, as for any module."""
    with pytest.raises(AttributeError, match="'TradingSweet'"):
        project_x_py.TradingSweet  # noqa: B018


def test_aliases_are_the_same_things() -> None:
    """Each alias of the root is the very class it stands for."""
    for alias, name in project_x_py._ALIASES.items():
        assert getattr(project_x_py, alias) is getattr(project_x_py, name)
