"""Settings: precedence, origins, refusals, masking."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import SecretStr

from services.common.settings import Settings, load_settings
from services.common.settings_sources import PLAIN_ENV, SettingsError, env_name


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    import os

    for name in os.environ:
        if name.startswith("MOCKCRAFT_") or name in PLAIN_ENV:
            monkeypatch.delenv(name)


def write(folder: Path, text: str) -> Path:
    path = folder / "server.yaml"
    path.write_text(text)
    return path


def test_a_flag_wins_over_the_environment_over_the_file_over_the_default(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = write(tmp_path, "port: 1001\nworkers: 2\nblock_rows: 2048\nauth: {ticket_seconds: 9}\n")
    monkeypatch.setenv("MOCKCRAFT_PORT", "1002")
    monkeypatch.setenv("MOCKCRAFT_WORKERS", "3")
    settings = load_settings(file, port=1003, host=None)
    assert (settings.port, settings.workers, settings.block_rows, settings.host) == (1003, 3, 2048, "127.0.0.1")
    assert settings.auth.ticket_seconds == 9
    origin = settings.origin
    assert origin["port"] == "flag --port"
    assert origin["workers"] == "environment MOCKCRAFT_WORKERS"
    assert origin["block_rows"] == origin["auth.ticket_seconds"] == f"file {file}"
    assert origin["host"] == "default"


def test_well_known_names_count_below_our_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PORT", "7000")
    monkeypatch.setenv("PYTHON_PATH", "/opt/python")
    assert (load_settings().port, load_settings().python_path) == (7000, "/opt/python")
    assert load_settings().origin["port"] == "environment PORT"
    monkeypatch.setenv("MOCKCRAFT_PORT", "7001")
    assert load_settings().port == 7001


def test_the_file_may_be_named_by_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCKCRAFT_CONFIG", str(write(tmp_path, "port: 1234\n")))
    assert load_settings().port == 1234


def test_lists_and_sections_come_from_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCKCRAFT_AUTH__API_KEYS", "one, two")
    monkeypatch.setenv("MOCKCRAFT_CORS_ORIGINS", '["http://a", "http://b"]')
    monkeypatch.setenv("MOCKCRAFT_RATE_LIMITS__READ", "7")
    settings = load_settings()
    assert [key.get_secret_value() for key in settings.auth.api_keys] == ["one", "two"]
    assert settings.cors_origins == ("http://a", "http://b") and settings.rate_limits.read == 7


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("prot: 1\n", "`prot`; did you mean `port`"),
        ("auth: {api_key: [a]}\n", "`auth.api_key`; did you mean `auth.api_keys`"),
        ("port: many\n", "port: .*set by file"),
        ("port: 70000\n", "port: .*65535"),
        ("auth: {api_keys: 3}\n", "auth.api_keys: must be a list, with commas between or as JSON .*line 1, column 8"),
        ("lease_seconds: 4\n", "half of lease_seconds"),
        ("[1, 2]\n", "must hold a mapping"),
        ("a: [\n", "is not YAML: line 2, column 1: "),
        ("port: 1\nhost: a\nport: 2\n", "port: a key that was given before .*line 3, column 1"),
        (
            "auth: {ticket_seconds: 1, ticket_seconds: 2}\n",
            "auth.ticket_seconds: a key that .*line 1, column 27",
        ),
        ("[]\n", "must hold a mapping"),
        ("''\n", "must hold a mapping"),
        ("1: 2\n", "names that are text"),
        ("auth: {1: 2}\n", "names that are text"),
        ("targets: {shop: 'oracle://h/d'}\n", "targets.shop: is not the URL of a database served here: .*sqlite"),
        ("targets: {shop: shop.db}\n", "targets.shop: is not the URL"),
        ("expiry_hours: .inf\n", "expiry_hours: .*finite"),
        ("lease_seconds: .nan\n", "lease_seconds: .*finite"),
        ("lease_seconds: 1.0e+300\n", "lease_seconds: must be at most"),
        ("expiry_hours: 2000000\n", "expiry_hours: must be at most 1,756,800"),
        ("registry: {sweep_seconds: 1.0e+30}\n", "sweep_seconds: must be at most"),
        ("child: {memory_bytes: 99999999999999999999}\n", "memory_bytes: must be at most"),
    ],
)
def test_a_bad_file_is_refused(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        load_settings(write(tmp_path, text))


CANARY = "canary-secret"


@pytest.mark.parametrize(
    "text",
    [
        f'grpc_token: "{CANARY}\n',
        f"grpc_token: {CANARY}: x\n",
        f"grpc_token: *{CANARY}\n",
        f"grpc_token: !{CANARY} x\n",
        f"grpc_token: &{CANARY} x\njobs_url: &{CANARY} y\nport: {{\n",
        f"auth: {{api_keys: [{CANARY}\n",
        f"grpc_token: %{CANARY}\n",
        f"grpc_token: a\n--- {CANARY}\n",
        f"grpc_token: {CANARY}\ngrpc_token: {CANARY}\n",
        f"grpc_token: [{CANARY}]\n",
        f"grpc_token: {CANARY}\x07\n",
        f"{CANARY}\n",
        f"- {CANARY}\n",
        f"targets: {{shop: 'oracle://u:{CANARY}@h/d'}}\n",
        f"targets: {{shop: {CANARY}}}\n",
        f"targets: {CANARY}\n",
        f"auth: {CANARY}\n",
        f"auth: {{api_keys: '[{CANARY}'}}\n",
        f"? [{CANARY}]\n: 1\n",
        f"port: 2026-99-99\ngrpc_token: {CANARY}\n",
    ],
)
def test_a_bad_file_is_refused_without_its_text(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(write(tmp_path, text))
    assert CANARY not in str(refused.value)
    assert refused.value.__cause__ is None and (refused.value.__suppress_context__ or refused.value.__context__ is None)


def test_all_mistakes_are_told_at_once_each_with_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCKCRAFT_WORKER", "2")
    monkeypatch.setenv("MOCKCRAFT_CHILD__NICE", "canary")
    monkeypatch.setenv("MOCKCRAFT_TARGETS", "canary")
    text = """\
