"""The documented API, names and parameters only, and how far the tree has it.

``documented_api.txt`` has one line for each public name of the documented level::

    package.Name                     a name
    package.Alias is package.Name    another name of the same thing
    package.function(a, b=1) async   a callable: parameters, defaults, whether it is awaited
    package.Class{a, b=1}            a dataclass with its fields
    package.Mapping[a, b?]           a mapping with its keys; those with ? may be left out
    package.Enum.MEMBER = 1          a member with its value

``seed`` ends a line that the seed documents use. ``docs/compatibility.md`` tells of each name that
is left out, and of each that is called otherwise. ``documented_api_missing.txt`` lists the names
that are still to come; it only gets shorter.
"""

from __future__ import annotations

import ast
import dataclasses
import enum
import importlib
import inspect
import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import is_typeddict

__all__ = [
    "MISSING",
    "Line",
    "documented",
    "faults",
    "listed_as_missing",
    "manifest",
    "missing",
    "told",
]

FOLDER = Path(__file__).resolve().parent
MANIFEST = FOLDER / "documented_api.txt"
MISSING = FOLDER / "documented_api_missing.txt"
COMPATIBILITY = FOLDER.parents[1] / "docs" / "compatibility.md"
PREFIX = "project_x_py."
LEFT_OUT = "## Left out"
OTHERWISE = "## Called otherwise"
ABSENT = "absent"
LINE = re.compile(
    r"(?P<path>[\w.]+)"
    r"(?:\((?P<parameters>.*)\)|\[(?P<keys>[^]]*)\]|\{(?P<fields>.*)\}| = (?P<value>.+?)"
    r"| is (?P<same>[\w.]+))?"
    r"(?P<waits> async)?(?P<seed> seed)?"
)
ROW = re.compile(r"^\| `(?P<name>[\w.]+)` \| (?P<text>.+) \|$", re.MULTILINE)
POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@dataclasses.dataclass(frozen=True)
class Line:
    """One line of the manifest."""

    text: str
    path: str
    seed: bool


@cache
def manifest() -> tuple[Line, ...]:
    """All lines of the documented API."""
    lines = MANIFEST.read_text(encoding="utf-8").splitlines()
    return tuple(Line(text, read(text)["path"], read(text)["seed"] is not None) for text in lines)


def documented() -> list[str]:
    """The lines as they are written."""
    return [line.text for line in manifest()]


def listed_as_missing() -> list[str]:
    """The names that are known not to hold yet."""
    return MISSING.read_text(encoding="utf-8").splitlines() if MISSING.is_file() else []


def missing() -> dict[str, str]:
    """The names that do not hold and of which nothing is told, with what is wrong."""
    left_out, otherwise = told(LEFT_OUT), told(OTHERWISE)
    found: dict[str, str] = {}
    for line in manifest():
        wrong = faults(line.text)
        row = covering(line.path, left_out) if wrong == [ABSENT] else otherwise.get(line.path)
        if wrong and row is None:
            found[line.path] = "; ".join(wrong)
    return found


@cache
def told(heading: str) -> Mapping[str, str]:
    """The rows of one section of ``docs/compatibility.md``: names with what is told of them."""
    text = COMPATIBILITY.read_text(encoding="utf-8")
    section = text.partition(f"\n{heading}\n")[2].partition("\n## ")[0]
    return {PREFIX + row["name"]: row["text"] for row in ROW.finditer(section)}


def covering(path: str, rows: Mapping[str, str]) -> str | None:
    """The name whose row covers ``path``: its own, or that of the class it belongs to."""
    while path:
        if path in rows:
            return path
        path = path.rpartition(".")[0]
    return None


@cache
def read(line: str) -> re.Match[str]:
    """The parts of a line."""
    match = LINE.fullmatch(line)
    assert match, line
    return match


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
        return (fields[name],) if name in fields or name in annotated(owner[0]) else ()


def annotated(thing: object) -> set[str]:
    """The attributes that a class declares."""
    bases = inspect.getmro(thing) if inspect.isclass(thing) else ()
    return {name for base in bases for name in inspect.get_annotations(base)}


