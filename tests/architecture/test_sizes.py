"""Sizes of modules, functions and classes. Data tables, listed here, are exempt."""

from __future__ import annotations

import ast
import statistics

import pytest
from tests.architecture.source import FunctionNode, modules

TABLES = {
    "src/project_x_py/_core/products.py",
}
"""Modules that are mostly data."""

FACADES: dict[str, str] = {
    "TradingSuite": "documented methods",
    "ProjectX": "documented methods",
    "ProjectXBase": "documented methods",
    "ProjectXRealtimeClient": "documented methods",
    "OrderBook": "documented methods",
    "OrderBookBase": "documented methods",
    "RealtimeDataManager": "documented methods",
    "PlacingMixin": "documented methods",
    "ManagedTrade": "documented methods",
    "OrderManagerProtocol": "documented methods",
    "RiskManager": "documented methods",
}
"""Classes whose documentation names more than twenty methods."""


def length(node: FunctionNode) -> int:
    """The lines of a function without its docstring."""
    lines = (node.end_lineno or node.lineno) - node.lineno + 1
    first = node.body[0]
    if ast.get_docstring(node, clean=False) is not None:
        lines -= (first.end_lineno or first.lineno) - first.lineno + 1
    return lines


def measured() -> list[tuple[int, str]]:
    """Lines and name of each module that is not a table."""
    return [
        (module.text.count("\n"), module.name) for module in modules() if module.name not in TABLES
    ]


def test_modules_are_small() -> None:
    """Half of the modules have at most 200 lines, nine tenths at most 500, none over 800."""
    sizes = sorted(measured(), reverse=True)
    counts = [lines for lines, _ in sizes]
    largest = [f"{lines} {name}" for lines, name in sizes[:10]]
    assert counts[0] <= 800, largest
    assert statistics.median(counts) <= 200
    if len(counts) > 1:
        assert statistics.quantiles(counts, n=10, method="inclusive")[-1] <= 500, largest


def test_functions_are_small() -> None:
    """Nine tenths of the functions have at most 35 lines without docstring, none over 80."""
    sizes = sorted(
        (
            (length(node), module.at(node, node.name))
            for module in modules()
            if module.name not in TABLES
            for node in module.functions
        ),
        reverse=True,
    )
    assert sizes[0][0] <= 80, sizes[:10]
    assert statistics.quantiles([lines for lines, _ in sizes], n=10)[-1] <= 35, sizes[:10]


def test_classes_have_few_public_methods() -> None:
    """A class has at most twenty public methods of its own, documented facades aside."""
    found = []
    for module in modules():
        for node in module.nodes:
            if not isinstance(node, ast.ClassDef) or node.name in FACADES:
                continue
            names = {
                item.name
                for item in node.body
                if isinstance(item, FunctionNode) and not item.name.startswith("_")
            }
            if len(names) > 20:
                found.append(module.at(node, f"{node.name} has {len(names)}"))
    assert not found, "\n".join(found)


@pytest.mark.parametrize("name", sorted(TABLES))
def test_tables_are_data(name: str) -> None:
    """A module that is exempt as a table has few functions, so that it stays one."""
    found = [module for module in modules() if module.name == name]
    assert all(len(module.functions) <= 20 for module in found)
