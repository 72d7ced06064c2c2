"""`mockcraft version`."""

from __future__ import annotations

import typer

from cli.output import FormatOption, dump


def version(format_: FormatOption = "table") -> None:
    """Print the versions of MockCraft, its engine and Python."""
    import platform

    document = {"mockcraft": mockcraft_version(), "engine": _engine_version(), "python": platform.python_version()}
    if format_ == "table":
        print(" ".join(f"{name} {value}" for name, value in document.items()))
    else:
        dump(document, format_)


def mockcraft_version() -> str:
    """The installed distribution's version."""
    from importlib.metadata import version as installed

    return installed("mockcraft")


def _engine_version() -> int:
    from runner.plan import Plan

    return Plan.engine


def version_option(wanted: bool) -> None:
    """`--version`: print it and leave."""
    if wanted:
        print(f"mockcraft {mockcraft_version()}")
        raise typer.Exit
