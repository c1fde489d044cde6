"""Settings that change nothing are named, in the log and in the documents."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tests.suites import simulated_suite

from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.risk_manager import RiskConfig
from project_x_py.trading_suite import TradingSuiteConfig
from project_x_py.trading_suite._idle import IDLE, idle_settings
from project_x_py.trading_suite.config import SECTIONS, keys_of

ROOT = Path(__file__).parents[2]
SOURCES = ROOT / "src" / "project_x_py"
OPEN = datetime(2026, 9, 1, 13, 30, tzinfo=UTC)
READ_ELSEWHERE = {"_idle.py", "_part_settings.py", "config_types.py", "config.py"}


def test_each_documented_key_is_read_or_listed() -> None:
    """A key that no part reads is in the list, and one that is in the list is a key."""
    texts = [
        path.read_text(encoding="utf-8")
        for path in SOURCES.rglob("*.py")
        if path.name not in READ_ELSEWHERE and "types" not in path.parts
    ]
    read = set(re.findall(r'"([a-z_0-9]+)"', "\n".join(texts)))
    limits = {"max_position_size", "max_portfolio_risk"}
    for section in SECTIONS:
        assert IDLE[section].keys() <= keys_of(section)
        silent = keys_of(section) - read - limits - IDLE[section].keys()
        if section != "orderbook_config":  # whose reader goes through the fields of its type
            assert not silent, section


def test_the_documents_have_the_same_list() -> None:
    """The table tells each key with the same words."""
    text = (ROOT / "docs" / "compatibility.md").read_text(encoding="utf-8")
    table = text.partition("\n## Accepted, without effect\n")[2].partition("\n## ")[0]
    told = re.findall(r"^\| `(\w+)` \| `(\w+)` \| (.*) \|$", table, re.MULTILINE)
    listed = [(section, key, why) for section, keys in IDLE.items() for key, why in keys.items()]
    assert told == listed


@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"position_manager_config": {"auto_stop_loss": True}}, ["auto_stop_loss"]),
        ({"position_manager_config": {"max_position_size": 2}}, ["max_position_size"]),
        (
            {"position_manager_config": {"max_position_size": 2}, "features": ["risk_manager"]},
            [],
        ),
        (
            {
                "position_manager_config": {"max_portfolio_risk": 0.1},
                "features": ["risk_manager"],
                "risk_config": RiskConfig(),
            },
            ["max_portfolio_risk"],
        ),
        ({"data_manager_config": {"max_bars_per_timeframe": 5}}, []),
        ({"orderbook_config": {"compression_level": 3}}, ["compression_level"]),
        ({}, []),
    ],
)
def test_what_is_given_in_vain_is_named(given: dict[str, Any], named: list[str]) -> None:
    """Only what was given is told, and only where it has no effect."""
    lines = idle_settings(TradingSuiteConfig("MNQ", **given))
    assert [line.split(": ")[1].split()[0] for line in lines] == named


def test_limits_of_positions_are_those_of_risk() -> None:
    """The position manager's two limits become the risk manager's, unless those are given."""
    given: Any = {"max_position_size": 2, "max_portfolio_risk": 0.1}
    config = TradingSuiteConfig("MNQ", position_manager_config=given)
    limits = config.get_risk_config()
    assert (limits.max_position_size, float(limits.max_portfolio_risk)) == (2, 0.1)
    both = TradingSuiteConfig(
        "MNQ", position_manager_config=given, risk_config=RiskConfig(max_position_size=7)
    )
    assert both.get_risk_config().max_position_size == 7


def test_a_suite_names_them_in_its_log(caplog: pytest.LogCaptureFixture) -> None:
    """One warning for each, before anything else."""
    caplog.set_level(logging.WARNING, "project_x_py.trading_suite")

    async def run() -> None:
        async with simulated_suite(
            "MNQ", gateway={"start": OPEN}, data_manager_config={"buffer_size": 3}
        ):
            pass

    run_virtual(run())
    assert caplog.messages[0].startswith("data_manager_config: buffer_size changes nothing here")
