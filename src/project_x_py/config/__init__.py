"""Loading, saving and checking the configuration, and finding the credentials.

A configuration is the defaults, overridden by a file (JSON, TOML or YAML), overridden by the
environment. The environment is the real one over a ``.env`` file in the current directory, which
is read and never written into ``os.environ``.

Invariant (``tests/test_config.py``): a setting that cannot be right is an error that names its
source and the way out; none is ignored in silence.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from project_x_py._lazy import lazily

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
    ".credentials": "Credentials load_credentials",
    ".manager": (
        "ConfigManager check_environment create_config_template create_custom_config "
        "get_default_config_path load_default_config load_topstepx_config"
    ),
    "project_x_py.models": "ProjectXConfig",
}

if not TYPE_CHECKING:
    __getattr__, __dir__ = lazily(__name__, _HOMES)
