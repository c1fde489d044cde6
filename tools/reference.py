"""Write the reference from the docstrings: ``python tools/reference.py``, or ``make docs``.

One page for each module that users import from, with every name of its ``__all__``: signature,
docstring, and of a class its public methods, the inherited ones of this package included. That of
the root lists its names. The pages are made, not kept, so that they cannot be out of date.

Invariants (``tests/documented/test_generated.py``): every public name of every public module,
and every public method, has an entry with a text.
"""

from __future__ import annotations

import argparse
import ast
import enum
import importlib
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path[:0] = [str(ROOT / "src")]

__all__ = ["OUT", "Entry", "entries", "main", "page", "public_modules"]

OUT = ROOT / "docs" / "reference" / "api"
PACKAGE = "project_x_py"
SOURCE = ROOT / "src" / PACKAGE
NOT_IMPORTED = {"cli", "indicators"}
"""A program, and functions that docs/reference/indicators.md has one by one."""

BELOW = ("simulator.activity", "simulator.faults", "simulator.pytest_plugin")
"""Modules inside a package that users import from by their own name."""

INNER = {f"{PACKAGE}.simulator.faults": {"apply", "check"}}
"""Methods that are public for their own package alone."""

SECTIONS = ("Args", "Returns", "Raises", "Attributes", "Yields", "Keys", "Example", "Note")


@dataclass(frozen=True)
class Entry:
    """What a page has of one name: how it is written, what it says, and its methods."""

    name: str
    kind: str
    signature: str
    text: str
    members: tuple[Entry, ...] = ()


def public_modules() -> list[str]:
    """Return the modules that users import from, by dotted name."""
    found = {path.name.removesuffix(".py") for path in SOURCE.iterdir() if path.name[0] not in "_."}
    packages = sorted(
        name
        for name in found - NOT_IMPORTED
        if (SOURCE / name / "__init__.py").exists() or (SOURCE / f"{name}.py").exists()
    )
    return [PACKAGE, *(f"{PACKAGE}.{name}" for name in sorted([*packages, *BELOW]))]


def entries(module: str) -> list[Entry]:
    """Return an entry for each name of a module's ``__all__``, in order of the alphabet."""
    home = importlib.import_module(module)
    names = sorted(home.__all__, key=lambda name: (not name[0].isupper(), name))
    return [_entry(module, name, getattr(home, name)) for name in names]


def _entry(module: str, name: str, value: object) -> Entry:
    if inspect.isclass(value):
        return _of_class(name, value)
    if inspect.isroutine(value):
        return Entry(name, _kind(value), _signature(name, value), _doc(value))
    shown = repr(value)
    written = f"{name} = {shown}" if len(shown) <= 70 and "<" not in shown else name
    return Entry(name, "value", written, _constant_text(module, name))


def _of_class(name: str, value: type) -> Entry:
    members = []
    hidden = INNER.get(value.__module__, set())
    for member, raw in sorted(_members(value)):
        if member in hidden:
            continue
        if isinstance(raw, property):
            members.append(Entry(member, "property", member, _doc(raw)))
        else:
            function = raw.__func__ if isinstance(raw, classmethod | staticmethod) else raw
            if inspect.isroutine(function):
                signature = _signature(member, function)
                members.append(Entry(member, _kind(function), signature, _doc(function)))
    kind = "exception" if issubclass(value, BaseException) else "class"
    kind = "protocol" if getattr(value, "_is_protocol", False) else kind
    text = _doc(value)
    if issubclass(value, enum.Enum):
        rows = "\n".join(f"- `{one.name}` = `{one.value!r}`" for one in value)
        return Entry(name, "enum", name, f"{text}\n\n{rows}")
    if hasattr(value, "__total__"):
        fields = inspect.get_annotations(value)
        rows = "\n".join(f"- `{key}`: {_type_text(hint)}" for key, hint in fields.items())
        return Entry(name, "keys", name, f"{text}\n\n{rows}")
    return Entry(name, kind, _signature(name, value), text, tuple(members))


def _members(value: type) -> Iterator[tuple[str, object]]:
    seen: set[str] = set()
    for base in value.__mro__:
        if not base.__module__.startswith(PACKAGE):
            continue
        for name, raw in vars(base).items():
            if not name.startswith("_") and name not in seen:
                seen.add(name)
                yield name, raw


def _kind(value: object) -> str:
    waits = inspect.iscoroutinefunction(value) or inspect.isasyncgenfunction(value)
    return "async" if waits else "function"


def _signature(name: str, value: object) -> str:
    try:
        found = inspect.signature(value)  # type: ignore[arg-type]
    except (TypeError, ValueError):
        return name
    if not inspect.isclass(value):
        own = [p for p in found.parameters.values() if p.name not in ("self", "cls")]
        found = found.replace(parameters=own)
    else:
        found = found.replace(return_annotation=inspect.Signature.empty)
    text = _plain(str(found))
    if len(name + text) > 96:
        return f"{name}(\n{_one_a_line(found)}){text[text.rindex(')') + 1 :]}"
    return name + text


