"""Who is woken at once, and who with others."""

from __future__ import annotations

import asyncio
from contextlib import ExitStack

import pytest

from services.common.jobs import wakeups
from services.common.jobs.wakeups import CROWD, Wakeups


@pytest.mark.parametrize(("listeners", "at_once"), [(1, True), (CROWD, True), (CROWD + 1, False)])
async def test_a_crowd_hears_of_progress_together_and_of_the_rest_at_once(
    listeners: int, at_once: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(wakeups, "CROWD_GAP", 0.2)
    waking, relayed, woken = Wakeups(), [], []
    waking.relay(lambda job_id, waits: relayed.append(job_id))
    waking.before_waking(woken.append)
    with ExitStack() as held:
        sleepers = [held.enter_context(waking.listen("job")) for _ in range(listeners)]
        for _ in range(3):
            waking.notify("job", soon=True)
        assert all(each.is_set() is at_once for each in sleepers)
        async with asyncio.timeout(5):
            await asyncio.gather(*(each.wait() for each in sleepers))
        assert (len(woken), len(relayed)) == (3 if at_once else 1, 3)
        for each in sleepers:
            each.clear()
        waking.notify("job", soon=True)
        waking.notify("job")
        assert all(each.is_set() for each in sleepers)
        seen = len(woken)
        await asyncio.sleep(0.4)
        assert len(woken) == seen  # what was to be told later was told with it
