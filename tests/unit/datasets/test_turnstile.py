"""Turns: so many at a time, the first in the plan before the others, and no place lost by whoever gives up."""

from __future__ import annotations

import asyncio

import pytest

from runner.datasets.turnstile import Turnstile


async def test_the_first_in_the_plan_go_first() -> None:
    turnstile, order, most, inside = Turnstile(lambda: 2), list[int](), 0, 0

    async def pass_(place: int) -> None:
        nonlocal most, inside
        async with turnstile.passed(place):
            inside += 1
            most = max(most, inside)
            order.append(place)
            await asyncio.sleep(0)
            inside -= 1

    await asyncio.gather(*(pass_(place) for place in (9, 8, 7, 3, 5, 1, 6)))
    assert order == [9, 8, 1, 3, 5, 6, 7]
    assert most == 2


async def test_room_that_grows_lets_more_in() -> None:
    room = 1
    turnstile, gate = Turnstile(lambda: room), asyncio.Event()
    inside = list[int]()

    async def stay(place: int) -> None:
        async with turnstile.passed(place):
            inside.append(place)
            await gate.wait()

    tasks = [asyncio.create_task(stay(place)) for place in range(4)]
    await asyncio.sleep(0.01)
    assert inside == [0]
    room = 4
    gate.set()
    await asyncio.gather(*tasks)
    assert inside == [0, 1, 2, 3]


async def test_whoever_is_cancelled_gives_his_turn_back() -> None:
    turnstile, gate = Turnstile(lambda: 1), asyncio.Event()

    async def stay(place: int) -> int:
        async with turnstile.passed(place):
            await gate.wait()
            return place

    tasks = [asyncio.create_task(stay(place)) for place in range(4)]
    await asyncio.sleep(0)
    tasks[1].cancel()  # waits
    gate.set()
    await asyncio.sleep(0)  # 0 leaves, and lets the next through
    tasks[2].cancel()  # let through, and cancelled before it could enter
    assert await asyncio.wait_for(tasks[3], 1) == 3
    for task in tasks[1:3]:
        with pytest.raises(asyncio.CancelledError):
            await task
