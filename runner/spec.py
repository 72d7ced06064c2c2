"""The job spec: what a runner is told. A JSON file in the job's work folder.

```
{"v": 1, "jobId": "gen_…", "kind": "generation", "attempt": 1,
 "plan": {…} , "outputs": [{"format": "csv", "compression": "none", "dialect": "", "options": {}}],
 "outDir": "…", "workDir": "…", "workers": 1, "blockRows": 65536, "checkpointRows": 1048576}
```

Checkpoints live in `workDir/checkpoint.json`; a runner that finds one resumes from it.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Literal, Self

import orjson
from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel

from runner.plan import Plan


class _Model(BaseModel):
    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True)


class Output(_Model):
    """One format to write. `options` are the format's own (docs/formats.md)."""

    format: str
    compression: Literal["none", "gzip", "zstd"] = "none"
    dialect: str = ""
    options: dict[str, Any] = Field(default_factory=dict)


class JobSpec(_Model):
    """What a generation child is told."""

    v: Literal[1] = 1
    job_id: str
    kind: str = "generation"
    attempt: int = Field(default=1, ge=1)
    plan: dict[str, Any]
    outputs: tuple[Output, ...]
    out_dir: Path
    work_dir: Path
    workers: int = Field(default=1, ge=1, le=256)
    block_rows: int = Field(default=65_536, ge=1024, le=1_048_576)
    checkpoint_rows: int = Field(default=1_048_576, ge=65_536)

    @property
    def parsed_plan(self) -> Plan:
        """The plan as records."""
        return Plan.from_json(orjson.dumps(self.plan))

    def write(self, path: Path) -> None:
        """Store it at `path`."""
        path.write_bytes(self.model_dump_json(by_alias=True).encode())

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read what `write` stored. Raises `pydantic.ValidationError` or `OSError`."""
        return cls.model_validate_json(path.read_bytes())
