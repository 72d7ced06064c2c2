"""`seed`, `jobs`, `validate`, `plan` and `preview` as real processes: files, a database, Ctrl-C, resume."""

from __future__ import annotations

import csv
import hashlib
import io
import json
import os
import pty
import signal
import sqlite3
import subprocess
import time
from pathlib import Path

from tests.e2e.cli_process import COMMAND, Cli, events, interrupt

LONG = ("--set", "users=400K", "--workers", "1")
"""About 1.2 million rows: some seconds of work."""


def digests(folder: Path) -> dict[str, str]:
    """SHA-256 of every data file, by name."""
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.name != "manifest.json"]
    return {str(p.relative_to(folder)): hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


def test_files_of_several_formats(cli: Cli) -> None:
    said = events(cli.ok("seed", "--config", "schema.yaml", "--output", "csv,jsonl,sql", "--dialect", "mysql", "--dir", "o"))
    assert [e["seq"] for e in said] == list(range(1, len(said) + 1))
    assert (said[0]["type"], said[-1]["type"]) == ("init", "complete")
    for artifact in said[-1]["data"]["artifacts"]:
        data = (cli.folder / "o" / artifact["path"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (artifact["bytes"], artifact["sha256"])
    assert len((cli.folder / "o" / "users.csv").read_text().splitlines()) == 1001
    assert any("`users`" in p.read_text() for p in (cli.folder / "o").glob("*.sql"))


def test_the_flags_of_csv(cli: Cli) -> None:
    flags = ("--csv-delimiter", ";", "--no-header", "--compress", "gzip", "--rows", "users=3")
    cli.ok("seed", "--config", "schema.yaml", "--output", "csv", "--dir", "o", *flags)
    import gzip

    rows = list(
        csv.reader(io.StringIO(gzip.decompress((cli.folder / "o" / "users.csv.gz").read_bytes()).decode()), delimiter=";")
    )
    assert [row[0] for row in rows] == ["1", "2", "3"]


def test_bars_end_in_a_table(cli: Cli) -> None:
    done = cli.run("seed", "--config", "schema.yaml", "--output", "csv", "--dir", "o", "--progress", "bar")
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0].split() == ["table", "rows", "bytes", "rows/s"]
    assert lines[2].split()[:2] == ["users", "1,000"]
    assert str(cli.folder / "o" / "users.csv") in done.stdout
    assert "100%" in done.stderr


def test_a_sqlite_file_with_sound_keys(cli: Cli) -> None:
    said = events(cli.ok("seed", "--config", "schema.yaml", "--db", "sqlite:///shop.db"))
    tables = {t["name"]: t["rows"] for t in said[-1]["data"]["tables"]}
    with sqlite3.connect(cli.folder / "shop.db") as connection:
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []
        counted = {name: connection.execute(f"SELECT count(*) FROM {name}").fetchone()[0] for name in tables}
    assert counted == tables
    assert tables["users"] == 1000


def count(cli: Cli, table: str = "users") -> int:
    with sqlite3.connect(cli.folder / "shop.db") as connection:
        return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])


DB = ("seed", "--config", "schema.yaml", "--db", "sqlite:///shop.db")


def test_modes_of_a_database(cli: Cli) -> None:
    for flags, rows in (
        ((), 1000),
        ((), 2000),
        (("--mode", "truncate"), 1000),
        (("--mode", "upsert"), 1000),
        (("--mode", "append"), 2000),
    ):
        cli.ok(*DB, *flags)
        assert count(cli) == rows, flags
    with sqlite3.connect(cli.folder / "shop.db") as connection:
        connection.execute("ALTER TABLE users ADD COLUMN mine int")
    cli.ok(*DB, "--mode", "replace")
    assert count(cli) == 1000
    with sqlite3.connect(cli.folder / "shop.db") as connection:
        assert "mine" not in [row[1] for row in connection.execute("PRAGMA table_info(users)")]


def test_keys_that_are_there_name_the_modes_and_no_resume(cli: Cli) -> None:
    with sqlite3.connect(cli.folder / "shop.db") as connection:
        connection.execute(
            "CREATE TABLE users (id int primary key, first_name text unique, last_name text, email text, signup_at text)"
        )
    refused = cli.run(*DB)
    assert refused.returncode == 1
    assert "TARGET_CONFLICT" in refused.stderr
    assert "mode replace, truncate or upsert" in refused.stderr
    assert "--resume" not in refused.stderr
    cli.ok(*DB, "--mode", "replace")


