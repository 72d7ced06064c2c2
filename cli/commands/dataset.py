"""`mockcraft dataset`: text datasets, their domains and dictionaries; on this machine, or with `--server` on a server."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from cli.commands import dataset_domains
from cli.commands.jobs import ServerOption
from cli.configuration import SettingsOption
from cli.failure import usage
from cli.output import FormatOption, dump, pairs, show
from cli.progress import ProgressOption

group = typer.Typer(help="Text datasets for training and testing models.", no_args_is_help=True)
dictionaries = typer.Typer(help="Dictionaries that schemas draw from.", no_args_is_help=True)

FileFormat = Literal["jsonl", "json", "csv", "parquet", "txt"]
Shape = Literal["alpaca", "sharegpt", "chatml"]
Compression = Literal["none", "gzip", "zstd"]
ListOption = list[str]
TEMPLATES = ("id", "name", "topics", "kinds", "description")
DICTIONARIES = ("generator", "version", "size", "weighted", "field", "source")


def words(help_: str, flag: str) -> Any:
    """An option that takes several words, with commas between or repeated."""
    return typer.Option(flag, metavar="A,B,...", help=help_)


@group.command()
def create(
    domain: Annotated[str, typer.Option("--domain", help="A template, a saved domain, or any other word.")] = "",
    count: Annotated[int | None, typer.Option("--count", "-n", min=1, help="Records wanted.")] = None,
    topics: Annotated[ListOption, words("What records are about.", "--topics")] = [],  # noqa: B006 - the library copies it
    kinds: Annotated[ListOption, words("instruction, qa, chat, classification, …", "--kinds")] = [],  # noqa: B006
    difficulties: Annotated[ListOption, words("How hard they are.", "--difficulties")] = [],  # noqa: B006
    personas: Annotated[ListOption, words("Whom they are for.", "--personas")] = [],  # noqa: B006
    labels: Annotated[ListOption, words("Labels of the kind classification.", "--labels")] = [],  # noqa: B006
    description: Annotated[str, typer.Option("--description", help="What the domain is about, in a sentence.")] = "",
    model: Annotated[
        str, typer.Option("--model", help="template, openai:NAME, or name or path of local weights; else as the settings say.")
    ] = "",
    format_: Annotated[FileFormat | None, typer.Option("--format", help="Of the file; default: jsonl.")] = None,
    shape: Annotated[Shape | None, typer.Option("--shape", help="Records as trainers read them.")] = None,
    compress: Annotated[Compression | None, typer.Option("--compress", help="Compress the file.")] = None,
    record_schema: Annotated[
        str, typer.Option("--record-schema", metavar="FILE", help="JSON Schema of records of your own.")
    ] = "",
    language: Annotated[str, typer.Option("--language", help="Of the texts, such as de; default: en.")] = "",
    batch_size: Annotated[int | None, typer.Option("--batch-size", min=1, help="Records between checkpoints.")] = None,
    temperature: Annotated[float | None, typer.Option("--temperature", help="How freely the model draws, 0 to 2.")] = None,
    max_tokens: Annotated[int | None, typer.Option("--max-tokens", help="Longest answer.")] = None,
    seed: Annotated[int | None, typer.Option("--seed", min=0, help="Default: 0.")] = None,
    quantize: Annotated[bool, typer.Option("--quantize", help="Local weights in 4 bits, where the machine can.")] = False,
    budget_tokens: Annotated[int | None, typer.Option("--budget-tokens", min=1, help="Most tokens to spend.")] = None,
    budget_money: Annotated[
        float | None, typer.Option("--budget-money", help="Most money, by the prices in the settings.")
    ] = None,
    budget_seconds: Annotated[float | None, typer.Option("--budget-seconds", help="Most seconds to take.")] = None,
    config: Annotated[
        str, typer.Option("--config", "-c", metavar="FILE", help="A request, YAML or JSON; options go before it.")
    ] = "",
    dir_: Annotated[str, typer.Option("--dir", metavar="DIR", help="Folder of the files; default: out.")] = "",
    force: Annotated[bool, typer.Option("--force", help="Write over files that are there.")] = False,
    server: ServerOption = "",
    progress: ProgressOption = "auto",
    settings: SettingsOption = "",
) -> None:
    """Make a dataset: records, a dataset card and a report. Ctrl-C checkpoints and prints how to resume.

    With --server the server makes it; its files are fetched where --dir is given.
    """
    from cli.commands.seed import make_folder

    budget = {"tokens": budget_tokens, "money": budget_money, "seconds": budget_seconds}
    options = {
        "domain": domain, "targetCount": count, "topics": split(topics), "kinds": split(kinds), "labels": split(labels),
        "difficulties": split(difficulties), "personas": split(personas), "domainDescription": description, "modelName": model,
        "outputFormat": format_, "shape": shape, "compression": compress, "language": language, "batchSize": batch_size,
        "recordSchema": document(record_schema) if record_schema else None, "temperature": temperature, "seed": seed,
        "maxTokens": max_tokens, "useQuantization": quantize or None, "budget": _said(budget),
    }  # fmt: skip
    fields = {**(document(config) if config else {}), **_said(options)}
    if fields.get("targetCount") is None:
        raise usage("dataset create wants --count N, how many records")
    out = Path(dir_ or "out").absolute()
    if dir_ or not server:
        make_folder(out)
    if server:
        from cli.datasets import create_there

        raise typer.Exit(create_there(server, fields, out if dir_ else None, settings, progress, force))
    from cli.datasets import creating
    from cli.work import run_here

    raise typer.Exit(run_here(creating(fields, out, force), settings, progress))


@group.command()
def templates(server: ServerOption = "", settings: SettingsOption = "", format_: FormatOption = "table") -> None:
    """List the ready-made domains."""
    from cli.datasets import call

    found = call(server, settings, "ListDatasetTemplates")["templates"]
    rows = [{**each, "topics": len(each["request"]["topics"]), "kinds": each["request"]["kinds"]} for each in found]
    show(rows, TEMPLATES, format_, found)


@group.command()
def template(
    id_: Annotated[str, typer.Argument(metavar="ID", help="Id or name of a ready-made domain.")],
    server: ServerOption = "",
    settings: SettingsOption = "",
    format_: FormatOption = "table",
) -> None:
    """Show one ready-made domain."""
    from cli.datasets import call

    found = call(server, settings, "GetDatasetTemplate", id=id_)
    if format_ != "table":
        dump(found, format_)
        return
    pairs({key: value for key, value in {**found, **found["request"], "id": found["id"]}.items() if key != "request"})


@group.command()
def dictionary(
    name: Annotated[str, typer.Argument(metavar="NAME", help="Schemas draw from it as dictionary.NAME.")],
    from_: Annotated[str, typer.Option("--from", metavar="FILE|JOB", help="A dataset's file, or the job that made it.")] = "",
    field: Annotated[str, typer.Option("--field", help="Of its records; default: the one with their answer.")] = "",
    min_length: Annotated[int | None, typer.Option("--min-length", min=1, help="Shortest text in characters.")] = None,
    max_length: Annotated[int | None, typer.Option("--max-length", min=1, help="Longest text; default: 200.")] = None,
    topics: Annotated[ListOption, words("Only records of these topics.", "--topics")] = [],  # noqa: B006
    kinds: Annotated[ListOption, words("Only records of these kinds.", "--kinds")] = [],  # noqa: B006
    unique: Annotated[bool, typer.Option("--unique", help="Draw every text alike, however often it came.")] = False,
    server: ServerOption = "",
    settings: SettingsOption = "",
    format_: FormatOption = "table",
) -> None:
    """Make a dictionary of a dataset's short texts: pay once, draw from it in schemas for ever."""
    from cli.datasets import dictionary_of

    if not from_:
        raise usage("dataset dictionary wants --from FILE or --from JOB, a dataset")
    options = {
        "name": name, "field": field, "minLength": min_length, "maxLength": max_length, "topics": split(topics),
        "kinds": split(kinds), "unique": unique or None,
    }  # fmt: skip
    _print(dictionary_of(from_, _said(options), server, settings), format_)


