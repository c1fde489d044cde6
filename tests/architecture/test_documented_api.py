"""The package compared with the documented API: names, parameters, defaults, fields, members."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from tests.architecture import documented_api
from tests.architecture.documented_api import ABSENT, LEFT_OUT, OTHERWISE, faults, told
from tests.architecture.documented_source import lines_of

DECORATORS = {"EventBus.on", "TradingSuite.on", "trading_suite.InstrumentContext.on"}
"""The seeds use these both with ``await`` and as decorators, so they are not coroutines."""


def test_each_documented_name_is_there_or_told_of() -> None:
    """A documented name holds, or a row tells of it; the list of the missing only gets shorter."""
    gone = documented_api.missing()
    listed = documented_api.listed_as_missing()
    lost = {name: wrong for name, wrong in gone.items() if name not in listed}
    assert lost == {}, "not as documented, and docs/compatibility.md does not tell of it"
    assert sorted(set(listed) - set(gone)) == [], "these hold: run python tools/ratchets.py"


def test_no_row_tells_of_a_name_that_holds() -> None:
    """A name of the left out is not in the package, and one called otherwise is called so."""
    names = {line.path for line in documented_api.manifest()}
    absent = {line.path for line in documented_api.manifest() if faults(line.text) == [ABSENT]}
    differing = {line.path for line in documented_api.manifest() if faults(line.text)} - absent
    left_out, otherwise = set(told(LEFT_OUT)), set(told(OTHERWISE))
    covered = {documented_api.covering(name, told(LEFT_OUT)) for name in names} - {None}
    assert left_out - covered == set(), "the documented level has no such name"
    assert sorted(left_out - absent) == [], "left out, and in the package"
    assert sorted(otherwise - differing) == [], "called otherwise, and called as documented"


def test_each_row_says_what_to_do_instead() -> None:
    """Every row has a sentence."""
    for heading in (LEFT_OUT, OTHERWISE):
        rows = told(heading)
        assert rows
        assert [
            name for name, text in rows.items() if len(text.split()) < 2 and "`" not in text
        ] == []


def test_names_of_the_seeds_are_all_there() -> None:
    """What a seed uses is never among the left out; decorators aside it is called as documented."""
    seeds = {line.path: faults(line.text) for line in documented_api.manifest() if line.seed}
    waiting = set(documented_api.listed_as_missing())
    wrong = {path.removeprefix("project_x_py."): of for path, of in seeds.items() if of}
    wrong = {name: of for name, of in wrong.items() if f"project_x_py.{name}" not in waiting}
    assert set(wrong) <= DECORATORS, wrong


def test_manifest_is_in_order() -> None:
    """The manifest and the list of the missing are sorted, without repetition."""
    for lines in (documented_api.documented(), documented_api.listed_as_missing()):
        assert lines == sorted(set(lines))


def test_manifest_is_that_of_the_documents(shared: Path) -> None:
    """The committed manifest has every name of the inspected original, and no other."""
    assert documented_api.documented() == lines_of(shared / "spec")


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("project_x_py.Account{id, name, balance}", []),
        ("project_x_py.Account{name, id}", ["name has another place", "id has another place"]),
        ("project_x_py.OrderSide.BUY = 1", ["is 0"]),
        ("project_x_py.ProjectX.authenticate()", ["is awaited"]),
        ("project_x_py.utils.format_price(price, decimals=3)", ["decimals=2"]),
        ("project_x_py.utils.format_price(price, digits=2)", ["no parameter digits"]),
        ("project_x_py.utils.format_prize(price)", [ABSENT]),
        ("project_x_py.EventBus is project_x_py.TradingSuite", ["is another thing"]),
        ("project_x_py.types.TradeDict[colour]", ["no key colour"]),
    ],
)
def test_comparison_finds_each_kind_of_difference(line: str, wrong: list[str]) -> None:
    """The comparison tells a place, a value, a default, a key, a name and awaiting apart."""
    assert [one for one in faults(line) if not one.startswith("needs ")] == wrong


def test_what_to_use_instead_exists() -> None:
    """Each call of the package that a row of the left out names is there, and called so."""
    managers = {
        "client": ("ProjectX", "ProjectXRealtimeClient"),
        "data": ("RealtimeDataManager",),
        "suite": ("TradingSuite",),
        "OrderManager": ("OrderManager",),
        "BaseStatisticsTracker": ("statistics.BaseStatisticsTracker",),
        "indicators": ("indicators",),
    }
    foreign = {"frame", "lazy", "polars", "numpy", "pl", "str", "typing", "warnings", "error"}
    foreign |= {"asyncio", "collections", "functools", "typing_extensions", "project_x_py"}
    checked, gone = 0, []
    for row, text in told(LEFT_OUT).items():
        own = row.removeprefix("project_x_py.").rpartition(".")[0]
        for part, name in re.findall(r"`(?:await )?(?:(\w+)\.)?(\w+)(?:\(|`)", text):
            if part in foreign or (not part and not own):
                continue
            if part:
                homes = managers.get(part, ())
            else:
                homes = (own, "RealtimeDataManager", "OrderManager", "ProjectX")
            found = [home for home in homes if home and has(f"project_x_py.{home}", name)]
            checked += bool(found)
            if part and not found:
                gone.append((row, f"{part}.{name}"))
            elif not part and name.startswith(("get_", "place_", "validate_", "track_")):
                gone += [] if found else [(row, name)]
    assert gone == []
    assert checked > 40


def has(home: str, name: str) -> bool:
    """Whether a class or module of the package has an attribute."""
    try:
        return any(hasattr(thing, name) for thing in documented_api.find(home))
    except (AttributeError, ImportError):
        return False
