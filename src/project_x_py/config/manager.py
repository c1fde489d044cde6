"""Configurations from defaults, files and the environment, and files from configurations.

Invariants (``tests/test_config.py``): the template loads back; a file is written whole or not at
all; a wrong setting is an error that names the file or the variable it comes from.
"""

from __future__ import annotations

import difflib
import os
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Any

from project_x_py.config._sources import SUFFIXES, environment, find_variable, read_file, render
from project_x_py.config.credentials import load_credentials
from project_x_py.exceptions import InvalidFieldError
from project_x_py.models import ProjectXConfig

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = [
    "ConfigManager",
    "check_environment",
    "create_config_template",
    "create_custom_config",
    "get_default_config_path",
    "load_default_config",
    "load_topstepx_config",
]

_PREFIXES = ("PROJECTX_", "PROJECT_X_")
_FIELDS = tuple(field.name for field in fields(ProjectXConfig))
_NUMBERS = {
    "timeout_seconds": int,
    "retry_attempts": int,
    "retry_delay_seconds": float,
    "requests_per_minute": int,
    "burst_limit": int,
}
_NOT_SETTINGS = frozenset({"username", "api_key", "account_name", "websocket_url"})
"""Keys of documented files that are credentials, or that nothing uses."""

_COMMENTS = {
    "api_url": "Base of the REST calls",
    "realtime_url": "Kept because it is documented; nothing connects to it",
    "user_hub_url": "Hub of accounts, orders, positions and own trades",
    "market_hub_url": "Hub of quotes, trades and depth",
    "timezone": "IANA zone in which timestamps are shown",
    "timeout_seconds": "Longest wait for one answer",
    "retry_attempts": "How often a failed query is repeated; an order never is",
    "retry_delay_seconds": "First delay between two attempts; it doubles",
    "requests_per_minute": "REST requests in any 60 seconds",
    "burst_limit": "REST requests that may leave at once",
}


class ConfigManager:
    """Loads and saves one configuration.

    Args:
        config_file: JSON, TOML or YAML file; without one :func:`get_default_config_path` is read
            if it exists.
    """

    def __init__(self, config_file: str | Path | None = None) -> None:
        self.config_file = Path(config_file).expanduser() if config_file is not None else None
        self._loaded: ProjectXConfig | None = None

    def load_config(self) -> ProjectXConfig:
        """Return the defaults under the file under the environment; read once, then kept.

        Raises:
            InvalidFieldError: A setting is unknown or cannot be right, or the file cannot be
                read; also a ``ValueError``. Every fault is listed.
        """
        if self._loaded is None:
            path = self.config_file or get_default_config_path()
            values: dict[str, Any] = {}
            if self.config_file is not None or path.is_file():
                values.update(_settings(read_file(path), str(path)))
            values.update(_overrides())
            self._loaded = ProjectXConfig(**values)
        return self._loaded

    def save_config(self, config: ProjectXConfig, file_path: str | Path | None = None) -> None:
        """Write a configuration, in the format of the file's suffix.

        Args:
            config: What to write.
            file_path: Where to; the manager's file, else the default path, when left out.

        Raises:
            InvalidFieldError: ``config`` cannot be used, or the suffix is unknown.
        """
        config.validate()
        path = Path(file_path).expanduser() if file_path is not None else self.config_file
        path = path or get_default_config_path()
        _write(path, render(path.suffix.lower(), config.to_dict(), {}))
        if path == self.config_file:
            self._loaded = None

    def get_auth_config(self) -> dict[str, str]:
        """Return ``api_key`` and ``username``.

        Raises:
            InvalidFieldError: One is missing or malformed; the message names the variables.
        """
        found = load_credentials(self.config_file)
        return {"api_key": found.api_key, "username": found.username}

    def validate_config(self, config: ProjectXConfig) -> bool:
        """Return True when ``config`` can be used.

        Raises:
            InvalidFieldError: It cannot; every fault is listed. Also a ``ValueError``.
        """
        config.validate()
        return True


def load_default_config() -> ProjectXConfig:
    """Return the TopstepX configuration with the default file and the environment applied.

    Raises:
        InvalidFieldError: A setting is unknown or cannot be right.
    """
    return ConfigManager().load_config()


def load_topstepx_config() -> ProjectXConfig:
    """Return the same as :func:`load_default_config`."""
    return load_default_config()


