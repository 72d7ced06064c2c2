"""Plug-ins: found in a folder and in installed packages, everywhere at once, and named when they are wrong."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[3]
EXAMPLES = ROOT / "examples" / "generators"


def mockcraft(*args: str, folder: Path = EXAMPLES, path: str = "") -> subprocess.CompletedProcess[str]:
    """The command in a process of its own: plug-ins are loaded once in each."""
    environment = {**os.environ, "MOCKCRAFT_GENERATORS_DIR": str(folder)}
    if path:
        environment["PYTHONPATH"] = os.pathsep.join(filter(None, (path, os.environ.get("PYTHONPATH", ""))))
    command = [sys.executable, "-m", "cli", *args]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)


def generated(*args: str, **places: Any) -> Any:
    done = mockcraft("generate", *args, "--format", "json", "--seed", "1", **places)
    assert done.returncode == 0, done.stderr
    answer = json.loads(done.stdout)
    return answer.get("values", answer.get("value"))


def test_the_example_plugins_make_values() -> None:
    badges = generated("Works Badge", "--count", "50", "--prefix", "ZX")
    assert all(badge.startswith("ZX-") and 1_000 <= int(badge[3:]) < 10_000 for badge in badges)
    assert len(set(badges)) > 40
    degrees = generated("acme.temperature", "--count", "50")
    assert all(18 <= value < 26 for value in degrees)
    assert len(set(degrees)) > 40
    assert set(generated("acme.shift", "--count", "50")) == {"early", "late", "night"}


SCHEMA = """
tables:
  hall:
    rows: 3000
    columns:
      id: sequence
      badge: acme.badge
      degrees: {gen: acme.temperature, null_rate: 0.2}
      shift: acme.shift
