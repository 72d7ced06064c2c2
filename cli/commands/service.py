import typer

group = typer.Typer()


@group.command()
def gateway() -> None: ...
@group.command()
def generator() -> None: ...
