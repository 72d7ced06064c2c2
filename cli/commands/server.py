"""`mockcraft server`: gateway and services on this machine."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

Level = Literal["debug", "info", "warning", "error"]
ConfigOption = Annotated[
    str, typer.Option("--config", "--settings", metavar="FILE", help="Settings file; else MOCKCRAFT_CONFIG.")
]
PrintOption = Annotated[
    bool, typer.Option("--print-config", help="Print every setting with its origin, secrets masked, and leave.")
]
InsecureOption = Annotated[bool | None, typer.Option("--insecure/--secure", help="Allow other addresses without keys or token.")]
LevelOption = Annotated[Level | None, typer.Option("--log-level", help="Least level logged, on standard error.")]


def server(
    port: Annotated[int | None, typer.Option("--port", min=0, max=65535, help="Of the gateway; 0: a free one.")] = None,
    host: Annotated[str | None, typer.Option("--host", help="Address the gateway listens on.")] = None,
    grpc_port: Annotated[
        int | None, typer.Option("--grpc-port", min=0, max=65535, help="Of the generator; 0: a free one.")
    ] = None,
    data_dir: Annotated[str | None, typer.Option("--data-dir", help="Folder of jobs and files.")] = None,
    workers: Annotated[int | None, typer.Option("--workers", min=1, max=256, help="Worker processes of one job.")] = None,
    insecure: InsecureOption = None,
    log_level: LevelOption = None,
    config: ConfigOption = "",
    print_config: PrintOption = False,
) -> None:
    """Serve REST and gRPC until stopped; prints the address when ready.

    Only this machine can reach it unless --host says otherwise. SIGTERM or Ctrl-C: jobs checkpoint and wait.
    """
    from cli.configuration import load

    flags = {"port": port, "host": host, "grpc_port": grpc_port, "data_dir": data_dir, "workers": workers}
    settings = load(config, **flags, insecure=insecure, log_level=log_level)
    if print_config:
        print(settings.render())
        return
    from cli.stack import run_stack, stack_settings
    from services.common.server import run_service

    settings = stack_settings(settings)
    raise typer.Exit(run_service(lambda: run_stack(settings, lambda url, address: _ready(url, address, settings.grpc_port))))


def _ready(url: str, address: str, wanted: int) -> None:
    """Tell where it listens, and when the gRPC port that was wanted (0: any) is taken."""
    taken = "" if wanted in (0, int(address.rpartition(":")[2])) else f"; port {wanted} is taken"
    print(f"mockcraft is ready: {url} (gRPC {address}{taken})", flush=True)
