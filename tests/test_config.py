"""Configuration: defaults, files, environment, credentials, and the errors of each."""

from __future__ import annotations

import json
import os
import pickle
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pytest

from project_x_py import config
from project_x_py.config import (
    ConfigManager,
    Credentials,
    ProjectXConfig,
    check_environment,
    create_config_template,
    create_custom_config,
    get_default_config_path,
    load_credentials,
    load_default_config,
    load_topstepx_config,
)
from project_x_py.exceptions import InvalidFieldError

SUFFIXES = ("json", "toml", "yaml", "yml")
CHANGED: dict[str, Any] = {
    "api_url": "https://api.example.com/api",
    "realtime_url": "wss://rt.example.com",
    "user_hub_url": "wss://rtc.example.com/hubs/user",
    "market_hub_url": "http://127.0.0.1:8000/hubs/market",
    "timezone": "Europe/Berlin",
    "timeout_seconds": 5,
    "retry_attempts": 0,
    "retry_delay_seconds": 0.5,
    "requests_per_minute": 200,
    "burst_limit": 1,
}


@pytest.fixture(autouse=True)
def _empty_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(os.environ):
        if name.startswith(("PROJECT_X_", "PROJECTX_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.setenv("USERPROFILE", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)


def test_changed_covers_every_field() -> None:
    """The example of these tests sets every field to something other than its default."""
    assert list(CHANGED) == [field.name for field in fields(ProjectXConfig)]
    assert all(getattr(ProjectXConfig(), name) != value for name, value in CHANGED.items())


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_template_loads_back(suffix: str) -> None:
    """The file that the SDK writes as an example is one that it reads, with the defaults."""
    create_config_template(f"sub/config.{suffix}")
    assert ConfigManager(f"sub/config.{suffix}").load_config() == ProjectXConfig()


@pytest.mark.parametrize("suffix", SUFFIXES)
def test_saved_configuration_loads_back(suffix: str) -> None:
    """Every field survives a file of each format, and no half-written file is left."""
    custom = ProjectXConfig(**CHANGED)
    manager = ConfigManager(f"config.{suffix}")
    manager.save_config(custom)
    assert manager.load_config() == custom
    assert os.listdir() == [f"config.{suffix}"]


def test_template_leaves_a_file_with_content_alone() -> None:
    """A template replaces an empty file, and refuses to replace a configuration."""
    Path("c.json").write_text('{"burst_limit": 1}')
    with pytest.raises(FileExistsError, match="left as it is"):
        create_config_template("c.json")
    assert json.loads(Path("c.json").read_text()) == {"burst_limit": 1}
    Path("e.json").touch()
    create_config_template("e.json")
    assert ConfigManager("e.json").load_config() == ProjectXConfig()


def test_documented_sample_with_credentials_loads() -> None:
    """A file may hold credentials and comments, which are no settings and no faults."""
    Path("c.json").write_text(
        json.dumps(
            {
                "_comment": "mine",
                "username": "me",
                "api_key": "0123456789",
                "account_name": "PRAC",
                "websocket_url": "wss://x",
                "timezone": "UTC",
            }
        )
    )
    manager = ConfigManager("c.json")
    assert manager.load_config() == ProjectXConfig(timezone="UTC")
    assert manager.get_auth_config() == {"api_key": "0123456789", "username": "me"}


def test_environment_wins_over_file_over_defaults(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each setting comes from the strongest source that has it; the result is kept."""
    Path("c.toml").write_text('timezone = "UTC"\nburst_limit = 3\n')
    monkeypatch.setenv("PROJECTX_BURST_LIMIT", "7")
    manager = ConfigManager("c.toml")
    loaded = manager.load_config()
    assert loaded == ProjectXConfig(timezone="UTC", burst_limit=7)
    monkeypatch.setenv("PROJECTX_BURST_LIMIT", "9")
    assert manager.load_config() is loaded


@pytest.mark.parametrize("prefix", ["PROJECTX_", "PROJECT_X_"])
def test_every_field_has_both_variables(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Either prefix sets any field; a variable that is empty sets nothing."""
    for name, value in CHANGED.items():
        monkeypatch.setenv(prefix + name.upper(), str(value))
    assert load_default_config() == ProjectXConfig(**CHANGED)
    for name in CHANGED:
        monkeypatch.setenv(prefix + name.upper(), "  ")
    assert load_default_config() == load_topstepx_config() == ProjectXConfig()


def test_dotenv_is_read_and_leaves_no_trace(monkeypatch: pytest.MonkeyPatch) -> None:
    """A .env file counts, a real variable of either prefix wins, os.environ stays as it was."""
    Path(".env").write_text(
        "PROJECTX_BURST_LIMIT=4\nPROJECTX_TIMEOUT_SECONDS=8\n"
        "PROJECTX_USERNAME=me\nPROJECT_X_API_KEY='0123456789'\n"
    )
    monkeypatch.setenv("PROJECT_X_TIMEOUT_SECONDS", "9")
    before = dict(os.environ)
    assert load_default_config() == ProjectXConfig(burst_limit=4, timeout_seconds=9)
    assert load_credentials() == Credentials("me", "0123456789")
    assert check_environment()["environment_overrides"] == [
        "PROJECT_X_TIMEOUT_SECONDS",
        "PROJECTX_BURST_LIMIT",
    ]
    assert dict(os.environ) == before


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("PROJECTX_TIMEOUT_SECONDS", "soon"),
        ("PROJECT_X_RETRY_ATTEMPTS", "1.5"),
        ("PROJECTX_RETRY_DELAY_SECONDS", "nan"),
        ("PROJECTX_BURST_LIMIT", "0"),
        ("PROJECT_X_TIMEZONE", "Mars/Olympus"),
        ("PROJECTX_API_URL", "api.topstepx.com"),
    ],
)
def test_bad_variables_are_named(name: str, text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable that cannot be right is an error that names it and its value, never ignored."""
    monkeypatch.setenv(name, text)
    with pytest.raises(InvalidFieldError, match=name) as caught:
        load_default_config()
    assert text in str(caught.value)


def test_unknown_keys_are_named_with_close_matches() -> None:
    """Every unknown key and every fault of a file are told at once, with the file's name."""
    Path("c.json").write_text('{"api_ulr": "x", "zzz": 1, "timeout_seconds": "5"}')
    with pytest.raises(InvalidFieldError) as caught:
        ConfigManager("c.json").load_config()
    text = str(caught.value)
    for part in ("c.json", "did you mean api_url?", "zzz", "timeout_seconds must be", "'5'"):
        assert part in text


@pytest.mark.parametrize(
    ("name", "content", "told"),
    [
        ("c.json", "{", "cannot be read"),
        ("c.toml", "a = ", "cannot be read"),
        ("c.yaml", "a: [", "cannot be read"),
        ("c.json", "[1]", "table of settings"),
        ("c.yaml", "true: 1", "True is no setting"),
        ("c.ini", "a=1", ".json, .toml"),
        ("gone.json", None, "create_config_template"),
    ],
)
def test_unreadable_files_are_told(name: str, content: str | None, told: str) -> None:
    """A file that cannot be used says which it is and what is wrong with it."""
    if content is not None:
        Path(name).write_text(content)
    with pytest.raises(ValueError, match=name) as caught:
        ConfigManager(name).load_config()
    assert told in str(caught.value)


def test_empty_yaml_is_the_defaults() -> None:
    """A YAML file with comments only sets nothing."""
    Path("c.yaml").write_text("# nothing yet\n")
    assert ConfigManager("c.yaml").load_config() == ProjectXConfig()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("api_url", "ftp://x"),
        ("api_url", "https://"),
        ("api_url", 5),
        ("api_url", "https://[::1"),
        ("api_url", "https://me:secret@x.com"),
        ("user_hub_url", "https://x.com/hubs/user?access_token=abc"),
        ("market_hub_url", "http://x.com/hubs/market"),
        ("user_hub_url", "ws://10.0.0.1/hubs/user"),
        ("timezone", ""),
        ("timezone", "Mars"),
        ("timezone", "../etc/passwd"),
        ("timezone", None),
        ("timeout_seconds", 0),
        ("timeout_seconds", True),
        ("timeout_seconds", float("inf")),
        ("retry_attempts", -1),
        ("retry_attempts", 1.5),
        ("retry_delay_seconds", -0.1),
        ("requests_per_minute", 0),
        ("burst_limit", "10"),
    ],
)
def test_impossible_settings_are_refused(field: str, value: Any) -> None:
    """A configuration cannot be made or validated with a setting that cannot be right."""
    with pytest.raises(InvalidFieldError, match=field):
        ProjectXConfig(**{field: value})
    assigned = ProjectXConfig()
    setattr(assigned, field, value)
    with pytest.raises(ValueError, match=field):
        ConfigManager().validate_config(assigned)
    with pytest.raises(InvalidFieldError, match=field):
        ConfigManager().save_config(assigned, "c.json")
    assert not Path("c.json").exists()


