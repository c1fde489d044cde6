"""What is made from the code is complete, and what is kept of it is not out of date."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tools import promises, reference


def test_the_page_of_proofs_is_up_to_date() -> None:
    """The page names each statement's tests as they are: run make docs."""
    assert promises.PAGE.read_text(encoding="utf-8") == promises.page()


def test_every_named_proof_is_a_test() -> None:
    """Each proof is a function that pytest collects, and each proven statement has one."""
    found = promises.proofs()
    for names in found.values():
        for name in names:
            file, _, test = name.partition("::")
            source = (promises.ROOT / file).read_text(encoding="utf-8")
            last = test.rpartition("::")[2]
            assert not test or f"def {last}(" in source or f"class {last}" in source, name
    assert set(found) == set(promises.statements.proven())


@pytest.mark.parametrize("module", reference.public_modules())
def test_every_public_name_is_documented(module: str) -> None:
    """Each public name, and each public method of its class, has an entry with a text."""
    entries = reference.entries(module)
    silent = [entry.name for entry in entries if not entry.text.strip()]
    silent += [
        f"{entry.name}.{member.name}"
        for entry in entries
        for member in entry.members
        # A protocol's methods are told by the class that has them.
        if not member.text.strip() and entry.kind != "protocol"
    ]
    assert silent == []


def test_every_public_package_has_a_page() -> None:
    """What the root takes its names from, and what users import by itself, is in the reference."""
    import project_x_py

    homes = {f"project_x_py{home}" for home in project_x_py._HOMES} - {"project_x_py.indicators"}
    assert sorted(homes - set(reference.public_modules())) == []


def test_the_reference_is_written(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """One page for each module and one that leads to them, every name with a head of its own."""
    reference.main(["--out", str(tmp_path)])
    assert str(tmp_path) in capsys.readouterr().out
    index = (tmp_path / "README.md").read_text(encoding="utf-8")
    for module in reference.public_modules():
        page = (tmp_path / f"{module}.md").read_text(encoding="utf-8")
        assert f"({module}.md)" in index
        named = set(re.findall(r"^(?:##|-) `(\w+)`", page, re.MULTILINE))
        assert {entry.name for entry in reference.entries(module)} <= named
        assert not re.search(r"0x[0-9a-f]{6,}|:\w+:`|/src/project_x_py", page)


def test_google_sections_become_markdown() -> None:
    """Arguments become a list, roles become code, an example stays an example."""
    made = reference.markdown(
        "Do it::\n\n    await it()\n\nArgs:\n    size: Contracts,\n        whole ones.\n\n"
        "Raises:\n    ValueError: See :meth:`Bus.on`.\n"
    )
    assert made == (
        "Do it:\n\n    await it()\n\n**Args**\n\n- `size`: Contracts,\n  whole ones.\n\n"
        "**Raises**\n\n- `ValueError`: See `Bus.on`."
    )
