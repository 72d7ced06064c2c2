"""The repository's own rules: imports point one way, the lock is clean, no machine is named in a file."""

import re
import subprocess
import tomllib
from pathlib import Path

import pytest
from importlinter.application.use_cases import create_report, read_user_options
from importlinter.cli import lint_imports

from docs.lock import LEFT_OUT

ROOT = Path(__file__).parents[3]
CONFIG = str(ROOT / "pyproject.toml")


def test_import_contracts_hold(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.chdir(ROOT)
    assert lint_imports(config_filename=CONFIG, cache_dir=None) == 0, capsys.readouterr().out


@pytest.mark.parametrize(
    ("importer", "imported"),
    [
        ("runner.plan", "services.common.errors"),
        ("runner.plan", "grpc"),
        ("services.gateway", "services.generator.service"),
        ("services.gateway", "runner.engine"),
        ("services.seeder.service", "services.generator.service"),
        ("services.common.errors", "services.generator.service"),
        ("services.common.errors", "cli.main"),
        ("services.generator.service", "grpc"),
    ],
)
def test_import_contracts_would_catch(importer: str, imported: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An import that the design forbids breaks a contract."""
    from importlinter.application import use_cases

    monkeypatch.chdir(ROOT)
    build = use_cases._build_graph

    def with_import(*args: object, **kwargs: object) -> object:
        graph = build(*args, **kwargs)
        graph.add_import(importer=importer, imported=imported)
        return graph

    monkeypatch.setattr(use_cases, "_build_graph", with_import)
    options = read_user_options(config_filename=CONFIG)
    use_cases._register_contract_types(options)  # what the command does before; each test may be the first of its process
    report = create_report(options, cache_dir=None)
    assert report.contains_failures


def requirements() -> list[str]:
    lines = (ROOT / "requirements.lock").read_text().splitlines()
    return [line.split("#")[0].strip() for line in lines if line.split("#")[0].strip()]


def test_lock_pins_exactly_and_names_no_index() -> None:
    for line in requirements():
        assert re.fullmatch(r"[a-z0-9-]+==[A-Za-z0-9.+]+", line), line


def test_lock_covers_every_dependency() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = {name: needs for name, needs in project["optional-dependencies"].items() if name not in LEFT_OUT}
    wanted = [*project["dependencies"], *(need for needs in extras.values() for need in needs)]
    pinned = {line.split("==")[0] for line in requirements()}
    names = {re.split(r"[\[<>=!~ ]", d)[0].lower().replace("_", "-") for d in wanted}
    assert names <= pinned, names - pinned


def test_make_alone_lists_every_target() -> None:
    out = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in ("setup", "run", "test", "check", "bench", "prove", "protos", "up", "dev", "docs"):
        assert re.search(rf"^  make {target}\s+\S", out, flags=re.M), target


def tracked_files() -> list[Path]:
    out = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [ROOT / name for name in out.split("\0") if name and (ROOT / name).is_file()]


FORBIDDEN = re.compile(
    rb"https?://[a-z0-9.-]*(registry|packages|files|index|deb)[a-z0-9.-]*/(simple|packages|debian|-/)"
    rb"|(^|[^A-Za-z0-9_.-])/(root|work|farm)/[a-z.]",
    re.M,
)


def test_no_index_address_and_no_machine_path_in_tracked_files() -> None:
    found = [str(path.relative_to(ROOT)) for path in tracked_files() if FORBIDDEN.search(path.read_bytes())]
    assert [name for name in found if name != "tests/unit/repo/test_repository.py"] == []


BANNED = re.compile(r"\b(preexec_fn|import multiprocessing|from multiprocessing|os\.fork\b)")


def test_nothing_forks() -> None:
    """grpc and fork do not mix (see docs/architecture.md)."""
    sources = [
        p for p in tracked_files() if p.suffix == ".py" and p.is_relative_to(ROOT) and "tests" not in p.relative_to(ROOT).parts
    ]
    found = [str(p.relative_to(ROOT)) for p in sources if BANNED.search(p.read_text())]
    assert found == []
