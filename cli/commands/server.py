"""`mockcraft server`: gateway and services on this machine."""

from __future__ import annotations

from typing import Annotated, Literal

import typer

Level = Literal["debug", "info", "warning", "error"]
ConfigOption = Annotated[
    str,
    typer.Option(
        "--config", "--settings", metavar="FILE", help="Settings file (YAML); default: what MOCKCRAFT_CONFIG names, else none."
    ),
]
PrintOption = Annotated[
    bool, typer.Option("--print-config", help="Print every setting as YAML with its origin, secrets masked, and leave.")
]
InsecureOption = Annotated[
    bool | None,
    typer.Option("--insecure/--secure", help="Allow other addresses than loopback without keys or token; default: secure."),
]
LevelOption = Annotated[Level | None, typer.Option("--log-level", help="Least level logged, on standard error; default: info.")]


def server(
    port: Annotated[
        int | None, typer.Option("--port", min=0, max=65535, help="Port of the gateway (REST); 0: a free one; default: 8080.")
    ] = None,
    host: Annotated[str | None, typer.Option("--host", help="Address the gateway listens on; default: 127.0.0.1.")] = None,
    grpc_port: Annotated[
        int | None,
        typer.Option(
            "--grpc-port",
            min=0,
            max=65535,
            help="Port of all services (gRPC); 0: a free one; default: 50051, or a free one where that is taken.",
        ),
    ] = None,
    data_dir: Annotated[str | None, typer.Option("--data-dir", help="Folder of jobs and files; default: ~/.mockcraft.")] = None,
    workers: Annotated[
        int | None, typer.Option("--workers", min=1, max=256, help="Worker processes of one generation job; default: 1.")
    ] = None,
    insecure: InsecureOption = None,
    log_level: LevelOption = None,
    config: ConfigOption = "",
    print_config: PrintOption = False,
) -> None:
    """Serve REST and gRPC until stopped; prints the address when ready.

    Only this machine can reach it unless --host says otherwise. SIGTERM, SIGHUP or Ctrl-C: jobs checkpoint and wait.
    Flags win over the environment (MOCKCRAFT_PORT …), that over the settings file, that over the defaults below.
    """
    from cli.configuration import load

    flags = {"port": port, "host": host, "grpc_port": grpc_port, "data_dir": data_dir, "workers": workers}
    settings = load(config, **flags, insecure=insecure, log_level=log_level)
    if print_config:
        print(settings.render(), end="")
        return
    from cli.stack import run_stack, stack_settings
    from services.common.server import run_service

    settings = stack_settings(settings)
    raise typer.Exit(run_service(lambda: run_stack(settings, lambda url, address: _ready(url, address, settings.grpc_port))))


def _ready(url: str, address: str, wanted: int) -> None:
    """Tell where it listens, and when the gRPC port that was wanted (0: any) is taken."""
    taken = "" if wanted in (0, int(address.rpartition(":")[2])) else f"; port {wanted} is taken"
    print(f"mockcraft is ready: {url} (gRPC {address}{taken})", flush=True)