def test_what_a_load_made_is_cleaned(cli: Cli) -> None:
    cli.ok(*DB)
    job = events(cli.ok(*DB, "--rows", "users=300"))[-1]["jobId"]
    assert count(cli) == 1300
    done = cli.run("seed", "--clean", job, "--progress", "bar")
    assert done.returncode == 0, done.stderr
    assert f"rows of {job} deleted" in done.stdout
    assert count(cli) == 1000
    assert cli.run("seed", "--clean", job).returncode == 1
    both = cli.run("seed", "--clean", job, "--resume", job)
    assert (both.returncode, "give one of them" in both.stderr) == (2, True)


def test_connections_and_fast_reach_the_load_or_are_refused(cli: Cli) -> None:
    said = events(cli.ok(*DB, "--connections", "1", "--batch-size", "1024"))
    assert len([e for e in said if e["type"] == "checkpoint"]) == 3
    (job,) = cli.json("jobs", "list")
    spec = json.loads((cli.data / "checkpoints" / job["id"] / "spec.json").read_text())
    assert (spec["connections"], spec["batchRows"]) == (1, 1024)
    refused = cli.run(*DB, "--fast", "triggers, Unlogged")
    assert (refused.returncode, "FAST_UNSUPPORTED" in refused.stderr) == (1, True), refused.stderr
    files = ("seed", "--config", "schema.yaml", "--output", "csv")
    for args, words in (
        ((*DB, "--fast", "everything"), "FAST_INVALID"),
        ((*DB, "--connections", "9"), "--connections"),
        ((*files, "--connections", "2"), "--connections is for databases"),
        ((*files, "--fast", "indexes"), "--fast is for databases"),
        ((*files, "--clean", "seed_x"), "--config cannot be changed"),
    ):
        done = cli.run(*args)
        assert (done.returncode, words in done.stderr) == (2, True), (args, done.stderr)


def test_ctrl_c_of_a_load_leaves_130_and_how_to_resume(cli: Cli) -> None:
    process = cli.start(*DB, "--set", "users=200K", "--batch-size", "4096", "--progress", "json")
    assert process.stdout and process.stderr
    for line in process.stdout:
        if json.loads(line)["type"] == "checkpoint":
            break
    interrupt(process)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130, told
    command = told.strip().splitlines()[-1].partition("resume with: mockcraft ")[2].split()
    assert command[:2] == ["seed", "--resume"] and command[2].startswith("seed_")
    assert 0 < count(cli) < 200_000
    assert events(cli.ok(*command))[-1]["type"] == "complete"
    assert count(cli) == 200_000


CANARY = "canary7d20ab"


def test_a_password_is_on_no_childs_command_line_and_in_no_file(cli: Cli) -> None:
    url = f"postgresql://u:{CANARY}@127.0.0.1:1/db"
    for args, env in (((), {"DATABASE_URL": url}), (("--db", url), {})):
        seen: list[str] = []
        process = cli.start("seed", "--config", "schema.yaml", "--progress", "json", *args, **env)
        children = set[int]()
        while process.poll() is None:
            for child in below(process.pid):
                if b"services.seeder.loader" not in proc(child, "cmdline"):
                    continue  # not itself yet: until it is executed it shows what its parent has
                children.add(child)
                seen += [f"{child} {name}" for name in ("cmdline", "environ") if CANARY.encode() in proc(child, name)]
            seen += [str(path) for path in cli.data.rglob("*") if path.is_file() and CANARY.encode() in path.read_bytes()]
            time.sleep(0.02)
        out, told = process.communicate()
        assert process.returncode == 1 and "TARGET_UNAVAILABLE" in told
        assert children and not seen
        assert CANARY not in out + told
        job = json.loads(out.splitlines()[0])["jobId"]
        assert f"--resume {job} --db URL" in told
        assert CANARY not in cli.ok("jobs", "show", job, "--format", "json") + cli.run("jobs", "watch", job).stdout
        wanted = cli.run("seed", "--resume", job)
        assert (wanted.returncode, "TARGET_NEEDED" in wanted.stderr) == (1, True)


def below(pid: int) -> list[int]:
    """The child processes of a process."""
    return [int(each) for task in Path(f"/proc/{pid}/task").glob("*") for each in proc_text(task / "children").split()]


def proc_text(path: Path) -> str:
    try:
        return path.read_text()
    except OSError:
        return ""