def test_all_faults_are_listed_at_once() -> None:
    """One error tells of every fault, so that one edit mends them all."""
    with pytest.raises(InvalidFieldError) as caught:
        ProjectXConfig(api_url="x", timezone="y", burst_limit=0)
    assert all(name in str(caught.value) for name in ("api_url", "timezone", "burst_limit"))


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.0.0.9", "[::1]"])
def test_plain_http_is_for_loopback(host: str) -> None:
    """A gateway on this machine needs no certificate."""
    assert ProjectXConfig(api_url=f"http://{host}:8000/api").faults() == []


def test_valid_configuration_validates() -> None:
    """validate_config answers True for what can be used."""
    assert ConfigManager().validate_config(ProjectXConfig(**CHANGED)) is True


def test_custom_configuration() -> None:
    """create_custom_config sets the hubs and any field, and refuses a field there is not."""
    made = create_custom_config("https://a.com/u", "https://a.com/m", burst_limit=2)
    assert made == ProjectXConfig(
        user_hub_url="https://a.com/u", market_hub_url="https://a.com/m", burst_limit=2
    )
    with pytest.raises(InvalidFieldError, match="did you mean burst_limit"):
        create_custom_config("https://a.com/u", "https://a.com/m", burst_limits=2)


def test_default_path_is_the_first_that_exists(tmp_path: Path) -> None:
    """The home file comes before the local ones; without any it is where one would be saved."""
    home = tmp_path / "home" / ".config" / "projectx" / "config.json"
    assert get_default_config_path() == home
    Path(".projectx_config.json").write_text('{"burst_limit": 5}')
    assert get_default_config_path() == Path(".projectx_config.json")
    assert load_default_config().burst_limit == 5
    Path("projectx_config.toml").write_text("burst_limit = 6")
    assert load_default_config().burst_limit == 6
    ConfigManager().save_config(ProjectXConfig(burst_limit=7))
    assert load_default_config().burst_limit == 7
    home.parent.mkdir(parents=True)
    home.write_text('{"burst_limit": 8}')
    assert load_default_config().burst_limit == 8


