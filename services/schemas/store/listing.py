"""Lists of schemas: which rows, in which order, and where a page begins.

Pages go by key, not by number: the token holds the last row's sort value and id, so that schemas that come in between
neither repeat nor hide others. A token serves the list it was made for alone.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import orjson
from sqlalchemy import ColumnElement, Integer, Row, Select, UnaryExpression, and_, func, literal, or_, select
from sqlalchemy.sql.operators import custom_op

from services.common.errors import FieldError, MockcraftError, invalid
from services.schemas.names import folded
from services.schemas.store.documents import findable
from services.schemas.store.errors import bad_token
from services.schemas.store.model import STATUSES, Query
from services.schemas.store.tables import schemas

MOST: Final = 1000
FURTHEST: Final = 10**9
"""Schemas before a counted page, at most."""
DEFAULT_SORT: Final = "-createdAt"
SUMMARY: Final = (
    "id", "name", "description", "database_name", "status", "version", "revision", "table_count", "column_count", "created_at",
    "updated_at", "deleted_at", "exported_at", "error",
)  # fmt: skip
"""The fields of `Summary` in their order, but for the flag."""
_SORTS: Final = {"name": "name_key", "createdAt": "created_at", "updatedAt": "updated_at", "status": "status"}
_SNAKE: Final = {"created_at": "createdAt", "updated_at": "updatedAt"}
_EPOCH: Final = datetime.fromtimestamp(0, UTC)


@dataclass(frozen=True, slots=True)
class Order:
    """A column to sort by; rows that are equal in it go by id, a column too."""

    column: ColumnElement[Any]
    id: ColumnElement[Any]
    descending: bool

    def by(self) -> tuple[ColumnElement[Any], ColumnElement[Any]]:
        """What ORDER BY takes."""
        both = (self.column, self.id)
        return (both[0].desc(), both[1].desc()) if self.descending else (both[0].asc(), both[1].asc())

    def after(self, value: Any, key: str) -> ColumnElement[bool]:
        """Rows behind the one with this value and id. In this form every database takes the index for it."""
        column = self.column
        beyond = column < value if self.descending else column > value
        within = column <= value if self.descending else column >= value
        further = self.id < key if self.descending else self.id > key
        return and_(within, or_(beyond, further))


def checked(query: Query) -> Query:
    """The query with its defaults. Raises `MockcraftError` for what it cannot be; all at once."""
    findings = [finding for finding in (_status(query), _size(query), _page(query), _sort(query)) if finding]
    if findings:
        raise _refused(findings)
    return Query(
        folded(query.search), query.status, _canonical(query.sort), query.page_size or Query().page_size, query.token, query.page
    )


def _refused(findings: list[FieldError]) -> MockcraftError:
    return invalid(findings[0].code, findings[0].message, findings[0].suggestion, findings)


def _status(query: Query) -> FieldError | None:
    if query.status in ("", *STATUSES):
        return None
    return FieldError("/status", "There is no such status.", "VALIDATION_ERROR", suggestion=f"One of {', '.join(STATUSES)}.")


def _size(query: Query) -> FieldError | None:
    if 0 <= query.page_size <= MOST:
        return None
    return FieldError("/pageSize", f"A page has 1 to {MOST} schemas.", "PAGE_SIZE_INVALID")


def _page(query: Query) -> FieldError | None:
    if query.page < 0 or query.page * max(query.page_size, 1) > FURTHEST:
        return FieldError("/page", "Pages are counted from 1.", "VALIDATION_ERROR")
    if query.page and query.token:
        return FieldError("/page", "Give a page's number or a page token, not both.", "VALIDATION_ERROR")
    return None


def _sort(query: Query) -> FieldError | None:
    if _canonical(query.sort).removeprefix("-") in _SORTS:
        return None
    known = f"One of {', '.join(_SORTS)}, with - in front for the other way round."
    return FieldError(
        "/sort",
        "Schemas cannot be sorted by that.",
        "VALIDATION_ERROR",
        suggestion=known,
    )


def _canonical(sort: str) -> str:
    word = (sort or DEFAULT_SORT).removeprefix("-")
    return ("-" if (sort or DEFAULT_SORT).startswith("-") else "") + _SNAKE.get(word, word)


def order_of(query: Query) -> Order:
    """How a checked query is sorted."""
    return Order(schemas.c[_SORTS[query.sort.removeprefix("-")]], schemas.c.id, query.sort.startswith("-"))


def wanted(query: Query, dialect: str) -> ColumnElement[bool]:
    """Which rows a checked query asks for."""
    deleted = query.status == "deleted"
    moment: ColumnElement[Any] = schemas.c.deleted_at
    if query.search and dialect == "sqlite":
        moment = UnaryExpression(moment, operator=custom_op("+"))  # keeps to ix_schemas_search, which holds all that is looked at
    found: ColumnElement[bool] = moment.is_not(None) if deleted else moment.is_(None)
    if query.status:
        found = and_(found, schemas.c.status == query.status)
    if query.search:
        place = func.instr if dialect == "sqlite" else func.strpos
        found = and_(found, place(schemas.c.search_key, query.search) > 0)
    return found


def can_match(query: Query) -> bool:
    """Whether any stored text could hold what is searched."""
    return findable(query.search)


def page_of(query: Query, dialect: str) -> Select[Any]:
    """The rows of a checked query's page, and one more where there is a next page. Raises PAGE_TOKEN_INVALID.

    Which rows is found first, from indexes alone; `total` is there where rows had to be looked at for it anyway.
    """
    order, found = order_of(query), _found(query, dialect)
    total: ColumnElement[Any] = literal(None, Integer)
    if query.search:
        rows = found.cte("found").prefix_with("MATERIALIZED")
        total = select(func.count()).select_from(rows).scalar_subquery()
        order, found = Order(rows.c.sorted_by, rows.c.id, order.descending), select(rows)
    if query.token:
        found = found.where(order.after(*read_token(query)))
    elif query.page:
        found = found.offset((query.page - 1) * query.page_size)
    page = found.order_by(*order.by()).limit(query.page_size + 1).subquery("page")
    shown = (schemas.c[name] for name in SUMMARY)
    statement = select(*shown, page.c.sorted_by, total.label("total")).join_from(page, schemas, page.c.id == schemas.c.id)
    return statement.order_by(*Order(page.c.sorted_by, page.c.id, order.descending).by())


def _found(query: Query, dialect: str) -> Select[Any]:
    return select(schemas.c.id, order_of(query).column.label("sorted_by")).where(wanted(query, dialect))


def total_of(query: Query, dialect: str) -> Select[Any]:
    """How many rows a checked query asks for."""
    return select(func.count()).select_from(schemas).where(wanted(query, dialect))


def token_after(query: Query, row: Row[Any]) -> str:
    """The token of the page behind this row."""
    value = row.sorted_by
    key = _microseconds(value) if isinstance(value, datetime) else value
    return base64.urlsafe_b64encode(orjson.dumps([_digest(query), key, row.id])).decode().rstrip("=")


def read_token(query: Query) -> tuple[Any, str]:
    """The sort value and id behind which a page begins. Raises PAGE_TOKEN_INVALID."""
    try:
        raw = base64.b64decode(query.token + "=" * (-len(query.token) % 4), altchars=b"-_", validate=True)
        digest, key, schema_id = orjson.loads(raw)
    except (binascii.Error, ValueError, TypeError):
        raise bad_token() from None
    if digest != _digest(query) or not isinstance(schema_id, str) or not findable(f"{key}{schema_id}"):
        raise bad_token()
    return _sort_value(key, timed=query.sort.endswith("At")), schema_id


def _sort_value(key: Any, timed: bool) -> datetime | str:
    if not timed:
        return str(key)
    try:
        return _EPOCH + timedelta(microseconds=key)
    except (TypeError, OverflowError):
        raise bad_token() from None


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _digest(query: Query) -> str:
    """Of everything that a token must agree with."""
    asked = orjson.dumps([query.search.encode("utf-8", "replace").decode(), query.status, query.sort])
    return hashlib.blake2b(asked, digest_size=6).hexdigest()
