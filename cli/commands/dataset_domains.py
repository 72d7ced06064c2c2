"""`mockcraft dataset domains`: saved domains, which hold what requests for datasets begin with."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.commands.jobs import ServerOption
from cli.configuration import SettingsOption
from cli.failure import usage
from cli.output import FormatOption, dump, pairs, show

group = typer.Typer(help="Saved domains: what requests for datasets begin with.", no_args_is_help=True)

LISTED = ("id", "name", "topics", "model", "revision", "updated", "description")
DomainArgument = Annotated[str, typer.Argument(metavar="DOMAIN", help="Id or name of a saved domain.")]
ConfigOption = Annotated[
    str, typer.Option("--config", "-c", metavar="FILE", help="Fields of a request, YAML or JSON; options go before it.")
]
BaseOption = Annotated[str, typer.Option("--domain", help="The ready-made domain that it is based on.")]
TopicsOption = Annotated[list[str], typer.Option("--topics", metavar="A,B,...", help="What records are about.")]
ModelOption = Annotated[str, typer.Option("--model", help="template, openai:NAME, or local weights.")]
AboutOption = Annotated[str, typer.Option("--description", help="A few words for people.")]


@group.command("list")
def list_(
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000, help="At most this many.")] = 50,
    server: ServerOption = "",
    settings: SettingsOption = "",
    format_: FormatOption = "table",
) -> None:
    """List the saved domains by name."""
    found = _call(server, settings, "ListDomains", pageSize=limit)["domains"]
    show([_row(each) for each in found], LISTED, format_, found)


@group.command("show")
def show_(
    domain: DomainArgument, server: ServerOption = "", settings: SettingsOption = "", format_: FormatOption = "table"
) -> None:
    """Show one saved domain."""
    _print(_call(server, settings, "GetDomain", id=domain), format_)


@group.command()
def create(
    name: Annotated[str, typer.Argument(metavar="NAME", help="What it is called.")],
    config: ConfigOption = "",
    base: BaseOption = "",
    topics: TopicsOption = [],  # noqa: B006 - the library copies it
    model: ModelOption = "",
    description: AboutOption = "",
    server: ServerOption = "",
    settings: SettingsOption = "",
    format_: FormatOption = "table",
) -> None:
    """Save a domain."""
    request = _request(config, base, topics, model)
    fields: dict[str, Any] = {"name": name, "description": description, "request": request}
    _print(_call(server, settings, "CreateDomain", **fields), format_)


@group.command()
def update(
    domain: DomainArgument,
    config: ConfigOption = "",
    name: Annotated[str, typer.Option("--name", help="Another name.")] = "",
    base: BaseOption = "",
    topics: TopicsOption = [],  # noqa: B006
    model: ModelOption = "",
    description: Annotated[str | None, typer.Option("--description", help="Other words for people.")] = None,
    server: ServerOption = "",
    settings: SettingsOption = "",
    format_: FormatOption = "table",
) -> None:
    """Change a saved domain: what the options and FILE say; the rest stays."""
    changes = _request(config, base, topics, model)
    if not (changes or name or description is not None):
        raise usage("update wants --config FILE, --name, --domain, --topics, --model or --description")
    known = _call(server, settings, "GetDomain", id=domain)
    request = {key: value for key, value in known["request"].items() if value not in ("", [])}
    fields: dict[str, Any] = {
        "id": known["id"],
        "name": name,
        "description": known["description"] if description is None else description,
        "request": {**request, **changes},
        "revision": known["revision"],
    }
    _print(_call(server, settings, "UpdateDomain", **fields), format_)


@group.command()
def delete(
    domain: DomainArgument, server: ServerOption = "", settings: SettingsOption = "", format_: FormatOption = "table"
) -> None:
    """Remove a saved domain; datasets that were made of it stay."""
    _print(_call(server, settings, "DeleteDomain", id=domain), format_)


def _call(server: str, settings: str, method: str, **fields: Any) -> dict[str, Any]:
    from cli.datasets import call

    return call(server, settings, method, **fields)


def _request(config: str, base: str, topics: list[str], model: str) -> dict[str, Any]:
    from cli.commands.dataset import document, split

    options = {"domain": base, "topics": split(topics), "modelName": model}
    return {**(document(config) if config else {}), **{name: value for name, value in options.items() if value}}


def _row(found: dict[str, Any]) -> dict[str, Any]:
    request = found["request"]
    return {**found, "topics": len(request["topics"]), "model": request["modelName"], "updated": found["updatedAt"]}


def _print(found: dict[str, Any], format_: Any) -> None:
    if format_ != "table":
        dump(found, format_)
        return
    request = {name: value for name, value in found["request"].items() if name != "requestId"}
    pairs({**{name: value for name, value in found.items() if name != "request"}, **request, "id": found["id"]})
