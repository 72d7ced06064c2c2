"""`mockcraft dataset`: the same on this machine as of a server, errors with their exit statuses, jobs that resume."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from cli.main import main
from tests.datasets_server import Behaviour, datasets_server
from tests.integration.stack import stack_in_a_thread


class Cli:
    """Commands of one test; `server` is a gateway's URL, or nothing for this machine."""

    def __init__(self, folder: Path, server: str, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.server, self._capsys, self.told = folder, server, capsys, ""

    def __call__(self, *words: str, status: int = 0) -> str:
        self._capsys.readouterr()
        found = main(["dataset", *words, *(["--server", self.server] if self.server else [])])
        out, self.told = self._capsys.readouterr()
        assert found == status, (found, out, self.told)
        return out

    def json(self, *words: str) -> Any:
        return json.loads(self(*words, "--format", "json"))


@pytest.fixture(params=["here", "server"])
def cli(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Cli]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MOCKCRAFT_DATA_DIR", str(tmp_path / "data"))
    if request.param == "here":
        yield Cli(tmp_path, "", capsys)
        return
    with stack_in_a_thread(tmp_path / "data") as url:
        yield Cli(tmp_path, url, capsys)


def test_dataset_is_made_into_a_folder(cli: Cli) -> None:
    words = ("--domain", "technology", "--count", "30", "--topics", "Python,JavaScript", "--model", "template")
    cli("create", *words, "--format", "jsonl", "--shape", "alpaca", "--dir", "made")
    records = [json.loads(line) for line in (cli.folder / "made/technology.jsonl").read_text().splitlines()]
    assert len(records) == 30 and set(records[0]) == {"instruction", "input", "output"}
    assert {"README.md", "report.html", "manifest.json"} <= {path.name for path in (cli.folder / "made").iterdir()}


def test_files_that_are_there_are_not_written_over_unless_told(cli: Cli) -> None:
    (cli.folder / "mine").mkdir()
    (cli.folder / "mine/README.md").write_text("my own")
    words = ("create", "--domain", "law", "-n", "3", "--dir", "mine", "--model", "template")
    cli(*words, status=2)
    assert "OUTPUT_EXISTS" in cli.told and "README.md" in cli.told and "--force" in cli.told
    assert [path.name for path in (cli.folder / "mine").iterdir()] == ["README.md"]
    assert (cli.folder / "mine/README.md").read_text() == "my own"
    (cli.folder / "mine/README.md").rename(cli.folder / "mine/law.jsonl")
    cli(*words, status=1 if cli.server else 2)  # how a server calls the file is known when it is made
    assert "OUTPUT_EXISTS" in cli.told and "law.jsonl" in cli.told
    assert (cli.folder / "mine/law.jsonl").read_text() == "my own"
    cli(*words, "--force")
    assert len((cli.folder / "mine/law.jsonl").read_text().splitlines()) == 3


def test_what_an_unfinished_dataset_left_is_not_written_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("MOCKCRAFT_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "dataset.parquet.spool.part").write_text("rows")
    words = ["dataset", "create", "-n", "3", "--model", "template", "--format", "parquet", "--dir", str(tmp_path)]
    assert main(words) == 2
    told = capsys.readouterr().err
    assert "dataset.parquet.spool.part was left by an unfinished dataset" in told and "jobs resume" in told
    assert main([*words, "--format", "csv"]) == 0


def test_domain_made_of_a_file_is_changed_used_and_removed(cli: Cli) -> None:
    (cli.folder / "shop.yaml").write_text("domain: commerce\ntopics: [Socks]\nkinds: [qa]\nbudget: {tokens: 1000}\n")
    assert cli.json("domains", "create", "Sock shop", "--config", "shop.yaml", "--description", "Socks")["id"] == "sock-shop"
    changed = cli.json("domains", "update", "sock shop", "--topics", "Wool,Silk")
    assert (changed["request"]["topics"], changed["request"]["kinds"], changed["description"]) == (
        ["Wool", "Silk"],
        ["qa"],
        "Socks",
    )
    assert [each["id"] for each in cli.json("domains", "list")] == ["sock-shop"]
    cli("create", "--domain", "Sock shop", "-n", "8", "--dir", "made")
    records = [json.loads(line) for line in (cli.folder / "made/sock_shop.jsonl").read_text().splitlines()]
    assert {(each["topic"], each["kind"]) for each in records} == {("Wool", "qa"), ("Silk", "qa")}
    cli("domains", "delete", "sock-shop")
    cli("domains", "show", "sock-shop", status=1)
    assert "DOMAIN_NOT_FOUND" in cli.told


def test_templates_are_listed_and_shown(cli: Cli) -> None:
    assert {"technology", "health", "law"} <= {each["id"] for each in cli.json("templates")}
    assert "Programming and software development" in cli("template", "Technology")
    cli("template", "nothing", status=1)
    assert "TEMPLATE_NOT_FOUND" in cli.told and "technology" in cli.told


def test_errors_have_their_statuses(cli: Cli) -> None:
    for words, status, told in (
        (("create",), 2, "--count"),
        (("create", "-n", "5", "--kinds", "chta"), 2, "kinds[0]"),
        (("create", "-n", "5", "--domain", "laww"), 2, "Did you mean law?"),
        (("create", "-n", "5", "--model", "nobody/nothing"), 1, "MODEL_UNAVAILABLE"),
        (("create", "-n", "5", "--config", "absent.yaml"), 2, "absent.yaml"),
        (("domains", "update", "x"), 2, "--topics"),
        (("dictionary", "x", "--from", "absent.jsonl"), 2, "--from"),
        (("dictionary", "x", "--from", "data_01m7zwj5hwnse3mb0qs76yvp8x"), 1, "JOB_NOT_FOUND"),
        (("dictionaries", "show", "x"), 1, "DICTIONARY_NOT_FOUND"),
    ):
        cli(*words, status=status)
        assert told in cli.told, (words, cli.told)


def test_dictionary_of_a_file_becomes_a_generator(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MOCKCRAFT_DATA_DIR", str(tmp_path / "data"))
    (tmp_path / "titles.txt").write_text("Engineer\nNurse\nEngineer\nPilot\n")
    cli = Cli(tmp_path, "", capsys)
    made = cli.json("dictionary", "titles", "--from", "titles.txt", "--max-length", "40")
    assert (made["size"], made["weighted"], made["generator"]) == (3, True, "dictionary.titles")
    assert [each["name"] for each in cli.json("dictionaries", "list")] == ["titles"]

    def run(*words: str, status: int = 0) -> str:
        capsys.readouterr()
        assert main(list(words)) == status
        return capsys.readouterr().out

    assert set(run("generate", "dictionary.titles", "--count", "50", "--seed", "1").split()) == {"Engineer", "Nurse", "Pilot"}
    assert "titles" in run("describe", "dictionary.titles") and "dictionary.titles" in run("generators", "--search", "titles")
    (tmp_path / "s.yaml").write_text("tables: {t: {rows: 3, columns: {title: {gen: dictionary.titles, unique: true}}}}\n")
    run("seed", "--config", "s.yaml", "--output", "csv", "--dir", "made")
    assert sorted((tmp_path / "made/t.csv").read_text().split()[1:]) == ["Engineer", "Nurse", "Pilot"]
    cli("dictionaries", "delete", "titles")
    run("generate", "dictionary.titles", status=2)


def test_interrupted_dataset_resumes_and_asks_for_no_answer_again(tmp_path: Path) -> None:
    with datasets_server(Behaviour(seconds=0.05, parallel=2)) as model:
        environment = os.environ | {
            "MOCKCRAFT_DATA_DIR": str(tmp_path / "data"),
            "MOCKCRAFT_DATASETS__OPENAI_URL": model.url,
            "MOCKCRAFT_DATASETS__MAX_CONCURRENCY": "2",
            "MOCKCRAFT_DATASETS__START_CONCURRENCY": "2",
        }
        words = ["dataset", "create", "-n", "60", "--batch-size", "5", "--topics", "Python", "--model", "openai:test"]
        process = subprocess.Popen(
            [sys.executable, "-m", "cli", *words, "--dir", str(tmp_path / "made")],
            env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        _wait_for(lambda: sum(model.answered.values()) >= 12)
        process.send_signal(signal.SIGINT)
        _, told = process.communicate(timeout=60)
        assert process.returncode == 130 and "mockcraft jobs resume data_" in told, told
        job = told.split("mockcraft jobs resume ")[1].split()[0]
        again = subprocess.run(
            [sys.executable, "-m", "cli", "jobs", "resume", job], env=environment, capture_output=True, text=True, timeout=60
        )
        assert again.returncode == 0, again.stderr
    assert len((tmp_path / "made/dataset.jsonl").read_text().splitlines()) == 60
    assert model.again <= 2, "only what was under way at the pause may be asked again"


def _wait_for(met: Any) -> None:
    deadline = time.monotonic() + 40
    while not met():
        assert time.monotonic() < deadline, "it never came"
        time.sleep(0.02)
