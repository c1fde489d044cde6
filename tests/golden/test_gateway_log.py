"""The same seed, start and commands give the same bytes: every run, interpreter and hash seed.

The digests are those of Python 3.11, 3.12 and 3.13 alike. Where the gateway's words are meant to
change, ``python -m tests.golden.gateway_log --write`` takes the new ones on.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from tests.golden import gateway_log

ROOT = Path(__file__).resolve().parents[2]


def test_the_log_is_the_one_of_every_python() -> None:
    """REST answers and the records of both hubs are, to the byte, those that were pinned."""
    assert gateway_log.digests() == json.loads(gateway_log.EXPECTED.read_text(encoding="utf-8"))


@pytest.mark.parametrize("hash_seed", ["0", "77"])
def test_hash_seeds_do_not_matter(hash_seed: str) -> None:
    """A process with another order of its sets says the same."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.golden.gateway_log"],
        cwd=ROOT,
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    assert json.loads(done.stdout) == json.loads(gateway_log.EXPECTED.read_text(encoding="utf-8"))


def test_the_log_is_not_idle() -> None:
    """It holds orders in many states, executions, refusals, all kinds of events and a halt."""
    log = gateway_log.log_of_a_made_up_market()
    for status in (1, 2, 3, 5, 6, 8):
        assert f'"status":{status},'.encode() in log["user"]
    for event in (b"UserOrder", b"UserTrade", b"UserPosition", b"UserAccount"):
        assert b"Gateway" + event in log["user"]
    assert log["market"].count(b'"type":6,"price":0') > 2
    assert log["rest"].count(b'"success":false') > 2
    assert b'{"type":7,"error":"Connection closed with an error."' in log["market"]


def test_another_seed_is_another_log() -> None:
    """A digest that does not depend on the seed would prove nothing."""
    one, two = (gateway_log.log_of_a_made_up_market(seed) for seed in (1, 2))
    assert one["market"] != two["market"]
    assert one["user"] != two["user"]
