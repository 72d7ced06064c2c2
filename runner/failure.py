"""What went wrong, as an error event says it: one place where exceptions of the work become codes."""

from __future__ import annotations

import errno
from typing import Any

import orjson

from runner.platform import Locked
from runner.workers import UnitFailed


def failure(error: Exception) -> dict[str, Any]:
    """The data of an error event: code, sentence, and whether another attempt may help."""
    match error:
        case UnitFailed():
            data: dict[str, Any] = orjson.loads(str(error))
            return data
        case OSError() if error.errno in (errno.ENOSPC, errno.EDQUOT):
            return {"code": "DISK_FULL", "message": "the disk is full; free some space and resume", "retryable": False}
        case MemoryError():
            return {"code": "OUT_OF_MEMORY", "message": "the work needs more memory than it may use", "retryable": False}
        case Locked():
            return {"code": "JOB_LOCKED", "message": "another process still works on this job", "retryable": True}
        case OSError():
            return {"code": "OUTPUT_FAILED", "message": f"cannot write the output: {error.strerror}", "retryable": True}
        case ValueError():
            return {"code": getattr(error, "code", "SPEC_INVALID"), "message": str(error), "retryable": False}
    return {"code": "INTERNAL", "message": f"{type(error).__name__}: {error}", "retryable": True}
