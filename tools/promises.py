"""Write which test proves which statement of the seeds: ``python tools/promises.py``.

The statements are those of ``tests/checklist/statements.py``, in its short words; the tests are
those that carry ``@pytest.mark.checklist(number)``. Both are read, nothing is run.

Invariant (``tests/documented/test_generated.py``): the committed page is what this tool writes.
"""

from __future__ import annotations

import ast
import sys
from collections import defaultdict
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT), str(ROOT / "src")]

from tests.checklist import statements  # noqa: E402 - found through the path above

__all__ = ["PAGE", "main", "page", "proofs"]

PAGE = ROOT / "docs" / "reference" / "promises.md"
HEAD = """# What is promised, and the tests that prove it

Made by `python tools/promises.py`; do not edit.

The documented API promises {count} things. Each row has one of them in short words, and the tests
that fail if it does not hold: {proven} are proven{rest}. Run one by its name, for example
`make test TEST_ARGS="-n 0 tests/test_models.py"`.

| | Promise | Proof |
|---|---|---|
"""


def marks_by_test(path: Path) -> dict[str, list[int]]:
    """Return the statements that each test of a file proves, by the test's name in the file."""
    found: dict[str, list[int]] = {}
    pending: list[tuple[ast.AST, str]] = [(ast.parse(path.read_text(encoding="utf-8")), "")]
    while pending:
        node, prefix = pending.pop()
        for child in ast.iter_child_nodes(node):
            if isinstance(child, ast.ClassDef):
                pending.append((child, f"{prefix}{child.name}::"))
            elif isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef):
                numbers = _marked(*child.decorator_list)
                if numbers:
                    found[prefix + child.name] = numbers
            elif numbers := _marked(child):
                found[prefix.removesuffix("::")] = numbers
        if isinstance(node, ast.ClassDef) and (numbers := _marked(*node.decorator_list)):
            found[prefix.removesuffix("::")] = numbers
    return found


def _marked(*nodes: ast.AST) -> list[int]:
    body = [ast.Expr(node) for node in nodes if isinstance(node, ast.expr)]
    body += [node for node in nodes if isinstance(node, ast.stmt)]
    return list(statements.marked(ast.Module(body=body, type_ignores=[])))


@cache
def proofs() -> dict[int, list[str]]:
    """Return the tests of each statement, as pytest names them."""
    found: dict[int, list[str]] = defaultdict(list)
    for path in sorted(statements.TESTS.rglob("test_*.py")):
        if ".checklist(" not in path.read_text(encoding="utf-8"):
            continue
        name = path.relative_to(ROOT).as_posix()
        for test, numbers in sorted(marks_by_test(path).items()):
            for number in numbers:
                found[number].append(f"{name}::{test}" if test else name)
    return found


def page() -> str:
    """Return the page."""
    found = proofs()
    waiting = statements.pending()
    rows = []
    for number, title in statements.STATEMENTS.items():
        tests = sorted(set(found.get(number, ())))
        cell = "<br>".join(f"`{test}`" for test in tests) or "not proven yet"
        rows.append(f"| {number} | {title.replace('|', chr(92) + '|')} | {cell} |")
    rest = f", {len(waiting)} not yet" if waiting else ""
    count = len(statements.STATEMENTS)
    head = HEAD.format(count=count, proven=count - len(waiting), rest=rest)
    return head + "\n".join(rows) + "\n"


def main() -> None:
    """Write the page."""
    PAGE.write_text(page(), encoding="utf-8")
    print(PAGE.relative_to(ROOT).as_posix())


if __name__ == "__main__":
    main()
