"""Console blocks of Markdown files: found, run in one fresh folder, compared.

A block is fenced as `console`; lines that begin with `$ ` are commands, what follows is what they print (standard
output and error together). `…` stands for anything within a line, a line that is only `…` for any lines. A command
that ends in ` &` goes on in the background until the page ends. Port 8080 stands for a free one. A block fenced as
`yaml NAME` is a file of that name. `python -m docs.console PAGE …` brings what pages say up to date.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

ROOT = Path(__file__).resolve().parents[1]
PORT = "8080"


@dataclass(frozen=True)
class Command:
    """A command of a page: the line it stands on, its text, and what the page says it prints."""

    line: int
    text: str
    expected: str


def commands(markdown: str) -> Iterator[Command]:
    """The commands of all console blocks, in order. A line that ends in a backslash goes on in the next."""
    text, inside = markdown.replace("\\\n", "\\\0"), False
    found: tuple[int, str] | None = None
    printed: list[str] = []
    number = 0
    for line in text.split("\n"):
        number += 1
        ends = line.startswith("```")
        if inside and found and (ends or line.startswith("$ ")):
            yield Command(found[0], found[1], "\n".join(printed).strip("\n"))
            found, printed = None, []
        if ends:
            inside = line == "```console"
        elif inside and line.startswith("$ "):
            found = number, line[2:].replace("\\\0", "\\\n")
        elif inside:
            printed.append(line)
        number += line.count("\0")


FILES = re.compile(r"^```\w+ (\S+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def write_files(markdown: str, home: Path) -> None:
    """Write the files that the page shows."""
    for name, content in FILES.findall(markdown):
        (home / name).write_text(content)


def refreshed(markdown: str, shell: Session) -> str:
    """The page with what its commands print now, where that is not what it says."""
    write_files(markdown, shell.home)
    for command in commands(markdown):
        printed = shell.run(command.text)
        if not matches(command.expected, printed):
            said = f"$ {command.text}\n" + (f"{command.expected}\n" if command.expected else "")
            markdown = markdown.replace(said, f"$ {command.text}\n{general(printed)}\n", 1)
    return markdown


def general(printed: str) -> str:
    """What was printed with `…` for what differs from run to run: ids of jobs, and rates of bars and tables."""
    lines, rated = [], False
    printed = re.sub(r"\b(gen|seed|backup|restore|verify)_[0-9a-z]{26}", r"\1_…", printed)
    for line in re.sub(r"(━ +100% [\d,]+ of [\d,]+).*", r"\1…", printed).split("\n"):
        rated = line.endswith("rows/s") or (rated and bool(line))
        figure = re.search(r"[\d,]+$", line) if rated else None
        lines.append((line[: figure.start()] + "…".rjust(len(figure[0])) if figure else line).rstrip())
    return "\n".join(lines)


def matches(expected: str, printed: str) -> bool:
    """Whether what was printed is what was expected, `…` standing for anything."""
    return _match(expected.strip("\n").split("\n"), printed.strip("\n").split("\n"))


def _match(expected: list[str], printed: list[str]) -> bool:
    if not expected:
        return not printed
    if expected[0] == "…":
        return any(_match(expected[1:], printed[skipped:]) for skipped in range(len(printed) + 1))
    return bool(printed) and _same(expected[0], printed[0]) and _match(expected[1:], printed[1:])


def _same(expected: str, printed: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in _narrow(expected).split("…"))
    return re.fullmatch(pattern, _narrow(printed)) is not None


def _narrow(line: str) -> str:
    """The line with one space and one stroke for many: the width of a table's column hangs on its widest figure."""
    return re.sub(r"─+", "─", re.sub(r"\s+", " ", line)).strip()


@dataclass
class Session:
    """A shell in a folder of its own: `mockcraft` on the path, its own data, no colours, a free port for 8080."""

    home: Path
    port: str
    background: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def environment(self) -> dict[str, str]:
        """What the commands see."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("MOCKCRAFT_") and k != "DATABASE_URL"}
        path = f"{Path(sys.executable).parent}{os.pathsep}{kept['PATH']}"
        own = {"NO_COLOR": "1", "TERM": "dumb", "COLUMNS": "110", "MOCKCRAFT_DATA_DIR": str(self.home / ".data")}
        return {**kept, **own, "PATH": path}

    def run(self, command: str) -> str:
        """What the command prints; nothing for one in the background, which is waited for until its port answers."""
        text = command.replace(PORT, self.port)
        if text.rstrip().endswith("&"):
            if PORT not in command:
                text = text.rstrip().removesuffix("&") + f" --port {self.port}"
            self._start(text.rstrip().removesuffix("&"))
            return ""
        done = subprocess.run(
            ["bash", "-c", f"{{ {text}\n}} 2>&1"], cwd=self.home, env=self.environment, timeout=120, capture_output=True
        )
        return done.stdout.decode().replace(self.port, PORT).replace(str(self.home), "…").rstrip("\n")

    def _start(self, text: str) -> None:
        command = ["bash", "-c", f"exec {text}"]
        with (self.home / "server.log").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=self.home, env=self.environment, stdout=log, stderr=log, start_new_session=True
            )
        self.background.append(process)
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and process.poll() is None:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", int(self.port))) == 0:
                    return
            time.sleep(0.1)
        raise RuntimeError(f"{text!r} does not listen: {(self.home / 'server.log').read_text()[-1000:]}")

    def close(self) -> None:
        """End what is in the background."""
        for process in self.background:
            process.send_signal(signal.SIGTERM)
            process.wait(timeout=20)


@contextmanager
def session(home: Path) -> Iterator[Session]:
    """A session in a folder that gets a copy of the examples; ends what it started."""
    shutil.copytree(ROOT / "examples", home / "examples", dirs_exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
    opened = Session(home, port)
    try:
        yield opened
    finally:
        opened.close()


def main() -> None:
    """Rewrite the pages named on the command line."""
    for name in sys.argv[1:]:
        page = Path(name)
        with TemporaryDirectory() as home, session(Path(home)) as shell:
            page.write_text(refreshed(page.read_text(), shell))


if __name__ == "__main__":
    main()
