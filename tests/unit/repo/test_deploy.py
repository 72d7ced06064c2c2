"""Compose file, Dockerfile and environment example say what the design says."""

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from services.common.settings import load_settings

ROOT = Path(__file__).parents[3]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
DOCKERFILE = (ROOT / "deploy/Dockerfile").read_text()


def instructions() -> list[tuple[str, str]]:
    joined = re.sub(r"\\\n", " ", re.sub(r"^#.*\n", "", DOCKERFILE, flags=re.M))
    return [(line.split(None, 1)[0], line.split(None, 1)[1]) for line in joined.splitlines() if line.strip()]


def interpolate(text: str, environment: dict[str, str]) -> str:
    return re.sub(r"\$\{(\w+):-([^}]*)\}", lambda m: environment.get(m[1]) or m[2], text)


def example_environment() -> dict[str, str]:
    lines = (ROOT / ".env.example").read_text().splitlines()
    return dict(line.split("=", 1) for line in lines if line and not line.startswith("#"))


def test_gateway_is_published_on_loopback_at_its_three_ports() -> None:
    ports = COMPOSE["services"]["gateway"]["ports"]
    assert ports == ["127.0.0.1:8080:8080", "127.0.0.1:9000:8080", "127.0.0.1:3001:8080"]
    assert [name for name, s in COMPOSE["services"].items() if "ports" in s] == ["gateway"]


def test_services_come_from_the_one_dockerfile() -> None:
    built = {name: s["build"] for name, s in COMPOSE["services"].items() if "build" in s}
    assert set(built) == {"gateway", "generator", "seeder", "backup", "schemas", "datasets"}
    for name, build in built.items():
        assert build == {"context": ".", "dockerfile": "deploy/Dockerfile", "args": {"SERVICE": name}}


def test_everything_waits_for_what_it_needs_and_that_has_a_health_check() -> None:
    for service in COMPOSE["services"].values():
        for needed, how in service.get("depends_on", {}).items():
            assert how["condition"] == "service_healthy"
            other = COMPOSE["services"][needed]
            assert "healthcheck" in other or ("build" in other and "HEALTHCHECK" in DOCKERFILE)


@pytest.mark.parametrize("service", ["gateway", "generator", "seeder", "backup", "schemas", "datasets"])
@pytest.mark.parametrize("environment", [{}, example_environment()], ids=["no .env", ".env.example"])
def test_settings_of_the_containers_are_accepted(
    service: str, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for key, value in COMPOSE["services"][service]["environment"].items():
        monkeypatch.setenv(key, interpolate(value, environment))
    settings = load_settings()
    assert settings.grpc_token.get_secret_value()
    assert settings.jobs_store_url.startswith("postgresql://")


def test_example_environment_is_accepted_as_copied(monkeypatch: pytest.MonkeyPatch) -> None:
    for key, value in example_environment().items():
        monkeypatch.setenv(key, value)
    assert load_settings().auth.api_keys == ()


def test_image_runs_one_service_as_nobody_special_with_a_health_check() -> None:
    steps = instructions()
    assert ("ARG", "SERVICE=gateway") in steps
    names = [name for name, _ in steps]
    assert names.count("FROM") == 2
    user = dict(steps)["USER"]
    assert user not in ("root", "0")
    assert "healthcheck.py" in dict(steps)["HEALTHCHECK"]
    assert names.index("USER") < len(names) - 1 - names[::-1].index("CMD")


def test_what_the_image_copies_exists() -> None:
    for name, rest in instructions():
        if name == "COPY" and not rest.startswith("--from"):
            for source in rest.split()[:-1]:
                assert (ROOT / source).exists(), source


def test_every_setting_is_in_the_example_file(monkeypatch: pytest.MonkeyPatch) -> None:
    from services.common.settings import Settings, flatten

    text = (ROOT / "examples/server.yaml").read_text()
    for key in flatten(Settings().model_dump()):
        assert re.search(rf"^\s*(# )?{key.split('.')[-1]}:", text, flags=re.M), key
    settings = load_settings(ROOT / "examples/server.yaml")
    unset = {"data_dir", "python_path"}
    assert settings.model_dump(exclude=unset) == Settings().model_dump(exclude=unset)
