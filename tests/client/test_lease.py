"""Processes that share one login share one budget, through a file."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import subprocess
import sys
from pathlib import Path

import msgspec
import pytest

from project_x_py._core.submission import Lane
from project_x_py._runtime.clock import VirtualClock
from project_x_py._runtime.together import together
from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.client import ProjectX, _lease
from project_x_py.client._budget import RequestBudget
from project_x_py.client._lease import SharedUsage, lease_path, state_directory
from project_x_py.client._windows import Bucket
from project_x_py.config import ProjectXConfig
from project_x_py.simulator import SimulatedGateway

NS = 1_000_000_000
OPEN = ProjectXConfig(requests_per_minute=10_000, burst_limit=10_000)


def test_two_processes_never_overrun_a_window_together(tmp_path: Path) -> None:
    """Two budgets on one file, both flooded: no minute holds more than the service allows."""

    async def main() -> list[float]:
        loop, clock = asyncio.get_running_loop(), VirtualClock(0)
        file = tmp_path / "state" / "lease.json"
        budgets = [RequestBudget(OPEN, clock, SharedUsage(file)) for _ in range(2)]
        sent: list[float] = []

        async def one(number: int) -> None:
            lane = Lane.PROTECTIVE if number % 5 == 0 else Lane.QUERY
            await budgets[number % 2].acquire(lane)
            sent.append(loop.time())

        await together(one(number) for number in range(500))
        return sorted(sent)

    sent = run_virtual(main())
    assert all(later - sent[at] >= 60 for at, later in enumerate(sent[200:]))
    assert sent[139] == 0


def test_a_pause_of_one_is_a_pause_of_all(tmp_path: Path) -> None:
    """A 429 that one process met holds the others too, and a new one as well."""
    file = tmp_path / "lease.json"
    one, other = SharedUsage(file), SharedUsage(file)
    one.pause(Bucket.REST, 7 * NS, 0)
    assert other.take(Bucket.REST, 200, 2 * NS) == 5 * NS
    assert other.take(Bucket.BARS, 50, 2 * NS) == 0
    assert SharedUsage(file).take(Bucket.REST, 200, 6 * NS) == 1 * NS
    assert other.take(Bucket.REST, 200, 2 * NS, heed=False) == 0
    assert other.take(Bucket.REST, 200, 7 * NS) == 0


def test_what_a_dead_process_sent_ages_out(tmp_path: Path) -> None:
    """Nobody gives a share back: the requests of whoever died leave the window by themselves."""
    file = tmp_path / "lease.json"
    dead, alive = SharedUsage(file), SharedUsage(file)
    for _ in range(200):
        assert dead.take(Bucket.REST, 200, 1 * NS) == 0
    assert alive.take(Bucket.REST, 200, 2 * NS) == 59 * NS
    assert alive.take(Bucket.REST, 200, 61 * NS) == 0
    assert alive.used(Bucket.REST, 61 * NS) == 1


@pytest.mark.parametrize(
    "content",
    [b"", b"not json", b'{"rest":[1,2', b'{"rest":"x"}', b"\xff\xfe", b'{"rest":[1e30]}', b"[]"],
)
def test_a_file_that_makes_no_sense_counts_as_empty(tmp_path: Path, content: bytes) -> None:
    """A torn or foreign file is replaced, not believed and not an error."""
    file = tmp_path / "lease.json"
    file.write_bytes(content)
    assert SharedUsage(file).take(Bucket.REST, 200, 5 * NS) == 0
    assert msgspec.json.decode(file.read_bytes())["rest"] == [5 * NS]


def test_times_from_before_a_restart_are_not_believed(tmp_path: Path) -> None:
    """A monotonic clock that began anew leaves times and pauses in the far future behind."""
    file = tmp_path / "lease.json"
    old = SharedUsage(file)
    for _ in range(200):
        old.take(Bucket.REST, 200, 10_000 * NS)
    old.pause(Bucket.REST, 10_300 * NS, 10_000 * NS)
    assert SharedUsage(file).take(Bucket.REST, 200, 5 * NS) == 0


def test_a_failing_disk_never_fails_a_request(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Without the file a process counts for itself, says so once, and tries again later."""
    file = tmp_path / "lease.json"
    usage = SharedUsage(file)
    real = os.open

    def full(path: str, flags: int, mode: int = 0o777) -> int:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(_lease.os, "open", full)
    with caplog.at_level(logging.WARNING):
        assert [usage.take(Bucket.BARS, 2, at * NS) for at in (1, 2, 3)] == [0, 0, 28 * NS]
        usage.pause(Bucket.BARS, 40 * NS, 3 * NS)
        assert usage.take(Bucket.BARS, 2, 35 * NS) == 5 * NS
    assert len(caplog.records) == 1
    assert "No space left" in caplog.text
    monkeypatch.setattr(_lease.os, "open", real)
    assert usage.take(Bucket.BARS, 2, 62 * NS) == 0
    assert file.exists()


