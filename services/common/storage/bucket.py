"""Finished files of jobs in S3-compatible storage: written in a local folder, published when the job is done.

The object of a file is `JOB/ATTEMPT/NAME`: an attempt that has lost its lease never writes over the next one's.
"""

from __future__ import annotations

import asyncio
import dataclasses
import hashlib
import shutil
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
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
TAKE_BACK_SECONDS: Final = 0.75
"""How long an upload that is cancelled may take to be taken back before it is cut off."""


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

    async def publish(self, job: Job, artifacts: tuple[Artifact, ...]) -> tuple[Artifact, ...]:
        """See `LocalStorage.publish`. Each file is compared with its digest while it is sent."""
        if "outDir" in job.spec:
            return artifacts
        return tuple([await self._send(job, artifact) for artifact in artifacts])

    async def release(self, job: Job) -> None:
        """See `LocalStorage.release`. What a kill leaves here goes when the job expires."""
        if "outDir" not in job.spec:
            await asyncio.to_thread(shutil.rmtree, self.paths(job).out, ignore_errors=True)

    async def _send(self, job: Job, artifact: Artifact) -> Artifact:
        path = self.file(job, artifact)
        sent = dataclasses.replace(artifact, path=f"{job.attempt}/{artifact.path}")
        key, digest, over = f"{job.id}/{sent.path}", hashlib.sha256(), threading.Event()
        piece = max(SENT, -(-artifact.bytes // MOST_PARTS))
        with answering(self._url):
            upload = obstore.put_async(
                self._store, key, _pieces(path, piece, digest.update, over),
                use_multipart=True, chunk_size=piece, max_concurrency=2,
            )  # fmt: skip
            await _uploaded(upload, over)
            size = (await obstore.head_async(self._store, key))["size"]
        if digest.hexdigest() != artifact.sha256 or size != artifact.bytes:
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

    async def expire(self, job_id: str) -> None:
        """See `LocalStorage.expire`. Raises `DatabaseError` when the bucket does not answer."""
        await super().expire(job_id)
        with answering(self._url):
            found = [str(each["path"]) async for page in obstore.list(self._store, f"{job_id}/") for each in page]
            if found:
                await obstore.delete_async(self._store, found)


async def _uploaded(upload: Awaitable[object], over: threading.Event) -> None:
    """Wait for an upload. Cancelled, it is taken back when it asks for its next piece, or cut off if that takes too long."""
    uploading = asyncio.ensure_future(upload)
    try:
        await asyncio.shield(uploading)
    except asyncio.CancelledError:
        over.set()
        try:
            await asyncio.wait({uploading}, timeout=TAKE_BACK_SECONDS)
        finally:
            uploading.cancel()
        raise


def _pieces(path: Path, piece: int, hashed: Callable[[bytes], None], over: threading.Event) -> Iterator[bytes]:
    """What is uploaded. An exception here ends the upload without an object."""
    with path.open("rb") as file:
        while data := file.read(piece):
            if over.is_set():
                raise DatabaseError("CANCELLED", "the upload was broken off")
            hashed(data)
            yield data
