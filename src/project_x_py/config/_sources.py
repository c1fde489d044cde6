"""Where settings come from: the environment and configuration files.

Both prefixes, ``PROJECTX_`` and ``PROJECT_X_``, mean the same everywhere. A variable that is
empty counts as not set.

Invariants (``tests/test_config.py``): reading changes nothing, ``os.environ`` included; a real
variable wins over one of ``.env``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from project_x_py.exceptions import InvalidFieldError

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ["SUFFIXES", "Found", "environment", "find_variable", "read_file", "render"]

SUFFIXES = (".json", ".toml", ".yaml", ".yml")


class Found(NamedTuple):
    """A variable that is set: its name as found, and its text."""

    name: str
    text: str


def environment() -> tuple[Mapping[str, str], ...]:
    """Return the variables that count, strongest source first: the real ones, then ``.env``."""
    path = Path(".env")
    if not path.is_file():
        return (os.environ,)
    from dotenv import dotenv_values  # only for those who keep such a file

    values = dotenv_values(path)
    return (os.environ, {name: text for name, text in values.items() if text is not None})


def find_variable(
    field: str, sources: tuple[Mapping[str, str], ...], prefixes: tuple[str, str]
) -> Found | None:
    """Return the variable that sets ``field``, or None.

    Args:
        field: Lower-case name of the setting.
        sources: What :func:`environment` returned.
        prefixes: The two prefixes, the documented one of this field first.
    """
    for source in sources:
        for prefix in prefixes:
            if text := source.get(name := prefix + field.upper(), "").strip():
                return Found(name, text)
    return None


def read_file(path: Path) -> dict[str, Any]:
    """Return the settings of a configuration file, comment keys left out.

    Raises:
        InvalidFieldError: The file does not exist, has a suffix other than .json, .toml, .yaml
            and .yml, cannot be read, or is no table of settings.
    """
    if path.suffix.lower() not in SUFFIXES:
        raise InvalidFieldError(
            f"{path} has a format that is not known: name it {', '.join(SUFFIXES)}"
        )
    try:
        content = _parse(path.suffix.lower(), path.read_text(encoding="utf-8"))
    except FileNotFoundError as exc:
        raise InvalidFieldError(
            f"the configuration file {path} does not exist; create_config_template({str(path)!r}) "
            "writes one"
        ) from exc
    except (OSError, ValueError) as exc:
        raise InvalidFieldError(f"{path} cannot be read: {exc}") from exc
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise InvalidFieldError(f"{path} must be a table of settings, not {type(content).__name__}")
    return {key: value for key, value in content.items() if not _is_comment(key)}


def _parse(suffix: str, text: str) -> Any:
    if suffix == ".json":
        return json.loads(text)
    if suffix == ".toml":
        import tomllib

        return tomllib.loads(text)
    import yaml

    try:
        return yaml.safe_load(text)
    except yaml.YAMLError as exc:
        raise ValueError(str(exc)) from exc


def _is_comment(key: object) -> bool:
    return isinstance(key, str) and (key.startswith(("_", "#", "$", "//")) or key == "comment")


def render(suffix: str, values: Mapping[str, Any], comments: Mapping[str, str]) -> str:
    """Return a configuration file's text.

    Args:
        suffix: One of ``SUFFIXES``.
        values: Settings in order.
        comments: One line per setting; JSON has no comments and gets them as ``_`` keys.

    Raises:
        InvalidFieldError: ``suffix`` is another one.
    """
    if suffix == ".json":
        rows: dict[str, Any] = {}
        for key, value in values.items():
            if key in comments:
                rows[f"_{key}"] = comments[key]
            rows[key] = value
        return json.dumps(rows, indent=2) + "\n"
    if suffix not in SUFFIXES:
        raise InvalidFieldError(
            f"{suffix or 'a file without suffix'} is not a known format: use {', '.join(SUFFIXES)}"
        )
    sign = " = " if suffix == ".toml" else ": "
    lines: list[str] = []
    for key, value in values.items():
        if key in comments:
            lines.append(f"# {comments[key]}")
        lines.append(f"{key}{sign}{json.dumps(value)}")
    return "\n".join(lines) + "\n"
