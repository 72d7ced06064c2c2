"""How a failure reaches the user: one line on standard error with its code and a hint, and an exit status.

Statuses: 0 done; 1 failed; 2 wrong usage or invalid schema; 130 interrupted, resumable.
"""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

DONE, FAILED, USAGE, INTERRUPTED = 0, 1, 2, 130
DEBUG = "MOCKCRAFT_DEBUG"
"""Set to anything: an unexpected error also prints its traceback."""

MAKE_JOBS = frozenset({"seed", "backup", "restore", "verify", "repair", "dataset"})
"""Commands that make a job."""


class CommandError(Exception):
    """Ends the command with `status` after `code: message` and `hint` were printed."""

    def __init__(self, message: str, *, code: str = "", hint: str = "", status: int = FAILED) -> None:
        super().__init__(message)
        self.message, self.code, self.hint, self.status = message, code, hint, status


class InterruptError(Exception):
    """Ctrl-C where no job was being followed."""


def interrupted(command: str) -> int:
    """Say what Ctrl-C left of a command that makes a job: one that is under way sees to it by itself. Returns the exit status."""
    if command in MAKE_JOBS:
        say("mockcraft: interrupted; nothing was begun")
    return INTERRUPTED


def usage(message: str, hint: str = "", code: str = "") -> CommandError:
    """Wrong usage (exit status 2)."""
    return CommandError(message, code=code, hint=hint, status=USAGE)


def say(text: str) -> None:
    """Print a line on standard error."""
    with terminal_may_close():
        print(text, file=sys.stderr, flush=True)


@contextmanager
def terminal_may_close() -> Iterator[None]:
    """Write to a terminal that may be closed any time: then nothing is shown any more, and the work goes on."""
    try:
        yield
    except OSError as error:
        if error.errno != errno.EIO:
            raise
        from runner.platform import let_go_of_terminal

        let_go_of_terminal()


def report(error: BaseException) -> int:
    """Tell the user what went wrong and return the exit status.

    Errors of the services (`services.common.errors.MockcraftError`) and of rows (`runner.engine.RowError`)
    are known by their shape, so that light commands need not import gRPC and the engine.
    """
    if isinstance(error, BrokenPipeError):
        _close_quietly()
        return DONE
    if isinstance(error, CommandError):
        _line(error.code, error.message, error.hint)
        return error.status
    if _from_service(error):
        return _report_service(error)
    if isinstance(error, ValueError) and isinstance(code := getattr(error, "code", None), str):
        _line(code, str(error), "")
        return FAILED
    if os.environ.get(DEBUG):
        sys.excepthook(type(error), error, error.__traceback__)
    _line("INTERNAL", f"{type(error).__name__}: {error}", "" if os.environ.get(DEBUG) else f"{DEBUG}=1 shows where it happened")
    return FAILED


def _line(code: str, message: str, hint: str) -> None:
    say("mockcraft: " + (f"{code} " if code else "") + message + (f"\n  {hint}" if hint else ""))


def _from_service(error: BaseException) -> bool:
    return all(hasattr(error, name) for name in ("code", "message", "status", "details", "findings"))


def _report_service(error: Any) -> int:
    places = [_place(finding) for finding in error.findings]
    said = any(finding.message == error.details for finding in error.findings)
    _line(error.code, error.message, "\n  ".join(([] if said or not error.details else [error.details]) + places))
    return USAGE if getattr(error.status, "name", "") == "INVALID_ARGUMENT" else FAILED


def finding_lines(findings: Iterable[Mapping[str, Any]]) -> list[str]:
    """Findings as the API writes them, one a line."""
    return [_placed(each["path"], each["message"], each["suggestion"]) for each in findings]


def _place(finding: Any) -> str:
    return _placed(finding.path, finding.message, finding.suggestion)


def _placed(path: str, message: str, suggestion: str) -> str:
    guess = did_you_mean(suggestion) if "did you mean" not in message.casefold() else ""
    return (f"{path}: {message}" if path else message) + (f" ({guess})" if guess else "")


def did_you_mean(*words: str) -> str:
    """`did you mean 'a' or 'b'?`; empty without words."""
    quoted = [f"'{word}'" for word in words if word]
    if not quoted:
        return ""
    return "did you mean " + (", ".join(quoted[:-1]) + " or " if len(quoted) > 1 else "") + quoted[-1] + "?"


def _close_quietly() -> None:
    """Nobody reads standard output any more: let the interpreter's last flush go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
