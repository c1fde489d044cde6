"""Closes of one position one after the other."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from tests.position_manager.accounts import following
from tests.virtual import in_virtual_time

from project_x_py.exceptions import ProjectXPositionError
from project_x_py.simulator import faults

CLOSES = "/api/Position/closeContract"


@pytest.mark.parametrize("orders", [False, True])
@pytest.mark.parametrize("hub", [False, True])
def test_closes_together_are_one(virtual: Any, orders: bool, hub: bool) -> None:
    """Of four closes one takes the position off, and three find nothing held, by its showing."""

    async def scene() -> None:
        async with following(orders=orders, hub=hub, held=4) as (_, account):
            close = account.positions.close_position_direct
            answers = await asyncio.gather(*(close("MNQ") for _ in range(4)))
            assert sorted(answer["closed_size"] for answer in answers) == [0, 0, 0, 4]
            assert [answer["error"] for answer in answers].count("nothing is held") == 3
            assert await account.positions.get_all_positions() == []

    virtual(scene())


@in_virtual_time
async def test_parts_together_never_close_more_than_is_held() -> None:
    """Three of four go once; the next ones are told what is left; the last one goes whole."""
    async with following(orders=True, held=4) as (_, account):
        positions = account.positions
        answers = await asyncio.gather(
            *(positions.partially_close_position("MNQ", 3) for _ in range(3)),
            positions.close_position_direct("MNQ"),
            return_exceptions=True,
        )
        assert isinstance(answers[0], dict)
        assert answers[0]["closed_size"] == 3
        for refused in answers[1:3]:
            assert isinstance(refused, ProjectXPositionError)
            assert "1 are held" in str(refused)
        assert isinstance(answers[3], dict)
        assert answers[3]["closed_size"] == 1


@in_virtual_time
async def test_a_close_that_was_refused_holds_nobody_up() -> None:
    """The one that follows it sends its own, at once."""
    async with following(orders=True, held=2) as (gateway, account):
        gateway.faults.apply(faults.Answer(route=CLOSES, code=3))
        close = account.positions.close_position_direct
        answers = await asyncio.gather(close("MNQ"), close("MNQ"))
        assert sorted(answer["closed_size"] for answer in answers) == [0, 2]


@in_virtual_time
async def test_a_close_whose_caller_left_is_waited_for() -> None:
    """The request is on its way; the next close gives it the time to show, and closes no more."""
    async with following(orders=True, held=2) as (gateway, account):
        gateway.faults.apply(faults.DelayAnswers(route=CLOSES, seconds=0.4))
        close = account.positions.close_position_direct
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(close("MNQ"), 0.1)
        answer = await close("MNQ")
        assert (answer["closed_size"], answer["error"]) == (0, "nothing is held")
