"""Children that a dead service left behind: found by the notes in the work folders, ended when a supervisor starts.

Most end by themselves when their standard input ends. One that is stopped, or that hangs, does not.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping

import structlog

from services.common.jobs.children import Note
from services.common.jobs.identity import surely_dead
from services.common.jobs.ids import kind_of
from services.common.jobs.store import JobStore
from services.common.storage.local import LocalStorage

logger = structlog.get_logger(__name__)


async def end_orphans(store: JobStore, storage: LocalStorage) -> tuple[str, ...]:
    """End every living child whose job has no owner, or one that is surely dead; the ids of those jobs.

    A job that this store does not know is another's business. Raises `MockcraftError` STORE_UNAVAILABLE.
    """
    ended = []
    for job_id, note in (await asyncio.to_thread(_living, storage)).items():
        job = await store.get(job_id, spec=False)  # after the note was read: a child of a new owner has another one
        if job is not None and (not job.lease_owner or surely_dead(job.lease_owner)):
            logger.warning("orphan ended", job_id=job_id, pid=note.pid)
            note.end()
            ended.append(job_id)
    return tuple(ended)


def _living(storage: LocalStorage) -> Mapping[str, Note]:
    """The living child of each job that has one, by what is written down in the work folders."""
    folders = [folder.name for folder in (storage.root / "checkpoints").glob("*_*") if kind_of(folder.name)]
    notes = {job_id: Note.read(storage.job_dir(job_id).child) for job_id in folders}
    return {job_id: note for job_id, note in notes.items() if note is not None}
