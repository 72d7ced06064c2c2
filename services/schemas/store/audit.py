"""The audit log: who did what to which schema when. Entries are added, never changed."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime

from sqlalchemy import Connection, insert, select

from services.common.errors import invalid
from services.schemas.store.connections import Connections
from services.schemas.store.documents import dumped, findable, without_secrets
from services.schemas.store.errors import bad_token
from services.schemas.store.listing import MOST
from services.schemas.store.model import Act, AuditPage, Record
from services.schemas.store.rows import entry_of
from services.schemas.store.tables import audit_log

LARGEST = 2**62
TEXT = 255
"""The most characters of an actor, an action or a request's id; more are cut."""


class AuditLog:
    """The log in a store's database."""

    def __init__(self, database: Connections) -> None:
        self._database = database

    def write(self, connection: Connection, act: Act, record: Record | None, at: datetime) -> None:
        """Add an entry, in the transaction of what it tells of."""
        values = {
            "created_at": at,
            "actor": _text(act.actor),
            "action": _text(act.action),
            "schema_id": record.id if record else None,
            "schema_name": record.name if record else "",
            "revision": record.revision if record else 0,
            "request_id": _text(act.request_id),
            "detail": dumped(without_secrets(act.detail), "detail"),
        }
        connection.execute(insert(audit_log).values(**values))

    def read(self, schema_id: str | None, page_size: int, token: str) -> AuditPage:
        """A page, newest first. Raises PAGE_SIZE_INVALID, PAGE_TOKEN_INVALID."""
        if not 0 <= page_size <= MOST:
            raise invalid("PAGE_SIZE_INVALID", f"A page has 1 to {MOST} entries.")
        size = page_size or 50
        statement = select(audit_log).where(audit_log.c.id < _read(token)).order_by(audit_log.c.id.desc()).limit(size + 1)
        if schema_id is not None:
            statement = statement.where(audit_log.c.schema_id == schema_id)
            if not findable(schema_id):
                return AuditPage(())
        with self._database.read() as connection:
            entries = [entry_of(row) for row in connection.execute(statement).mappings()]
        return AuditPage(tuple(entries[:size]), _token(entries[size - 1].id) if len(entries) > size else "")


def _text(text: str) -> str:
    return text.replace("\0", "").encode("utf-8", "replace").decode()[:TEXT]


def _token(number: int) -> str:
    return base64.urlsafe_b64encode(str(number).encode()).decode().rstrip("=")


def _read(token: str) -> int:
    if not token:
        return LARGEST
    try:
        number = int(base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True).decode())
    except (binascii.Error, ValueError):
        raise bad_token() from None
    if not 0 < number < LARGEST:
        raise bad_token()
    return number
