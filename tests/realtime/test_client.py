"""The client as a whole: construction, composition, reports, secrets."""

from __future__ import annotations

import ast
import asyncio
import inspect
import logging
from datetime import datetime
from pathlib import Path

import pytest
from tests.realtime.peer import ACCOUNT, MNQ, TOKEN, Listener, Peer
from tests.virtual import in_virtual_time

import project_x_py.realtime as package
from project_x_py.models import ProjectXConfig
from project_x_py.realtime import (
    ConnectionManagementMixin,
    EventHandlingMixin,
    HealthMonitoringMixin,
    ProjectXRealtimeClient,
    SubscriptionsMixin,
    TaskManagerMixin,
    create_realtime_client,
)

FOLDER = Path(package.__file__).parent
FACADES = (
    ConnectionManagementMixin,
    EventHandlingMixin,
    HealthMonitoringMixin,
    SubscriptionsMixin,
    TaskManagerMixin,
)


def test_the_constructor_is_as_documented() -> None:
    """Five parameters in their order, all by keyword, too; nothing is opened, no loop needed."""
    signature = inspect.signature(ProjectXRealtimeClient)
    assert list(signature.parameters) == [
        "jwt_token",
        "account_id",
        "user_hub_url",
        "market_hub_url",
        "config",
    ]
    client = ProjectXRealtimeClient(jwt_token=TOKEN, account_id="12345")
    assert client.account_id == "12345"
    assert not client.is_connected()
    assert client.get_task_stats()["total_tasks"] == 0


@pytest.mark.parametrize("wrong", ["", "PRAC-V2", None, "12.5"])
def test_an_account_is_a_number(wrong: str) -> None:
    """Anything else is a ValueError at once, not a refused subscription later."""
    with pytest.raises(ValueError, match="account_id is a number"):
        ProjectXRealtimeClient(TOKEN, wrong)


def test_addresses_have_their_order() -> None:
    """Argument over configuration over TopstepX, each hub by itself."""
    config = ProjectXConfig(
        user_hub_url="https://config.example/u", market_hub_url="https://config.example/m"
    )
    default = ProjectXRealtimeClient(TOKEN, "1")
    assert default.user_hub_url == "https://rtc.topstepx.com/hubs/user"
    assert default.market_hub_url == "https://rtc.topstepx.com/hubs/market"
    configured = ProjectXRealtimeClient(TOKEN, "1", config=config)
    assert configured.user_hub_url == "https://config.example/u"
    one = ProjectXRealtimeClient(TOKEN, "1", market_hub_url="wss://arg.example/m", config=config)
    assert (one.user_hub_url, one.market_hub_url) == (
        "https://config.example/u",
        "wss://arg.example/m",
    )


@pytest.mark.parametrize("facade", FACADES)
def test_facades_hold_nothing_and_do_nothing_themselves(facade: type) -> None:
    """No slots, no constructor; one annotated component; one delegating statement a method."""
    source = Path(inspect.getfile(facade)).read_text(encoding="utf-8")
    node = next(
        item
        for item in ast.parse(source).body
        if isinstance(item, ast.ClassDef) and item.name == facade.__name__
    )
    parts = [item for item in node.body if isinstance(item, ast.AnnAssign)]
    assert len(parts) == 1
    assert parts[0].value is None
    component = ast.unparse(parts[0].target)
    assert facade.__dict__["__slots__"] == ()
    methods = [i for i in node.body if isinstance(i, ast.FunctionDef | ast.AsyncFunctionDef)]
    assert methods
    for method in methods:
        assert not method.name.startswith("__")
        assert ast.get_docstring(method), method.name
        assert len(method.body) == 2, method.name
        assert f"self.{component}." in ast.unparse(method.body[1])


def test_the_package_names_what_it_has() -> None:
    """Every exported name is there, any other is an AttributeError."""
    for name in package.__all__:
        assert getattr(package, name) is not None
    with pytest.raises(AttributeError, match="nothing_such"):
        package.nothing_such  # type: ignore[attr-defined]  # noqa: B018


@in_virtual_time
async def test_reports_have_their_documented_keys() -> None:
    """get_stats() tells states, counts, times, tasks and health."""
    peer = Peer()
    client = await create_realtime_client(TOKEN, str(ACCOUNT))
    before = client.get_stats()
    assert (before["last_event_time"], before["connected_time"]) == (None, None)
    client = peer.client()
    assert await client.connect()
    assert await client.subscribe_market_data([MNQ])
    peer.emit("market", "GatewayQuote", MNQ, {"volume": 1})
    await asyncio.sleep(1)
    stats = client.get_stats()
    assert set(stats) == {
        "events_received",
        "feed_gaps",
        "messages_sent",
        "timeout_errors",
        "open_gaps",
        "records_waiting",
        "stale_feeds",
        "false_alarms",
        "last_event_time",
        "connection_errors",
        "connected_time",
        "user_connected",
        "market_connected",
        "subscribed_contracts",
        "task_stats",
        "health",
        "frames_received",
        "decode_errors",
        "callback_errors",
        "callbacks_detached",
        "bytes_received",
        "reconnection_attempts",
        "last_reconnection_ns",
        "last_error",
    }
    assert stats["events_received"] == stats["subscribed_contracts"] == 1
    for name in ("last_event_time", "connected_time"):
        assert isinstance(stats[name], datetime)
        assert stats[name].tzinfo is not None
    assert stats["user_connected"]
    assert stats["market_connected"]
    assert stats["health"]["health_score"] == 100.0
    assert stats["task_stats"] == client.get_task_stats()
    assert repr(client) == f"<ProjectXRealtimeClient of account {ACCOUNT}, connected>"
    await client.cleanup()


@in_virtual_time
async def test_no_token_is_ever_shown(caplog: pytest.LogCaptureFixture) -> None:
    """Not in logs, reasons, errors, reports or the repr, whatever the gateway sends back."""
    peer, listener = Peer(), Listener()
    with caplog.at_level(logging.DEBUG):
        client = peer.client()
        client.add_connection_listener(listener)
        peer.refused_tokens = {TOKEN}
        assert not await client.connect()
        peer.refused_tokens = set()
        assert await client.connect()
        peer.refused_methods = {"SubscribeAccounts": f"no, access_token={TOKEN}"}
        assert not await client.subscribe_user_updates()
        peer.hub("market").cut(f"wss://peer/?access_token={TOKEN}")
        peer.hub("user").push(f"garbage {TOKEN}\x1e".encode())
        await asyncio.sleep(5)
        peer.emit("market", "GatewayTrade", MNQ, [f"Bearer {TOKEN}"])
        peer.emit("market", TOKEN, MNQ)
        await asyncio.sleep(1)
        shown = (caplog.text, listener.changes, client.last_error, repr(client), client.get_stats())
        await client.cleanup()
    text = repr(shown)
    assert "signature-of-the-first" not in text
    assert "eyJ" not in text
