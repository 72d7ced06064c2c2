"""Make the Python of the protos beside them, and their comments as JSON; `--check` only says whether it is up to date."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import google.api
import grpc_tools
from google.protobuf.descriptor_pb2 import DescriptorProto, EnumDescriptorProto, FileDescriptorProto, FileDescriptorSet

HERE = Path(__file__).parent
COMMENTS = Path("mockcraft/comments.json")


def generate(out: Path) -> None:
    """Write the Python of every proto and `comments.json` below `out`. Raises on protoc errors."""
    protos = sorted(str(p.relative_to(HERE)) for p in (HERE / "mockcraft").rglob("*.proto"))
    includes = [HERE, Path(google.api.__path__[0]).parents[1], Path(grpc_tools.__file__).parent / "_proto"]
    flags = [f"-I{path}" for path in includes] + [f"--{kind}_out={out}" for kind in ("python", "pyi", "grpc_python")]
    with tempfile.NamedTemporaryFile() as described:
        flags += [f"--descriptor_set_out={described.name}", "--include_source_info"]
        subprocess.run([sys.executable, "-m", "grpc_tools.protoc", *flags, *protos], check=True, cwd=HERE)
        files = FileDescriptorSet.FromString(Path(described.name).read_bytes()).file
    found = {name: text for file in files for name, text in comments(file).items()}
    (out / COMMENTS).parent.mkdir(parents=True, exist_ok=True)
    (out / COMMENTS).write_text(json.dumps(found, indent=1, sort_keys=True, ensure_ascii=False) + "\n", encoding="utf-8")


def comments(file: FileDescriptorProto) -> dict[str, str]:
    """The comment above each service, method, message, field, enum and enum value, by full name, on one line."""
    names = {path: f"{file.package}.{name}" for path, name in _places(file)}
    found = {}
    for location in file.source_code_info.location:
        name = names.get(tuple(location.path))
        if name and location.leading_comments:
            found[name] = " ".join(location.leading_comments.split())
    return found


def _places(file: FileDescriptorProto) -> Iterator[tuple[tuple[int, ...], str]]:
    """Source paths (numbers of descriptor.proto's fields and indexes) and the names below the package they stand for."""
    for i, service in enumerate(file.service):
        yield (6, i), service.name
        yield from (((6, i, 2, j), f"{service.name}.{method.name}") for j, method in enumerate(service.method))
    for i, message in enumerate(file.message_type):
        yield from _message_places(message, (4, i), message.name)
    for i, enum in enumerate(file.enum_type):
        yield from _enum_places(enum, (5, i), enum.name)


def _message_places(message: DescriptorProto, path: tuple[int, ...], name: str) -> Iterator[tuple[tuple[int, ...], str]]:
    yield path, name
    yield from (((*path, 2, j), f"{name}.{field.name}") for j, field in enumerate(message.field))
    for j, inner in enumerate(message.nested_type):
        yield from _message_places(inner, (*path, 3, j), f"{name}.{inner.name}")
    for j, enum in enumerate(message.enum_type):
        yield from _enum_places(enum, (*path, 4, j), f"{name}.{enum.name}")


def _enum_places(enum: EnumDescriptorProto, path: tuple[int, ...], name: str) -> Iterator[tuple[tuple[int, ...], str]]:
    yield path, name
    yield from (((*path, 2, j), f"{name}.{value.name}") for j, value in enumerate(enum.value))


def generated(root: Path) -> dict[str, bytes]:
    """The generated files below `root` by relative path."""
    python = [p for p in sorted((root / "mockcraft").rglob("*_pb2*.py*")) if p.suffix != ".pyc"]
    return {str(p.relative_to(root)): p.read_bytes() for p in (*python, root / COMMENTS) if p.exists()}


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
