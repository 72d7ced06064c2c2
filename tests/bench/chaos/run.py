"""One run: a calm phase that shows what each job gives, the fire, the calm after it, and the verdict."""

from __future__ import annotations

import asyncio
import shutil
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from random import Random
from typing import Any, Final

import aiohttp
import psutil

from tests.bench.chaos.clients import ENDED, Door, Task, listed, live, log_of
from tests.bench.chaos.faults import Faults, tell
from tests.bench.chaos.house import House, house_in
from tests.bench.chaos.verdict import Outcome, Sample, floors
from tests.bench.chaos.work import FORMATS, JSON, Recipe, datasets, fill_zoo, recipes
from tests.bench.floors import Floor
from tests.bench.runs import folder

CALM_SECONDS: Final = 120.0
SETTLE_SECONDS: Final = 150.0
"""How long jobs may take when nothing goes wrong any more."""
SAMPLE_SECONDS: Final = 2.0


@dataclass(frozen=True)
class Plan:
    """How long and what. `at_once` jobs live at a time, of tables with so many `users` in so many formats."""

    seconds: float
    seed: int = 1
    store: str = "postgresql"
    at_once: int = 6
    users: Sequence[str] = ("3K", "100K", "600K")
    formats: Sequence[JSON] = FORMATS
    records: Sequence[int] = (200, 20_000)
    zoo: int = 8


def chaos(plan: Plan) -> list[Floor]:
    """The floors of one run."""
    with folder(None) as home, house_in(home, plan.store) as house:
        fill_zoo(house.data / "zoo.db", plan.zoo)
        return asyncio.run(_chaos(plan, house))


async def _chaos(plan: Plan, house: House) -> list[Floor]:
    timeout = aiohttp.ClientTimeout(total=None, connect=5, sock_read=20)
    async with aiohttp.ClientSession(timeout=timeout, connector=aiohttp.TCPConnector(limit=0)) as session:
        tell("the house is started")
        await house.open()
        door = Door(session, house.urls, Random(plan.seed))
        found = await _Run(plan, house, door).all()
    return list(floors(found))


class _Run:
    """What is known while it goes on."""

    def __init__(self, plan: Plan, house: House, door: Door) -> None:
        self._plan, self._house, self._door = plan, house, door
        self._tasks: list[Task] = []
        self._calm: list[Task] = []
        self._samples: dict[str, list[Sample]] = {}
        self._expected: dict[str, Any] = {}
        self._archive = ""

    async def all(self) -> Outcome:
        """Everything, one after another; the house is closed in the end."""
        made = await self._undisturbed()
        tell(f"{len(made)} sorts of jobs; things go wrong now")
        began = time.monotonic()
        until = began + self._plan.seconds
        faults = Faults(self._house, self._door, Random(self._plan.seed), self._running)
        sampling = asyncio.ensure_future(self._sample())
        await asyncio.gather(faults.go_on(until), self._clients(made, until))
        tell(f"{len(self._tasks)} jobs ended; their logs and files are looked at")
        sampling.cancel()
        seconds = time.monotonic() - began
        logs = {task.id: await log_of(self._door, task.id) for task in self._tasks if task.job}
        known = await listed(self._door)
        await self._house.close()
        orphans, calm = self._house.orphans(), {task.id for task in self._calm}
        return Outcome(self._tasks, faults.record, self._expected, known, calm, logs, self._living(), orphans, seconds)

    def _running(self) -> list[str]:
        return [task.id for task in self._tasks if task.id and not task.job]

    async def _undisturbed(self) -> list[Recipe]:
        """Do each sort of job once, with nothing wrong; those that there are."""
        plan = self._plan
        self._archive = await self._archived()
        made = list(recipes(self._house, self._archive, plan.users, plan.formats))
        for recipe in made:
            await self._once(recipe)
        for recipe in datasets(self._house, plan.records):
            with suppress(RuntimeError):  # no such service yet
                await self._once(recipe)
                made.append(recipe)
        return made

    async def _archived(self) -> str:
        """The name of an archive of the zoo, to restore and verify."""
        task = Task(Recipe("archive", "backups", lambda _: {"source": "sqlite:///zoo.db"}, lambda job, _: None), 0)
        await self._begin(task)
        return str(task.job["artifacts"][0]["name"])

    async def _once(self, recipe: Recipe) -> None:
        task = Task(recipe, -1 - len(self._calm))
        await self._begin(task)
        self._expected[recipe.name] = await asyncio.to_thread(recipe.came, task.job, task.number)

    async def _begin(self, task: Task) -> None:
        task.id = await self._door.create(task)
        self._calm.append(task)
        task.job = await self._door.until(task.id, lambda job: job["state"] in ENDED, CALM_SECONDS)
        if task.job["state"] != "SUCCEEDED":
            raise AssertionError(f"{task.recipe.name} undisturbed: {task.job['state']} {task.job.get('error')}")

    async def _clients(self, made: Sequence[Recipe], until: float) -> None:
        """So many at once, each with one job after another; the last ones may go on for a while after the fire."""
        chance = Random(self._plan.seed + 1)

        async def client(number: int) -> None:
            await asyncio.sleep(number * 0.3)
            while time.monotonic() < until:
                task = Task(chance.choice(made), len(self._tasks) + 1)
                self._tasks.append(task)
                await live(task, self._door, Random(chance.random()), lambda: until - time.monotonic() + SETTLE_SECONDS)
                await self._look_at(task)

        await asyncio.gather(*(client(number) for number in range(self._plan.at_once)))

    async def _look_at(self, task: Task) -> None:
        """What came of a job that succeeded; a database that does not answer now is asked again."""
        if task.job.get("state") != "SUCCEEDED":
            shutil.rmtree(self._house.data / "outputs" / (task.id or "none"), ignore_errors=True)
            return
        for attempt in range(10):
            try:
                task.came = await asyncio.to_thread(task.recipe.came, task.job, task.number)
                return
            except Exception as error:
                task.came = f"{type(error).__name__}: {error}"
                if "psycopg" not in type(error).__module__ or attempt == 9:
                    task.problems.append(task.came)
                    return
                await asyncio.sleep(1)

    async def _sample(self) -> None:
        """What each process holds, all along."""
        while True:
            for server in self._house.servers:
                with suppress(psutil.Error, AssertionError):
                    process = psutil.Process(server.pid)
                    held = Sample(time.monotonic(), process.memory_info().rss / 1e6, process.num_fds())
                    self._samples.setdefault(f"{server.name} {server.pid}", []).append(held)
            await asyncio.sleep(SAMPLE_SECONDS)

    def _living(self) -> Mapping[str, Sequence[Sample]]:
        """Samples of the processes that were never killed; where there are none, of the one that lived longest."""
        steady = {f"{server.name} {server.pid}" for server in self._house.servers if server.steady}
        found = {name: samples for name, samples in self._samples.items() if name in steady}
        longest = max(self._samples, key=lambda name: len(self._samples[name]), default="")
        return found or {name: self._samples[name] for name in (longest,) if name}
