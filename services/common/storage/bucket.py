"""Finished files of jobs in S3-compatible storage: written in a local folder, published when the job is done.

The object of a file is `JOB/ATTEMPT/NAME`: an attempt that has lost its lease never writes over the next one's.
"""

from __future__ import annotations

import dataclasses
import hashlib
import shutil
from collections.abc import AsyncIterator, Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import obstore

from services.common.databases import DatabaseError
from services.common.jobs.model import Artifact, Job
from services.common.storage.local import PIECE, LocalStorage, Located
from services.common.storage.objects import answering, open_bucket

SENT: Final = 8 << 20
"""Bytes sent or fetched at a time; more for files that would have too many parts."""
MOST_PARTS: Final = 9_000


@dataclass(frozen=True, slots=True)
class Key:
    """The object of an artifact."""

    key: str


class BucketStorage(LocalStorage):
    """As `LocalStorage`, but finished files go to a bucket. Files of a folder that somebody chose stay there."""

    def __init__(self, root: Path, url: str, access: Mapping[str, str]) -> None:
        """`url` is `s3://bucket/prefix`. Nothing is sent. Raises `ValueError`, `DatabaseError`."""
        super().__init__(root)
        self._url, self._store = url.rstrip("/"), open_bucket(url, access)

    def publish(self, job: Job, artifacts: tuple[Artifact, ...], go_on: Callable[[], bool]) -> tuple[Artifact, ...]:
        """See `LocalStorage.publish`. Each file is compared with its digest while it is sent, and then removed here."""
        if "outDir" in job.spec:
            return artifacts
        sent = tuple(self._send(job, artifact, go_on) for artifact in artifacts)
        shutil.rmtree(self.paths(job).out, ignore_errors=True)
        return sent

    def _send(self, job: Job, artifact: Artifact, go_on: Callable[[], bool]) -> Artifact:
        path = self.file(job, artifact)
        sent = dataclasses.replace(artifact, path=f"{job.attempt}/{artifact.path}")
        key, digest = f"{job.id}/{sent.path}", hashlib.sha256()
        piece = max(SENT, -(-artifact.bytes // MOST_PARTS))
        with answering(self._url):
            obstore.put(
                self._store, key, _pieces(path, piece, digest.update, go_on),
                use_multipart=True, chunk_size=piece, max_concurrency=2,
            )  # fmt: skip
        if digest.hexdigest() != artifact.sha256 or obstore.head(self._store, key)["size"] != artifact.bytes:
            raise DatabaseError("STORAGE_MISMATCH", f"{artifact.name} is not what was written", retryable=True)
        return sent

    def locate(self, job: Job, artifact: Artifact) -> Located:
        """See `LocalStorage.locate`."""
        return self.file(job, artifact) if "outDir" in job.spec else Key(f"{job.id}/{artifact.path}")

    async def read(self, located: Located, offset: int, limit: int) -> AsyncIterator[bytes]:
        """See `LocalStorage.read`."""
        if not isinstance(located, Key):
            async for piece in super().read(located, offset, limit):
                yield piece
            return
        for start in range(offset, offset + limit, SENT):
            data = await self._fetch(located.key, start, min(start + SENT, offset + limit))
            for at in range(0, len(data), PIECE):
                yield data[at : at + PIECE]

    async def _fetch(self, key: str, start: int, end: int) -> bytes:
        with answering(self._url, key.rpartition("/")[2], "artifact"):
            return bytes(await obstore.get_range_async(self._store, key, start=start, end=end))

    def remove(self, job_id: str) -> None:
        """See `LocalStorage.remove`. Raises `DatabaseError` when the bucket does not answer."""
        super().remove(job_id)
        with answering(self._url):
            found = [str(each["path"]) for page in obstore.list(self._store, f"{job_id}/") for each in page]
            if found:
                obstore.delete(self._store, found)


def _pieces(path: Path, piece: int, hashed: Callable[[bytes], None], go_on: Callable[[], bool]) -> Iterator[bytes]:
    """What is uploaded. An exception here ends the upload without an object."""
    with path.open("rb") as file:
        while data := file.read(piece):
            if not go_on():
                raise DatabaseError("CANCELLED", "the job was cancelled")
            hashed(data)
            yield data
