"""User name and API key, from the environment or a configuration file.

Invariant (``tests/test_config.py``): the key is in no repr and in no error.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from project_x_py.config._sources import environment, find_variable, read_file
from project_x_py.exceptions import InvalidFieldError

__all__ = ["Credentials", "load_credentials"]

_PREFIXES = ("PROJECT_X_", "PROJECTX_")
_SHORTEST_KEY = 10


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a login needs.

    Attributes:
        username: User name at the gateway.
        api_key: API key; never shown.
        account_name: Account to select; None for the first one.
    """

    username: str
    api_key: str = field(repr=False)
    account_name: str | None = None


def load_credentials(config_file: str | Path | None = None) -> Credentials:
    """Return the credentials of the environment, else of ``.env``, else of ``config_file``.

    Variables: PROJECT_X_USERNAME, PROJECT_X_API_KEY and, optional, PROJECT_X_ACCOUNT_NAME, or the
    same with PROJECTX_. In a file: username, api_key, account_name.

    Args:
        config_file: Configuration file that may hold what the environment lacks.

    Raises:
        InvalidFieldError: User name or key is missing, or the key is shorter than 10 characters;
            also a ``ValueError``.
    """
    stored = read_file(Path(config_file)) if config_file is not None else {}
    sources = environment()
    values: dict[str, str] = {}
    for name in ("username", "api_key", "account_name"):
        found = find_variable(name, sources, _PREFIXES)
        text = found.text if found else stored.get(name)
        if isinstance(text, str) and text.strip():
            values[name] = text.strip()
    missing = [name for name in ("username", "api_key") if name not in values]
    if missing:
        names = " and ".join(_PREFIXES[0] + name.upper() for name in missing)
        raise InvalidFieldError(
            f"no credentials: set {names} in the environment or in a .env file in the current "
            "directory. Without an account: projectx run SCRIPT, or a command with --simulated"
        )
    if len(values["api_key"]) < _SHORTEST_KEY:
        raise InvalidFieldError(
            f"the API key has {len(values['api_key'])} characters, which is fewer than "
            f"{_SHORTEST_KEY}: copy the whole key into PROJECT_X_API_KEY"
        )
    return Credentials(values["username"], values["api_key"], values.get("account_name"))
