"""Make the Python of the protos beside them; `--check` only says whether it is up to date."""

from __future__ import annotations

import argparse
import subprocess
import sys
import tempfile
from pathlib import Path

import google.api
import grpc_tools

HERE = Path(__file__).parent


def generate(out: Path) -> None:
    """Write `*_pb2.py`, `*_pb2.pyi` and `*_pb2_grpc.py` of every proto below `out`. Raises on protoc errors."""
    protos = sorted(str(p.relative_to(HERE)) for p in (HERE / "mockcraft").rglob("*.proto"))
    includes = [HERE, Path(google.api.__path__[0]).parents[1], Path(grpc_tools.__file__).parent / "_proto"]
    flags = [f"-I{path}" for path in includes] + [f"--{kind}_out={out}" for kind in ("python", "pyi", "grpc_python")]
    subprocess.run([sys.executable, "-m", "grpc_tools.protoc", *flags, *protos], check=True, cwd=HERE)


def generated(root: Path) -> dict[str, bytes]:
    """The generated files below `root` by relative path."""
    return {str(p.relative_to(root)): p.read_bytes() for p in sorted((root / "mockcraft").rglob("*_pb2*.py*")) if p.suffix != ".pyc"}


def main() -> int:
    """Exit status 1 when `--check` finds a difference."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="write nothing; fail when the committed code is stale")
    if not parser.parse_args().check:
        generate(HERE)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        generate(Path(folder))
        fresh, committed = generated(Path(folder)), generated(HERE)
    stale = sorted(name for name in fresh.keys() | committed.keys() if fresh.get(name) != committed.get(name))
    for name in stale:
        print(f"stale: protos/{name} (run `make protos`)", file=sys.stderr)
    return 1 if stale else 0


if __name__ == "__main__":
    sys.exit(main())
