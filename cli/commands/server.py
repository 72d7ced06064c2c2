import typer


def server() -> None: ...