@dictionaries.command("list")
def list_(server: ServerOption = "", settings: SettingsOption = "", format_: FormatOption = "table") -> None:
    """List the dictionaries."""
    from cli.datasets import call

    found = call(server, settings, "ListDictionaries")["dictionaries"]
    show([{**each, "size": f"{each['size']:,}"} for each in found], DICTIONARIES, format_, found)


NameArgument = Annotated[str, typer.Argument(metavar="NAME", help="A dictionary's name.")]
VersionOption = Annotated[int | None, typer.Option("--version", min=1, help="Which version.")]


@dictionaries.command("show")
def show_(
    name: NameArgument,
    version: VersionOption = None,
    server: ServerOption = "",
    settings: SettingsOption = "",
    format_: FormatOption = "table",
) -> None:
    """Show a dictionary, its newest version unless told otherwise."""
    from cli.datasets import call

    _print(call(server, settings, "GetDictionary", name=name, **_said({"version": version})), format_)


@dictionaries.command("delete")
def delete(
    name: NameArgument,
    version: VersionOption = None,
    server: ServerOption = "",
    settings: SettingsOption = "",
    format_: FormatOption = "table",
) -> None:
    """Remove a dictionary, or one version of it. Jobs whose plan names it fail afterwards."""
    from cli.datasets import call

    _print(call(server, settings, "DeleteDictionary", name=name, **_said({"version": version})), format_)


def split(given: list[str]) -> list[str]:
    """The words of an option."""
    return [word.strip() for text in given for word in text.split(",") if word.strip()]


def document(file: str) -> dict[str, Any]:
    """A file with an object, YAML or JSON. Raises `CommandError` (usage)."""
    import orjson

    from cli.registry import as_json_text
    from cli.schemas import read

    found = orjson.loads(as_json_text(file, read(file), {}))
    if not isinstance(found, dict):
        raise usage(f"{file} does not hold an object")
    return found


def _said(options: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in options.items() if value not in (None, "", [], {})}


def _print(found: dict[str, Any], format_: Any) -> None:
    if format_ == "table":
        pairs(found)
    else:
        dump(found, format_)


group.add_typer(dataset_domains.group, name="domains")
group.add_typer(dictionaries, name="dictionaries")
