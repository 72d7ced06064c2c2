"""The catalog that a file of DDL describes: PostgreSQL, MySQL/MariaDB, SQLite or SQL Server.

Statements that say nothing of tables (INSERT, GRANT, views …) are passed over; those that do and cannot be read become
warnings with their line.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Final

from services.common.databases._checks import parse_check
from services.common.databases._complete import complete
from services.common.databases._ddl_alter import Altering
from services.common.databases._ddl_objects import (
    WrittenTrigger,
    read_bounds,
    read_index,
    read_partitioning,
    read_rule,
    read_trigger,
    understood,
)
from services.common.databases._ddl_tables import Draft, TableReader, folds, split_name, table_key
from services.common.databases._sqltext import Cursor, Statement, Token, parted, statements
from services.common.databases._types import postgresql_type
from services.common.databases.catalog import (
    Catalog,
    CatalogColumn,
    CatalogTable,
    Check,
    ColumnType,
    Dialect,
    Domain,
    EnumType,
    Partition,
    Rule,
    Unique,
    Warned,
    ours,
)

_PASSED: Final = frozenset(
    "SET SELECT INSERT UPDATE DELETE GRANT REVOKE DROP USE BEGIN COMMIT START ROLLBACK LOCK UNLOCK ANALYZE VACUUM PRAGMA COPY "
    "REINDEX EXEC EXECUTE PRINT IF DECLARE GO CALL DO REFRESH SECURITY REPLACE TRUNCATE END REM CHECKPOINT DENY".split()
)
_TABLE_WORDS: Final = frozenset("GLOBAL LOCAL TEMP TEMPORARY UNLOGGED FOREIGN VIRTUAL EXTERNAL OR REPLACE".split())
_HINTS: Final[tuple[tuple[Dialect, str], ...]] = (
    (
        "sqlserver",
        r"(?im)^\s*GO\s*$|\bIDENTITY\s*\(\s*\d|\[dbo\]|\bNVARCHAR\b|\bCLUSTERED\b|\bDATETIME2\b|\bUNIQUEIDENTIFIER\b",
    ),
    ("mysql", r"(?i)`\w+`|\bAUTO_INCREMENT\b|\bENGINE\s*=|\bUNSIGNED\b|^\s*DELIMITER\b|\bTINYINT\(|\bENUM\s*\("),
    (
        "postgresql",
        r"(?i)\b(?:BIG|SMALL)?SERIAL\b|\bJSONB\b|::\w|\bTIMESTAMPTZ\b|\bBYTEA\b|\$\$"
        r"|CREATE\s+(?:TYPE|DOMAIN|SEQUENCE|EXTENSION)\b"
        r"|\bGENERATED\s+(?:ALWAYS|BY\s+DEFAULT)\s+AS\s+IDENTITY"
        r"|\bcharacter varying\b|\bSET\s+search_path\b|\bUUID\b|\bBOOLEAN\b",
    ),
    (
        "sqlite",
        r"(?i)\bAUTOINCREMENT\b|\bWITHOUT\s+ROWID\b|\)\s*STRICT\b|\bPRAGMA\b|DATETIME\('NOW'\)"
        r"|\bINTEGER\s+PRIMARY\s+KEY\b|\browid\b",
    ),
)
"""Words by which dialects are known."""


def guess_dialect(text: str) -> Dialect:
    """The dialect whose words are most; PostgreSQL, nearest to the standard, when none is."""
    counts = {dialect: len(re.findall(pattern, text)) for dialect, pattern in _HINTS}
    best = max(counts, key=lambda dialect: (counts[dialect], dialect == "postgresql"))
    return best if counts[best] else "postgresql"


def read(text: str, dialect: Dialect | None = None) -> Catalog:
    """Read a file's text. Never raises for what the text holds."""
    reader = _Reader(dialect or guess_dialect(text))
    for statement in statements(text, reader.dialect):
        reader.take(statement)
    return reader.finish()


