"""The reference of the gateway's switches, held to the code and to the cards."""

from __future__ import annotations

import ast
import inspect
import re
from dataclasses import fields
from pathlib import Path

import pytest
from tests.contract import (
    test_exchange_quirks,
    test_hub_quirks,
    test_rest_quirks,
    test_tape_quirks,
)

from project_x_py.simulator import ExchangeQuirks, HubQuirks, Quirks, RestQuirks

HERE = Path(__file__).parent
PAGE = (HERE.parents[1] / "docs/reference/gateway-quirks.md").read_text(encoding="utf-8")
GROUPS: dict[str, type] = {
    "": Quirks,
    "rest.": RestQuirks,
    "hubs.": HubQuirks,
    "exchange.": ExchangeQuirks,
}
NESTED = {"rest", "hubs", "exchange"}
SWITCH = re.compile(r"^\| `(\w+)` \| `(.+?)` \| (.+) \| ((?:[QU]\d+(?:, )?)*) \|$", re.MULTILINE)
FACT = re.compile(r"^\| (Q\d+) \| (.+) \| `(\w+\.py)::(\w+)` \|$", re.MULTILINE)
CARDS = {
    switch.name
    for module in (test_exchange_quirks, test_rest_quirks, test_hub_quirks, test_tape_quirks)
    for switch in module.SWITCHES
}


def table(group: str) -> dict[str, tuple[str, str]]:
    """Default and meaning of each switch of a group, as the page has them."""
    title = f"## `{group[:-1]}`:" if group else "## The gateway\n"
    section = PAGE.partition(title)[2].partition("\n## ")[0]
    return {name: (default, text) for name, default, text, _ in SWITCH.findall(section)}


def described(kind: type) -> dict[str, str]:
    """What the docstring of a table of switches says of each."""
    body = (inspect.getdoc(kind) or "").partition("Attributes:\n")[2]
    texts: dict[str, str] = {}
    name = ""
    for line in body.splitlines():
        found = re.match(r"    (\w+): (.*)", line)
        if found is not None:
            name, texts[found[1]] = found[1], found[2]
        elif line.startswith("        "):
            texts[name] += " " + line.strip()
    return {name: text.replace("``", "`") for name, text in texts.items()}


@pytest.mark.parametrize("group", GROUPS)
def test_the_page_has_every_switch(group: str) -> None:
    """By its name, with its default and in the words of the code."""
    kind = GROUPS[group]
    usual = kind()
    names = [field.name for field in fields(kind) if field.name not in NESTED]
    meant = described(kind)
    expected = {name: (repr(getattr(usual, name)), meant[name]) for name in names}
    assert table(group) == expected
    assert list(table(group)) == names


@pytest.mark.parametrize("group", GROUPS)
def test_every_switch_has_a_card(group: str) -> None:
    """Under its own name, and no card is for a switch that is not there."""
    names = {group + field.name for field in fields(GROUPS[group]) if field.name not in NESTED}
    assert {name for name in CARDS if name.rpartition(".")[0] == group[:-1]} == names


def test_every_quirk_and_every_question_is_answered() -> None:
    """By a switch, by a card without one, or by words that say why not."""
    named = set(re.findall(r"\b[QU]\d+\b", PAGE))
    wanted = {f"Q{number}" for number in range(1, 51)} | {f"U{number}" for number in range(1, 33)}
    assert named == wanted


def test_every_fact_has_its_card() -> None:
    """The test that a row names is there."""
    facts = FACT.findall(PAGE)
    assert len(facts) > 15
    for _, _, module, test in facts:
        tree = ast.parse((HERE / module).read_text(encoding="utf-8"))
        there = {n.name for n in tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert test in there, (module, test)