def create_custom_config(user_hub_url: str, market_hub_url: str, **kwargs: Any) -> ProjectXConfig:
    """Return a configuration for other endpoints; file and environment are not read.

    Args:
        user_hub_url: Hub of accounts, orders, positions and own trades.
        market_hub_url: Hub of quotes, trades and depth.
        **kwargs: Further fields of :class:`ProjectXConfig`.

    Raises:
        InvalidFieldError: A field is unknown or has a value it cannot have.
    """
    if faults := _unknown(kwargs):
        raise InvalidFieldError("create_custom_config: " + "; ".join(faults))
    return ProjectXConfig(user_hub_url=user_hub_url, market_hub_url=market_hub_url, **kwargs)


def create_config_template(file_path: str | Path) -> None:
    """Write the defaults with a comment on each, in the format of the file's suffix.

    Raises:
        FileExistsError: There is a file that is not empty; it is left alone.
        InvalidFieldError: The suffix is unknown.
    """
    path = Path(file_path).expanduser()
    text = render(path.suffix.lower(), ProjectXConfig().to_dict(), _COMMENTS)
    if path.exists() and path.stat().st_size:
        raise FileExistsError(f"{path} exists and is left as it is; remove it or name another file")
    _write(path, text)


def get_default_config_path() -> Path:
    """Return the first that exists of ``~/.config/projectx/config.json``,
    ``./projectx_config.json`` and ``./.projectx_config.json`` (or .toml, .yaml, .yml), else the
    first of them."""
    stems = (
        Path.home() / ".config" / "projectx" / "config",
        Path("projectx_config"),
        Path(".projectx_config"),
    )
    paths = [stem.with_name(stem.name + suffix) for stem in stems for suffix in SUFFIXES]
    return next((path for path in paths if path.is_file()), paths[0])


def check_environment() -> dict[str, Any]:
    """Return what is set up: auth_configured, config_file_exists, environment_overrides (names of
    variables), missing_required (names of variables), and config_file_path if there is one."""
    sources = environment()
    missing = [
        f"PROJECT_X_{name.upper()}"
        for name in ("api_key", "username")
        if find_variable(name, sources, ("PROJECT_X_", "PROJECTX_")) is None
    ]
    path = get_default_config_path()
    found = [find_variable(name, sources, _PREFIXES) for name in _FIELDS]
    status: dict[str, Any] = {
        "auth_configured": not missing,
        "config_file_exists": path.is_file(),
        "environment_overrides": [variable.name for variable in found if variable],
        "missing_required": missing,
    }
    if path.is_file():
        status["config_file_path"] = str(path)
    return status


def _unknown(values: Mapping[str, Any]) -> list[str]:
    faults = []
    for key in values:
        if key not in _FIELDS:
            close = difflib.get_close_matches(str(key), _FIELDS, 1)
            hint = f"did you mean {close[0]}?" if close else f"known are {', '.join(_FIELDS)}"
            faults.append(f"{key} is no setting ({hint})")
    return faults


def _settings(content: Mapping[str, Any], origin: str) -> dict[str, Any]:
    values = {key: value for key, value in content.items() if key not in _NOT_SETTINGS}
    faults = _unknown(values)
    known = {key: value for key, value in values.items() if key in _FIELDS}
    try:
        ProjectXConfig(**known)
    except InvalidFieldError as exc:
        faults.append(str(exc))
    if faults:
        raise InvalidFieldError(f"{origin}: " + "; ".join(faults))
    return known


def _overrides() -> dict[str, Any]:
    sources = environment()
    values: dict[str, Any] = {}
    faults: list[str] = []
    for name in _FIELDS:
        variable = find_variable(name, sources, _PREFIXES)
        if variable is None:
            continue
        values[name] = variable.text
        kind = _NUMBERS.get(name)
        if kind is not None:
            try:
                values[name] = kind(variable.text)
            except ValueError:
                what = "a whole number" if kind is int else "a number"
                faults.append(f"{variable.name} must be {what}, not {variable.text!r}")
                continue
        try:
            ProjectXConfig(**{name: values[name]})
        except InvalidFieldError as exc:
            faults.append(f"{variable.name}: {exc}")
    if faults:
        raise InvalidFieldError("environment: " + "; ".join(faults))
    return values


def _write(path: Path, text: str) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)
