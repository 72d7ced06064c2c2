"""Making, checking and restoring backups: what the worker's process does. No events, no gRPC here."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from services.backup.archive import Archive, ArchiveWriter, Counted, Key, Manifest, Source
from services.backup.compare import Compared, Level, compared, objects_of, schema_digest
from services.common.databases import DatabaseError
from services.common.databases.dumps import Dumped, Dumping, Tell


class VerificationFailedError(Exception):
    """A backup is not what it should be: `results` tell table by table."""

    code = "VERIFICATION_FAILED"

    def __init__(self, results: list[Compared]) -> None:
        bad = [r for r in results if r.problem]
        told = "; ".join(f"{r.kind} {r.name}: {r.problem}" for r in bad[:5])
        super().__init__(told + (f"; and {len(bad) - 5} more" if len(bad) > 5 else ""))
        self.results = results


@dataclass(frozen=True)
class Verified:
    """How far a backup was verified, and what was compared."""

    level: Level
    results: list[Compared]


def back_up(dumping: Dumping, database: str, path: Path, key: Key | None, tell: Tell) -> Manifest:
    """Write an archive of a database (`database`: its URL as people may see it). Leaves no file when it fails."""
    with ExitStack() as undo:
        writer = ArchiveWriter(path, key)
        undo.callback(writer.abandon)
        dumped = dumping.dump(writer, tell)
        manifest = writer.finish(_manifest(dumped, dumping.dialect, database))
        undo.pop_all()
    return manifest


def _manifest(dumped: Dumped, dialect: str, database: str) -> Manifest:
    objects = objects_of(dumped.state.schema)
    source = Source(
        dialect=dialect, database=database, server_version=dumped.server_version,
        tool=dumped.tool, tool_version=dumped.tool_version,
    )  # fmt: skip
    return Manifest(
        mockcraft=version("mockcraft"), created_at=datetime.now(UTC), source=source,
        snapshot=dumped.snapshot, snapshot_time=dumped.snapshot_time,
        tables=tuple(Counted(name=t.name, rows=t.rows, digest=t.digest) for t in dumped.state.tables),
        counters=dict(dumped.state.counters), objects=objects, schema_digest=schema_digest(objects),
        details=dict(dumped.details),
    )  # fmt: skip


class ArchiveStore:
    """The parts of an archive, as a dump is restored from them."""

    def __init__(self, archive: Archive, tell: Tell) -> None:
        self._archive, self._tell, self._done = archive, tell, 0
        self._all = sum(part.content_bytes for part in archive.manifest.parts)

    def names(self) -> list[str]:
        """The parts, as they were written."""
        return [part.name for part in self._archive.manifest.parts]

    def read(self, name: str) -> Iterator[bytes]:
        """The content of a part. Raises `ArchiveDamagedError`, at its end at the latest."""
        for piece in self._archive.read(name):
            self._done += len(piece)
            self._tell("restore", self._done, self._all)
            yield piece


def verify(archive: Archive, level: Level, opened: Callable[[], Dumping] | None, tell: Tell) -> Verified:
    """Check an archive up to a level, the higher ones in a scratch database beside the one that `opened` opens.

    Raises `VerificationFailedError`, also when there was nothing to compare.
    """
    damages = [Compared("part", d.part, d.message) for d in archive.damages()]
    parts = [Compared("part", p.name, rows=0) for p in archive.manifest.parts if p.name not in {d.name for d in damages}]
    results = [*damages, *parts]
    if level != "FILES" and not damages:
        assert opened is not None
        results += _restored(archive, opened, level == "RESTORED_CHECKSUMMED", tell)
        if not archive.manifest.tables:
            results.append(Compared("table", "(none)", "the backup holds no table, so nothing was compared"))
    if not archive.manifest.parts:
        results.append(Compared("part", "(none)", "the backup holds no part, so nothing was compared"))
    if any(r.problem for r in results):
        raise VerificationFailedError(results)
    return Verified(level, results)


def _restored(archive: Archive, opened: Callable[[], Dumping], digests: bool, tell: Tell) -> list[Compared]:
    dumping = opened()
    try:
        same_kind(archive.manifest, dumping)
        with dumping.scratch() as scratch:
            scratch.restore(ArchiveStore(archive, tell), archive.manifest.details, tell)
            return compared(archive.manifest, scratch.state(tell, digests), digests)
    finally:
        dumping.close()


def restore(archive: Archive, dumping: Dumping, force: bool, tell: Tell, again: Path | None = None) -> dict[str, Any]:
    """Put an archive into a database; what was restored. Raises `DatabaseError` TARGET_NOT_EMPTY without `force`.

    `again` is a mark that is left once the target was seen empty: a restore that was killed when it had done its work
    finds it, and a target that holds all of the archive is then its own.
    """
    same_kind(archive.manifest, dumping)
    told = {"tables": len(archive.manifest.tables), "rows": sum(t.rows for t in archive.manifest.tables)}
    if not force and not dumping.is_empty():
        if again is not None and again.exists() and _holds_all(archive, dumping, tell):
            return told
        raise DatabaseError("TARGET_NOT_EMPTY", "the target holds data; `force` replaces it")
    damages = list(archive.damages())
    if damages:
        raise VerificationFailedError([Compared("part", d.part, d.message) for d in damages])
    if again is not None and not force:
        again.touch()
    dumping.restore(ArchiveStore(archive, tell), archive.manifest.details, tell)
    results = compared(archive.manifest, dumping.state(tell, digests=False), digests=False)
    if any(r.problem for r in results):
        raise VerificationFailedError(results)
    return told


def _holds_all(archive: Archive, dumping: Dumping, tell: Tell) -> bool:
    """Whether a database holds exactly what the archive does."""
    return not any(r.problem for r in compared(archive.manifest, dumping.state(tell, digests=True), digests=True))


def same_kind(manifest: Manifest, dumping: Dumping) -> None:
    """Raises `DatabaseError` TARGET_MISMATCH when the backup is of another kind of database."""
    if manifest.source.dialect != dumping.dialect:
        message = f"the backup is of a {manifest.source.dialect} database, the target is {dumping.dialect}"
        raise DatabaseError("TARGET_MISMATCH", message)
