"""The command line as a user types it: real processes, real sockets, short."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import urlopen

import pytest
from tests.processes import LIMIT_S, PROJECTX, read_until, start

if TYPE_CHECKING:
    from collections.abc import Iterator

posix = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")


def _run(
    *args: str, cwd: Path, env: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, **(env or {}), "PYTHONUNBUFFERED": "1"}
    return subprocess.run(
        [*PROJECTX, *args],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )


def _script(folder: Path, text: str) -> str:
    path = folder / "script.py"
    path.write_text(textwrap.dedent(text))
    return str(path)


STREAM = """
    import asyncio
    from project_x_py import EventType, TradingSuite

    async def main():
        suite = await TradingSuite.create("MNQ", timeframes=["1sec"], initial_days=1)

        async def on_bar(event):
            print("bar", event.data["data"]["close"], flush=True)

        await suite.on(EventType.NEW_BAR, on_bar)
        try:
            await asyncio.sleep(3600)
        finally:
            await suite.disconnect()
            print("cleaned up", flush=True)

    asyncio.run(main())
"""

FAST = ("--seed", "1", "--speed", "5", "--instruments", "MNQ")


@posix
def test_ctrl_c_ends_a_streaming_script_cleanly(tmp_path: Path) -> None:
    """The script streams bars, is interrupted, cleans up; the status is 0, no traceback."""
    process = start(["run", *FAST, _script(tmp_path, STREAM)], tmp_path)
    seen = read_until(process, lambda text: text.count("bar ") >= 2)
    process.send_signal(signal.SIGINT)
    rest, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0, err
    assert (seen + rest).endswith("cleaned up\n")
    assert "Traceback" not in err
    assert "simulated" in err


def test_seconds_interrupt_as_ctrl_c_would(tmp_path: Path) -> None:
    """After --seconds the script is interrupted, and the status is 0."""
    began = time.perf_counter()
    script = _script(tmp_path, "import asyncio; asyncio.run(asyncio.sleep(3600))")
    done = _run("run", *FAST, "--seconds", "2", script, cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert time.perf_counter() - began >= 2


def test_the_exit_status_is_the_scripts(tmp_path: Path) -> None:
    """A script that ends by itself decides the status; arguments arrive, its logging is its own."""
    script = _script(
        tmp_path,
        """
        import logging, sys
        logging.getLogger("script").warning("before")
        logging.basicConfig(level="INFO", format="%(message)s")
        logging.getLogger("script").info("after")
        print(sys.argv[1:], __name__)
        sys.exit(7)
        """,
    )
    done = _run("run", *FAST, script, "--option", "value", cwd=tmp_path)
    assert done.returncode == 7
    assert done.stderr.splitlines()[-2:] == ["WARNING script: before", "after"]
    assert done.stdout == "['--option', 'value'] __main__\n"


def test_a_failing_script_shows_its_own_traceback(tmp_path: Path) -> None:
    """The mistake of a script is shown as Python shows it, with status 1."""
    done = _run("run", *FAST, _script(tmp_path, "1 / 0"), cwd=tmp_path)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr


def test_the_environment_of_a_run_is_the_gateway(tmp_path: Path) -> None:
    """Every variable of the user's account is replaced, and a .env file cannot bring it back."""
    (tmp_path / ".env").write_text(
        "PROJECTX_API_URL=https://api.example.com/api\nPROJECT_X_ACCOUNT_NAME=LIVE-1\n"
    )
    script = _script(
        tmp_path,
        """
        import asyncio, os
        from project_x_py import ProjectX

        async def main():
            async with ProjectX.from_env() as client:
                await client.authenticate()
                print(client.account_info.simulated, client.config.api_url.split(":")[1])

        print([name for name, value in os.environ.items() if "my-real" in value])
        asyncio.run(main())
        """,
    )
    real = {
        "PROJECT_X_API_KEY": "my-real-key-1234",
        "PROJECT_X_USERNAME": "my-real-name",
        "PROJECTX_USER_HUB_URL": "https://my-real.example.com/hubs/user",
        "PROJECTX_TIMEOUT_SECONDS": "my-real-timeout",
    }
    done = _run("run", *FAST, script, cwd=tmp_path, env=real)
    assert done.returncode == 0, done.stderr
    assert done.stdout == "[]\nTrue //127.0.0.1\n"


