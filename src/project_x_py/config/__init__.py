"""Loading, saving and checking the configuration, and finding the credentials.

A configuration is the defaults, overridden by a file (JSON, TOML or YAML), overridden by the
environment. The environment is the real one over a ``.env`` file in the current directory, which
is read and never written into ``os.environ``.

Invariant (``tests/test_config.py``): a setting that cannot be right is an error that names its
source and the way out; none is ignored in silence.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from project_x_py.config.credentials import Credentials, load_credentials
    from project_x_py.config.manager import (
        ConfigManager,
        check_environment,
        create_config_template,
        create_custom_config,
        get_default_config_path,
        load_default_config,
        load_topstepx_config,
    )
    from project_x_py.models import ProjectXConfig

__all__ = [
    "ConfigManager",
    "Credentials",
    "ProjectXConfig",
    "check_environment",
    "create_config_template",
    "create_custom_config",
    "get_default_config_path",
    "load_credentials",
    "load_default_config",
    "load_topstepx_config",
]

_HOMES = {
    "ConfigManager": "project_x_py.config.manager",
    "Credentials": "project_x_py.config.credentials",
    "ProjectXConfig": "project_x_py.models",
    "check_environment": "project_x_py.config.manager",
    "create_config_template": "project_x_py.config.manager",
    "create_custom_config": "project_x_py.config.manager",
    "get_default_config_path": "project_x_py.config.manager",
    "load_credentials": "project_x_py.config.credentials",
    "load_default_config": "project_x_py.config.manager",
    "load_topstepx_config": "project_x_py.config.manager",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    value = getattr(importlib.import_module(_HOMES[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
