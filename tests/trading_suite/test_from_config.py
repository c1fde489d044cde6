"""A suite from a file says the same as one from keywords."""

from __future__ import annotations

import dataclasses
import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from tests.virtual import in_virtual_time

from project_x_py.exceptions import InvalidFieldError
from project_x_py.sessions import SessionType
from project_x_py.simulator import SimulatedGateway
from project_x_py.trading_suite import TradingSuite


def written(path: Path, settings: dict[str, Any]) -> Path:
    """A file of the settings, in the format of its suffix."""
    if path.suffix == ".toml":
        tables = {name: value for name, value in settings.items() if isinstance(value, dict)}
        lines = [f"{name} = {json.dumps(settings[name])}" for name in settings.keys() - tables]
        for name, table in tables.items():
            lines.append(f"[{name}]")
            lines += [f"{key} = {json.dumps(value)}" for key, value in table.items()]
        path.write_text("\n".join(lines), encoding="utf-8")
    else:
        path.write_text(json.dumps(settings), encoding="utf-8")  # YAML reads JSON
    return path


@pytest.mark.parametrize("suffix", [".yaml", ".yml", ".json", ".toml"])
@in_virtual_time
async def test_a_file_makes_a_suite(suffix: str, tmp_path: Path) -> None:
    """Instruments, timeframes, session, managers' settings, login and endpoints come from it."""
    async with SimulatedGateway(in_process=True, instruments=("MNQ",)) as gateway:
        endpoints = dataclasses.asdict(gateway.config)
        settings = {
            "instruments": ["MNQ"],
            "timeframes": ["1min"],
            "initial_days": 1,
            "username": gateway.credentials.username,
            "api_key": gateway.credentials.api_key,
            "session_config": {"session_type": "RTH"},
            "features": ["risk_manager"],
            "order_manager_config": {"max_order_size": 3},
            "risk_config": {"max_daily_loss": 0.02, "max_positions": 2},
            "config": {key: endpoints[key] for key in ("api_url", "user_hub_url")}
            | {"market_hub_url": endpoints["market_hub_url"]},
        }
        suite = await TradingSuite.from_config(written(tmp_path / f"suite{suffix}", settings))
        assert suite.is_connected
        assert list(suite) == ["MNQ"]
        assert suite.data.timeframes == ["1min"]
        assert suite.config.session_config is not None
        assert suite.config.session_config.session_type is SessionType.RTH
        assert suite.orders.config["max_order_size"] == 3
        assert suite.risk_manager is not None
        assert suite.config.get_risk_config().max_daily_loss == Decimal("0.02")
        assert suite.config.get_risk_config().max_positions == 2
        await suite.disconnect()


@in_virtual_time
async def test_unknown_names_are_refused(tmp_path: Path) -> None:
    """Every one is listed, with what may have been meant, and the file is named."""
    settings = {
        "instrument": "MNQ",
        "timefames": ["1min"],
        "order_manager_config": {"max_ordersize": 3},
        "session_config": {"session": "RTH"},
        "risk_config": {"max_position": 3},
        "config": {"api_urll": "x"},
    }
    with pytest.raises(InvalidFieldError) as caught:
        await TradingSuite.from_config(written(tmp_path / "suite.json", settings))
    text = str(caught.value)
    for part in (
        "suite.json",
        "timeframes",
        "max_order_size",
        "session_type",
        "api_url",
        "max_positions",
    ):
        assert part in text


@pytest.mark.parametrize(
    ("name", "content", "kind", "text"),
    [
        ("absent.yaml", None, FileNotFoundError, "does not exist"),
        ("suite.ini", "[a]", ValueError, "format"),
        ("suite.yaml", "- MNQ", ValueError, "table of settings"),
        ("suite.json", '{"config": "x"}', ValueError, "config is a table"),
        ("suite.toml", "instruments = [", ValueError, "cannot be read"),
        ("suite.yaml", "session_config: XTH\ninstrument: MNQ", ValueError, "XTH"),
        ("suite.json", "{}", ValueError, "at least one instrument"),
    ],
)
@in_virtual_time
async def test_a_file_that_cannot_be(
    name: str, content: str | None, kind: type[Exception], text: str, tmp_path: Path
) -> None:
    """Missing, of another format, or not a table of settings: an error, and nothing is sent."""
    if content is not None:
        (tmp_path / name).write_text(content, encoding="utf-8")
    with pytest.raises(kind, match=text):
        await TradingSuite.from_config(tmp_path / name)