@cache
def faults(text: str) -> list[str]:
    """What is wrong with what a line of the manifest names; nothing when it holds."""
    line = read(text)
    found = find(line["path"])
    if not found:
        return [ABSENT]
    thing = found[0]
    wrong = []
    if line["parameters"] is not None:
        wrong = call_faults(thing, line["parameters"])
        if not inspect.isclass(thing) and awaited(thing) is not bool(line["waits"]):
            wrong.append("is awaited" if awaited(thing) else "is not awaited")
    elif line["fields"] is not None:
        names = [one.arg for one in parameters_of(line["fields"])[0]]
        wrong = call_faults(thing, line["fields"])
        if not dataclasses.is_dataclass(thing):
            wrong.append("is no dataclass")
        wrong += [f"no field {name}" for name in names if not find(f"{line['path']}.{name}")]
    elif line["keys"] is not None:
        wrong = key_faults(thing, line["keys"])
    elif line["value"] is not None:
        value = thing.value if isinstance(thing, enum.Enum) else thing
        wrong = [] if repr(value) == line["value"] else [f"is {value!r}"]
    elif line["same"] is not None:
        other = find(line["same"])
        wrong = [] if other and other[0] is thing else ["is another thing"]
    return wrong


def awaited(thing: object) -> bool:
    """Whether a callable is a coroutine function, or an asynchronous context manager."""
    function = inspect.unwrap(thing) if callable(thing) else thing
    return inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function)


def key_faults(thing: object, text: str) -> list[str]:
    """How the keys of a mapping differ from the documented ones."""
    if not is_typeddict(thing):
        return ["is no TypedDict"]
    required: frozenset[str] = getattr(thing, "__required_keys__", frozenset())
    optional: frozenset[str] = getattr(thing, "__optional_keys__", frozenset())
    keys = required | optional
    wrong = []
    for key in filter(None, text.split(", ")):
        name = key.removesuffix("?")
        if name not in keys:
            wrong.append(f"no key {name}")
        elif key.endswith("?") and name in required:
            wrong.append(f"key {name} may not be left out")
    return wrong


def parameters_of(text: str) -> tuple[list[ast.arg], list[str | None], ast.arguments]:
    """Positional parameters of a signature in source form, their defaults, and all of it."""
    module = ast.parse(f"def f({text}): ...")
    assert isinstance(module.body[0], ast.FunctionDef)
    given = module.body[0].args
    sources: list[str | None] = [ast.unparse(one) for one in given.defaults]
    defaults = [None] * (len(given.args) - len(sources)) + sources
    return given.args, defaults, given


def call_faults(thing: object, text: str) -> list[str]:
    """How a callable differs from its documented parameters."""
    if not callable(thing):
        return ["is not callable"]
    try:
        own = dict(inspect.signature(thing).parameters)
    except ValueError:
        own = {}
    own.pop("self", None)
    wanted, defaults, given = parameters_of(text)
    if given.vararg:
        # Documented as taking anything, which says nothing of what it takes.
        return []
    wrong = []
    places = [one.name for one in own.values() if one.kind in POSITIONAL]
    takes_any = any(one.kind is one.VAR_KEYWORD for one in own.values())
    for place, (one, default) in enumerate(zip(wanted, defaults, strict=True)):
        found = own.pop(one.arg, None)
        if found is None:
            if not takes_any or default != "...":
                wrong.append(f"no parameter {one.arg}")
            continue
        if places[place : place + 1] != [one.arg]:
            wrong.append(f"{one.arg} has another place")
        wrong += default_faults(found, default)
    for one in given.kwonlyargs:
        if own.pop(one.arg, None) is None:
            wrong.append(f"no parameter {one.arg}")
    if given.kwarg and not takes_any:
        wrong.append(f"no **{given.kwarg.arg}")
    wrong += [
        f"needs {one.name} besides"
        for one in own.values()
        if one.default is one.empty and one.kind not in (one.VAR_KEYWORD, one.VAR_POSITIONAL)
    ]
    return wrong


def default_faults(own: inspect.Parameter, default: str | None) -> list[str]:
    """How a parameter's default differs from the documented one."""
    if default == "..." and own.default is not own.empty:
        return []
    if default is None:
        # A parameter that may be left out can be given as well.
        return []
    if own.default is own.empty:
        return [f"{own.name} has no default"]
    return [] if default in spellings(own.default) else [f"{own.name}={own.default!r}"]


def spellings(value: object) -> set[str]:
    """The ways in which a default is written in the manifest."""
    texts = {repr(value)}
    if isinstance(value, enum.Enum):
        texts |= {f"{type(value).__name__}.{value.name}", repr(value.value)}
    if isinstance(value, float) and value.is_integer():
        texts.add(repr(int(value)))
    if isinstance(value, int) and not isinstance(value, bool):
        texts.add(repr(float(value)))
    return texts
