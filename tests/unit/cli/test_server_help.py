"""What `mockcraft server --help` says of defaults is what the settings say."""

import inspect
from typing import Any, get_args, get_type_hints

import pytest

from cli.commands.server import server
from services.common.settings import Settings

KEYS = ("port", "host", "grpc_port", "workers", "log_level")


def help_of(name: str) -> str:
    hints: dict[str, Any] = get_type_hints(server, include_extras=True)
    assert name in inspect.signature(server).parameters
    return str(next(each.help for each in get_args(hints[name]) if hasattr(each, "help")))


@pytest.mark.parametrize("key", KEYS)
def test_defaults_are_told(key: str) -> None:
    assert f"default: {Settings.model_fields[key].default}" in help_of(key)


def test_the_data_folder_and_the_services_ports_are_told() -> None:
    assert "default: ~/.mockcraft" in help_of("data_dir")
    assert "all services" in help_of("grpc_port")
