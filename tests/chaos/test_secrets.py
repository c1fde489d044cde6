"""No token and no key is ever shown: not in a log, a report, a repr, a task's name or an error."""

from __future__ import annotations

import asyncio
import json
import logging
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import pytest
from tests.chaos import scenes
from tests.chaos.scenes import Pacing, play
from tests.leaks import leaks
from tests.virtual import in_virtual_time

from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.client import ProjectX
from project_x_py.exceptions import ProjectXConnectionError
from project_x_py.realtime import ProjectXRealtimeClient
from project_x_py.realtime._connection import HubTiming, socket_url
from project_x_py.simulator import SimulatedGateway

if TYPE_CHECKING:
    from collections.abc import Mapping

OPEN = datetime(2026, 9, 1, 14, 0, tzinfo=UTC)
PACING = Pacing(HubTiming(), 5.0, length_s=30.0, faults=14, slack_s=0.01, detect_s=25.0)


@pytest.mark.parametrize("seed", [3, 5])
def test_nothing_that_is_shown_holds_a_secret(
    seed: int, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Through logins, refusals, forged tokens, corrupt frames, at the finest level of logging."""
    caplog.set_level(logging.DEBUG)
    shown: list[str] = []
    secrets: set[str] = set()
    whole = scenes._Scene.whole

    def listening(scene: Any) -> bool:
        live = scene.live
        shown.extend((repr(live), json.dumps(live.get_stats(), default=str), str(live.last_error)))
        shown.extend(task.get_name() for task in asyncio.all_tasks())
        shown.append(repr(scene.client))
        secrets.add(live._pair._token)
        return whole(scene)

    monkeypatch.setattr(scenes._Scene, "whole", listening)

    async def run() -> None:
        async with SimulatedGateway(
            in_process=True, start=OPEN, instruments=("MNQ", "MES"), seed=seed
        ) as gateway:
            secrets.add(gateway.credentials.api_key)
            outcome = await play(seed, gateway, PACING)
            assert not outcome.faults

    run_virtual(run())
    text = "\n".join([caplog.text, *shown])
    assert len(caplog.records) > 10
    assert len(secrets) > 1
    assert not [secret for secret in secrets if secret in text]
    assert not leaks([("shown", text)])


async def test_a_token_that_a_test_shows_is_found() -> None:
    """What is captured of every test is looked through for the gateway's own tokens."""
    async with SimulatedGateway(in_process=True, instruments=("MNQ",)) as gateway:
        login = gateway.credentials
        async with ProjectX(login.username, login.api_key, gateway.config) as client:
            await client.authenticate()
            token = client.get_session_token()
    sections = [("Captured log call", f"x access_token={token}&y"), ("Captured stdout", "fine")]
    assert leaks(sections) == ["Captured log call"]


class Chatty:
    """A network whose errors quote the URL they were given, as careless ones do."""

    async def connect(self, url: str, *, headers: Mapping[str, str], timeout_s: float) -> Any:
        raise ProjectXConnectionError(f"cannot reach {url}", 401)

    async def request(self, *args: Any, **kwargs: Any) -> Any:
        raise AssertionError("hubs make no requests")

    async def close(self) -> None:
        """Nothing is open."""


@pytest.mark.parametrize("token", ["eyJhbGciOiJIUzI1NiJ9.eyJleHAiOjF9.signature", "", "a b&c=d#\n"])
@in_virtual_time
async def test_an_expired_or_malformed_token_is_not_quoted(
    token: str, caplog: pytest.LogCaptureFixture
) -> None:
    """Even by a network that quotes its URL; the reason is clear all the same."""
    from project_x_py._runtime.clock import VirtualClock

    client = ProjectXRealtimeClient.wired(
        token,
        "1",
        ("https://peer.example/hubs/user", "https://peer.example/hubs/market"),
        clock=VirtualClock(0),
        network=Chatty,
    )
    assert not await client.connect()
    assert "refuses the session token" in str(client.last_error)
    if token:
        assert token not in caplog.text + str(client.last_error)
    await client.cleanup()


def test_a_url_that_is_no_hub_is_shown_without_its_query() -> None:
    """The query is where tokens are."""
    with pytest.raises(ProjectXConnectionError) as caught:
        socket_url("ftp://peer.example/hubs?access_token=secret", "t")
    assert "secret" not in str(caught.value)
