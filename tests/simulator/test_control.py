"""The control route: there when asked for, deaf to everybody but this machine."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import aiohttp
import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient
from tests.simulator.scripted import house

from project_x_py.simulator import SimulatedGateway
from project_x_py.simulator._app import build_app
from project_x_py.simulator._assembly import Assembly
from project_x_py.simulator._control import MAX_CONTROL_BYTES, control_routes, gauges_of

HERE = ("127.0.0.1", 50000)
HOST = "http://127.0.0.1:8000"
OPEN = datetime(2026, 9, 1, 14, 30, tzinfo=UTC)


def client_of(
    parts: Assembly, *, control: bool = True, peer: tuple[str, int] = HERE, host: str = HOST
) -> TestClient:
    """A client of a gateway's application, from an address, that asks for a host."""
    gauges = gauges_of(parts.venue.clock.now_ns, lambda: 5, parts.front.connections)
    routes = control_routes(parts.venue.faults, gauges) if control else []
    return TestClient(build_app(parts.front, *routes), base_url=host, client=peer)


@pytest.fixture
def parts() -> Assembly:
    """A gateway over a scripted market."""
    return house()


@pytest.fixture
def client(parts: Assembly) -> Iterator[TestClient]:
    """A client of this machine."""
    with client_of(parts) as client:
        yield client


def test_off_it_is_not_there(parts: Assembly) -> None:
    """Without being asked for, both routes are answered like any unknown path."""
    with client_of(parts, control=False) as client:
        assert client.post("/control/faults", json={"fault": "drop"}).status_code == 404
        assert client.get("/control/state").status_code == 404


@pytest.mark.parametrize(
    ("peer", "host", "status"),
    [
        ("127.0.0.1", HOST, 200),
        ("127.9.9.9", "http://localhost:1", 200),
        ("::1", "http://[::1]:8000", 200),
        ("::ffff:127.0.0.1", HOST, 200),
        ("192.0.2.7", HOST, 403),
        ("::ffff:192.0.2.7", HOST, 403),
        ("testclient", HOST, 403),
        ("127.0.0.1", "http://rebound.example:8000", 403),
    ],
)
def test_who_is_answered(parts: Assembly, peer: str, host: str, status: int) -> None:
    """Peers and host names of loopback are; others are refused, and nothing happens."""
    with client_of(parts, peer=(peer, 1), host=host) as client:
        assert client.get("/control/state").status_code == status
        assert client.post("/control/faults", json={"fault": "mute"}).status_code == status
    assert parts.market_hub.muted == (status == 200)


def test_a_page_cannot_post(client: TestClient) -> None:
    """Only JSON is taken, which a page in a browser may not send elsewhere unasked."""
    for kind in ("text/plain", "application/x-www-form-urlencoded", ""):
        sent = client.post(
            "/control/faults", content=b'{"fault":"mute"}', headers={"content-type": kind}
        )
        assert sent.status_code == 415


def test_a_fault_and_the_state(parts: Assembly, client: TestClient) -> None:
    """A fault strikes; the state tells of it, of the time and of the connections."""
    assert client.post("/control/faults", json={"fault": "mute", "hub": "user"}).json() == {
        "struck": 0
    }
    client.post("/control/faults", json={"fault": "refuse", "status": 503, "times": 2})
    state = client.get("/control/state").json()
    assert state["now"].startswith("2026-09-01T14:31:31")
    assert (state["published"], state["connections"]) == (5, {"user": 0, "market": 0})
    assert (state["faults"]["requests"], state["faults"]["scheduled"]) == (2, 0)
    assert [state["faults"]["hubs"][name]["muted"] for name in ("user", "market")] == [True, False]
    assert parts.user_hub.muted
    assert client.post("/api/Status/ping").status_code == 503
    assert client.post("/control/faults", json={"stop": True}).json() == {"struck": 0}
    assert client.get("/api/Status/ping").json() == "pong"


