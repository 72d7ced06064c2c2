"""`python -m services.backup.worker --spec FILE [--supervised]`: one backup, restore or verification in this process.

A child that speaks `runner.protocol`. The database's URL and the key of an encrypted archive are the first line of
standard input, `{"target": "…", "key": "…", "storage": "…"}` (the key in base 64, the access to object storage as JSON):
never arguments, never in the spec.
"""

from __future__ import annotations

import hashlib
import os
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson

from runner.pace import Pace
from runner.protocol import Throttle
from services.backup import work
from services.backup.archive import Archive, ArchiveDamagedError, KeyRequiredError, Manifest
from services.backup.compare import Compared
from services.backup.keys import received
from services.backup.places import Folder, Place
from services.backup.retention import outdated
from services.backup.spec import BackupSpec
from services.common.databases import DatabaseError, dumping
from services.common.databases.dumps import Dumping
from services.common.jobs.process import Interrupted, Spec, Voice, Work, main

REPORT = "report.json"
MOST_TOLD = 200
"""Tables and results that an event names at most."""


class BackupWork:
    """What the spec asks for."""

    checkpoint: Mapping[str, Any] | None = None
    remains: Mapping[str, Any] = {}

    def __init__(self, spec: BackupSpec, secrets: Mapping[str, str], say: Voice) -> None:
        self.spec, self._say = spec, say
        self._url = secrets.get("target", "")
        self._key = received(secrets)
        self._place = _place_of(spec, secrets)
        self._open: list[Dumping] = []
        self._throttle, self._phase, self._pace = Throttle(), "", Pace(0, 0)
        self._began = time.monotonic()

    def run(self) -> None:
        """Do it. Raises `DatabaseError` whatever the archive or the database did."""
        self._say("init", {"kind": self.spec.kind, "specDigest": "", "unit": "bytes", "totals": {}})
        self._say("start", {"attempt": self.spec.attempt, "resumeFrom": None, "total": 0})
        try:
            data = {"backup": self._back_up, "restore": self._restore, "verification": self._verify}[self.spec.kind]()
        except (ArchiveDamagedError, KeyRequiredError, work.VerificationFailedError) as error:
            self.remains = _told(error)
            raise DatabaseError(error.code, str(error)) from error
        except FileNotFoundError as error:
            raise DatabaseError("ARCHIVE_NOT_FOUND", f"there is no archive {Path(str(error.filename)).name}") from error
        except DatabaseError as error:
            if error.code == "CANCELLED":
                raise Interrupted from error
            raise
        finally:
            while self._open:
                self._open.pop().close()
        self._say("complete", {"artifacts": [], **data, "durationSeconds": round(time.monotonic() - self._began, 3)})

    def stop(self) -> None:
        """End what is under way."""
        for dumping_ in self._open:
            dumping_.cancel()
        self._place.cancel()

    def give_up(self) -> None:
        """Nothing is taken off."""

    def _back_up(self) -> dict[str, Any]:
        """The archive gets its name when it is whole, and verified as far as it was asked for; else there is none."""
        spec = self.spec
        path = self._place.draft(spec.archive.name, spec.work_dir, spec.level is not None)
        manifest = work.back_up(self._opened(), spec.target, path, self._key, self._tell)
        told = self._kept(path, manifest)
        return {**told, "removed": self._retire(manifest), "artifacts": [] if spec.store else [artifact(spec.archive)]}

    def _kept(self, path: Path, manifest: Manifest) -> dict[str, Any]:
        """Verify what was written, as far as it was asked for, and give it its name."""
        try:
            verified = self._verified(path) if self.spec.level else {"results": []}
            size = path.stat().st_size
            self._place.keep(path, self.spec.archive.name, self._tell)
        finally:
            if path != self.spec.archive:
                path.unlink(missing_ok=True)
        results = {"results": verified["results"][:MOST_TOLD]} if self.spec.level else {}
        return {**verified, **self._described(size, manifest), **results}

    def _retire(self, manifest: Manifest) -> list[str]:
        """Remove older archives, now that a newer one is there (and verified, if it was asked for), and what kills left."""
        spec = self.spec
        self._place.sweep(datetime.now(UTC))
        if not (spec.keep_last or spec.keep_days):
            return []
        gone = outdated(self._place.archives(), manifest.source, spec.keep_last, spec.keep_days, datetime.now(UTC))
        for name in gone:
            self._place.remove(name)
        return gone

    def _restore(self) -> dict[str, Any]:
        with self._fetched() as path, Archive(path, self._key) as archive:
            work.restore(archive, self._opened(), self.spec.force, self._tell, self.spec.work_dir / "restoring")
            return {**self._described(path.stat().st_size, archive.manifest), "target": self.spec.target}

    def _verify(self) -> dict[str, Any]:
        """What was compared stands in a report, too, whatever came of it."""
        report = self.spec.out_dir / REPORT
        try:
            with self._fetched() as path:
                told = self._verified(path)
        except work.VerificationFailedError as error:
            _write(report, {"archive": self.spec.archive.name, "ok": False, "results": [r.to_json() for r in error.results]})
            raise
        whole = {"archive": self.spec.archive.name, "ok": True, "level": told["level"], "results": told["results"]}
        _write(report, whole)
        return {**told, "results": told["results"][:MOST_TOLD], "artifacts": [artifact(report, "application/json")]}

    def _verified(self, path: Path) -> dict[str, Any]:
        with Archive(path, self._key) as archive:
            level = self.spec.level or "FILES"
            result = work.verify(archive, level, self._opened if level != "FILES" else None, self._tell)
            told = {"level": result.level, "results": [r.to_json() for r in result.results]}
            return {**self._described(path.stat().st_size, archive.manifest), **told}

    def _fetched(self) -> AbstractContextManager[Path]:
        """The archive as a file of this machine."""
        return self._place.opened(self.spec.archive.name, self.spec.work_dir, self._tell)

    def _described(self, size: int, manifest: Manifest) -> dict[str, Any]:
        where = {"store": self.spec.store} if self.spec.store else {}
        return {**described(self.spec.archive.name, size, manifest), **where}

    def _opened(self) -> Dumping:
        opened = dumping(self._url or f"sqlite:///{self.spec.work_dir / 'trial.db'}")
        self._open.append(opened)
        return opened

    def _tell(self, phase: str, done: int, total: int) -> None:
        if phase != self._phase:
            self._phase, self._pace = phase, Pace(done, total)
        elif not self._throttle.ready():
            return
        self._pace.done, self._pace.total = done, total
        self._say("progress", {**self._pace.progress("", done), "phase": phase, "unit": "bytes"})


