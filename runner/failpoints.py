"""Failpoints: `MOCKCRAFT_FAILPOINT=name[:n]` makes a process kill itself (SIGKILL) the n-th time it passes `name`.

Each that kills leaves a file of its name in the folder `MOCKCRAFT_FAILPOINTS_HIT`, where there is one.
"""

from __future__ import annotations

import os
import signal
from collections import Counter
from pathlib import Path
from typing import Final

NAMES: Final[dict[str, str]] = {
    "runner.start": "after the start event, before the first unit",
    "runner.unit": "a unit was written, before its checkpoint is due",
    "runner.before_sync": "a checkpoint is due, before the flush",
    "runner.after_sync": "data is durable, before the checkpoint file",
    "runner.after_checkpoint": "checkpoint file is durable, before its event",
    "runner.before_rename": "a file is finished, before it gets its name",
    "runner.after_rename": "a file has its name, before the next begins",
    "runner.before_complete": "all files are final, before the complete event",
    "dataset.answered": "a model answered, before the answer is stored",
    "dataset.stored": "an answer is stored, before it is used",
    "dataset.judged": "what becomes of an answer is decided, before the journal knows",
    "dataset.committed": "a batch is in the journal, before its event",
    "dataset.block": "a block of the template model is in the file, before its checkpoint",
    "dataset.checkpointed": "a checkpoint of the template model is durable, before its event",
    "dataset.before_files": "enough records are accepted, before the files are made",
    "dataset.before_complete": "all files are final, before the complete event",
    "loader.mid_block": "rows of a block are in, before the checkpoint row",
    "loader.before_commit": "block and checkpoint row are in, before the commit",
    "loader.after_commit": "committed, before the event",
    "backup.mid_part": "a frame of a part is written",
    "backup.mid_restore": "part of a dump is in a transaction of the target",
    "backup.swapped": "the target holds what was restored, before the old is dropped (where DDL commits)",
    "backup.before_rename": "an archive is durable, before it gets its name",
    "backup.mid_upload": "a piece of an archive was sent to a bucket, before the next",
    "loader.intended": "the ledger says what will be made, before it is (where DDL commits)",
    "loader.dropped": "tables are dropped, before they are made anew",
    "loader.table_made": "a table is made, before the next",
    "loader.index_made": "an index or foreign key is made, before the next",
    "loader.second_pass": "keys of a second pass are in, before its checkpoint row",
    "loader.deleted": "rows of a block are deleted, before the checkpoint row",
    "loader.mended": "damaged rows are put right, before the checkpoint row",
    "loader.suspended": "a constraint is written down as off, before it is (where DDL commits)",
    "loader.restored": "a constraint is back, before its record goes (where DDL commits)",
    "schemas.intended": "the registry says which database will be made, before anything is",
    "schemas.database_made": "a database is made, before its first mark or table",
    "schemas.statement": "a statement of a drawing has run, before the next",
    "schemas.made": "a database is whole, before it gets its name",
    "schemas.published": "a database has its name, before the registry says that it is ready",
    "schemas.dropping": "the registry says that a database will be dropped, before it is",
    "schemas.dropped": "a database is dropped, before the registry says so",
    "jobs.before_create": "before the job row is committed",
    "jobs.after_create": "the job row is committed, before the answer",
    "jobs.before_event": "an event was read, before it is stored",
    "jobs.after_event": "an event is stored, before it is fanned out",
}
"""Every failpoint there is; a test fails for one that no test hits."""

_passed: Counter[str] = Counter()


def failpoint(name: str) -> None:
    """Die here if asked to. `name` must be in `NAMES`."""
    wanted = os.environ.get("MOCKCRAFT_FAILPOINT")
    if not wanted:
        return
    assert name in NAMES, name
    target, _, count = wanted.partition(":")
    if target == name:
        _passed[name] += 1
        if _passed[name] >= int(count or 1):
            if folder := os.environ.get("MOCKCRAFT_FAILPOINTS_HIT"):
                Path(folder, name).touch()
            os.kill(os.getpid(), signal.SIGKILL)
