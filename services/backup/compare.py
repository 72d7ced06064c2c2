"""What two states of a database have in common, and what not."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from services.backup.archive import Manifest
from services.common.databases.dumps import Contents, State

Level = Literal["FILES", "RESTORED", "RESTORED_CHECKSUMMED"]
LEVELS: tuple[Level, ...] = ("FILES", "RESTORED", "RESTORED_CHECKSUMMED")


@dataclass(frozen=True, slots=True)
class Compared:
    """A table, part, counter or schema object and how it compares: `problem` is "" when it is as it should be."""

    kind: Literal["part", "table", "counter", "schema"]
    name: str
    problem: str = ""
    rows: int = 0

    def to_json(self) -> dict[str, Any]:
        """As events and answers carry it."""
        return {"kind": self.kind, "name": self.name, "ok": not self.problem, "problem": self.problem, "rows": self.rows}


def objects_of(schema: Mapping[str, str]) -> dict[str, str]:
    """The digests of a schema's objects by name."""
    return {name: hashlib.sha256(text.encode()).hexdigest() for name, text in sorted(schema.items())}


def schema_digest(objects: Mapping[str, str]) -> str:
    """One digest of all objects."""
    return hashlib.sha256(orjson.dumps(dict(objects), option=orjson.OPT_SORT_KEYS)).hexdigest()


def compared(manifest: Manifest, state: State, digests: bool) -> list[Compared]:
    """What the manifest promises beside what is there: tables, counters, schema."""
    return [
        *_tables(manifest, {t.name: t for t in state.tables}, digests),
        *_named("counter", manifest.counters, state.counters, "its next value"),
        *_named("schema", manifest.objects, objects_of(state.schema), "its definition"),
    ]


def _tables(manifest: Manifest, found: Mapping[str, Contents], digests: bool) -> list[Compared]:
    wanted = {t.name: t for t in manifest.tables}
    results = [Compared("table", name, _table_problem(t, found.get(name), digests), t.rows) for name, t in wanted.items()]
    return results + [Compared("table", name, "was not in the backup", t.rows) for name, t in found.items() if name not in wanted]


def _table_problem(wanted: Any, found: Contents | None, digests: bool) -> str:
    if found is None:
        return "is missing"
    if found.rows != wanted.rows:
        return f"has {found.rows:,} rows instead of {wanted.rows:,}"
    return "holds other values than were backed up" if digests and found.digest != wanted.digest else ""


def _named(kind: Literal["counter", "schema"], wanted: Mapping[str, Any], found: Mapping[str, Any], what: str) -> list[Compared]:
    results = []
    for name in sorted({*wanted, *found}):
        if name not in found:
            problem = "is missing"
        elif name not in wanted:
            problem = "was not in the backup"
        else:
            problem = "" if wanted[name] == found[name] else f"{what} is another one"
        results.append(Compared(kind, name, problem))
    return results
