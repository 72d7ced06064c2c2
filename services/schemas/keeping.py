"""Schemas kept: stored, changed, deleted, read, written as SQL and files. It waits for stores; servers use threads."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import replace
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import orjson

from services.common.databases import DatabaseError, connect
from services.common.databases.catalog import introspect
from services.common.errors import invalid, not_found
from services.common.jobs.store import NO_REQUEST, Request
from services.common.statuses import of_target
from services.common.targets import Targets
from services.schemas import ddl, reads
from services.schemas.answers import ImportRequest, Made, MigrationAnswer, Sql, VersionPage
from services.schemas.cache import Cache, answer
from services.schemas.changing import patched, refuse_findings, replaced
from services.schemas.checking import check
from services.schemas.creating import Creator, creation_failed
from services.schemas.drawing import Definition, Dialect, Drawing, Finding
from services.schemas.formats import Exported, Imported, dialect_of, export
from services.schemas.formats import read as read_format
from services.schemas.hosting import Host
from services.schemas.reading import drawing_of
from services.schemas.resource import Resource, refusal
from services.schemas.store import NOBODY, Act, AuditPage, Listing, Query, Record, SchemaStore

DEFAULT_PAGE, LARGEST_PAGE = 50, 1000
NAMES_TRIED = 1000


class Keeper:
    """Methods raise `MockcraftError` SCHEMA_NOT_FOUND and DATABASE_ERROR beside what they name."""

    def __init__(self, store: SchemaStore, creator: Creator, host: Host, cache: Cache, targets: Targets) -> None:
        self._store, self._creator, self._host = store, creator, host
        self._cache, self._targets = cache, targets

    def create(
        self, resource: Resource, create_database: bool = True, act: Act = NOBODY, request: Request = NO_REQUEST
    ) -> Record:
        """Store a schema, and create its database. Raises DUPLICATE_NAME, DATABASE_CREATION_FAILED and codes of findings."""
        refuse_findings(resource, resource.definition.drawing, self._host.dialect if create_database else None)
        record = Record(resource.name, resource.definition, resource.description)
        return self._stored(record, resource.database_name, create_database, act, request)

    def import_(self, asked: ImportRequest, act: Act = NOBODY, request: Request = NO_REQUEST) -> Made:
        """Store a schema made of a text or a database. Raises the codes of `create` and of what is read."""
        found = self._imported(asked)
        if wrong := check(found.definition.drawing):
            refuse_findings(_as_written(found.definition, wrong), None)
        name = asked.name or found.name or self._free("imported")
        record = Record(name, found.definition, asked.description)
        act = replace(act, action="import")
        return Made(self._stored(record, "", asked.create_database, act, request), found.warnings)

    def _stored(self, record: Record, wish: str, create: bool, act: Act, request: Request) -> Record:
        new = replace(record, id=str(uuid.uuid4()), status="creating" if create else "draft")
        kept = self._creator.named(new, act, request, wish, hosts=create)
        if kept.id != new.id:  # the same request was here before
            if kept.status == "failed":
                raise creation_failed(kept)
            return kept
        return self._creator.build(kept, replace(act, action="database.create")) if create else kept

    def get(self, schema_id: str) -> Record:
        """The schema as it is stored now."""
        return reads.read(answer(self._cache, self._store, schema_id, ("record",), reads.written))

    def list(self, query: Query) -> Listing:
        """A page of schemas. Raises VALIDATION_ERROR, PAGE_SIZE_INVALID, PAGE_TOKEN_INVALID."""
        return self._store.list(query)

    def replace(self, schema_id: str, resource: Resource, revision: int = 0, act: Act = NOBODY) -> Record:
        """Another drawing, name and description. Raises REVISION_STALE, DUPLICATE_NAME, DATABASE_EXISTS and codes of findings."""
        return self._store.change(schema_id, lambda before: replaced(before, resource), revision or None, act)

    def patch(self, schema_id: str, resource: Resource, fields: Collection[str], revision: int = 0, act: Act = NOBODY) -> Record:
        """The named fields anew. Raises as `replace` does."""
        return self._store.change(schema_id, lambda before: patched(before, resource, fields) or None, revision or None, act)

    def check_stored(self, schema_id: str) -> tuple[Finding, ...]:
        """All that is wrong with a stored drawing."""
        record = self.get(schema_id)
        if record.damaged:
            return (Finding("", "VALIDATION_ERROR", "What is stored of this schema cannot be read any more."),)
        return check(record.definition.drawing)

    def sql(self, schema_id: str, dialect: str = "") -> Sql:
        """The SQL that makes the database. Raises codes of findings."""
        chosen = self.dialect(dialect)

        def made(record: Record) -> bytes:
            drawing = self.sound(record)
            return orjson.dumps([ddl.script(drawing, chosen), ddl.statements(drawing, chosen)])

        script, statements = orjson.loads(answer(self._cache, self._store, schema_id, ("sql", chosen), made))
        return Sql(chosen, script, tuple(statements))

    def export(self, schema_id: str, format: str = "", dialect: str = "", act: Act = NOBODY) -> Exported:
        """The schema as a file. Raises VALIDATION_ERROR for an unknown format or dialect, and codes of findings."""
        chosen, wanted = self.dialect(dialect), format or "json"

        def made(record: Record) -> bytes:
            if wanted not in ("json", "yaml"):
                self.sound(record)
            found = export(record.definition, record.name, wanted, chosen)
            return orjson.dumps([found.text, found.media_type, found.filename, found.lost])

        kept = answer(self._cache, self._store, schema_id, ("export", wanted, chosen), made)
        text, media_type, filename, lost = orjson.loads(kept)
        detail = {"format": wanted} | ({"dialect": chosen} if wanted == "sql" else {})
        self._store.exported(schema_id, replace(act, action="export", detail=detail))
        return Exported(text, media_type, filename, tuple(lost))

    def versions(self, schema_id: str, page_size: int = 0, page_token: str = "") -> VersionPage:
        """Versions, newest first. Raises PAGE_SIZE_INVALID, PAGE_TOKEN_INVALID."""
        size = _page_size(page_size)
        if page_token and not (page_token.isascii() and page_token.isdecimal() and 0 < int(page_token[:19]) < 2**62):
            raise invalid("PAGE_TOKEN_INVALID", "This page token is not one of ours.", "Start from the first page.")
        found = self._store.versions(schema_id, int(page_token or 0), size + 1)
        more = len(found) > size
        return VersionPage(tuple(found[:size]), str(found[size - 1].revision) if more else "")

    def migration(self, schema_id: str, source: int = 0, target: int = 0, dialect: str = "") -> MigrationAnswer:
        """The SQL between two revisions; 0 for the newest, and for the version before it.

        Raises VERSION_NOT_FOUND and codes of findings.
        """
        from services.schemas.migration import script as migration_script  # Alembic: only who asks waits for it

        chosen = self.dialect(dialect)
        newest = target or self._store.mark(schema_id).revision
        new = self._store.version(schema_id, newest)
        if not source:
            before = self._store.versions(schema_id, new.summary.revision, 1)
            source = before[0].revision if before else new.summary.revision
        old = self._store.version(schema_id, source)
        drawings = [_sound(version.definition, version.damaged) for version in (old, new)]
        made = migration_script(drawings[0], drawings[1], chosen)
        script = "".join(f"{statement};\n" for statement in made.statements)
        return MigrationAnswer(source, newest, chosen, script, tuple(made.statements), tuple(made.warnings))

    def audit(self, schema_id: str | None, page_size: int = 0, page_token: str = "") -> AuditPage:
        """Who did what, newest first. Raises PAGE_SIZE_INVALID, PAGE_TOKEN_INVALID."""
        if schema_id is not None:
            self._store.get(schema_id, deleted=True)
        return self._store.audit(schema_id, _page_size(page_size), page_token)

    def dialect(self, name: str) -> Dialect:
        """The dialect of a name, that of the created databases for "". Raises VALIDATION_ERROR."""
        return dialect_of(name) if name else self._host.dialect

    def sound(self, record: Record, here: bool = False) -> Drawing:
        """The drawing of a record, with nothing wrong in it, and `here` nothing that our server would refuse.

        Raises codes of findings.
        """
        return _sound(record.definition, record.damaged, self._host.dialect if here else None)

    def _free(self, name: str) -> str:
        """The name, with a number behind it where a schema has it already."""
        names = (name, *(f"{name} {number}" for number in range(2, NAMES_TRIED)))
        return next((each for each in names if self._store.by_name(each) is None), name)

    def _imported(self, asked: ImportRequest) -> Imported:
        if asked.text and asked.url:
            raise refusal([Finding("/url", "VALIDATION_ERROR", "Say what to import: `text` or `url`, one of them.")])
        if not (asked.text or asked.url):
            raise refusal([Finding("/text", "MISSING_REQUIRED_FIELD", "Say what to import: `text` or `url`.")])
        return self._of_database(asked.url, asked.trusted) if asked.url else read_format(asked.text, asked.format, asked.dialect)

    def _of_database(self, target: str, trusted: bool) -> Imported:
        url = self._targets.choose(target, trusted).url
        file = Path(url.removeprefix("sqlite:///"))
        if url.startswith("sqlite:///") and not file.is_file():
            raise not_found("TARGET_NOT_FOUND", f"There is no database file {file.name}.")
        try:
            database: Any = connect(url)
            try:
                read = drawing_of(introspect(database))
            finally:
                database.close()
        except DatabaseError as error:
            raise of_target(error.code, str(error)) from None
        return Imported(Definition(read.drawing), read.lost, _name_in(url))


def _name_in(url: str) -> str:
    """The name of the database of a URL."""
    name = unquote(url.partition("?")[0].rpartition("/")[2])
    return Path(name).stem if url.startswith("sqlite:") else name


def _sound(definition: Definition, damaged: bool, dialect: Dialect | None = None) -> Drawing:
    if damaged:
        raise invalid("VALIDATION_ERROR", "What is stored of this schema cannot be read any more.", "Send its drawing again.")
    if wrong := check(definition.drawing, dialect):
        refuse_findings(_as_written(definition, wrong), None)
    return definition.drawing


def _as_written(definition: Definition, findings: tuple[Finding, ...]) -> Resource:
    return Resource("", "", "", None, definition, frozenset(), findings=findings)


def _page_size(asked: int) -> int:
    if not 0 <= asked <= LARGEST_PAGE:
        raise invalid("PAGE_SIZE_INVALID", f"The page size must be 1 to {LARGEST_PAGE}.")
    return asked or DEFAULT_PAGE
