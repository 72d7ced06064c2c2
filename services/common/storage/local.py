"""Artifacts and work folders in a local folder: `outputs/<job>` and `checkpoints/<job>` below the data folder."""

from __future__ import annotations

import asyncio
import glob
import os
import shutil
import stat
from collections.abc import AsyncIterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Protocol

from services.common.errors import MockcraftError, not_found
from services.common.jobs.ids import kind_of
from services.common.jobs.model import Artifact, Job

PIECE = 1 << 20


class Located(Protocol):
    """Where an artifact is: a path, or what another storage makes of it."""


@dataclass(frozen=True, slots=True)
class JobPaths:
    """Folders of one job: `work` for checkpoints, `out` for finished and half-written files, and its spec file."""

    work: Path
    out: Path

    @property
    def spec(self) -> Path:
        """The job spec the child reads."""
        return self.work / "spec.json"

    @property
    def lock(self) -> Path:
        """Locked while a child of the job may live."""
        return self.work / "supervisor.lock"

    @property
    def child(self) -> Path:
        """Which process works here."""
        return self.work / "child.json"


class LocalStorage:
    """Files of jobs below `root` (the data folder)."""

    def __init__(self, root: Path) -> None:
        self.root = root.absolute()

    def job_dir(self, job_id: str, out: Path | None = None) -> JobPaths:
        """The folders of a job; `out` when its files go elsewhere. Raises JOB_NOT_FOUND for what is no id."""
        if not kind_of(job_id):
            raise not_found("JOB_NOT_FOUND", "There is no such job.")
        return JobPaths(self.root / "checkpoints" / job_id, out or self.root / "outputs" / job_id)

    def paths(self, job: Job) -> JobPaths:
        """The folders of a job with its spec at hand."""
        out = job.spec.get("outDir")
        return self.job_dir(job.id, Path(out) if out else None)

    async def publish(self, job: Job, artifacts: tuple[Artifact, ...]) -> tuple[Artifact, ...]:
        """Put the finished files of a job where they are kept; the artifacts as they are then. May be cancelled.

        Here they stay where they were written. Other storages raise `DatabaseError`.
        """
        return artifacts

    async def release(self, job: Job) -> None:
        """Remove what is left here of files that are kept elsewhere, once the job has succeeded with them."""

    def locate(self, job: Job, artifact: Artifact) -> Located:
        """Where an artifact is. Raises ARTIFACT_NOT_FOUND."""
        return self.file(job, artifact)

    def file(self, job: Job, artifact: Artifact) -> Path:
        """The file of an artifact: below the job's output folder, regular, through no link. Raises ARTIFACT_NOT_FOUND."""
        out, relative = self.paths(job).out, PurePosixPath(artifact.path)
        if relative.is_absolute() or ".." in relative.parts or "\0" in artifact.path:
            raise _missing()
        path = out / relative
        try:
            inside = path.resolve(strict=True) == out.resolve(strict=True) / relative
            regular = stat.S_ISREG(path.lstat().st_mode)
        except OSError:
            raise _missing() from None
        if not (inside and regular):
            raise _missing()
        return path

    def open(self, path: Path) -> BinaryIO:
        """Open a located file, refusing a link that took its place. Raises ARTIFACT_NOT_FOUND."""
        try:
            return os.fdopen(os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0)), "rb")
        except OSError:
            raise _missing() from None

    async def read(self, located: Located, offset: int, limit: int) -> AsyncIterator[bytes]:
        """Bytes [offset, offset + limit) in pieces of at most 1 MiB, read off the event loop."""
        assert isinstance(located, Path)
        file = await asyncio.to_thread(self.open, located)
        with file:
            await asyncio.to_thread(file.seek, offset)
            while limit > 0 and (piece := await asyncio.to_thread(file.read, min(PIECE, limit))):
                limit -= len(piece)
                yield piece

    async def prepare(self, job: Job) -> JobPaths:
        """Make the folders of a job; one resumed from a failed job takes over that one's. Raises `OSError`."""
        return await asyncio.to_thread(self._prepare, job)

    def _prepare(self, job: Job) -> JobPaths:
        paths = self.paths(job)
        if job.resumed_from and not paths.work.exists():
            _adopt(self.job_dir(job.resumed_from), self.job_dir(job.id))
        paths.work.mkdir(parents=True, exist_ok=True)
        paths.out.mkdir(parents=True, exist_ok=True)
        return paths

    def size(self, job_id: str) -> int:
        """Bytes that a job takes below the data folder."""
        paths = self.job_dir(job_id)
        return _size_of(paths.work) + _size_of(paths.out)

    def sizes(self) -> Mapping[str, int]:
        """The same of every job that has a folder there."""
        folders = [folder for name in ("outputs", "checkpoints") for folder in (self.root / name).glob("*_*")]
        return {job_id: self.size(job_id) for job_id in {folder.name for folder in folders} if kind_of(job_id)}

    async def discard(self, job: Job) -> None:
        """Remove the work folder and the output folder; of a folder somebody chose, only what was half written there."""
        await asyncio.to_thread(self._discard, job)

    def _discard(self, job: Job) -> None:
        paths, own = self.paths(job), self.job_dir(job.id)
        shutil.rmtree(paths.work, ignore_errors=True)
        shutil.rmtree(own.out, ignore_errors=True)
        if job.spec.get("makes"):
            _remove_drafts(paths.out / job.spec["makes"])
        elif paths.out != own.out and paths.out.is_dir():
            _remove_parts(paths.out, job.created_at.timestamp())

    async def expire(self, job_id: str) -> None:
        """Remove everything of a job that is kept for it."""
        await asyncio.to_thread(self._remove, job_id)

    def _remove(self, job_id: str) -> None:
        for folder in (self.job_dir(job_id).work, self.job_dir(job_id).out):
            shutil.rmtree(folder, ignore_errors=True)


def _size_of(folder: Path) -> int:
    """Bytes of all files below a folder; what goes meanwhile counts nothing."""
    total = 0
    for path, _, names in os.walk(folder):
        for name in names:
            with suppress(OSError):
                total += (Path(path) / name).lstat().st_size
    return total


def _adopt(old: JobPaths, new: JobPaths) -> None:
    """Take over the folders of a failed job; the work folder last, so that a half-done move is finished next time."""
    for source, target in ((old.out, new.out), (old.work, new.work)):
        if source.exists() and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            with suppress(FileNotFoundError):  # somebody else takes it over for the same job
                source.rename(target)


def _remove_drafts(file: Path) -> None:
    """Remove what was to become the file of a job: `NAME.part` and the like beside it, never the file itself."""
    for draft in file.parent.glob(f"{glob.escape(file.name)}.*"):
        with suppress(OSError):
            draft.unlink()


def _remove_parts(folder: Path, since: float) -> None:
    """Remove half-written files that are no older than the job (`since`, in seconds) from a folder that is not ours."""
    for part in folder.rglob("*.part"):
        with suppress(OSError):
            if part.lstat().st_mtime >= since:
                part.unlink()


def _missing() -> MockcraftError:
    return not_found("ARTIFACT_NOT_FOUND", "This job has no such file.", "Its `artifacts` name the files there are.")
