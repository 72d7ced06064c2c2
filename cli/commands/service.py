"""`mockcraft service`: one service alone, as a container runs it."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from cli.commands.server import ConfigOption, InsecureOption, LevelOption, PrintOption

group = typer.Typer(help="Run one service alone.", no_args_is_help=True)

PortOption = Annotated[int | None, typer.Option("--port", min=0, max=65535, help="Where it listens; 0: a free one.")]
HostOption = Annotated[str | None, typer.Option("--host", help="Address it listens on.")]


@group.command()
def gateway(
    port: PortOption = None,
    host: HostOption = None,
    generator: Annotated[
        str | None, typer.Option("--generator", metavar="HOST:PORT", help="Where the generator listens.")
    ] = None,
    seeder: Annotated[
        str | None, typer.Option("--seeder", metavar="HOST:PORT", help="Where the seeder listens; empty: there is none.")
    ] = None,
    backup: Annotated[
        str | None, typer.Option("--backup", metavar="HOST:PORT", help="Where the backup service listens; empty: there is none.")
    ] = None,
    schemas: Annotated[
        str | None,
        typer.Option("--schemas", metavar="HOST:PORT", help="Where the schema registry listens; empty: there is none."),
    ] = None,
    datasets: Annotated[
        str | None,
        typer.Option("--datasets", metavar="HOST:PORT", help="Where the dataset service listens; empty: there is none."),
    ] = None,
    insecure: InsecureOption = None,
    log_level: LevelOption = None,
    config: ConfigOption = "",
    print_config: PrintOption = False,
) -> None:
    """REST, events and downloads for the services behind it."""
    from cli.configuration import load

    behind = {
        "generator_address": generator,
        "seeder_address": seeder,
        "backup_address": backup,
        "schemas_address": schemas,
        "datasets_address": datasets,
    }
    settings = load(config, port=port, host=host, **behind, insecure=insecure, log_level=log_level)
    if print_config:
        print(settings.render(), end="")
        return
    from services.common.server import run_service
    from services.gateway.server import run_gateway

    raise typer.Exit(run_service(lambda: run_gateway(settings, _ready)))


GrpcPortOption = Annotated[
    int | None, typer.Option("--port", "--grpc-port", min=0, max=65535, help="Where it listens; 0: a free one.")
]


@group.command()
def generator(
    port: GrpcPortOption = None,
    host: HostOption = None,
    insecure: InsecureOption = None,
    log_level: LevelOption = None,
    config: ConfigOption = "",
    print_config: PrintOption = False,
) -> None:
    """The catalogue, values, schemas, rows and generation jobs, over gRPC."""
    from cli.configuration import load

    settings = load(config, grpc_port=port, grpc_host=host, insecure=insecure, log_level=log_level)
    if print_config:
        print(settings.render(), end="")
        return
    from services.common.server import run_service
    from services.generator.server import run_generator

    raise typer.Exit(run_service(lambda: run_generator(settings, _ready)))


@group.command()
def seeder(
    port: GrpcPortOption = None,
    host: HostOption = None,
    generators: Annotated[
        list[str], typer.Option("--generator", metavar="HOST:PORT", help="Where a generator listens; repeatable.")
    ] = [],  # noqa: B006 - the library copies it
    insecure: InsecureOption = None,
    log_level: LevelOption = None,
    config: ConfigOption = "",
    print_config: PrintOption = False,
) -> None:
    """Loads into databases and schemas of existing ones, over gRPC; listens on 50052 unless told otherwise."""
    from cli.configuration import load

    flags: dict[str, Any] = {"seeder": {"generators": generators}} if generators else {}
    settings = load(config, grpc_port=port, grpc_host=host, insecure=insecure, log_level=log_level, **flags)
    if print_config:
        print(settings.render(), end="")
        return
    from services.common.server import run_service
    from services.seeder.server import run_seeder

    raise typer.Exit(run_service(lambda: run_seeder(settings, _ready)))


@group.command()
def backup(
    port: GrpcPortOption = None,
    host: HostOption = None,
    insecure: InsecureOption = None,
    log_level: LevelOption = None,
    config: ConfigOption = "",
    print_config: PrintOption = False,
) -> None:
    """Backups, restores and verifications, over gRPC; listens on 50053 unless told otherwise."""
    from cli.configuration import load

    settings = load(config, grpc_port=port, grpc_host=host, insecure=insecure, log_level=log_level)
    if print_config:
        print(settings.render(), end="")
        return
    from services.backup.server import run_backup
    from services.common.server import run_service

    raise typer.Exit(run_service(lambda: run_backup(settings, _ready)))


@group.command()
def schemas(
    port: GrpcPortOption = None,
    host: HostOption = None,
    insecure: InsecureOption = None,
    log_level: LevelOption = None,
    config: ConfigOption = "",
    print_config: PrintOption = False,
) -> None:
    """The registry of drawings and their databases, over gRPC; listens on 50054 unless told otherwise."""
    from cli.configuration import load

    settings = load(config, grpc_port=port, grpc_host=host, insecure=insecure, log_level=log_level)
    if print_config:
        print(settings.render(), end="")
        return
    from services.common.server import run_service
    from services.schemas.server import run_schemas

    raise typer.Exit(run_service(lambda: run_schemas(settings, _ready)))


@group.command()
def datasets(
    port: GrpcPortOption = None,
    host: HostOption = None,
    insecure: InsecureOption = None,
    log_level: LevelOption = None,
    config: ConfigOption = "",
    print_config: PrintOption = False,
) -> None:
    """Text datasets, their domains and dictionaries, over gRPC; listens on 50055 unless told otherwise."""
    from cli.configuration import load

    settings = load(config, grpc_port=port, grpc_host=host, insecure=insecure, log_level=log_level)
    if print_config:
        print(settings.render(), end="")
        return
    from services.common.server import run_service
    from services.datasets.server import run_datasets

    raise typer.Exit(run_service(lambda: run_datasets(settings, _ready)))


def _ready(address: str) -> None:
    print(f"mockcraft is ready: {address}", flush=True)