def test_schedules(client: TestClient) -> None:
    """A list of times and faults, or a seed that makes one up; the same seed, the same faults."""
    plan = [{"at_s": 30, "fault": {"fault": "drop"}}, {"at_s": 20, "fault": {"fault": "cut"}}]
    answer = client.post("/control/faults", json={"schedule": plan}).json()
    assert [(one["at_s"], one["fault"]["fault"]) for one in answer["scheduled"]] == [
        (20, "cut"),
        (30, "drop"),
    ]
    seeded = {"seed": 3, "for_s": 50, "every_s": 5}
    once, again = (client.post("/control/faults", json=seeded).json() for _ in range(2))
    assert once == again != {"scheduled": []}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'"drop"',
        b"{}",
        b'{"fault":"explode"}',
        b'{"fault":"drop","hub":"markets"}',
        b'{"fault":"drop","when":1}',
        b'{"fault":"refuse","status":200}',
        b'{"fault":"refuse","status":1e99}',
        b'{"fault":"halt","contract_id":"ES"}',
        b'{"fault":"halt","seconds":1e300}',
        b'{"fault":"daily_break","seconds":1e300}',
        b'{"schedule":[{"at_s":1,"fault":{"fault":"halt","seconds":-1}}]}',
        b'{"fault":"send_frame","text":5}',
        b'{"schedule":[{"at_s":-1,"fault":{"fault":"drop"}}]}',
        b'{"schedule":{}}',
        b'{"seed":1,"every_s":0}',
        b'{"seed":1,"for_s":1e300}',
        b'{"stop":"yes"}',
        b"[" * 100_000,
        b'{"fault":' * 20_000,
    ],
)
def test_nonsense_is_a_400(client: TestClient, body: bytes) -> None:
    """What cannot be read or cannot be is named, and changes nothing."""
    sent = client.post(
        "/control/faults", content=body, headers={"content-type": "application/json"}
    )
    assert sent.status_code == 400
    assert sent.json()["error"]
    state = client.get("/control/state").json()["faults"]
    assert (state["requests"], state["scheduled"]) == (0, 0)


def test_too_much_is_a_413(client: TestClient) -> None:
    """A body beyond the cap is not read to its end."""
    body = b" " * (MAX_CONTROL_BYTES + 1)
    sent = client.post(
        "/control/faults", content=body, headers={"content-type": "application/json"}
    )
    assert sent.status_code == 413


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(
                ["fault", "hub", "seconds", "times", "schedule", "seed", "at_s", "route"]
            )
            | st.text(max_size=5),
            inner | st.sampled_from(["drop", "mute", "refuse", "halt", "market", "user"]),
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=60)
@given(JSON)
def test_no_body_breaks_it(body: Any) -> None:
    """Whatever JSON is sent, the answer is the fault's or a refusal."""
    with client_of(house()) as client:
        sent = client.post(
            "/control/faults",
            content=msgspec.json.encode(body),
            headers={"content-type": "application/json"},
        )
        assert sent.status_code in (200, 400)


async def test_over_a_socket() -> None:
    """A gateway that was asked for it takes faults; a cut request ends without an answer."""
    async with (
        SimulatedGateway(start=OPEN, instruments=("MNQ",), control=True) as gateway,
        aiohttp.ClientSession() as http,
    ):
        origin = gateway.config.api_url.removesuffix("/api")
        for fault in ("cut", "lose_answer"):
            async with http.post(f"{origin}/control/faults", json={"fault": fault}) as reply:
                assert (reply.status, await reply.json()) == (200, {"struck": 0})
            with pytest.raises(aiohttp.ClientConnectionError):
                await http.post(f"{origin}/api/Auth/loginKey", json={})
        async with http.post(
            f"{origin}/control/faults", json={"fault": "cut", "route": "/hubs/user"}
        ):
            with pytest.raises(aiohttp.ClientError):
                await http.ws_connect(f"{gateway.config.user_hub_url}?access_token=x")
        async with http.get(f"{origin}/control/state") as reply:
            assert (await reply.json())["connections"] == {"user": 0, "market": 0}
        async with http.get(f"{origin}/api/Status/ping") as reply:
            assert await reply.json() == "pong"
