"""Plant known bugs, change the pure modules one token at a time, and see whether tests notice.

First every bug of ``tests/mutants/planted.py`` is planted, and the tests that it names have to
fail; ``--planted`` stops there.

``python tools/mutants.py [--planted] [--count N] [--seed N] [MODULE ...]`` then takes the modules
of ``_core`` and ``_wire`` (or those named, as ``_core/grid.py``) that have a test module of the
same name, draws mutants from all that the syntax offers, and runs only that test module against
each. A mutant that its tests let pass is printed. The checkout is never touched: each mutant lives
in a copy.

Exit status 0 when every mutant was noticed, 1 when one survived, 2 when there was nothing to run.
"""

from __future__ import annotations

import argparse
import ast
import copy
import os
import random
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

__all__ = ["main", "mutants"]

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "project_x_py"

BESIDE = ("-W", "ignore:another project-x-py is installed beside:RuntimeWarning")
"""The copy stands beside the package that is installed, which is no mutant."""

SWAPS: dict[type[ast.AST], type[ast.AST]] = {
    ast.Add: ast.Sub,
    ast.Sub: ast.Add,
    ast.Mult: ast.FloorDiv,
    ast.FloorDiv: ast.Mult,
    ast.Mod: ast.FloorDiv,
    ast.Lt: ast.LtE,
    ast.LtE: ast.Lt,
    ast.Gt: ast.GtE,
    ast.GtE: ast.Gt,
    ast.Eq: ast.NotEq,
    ast.NotEq: ast.Eq,
    ast.And: ast.Or,
    ast.Or: ast.And,
    ast.Is: ast.IsNot,
    ast.IsNot: ast.Is,
}


def change(node: ast.AST) -> str:
    """Change a node in place; returns what was done, or an empty text when nothing was."""
    if isinstance(node, ast.BinOp | ast.BoolOp) and type(node.op) in SWAPS:
        before = type(node.op).__name__
        node.op = SWAPS[type(node.op)]()  # type: ignore[assignment]  # the swap keeps the kind
        return f"{before} -> {type(node.op).__name__}"
    if isinstance(node, ast.Compare) and type(node.ops[0]) in SWAPS:
        before = type(node.ops[0]).__name__
        node.ops[0] = SWAPS[type(node.ops[0])]()  # type: ignore[call-overload]  # likewise
        return f"{before} -> {type(node.ops[0]).__name__}"
    if isinstance(node, ast.Constant) and type(node.value) is int:
        node.value += 1
        return f"{node.value - 1} -> {node.value}"
    if isinstance(node, ast.Constant) and isinstance(node.value, bool):
        node.value = not node.value
        return f"{not node.value} -> {node.value}"
    return ""


def mutants(text: str) -> Iterator[tuple[int, str, str]]:
    """Line, description and source of each mutant of a module."""
    tree = ast.parse(text)
    for index, original in enumerate(ast.walk(tree)):
        if not change(copy.deepcopy(original)):
            continue
        mutated = copy.deepcopy(tree)
        node = next(item for at, item in enumerate(ast.walk(mutated)) if at == index)
        what = change(node)
        yield getattr(node, "lineno", 0), what, ast.unparse(ast.fix_missing_locations(mutated))


def test_module(module: Path) -> Path:
    """Where the tests of a module are, by the mirror that ``tests/`` keeps."""
    inner = module.relative_to(PACKAGE)
    folder = inner.parent.as_posix().removeprefix("_")
    return ROOT / "tests" / folder / f"test_{inner.stem.removeprefix('_')}.py"


def is_noticed(module: Path, source: str, copied: Path, tests: list[Path]) -> bool:
    """Whether the tests fail with ``source`` in the module's place in the copied package."""
    target = copied / module.relative_to(PACKAGE.parent)
    original = target.read_text(encoding="utf-8")
    target.write_text(source, encoding="utf-8")
    search = os.pathsep.join([str(copied), os.environ.get("PYTHONPATH", "")])
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", *BESIDE]
    try:
        run = subprocess.run(
            [*command, *map(str, tests)],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": search, "PYTHONDONTWRITEBYTECODE": "1"},
            capture_output=True,
            timeout=300,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return True
    finally:
        target.write_text(original, encoding="utf-8")
    return run.returncode != 0


def planted(copied: Path) -> int:
    """Plant the known bugs, one at a time; returns how many were not noticed."""
    sys.path.insert(0, str(ROOT))
    from tests.mutants.planted import PLANTED

    some = PACKAGE / PLANTED[0].module
    source = some.read_text(encoding="utf-8")
    for name in sorted({name for bug in PLANTED for name in bug.tests.split()}):
        if is_noticed(some, source, copied, [ROOT / name]):
            print(f"{name} fails without any planted bug")
            return len(PLANTED)
    survivors = 0
    for bug in PLANTED:
        module = PACKAGE / bug.module
        source = module.read_text(encoding="utf-8").replace(bug.before, bug.after)
        tests = [ROOT / name for name in bug.tests.split()]
        if not is_noticed(module, source, copied, tests):
            survivors += 1
            print(f"survived: {bug.name} ({bug.module})", flush=True)
    print(f"{len(PLANTED) - survivors} of {len(PLANTED)} planted bugs noticed")
    return survivors


def main(arguments: list[str] | None = None) -> int:
    """Run the command line; returns the exit status."""
    parser = argparse.ArgumentParser(description="Mutation testing of the pure modules.")
    parser.add_argument("--count", type=int, default=60, help="mutants to draw (60)")
    parser.add_argument("--seed", type=int, default=1, help="which ones (1)")
    parser.add_argument("--planted", action="store_true", help="the known bugs only")
    parser.add_argument("modules", nargs="*", help="such as _core/grid.py; all without any")
    options = parser.parse_args(arguments)
    chosen = [PACKAGE / name for name in options.modules] or [
        path for folder in ("_core", "_wire") for path in sorted((PACKAGE / folder).rglob("*.py"))
    ]
    offered = [
        (module, *mutant)
        for module in chosen
        if test_module(module).is_file()
        for mutant in mutants(module.read_text(encoding="utf-8"))
    ]
    if not offered:
        print("no module with a test module of its name")
        return 2
    count = 0 if options.planted else min(options.count, len(offered))
    drawn = random.Random(options.seed).sample(offered, count)
    survivors = 0
    with tempfile.TemporaryDirectory() as folder:
        copied = Path(folder) / "src"
        shutil.copytree(PACKAGE.parent, copied, ignore=shutil.ignore_patterns("__pycache__"))
        if not options.modules:
            survivors += planted(copied)
        found = survivors
        for module, line, what, source in drawn:
            if not is_noticed(module, source, copied, [test_module(module)]):
                survivors += 1
                print(f"survived: {module.relative_to(ROOT)}:{line}: {what}", flush=True)
    noticed = len(drawn) - survivors + found
    print(f"{noticed} of {len(drawn)} mutants noticed ({len(offered)} possible)")
    return 1 if survivors else 0


if __name__ == "__main__":
    sys.exit(main())
