"""Entry of the `mockcraft` command.

`mockcraft generate` is answered here without the command-line library, so that one value costs
little more than starting Python; everything else goes to `cli.app`.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

COMPLETION = "_MOCKCRAFT_COMPLETE"
"""Set by the shell while it asks for completions."""


def main(argv: Sequence[str] | None = None) -> int:
    """Run the command line `argv` (default: the process's own) and return its exit status."""
    args = list(sys.argv[1:] if argv is None else argv)
    status = _status(args)
    if argv is None and args[:1] == ["generate"]:
        _leave(status)
    return status


def _status(args: list[str]) -> int:
    from cli import failure

    try:
        _name_plugins()
        return _run(args)
    except (KeyboardInterrupt, failure.InterruptError):
        return failure.interrupted(args[0] if args else "")
    except Exception as error:
        return failure.report(error)


def _name_plugins() -> None:
    """Take plug-ins and dictionaries from the folders that the settings file names; a file that names none costs nothing."""
    from pathlib import Path

    file = Path(os.environ.get("MOCKCRAFT_CONFIG", ""))
    text = file.read_bytes() if file.is_file() else b""
    if b"data_dir" in text or ("MOCKCRAFT_GENERATORS_DIR" not in os.environ and b"generators_dir" in text):
        from cli.configuration import load

        load()


def _leave(status: int) -> NoReturn:
    """End without taking the modules apart, which costs more than making a value."""
    with suppress(OSError):
        sys.stdout.flush()
        sys.stderr.flush()
    os._exit(status)


def _run(args: list[str]) -> int:
    if args[:1] == ["generate"] and COMPLETION not in os.environ and not {"--help", "-h"} & set(args):
        from cli.single import run

        return run(args[1:])
    from cli.app import run as run_app

    return run_app(args)
