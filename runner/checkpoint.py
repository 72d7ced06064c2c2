"""How far a job is durable: `checkpoint.json` in its work folder."""

from __future__ import annotations

import sys
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

import orjson

from runner.platform import write_durably

NAME = "checkpoint.json"


@dataclass(frozen=True)
class Finished:
    """A file under its final name."""

    name: str
    path: str
    bytes: int
    sha256: str
    content_type: str
    rows: int
    table: str | None
    seconds: float

    def as_artifact(self) -> dict[str, Any]:
        """As the `complete` event and the manifest list it."""
        return {
            "name": self.name,
            "path": self.path,
            "bytes": self.bytes,
            "sha256": self.sha256,
            "contentType": self.content_type,
            "rows": self.rows,
        }


@dataclass(frozen=True)
class Checkpoint:
    """Finished files in order; then, of the next one, the row to go on with, its bytes and their SHA-256."""

    spec: str  # digest of plan and outputs: a checkpoint of other work is not adopted
    finished: tuple[Finished, ...] = ()
    row: int = 0
    bytes: int = 0
    digest: str = ""
    seconds: float = 0.0

    def write(self, folder: Path) -> None:
        """Make it durable."""
        write_durably(folder / NAME, orjson.dumps(asdict(self)))

    @classmethod
    def read(cls, folder: Path, spec: str) -> Self:
        """The stored one, or a fresh one when there is none, it belongs to other work, or it is damaged."""
        try:
            data = orjson.loads((folder / NAME).read_bytes())
            if data["spec"] != spec:
                return cls(spec)
            return cls(**data | {"finished": tuple(Finished(**f) for f in data["finished"])})._sound()
        except FileNotFoundError:
            return cls(spec)
        except (ValueError, TypeError, KeyError) as error:
            sys.stderr.write(f"{NAME} is damaged ({error}): the job begins anew\n")
            return cls(spec)

    def _sound(self) -> Self:
        """This, when it can be gone on from; raises ValueError."""
        if not (_count(self.row) and _count(self.bytes)) or not isinstance(self.digest, str):
            raise ValueError("it says no place")
        return self


def _count(value: object) -> bool:
    return type(value) is int and value >= 0
