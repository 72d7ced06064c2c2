"""`generate`, `generators`, `describe`, `version`, help and completion, as a shell runs them."""

from __future__ import annotations

import json
import subprocess
import sys

import yaml

from tests.e2e.cli_process import Cli

HEAVY = ("typer", "rich", "yaml", "pydantic", "sqlalchemy", "grpc", "aiohttp", "faker", "structlog", "cryptography")


def test_a_seed_repeats_and_no_seed_does_not(cli: Cli) -> None:
    assert cli.ok("generate", "firstname", "--count=20", "--seed=1") == cli.ok(
        "generate", "First Name", "--seed", "1", "-n", "20"
    )
    assert cli.ok("generate", "uuid") != cli.ok("generate", "uuid")


def test_parameters_in_both_spellings(cli: Cli) -> None:
    assert len(cli.ok("generate", "password", "--length=31").strip()) == 31
    assert len(cli.ok("generate", "password", "--param", "length=31").strip()) == 31


def test_formats(cli: Cli) -> None:
    answer = json.loads(cli.ok("generate", "first_name", "--count=2", "--format=json", "--seed=1"))
    assert answer["type"] == "person.first_name"
    assert len(answer["values"]) == 2
    assert cli.ok("generate", "first_name", "--count=2", "--format=csv", "--seed=1").splitlines() == [
        "first_name",
        *answer["values"],
    ]


def test_an_unknown_generator_is_wrong_usage_with_a_guess(cli: Cli) -> None:
    for command in ("generate", "describe"):
        done = cli.run(command, "frist_name")
        assert (done.returncode, done.stdout) == (2, "")
        assert "GENERATOR_NOT_FOUND" in done.stderr
        assert "did you mean" in done.stderr
        assert "first_name" in done.stderr


def test_a_wrong_parameter_is_wrong_usage(cli: Cli) -> None:
    for word in ("--length=many", "--lenght=12"):
        done = cli.run("generate", "password", word)
        assert (done.returncode, done.stdout) == (2, ""), word
        assert "Traceback" not in done.stderr


def test_the_catalogue_lists_and_describes(cli: Cli) -> None:
    listed = cli.json("generators", "--category", "person")
    assert "person.first_name" in [g["name"] for g in listed]
    assert {g["category"] for g in listed} == {"person"}
    assert "person.first_name" in cli.ok("generators", "--search", "given")
    described = cli.json("describe", "firstname")
    assert described["name"] == "person.first_name"
    assert described["example"]
    assert yaml.safe_load(cli.ok("describe", "firstname", "--format", "yaml")) == described
    assert "length" in cli.ok("describe", "password")


def test_a_search_that_finds_nothing_says_so(cli: Cli) -> None:
    done = cli.run("generators", "--search", "zzzz")
    assert done.returncode == 0
    assert "faker.<method>" in done.stderr
    unknown = cli.run("generators", "--category", "persn")
    assert (unknown.returncode, unknown.stdout) == (2, "")
    assert "did you mean 'person'?" in unknown.stderr


def test_the_json_schema_is_printed(cli: Cli) -> None:
    assert json.loads(cli.ok("schema-json"))["title"] == "MockCraft schema"


def test_one_value_loads_nothing_heavy(cli: Cli) -> None:
    program = (
        "import sys; from cli.main import main; status = main(['generate', 'firstname'])\n"
        f"print([name for name in {HEAVY!r} if name in sys.modules]); sys.exit(status)"
    )
    done = subprocess.run([sys.executable, "-c", program], env=cli.env, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[1] == "[]"


def test_help_loads_no_engine(cli: Cli) -> None:
    heavy = ("numpy", "pyarrow", "asyncio", *HEAVY[1:])
    program = f"import sys; from cli.main import main; main(['--help']); print([n for n in {heavy!r} if n in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], env=cli.env, capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == "[]"


COMMANDS = (
    "generate", "generators", "describe", "validate", "plan", "preview", "seed", "jobs", "server", "service", "schema-json",
    "version",
)  # fmt: skip


def test_every_command_has_help(cli: Cli) -> None:
    top = cli.ok("--help")
    for command in COMMANDS:
        assert f"\n  {command} " in top
        assert "Usage: mockcraft " + command in cli.ok(command, "--help")


def test_versions(cli: Cli) -> None:
    assert cli.ok("--version").split()[0] == "mockcraft"
    assert cli.json("version")["mockcraft"] == cli.ok("--version").split()[1]


def test_wrong_usage(cli: Cli) -> None:
    for args in (["nonsense"], ["seed", "--nonsense"], ["generate"], ["describe"], ["generators", "--format", "xml"]):
        done = cli.run(*args)
        assert (done.returncode, done.stdout) == (2, ""), (args, done.stdout, done.stderr)
        assert done.stderr


def test_the_shell_completes_commands_and_generators(cli: Cli) -> None:
    def offered(words: str) -> str:
        env = {"_MOCKCRAFT_COMPLETE": "complete_bash", "COMP_WORDS": words, "COMP_CWORD": str(len(words.split()) - 1)}
        return cli.run(**env).stdout  # type: ignore[arg-type]

    assert "generators" in offered("mockcraft gen").split()
    assert "person.first_name" in offered("mockcraft generate person.fi").split()
    assert "--locale" in offered("mockcraft generate --lo").split()
    given = {"_TYPER_COMPLETE_TEST_DISABLE_SHELL_DETECTION": "1"}  # whatever shell the tests were started from
    assert "complete_bash" in cli.run("--show-completion", "bash", **given).stdout