class _Reader:
    """What has been read so far."""

    def __init__(self, dialect: Dialect) -> None:
        self.dialect = dialect
        self.tables: dict[str, Draft] = {}
        self.enums: dict[str, EnumType] = {}
        self.domains: dict[str, Domain] = {}
        self.bodies: dict[str, str] = {}
        self.triggers: list[WrittenTrigger] = []
        self.rules: list[tuple[str, Rule]] = []
        self.warnings: list[Warned] = []
        self._ignored: set[str] = set()
        self._composites: set[str] = set()
        self._columns = TableReader(dialect, self._type if dialect == "postgresql" else None)
        self._altering = Altering(dialect, self._columns)

    def _type(self, native: str) -> ColumnType:
        if native in self._composites:
            return ColumnType(native, "composite", named=native)
        domains = {name: domain.type for name, domain in self.domains.items()}
        return postgresql_type(native, {name: enum.values for name, enum in self.enums.items()}, domains)

    def take(self, statement: Statement) -> None:
        """Read one statement."""
        try:
            self._take(Cursor(statement.tokens, statement.source))
        except (ValueError, IndexError, KeyError) as error:
            head = " ".join(token.raw for token in statement.tokens[:4])
            self._warn(f"{head} … cannot be read: {str(error) or 'it is not understood'}", statement.line)

    def _warn(self, message: str, line: int) -> None:
        self.warnings.append(Warned(message, line))

    def _take(self, cursor: Cursor) -> None:
        if cursor.accept("CREATE"):
            self._create(cursor)
        elif cursor.peek() == "ALTER" and cursor.peek(1) == "TABLE":
            cursor.accept("ALTER", "TABLE")
            self._alter(cursor)
        elif cursor.accept("ALTER", "TYPE"):
            self._alter_type(cursor)
        elif cursor.accept("COMMENT", "ON"):
            self._comment(cursor)
        elif cursor.peek() in ("EXEC", "EXECUTE") and self.dialect == "sqlserver":
            self._property(cursor)
        elif cursor.peek() not in _PASSED and cursor.peek() != "ALTER":
            raise ValueError("it is no statement of DDL")

    def _create(self, cursor: Cursor) -> None:
        words = []
        while cursor.peek() in _TABLE_WORDS:
            words.append(cursor.token().value)
        ahead = {cursor.peek(n) for n in range(3)}
        if cursor.accept("TABLE"):
            self._table(cursor, words)
        elif "INDEX" in ahead:
            self._index(cursor)
        elif cursor.accept("TYPE"):
            self._create_type(cursor)
        elif cursor.accept("DOMAIN"):
            self._domain(cursor)
        elif cursor.accept("RULE"):
            self.rules.append(read_rule(cursor))
        elif cursor.accept("FUNCTION"):
            self._function(cursor)
        else:
            self._routine(cursor)

    def _routine(self, cursor: Cursor) -> None:
        """A trigger behind DEFINER, CONSTRAINT …; anything else (a view, a procedure) is passed over."""
        head = cursor.until("TRIGGER", "VIEW", "PROCEDURE", "FUNCTION", "EVENT", "AS", "SEQUENCE", "SCHEMA", "DATABASE")
        if len(head) <= 12 and cursor.accept("TRIGGER"):
            self.triggers.append(read_trigger(cursor, self.dialect))

    def _table(self, cursor: Cursor, words: list[str]) -> None:
        cursor.accept("IF", "NOT", "EXISTS")
        schema, name = split_name(cursor.qualified(), self.dialect)
        if ours(name) or {"TEMP", "TEMPORARY"} & set(words) or name.startswith("#"):
            self._ignored.add(name)
            return
        if "VIRTUAL" in words:
            raise ValueError("virtual tables are left out")
        draft = Draft(self.dialect, name, schema)
        if cursor.accept("PARTITION", "OF"):
            self._partition_of(draft, cursor)
        elif cursor.peek() == "(":
            for parts in self._columns.read_body(draft, cursor.group(), cursor.source):
                self._copy(draft, table_key(parts, self.dialect))
        elif cursor.accept("LIKE"):
            self._copy(draft, table_key(cursor.qualified(), self.dialect))
        else:
            raise ValueError("its columns come from a query")
        self.tables[f"{schema}.{name}" if schema else name] = draft
        self._options(draft, cursor)

    def _copy(self, draft: Draft, key: str) -> None:
        parent = self._draft(key)
        draft.columns |= parent.columns
        draft.primary_key = draft.primary_key or (parent.primary_key if self.dialect == "mysql" else ())

    def _draft(self, key: str) -> Draft:
        if key in self.tables:
            return self.tables[key]
        for known, draft in self.tables.items():
            if known.casefold() == key.casefold() or (self.dialect == "mysql" and draft.name == key):
                return draft
        raise ValueError(f"there is no table {key} before it")

    def _partition_of(self, draft: Draft, cursor: Cursor) -> None:
        key = table_key(cursor.qualified(), self.dialect)
        parent = self._draft(key)
        draft.kind, draft.inherits_from, draft.columns = "partition", (key,), dict(parent.columns)
        self._heir(draft, parent)
        draft.primary_key = parent.primary_key
        draft.foreign_keys = list(parent.foreign_keys)
        draft.uniques = list(parent.uniques)
        if cursor.peek() == "(":
            self._columns.read_body(draft, cursor.group(), cursor.source)
        draft.partition = read_bounds(cursor, draft.name, parent.partition.by if parent.partition else ())

    def _heir(self, draft: Draft, parent: Draft) -> None:
        """Columns and checks come from the parent."""
        draft.columns = parent.columns | draft.columns
        draft.checks = [*parent.checks, *draft.checks]

    def _options(self, draft: Draft, cursor: Cursor) -> None:
        """What follows the parentheses of CREATE TABLE."""
        while not cursor.done:
            if cursor.accept("INHERITS"):
                self._inherit(draft, parted(cursor.group()))
            elif cursor.accept("PARTITION", "BY"):
                self._partitioned(draft, cursor)
            elif cursor.accept("WITHOUT", "ROWID"):
                draft.rowid = False
            elif cursor.accept("STRICT"):
                draft.strict = True
            elif cursor.peek() in ("COMMENT", "COLLATE"):
                word = cursor.token().value
                cursor.accept("=")
                setattr(draft, {"COMMENT": "comment", "COLLATE": "collation"}[word], cursor.token().value)
            else:
                cursor.item()

    def _inherit(self, draft: Draft, parts: list[list[Token]]) -> None:
        keys = [table_key(Cursor(part, "").qualified(), self.dialect) for part in parts]
        draft.kind, draft.inherits_from = "child", tuple(keys)
        own = set(draft.columns)
        for key in reversed(keys):
            self._heir(draft, self._draft(key))
        for name in set(draft.columns) - own:
            if draft.columns[name].identity:  # not handed down
                draft.columns[name] = replace(draft.columns[name], identity="", auto=False)

    def _partitioned(self, draft: Draft, cursor: Cursor) -> None:
        draft.kind = "partitioned" if draft.kind == "table" else draft.kind
        found = read_partitioning(cursor)
        bounds = draft.partition
        draft.partition = (
            found if bounds is None else replace(found, name=bounds.name, bounds=bounds.bounds, parsed=bounds.parsed)
        )
        while not cursor.done:
            if cursor.peek() == "(":
                draft.partitions = tuple(_mysql_partition(part, cursor) for part in parted(cursor.group()))
            else:
                cursor.token()

    def _index(self, cursor: Cursor) -> None:
        key, index = read_index(cursor, self.dialect)
        if key in self._ignored:
            return
        draft = self._draft(key)
        if isinstance(index, Unique):
            draft.uniques.append(index)
        else:
            draft.indexes.append(index)

    def _create_type(self, cursor: Cursor) -> None:
        name = ".".join(part for part in split_name(cursor.qualified(), self.dialect) if part)
        if cursor.accept("AS", "ENUM"):
            self.enums[name] = EnumType(name, tuple(part[0].value for part in parted(cursor.group())))
        elif cursor.accept("AS") and cursor.peek() == "(":
            self._composites.add(name)

    def _alter_type(self, cursor: Cursor) -> None:
        name = ".".join(part for part in split_name(cursor.qualified(), self.dialect) if part)
        if not cursor.accept("ADD", "VALUE"):
            return
        cursor.accept("IF", "NOT", "EXISTS")
        values = list(self.enums[name].values)
        value, place = cursor.token().value, len(values)
        if cursor.peek() in ("BEFORE", "AFTER"):
            place = (cursor.token().value == "AFTER") + values.index(cursor.token().value)
        values.insert(place, value)
        self.enums[name] = replace(self.enums[name], values=tuple(values))

    def _domain(self, cursor: Cursor) -> None:
        """A domain reads like a column called VALUE."""
        name = ".".join(part for part in split_name(cursor.qualified(), self.dialect) if part)
        cursor.accept("AS")
        draft = Draft(self.dialect, name)
        column = self._columns.read_unnamed(draft, cursor, "VALUE")
        checks = tuple(
            Check(check, sql, ("VALUE",), parse_check(sql, self.dialect, ("VALUE",)), domain=name)
            for check, sql, _ in draft.checks
        )
        self.domains[name] = Domain(name, column.type, column.nullable, column.default, checks)

    def _function(self, cursor: Cursor) -> None:
        """The body of a function that triggers may call."""
        name = cursor.qualified()[-1]
        texts = [token for token in cursor.rest() if token.kind == "text" and (token.raw[0] == "$" or " " in token.value)]
        if texts:
            self.bodies[name] = max((token.value for token in texts), key=len)

    def _comment(self, cursor: Cursor) -> None:
        what = cursor.token().value
        parts = cursor.qualified()
        cursor.accept("IS")
        text = cursor.token()
        comment = text.value if text.kind == "text" else ""
        if what == "TABLE":
            self._draft(table_key(parts, self.dialect)).comment = comment
        elif what == "COLUMN":
            draft = self._draft(table_key(parts[:-1], self.dialect))
            draft.columns[parts[-1]] = replace(draft.columns[parts[-1]], comment=comment)
        elif what == "TYPE" and parts[-1] in self.enums:
            self.enums[parts[-1]] = replace(self.enums[parts[-1]], comment=comment)
        elif what == "DOMAIN" and parts[-1] in self.domains:
            self.domains[parts[-1]] = replace(self.domains[parts[-1]], comment=comment)

    def _property(self, cursor: Cursor) -> None:
        """SQL Server's comments: `EXEC sp_addextendedproperty N'MS_Description', N'…', N'SCHEMA', N'dbo', N'TABLE', N'…'`."""
        rest = cursor.rest()
        if "sp_addextendedproperty" not in (token.name.lower() for token in rest[:5]):
            return
        texts = [token.value for token in rest if token.kind == "text"]
        if len(texts) not in (6, 8) or texts[0] != "MS_Description" or texts[4].upper() != "TABLE":
            return
        draft = self._draft(table_key((texts[3], texts[5]), self.dialect))
        if len(texts) == 6:
            draft.comment = texts[1]
        elif texts[6].upper() == "COLUMN":
            name = draft.column(texts[7])
            draft.columns[name] = replace(draft.columns[name], comment=texts[1])

    def _alter(self, cursor: Cursor) -> None:
        cursor.accept("IF", "EXISTS")
        cursor.accept("ONLY")
        key = table_key(cursor.qualified(), self.dialect)
        if cursor.peek() == "OWNER" or key.rpartition(".")[2] in self._ignored:
            return
        draft = self._draft(key)
        if cursor.accept("ATTACH", "PARTITION"):
            child = self._draft(table_key(cursor.qualified(), self.dialect))
            child.kind, child.inherits_from = "partition", (key,)
            child.partition = read_bounds(cursor, child.name, draft.partition.by if draft.partition else ())
        elif cursor.accept("INHERIT"):
            self._inherit(draft, [cursor.rest()])
        else:
            self._altering.read(draft, cursor)

    def finish(self) -> Catalog:
        """The catalog."""
        tables = {key: self._finished(draft) for key, draft in self.tables.items()}
        for written in self.triggers:
            key = next((k for k in tables if k.casefold() == written.table.casefold()), "")
            if key:
                trigger = understood(replace(written, table=key), self.dialect, self.bodies)
                tables[key] = replace(tables[key], triggers=(*tables[key].triggers, trigger))
        for key, rule in self.rules:
            if key in tables:
                tables[key] = replace(tables[key], rules=(*tables[key].rules, rule))
        found = tuple(tables[key] for key in sorted(tables))
        enums, domains = tuple(self.enums.values()), tuple(self.domains.values())
        return complete(Catalog(self.dialect, "", found, enums, domains, tuple(self.warnings)))

    def _finished(self, draft: Draft) -> CatalogTable:
        for column in draft.columns.values():
            if self.dialect == "postgresql":
                column = replace(column, type=self._type(column.type.native))
            draft.columns[column.name] = _collated(column, self.dialect, draft.collation)
        return draft.finish()


def _collated(column: CatalogColumn, dialect: str, table: str) -> CatalogColumn:
    """MySQL and SQL Server fold case unless a collation says otherwise."""
    if column.type.kind not in ("string", "text", "enum", "set"):
        return replace(column, folded=False)
    collation = column.collation or table
    if dialect in ("mysql", "sqlserver"):
        binary = dialect == "mysql" and column.type.native.lower().endswith(" binary")
        return replace(column, collation=collation, folded=(folds(collation, dialect) if collation else not binary))
    return replace(column, folded=column.folded or column.type.native.lower() == "citext")


def _mysql_partition(part: list[Token], cursor: Cursor) -> Partition:
    inner = Cursor(part, cursor.source)
    inner.accept("PARTITION")
    name = inner.name()
    inner.accept("VALUES")
    bounds = cursor.text(inner.until("ENGINE", "COMMENT", "DATA", "MAX_ROWS"))
    return Partition(name, bounds=bounds)
