"""What the package exports: consistent with itself."""

from __future__ import annotations

import ast
import importlib
import importlib.util

import pytest
from tests.architecture.source import Module, modules

import project_x_py


def typing_imports(tree: ast.Module) -> dict[str, str]:
    """The names that a TYPE_CHECKING block imports, with their modules."""
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


LAZY = [module for module in modules() if "= lazily(__name__" in module.text]


@pytest.mark.parametrize("module", LAZY, ids=lambda module: module.dotted_name)
def test_what_loads_at_first_use_is_what_type_checkers_see(module: Module) -> None:
    """Each name comes from the same module at run time and for a type checker, and is public."""
    package = importlib.import_module(module.dotted_name)
    homes = {
        name: importlib.util.resolve_name(home, package.__name__)
        for home, names in package._HOMES.items()
        for name in names.split()
    }
    aliases = getattr(package, "_ALIASES", {})
    homes |= {alias: homes[name] for alias, name in aliases.items()}
    typed = typing_imports(ast.parse(module.text))
    assert {name: typed.get(name) for name in homes} == homes
    assert set(homes) <= set(package.__all__) & set(dir(package))


def test_packages_load_lazily_in_one_way() -> None:
    """No package but that of the indicators, which makes its names, has a loader of its own."""
    assert len(LAZY) >= 16
    own = [module.name for module in modules() if "\ndef __getattr__" in module.text]
    assert [name for name in own if "/indicators/" not in name] == []


def test_root_refuses_a_name_it_has_not() -> None:
    """A wrong name is an AttributeError that names it, as for any module."""
    with pytest.raises(AttributeError, match="'TradingSweet'"):
        project_x_py.TradingSweet  # noqa: B018


def test_aliases_are_the_same_things() -> None:
    """Each alias of the root is the very class it stands for."""
    for alias, name in project_x_py._ALIASES.items():
        assert getattr(project_x_py, alias) is getattr(project_x_py, name)