prot: canary
auth:
  api_kys: [canary]
  ticket_seconds: canary
port: 70000
cors_origins:
  - http://here
  - [canary]
2: canary
generator: canary
host: {name: canary}
heartbeat_seconds: 1
heartbeat_seconds: 15
"""
    file = write(tmp_path, text)
    with pytest.raises(SettingsError) as refused:
        load_settings(file, workers=0)
    head, *told = str(refused.value).splitlines()
    assert head == "14 things are wrong with the settings:"
    at = f"file {file}, line"
    assert [line.strip() for line in told] == [
        f"the names in the file must be names that are text (in {at} 9, column 1)",
        f"heartbeat_seconds: a key that was given before (in {at} 13, column 1)",
        f"unknown setting `prot`; did you mean `port`? (in {at} 1, column 1)",
        f"unknown setting `auth.api_kys`; did you mean `auth.api_keys`? (in {at} 3, column 3)",
        f"generator: has settings of its own: stored_bytes, stored_hours (in {at} 10, column 1)",
        f"host: has no settings below it (in {at} 11, column 8)",
        "unknown environment name `MOCKCRAFT_WORKER`; did you mean `MOCKCRAFT_WORKERS`?",
        'targets: must be JSON, such as {"NAME": "URL"} (set by environment MOCKCRAFT_TARGETS)',
        f"port: Input should be less than or equal to 65535 (set by {at} 5, column 1)",
        f"auth.ticket_seconds: Input should be a valid integer, unable to parse string as an integer (set by {at} 4, column 3)",
        f"cors_origins.1: Input should be a valid string (set by {at} 8, column 5)",
        "workers: Input should be greater than or equal to 1 (set by flag --workers)",
        "child.nice: Input should be a valid integer, unable to parse string as an integer"
        " (set by environment MOCKCRAFT_CHILD__NICE)",
        f"heartbeat_seconds: must be at most half of lease_seconds (set by {at} 13, column 1)",
    ]


def test_a_span_that_does_not_fit_another_is_told_beside_other_mistakes(tmp_path: Path) -> None:
    with pytest.raises(SettingsError) as refused:
        load_settings(write(tmp_path, "port: x\nlease_seconds: 4\n"))
    told = str(refused.value)
    assert re.search(r"heartbeat_seconds: must be at most half of lease_seconds \(set by .*line 2, column 1\)", told)
    assert "port: " in told


@pytest.mark.parametrize("text", ["auth: &a {api_keys: *a}\n", "a: &a {b: *a}\n", "a: &a [*a]\n"])
def test_a_file_that_holds_itself_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SettingsError):
        load_settings(write(tmp_path, text))


def test_places_of_merged_keys_are_those_where_they_stand(tmp_path: Path) -> None:
    text = "auth:\n  <<: {ticket_seconds: x}\n"
    with pytest.raises(SettingsError, match=r"auth\.ticket_seconds: .*line 2, column 8"):
        load_settings(write(tmp_path, text))


def test_a_file_of_other_bytes_is_refused_without_them(tmp_path: Path) -> None:
    (tmp_path / "server.yaml").write_bytes(b"grpc_token: canary\xff\n")
    with pytest.raises(SettingsError, match="byte 18 is not UTF-8"):
        load_settings(tmp_path / "server.yaml")


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="cannot be read"):
        load_settings(tmp_path / "none.yaml")


def test_misspelt_flags_and_names_are_refused_and_foreign_names_are_not(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="did you mean `workers`"):
        load_settings(wrokers=1)
    monkeypatch.setenv("MOCKCRAFT_SERVICE_HOST", "10.0.0.1")  # as orchestrators set them
    assert load_settings().host == "127.0.0.1"
    monkeypatch.setenv("MOCKCRAFT_WORKER", "2")
    with pytest.raises(SettingsError, match="did you mean `MOCKCRAFT_WORKERS`"):
        load_settings()


def test_bad_environment_values_name_their_source(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MOCKCRAFT_WORKERS", "x")
    with pytest.raises(SettingsError, match=r"workers: .*set by environment MOCKCRAFT_WORKERS"):
        load_settings()


def test_what_is_shown_has_no_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    canary = "canary-secret"
    monkeypatch.setenv("MOCKCRAFT_TARGETS", f'{{"shop": "sqlite:///{canary}.db"}}')
    settings = load_settings(grpc_token=canary, auth={"api_keys": [canary]}, jobs_url=f"postgresql://u:{canary}@h/d")
    assert canary not in settings.render() + repr(settings) + str(settings.origin)
    assert canary in settings.jobs_store_url
    assert "# grpc_token: '********'  # flag --grpc-token" in settings.render()
    assert "  # api_keys: ['********']  # flag --auth.api-keys" in settings.render()
    assert "# targets: {shop: '********'}  # environment MOCKCRAFT_TARGETS" in settings.render()


def test_what_is_shown_can_be_a_settings_file_again(tmp_path: Path) -> None:
    given: dict[str, Any] = {
        "host": "a: #b",
        "data_dir": tmp_path / "é {x}, [y]",
        "log_level": "debug",
        "cors_origins": ("http://a, b", "#c", "null", "1"),
        "datasets": {"model": "x" * 300, "prompt_price": 0.25},
        "backup": {"folder": tmp_path},
        "grpc_token": "canary-secret",
        "targets": {"shop: #": "sqlite:///canary-secret.db"},
    }
    settings = load_settings(**given)
    text = settings.render()
    assert "canary-secret" not in text and "masked, in lines that are commented out" in text
    again = load_settings(write(tmp_path, text))
    assert again.model_dump() == {**settings.model_dump(), "grpc_token": SecretStr(""), "targets": {}}
    assert set(yaml.safe_load(text)) == set(Settings.model_fields) - {"grpc_token", "targets"}


def test_every_setting_is_rendered_and_has_a_name_in_the_environment() -> None:
    settings = Settings()
    assert set(settings.origin.values()) == {"default"}
    assert settings.render().count("  # default\n") == len(settings.origin)
    assert env_name("auth.api_keys") == "MOCKCRAFT_AUTH__API_KEYS"
    assert settings.jobs_store_url.startswith("sqlite:///") and settings.jobs_store_url.endswith("/jobs.db")


def test_every_setting_says_what_it_is_for() -> None:
    for model in (Settings, *(field.annotation for field in Settings.model_fields.values())):
        for name, field in getattr(model, "model_fields", {}).items():
            assert field.description or hasattr(field.annotation, "model_fields"), name
