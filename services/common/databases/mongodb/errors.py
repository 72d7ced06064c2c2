"""What the driver and the server say, as `DatabaseError`.

Texts of servers hold values: they are repeated only for errors that nobody knows, without what is quoted or in braces.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any, Final

from bson.errors import InvalidDocument
from pymongo import errors

from services.common.databases import CONFLICT, DatabaseError
from services.common.redaction import redact

DUPLICATE: Final = 11000
_LONGEST: Final = 300
_QUOTED: Final = re.compile(r"""["'`].*["'`]""", re.DOTALL)
_MEANINGS: Final[dict[int, tuple[str, str, bool]]] = {
    6: ("TARGET_UNAVAILABLE", "the server of MongoDB cannot be reached", True),
    7: ("TARGET_UNAVAILABLE", "the server of MongoDB cannot be found", True),
    8: ("TARGET_FAILED", "MongoDB cannot store a value", False),
    11: ("TARGET_AUTH_FAILED", "MongoDB does not know the user", False),
    13: ("TARGET_PERMISSION", "the user of MongoDB may not do this", False),
    18: ("TARGET_AUTH_FAILED", "MongoDB refuses the user or password", False),
    22: ("UNENCODABLE_VALUE", "MongoDB cannot read a document", False),
    24: ("TARGET_BUSY", "MongoDB could not lock the collection in time", True),
    26: ("TARGET_MISMATCH", "the collection is gone", False),
    46: ("TARGET_BUSY", "MongoDB could not lock the collection in time", True),
    50: ("TARGET_BUSY", "MongoDB took longer than the time limit", True),
    52: ("IDENTIFIER_INVALID", "MongoDB takes no such member name", False),
    64: ("TARGET_UNAVAILABLE", "the members of the replica set did not confirm the write in time", True),
    73: ("IDENTIFIER_INVALID", "MongoDB takes no such name of a database or collection", False),
    85: ("TARGET_MISMATCH", "an index of that name is there with other options", False),
    86: ("TARGET_MISMATCH", "an index of that name is there with other members", False),
    89: ("TARGET_UNAVAILABLE", "the network of MongoDB timed out", True),
    91: ("TARGET_UNAVAILABLE", "MongoDB is shutting down", True),
    112: ("TARGET_BUSY", "another writer was faster", True),
    121: ("TARGET_CONSTRAINT", "the collection's validation refuses a document", False),
    166: ("TARGET_MISMATCH", "the collection is a view", False),
    189: ("TARGET_UNAVAILABLE", "MongoDB has lost its primary", True),
    211: ("TARGET_UNAVAILABLE", "MongoDB's keys are not there yet", True),
    262: ("TARGET_BUSY", "MongoDB took longer than the time limit", True),
    10107: ("TARGET_READ_ONLY", "this member of the replica set is no primary", True),
    10334: ("UNENCODABLE_VALUE", "a document is larger than 16 MB", False),
    11000: ("TARGET_CONFLICT", CONFLICT, False),
    11600: ("TARGET_UNAVAILABLE", "MongoDB is shutting down", True),
    11602: ("TARGET_UNAVAILABLE", "MongoDB has lost its primary", True),
    13435: ("TARGET_READ_ONLY", "this member of the replica set is no primary", True),
    13436: ("TARGET_UNAVAILABLE", "this member of the replica set recovers", True),
    14031: ("DISK_FULL", "MongoDB's disk is full; free some space and resume", False),
    17280: ("UNENCODABLE_VALUE", "a key is too long for an index", False),
}
"""Codes of MongoDB (src/mongo/base/error_codes.yml): our code, our sentence, whether another attempt may help."""


def meaning(code: int | None, place: str = "", said: str = "") -> DatabaseError:
    """An error code of the server as our error; of an unknown one, what the server `said`. `place` names what it is about."""
    ours, sentence, retryable = _MEANINGS.get(code or 0) or ("TARGET_FAILED", _refusal(code, said), False)
    return DatabaseError(ours, f"{place}: {sentence}" if place else sentence, retryable)


def _refusal(code: int | None, said: str) -> str:
    number = f" (code {code})" if code is not None else ""
    lines = _QUOTED.sub("…", said.partition("{")[0]).splitlines() or [""]
    text = redact(lines[0][:_LONGEST]).strip().rstrip(":")
    return f"MongoDB refused a command{number}: {text}" if text else f"MongoDB refused a command{number}"


def refused(reply: dict[str, Any], place: str) -> DatabaseError | None:
    """The first error of a write command's reply; None when there is none."""
    failed = reply.get("writeErrors")
    if failed:
        return meaning(failed[0].get("code"), place, str(failed[0].get("errmsg", "")))
    concern = reply.get("writeConcernError")
    return meaning(concern.get("code"), place, str(concern.get("errmsg", ""))) if concern else None


@contextlib.contextmanager
def translated(place: str = "") -> Iterator[None]:
    """Errors of the driver as `DatabaseError`. `place` names the collection, or the members of it, that a command is about."""
    try:
        yield
    except (errors.ServerSelectionTimeoutError, errors.AutoReconnect, errors.NetworkTimeout) as error:
        raise _lost(error) from None
    except errors.OperationFailure as error:
        raise meaning(error.code, place, str((error.details or {}).get("errmsg", ""))) from None
    except (errors.DocumentTooLarge, InvalidDocument) as error:
        raise DatabaseError("UNENCODABLE_VALUE", "a document is larger than 16 MB, or holds what BSON cannot") from error
    except (errors.InvalidName, errors.CollectionInvalid):
        raise DatabaseError("IDENTIFIER_INVALID", "MongoDB takes no such name of a database or collection") from None
    except (errors.ConfigurationError, errors.InvalidURI) as error:
        raise DatabaseError("TARGET_INVALID", f"the target's options do not fit together ({type(error).__name__})") from None
    except errors.PyMongoError as error:
        raise DatabaseError("TARGET_FAILED", f"the driver of MongoDB failed ({type(error).__name__})") from None


def _lost(error: Exception) -> DatabaseError:
    if "SSL" in str(error) or "CERTIFICATE" in str(error).upper():
        return DatabaseError("TARGET_UNAVAILABLE", "MongoDB's certificate or encryption is not accepted")
    return DatabaseError("TARGET_UNAVAILABLE", "MongoDB cannot be reached", True)
