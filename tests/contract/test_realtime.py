"""RT cards: the real-time client against every fault of the gateway, alone and in pairs.

After each fault the subscriptions, the state and the counters are right, what was missed lies in a
gap that was told, and no task, socket or callback is left.
"""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime
from typing import get_args

import pytest
from tests.chaos.scenes import Outcome, Pacing, play

from project_x_py._runtime.virtual_loop import run_virtual
from project_x_py.realtime._connection import HubTiming
from project_x_py.simulator import SimulatedGateway, faults
from project_x_py.simulator.faults import Fault

OPEN = datetime(2026, 9, 1, 14, 0, tzinfo=UTC)
MES = "CON.F.US.MES.U26"
QUICK = Pacing(HubTiming(), 10.0, length_s=8.0, faults=0, slack_s=0.01, detect_s=0.0)
PATIENT = Pacing(HubTiming(), 10.0, length_s=50.0, faults=0, slack_s=0.01, detect_s=0.0)

CARDS: dict[str, Fault] = {
    "RT01-drop": faults.Drop(),
    "RT02-drop-user": faults.Drop(hub="user"),
    "RT03-mute-a-moment": faults.Mute(seconds=2),
    "RT04-mute-market": faults.Mute(hub="market", seconds=6.5),
    "RT05-unmute": faults.Unmute(),
    "RT06-half-open-market": faults.HalfOpen(hub="market"),
    "RT07-half-open-user": faults.HalfOpen(hub="user"),
    "RT08-close-with-error": faults.Close(),
    "RT09-close-politely": faults.Close(error=None, allow_reconnect=True),
    "RT10-delay": faults.DelayMessages(seconds=0.8),
    "RT11-garbage-frame": faults.SendFrame(text="{not json\x1e"),
    "RT12-unknown-target": faults.SendFrame(
        text='{"type":1,"target":"GatewayNews","arguments":[1]}\x1e'
    ),
    "RT13-missing-arguments": faults.SendFrame(
        hub="market", text='{"type":1,"target":"GatewayTrade","arguments":[]}\x1e'
    ),
    "RT14-logout": faults.SendFrame(text='{"type":1,"target":"GatewayLogout","arguments":[]}\x1e'),
    "RT15-duplicates": faults.DuplicateEvents(times=5),
    "RT16-reorder": faults.ReorderEvents(),
    "RT17-truncated": faults.GarbleEvents(hub="market", how="truncated"),
    "RT18-unterminated": faults.GarbleEvents(hub="market", how="unterminated"),
    "RT19-wrong-types": faults.GarbleEvents(hub="market", how="wrong_types"),
    "RT20-nested": faults.GarbleEvents(hub="market", how="nested"),
    "RT21-large-depth": faults.LargeDepth(size_bytes=1_000_000),
    "RT22-upgrade-refused": faults.Refuse(status=503, route="/hubs/market", times=3),
    "RT23-upgrade-cut": faults.Cut(route="/hubs/user", times=2),
    "RT24-answer-lost": faults.LoseAnswer(),
    "RT25-answer-late": faults.DelayAnswers(seconds=3),
    "RT26-answer-spoilt": faults.SpoilAnswer(how="html"),
    "RT27-tokens-expire": faults.ExpireTokens(),
    "RT28-clock-forward": faults.JumpClock(seconds=4),
    "RT29-clock-back": faults.JumpClock(seconds=-4),
    "RT30-halt": faults.Halt(seconds=5),
    "RT31-resume": faults.Resume(),
    "RT32-daily-break": faults.DailyBreak(seconds=5),
    "RT33-roll": faults.Roll(contract_id=MES),
    "RT34-logout": faults.Logout(hub="user", text="elsewhere"),
    "RT35-answer-torn": faults.TearAnswer(),
    "RT36-answer-with-code": faults.Answer(route="/api/Auth/validate", code=3),
}
SLOW = ("RT07-half-open-user",)
"""What the hub's own silence alone gives away, after half a minute."""


def live_through(pacing: Pacing, *chosen: Fault) -> None:
    """Play a scene with these faults, each followed by a drop of the hubs if it waits for one."""

    async def scene() -> Outcome:
        before = asyncio.all_tasks()
        async with SimulatedGateway(
            in_process=True, start=OPEN, instruments=("MNQ", "MES")
        ) as gateway:
            plan: list[tuple[float, Fault]] = [(3.0, fault) for fault in chosen]
            plan.append((4.0, faults.Drop()))
            outcome = await play(1, gateway, pacing, plan)
            assert gateway.connections == {"user": 0, "market": 0}
        assert asyncio.all_tasks() == before
        return outcome

    outcome = run_virtual(scene())
    assert not outcome.faults
    assert outcome.recovered_s <= 3.0


@pytest.mark.parametrize("name", list(CARDS))
def test_each_fault_alone(name: str) -> None:
    """The client is whole again and nothing was lost in silence."""
    live_through(PATIENT if name in SLOW else QUICK, CARDS[name])


@pytest.mark.parametrize("seed", range(6))
def test_random_pairs(seed: int) -> None:
    """Two faults at one moment are no worse than one after the other."""
    first, second = random.Random(seed).sample(sorted(set(CARDS) - set(SLOW)), 2)
    live_through(QUICK, CARDS[first], CARDS[second])


def test_every_fault_of_the_gateway_has_a_card() -> None:
    """A fault that is added to the gateway is added here."""
    assert {type(fault) for fault in CARDS.values()} == set(get_args(Fault))