def proc(pid: int, name: str) -> bytes:
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def test_database_url_is_the_default_target(cli: Cli) -> None:
    assert cli.run("seed", "--config", "schema.yaml", DATABASE_URL="sqlite:///env.db").returncode == 0
    assert (cli.folder / "env.db").exists()


def test_ctrl_c_keeps_a_checkpoint_and_resume_makes_the_same_bytes(cli: Cli) -> None:
    args = ("seed", "--config", "schema.yaml", "--output", "csv", *LONG)
    cli.ok(*args, "--dir", "whole")
    process = cli.start(*args, "--dir", "o", "--progress", "json")
    assert process.stdout and process.stderr
    for line in process.stdout:
        if json.loads(line)["type"] == "progress":
            break
    interrupt(process)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130, told
    hint = told.strip().splitlines()[-1]
    assert "mockcraft seed --resume gen_" in hint
    job = hint.split()[-1]
    assert cli.json("jobs", "show", job)["state"] == "PAUSED"
    assert job in cli.ok("jobs", "list")

    said = events(cli.ok("seed", "--resume", job))
    assert said[-1]["type"] == "complete"
    assert digests(cli.folder / "o") == digests(cli.folder / "whole")
    assert [e["seq"] for e in events(cli.ok("jobs", "watch", job))] == list(range(1, said[-1]["seq"] + 1))


def test_a_closed_terminal_keeps_a_checkpoint(cli: Cli) -> None:
    ours, theirs = pty.openpty()
    terminal = os.ttyname(theirs)
    args = ("seed", "--config", "schema.yaml", "--output", "csv", "--set", "users=20M", "--dir", "o", "--progress", "bar")
    on_terminal = ["sh", "-c", 'exec "$@" <$0 >$0 2>&1', terminal, *COMMAND, *args]
    process = subprocess.Popen(on_terminal, cwd=cli.folder, env=cli.env, text=True, start_new_session=True)
    cli.started.append(process)
    shown = b""
    while b" of 20,000,000" not in shown or b"/s" not in shown:
        shown += os.read(ours, 65536)
    os.close(ours)
    os.close(theirs)
    assert process.wait(30) == 130
    (job,) = cli.json("jobs", "list")
    assert (job["state"], job.get("interrupted")) == ("PAUSED", None)


def test_hang_ups_checkpoint_however_many_come(cli: Cli) -> None:
    process = cli.start("seed", "--config", "schema.yaml", "--output", "csv", *LONG, "--dir", "o", "--progress", "json")
    assert process.stdout
    job = next(json.loads(line)["jobId"] for line in process.stdout if json.loads(line)["type"] == "progress")
    while process.poll() is None:
        os.kill(process.pid, signal.SIGHUP)
        time.sleep(0.05)
    _, told = process.communicate(timeout=30)
    assert (process.returncode, told.count("checkpointing")) == (130, 1), told
    assert cli.json("jobs", "show", job)["state"] == "PAUSED"
    assert events(cli.ok("seed", "--resume", job))[-1]["type"] == "complete"


