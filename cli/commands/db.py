"""`mockcraft db`: the store of the schema registry as a whole (`MOCKCRAFT_SCHEMAS_URL`)."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from cli.configuration import SettingsOption
from cli.failure import usage
from cli.output import FormatOption, dump, pairs

if TYPE_CHECKING:
    from services.schemas.store.upkeep import Upkeep

group = typer.Typer(help="Create, migrate, fill and drop the store of the schema registry.", no_args_is_help=True)

YesOption = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


@group.command()
def status(settings: SettingsOption = "", format_: FormatOption = "table") -> None:
    """Show where the store is, its revision and how many schemas are in it."""
    state = _upkeep(settings).state()
    shown = {
        "store": state.place,
        "exists": state.exists,
        "revision": state.revision,
        "newest": state.newest,
        "schemas": state.schemas,
        "deleted": state.deleted,
        "withDatabase": state.with_database,
    }
    pairs(shown) if format_ == "table" else dump(shown, format_)


@group.command()
def create(settings: SettingsOption = "") -> None:
    """Make the database of the store where there is none; `migrate` makes its tables."""
    _create(_upkeep(settings))


@group.command()
def migrate(
    reset_: Annotated[bool, typer.Option("--reset", help="First take every revision back; all that is stored is lost.")] = False,
    yes: YesOption = False,
    settings: SettingsOption = "",
) -> None:
    """Bring the tables to the newest revision. Services do so by themselves when they open the store."""
    upkeep = _upkeep(settings)
    if reset_:
        _sure(f"All schemas, versions and the audit log in {upkeep.place} will be lost.", yes)
        upkeep.reset()
    _migrate(upkeep)


@group.command()
def seed(settings: SettingsOption = "") -> None:
    """Add a few example drawings, those that are not there yet."""
    _seed(settings)


@group.command()
def setup(settings: SettingsOption = "") -> None:
    """Create, migrate and seed: what a new installation needs. Harmless where that was done."""
    upkeep = _upkeep(settings)
    _create(upkeep)
    _migrate(upkeep)
    _seed(settings)


@group.command()
def drop(yes: YesOption = False, settings: SettingsOption = "") -> None:
    """Drop the store: its tables and, when nothing else is in it, SQLite's file. Created databases stay."""
    upkeep = _upkeep(settings)
    _drop(upkeep, yes)


@group.command()
def reset(yes: YesOption = False, settings: SettingsOption = "") -> None:
    """Drop the store, create and migrate it. Created databases stay."""
    upkeep = _upkeep(settings)
    _drop(upkeep, yes)
    _create(upkeep)
    _migrate(upkeep)


def _upkeep(settings: str) -> Upkeep:
    from cli.configuration import load, quiet_logs
    from services.schemas.store.upkeep import Upkeep

    loaded = load(settings)
    quiet_logs(loaded)
    return Upkeep(loaded.schemas_store_url)


def _create(upkeep: Upkeep) -> None:
    print(f"{upkeep.place} was {'created' if upkeep.create() else 'there already'}")


def _migrate(upkeep: Upkeep) -> None:
    before, after = upkeep.migrate()
    print(f"the tables are at revision {after}" + (f", before at {before}" if before != after else " already"))


def _seed(settings: str) -> None:
    from cli.configuration import load
    from cli.registry import user
    from services.schemas.examples import add_examples
    from services.schemas.store import Act, SchemaStore

    store = SchemaStore(load(settings).schemas_store_url)
    try:
        added = add_examples(store, Act(f"cli:{user()}"))
    finally:
        store.close()
    print(f"added {', '.join(added)}" if added else "the examples are there already")


def _drop(upkeep: Upkeep, yes: bool) -> None:
    state = upkeep.state()
    left = f" {state.with_database:,} created databases stay, and nothing will know of them." if state.with_database else ""
    _sure(f"{upkeep.place} with {state.schemas:,} schemas will be dropped.{left}", yes)
    print(f"{upkeep.place} was {'dropped' if upkeep.drop() else 'not there'}")


def _sure(warning: str, yes: bool) -> None:
    """Ask on a terminal. Raises `CommandError` (usage) where nobody can be asked, `typer.Abort` when the answer is no."""
    if yes:
        return
    if not sys.stdin.isatty():
        raise usage(warning, hint="Say --yes to do it.", code="CONFIRMATION_NEEDED")
    typer.confirm(f"{warning} Go on?", abort=True, err=True)
