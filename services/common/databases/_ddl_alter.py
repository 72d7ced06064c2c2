"""Read ALTER TABLE: constraints and columns that come later, in four dialects."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from services.common.databases._ddl_tables import Draft, TableReader, with_default
from services.common.databases._sqltext import Cursor, Token, parted

_NOTHING_TO_DO: Final = frozenset(
    "OWNER ENABLE DISABLE CLUSTER SET REPLICA VALIDATE FORCE ENGINE AUTO_INCREMENT CONVERT ORDER COMMENT NOFORCE CHARACTER "
    "CHARSET REBUILD CHECK NOCHECK LOCK ALGORITHM DETACH".split()
)
_TABLE_CONSTRAINTS: Final = frozenset("CONSTRAINT PRIMARY UNIQUE FOREIGN CHECK EXCLUDE".split())


class Altering:
    """Reads the actions of ALTER TABLE into a draft."""

    def __init__(self, dialect: str, columns: TableReader) -> None:
        self._dialect, self._columns = dialect, columns

    def read(self, draft: Draft, cursor: Cursor) -> None:
        """All actions. Raises `ValueError` for one that is not understood."""
        adding = False
        for part in parted(cursor.rest()):
            adding = self._action(draft, Cursor(part, cursor.source), adding)

    def _action(self, draft: Draft, cursor: Cursor, adding: bool) -> bool:
        """One action; `adding` when the one before was ADD, which SQL Server does not repeat."""
        if cursor.peek() == "WITH" and cursor.peek(1) in ("CHECK", "NOCHECK"):
            cursor.token()
            cursor.token()
        if cursor.accept("ADD") or (adding and self._dialect == "sqlserver"):
            self._add(draft, cursor)
            return True
        if cursor.peek() in ("ALTER", "MODIFY", "CHANGE"):
            self._change(draft, cursor)
        elif cursor.accept("DROP"):
            self._drop(draft, cursor)
        elif cursor.peek() not in _NOTHING_TO_DO:
            raise ValueError(f"{cursor.peek() or 'the action'} is not followed")
        return False

    def _add(self, draft: Draft, cursor: Cursor) -> None:
        if cursor.peek() in _TABLE_CONSTRAINTS or (self._dialect == "mysql" and self._is_key(cursor)):
            if self._for_column(draft, cursor):
                return
            self._columns.read_constraint(draft, cursor)
            return
        cursor.accept("COLUMN")
        cursor.accept("IF", "NOT", "EXISTS")
        if cursor.peek() == "(":
            self._columns.read_body(draft, cursor.group(), cursor.source)
        else:
            self._columns.read_column(draft, cursor)

    def _is_key(self, cursor: Cursor) -> bool:
        return cursor.peek() in ("KEY", "INDEX", "FULLTEXT", "SPATIAL")

    def _for_column(self, draft: Draft, cursor: Cursor) -> bool:
        """SQL Server's `ADD CONSTRAINT df DEFAULT (0) FOR price`."""
        ahead = [cursor.peek(n) for n in range(4)]
        if self._dialect != "sqlserver" or "DEFAULT" not in ahead:
            return False
        cursor.until("DEFAULT")
        cursor.accept("DEFAULT")
        sql = cursor.text(cursor.until("FOR"))
        cursor.accept("FOR")
        name = draft.column(cursor.name())
        draft.columns[name] = with_default(draft.columns[name], sql)
        return True

    def _change(self, draft: Draft, cursor: Cursor) -> None:
        verb = cursor.token().value
        cursor.accept("COLUMN")
        name = draft.column(cursor.name())
        if name not in draft.columns:
            raise ValueError(f"there is no column {name}")
        if verb == "ALTER" and self._dialect in ("postgresql", "mysql"):
            self._alter_column(draft, cursor, name)
            return
        kept = list(draft.columns)
        new = cursor.name() if verb == "CHANGE" else name
        old = draft.columns.pop(name)
        made = self._columns.read_unnamed(draft, cursor, new)
        if self._dialect == "sqlserver":
            made = replace(made, default=old.default, comment=old.comment)
        draft.columns[new] = made
        order = [new if known == name else known for known in kept]
        draft.columns = {known: draft.columns[known] for known in order}

    def _alter_column(self, draft: Draft, cursor: Cursor, name: str) -> None:
        column = draft.columns[name]
        if cursor.accept("SET", "NOT", "NULL"):
            column = replace(column, nullable=False)
        elif cursor.accept("DROP", "NOT", "NULL"):
            column = replace(column, nullable=True)
        elif cursor.accept("DROP", "DEFAULT"):
            column = replace(column, default="", auto=bool(column.identity))
        elif cursor.accept("SET", "DEFAULT"):
            column = with_default(column, cursor.text(cursor.rest()))
        elif cursor.accept("ADD"):
            column = self._columns.column_property(column, cursor)
        elif cursor.accept("SET", "DATA", "TYPE") or cursor.accept("TYPE"):
            type_ = self._columns.read_unnamed(
                Draft(self._dialect, draft.name), Cursor(cursor.until("USING"), cursor.source), name
            ).type
            column = replace(column, type=type_)
        draft.columns[name] = column

    def _drop(self, draft: Draft, cursor: Cursor) -> None:
        """A column or a constraint goes."""
        if cursor.accept("CONSTRAINT"):
            cursor.accept("IF", "EXISTS")
            _without(draft, cursor.name())
            return
        if cursor.peek() in ("PRIMARY", "FOREIGN", "INDEX", "KEY", "CHECK"):
            primary = cursor.token().value == "PRIMARY"
            rest: Sequence[Token] = cursor.rest()
            if primary:
                draft.primary_key = ()
            else:
                _without(draft, rest[-1].name)
            return
        cursor.accept("COLUMN")
        cursor.accept("IF", "EXISTS")
        draft.columns.pop(draft.column(cursor.name()), None)


def _without(draft: Draft, name: str) -> None:
    """Take every constraint and index of that name off."""
    draft.foreign_keys = [key for key in draft.foreign_keys if key.name != name]
    draft.uniques = [unique for unique in draft.uniques if unique.name != name]
    draft.indexes = [index for index in draft.indexes if index.name != name]
    draft.checks = [check for check in draft.checks if check[0] != name]
