"""The layers, as import-linter's contracts in pyproject.toml state them."""

from __future__ import annotations

import ast
import os
import subprocess
import sys

from tests.architecture.source import ROOT, Module, dotted, modules

LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"

IMPURE = {
    "asyncio",
    "concurrent",
    "http",
    "multiprocessing",
    "selectors",
    "socket",
    "ssl",
    "subprocess",
    "threading",
    "time",
    "urllib",
}
"""Standard modules that the pure packages have no use for: concurrency, network, clock."""


def imported(module: Module) -> list[tuple[ast.stmt, str]]:
    """Each import statement with the absolute name it imports from."""
    found: list[tuple[ast.stmt, str]] = []
    for node in module.nodes:
        if isinstance(node, ast.Import):
            found += [(node, alias.name) for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            found.append((node, node.module))
            found += [(node, f"{node.module}.{alias.name}") for alias in node.names]
    return found


def test_contracts_are_kept() -> None:
    """import-linter finds every contract of pyproject.toml kept, typing imports included."""
    search = os.pathsep.join([str(ROOT / "src"), os.environ.get("PYTHONPATH", "")])
    run = subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache"],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": search, "PYTHONIOENCODING": "utf-8"},
        capture_output=True,
        encoding="utf-8",
        check=False,
    )
    assert run.returncode == 0, run.stdout + run.stderr


def test_pure_packages_stay_pure() -> None:
    """_core and _wire import no concurrency, no network and no clock."""
    found = [
        module.at(node, name)
        for module in modules("src/project_x_py/_core", "src/project_x_py/_wire")
        for node, name in imported(module)
        if name.split(".")[0] in IMPURE
    ]
    assert not found, "\n".join(found)


def test_chance_is_handed_in() -> None:
    """_core draws from a generator that the caller seeds, never from the module's own."""
    found = [
        module.at(node, dotted(node))
        for module in modules("src/project_x_py/_core")
        for node in module.nodes
        if isinstance(node, ast.Attribute)
        and dotted(node).startswith("random.")
        and node.attr != "Random"
    ]
    assert not found, "\n".join(found)


def test_exchange_keeps_its_own_books() -> None:
    """The exchange of the simulator reads neither the client's orders nor its positions."""
    theirs = ("project_x_py._core.orders", "project_x_py._core.positions")
    found = [
        module.at(node, name)
        for module in modules("src/project_x_py/_core")
        if "exchange" in module.path.relative_to(ROOT).as_posix()
        for node, name in imported(module)
        if name.startswith(theirs)
    ]
    assert not found, "\n".join(found)


def test_imports_name_the_home_of_a_thing() -> None:
    """Inside the package nothing imports from its root, which only re-exports."""
    found = [
        module.at(node, "import from the root")
        for module in modules()
        for node, name in imported(module)
        if name == "project_x_py" and isinstance(node, ast.ImportFrom)
        if any(not (ROOT / "src/project_x_py" / alias.name).is_dir() for alias in node.names)
    ]
    assert not found, "\n".join(found)
