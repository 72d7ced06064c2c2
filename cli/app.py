"""The command line's tree: every command with its name, in the order of `mockcraft --help`."""

from __future__ import annotations

from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from cli import failure
from cli.commands import (
    backup,
    dataset,
    db,
    describe,
    generate,
    generators,
    init,
    jobs,
    plan,
    preview,
    rows,
    schema_json,
    schemas,
    seed,
    server,
    service,
    top,
    validate,
    version,
)

SETTINGS = {"help_option_names": ["-h", "--help"]}
ANY_OPTION = {**SETTINGS, "allow_extra_args": True, "ignore_unknown_options": True}


class Commands(TyperGroup):
    """The commands, whose refusals of a word are in plain words."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command asked for. Raises `typer.BadParameter`, `InterruptError`."""
        try:
            return super().invoke(ctx)
        except typer.BadParameter as error:
            error.message = error.message.removeprefix("Value error, ")
            raise
        except KeyboardInterrupt:
            raise failure.InterruptError from None


app = typer.Typer(
    name="mockcraft",
    cls=Commands,
    help="Describe your data once; get any amount of it, anywhere, the same every time.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings=SETTINGS,
)


@app.callback()
def root(
    version_: Annotated[
        bool, typer.Option("--version", callback=version.version_option, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Describe your data once; get any amount of it, anywhere, the same every time."""


app.command("generate", context_settings=ANY_OPTION)(generate.generate)
app.command("generators", context_settings=SETTINGS)(generators.generators)
app.command("describe", context_settings=SETTINGS)(describe.describe)
app.command("init", context_settings=SETTINGS)(init.init)
app.command("validate", context_settings=SETTINGS)(validate.validate)
app.command("plan", context_settings=SETTINGS)(plan.plan)
app.command("preview", context_settings=SETTINGS)(preview.preview)
app.command("seed", context_settings=SETTINGS)(seed.seed)
app.command("backup", context_settings=SETTINGS)(backup.backup)
app.command("restore", context_settings=SETTINGS)(backup.restore)
app.command("verify", context_settings=SETTINGS)(backup.verify)
app.command("repair", context_settings=SETTINGS)(rows.repair)
app.add_typer(schemas.group, name="schemas")
app.add_typer(db.group, name="db")
app.add_typer(dataset.group, name="dataset")
app.add_typer(jobs.group, name="jobs")
app.command("top", context_settings=SETTINGS)(top.top)
app.command("server", context_settings=SETTINGS)(server.server)
app.add_typer(service.group, name="service")
app.command("schema-json", context_settings=SETTINGS)(schema_json.schema_json)
app.command("version", context_settings=SETTINGS)(version.version)


def run(args: list[str]) -> int:
    """Run the command line and return the exit status; errors but wrong usage are raised."""
    try:
        app(args, prog_name="mockcraft")
    except SystemExit as left:
        return left.code if isinstance(left.code, int) else failure.FAILED if left.code else failure.DONE
    return failure.DONE