"""


def test_a_schema_may_use_them_and_blocks_and_workers_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "hall.yaml").write_text(SCHEMA)
    digests = []
    for workers, block_rows in ((1, 65_536), (2, 1_024)):
        where = tmp_path / str(workers)
        monkeypatch.setenv("MOCKCRAFT_BLOCK_ROWS", str(block_rows))
        done = mockcraft(
            "seed", "--config", str(tmp_path / "hall.yaml"), "--output", "csv", "--dir", str(where), "--workers", str(workers)
        )
        assert done.returncode == 0, done.stderr
        digests.append((where / "hall.csv").read_bytes())
    assert digests[0] == digests[1]
    assert digests[0].count(b"\n") == 3001


def test_they_stand_in_the_catalogue_with_what_is_told_of_them() -> None:
    listed = json.loads(mockcraft("generators", "--category", "acme", "--format", "json").stdout)
    assert [g["name"] for g in listed] == ["acme.badge", "acme.shift", "acme.temperature"]
    told = json.loads(mockcraft("describe", "works badge", "--format", "json").stdout)
    assert told["name"] == "acme.badge"
    assert told["slow"] is True
    assert told["parameters"][0]["default"] == "AC"


def test_an_unknown_parameter_and_a_unique_column_are_refused(tmp_path: Path) -> None:
    done = mockcraft("generate", "acme.badge", "--prefx=A")
    assert done.returncode == 2
    assert "prefix" in done.stderr
    (tmp_path / "u.yaml").write_text(SCHEMA.replace("acme.badge", "{gen: acme.badge, unique: true}"))
    done = mockcraft("validate", str(tmp_path / "u.yaml"))
    assert done.returncode == 2
    assert "acme.badge is a plug-in and cannot promise distinct values" in done.stdout + done.stderr


BAD = {
    "raises": ("return 1 / 0", "string", "ZeroDivisionError"),
    "type": ("return 'warm'", "int", "values of type int"),
    "number": ("return 7", "string", "values of type string"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_plugin_that_fails_is_named(kind: str, tmp_path: Path) -> None:
    body, output, told = BAD[kind]
    (tmp_path / "bad.py").write_text(
        "from runner.plugins import each_value\n"
        f"@each_value('bad.one', 'A bad one', output='{output}')\ndef one(random):\n    {body}\n"
    )
    done = mockcraft("generate", "bad.one", folder=tmp_path)
    assert done.returncode == 1
    assert "bad.one" in done.stderr
    assert told in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize("result", ["bits[:-1]", "bits.reshape(-1, 1)", "7", "None"])
def test_a_block_of_the_wrong_shape_is_named(result: str, tmp_path: Path) -> None:
    (tmp_path / "bad.py").write_text(
        "from runner.plugins import each_block\n"
        f"@each_block('bad.block', 'A bad one', output='int')\ndef block(bits):\n    return {result}\n"
    )
    done = mockcraft("generate", "bad.block", "--count", "3", folder=tmp_path)
    assert done.returncode == 1
    assert "plug-in bad.block must return one value for each of 3 rows" in done.stderr


BEGIN = "from runner.plugins import each_value\n"
BROKEN = {
    "no python (": "SyntaxError",
    "import nothing_of_that_name": "ModuleNotFoundError",
    f"{BEGIN}@each_value('iban', 'Taken')\ndef f(random): return ''": "the name iban is taken",
    f"{BEGIN}@each_value('a.b', 'Taken', aliases=('zip code',))\ndef f(random): return ''": "zip code",
    f"{BEGIN}@each_value('a.b', 'No type', output='colour')\ndef f(random): return ''": "known types",
    f"{BEGIN}@each_value('a.b', 'No list')\ndef f(random, size): return ''": "size",
    f"{BEGIN}@each_value('a.b', 'No seed')\ndef f(): return ''": "source of chance",
}


@pytest.mark.parametrize("text", BROKEN, ids=lambda text: BROKEN[text])
def test_one_that_cannot_be_loaded_is_told_and_keeps_no_other_from_working(text: str, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text(text)
    (tmp_path / "fine.py").write_text((EXAMPLES / "acme.py").read_text())
    assert generated("acme.shift", folder=tmp_path) in ("early", "late", "night")
    listed = mockcraft("generators", "--search", "acme", folder=tmp_path)
    assert listed.returncode == 0
    assert "broken.py could not be loaded" in listed.stderr
    assert BROKEN[text] in listed.stderr
    unknown = mockcraft("generate", "a.c", folder=tmp_path)
    assert unknown.returncode == 2
    assert "broken.py could not be loaded" in unknown.stderr


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "does not exist" in mockcraft("generators", "--category", "color", folder=tmp_path / "none").stderr


def test_an_installed_package_names_them_by_an_entry_point(tmp_path: Path) -> None:
    (tmp_path / "acme_plugin.py").write_text((EXAMPLES / "acme.py").read_text().replace("acme.", "installed."))
    about = tmp_path / "acme_plugin-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-plugin\nVersion: 1.0\n")
    (about / "entry_points.txt").write_text("[mockcraft.generators]\nacme = acme_plugin\n")
    assert generated("installed.shift", folder=EXAMPLES, path=str(tmp_path)) in ("early", "late", "night")


def test_the_folder_may_be_named_in_the_settings(tmp_path: Path) -> None:
    (tmp_path / "server.yaml").write_text(f"generators_dir: {EXAMPLES}\n")
    environment = {name: value for name, value in os.environ.items() if name != "MOCKCRAFT_GENERATORS_DIR"}
    environment["MOCKCRAFT_CONFIG"] = str(tmp_path / "server.yaml")
    command = [sys.executable, "-m", "cli", "generate", "acme.shift"]
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120)
    assert done.stdout.strip() in ("early", "late", "night"), done.stderr


def test_the_command_of_the_documents_prints_what_they_say() -> None:
    page = (ROOT / "docs" / "adding.md").read_text()
    command = '$ MOCKCRAFT_GENERATORS_DIR=examples/generators mockcraft generate "works badge" --prefix=ZX --seed 1\n'
    printed = page[page.index(command) + len(command) :].partition("\n")[0]
    assert mockcraft("generate", "works badge", "--prefix=ZX", "--seed", "1").stdout == printed + "\n"


def test_a_service_logs_what_it_could_not_load(tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("no python (")
    environment = {**os.environ, "MOCKCRAFT_GENERATORS_DIR": str(tmp_path), "MOCKCRAFT_DATA_DIR": str(tmp_path / "data")}
    command = [sys.executable, "-m", "cli", "service", "generator", "--port", "0"]
    with subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("mockcraft is ready")
        process.terminate()
        _, log = process.communicate(timeout=30)
    assert "broken.py could not be loaded" in log
