"""`mockcraft service`: one service alone, as a container runs it."""

from __future__ import annotations

from typing import Annotated

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
    insecure: InsecureOption = None,
    log_level: LevelOption = None,
    config: ConfigOption = "",
    print_config: PrintOption = False,
) -> None:
    """REST, events and downloads for the services behind it."""
    from cli.configuration import load

    flags = {"port": port, "host": host, "generator_address": generator}
    settings = load(config, **flags, insecure=insecure, log_level=log_level)
    if print_config:
        print(settings.render())
        return
    from services.common.server import run_service
    from services.gateway.server import run_gateway

    raise typer.Exit(run_service(lambda: run_gateway(settings, _ready)))


@group.command()
def generator(
    port: Annotated[
        int | None, typer.Option("--port", "--grpc-port", min=0, max=65535, help="Where it listens; 0: a free one.")
    ] = None,
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
        print(settings.render())
        return
    from services.common.server import run_service
    from services.generator.server import run_generator

    raise typer.Exit(run_service(lambda: run_generator(settings, _ready)))


def _ready(address: str) -> None:
    print(f"mockcraft is ready: {address}", flush=True)
