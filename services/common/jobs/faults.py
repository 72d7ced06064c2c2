"""What the system refused when a job was to begin, as the error that its log tells."""

from __future__ import annotations

import errno
from typing import Final

from services.common.jobs.model import JobError

DISK_FULL: Final = (errno.ENOSPC, errno.EDQUOT)
NO_FOLDER: Final = (
    errno.EEXIST, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.EROFS, errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL
)  # fmt: skip
"""Why a folder cannot be made now and will not be able to be in a moment."""


def folder_error(error: OSError) -> JobError:
    """Why the folders of a job could not be made."""
    if error.errno in DISK_FULL:
        return start_error(error)
    message = f"The folder {error.filename} cannot be made: {error.strerror or error}."
    return JobError("OUTPUT_FAILED", message, retryable=error.errno not in NO_FOLDER)


def start_error(error: OSError) -> JobError:
    """Why its process could not be started."""
    if error.errno in DISK_FULL:
        return JobError("DISK_FULL", "The disk is full; free some space and resume.")
    return JobError("WORKER_NOT_STARTED", f"The worker could not be started: {error.strerror or error}.", retryable=True)