def test_a_lock_that_is_held_is_not_waited_for(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """While another process has the file, tries are 2 ms apart; after a second the count is local.

    What is urgent goes after 20 ms, and the others go on trying.
    """
    file = tmp_path / "lease.json"
    usage = SharedUsage(file)
    with _lease._locked(file):
        waits = [usage.take(Bucket.REST, 200, at, urgent=True) for at in range(10)]
        assert waits == [*[_lease.BUSY_WAIT_NS] * 9, 0]
        assert not caplog.records
        waits = [usage.take(Bucket.REST, 200, at) for at in range(491)]
    assert waits == [*[_lease.BUSY_WAIT_NS] * 489, 0, 0]
    assert "locked" in caplog.text


def test_protection_leaves_although_the_file_is_stuck(tmp_path: Path) -> None:
    """A stop is held up by a stuck file for no longer than 50 ms."""

    async def main() -> float:
        file = tmp_path / "lease.json"
        budget = RequestBudget(OPEN, VirtualClock(0), SharedUsage(file))
        with _lease._locked(file):
            await budget.acquire(Lane.PROTECTIVE, patient=False)
        return asyncio.get_running_loop().time()

    assert run_virtual(main()) <= 0.05


def test_the_file_belongs_to_a_login_and_names_nobody(tmp_path: Path) -> None:
    """Another user or gateway has another file, upper and lower case are one user's."""
    names = {
        lease_path(tmp_path, origin, user).name
        for origin in ("https://one:443", "https://two:443")
        for user in ("me", "ME", "you")
    }
    assert len(names) == 4
    assert not any("me" in name.split("-")[0] or "one" in name for name in names)


def test_where_state_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The variable decides, else the system's own place for state."""
    assert state_directory({"PROJECTX_STATE_DIR": str(tmp_path)}) == tmp_path
    home = Path(os.path.expanduser("~"))
    for platform, environment, expected in (
        ("linux", {"XDG_STATE_HOME": "/s"}, Path("/s/projectx")),
        ("linux", {}, home / ".local" / "state" / "projectx"),
        ("darwin", {}, home / "Library" / "Application Support" / "projectx"),
        ("win32", {"LOCALAPPDATA": "/l"}, Path("/l/projectx")),
        ("win32", {}, home / "AppData" / "Local" / "projectx"),
    ):
        monkeypatch.setattr(_lease.sys, "platform", platform)
        assert state_directory(environment) == expected


TAKER = """
import sys, time
from pathlib import Path
from project_x_py.client._lease import BUSY_WAIT_NS, SharedUsage
from project_x_py.client._windows import Bucket
usage, taken = SharedUsage(Path(sys.argv[1])), 0
for _ in range(200):
    while (wait := usage.take(Bucket.REST, 200, time.monotonic_ns())) == BUSY_WAIT_NS:
        time.sleep(wait / 1e9)
    taken += wait == 0
print(taken, flush=True)
"""
LIMIT_S = 90


def _run(arguments: list[str], times: int) -> list[int]:
    running = [
        subprocess.Popen([sys.executable, *arguments], stdout=subprocess.PIPE, encoding="utf-8")
        for _ in range(times)
    ]
    return [int(process.communicate(timeout=LIMIT_S)[0]) for process in running]


def test_real_processes_share_the_file(tmp_path: Path) -> None:
    """Two processes at once take what the window holds, not twice that; a later one finds it full.

    Their locks ended with them.
    """
    script = tmp_path / "taker.py"
    script.write_text(TAKER, encoding="utf-8")
    arguments = [str(script), str(tmp_path / "lease.json")]
    assert sum(_run(arguments, 2)) == 200
    assert sum(_run(arguments, 1)) < 200


def test_two_flooding_clients_provoke_no_429(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ten times what the service allows, from two clients of one login, for five minutes: each
    request that leaves is answered, and both windows are used well."""
    monkeypatch.setenv(_lease.STATE_VARIABLE, str(tmp_path))

    async def main() -> tuple[float, float, float]:
        async with SimulatedGateway(in_process=True, instruments=("MNQ",)) as gateway:
            gateway.market.pause()
            login = gateway.credentials
            config = ProjectXConfig(
                **{**gateway.config.to_dict(), "requests_per_minute": 9999, "burst_limit": 9999}
            )
            clients = [ProjectX(login.username, login.api_key, config) for _ in range(2)]
            contract = gateway.contracts[0].contract_id
            for client in clients:
                await client.authenticate()
                await client.get_instrument(contract)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(300), asyncio.TaskGroup() as group:
                    for number in range(3000):
                        client = clients[number % 2]
                        if number % 4:
                            group.create_task(client.list_accounts())
                        else:
                            group.create_task(client.get_bars(contract, limit=1))
            stats = [client.get_performance_stats() for client in clients]
            for client in clients:
                await client.aclose()
        refused = sum(stat["rate_limited"] for stat in stats)
        sent = sum(stat["api_calls"] for stat in stats)
        return refused, sent, min(stat["api_calls"] for stat in stats)

    refused, sent, least = run_virtual(main())
    assert refused == 0
    assert sent >= 5 * 140 + 10 * 40
    assert least > 100
    assert len(list(tmp_path.iterdir())) == 1
