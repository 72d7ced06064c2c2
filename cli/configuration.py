"""Settings for the commands that need them; loading them costs a third of a second, so light commands do without."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from cli.failure import usage

if TYPE_CHECKING:
    from services.common.settings import Settings

SettingsOption = Annotated[str, typer.Option("--settings", metavar="FILE", help="Settings file; else MOCKCRAFT_CONFIG.")]


def load(file: str = "", **flags: Any) -> Settings:
    """The settings in force, their data folder one that can be. Raises `CommandError` (usage) naming what is wrong with them."""
    from services.common.settings import load_settings
    from services.common.settings_sources import SettingsError

    try:
        settings = load_settings(Path(file) if file else None, **flags)
    except SettingsError as error:
        raise usage(str(error), code="SETTINGS_INVALID") from None
    _check_folder(settings)
    return settings


def _check_folder(settings: Settings) -> None:
    """The data folder is there, or can be made as far as names go."""
    folder = settings.data_dir.absolute()
    there = next(path for path in (folder, *folder.parents) if os.path.lexists(path))
    if not there.is_dir():
        origin = settings.origin["data_dir"]
        raise usage(f"data_dir ({origin}) must name a folder, and {there} is none", code="SETTINGS_INVALID")


def quiet_logs(settings: Settings) -> None:
    """Logs of a foreground command: errors for people, on standard error, unless the settings ask for more."""
    from services.common.telemetry import setup_logging

    level = settings.log_level if settings.origin["log_level"] != "default" else "error"
    setup_logging(settings.model_copy(update={"log_level": level, "log_format": "console"}), "cli")
