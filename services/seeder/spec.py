"""The loader's job spec: what a seeding child is told. A JSON file in the job's work folder, without the target's URL.

`load` names the load itself: a job that continues a failed one carries the same, and so finds the
checkpoints that the database holds.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self, get_args

import orjson
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from runner.plan import Plan
from services.seeder.lanes import BATCH_ROWS, DEFAULT_BATCH_ROWS, LANES

Mode = Literal["append", "truncate", "replace", "upsert"]
MODES: tuple[Mode, ...] = get_args(Mode)
Action = Literal["load", "check", "repair", "restore"]
Fast = Literal["indexes", "triggers", "unlogged"]
FAST: tuple[Fast, ...] = get_args(Fast)


class LoadSpec(BaseModel):
    """What the loader is told.

    `target` is the URL as people may see it (the real one comes by standard input), `target_name` its
    name in the settings, if it has one. `batch_rows` of a transaction and `connections` side by side are 0 where
    the database has its own best. What `fast` names is taken off while rows are loaded. With `clean`, the id of an
    ended job, its rows are deleted instead. Other actions compare the target with the plan: `check` says what differs,
    `repair` puts it right too, unless `dry_run`; `of` is the job whose rows they are (the load's), or "" where a schema
    says it; with `exact` rows of others are an error. `restore` puts back what the load took off. `generators` (`host:port`)
    make the blocks; without them this process does.
    """

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)

    v: Literal[1] = 1
    job_id: str
    kind: Literal["seeding"] = "seeding"
    attempt: int = Field(default=1, ge=1)
    plan: dict[str, Any]
    load: str = Field(min_length=1, max_length=64)
    target: str
    target_name: str = ""
    mode: Mode = "append"
    batch_rows: int = Field(default=0, ge=0, le=1_048_576)
    connections: int = Field(default=0, ge=0, le=8)
    fast: tuple[Fast, ...] = ()
    clean: str = ""
    action: Action = "load"
    of: str = ""
    exact: bool = False
    dry_run: bool = False
    generators: tuple[str, ...] = ()
    out_dir: Path
    work_dir: Path

    @property
    def parsed_plan(self) -> Plan:
        """The plan as records."""
        return Plan.from_json(orjson.dumps(self.plan))

    def rows_a_batch(self, dialect: str) -> int:
        """Rows of one transaction."""
        return self.batch_rows or BATCH_ROWS.get(dialect, DEFAULT_BATCH_ROWS)

    def lanes(self, dialect: str) -> int:
        """Connections side by side."""
        return self.connections or LANES.get(dialect, 1)

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a spec file. Raises `pydantic.ValidationError` or `OSError`."""
        return cls.model_validate_json(path.read_bytes())
