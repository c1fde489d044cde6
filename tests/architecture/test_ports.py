"""The shape of ports and of the documented mixins."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from tests.architecture.source import FunctionNode, Module, dotted, modules

DOCUMENTED = {"src/project_x_py/types/protocols.py"}
"""Modules whose protocols are part of the documented API, with the methods it names."""


def classes(*folders: str) -> Iterator[tuple[Module, ast.ClassDef]]:
    """Each class of the package, or of ``folders``."""
    for module in modules(*folders):
        for node in module.nodes:
            if isinstance(node, ast.ClassDef):
                yield module, node


def methods(node: ast.ClassDef) -> list[FunctionNode]:
    """The methods written in the class itself."""
    return [item for item in node.body if isinstance(item, FunctionNode)]


def is_port(node: ast.ClassDef) -> bool:
    """Whether a class is a Protocol."""
    bases = [base.value if isinstance(base, ast.Subscript) else base for base in node.bases]
    return any(dotted(base).split(".")[-1] == "Protocol" for base in bases)


def mixin_faults(node: ast.ClassDef) -> Iterator[str]:
    """What keeps a mixin from being a facade: state, or a method that does more than delegate."""
    slots = [
        item
        for item in node.body
        if isinstance(item, ast.Assign) and dotted(item.targets[0]) == "__slots__"
    ]
    if not slots or not isinstance(slots[0].value, ast.Tuple) or slots[0].value.elts:
        yield f"{node.name} lacks __slots__ = ()"
    for item in node.body:
        allowed = (
            ast.Expr,
            ast.Assign,
            ast.AnnAssign,
            ast.If,
            ast.FunctionDef,
            ast.AsyncFunctionDef,
        )
        if not isinstance(item, allowed) or (isinstance(item, ast.Assign) and item not in slots):
            yield f"{node.name} holds more than its component and methods"
        if isinstance(item, ast.AnnAssign) and item.value is not None:
            yield f"{node.name} sets {dotted(item.target)}"
    for method in methods(node):
        body = method.body[1:] if ast.get_docstring(method) else method.body
        if method.name == "__init__":
            yield f"{node.name} has an __init__"
        elif len(body) != 1 or not delegates(body[0]):
            yield f"{node.name}.{method.name} does more than delegate"


def delegates(statement: ast.stmt) -> bool:
    """Whether a statement is one call or read on a component of ``self``."""
    if not isinstance(statement, ast.Return | ast.Expr):
        return False
    value = statement.value
    if isinstance(value, ast.Await):
        value = value.value
    if isinstance(value, ast.Call):
        value = value.func
    return value is not None and dotted(value).startswith("self._")


def test_ports_are_small() -> None:
    """A port asks for at most seven methods."""
    found = [
        module.at(node, f"{node.name} has {len(methods(node))} methods")
        for module, node in classes()
        if module.name not in DOCUMENTED and is_port(node) and len(methods(node)) > 7
    ]
    assert not found, "\n".join(found)


def test_ports_have_no_behaviour() -> None:
    """_ports holds Protocols only, with empty bodies."""
    found = [
        module.at(node, node.name)
        for module, node in classes("src/project_x_py/_ports")
        if not is_port(node)
    ]
    assert not found, "\n".join(found)


def test_mixins_are_facades() -> None:
    """A documented mixin keeps no state, and each of its methods hands one call on."""
    found = [
        module.at(node, fault)
        for module, node in classes()
        if node.name.endswith("Mixin")
        for fault in mixin_faults(node)
    ]
    assert not found, "\n".join(found)
