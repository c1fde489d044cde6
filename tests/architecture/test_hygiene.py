"""What tests owe their readers, and what no file of the checkout may hold."""

from __future__ import annotations

import ast
import re

from tests.architecture.source import ROOT, dotted, modules, tracked_files

LOCK_FILES = {"uv.lock", "poetry.lock", "package-lock.json", "yarn.lock", "pnpm-lock.yaml"}
REGISTRY = re.compile(
    r'"resolved": *"https?:|url *= *"https?://[^"]*/simple|--(extra-)?index-url|--find-links'
    r"|https?://[^\s\"']*/simple\b"
)
MACHINE_PATH = re.compile(r"(^|[^.\w])/(root|work|home/\w+|Users/\w+)/")


def is_test(name: str) -> bool:
    return name.startswith("test_")


def test_each_test_says_what_holds() -> None:
    """Every test function has a docstring."""
    found = [
        module.at(node, node.name)
        for module in modules("tests")
        if is_test(module.path.name)
        for node in module.functions
        if is_test(node.name) and not ast.get_docstring(node)
    ]
    assert not found, "\n".join(found)


def test_tests_neither_sleep_nor_mock() -> None:
    """No test waits by time.sleep, and none replaces our classes with mocks."""
    found = []
    for module in modules("tests"):
        for node in module.nodes:
            if isinstance(node, ast.Attribute) and dotted(node) == "time.sleep":
                found.append(module.at(node, "time.sleep"))
            if isinstance(node, ast.Import | ast.ImportFrom):
                names = {alias.name for alias in node.names} | {getattr(node, "module", None)}
                if {"mock", "unittest.mock"} & names:
                    found.append(module.at(node, "mock"))
                if getattr(node, "module", None) == "time" and "sleep" in names:
                    found.append(module.at(node, "time.sleep"))
    assert not found, "\n".join(found)


def test_skips_and_silences_have_a_reason() -> None:
    """A skip names its reason, and a silenced check of the package has a reason beside it."""
    found = []
    for module in modules("src"):
        lines = module.text.splitlines()
        for number, text in module.comments():
            if re.match(r"(noqa|type: ignore)", text):
                above = lines[number - 2].strip() if number > 1 else ""
                if not re.search(r"\]\s+#|[A-Z]+\d+\s+\W*\w", text) and not above.startswith("#"):
                    found.append(f"{module.name}:{number}: {text}")
    assert not found, "\n".join(found)


def test_no_lock_file_is_tracked() -> None:
    """No lock file, which would hold registry addresses, is under version control."""
    assert [path.name for path in tracked_files() if path.name in LOCK_FILES] == []


def test_no_registry_and_no_machine_path_is_written_down() -> None:
    """No file names a package registry's address or a folder of somebody's machine."""
    found = []
    for path in tracked_files():
        if path == ROOT / "tests" / "architecture" / "test_hygiene.py":
            continue
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        for number, line in enumerate(text.splitlines(), 1):
            if REGISTRY.search(line) or MACHINE_PATH.search(line):
                found.append(f"{path.relative_to(ROOT).as_posix()}:{number}: {line.strip()[:100]}")
    assert not found, "\n".join(found)
