"""The documented API, names and parameter names only, and how far the tree has it.

``documented_api.txt`` has one line for each public name of the documented level::

    package.Name                 a name
    package.Class.name           a method, a property or an enum member
    package.function(a, b)       a callable, with its parameter names
    package.TypedDict[a, b]      a mapping, with its keys

``documented_api_missing.txt`` lists the lines that do not hold yet, and only gets shorter.
"""

from __future__ import annotations

import importlib
import inspect
import re
from functools import cache
from pathlib import Path

__all__ = ["MISSING", "documented", "holds", "listed_as_missing", "missing"]

FOLDER = Path(__file__).resolve().parent
MANIFEST = FOLDER / "documented_api.txt"
MISSING = FOLDER / "documented_api_missing.txt"
LINE = re.compile(r"(?P<path>[\w.]+)(?:\((?P<parameters>[^)]*)\)|\[(?P<keys>[^]]*)\])?")


def read(path: Path) -> list[str]:
    """The lines of a manifest."""
    return path.read_text(encoding="utf-8").split("\n")[:-1] if path.is_file() else []


def documented() -> list[str]:
    """All lines of the documented API."""
    return read(MANIFEST)


def listed_as_missing() -> list[str]:
    """The lines that are known not to hold yet."""
    return read(MISSING)


@cache
def find(path: str) -> tuple[object, ...]:
    """The thing that a dotted path names, in a tuple; an empty one when there is none.

    A folder without a file of its own is importable, and nothing all the same.
    """
    try:
        module = importlib.import_module(path)
        return (module,) if module.__file__ else ()
    except ModuleNotFoundError as error:
        if error.name is None or not f"{path}.".startswith(f"{error.name}."):
            raise
    owner_path, _, name = path.rpartition(".")
    owner = find(owner_path) if owner_path else ()
    if not owner:
        return ()
    try:
        return (getattr(owner[0], name),)
    except AttributeError:
        fields = getattr(owner[0], "__dataclass_fields__", {})
        return (fields[name],) if name in fields else ()


def accepts(thing: object, names: list[str]) -> bool:
    """Whether a callable takes each of ``names`` by keyword."""
    if not callable(thing):
        return False
    try:
        parameters = inspect.signature(thing).parameters
    except ValueError:
        return not names
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return True
    return set(names) <= set(parameters)


def holds(line: str) -> bool:
    """Whether the tree has what a line of the manifest names."""
    match = LINE.fullmatch(line)
    assert match, line
    found = find(match["path"])
    if not found:
        return False
    if match["parameters"] is not None:
        return accepts(found[0], [name for name in match["parameters"].split(", ") if name])
    if match["keys"] is not None:
        keys = {name for name in match["keys"].split(", ") if name}
        return keys <= set(inspect.get_annotations(found[0])) | inherited_keys(found[0])
    return True


def inherited_keys(thing: object) -> set[str]:
    """The keys that a TypedDict has from its bases."""
    required = getattr(thing, "__required_keys__", frozenset())
    return set(required | getattr(thing, "__optional_keys__", frozenset()))


def missing() -> list[str]:
    """The lines of the manifest that do not hold."""
    return [line for line in documented() if not holds(line)]
