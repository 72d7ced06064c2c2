"""What is said of models that cannot be had."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from types import ModuleType

import pytest

from runner.datasets.models import ModelError, available, open_model, providers
from runner.datasets.models import transformers as local
from runner.datasets.spec import ModelSettings

WITHOUT = ModelSettings()


@pytest.fixture
def installed(monkeypatch: pytest.MonkeyPatch) -> None:
    """As if the packages were there; nothing is cached."""
    hub = ModuleType("huggingface_hub")
    hub.try_to_load_from_cache = lambda name, file: "/cache/config.json" if name == "there/cached" else None  # type: ignore[attr-defined]
    monkeypatch.setitem(__import__("sys").modules, "huggingface_hub", hub)
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "bitsandbytes" else object())


def test_the_folder_is_the_registry() -> None:
    assert {"openai", "transformers"} <= set(providers())
    assert not any(name.startswith("_") for name in providers())


def test_packages_that_are_missing_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert available("some/model", WITHOUT) == "Models from weights need torch and transformers: pip install 'mockcraft[models]'."
    with pytest.raises(ModelError) as refused:
        open_model("some/model", WITHOUT, {})
    assert (refused.value.code, refused.value.fatal) == ("MODEL_UNAVAILABLE", True)


@pytest.mark.usefixtures("installed")
def test_weights_of_a_folder_or_of_the_cache_can_be_had(tmp_path: Path) -> None:
    reason = available("some/model", WITHOUT)
    assert reason is not None
    assert "hf download some/model" in reason
    assert "datasets.allow_download" in reason
    assert available("there/cached", WITHOUT) is None
    assert available(str(tmp_path), WITHOUT) is not None
    (tmp_path / "config.json").write_text("{}")
    assert available(str(tmp_path), WITHOUT) is None
    assert available("some/model", ModelSettings(allow_download=True)) is None


@pytest.mark.usefixtures("installed")
@pytest.mark.parametrize("name", ["a\0b", "x" * 400, "~nobody-of-that-name/x", ""])
def test_names_that_are_none(name: str) -> None:
    assert available(name, WITHOUT) is not None


def test_a_provider_that_does_not_exist() -> None:
    reason = available("opanai:gpt", WITHOUT)
    assert reason is not None
    assert "'opanai'" in reason
    assert "openai:<model>" in reason


def test_the_template_needs_nothing() -> None:
    assert available("template", WITHOUT) is None


@pytest.mark.parametrize(
    ("settings", "word"),
    [
        ({}, "datasets.openai_url"),
        ({"endpoint": "ftp://127.0.0.1/v1"}, "not a URL"),
        ({"endpoint": "http://model.example/v1"}, "datasets.allowed_hosts"),
        ({"endpoint": "http://user:secret@127.0.0.1/v1"}, "datasets.openai_key"),
    ],
)
def test_an_endpoint_that_is_not_set_or_not_allowed(settings: dict[str, str], word: str) -> None:
    reason = available("openai:gpt", ModelSettings(**settings))  # type: ignore[arg-type]
    assert reason is not None
    assert word in reason
    assert "secret" not in reason


def test_an_endpoint_that_can_be_asked() -> None:
    assert available("openai:gpt", ModelSettings(endpoint="http://127.0.0.1:8000/v1")) is None
    assert available("openai:", ModelSettings(endpoint="http://127.0.0.1:8000/v1")) is not None


@pytest.mark.parametrize(
    ("wanted", "cuda", "quantized", "note"),
    [(False, True, False, ""), (True, False, False, "CUDA"), (True, True, False, "bitsandbytes")],
)
@pytest.mark.usefixtures("installed")
def test_four_bits_only_where_the_machine_can(wanted: bool, cuda: bool, quantized: bool, note: str) -> None:
    found, said = local._quantized(wanted, cuda)
    assert found is quantized
    assert note in said
    assert bool(said) == bool(note)
