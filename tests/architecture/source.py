"""The source tree as the architecture tests read it: files, syntax trees, comments."""

from __future__ import annotations

import ast
import io
import subprocess
import tokenize
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

__all__ = ["PACKAGE", "ROOT", "Module", "dotted", "modules", "tracked_files"]

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "src" / "project_x_py"

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Module:
    """One Python file with its syntax tree."""

    path: Path

    @property
    def name(self) -> str:
        """The path from the root of the checkout, with forward slashes."""
        return self.path.relative_to(ROOT).as_posix()

    @property
    def dotted_name(self) -> str:
        """The name to import a module of the package by."""
        parts = self.path.relative_to(ROOT / "src").with_suffix("").parts
        return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)

    @cached_property
    def text(self) -> str:
        return self.path.read_text(encoding="utf-8")

    @cached_property
    def tree(self) -> ast.Module:
        return ast.parse(self.text, filename=self.name)

    @cached_property
    def nodes(self) -> tuple[ast.AST, ...]:
        """Every node of the tree, walked once."""
        return tuple(ast.walk(self.tree))

    @cached_property
    def functions(self) -> tuple[FunctionNode, ...]:
        """Each function and method."""
        return tuple(node for node in self.nodes if isinstance(node, FunctionNode))

    @cached_property
    def parents(self) -> dict[ast.AST, ast.AST]:
        """Each node's parent."""
        return {child: node for node in self.nodes for child in ast.iter_child_nodes(node)}

    def ancestors(self, node: ast.AST) -> Iterator[ast.AST]:
        """The nodes around ``node``, innermost first."""
        while (parent := self.parents.get(node)) is not None:
            yield parent
            node = parent

    def comments(self) -> Iterator[tuple[int, str]]:
        """Line number and text of each comment."""
        if "#" not in self.text:
            return
        for token in tokenize.generate_tokens(io.StringIO(self.text).readline):
            if token.type == tokenize.COMMENT:
                yield token.start[0], token.string.lstrip("#").strip()

    def docstrings(self) -> Iterator[tuple[int, str]]:
        """Line number and text of each docstring."""
        for node in self.nodes:
            if isinstance(node, ast.Module | ast.ClassDef | FunctionNode):
                text = ast.get_docstring(node)
                if text:
                    yield getattr(node, "lineno", 1), text

    def at(self, node: ast.AST, what: str) -> str:
        """One line that tells of ``what`` and where it is."""
        return f"{self.name}:{getattr(node, 'lineno', 1)}: {what}"


@cache
def modules(*folders: str) -> tuple[Module, ...]:
    """The Python files below ``folders`` (of the checkout), or of the package without any."""
    roots = [ROOT / folder for folder in folders] or [PACKAGE]
    return tuple(Module(path) for root in roots for path in sorted(root.rglob("*.py")))


def dotted(node: ast.AST) -> str:
    """The dotted text of a name or attribute, such as ``asyncio.gather``; else an empty text."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        owner = dotted(node.value)
        return f"{owner}.{node.attr}" if owner else ""
    return ""


@cache
def tracked_files() -> tuple[Path, ...]:
    """The files under version control, and those that would be added; of a plain tree, all."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        listed = subprocess.run(command, cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError):
        hidden = {".git", ".venv", "__pycache__"}
        return tuple(
            path
            for path in sorted(ROOT.rglob("*"))
            if path.is_file() and not hidden & set(path.relative_to(ROOT).parts)
        )
    names = [name for name in listed.decode("utf-8").split("\0") if name]
    return tuple(path for name in names if (path := ROOT / name).is_file())
