"""The settings of a suite out of a file.

Invariant (``tests/trading_suite/test_from_config.py``): whatever the format, a file says the same
as the keywords of ``create``; every name that is not known is listed with the close matches, and
nothing is sent then.
"""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from project_x_py.config import load_default_config
from project_x_py.config._sources import read_file
from project_x_py.exceptions import InvalidFieldError
from project_x_py.models import ProjectXConfig
from project_x_py.risk_manager.config import RiskConfig
from project_x_py.sessions.config import SessionConfig
from project_x_py.trading_suite.config import SECTIONS, keys_of, unknown

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

__all__ = ["read_settings"]

SESSION_KEYS = ("session_type", "market_timezone", "use_exchange_timezone")


def read_settings(path: str | Path, keywords: Iterable[str]) -> dict[str, Any]:
    """Return the keywords of ``create`` that a YAML, JSON or TOML file sets.

    ``config``, ``risk_config`` and ``session_config`` are tables there, and become what they
    describe; what ``config`` leaves out is as in :func:`load_default_config`.

    Args:
        path: The file.
        keywords: What ``create`` takes.

    Raises:
        FileNotFoundError: There is no such file.
        InvalidFieldError: The format or a name is not known, or a value cannot be right; also a
            ``ValueError``.
    """
    found = Path(path).expanduser()
    if not found.is_file():
        raise FileNotFoundError(f"the configuration file {found} does not exist")
    settings = read_file(found)
    faults = _unknown_names("keyword", settings, keywords)
    for name in SECTIONS:
        if name in settings:
            table = _table(found, name, settings)
            faults += _unknown_names(f"key of {name}", table, keys_of(name))
    risk = settings.get("risk_config")
    if risk is not None:
        table = _table(found, "risk_config", settings)
        faults += _unknown_names(
            "key of risk_config", table, [one.name for one in fields(RiskConfig)]
        )
    session = settings.get("session_config")
    if isinstance(session, str):
        session = settings["session_config"] = {"session_type": session}
    if session is not None:
        table = _table(found, "session_config", settings)
        faults += _unknown_names("key of session_config", table, SESSION_KEYS)
    config = settings.get("config")
    if config is not None:
        table = _table(found, "config", settings)
        faults += _unknown_names(
            "key of config", table, [one.name for one in fields(ProjectXConfig)]
        )
    if faults:
        raise InvalidFieldError(f"{found}: " + "; ".join(faults))
    if risk is not None:
        settings["risk_config"] = RiskConfig(**risk)
    if session is not None:
        settings["session_config"] = SessionConfig(**session)
    if config is not None:
        settings["config"] = replace(load_default_config(), **config)
    return settings


def _unknown_names(kind: str, given: Mapping[str, Any], known: Iterable[str]) -> list[str]:
    names = set(known)
    return [unknown(kind, str(name), names) for name in given if name not in names]


def _table(path: Path, name: str, settings: Mapping[str, Any]) -> dict[str, Any]:
    table = settings[name]
    if not isinstance(table, dict):
        raise InvalidFieldError(f"{path}: {name} is a table of settings, not {table!r}")
    return table