def test_a_run_reaches_nothing_but_loopback(tmp_path: Path) -> None:
    """A URL in the script that leads elsewhere is refused before anything is sent."""
    script = _script(
        tmp_path,
        """
        from project_x_py import ProjectX
        from project_x_py.models import ProjectXConfig

        try:
            ProjectX("name", "a-long-enough-key", ProjectXConfig())
        except Exception as error:
            print(type(error).__name__, error)
        """,
    )
    done = _run("run", *FAST, script, cwd=tmp_path)
    assert "ProjectXError" in done.stdout
    assert "loopback" in done.stdout


@posix
@pytest.mark.parametrize("delay", [0.3, 0.8, 1.5, 3.0])
def test_an_interrupt_at_any_moment_ends_everything(tmp_path: Path, delay: float) -> None:
    """SIGINT to the command, early or late: status 0 or 130, no traceback, no child left."""
    script = _script(tmp_path, STREAM)
    process = start(["run", *FAST, script], tmp_path)
    try:
        process.wait(delay)
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=LIMIT_S)
    if "main.py" in err or process.returncode != -signal.SIGINT:
        # Else it came while Python itself was starting, before there is anybody to catch it.
        assert process.returncode in (0, 130), err
        assert "Traceback" not in err
    assert "bar" not in out or out.endswith("cleaned up\n")
    with pytest.raises(ProcessLookupError):
        os.killpg(process.pid, 0)


