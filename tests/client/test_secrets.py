"""Nothing that the client says, raises or keeps in the open holds a token or a key."""

from __future__ import annotations

import asyncio
import base64
import logging
import traceback

import msgspec
import pytest
from tests.client.gateways import Answer, Parts, envelope, with_client, with_parts

from project_x_py.client import ProjectX
from project_x_py.exceptions import ProjectXError
from project_x_py.simulator import SimulatedGateway, faults

TROUBLE: list[faults.Fault] = [
    faults.ExpireTokens(),
    faults.Refuse(status=401, times=9),
    faults.Refuse(status=429, retry_after="900"),
    faults.Refuse(status=503, times=9),
    faults.Refuse(status=400),
    faults.Cut(times=9),
    faults.LoseAnswer(times=9),
    faults.DelayAnswers(seconds=200, times=9),
    faults.SpoilAnswer(how="html", times=9),
    faults.SpoilAnswer(how="truncated", times=9),
    faults.SpoilAnswer(how="not_utf8", times=9),
]


def _shown(error: BaseException) -> str:
    """All that a report of an error could print: message, data, causes, locals left out."""
    parts = traceback.format_exception(error)
    while error is not None:
        parts += [repr(error), str(vars(error))]
        error = error.__cause__ or error.__context__  # type: ignore[assignment]
    return "".join(parts)


def test_no_secret_is_ever_shown(
    caplog: pytest.LogCaptureFixture, capsys: pytest.CaptureFixture[str]
) -> None:
    """Through every fault and every call: no log line, repr, error, task name or output has one."""
    shown: list[str] = []
    secrets: set[str] = set()

    async def use(gateway: SimulatedGateway, client: ProjectX) -> None:
        secrets.add(gateway.credentials.api_key)
        gateway.market.pause()
        calls = (
            client.list_accounts,
            client.validate_session,
            client.authenticate,
            lambda: client.get_instrument("NOPE"),
            lambda: client.get_bars("MNQ", days=0.1, interval=1),
            client.search_open_positions,
            client.search_trades,
            client.ping,
        )
        for fault in TROUBLE:
            gateway.faults.apply(fault)
            for call in calls:
                if client._auth.current is not None:
                    secrets.add(client._auth.current)
                try:
                    shown.append(repr(await call()))
                except ProjectXError as error:
                    shown.append(_shown(error))
                shown.extend(task.get_name() + repr(task) for task in asyncio.all_tasks())
            gateway.faults.stop()
        shown.extend(repr(part) + str(part) for part in vars(client).values())
        shown.append(repr(client) + repr(client.get_performance_stats()))

    with caplog.at_level(logging.DEBUG):
        with_client(use)
    captured = capsys.readouterr()
    text = "\n".join([*shown, caplog.text, captured.out, captured.err])
    assert len(secrets) > 3
    assert len(text) > 10_000
    for secret in secrets:
        assert secret not in text
        assert secret.rpartition(".")[2][:20] not in text


@pytest.mark.parametrize("status", [200, 400, 401, 429, 500])
@pytest.mark.parametrize("is_envelope", [True, False])
def test_a_refused_login_does_not_repeat_the_key(status: int, is_envelope: bool) -> None:
    """A key has no form that could be recognised, so it is taken out wherever it comes back."""

    async def use(parts: Parts) -> None:
        said = "the key a-secret-key of me is not known"
        body = envelope(3, said).body if is_envelope else said.encode()
        parts.network.script("/Auth/loginKey", Answer(body, status))
        with pytest.raises(ProjectXError) as caught:
            await parts.auth.login()
        assert "a-secret-key" not in _shown(caught.value)

    with_parts(use, login=False, retry_attempts=0)


@pytest.mark.parametrize("status", [200, 400, 401, 403, 404, 429, 500])
def test_an_answer_that_repeats_the_secrets_is_cleaned(status: int) -> None:
    """A server that sends token and key back, as error pages do, gets neither into the error."""
    claims = base64.urlsafe_b64encode(b'{"sub":"me","exp":99999999999}').decode().rstrip("=")
    token = f"eyJhbGciOiJIUzI1NiJ9.{claims}.c2lnbmF0dXJlc2lnbmF0dXJl"

    async def use(parts: Parts) -> None:
        parts.network.script("/Auth/loginKey", envelope(token=token))
        await parts.auth.login()
        echo = msgspec.json.encode(
            {"headers": f"Authorization: Bearer {token}", "apiKey": "a-secret-key", "bars": "x"}
        )
        parts.network.script("/Account/search", Answer(echo, status))
        with pytest.raises(ProjectXError) as caught:
            await parts.calls.ask("/Account/search", {})
        text = _shown(caught.value)
        assert token not in text
        assert "c2lnbmF0dXJl" not in text
        assert "a-secret-key" not in text

    with_parts(use, login=False, retry_attempts=0)