def described(name: str, size: int, manifest: Manifest) -> dict[str, Any]:
    """An archive as the complete event tells it; of many tables the first."""
    tables = [{"name": t.name, "rows": t.rows, "digest": t.digest} for t in manifest.tables[:MOST_TOLD]]
    return {
        "archive": name, "bytes": size, "createdAt": manifest.created_at.isoformat(),
        "source": manifest.source.database, "encrypted": manifest.encryption is not None,
        "snapshot": manifest.snapshot, "rows": sum(t.rows for t in manifest.tables), "tables": tables,
    }  # fmt: skip


def _place_of(spec: BackupSpec, secrets: Mapping[str, str]) -> Place:
    if not spec.store:
        return Folder(spec.archive.parent)
    from services.backup import bucket

    return bucket.Bucket(spec.store, bucket.received(secrets))


def _told(error: Exception) -> dict[str, Any]:
    results: list[Compared] = getattr(error, "results", [])
    return {"results": [r.to_json() for r in results if r.problem][:MOST_TOLD]} if results else {}


def artifact(path: Path, content_type: str = "application/zip") -> dict[str, Any]:
    """A finished file as the complete event names it."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = path.stat().st_size
    return {"name": path.name, "path": path.name, "bytes": size, "sha256": digest, "contentType": content_type}


def _write(path: Path, document: Mapping[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".part")
    draft.write_bytes(orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    draft.replace(path)


def begin(path: Path, secrets: Mapping[str, str], say: Voice) -> tuple[Spec, Work]:
    """Read the spec."""
    spec = BackupSpec.read(path)
    if spec.kind != "restore":
        os.umask(0o077)  # what a database holds is not for others
    if spec.encrypted and not secrets.get("key"):
        raise ValueError("an encrypted archive needs a key")
    return spec, BackupWork(spec, secrets, say)


if __name__ == "__main__":
    main("services.backup.worker", "Run one backup, restore or verification job.", begin)
