"""The store of answers: addresses, durability, groups."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from runner.datasets.answers import Answers, address
from runner.datasets.models import Answer, Message, Prompt

PROMPT = Prompt((Message("system", "Be brief."), Message("user", "Why?")), 0.8, 1.0, 100, 7, {"type": "object"})
ANSWER = Answer("Because. ✓", 12, 3, "stop", 0.25)


def test_an_address_is_of_everything_that_decides_an_answer() -> None:
    others = [
        replace(PROMPT, messages=(Message("system", "Be brief."), Message("user", "Why not?"))),
        replace(PROMPT, messages=(Message("system", "Be brief.Why?"),)),
        replace(PROMPT, temperature=0.9),
        replace(PROMPT, top_p=0.9),
        replace(PROMPT, max_tokens=101),
        replace(PROMPT, seed=8),
        replace(PROMPT, json_schema=None),
    ]
    addresses = [address(one, "openai:a") for one in (PROMPT, *others)] + [address(PROMPT, "openai:b")]
    assert len(set(addresses)) == len(addresses)
    assert address(PROMPT, "openai:a") == address(replace(PROMPT), "openai:a")
    assert {len(one) for one in addresses} == {32}


async def test_what_was_put_is_there_and_stays(tmp_path: Path) -> None:
    store, at = Answers(tmp_path / "a" / "answers.db"), address(PROMPT, "m")
    assert store.get(at) is None
    await store.put(at, ANSWER)
    assert store.get(at) == ANSWER
    await store.put(at, replace(ANSWER, text="another"))
    store.close()
    again = Answers(tmp_path / "a" / "answers.db")
    assert again.get(at) == ANSWER  # the first answer is the answer
    again.close()


async def test_answers_of_other_jobs_are_taken_over(tmp_path: Path) -> None:
    at, other = address(PROMPT, "m"), tmp_path / "other" / "answers.db"
    theirs = Answers(other)
    await theirs.put(at, ANSWER)
    (tmp_path / "broken.db").write_bytes(b"no database at all, but long enough to look at" * 9)
    ours = Answers(tmp_path / "answers.db", [tmp_path / "absent.db", tmp_path / "broken.db", other])
    assert ours.get(at) is None and await ours.find(b"0" * 32) is None
    assert await ours.find(at) == ANSWER
    theirs.close()
    shutil.rmtree(other.parent)
    assert ours.get(at) == ANSWER and await ours.find(b"0" * 32) is None
    ours.close()
    assert not (tmp_path / "absent.db").exists()


async def test_answers_that_come_together_are_committed_together(tmp_path: Path) -> None:
    store = Answers(tmp_path / "answers.db")
    began = time.perf_counter()
    await asyncio.gather(*(store.put(n.to_bytes(32, "big"), ANSWER) for n in range(500)))
    assert time.perf_counter() - began < 2
    assert all(store.get(n.to_bytes(32, "big")) for n in range(500))
    store.close()


async def test_one_answer_alone_waits_no_longer_than_a_group(tmp_path: Path) -> None:
    store = Answers(tmp_path / "answers.db")
    waited = []
    for n in range(5):
        began = time.perf_counter()
        await store.put(n.to_bytes(32, "big"), ANSWER)
        waited.append(time.perf_counter() - began)
    assert min(waited) < 0.05
    store.close()


async def test_a_dropped_wait_still_stores_the_answer(tmp_path: Path) -> None:
    store, at = Answers(tmp_path / "answers.db"), address(PROMPT, "m")
    put = asyncio.create_task(store.put(at, ANSWER))
    await asyncio.sleep(0)
    put.cancel()
    with pytest.raises(asyncio.CancelledError):
        await put
    store.close()
    again = Answers(tmp_path / "answers.db")
    assert again.get(at) == ANSWER
    again.close()


async def test_what_cannot_be_stored_is_told(tmp_path: Path) -> None:
    store = Answers(tmp_path / "answers.db")
    with sqlite3.connect(tmp_path / "answers.db") as other:
        other.execute("DROP TABLE answers")
    other.close()
    with pytest.raises(sqlite3.OperationalError, match="no such table"):
        await store.put(b"x" * 32, ANSWER)
    store.close()


async def test_two_jobs_share_a_store(tmp_path: Path) -> None:
    one, other = Answers(tmp_path / "answers.db"), Answers(tmp_path / "answers.db")
    await asyncio.gather(*((one if n % 2 else other).put(n.to_bytes(32, "big"), ANSWER) for n in range(100)))
    assert all(store.get(n.to_bytes(32, "big")) for n in range(100) for store in (one, other))
    one.close()
    other.close()


KILLED = """
import asyncio, os, signal, sys
from pathlib import Path
from runner.datasets.answers import Answers
from runner.datasets.models import Answer
async def main():
    store = Answers(Path(sys.argv[1]))
    await store.put(b"k" * 32, Answer("kept", 1, 2))
    os.kill(os.getpid(), signal.SIGKILL)
asyncio.run(main())
"""


def test_a_stored_answer_survives_a_kill(tmp_path: Path) -> None:
    path = tmp_path / "answers.db"
    assert subprocess.run([sys.executable, "-c", KILLED, str(path)], timeout=60).returncode < 0
    store = Answers(path)
    assert store.get(b"k" * 32) == Answer("kept", 1, 2)
    store.close()
