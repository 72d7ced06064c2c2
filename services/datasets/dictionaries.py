"""Dictionaries of datasets: made of a finished job or of a file, listed, removed."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from runner import dictionaries
from runner.dictionaries import Dictionary, DictionaryMissing
from services.common.errors import FieldError, MockcraftError, gone, invalid, not_found, refused, unavailable
from services.common.jobs.model import Job, State
from services.common.jobs.service import JobsService
from services.common.jobs.store import unknown_job
from services.common.settings import Settings
from services.datasets.texts import Wanted, collect

LONGEST_TEXT: Final = 10_000


@dataclass(frozen=True, slots=True)
class DictionaryRequest:
    """A dictionary as a caller asks for it: `source` is a job's id, or for whoever may name files a path."""

    name: str
    source: str
    field: str = ""
    min_length: int = 1
    max_length: int = 200
    topics: tuple[str, ...] = ()
    kinds: tuple[str, ...] = ()
    unique: bool = False

    @property
    def wanted(self) -> Wanted:
        """Which texts of which records."""
        return Wanted(self.field, self.min_length, self.max_length, self.topics, self.kinds)


class Dictionaries:
    """The dictionaries of a data folder. Errors are `MockcraftError`."""

    def __init__(self, settings: Settings, jobs: JobsService) -> None:
        self._jobs, self._folder = jobs, settings.data_dir
        dictionaries.use_folder(settings.dictionaries_dir)

    async def create(self, request: DictionaryRequest) -> Dictionary:
        """A new version, made of a finished dataset. Raises NAME_INVALID, LENGTH_INVALID, JOB_NOT_FOUND, JOB_NOT_FINISHED,

        ARTIFACT_EXPIRED, and what `services.datasets.texts.collect` raises.
        """
        _check(request)
        job = await self._jobs.get(request.source)
        if job.kind != "dataset":
            raise unknown_job(request.source)
        if job.state is not State.SUCCEEDED:
            raise refused("JOB_NOT_FINISHED", f"The dataset {job.id} is {job.status}.", "A dictionary is made of a finished one.")
        if job.expired or not job.artifacts:
            raise gone("ARTIFACT_EXPIRED", "The files of this dataset are no longer kept.")
        return await self._of_artifact(job, request)

    async def create_of_file(self, request: DictionaryRequest) -> Dictionary:
        """The same, made of a file that the caller may read."""
        _check(request)
        return await asyncio.to_thread(_made, Path(request.source), request, Path(request.source).name)

    async def list(self) -> Sequence[Dictionary]:
        """The newest version of each, by name."""
        return await asyncio.to_thread(dictionaries.every)

    async def get(self, name: str, version: int = 0) -> Dictionary:
        """One of them. Raises DICTIONARY_NOT_FOUND."""
        return await asyncio.to_thread(_known, dictionaries.get, name, version)

    async def delete(self, name: str, version: int = 0) -> Dictionary:
        """Remove a version, 0 for all; returns it, or the newest, as it was. Raises DICTIONARY_NOT_FOUND."""
        return await asyncio.to_thread(_known, dictionaries.remove, name, version)

    async def _of_artifact(self, job: Job, request: DictionaryRequest) -> Dictionary:
        artifact, located = await self._jobs.artifact(job.id, job.artifacts[0].name)
        if isinstance(located, Path):
            return await asyncio.to_thread(_made, located, request, job.id)
        with tempfile.TemporaryDirectory(dir=self._folder) as beside:
            copy = Path(beside) / artifact.name
            with copy.open("wb") as file:
                async for piece in self._jobs.storage.read(located, 0, artifact.bytes):
                    await asyncio.to_thread(file.write, piece)
            return await asyncio.to_thread(_made, copy, request, job.id)


def _made(path: Path, request: DictionaryRequest, source: str) -> Dictionary:
    _refuse_prose(path, source)
    found = collect(path, request.wanted)
    now = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    about = {"field": request.field, "source": source, "created_at": now, "left_out": dict(found.left_out)}
    try:
        return dictionaries.save(request.name, found.counts, weighted=not request.unique, **about)
    except OSError as error:
        raise unavailable("STORE_UNAVAILABLE", f"The dictionary cannot be kept: {error.strerror}.") from None


def _refuse_prose(path: Path, source: str) -> None:
    """Datasets in txt are for people: what is a record in them cannot be told for sure."""
    if source.startswith("data_") and ".txt" in path.suffixes:
        text = "Dictionaries are not made of datasets in txt; the formats that can be read are jsonl, json, csv and parquet."
        raise invalid("FORMAT_UNSUPPORTED", text)


def _check(request: DictionaryRequest) -> None:
    if not dictionaries.NAME.fullmatch(request.name):
        text = "A dictionary's name is 1 to 64 lower-case letters, digits and `_`, a letter first."
        raise invalid("NAME_INVALID", text, findings=[FieldError("name", text, "NAME_INVALID")])
    if not 1 <= request.min_length <= request.max_length <= LONGEST_TEXT:
        text = f"Lengths must be 1 to {LONGEST_TEXT:,}, the shortest not above the longest."
        raise invalid("LENGTH_INVALID", text, findings=[FieldError("maxLength", text, "LENGTH_INVALID")])


def _known(function: Callable[[str, int], Dictionary], name: str, version: int) -> Dictionary:
    try:
        return function(name, version)
    except DictionaryMissing as error:
        raise missing(str(error)) from None


def missing(text: str) -> MockcraftError:
    """There is no such dictionary."""
    head, _, rest = text.partition("; ")
    return not_found("DICTIONARY_NOT_FOUND", f"{head[:1].upper()}{head[1:]}.", f"{rest[:1].upper()}{rest[1:]}." if rest else "")
