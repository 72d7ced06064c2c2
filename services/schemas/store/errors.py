"""What the store refuses, in words for users; none of them shows where the store is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import grpc
import structlog
from sqlalchemy.exc import DBAPIError

from services.common.errors import FieldError, MockcraftError, invalid, not_found, unavailable
from services.common.redaction import redact
from services.schemas.drawing import Finding

logger = structlog.get_logger("schemas")

DATABASE_ERROR: Final = "DATABASE_ERROR"


class StaleRevisionError(MockcraftError):
    """Somebody else wrote first; `revision` is the one that is stored now."""

    def __init__(self, wanted: int, revision: int) -> None:
        message = f"The schema was changed meanwhile: it is at revision {revision}, not {wanted}."
        super().__init__("REVISION_STALE", message, grpc.StatusCode.ABORTED, "Read it again and repeat the change.")
        self.revision = revision


class DuplicateNameError(MockcraftError):
    """Another schema has this `name` or `databaseName` (that is `field`)."""

    def __init__(self, field: str, value: str) -> None:
        what = "name" if field == "name" else "database name"
        message = f"There is a schema with the {what} {_short(value)} already."
        details = "Names are compared without regard to case; those of deleted schemas are free."
        finding = FieldError(f"/{field}", message, "DUPLICATE_NAME")
        super().__init__("DUPLICATE_NAME", message, grpc.StatusCode.ALREADY_EXISTS, details, [finding])
        self.field = field


def unknown_schema(schema_id: str) -> MockcraftError:
    """The same answer for unknown, deleted and malformed ids."""
    return not_found("SCHEMA_NOT_FOUND", f"There is no schema {_short(schema_id)}.")


def unknown_version(revision: int) -> MockcraftError:
    """A revision that the schema has not had."""
    return not_found("VERSION_NOT_FOUND", f"The schema has had no revision {revision}.")


def unstorable(field: str, why: str) -> MockcraftError:
    """A text that no store can hold."""
    message = f"{field} {why}."
    return invalid("VALIDATION_ERROR", message, findings=[FieldError(f"/{field}", message, "VALIDATION_ERROR")])


def unreadable(findings: Sequence[Finding]) -> MockcraftError:
    """A drawing that would be damaged once it is stored."""
    shown = [FieldError(finding.pointer, finding.message, finding.code, suggestion=finding.suggestion) for finding in findings]
    return invalid(findings[0].code, "The drawing cannot be kept as it is.", findings=shown)


def bad_token() -> MockcraftError:
    """A page token that was not made here, or for another list."""
    return invalid("PAGE_TOKEN_INVALID", "This page token is not one of ours.", "Start from the first page.")


def does_not_answer(error: Exception) -> MockcraftError:
    """503, and the reason in the log, without secrets."""
    reason = str(error.orig) if isinstance(error, DBAPIError) else str(error)
    logger.error("the schema store does not answer", reason=redact(" ".join(reason.split())), kind=type(error).__name__)
    return unavailable(DATABASE_ERROR, "The schema store does not answer.", "Try again in a moment.")


def too_new(revision: str) -> MockcraftError:
    """A store that a newer program has migrated."""
    logger.error("the schema store is newer than this program", revision=revision)
    return unavailable(
        DATABASE_ERROR,
        f"The schema store was made by a newer MockCraft (revision {_short(revision)}).",
        "Update MockCraft, or name another store (MOCKCRAFT_SCHEMAS_URL).",
    )


def _short(text: str) -> str:
    return ascii(text[:64])[1:-1] if text.isascii() else repr(text[:64].encode("utf-8", "replace").decode())[1:-1]
