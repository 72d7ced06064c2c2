"""Where the registry keeps its drawings: SQLite (one machine) or PostgreSQL (many), with versions and an audit log."""

from services.schemas.store.errors import DuplicateNameError, StaleRevisionError
from services.schemas.store.model import (
    NOBODY,
    Act,
    AuditEntry,
    AuditPage,
    Changes,
    Listing,
    Mark,
    Pool,
    Query,
    Record,
    Status,
    Summary,
    Version,
    VersionSummary,
)
from services.schemas.store.store import SchemaStore

__all__ = [
    "NOBODY",
    "Act",
    "AuditEntry",
    "AuditPage",
    "Changes",
    "DuplicateNameError",
    "Listing",
    "Mark",
    "Pool",
    "Query",
    "Record",
    "SchemaStore",
    "StaleRevisionError",
    "Status",
    "Summary",
    "Version",
    "VersionSummary",
]
