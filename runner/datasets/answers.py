"""Answers that were paid for: a SQLite file, content-addressed, written before an answer is used.

An answer's address is BLAKE2b-256 of everything that decides it: prompt, model and parameters. The file holds neither
prompts nor keys. A job has a file of its own, which goes with its work folder, and may read those of others. Commits
are grouped: an answer waits at most `GROUP_SECONDS` for others.
"""

from __future__ import annotations

import asyncio
import queue
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import asdict
from hashlib import blake2b
from pathlib import Path
from typing import Any, Final

import orjson

from runner.datasets.models import Answer, Prompt

GROUP_SECONDS: Final = 0.02
_LARGEST_GROUP: Final = 256
_TABLE: Final = """CREATE TABLE IF NOT EXISTS answers (
  address BLOB PRIMARY KEY, text TEXT NOT NULL, prompt_tokens INTEGER NOT NULL, completion_tokens INTEGER NOT NULL,
  finish_reason TEXT NOT NULL, seconds REAL NOT NULL) WITHOUT ROWID"""
_READ: Final = "SELECT text, prompt_tokens, completion_tokens, finish_reason, seconds FROM answers WHERE address = ?"
_WRITE: Final = "INSERT OR IGNORE INTO answers VALUES (?, ?, ?, ?, ?, ?)"

_Waiting = tuple[bytes, Answer, asyncio.Future[None]]


def address(prompt: Prompt, model: str) -> bytes:
    """The 32-byte address of an answer of the model of that name to a prompt."""
    return blake2b(orjson.dumps([asdict(prompt), model], option=orjson.OPT_SORT_KEYS), digest_size=32).digest()


def connect(path: Path) -> sqlite3.Connection:
    """A SQLite file in WAL mode whose commits are durable; usable from any one thread at a time."""
    path.parent.mkdir(parents=True, exist_ok=True)
    db = sqlite3.connect(path, timeout=30, isolation_level=None, check_same_thread=False)
    db.execute("PRAGMA journal_mode = WAL")
    db.execute("PRAGMA synchronous = FULL")
    return db


class Answers:
    """The store. `get` and `find` are for the event loop's thread; writing is a thread's of its own.

    `others` are stores of other jobs, which are read only; one that is not there, or goes meanwhile, has no answers.
    """

    def __init__(self, path: Path, others: Sequence[Path] = ()) -> None:
        """Raises `OSError` or `sqlite3.Error`."""
        self._path = path
        self._db = connect(path)
        self._db.execute(_TABLE)
        self._others = [db for other in others if (db := _opened(other))]
        self._waiting: queue.SimpleQueue[_Waiting | None] = queue.SimpleQueue()
        self._writer = threading.Thread(target=self._write, name="answers", daemon=True)
        self._writer.start()

    def get(self, at: bytes) -> Answer | None:
        """The stored answer, or None."""
        row = self._db.execute(_READ, (at,)).fetchone()
        return None if row is None else Answer(*row)

    async def find(self, at: bytes) -> Answer | None:
        """The stored answer; another job's is stored here too before it is used, since that job's may go."""
        own = self.get(at)
        if own is not None:
            return own
        row = next((row for db in self._others if (row := _read(db, at))), None)
        if row is None:
            return None
        answer = Answer(*row)
        await self.put(at, answer)
        return answer

    async def put(self, at: bytes, answer: Answer) -> None:
        """Store an answer; returns when it is durable. Raises `sqlite3.Error` when it cannot be."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.put((at, answer, done))
        await done

    def close(self) -> None:
        """Write what waits, and close the file."""
        self._waiting.put(None)
        self._writer.join()
        for db in (self._db, *self._others):
            db.close()

    def _write(self) -> None:
        db = connect(self._path)
        for group in self._groups():
            failed = _stored(db, group)
            for _, _, done in group:
                with suppress(RuntimeError):  # the loop is closed: nobody waits any more
                    done.get_loop().call_soon_threadsafe(_settle, done, failed)
        db.close()

    def _groups(self) -> Iterator[list[_Waiting]]:
        while (first := self._waiting.get()) is not None:
            group, until = [first], time.monotonic() + GROUP_SECONDS
            while len(group) < _LARGEST_GROUP and (left := until - time.monotonic()) > 0:
                try:
                    item = self._waiting.get(timeout=left)
                except queue.Empty:
                    break
                if item is None:
                    self._waiting.put(None)
                    break
                group.append(item)
            yield group


def _opened(path: Path) -> sqlite3.Connection | None:
    try:
        return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=1, isolation_level=None)
    except sqlite3.Error:
        return None


def _read(db: sqlite3.Connection, at: bytes) -> tuple[Any, ...] | None:
    try:
        row: tuple[Any, ...] | None = db.execute(_READ, (at,)).fetchone()
    except sqlite3.Error:
        return None
    return row


def _stored(db: sqlite3.Connection, group: list[_Waiting]) -> sqlite3.Error | None:
    """Commit a group of answers; what went wrong, if anything did."""
    rows = [(at, a.text, a.prompt_tokens, a.completion_tokens, a.finish_reason, a.seconds) for at, a, _ in group]
    try:
        db.execute("BEGIN IMMEDIATE")
        db.executemany(_WRITE, rows)
        db.execute("COMMIT")
    except sqlite3.Error as error:
        with suppress(sqlite3.Error):
            db.execute("ROLLBACK")
        return error
    return None


def _settle(done: asyncio.Future[None], failed: sqlite3.Error | None) -> None:
    if done.cancelled():
        return
    if failed is None:
        done.set_result(None)
    else:
        done.set_exception(failed)
