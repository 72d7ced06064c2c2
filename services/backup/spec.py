"""The backup worker's job spec: what the child of a backup, restore or verification is told.

A JSON file in the job's work folder, without URLs and keys: those are the first line of standard input.
"""

from __future__ import annotations

from pathlib import Path
from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from services.backup.compare import Level

Kind = Literal["backup", "restore", "verification"]


class BackupSpec(BaseModel):
    """What the worker is told.

    `target` is the URL as people may see it ("" for a verification that needs none), `target_name` its name in the settings,
    if it has one; `archive` the file to write or read, or its name in the `store`, an `s3://bucket/prefix`.
    After a backup, archives of the same database in its folder beyond the newest `keep_last` and older than
    `keep_days` are removed (0: none are); `level` is how far a backup is verified when it is made, or a verification goes.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    v: Literal[1] = 1
    job_id: str
    kind: Kind
    attempt: int = Field(default=1, ge=1)
    target: str = ""
    target_name: str = ""
    archive: Path
    store: str = ""
    level: Level | None = None
    force: bool = False
    encrypted: bool = False
    keep_last: int = Field(default=0, ge=0)
    keep_days: int = Field(default=0, ge=0)
    out_dir: Path
    work_dir: Path

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a spec file. Raises `pydantic.ValidationError` or `OSError`."""
        return cls.model_validate_json(path.read_bytes())