@posix
def test_a_background_job_hears_the_interrupt(tmp_path: Path) -> None:
    """A gateway whose parent ignored Ctrl-C, as a shell's background job, still ends by it."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        process = start(["gateway", *FAST], tmp_path)
    finally:
        signal.signal(signal.SIGINT, before)
    read_until(process, lambda text: "api_url" in text)
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=LIMIT_S)
    assert process.returncode == 0, err


@pytest.fixture
def served(tmp_path: Path) -> Iterator[tuple[subprocess.Popen[str], dict[str, str]]]:
    """A gateway of its own process, and its ready line."""
    process = subprocess.Popen(
        [*PROJECTX, "gateway", *FAST],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process, json.loads(process.stdout.readline())
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=LIMIT_S)


@posix
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_the_gateway_says_when_it_is_ready_and_stops_when_told(
    served: tuple[subprocess.Popen[str], dict[str, str]], number: signal.Signals
) -> None:
    """One JSON line with exactly the five keys; a signal ends it with status 0."""
    process, ready = served
    assert set(ready) == {"api_url", "user_hub_url", "market_hub_url", "username", "api_key"}
    assert all(url.startswith("http://127.0.0.1:") for key, url in ready.items() if "url" in key)
    process.send_signal(number)
    out, err = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, out, err) == (0, "", "")


@pytest.mark.parametrize("moment", ["2026-09-01T09:30", "2026-09-01T14:30:00Z"])
def test_a_start_without_offset_is_chicago_time(tmp_path: Path, moment: str) -> None:
    """--start means the same as the argument ``start`` of a gateway, with an offset and without."""
    script = _script(
        tmp_path,
        """
        import os
        from project_x_py._core.time import format_iso
        from project_x_py._runtime.endpoints import clock_for

        print(format_iso(clock_for([os.environ["PROJECTX_API_URL"]]).now_ns()))
        """,
    )
    done = _run("run", "--instruments", "MNQ", "--start", moment, script, cwd=tmp_path)
    assert done.stdout.startswith("2026-09-01T14:3"), (done.stdout, done.stderr)


def test_switches_are_set_by_name(tmp_path: Path) -> None:
    """--quirk sets switches of the gateway and of its parts, with JSON values and plain words."""
    switches = ("rest.quoted_ping=false", "bracket_mode=position", "exchange.stop_limit=true")
    options = [word for switch in switches for word in ("--quirk", switch)]
    process = start(["gateway", *FAST, *options], tmp_path)
    try:
        ready = json.loads(read_until(process, lambda text: "\n" in text))
        with urlopen(f"{ready['api_url']}/Status/ping", timeout=LIMIT_S) as answer:
            assert answer.read() == b"pong"
    finally:
        process.kill()
        process.communicate(timeout=LIMIT_S)


def test_an_occupied_port_is_named(
    tmp_path: Path, served: tuple[subprocess.Popen[str], dict[str, str]]
) -> None:
    """A port that is taken is a clear error with a way out."""
    port = served[1]["api_url"].split(":")[2].split("/")[0]
    done = _run("gateway", *FAST, "--port", port, cwd=tmp_path)
    assert done.returncode == 2
    assert port in done.stderr
    assert done.stderr.count("\n") == 1


def test_the_demo_ends_with_a_summary(tmp_path: Path) -> None:
    """Without a terminal: plain lines while it runs, a summary, status 0."""
    done = _run("demo", *FAST, "--seconds", "4", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert any("MNQ" in line and "bid" in line for line in lines)
    assert "event to handler" in lines[-1]
    assert done.stderr == ""


def test_the_help_imports_nothing_heavy(tmp_path: Path) -> None:
    """What the help is made of loads no frames, no network, no server and no terminal library."""
    heavy = ("polars", "numpy", "talib", "aiohttp", "starlette", "uvicorn", "rich")
    code = (
        "import sys; from project_x_py.cli._commands import cli; cli(['bars', '-h'], 'projectx', "
        f"standalone_mode=False); print([name for name in {heavy} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=LIMIT_S,
        check=False,
    )
    assert done.stdout.splitlines()[-1] == "[]", done.stdout + done.stderr


def test_the_doctor_over_sockets(
    tmp_path: Path, served: tuple[subprocess.Popen[str], dict[str, str]]
) -> None:
    """Against a gateway of another process nothing fails."""
    ready = served[1]
    names = {"username": "PROJECT_X_USERNAME", "api_key": "PROJECT_X_API_KEY"}
    environment = {names.get(key, f"PROJECTX_{key.upper()}"): text for key, text in ready.items()}
    done = _run("doctor", "--json", cwd=tmp_path, env=environment)
    assert done.returncode == 0, done.stderr
    found = {one["check"]: one for one in json.loads(done.stdout)}
    assert {name for name, one in found.items() if one["status"] == "failure"} == set()
    assert "both connected in " in found["hubs"]["found"]
    assert found["clock"]["status"] == "ok"


@posix
def test_a_script_of_another_terminal_gets_the_gateways_clock(tmp_path: Path) -> None:
    """With the variables of --env, which only their owner reads, trades of another day count."""
    place = tmp_path / "gateway.env"
    place.write_text("what an earlier run left")
    options = ["--instruments", "MNQ", "--start", "2026-09-01T14:30:00Z", "--env", str(place)]
    gateway = start(["gateway", *options], tmp_path)
    try:
        read_until(gateway, lambda text: "\n" in text)
        assert place.stat().st_mode & 0o777 == 0o600
        lines = [line.partition("=") for line in place.read_text().splitlines()]
        environment = {name: value.strip("'") for name, _, value in lines}
        options = ["--trades", "--count", "2", "--seconds", "20"]
        done = _run("stream", "MNQ", *options, cwd=tmp_path, env=environment)
        assert [line.split()[1:3] for line in done.stdout.splitlines()] == [["MNQ", "trade"]] * 2
    finally:
        gateway.send_signal(signal.SIGINT)
        gateway.communicate(timeout=LIMIT_S)


@posix
def test_a_list_without_a_reader_ends_quietly(tmp_path: Path) -> None:
    """A reader that has left before the list came is no failure of the command."""
    process = start(["contracts", "--simulated"], tmp_path)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, errors = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, errors) == (0, "")


def test_a_gateway_out_of_reach_names_the_way_out(tmp_path: Path) -> None:
    """One line with the address, what to look at, and the command that looks closer."""
    nowhere = "http://127.0.0.1:1"
    environment = {
        "PROJECT_X_USERNAME": "somebody",
        "PROJECT_X_API_KEY": "a-secret-key",
        "PROJECTX_API_URL": f"{nowhere}/api",
        "PROJECTX_USER_HUB_URL": f"{nowhere}/hubs/user",
        "PROJECTX_MARKET_HUB_URL": f"{nowhere}/hubs/market",
    }
    done = _run("accounts", cwd=tmp_path, env=environment)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.count("\n") == 1
    assert nowhere in done.stderr
    assert "projectx doctor" in done.stderr
    assert "a-secret-key" not in done.stderr


@posix
def test_a_demonstration_without_a_reader_ends_quietly(tmp_path: Path) -> None:
    """A reader that leaves ends it with status 0; what it holds and has open is let go of."""
    process = start(["demo", "--instruments", "MNQ"], tmp_path)
    read_until(process, lambda text: "bid" in text)
    assert process.stdout is not None
    process.stdout.close()
    process.stdout = None
    _, err = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, err) == (0, "")


@posix
@pytest.mark.parametrize("ending", ["interrupt", "reader"])
def test_a_stream_ends_quietly(tmp_path: Path, ending: str) -> None:
    """Ctrl-C, and a reader that leaves, end a stream with status 0 and no traceback."""
    process = start(["stream", "MNQ", "--simulated", "--trades"], tmp_path)
    read_until(process, lambda text: "\n" in text)
    assert process.stdout is not None
    if ending == "interrupt":
        process.send_signal(signal.SIGINT)
    else:
        process.stdout.close()
        process.stdout = None
    _, err = process.communicate(timeout=LIMIT_S)
    assert (process.returncode, err) == (0, "")


@pytest.mark.parametrize(
    ("arguments", "match"),
    [
        (["run", "no-such-script.py"], "no-such-script.py"),
        (["gateway", "--instruments", "MNQQ"], "MNQ"),
        (["gateway", "--start", "soon"], "--start"),
        (["gateway", "--start", "1900-01-01"], "2013"),
        (["gateway", "--tape", "nowhere", "--instrument", "ES"], "nowhere"),
        (["gateway", "--tape", "."], "--instrument"),
        (["gateway", "--host", "0.0.0.0"], "--allow-remote"),
        (["gateway", "--quirk", "exchange.stop_limits=true"], "exchange.stop_limit"),
        (["gateway", "--quirk", "exchange.stop_limit=perhaps"], "bool"),
        (["gateway", "--instruments", ","], "--instruments MNQ,ES"),
        (["gateway", "--instruments", "ES", "--instrument", "GC"], "not both"),
        (["gateway", "--tape", ".", "--instrument", "ES", "--instruments", "ES"], "leave"),
        (["gateway", "--speed", "0"], "speed"),
        (["gateway", "--speed", "1e12"], "speed"),
        (["gateway", "--tape-from", "inf"], "finite"),
        (["demo", "--seconds", "nan"], "finite"),
        (["dmeo"], "dmeo"),
    ],
)
def test_a_mistake_is_one_clear_message(tmp_path: Path, arguments: list[str], match: str) -> None:
    """A user's mistake names cause and way out, with status 2 and without a traceback."""
    began = time.perf_counter()
    done = _run(*arguments, cwd=tmp_path)
    assert done.returncode == 2, done.stdout
    assert match in done.stderr
    assert "Traceback" not in done.stderr
    assert time.perf_counter() - began < LIMIT_S