def test_check_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """The status tells what is missing, what is set and which file would be read."""
    assert check_environment() == {
        "auth_configured": False,
        "config_file_exists": False,
        "environment_overrides": [],
        "missing_required": ["PROJECT_X_API_KEY", "PROJECT_X_USERNAME"],
    }
    monkeypatch.setenv("PROJECTX_API_KEY", "0123456789")
    monkeypatch.setenv("PROJECT_X_USERNAME", "me")
    monkeypatch.setenv("PROJECTX_TIMEZONE", "UTC")
    Path("projectx_config.json").write_text("{}")
    assert check_environment() == {
        "auth_configured": True,
        "config_file_exists": True,
        "environment_overrides": ["PROJECTX_TIMEZONE"],
        "missing_required": [],
        "config_file_path": "projectx_config.json",
    }


@pytest.mark.parametrize("prefix", ["PROJECTX_", "PROJECT_X_"])
def test_credentials_from_either_prefix(prefix: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name, key and account come from variables of either prefix, without blanks."""
    monkeypatch.setenv(f"{prefix}USERNAME", " me ")
    monkeypatch.setenv(f"{prefix}API_KEY", "0123456789\n")
    monkeypatch.setenv(f"{prefix}ACCOUNT_NAME", "PRAC-1")
    assert load_credentials() == Credentials("me", "0123456789", "PRAC-1")


def test_missing_credentials_tell_the_ways_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """The error names the variables and the command that needs no account."""
    with pytest.raises(ValueError, match="PROJECT_X_USERNAME and PROJECT_X_API_KEY") as caught:
        load_credentials()
    assert "projectx run SCRIPT" in str(caught.value)
    monkeypatch.setenv("PROJECT_X_USERNAME", "me")
    with pytest.raises(ValueError, match="set PROJECT_X_API_KEY in"):
        load_credentials()


def test_short_keys_are_refused_and_never_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    """A key of nine characters is too short; no text of error or credentials has a key in it."""
    monkeypatch.setenv("PROJECT_X_USERNAME", "me")
    monkeypatch.setenv("PROJECT_X_API_KEY", "qwertyuio")
    with pytest.raises(ValueError, match="fewer than 10") as caught:
        load_credentials()
    assert "qwertyuio" not in str(caught.value)
    monkeypatch.setenv("PROJECT_X_API_KEY", "qwertyuiop")
    found = load_credentials()
    assert "qwertyuiop" not in f"{found!r} {found}"
    assert pickle.loads(pickle.dumps(found)) == found


def test_names_load_lazily_and_others_are_refused() -> None:
    """The package lists its names, loads each, and refuses another."""
    assert dir(config) == sorted(config.__all__)
    assert all(getattr(config, name) for name in config.__all__)
    with pytest.raises(AttributeError, match="load_confg"):
        config.load_confg  # noqa: B018
    assert replace(ProjectXConfig(), burst_limit=2).burst_limit == 2
