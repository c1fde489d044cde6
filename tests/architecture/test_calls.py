"""Calls and constructs that the package does without."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable, Iterator, Sequence

import pytest
from tests.architecture.source import FunctionNode, Module, dotted, modules

BANNED = {
    "asyncio.create_task": "spawn through _runtime.supervisor",
    "asyncio.ensure_future": "spawn through _runtime.supervisor",
    "asyncio.gather": "spawn through _runtime.supervisor and wait for the tasks",
    "asyncio.TaskGroup": "a failure leaves its task counted as cancelled: _runtime.together",
    "asyncio.Lock": "state has one writer; nothing needs a lock",
    "asyncio.Condition": "state has one writer; nothing needs a lock",
    "asyncio.set_event_loop_policy": "the loop is the user's",
    "threading.Lock": "state has one writer; nothing needs a lock",
    "threading.RLock": "state has one writer; nothing needs a lock",
    "datetime.now": "take the time from a Clock",
    "datetime.utcnow": "take the time from a Clock",
    "datetime.today": "take the time from a Clock",
    "date.today": "take the time from a Clock",
    "time.time": "take the time from a Clock",
    "time.time_ns": "take the time from a Clock",
    "time.monotonic": "take the time from a Clock",
    "time.monotonic_ns": "take the time from a Clock",
    "time.sleep": "wait on a Clock",
}
FORBIDDEN_EVERYWHERE = {
    "os.fork": "does not exist on Windows",
    "os.forkpty": "does not exist on Windows",
    "logging.basicConfig": "a library never configures logging",
}
BROAD_HANDLERS = {
    "src/project_x_py/event_bus/": "the task of one handler",
    "src/project_x_py/realtime/": "the dispatch of real-time callbacks",
    "src/project_x_py/_runtime/supervisor.py": "the supervisor",
    "src/project_x_py/simulator/": "the ASGI boundary",
    "src/project_x_py/cli/": "the command's main function",
}
"""The five places that may catch every exception, one handler in each."""


def aliases(nodes: Iterable[ast.AST]) -> dict[str, str]:
    """Local names of what a module imports by ``from x import y``, as ``x.y``."""
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}"
        for node in nodes
        if isinstance(node, ast.ImportFrom) and node.module and not node.level
        for alias in node.names
    }


def named(nodes: Sequence[ast.AST]) -> Iterator[tuple[ast.AST, str]]:
    """Each name or attribute that a module mentions, in full: ``asyncio.gather``."""
    local = aliases(nodes)
    for node in nodes:
        if isinstance(node, ast.Attribute | ast.Name):
            first, dot, rest = dotted(node).partition(".")
            yield node, f"{local.get(first, first)}{dot}{rest}"


def uses(module: Module, banned: dict[str, str]) -> Iterator[str]:
    """Where a module names something banned, called or not."""
    ends = tuple(f".{text}" for text in banned)
    for node, name in named(module.nodes):
        if f".{name}".endswith(ends):
            text = next(text for text in banned if f".{name}".endswith(f".{text}"))
            yield module.at(node, f"{text}: {banned[text]}")


def test_tasks_locks_and_clocks_come_from_the_runtime() -> None:
    """Outside _runtime nothing starts a bare task, takes a lock or reads a system clock."""
    found = [
        line
        for module in modules()
        if "/_runtime/" not in module.name
        for line in uses(module, BANNED)
    ]
    assert not found, "\n".join(found)


def test_loops_start_no_task_of_their_own() -> None:
    """``create_task`` is called on a TaskGroup only, never on a loop."""
    found = [
        module.at(node, ast.unparse(node.func))
        for module in modules()
        if "/_runtime/" not in module.name
        for node in module.nodes
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Attribute)
        and node.func.attr == "create_task"
        and "loop" in ast.unparse(node.func.value)
    ]
    assert not found, "\n".join(found)


def test_nothing_forks_or_configures_logging() -> None:
    """No fork, no fork start method, no logging set-up in the library."""
    found = [line for module in modules() for line in uses(module, FORBIDDEN_EVERYWHERE)]
    for module in modules():
        for node in module.nodes:
            if isinstance(node, ast.Call) and dotted(node.func).endswith(
                ("get_context", "set_start_method")
            ):
                methods = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
                if "fork" in methods or "forkserver" in methods:
                    found.append(module.at(node, "fork start method"))
    assert not found, "\n".join(found)


def is_guarded(module: Module, node: ast.AST) -> bool:
    """Whether a call stands under a look at the platform or beside a handler for its absence."""
    for around in module.ancestors(node):
        if isinstance(around, ast.If) and any(
            text in ast.unparse(around.test) for text in ("win32", "os.name")
        ):
            return True
        if isinstance(around, ast.Try) and any(
            "NotImplementedError" in ast.unparse(handler.type)
            for handler in around.handlers
            if handler.type
        ):
            return True
        if isinstance(around, ast.With) and "NotImplementedError" in ast.unparse(around.items[0]):
            return True
    return False


def test_signal_handlers_are_guarded() -> None:
    """``add_signal_handler``, which Windows lacks, is called under a guard."""
    found = [
        module.at(node, "unguarded add_signal_handler")
        for module in modules()
        for node in module.nodes
        if isinstance(node, ast.Attribute)
        and node.attr == "add_signal_handler"
        and not is_guarded(module, node)
    ]
    assert not found, "\n".join(found)


def broad(handler: ast.ExceptHandler) -> bool:
    """Whether a handler catches Exception or more, and does not just pass it on."""
    if handler.type is None:
        names = ["BaseException"]
    else:
        kinds = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
        names = [dotted(kind) for kind in kinds]
    last = handler.body[-1]
    reraised = isinstance(last, ast.Raise) and last.exc is None
    return bool({"Exception", "BaseException"} & set(names)) and not reraised


def test_every_exception_is_caught_in_five_places_only() -> None:
    """``except Exception`` stands once in each of the five named places, and nowhere else."""
    seen: dict[str, int] = dict.fromkeys(BROAD_HANDLERS, 0)
    found = []
    for module in modules():
        for node in module.nodes:
            if not isinstance(node, ast.ExceptHandler) or not broad(node):
                continue
            places = [place for place in BROAD_HANDLERS if module.name.startswith(place)]
            if not places or seen[places[0]]:
                found.append(module.at(node, "catches every exception"))
            else:
                seen[places[0]] += 1
    assert not found, "\n".join(found)


def is_declaration(module: Module, node: FunctionNode) -> bool:
    """Whether a function only declares: in a Protocol, an overload, or abstract."""
    marks = {dotted(mark).split(".")[-1] for mark in node.decorator_list}
    owner = module.parents.get(node)
    bases = [ast.unparse(base) for base in owner.bases] if isinstance(owner, ast.ClassDef) else []
    return bool({"overload", "abstractmethod"} & marks) or any("Protocol" in b for b in bases)


def test_functions_do_something_or_say_why_not() -> None:
    """No function is an empty ``pass`` or ``...``; one with nothing to do has a docstring only.

    That such a one returns None, and is no gap, is for mypy to see.
    """
    found = [
        module.at(node, f"{node.name} does nothing")
        for module in modules()
        for node in module.functions
        if not is_declaration(module, node)
        and all(isinstance(item, ast.Pass) or is_constant(item) for item in node.body)
        and (len(node.body) > 1 or not ast.get_docstring(node))
    ]
    assert not found, "\n".join(found)


def is_constant(statement: ast.stmt) -> bool:
    """Whether a statement is a bare constant, such as a docstring or ``...``."""
    return isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Constant)


def test_nothing_is_left_for_later() -> None:
    """Nothing raises NotImplementedError: what is there, works."""
    found = [
        module.at(node, "raises NotImplementedError")
        for module in modules()
        for node in module.nodes
        if isinstance(node, ast.Raise) and node.exc and "NotImplemented" in ast.dump(node.exc)
    ]
    assert not found, "\n".join(found)


def test_own_objects_are_not_probed() -> None:
    """hasattr asks modules of the standard library only, what the platform has."""
    found = [
        module.at(node, "hasattr")
        for module in modules()
        for node in module.nodes
        if isinstance(node, ast.Call)
        and dotted(node.func) == "hasattr"
        and dotted(node.args[0]) not in sys.stdlib_module_names
    ]
    assert not found, "\n".join(found)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("import asyncio\nasyncio.gather()", "asyncio.gather"),
        ("from asyncio import gather as g\ng()", "asyncio.gather"),
        ("import datetime as d\nd.datetime.now()", "datetime.now"),
        ("from time import time\ntime()", "time.time"),
    ],
)
def test_the_search_itself_sees_every_spelling(text: str, name: str) -> None:
    """A banned call is seen under an alias and under a from-import."""
    assert any(
        f".{full}".endswith(f".{name}") for _, full in named(list(ast.walk(ast.parse(text))))
    )