def test_a_command_that_is_to_outlive_its_terminal_goes_on(cli: Cli) -> None:
    args = ("seed", "--config", "schema.yaml", "--output", "csv", *LONG, "--dir", "o", "--progress", "json")
    process = subprocess.Popen(
        ["nohup", *COMMAND, *args], cwd=cli.folder, env=cli.env, text=True, start_new_session=True,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    cli.started.append(process)
    assert process.stdout
    for line in process.stdout:
        if json.loads(line)["type"] == "progress":
            os.kill(process.pid, signal.SIGHUP)
            break
    rest, told = process.communicate(timeout=100)
    assert (process.returncode, events(rest)[-1]["type"]) == (0, "complete"), told


def test_ctrl_c_after_the_end_changes_nothing(cli: Cli) -> None:
    args = ("seed", "--config", "schema.yaml", "--output", "csv", "--dir", "o", "--progress", "json")
    process = cli.start(*args)
    assert process.stdout
    for line in process.stdout:
        if json.loads(line)["type"] == "complete":
            break
    while process.poll() is None:
        interrupt(process)
        time.sleep(0.01)
    assert process.returncode in (0, 130)


def test_a_second_ctrl_c_leaves_at_once_and_resume_takes_over(cli: Cli) -> None:
    args = ("seed", "--config", "schema.yaml", "--output", "csv", *LONG, "--dir", "o", "--progress", "json")
    process = cli.start(*args)
    assert process.stdout and process.stderr
    job = next(json.loads(line)["jobId"] for line in process.stdout if json.loads(line)["type"] == "init")
    interrupt(process)
    assert "checkpointing" in process.stderr.readline() + process.stderr.readline()
    interrupt(process)
    _, told = process.communicate(timeout=10)
    assert process.returncode == 130, told
    assert f"mockcraft seed --resume {job}" in told
    assert events(cli.ok("jobs", "resume", job))[-1]["type"] == "complete"


def test_a_killed_command_leaves_no_child_and_can_be_resumed(cli: Cli) -> None:
    process = cli.start("seed", "--config", "schema.yaml", "--output", "csv", *LONG, "--dir", "o", "--progress", "json")
    assert process.stdout
    job = next(json.loads(line)["jobId"] for line in process.stdout if json.loads(line)["type"] == "progress")
    os.killpg(process.pid, signal.SIGKILL)
    process.communicate(timeout=10)
    (listed,) = cli.json("jobs", "list")
    assert (listed["id"], listed["state"], listed["interrupted"]) == (job, "RUNNING", True)
    assert f"mockcraft seed --resume {job}" in cli.ok("jobs", "show", job)
    child = json.loads((cli.data / "checkpoints" / job / "child.json").read_text())["pid"]
    wait_until_gone(child)
    resumed = cli.run("seed", "--resume", job)
    assert (events(resumed.stdout)[-1]["type"], resumed.stderr) == ("complete", "")
    cli.ok("seed", "--config", "schema.yaml", "--output", "csv", *LONG, "--dir", "whole")
    assert digests(cli.folder / "o") == digests(cli.folder / "whole")


def wait_until_gone(pid: int, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return
        if Path(f"/proc/{pid}/stat").exists() and Path(f"/proc/{pid}/stat").read_text().split()[2] == "Z":
            return
        time.sleep(0.05)
    raise AssertionError(f"process {pid} is still there")


def test_another_command_pauses_and_cancels(cli: Cli) -> None:
    args = ("seed", "--config", "schema.yaml", "--output", "csv", "--set", "users=20M", "--dir", "o", "--progress", "json")
    process = cli.start(*args)
    assert process.stdout
    job = next(json.loads(line)["jobId"] for line in process.stdout if json.loads(line)["type"] == "progress")
    cli.ok("jobs", "pause", job)
    _, told = process.communicate(timeout=30)
    assert process.returncode == 130
    assert f"mockcraft seed --resume {job}" in told
    assert cli.json("jobs", "cancel", job)["state"] == "CANCELLED"
    assert not list((cli.folder / "o").glob("*.part"))
    assert cli.run("seed", "--resume", job).returncode == 1


def test_a_job_that_is_not_there(cli: Cli) -> None:
    for args in (["jobs", "show", "gen_nope"], ["jobs", "watch", "gen_nope"], ["jobs", "pause", "x"], ["seed", "--resume", "x"]):
        done = cli.run(*args)
        assert (done.returncode, done.stdout) == (1, ""), args
        assert f"JOB_NOT_FOUND There is no job {args[2]}." in done.stderr and "list of jobs" in done.stderr


def test_wrong_usage_of_seed(cli: Cli) -> None:
    config = ("--config", "schema.yaml")
    for args, words in (
        ((), "--config SCHEMA"),
        (config, "seed wants a target"),
        ((*config, "--output", "csv", "--db", "sqlite:///x.db"), "not both"),
        ((*config, "--output", "csvv"), "did you mean"),
        ((*config, "--output", "csv", "--pretty"), "--pretty needs --output json"),
        ((*config, "--output", "csv", "--dialect", "mysql"), "--dialect needs --output sql"),
        ((*config, "--db", "sqlite:///x.db", "--dir", "o"), "--dir is for files"),
        ((*config, "--db", "oracle://x"), "known are mariadb, mongodb, mysql, postgresql, redis, rediss, sqlite."),
        ((*config, "--db", "sqltie:///x.db"), "did you mean `sqlite`?"),
        ((*config, "--db", "sqlite:///x.db", "--mode", "upsrt"), "'--mode': 'upsrt' is not one of 'append'"),
        ((*config, "--output", "csv", "--set", "users"), "--set wants NAME=VALUE"),
        ((*config, "--output", "csv", "--set", "usres=5"), "usres"),
        ((*config, "--output", "csv", "--dir", "schema.yaml"), "schema.yaml is a file, not a folder"),
        ((*config, "--output", "csv", "--dir", "schema.yaml/x"), "cannot make the folder"),
        ((*config, "--output", "csv", "--rows", "nope=5"), "schema.yaml: TABLE_NOT_FOUND"),
        (("--config", "missing.yaml", "--output", "csv"), "cannot read the schema"),
        ((*config, "--resume", "gen_x"), "--config cannot be changed"),
    ):
        done = cli.run("seed", *args)
        assert (done.returncode, done.stdout) == (2, ""), (args, done.stdout, done.stderr)
        assert words.casefold() in done.stderr.casefold(), (args, done.stderr)
    assert not list(cli.folder.glob("out/*"))


def test_an_invalid_schema_is_told_whole_and_nothing_starts(cli: Cli) -> None:
    bad = "tables:\n  t:\n    rows: -1\n    columns:\n      a: frist_name\n      b: {gen: int, minn: 2}\n"
    (cli.folder / "bad.yaml").write_text(bad)
    for args in (["validate"], ["plan"], ["preview"], ["seed", "--output", "csv", "--config"]):
        done = cli.run(*args, "bad.yaml")
        assert (done.returncode, done.stdout) == (2, ""), args
        assert "bad.yaml:5:10: GENERATOR_NOT_FOUND" in done.stderr
        assert "bad.yaml:3:" in done.stderr
        assert "bad.yaml:6:" in done.stderr
        assert "did you mean" in done.stderr
    assert not (cli.folder / "out").exists()
    found = json.loads(cli.run("validate", "bad.yaml", "--format", "json").stdout)
    assert found["valid"] is False
    assert len(found["findings"]) >= 3


def test_a_schema_on_standard_input(cli: Cli) -> None:
    text = cli.schema.read_text()
    assert "valid, 2 tables" in cli.ok("validate", "-", stdin=text)
    bad = cli.run("validate", "-", stdin=text.replace("first_name: first_name", "first_name: frist_name"))
    assert bad.stderr.startswith("<stdin>:9:")


def test_plan_says_what_would_run(cli: Cli) -> None:
    plan = cli.json("plan", "schema.yaml", "--set", "users=10K")
    assert [t["name"] for t in plan["tables"]] == ["users", "orders"]
    assert plan["tables"][0]["rows"] == 10_000
    assert plan["totalRows"] == sum(t["rows"] for t in plan["tables"])
    assert "orders" in cli.ok("plan", "schema.yaml")


def test_a_preview_is_the_rows_of_the_file(cli: Cli) -> None:
    cli.ok("seed", "--config", "schema.yaml", "--output", "jsonl", "--dir", "o")
    lines = (cli.folder / "o" / "orders.jsonl").read_text().splitlines()
    rows = cli.json("preview", "schema.yaml", "--table", "orders", "--rows", "4", "--offset", "700")
    assert rows == [json.loads(line) for line in lines[700:704]]
    shown = cli.ok("preview", "schema.yaml", "--table", "orders", "--rows", "4", "--offset", "700").splitlines()[2:]
    assert [line.split()[-1] for line in shown] == [f"{row['total']:.2f}" for row in rows]
    past = cli.run("preview", "schema.yaml", "--offset", "1000", "--format", "json")
    assert (json.loads(past.stdout), past.returncode) == ([], 0)
    assert "users has 1,000 rows" in past.stderr
    done = cli.run("preview", "schema.yaml", "--table", "odrers")
    assert done.returncode == 2
    assert "did you mean 'orders'?" in done.stderr


def test_a_build_config_writes_what_it_asks_for(cli: Cli) -> None:
    config = {
        "global_settings": {"row_count": 50, "output_format": "jsonl", "file_name": "people"},
        "columns": [{"column_name": "id", "generator_type": "uuid"}, {"column_name": "name", "generator_type": "full_name"}],
    }
    (cli.folder / "build.json").write_text(json.dumps(config))
    cli.ok("seed", "--config", "build.json", "--output", "sql,csv", "--dir", "o")
    assert {p.name for p in (cli.folder / "o").iterdir()} >= {"people.sql", "people.csv"}
    cli.ok("seed", "--config", "build.json", "--dir", "o")
    assert len((cli.folder / "o" / "people.jsonl").read_text().splitlines()) == 50