def _one_a_line(found: inspect.Signature) -> str:
    lines = []
    starred = False
    for one in found.parameters.values():
        if one.kind is one.VAR_POSITIONAL:
            starred = True
        if one.kind is one.KEYWORD_ONLY and not starred:
            lines.append("*")
            starred = True
        lines.append(_plain(str(one)))
    return "".join(f"    {line},\n" for line in lines)


def _plain(signature: str) -> str:
    """Return what a reader would write: members by name, objects that have no name as dots."""
    named = re.sub(r"<([\w.]+): [^>]*>", r"\1", signature.replace("<factory>", "..."))
    return re.sub(r"<[^<>]* at 0x[0-9a-f]+>", "...", named).replace("'", "")


def _type_text(hint: object) -> str:
    text = getattr(hint, "__forward_arg__", None) or str(getattr(hint, "__name__", hint))
    return f"`{text}`"


def _doc(value: object) -> str:
    return inspect.getdoc(value) or ""


@cache
def _tree(module: str) -> ast.Module:
    file = inspect.getsourcefile(importlib.import_module(module))
    return ast.parse(Path(file or "").read_text(encoding="utf-8"))


def _constant_text(module: str, name: str) -> str:
    """Return the text below an assignment, followed through imports to where it is made."""
    body = _tree(module).body
    for node, after in zip(body, [*body[1:], None], strict=True):
        targets = node.targets if isinstance(node, ast.Assign) else []
        targets = [node.target] if isinstance(node, ast.AnnAssign) else targets
        if any(isinstance(target, ast.Name) and target.id == name for target in targets):
            if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant):
                return inspect.cleandoc(str(after.value.value))
            return ""
    for node in ast.walk(_tree(module)):
        if isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                if (alias.asname or alias.name) == name:
                    return _constant_text(node.module, alias.name)
    return ""


def markdown(text: str) -> str:
    """Return a docstring in Google form as Markdown."""
    lines: list[str] = []
    section = code = False
    for line in re.sub(r":\w+:`~?([^`]+)`", r"`\1`", text).replace("``", "`").splitlines():
        head = re.fullmatch(r"(\w+):", line)
        if head and head[1] in SECTIONS:
            section = True
            lines += ["", f"**{head[1]}**", ""]
            continue
        if line and not line.startswith(" "):
            section = False
        if not section:
            code = line.startswith("    ") if line.strip() else code
            lines.append(line if code else re.sub(r"::$", ":", line))
            continue
        lines.append(_item(line))
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()


def _item(line: str) -> str:
    row = re.fullmatch(r" {4}(\*{0,2}[\w. ,]+): (.*)", line)
    if row:
        return f"- `{row[1]}`: {row[2]}"
    return "  " + line.strip() if line.strip() else ""


def page(module: str) -> str:
    """Return the page of a module."""
    home = importlib.import_module(module)
    parts = [f"# `{module}`", "Made by `make docs` from the docstrings.", markdown(_doc(home))]
    if module == PACKAGE:
        parts.append("\n".join(f"- `{entry.name}`: {_first(entry)}" for entry in entries(module)))
    else:
        for entry in entries(module):
            parts += _lines(entry, "##")
    return "\n\n".join(parts) + "\n"


def _first(entry: Entry) -> str:
    return markdown(entry.text.partition("\n")[0])


def _lines(entry: Entry, level: str) -> Iterator[str]:
    yield f"{level} `{entry.name}`"
    prefix = {
        "async": "await ",
        "class": "class ",
        "exception": "class ",
        "protocol": "class ",
    }.get(entry.kind, "")
    if entry.kind not in ("enum", "keys", "property"):
        yield f"```text\n{prefix}{entry.signature}\n```"
    yield markdown(entry.text)
    for member in entry.members:
        yield from _lines(member, level + "#")


def index(modules: list[str]) -> str:
    """Return the page that leads to all others."""
    rows = []
    for module in modules:
        first = _doc(importlib.import_module(module)).splitlines()[0]
        rows.append(f"| [`{module}`]({module}.md) | {markdown(first)} |")
    head = "# Reference\n\nMade by `make docs` from the docstrings. Indicators have their\n"
    head += "[own page](../indicators.md).\n\n| Module | What it has |\n|---|---|\n"
    return head + "\n".join(rows) + "\n"


def main(arguments: list[str] | None = None) -> None:
    """Write all pages."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--out", type=Path, default=OUT, help="the folder to write them to")
    out = parser.parse_args(arguments).out
    out.mkdir(parents=True, exist_ok=True)
    for old in out.glob("*.md"):
        old.unlink()
    modules = public_modules()
    for module in modules:
        (out / f"{module}.md").write_text(page(module), encoding="utf-8")
    (out / "README.md").write_text(index(modules), encoding="utf-8")
    print(f"{len(modules)} pages in {out}")


if __name__ == "__main__":
    main()
