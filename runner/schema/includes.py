"""`include`: the tables, templates and options of other files, put into the document before anything else is looked at.

Files are found beside the file that names them and must lie in the folder of the schema (or in one that the
settings name), links followed. Each is read once, however often it is named; their number and size are bounded.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from runner.schema import fields
from runner.schema.access import Access
from runner.schema.document import Node, short
from runner.schema.findings import Findings, Reported, did_you_mean
from runner.schema.reading import MAX_BYTES, MAX_NODES, read
from runner.schema.structure import SCHEMA_FIELDS, check_version

MAX_FILES: Final = 50
INCLUDED_FIELDS: Final = ("mockcraft", "include", "options", "templates", "tables", "description")
SECTIONS: Final = ("options", "templates", "tables")
_LISTED: Final = 1_000  # names of a folder looked at for one that may have been meant


def with_includes(root: Node, access: Access, findings: Findings) -> Node:
    """The document with what it includes. Raises `Reported` when a file cannot be had."""
    if root.kind != "map" or root.get("include") is None:
        return root
    documents = _Files(access, findings).gather(root)
    if findings.failed:
        raise Reported
    sections = {name: _merged(name, documents, findings) for name in SECTIONS}
    rest = [(key, value) for key, value in root.entries if key.text not in (*SECTIONS, "include")]
    return replace(root, entries=(*rest, *(pair for pair in sections.values() if pair)))


def _merged(name: str, documents: list[Node], findings: Findings) -> tuple[Node, Node] | None:
    """One section of all documents together. Options of the including file count, other names stand once."""
    found: dict[str, tuple[Node, Node]] = {}
    given = [(key, value) for document in documents for key, value in document.entries if key.text == name]
    for _, section in given:
        for key, value in section.entries:
            first = found.get(key.text)
            if first and name != "options":
                where = first[0].file or "the schema itself"
                message = f"{short(key.text)!r} stands in {where} already; a name of {name} stands in one file"
                findings.error(replace(key, trail=value.trail), "IDENTIFIER_DUPLICATE", message)
            else:
                found[key.text] = (key, value)
    if not given:
        return None
    key, own = given[-1]
    odd = next((section for _, section in given if not _is_map(section)), None)
    return key, odd or replace(own, kind="map", value=None, entries=tuple(found.values()))


class _Files:
    """The files of one check, read depth first."""

    def __init__(self, access: Access, findings: Findings) -> None:
        self._access, self._findings = access, findings
        self._read: dict[Path, None] = {}
        self._stack: list[Path] = []
        self._bytes = self._nodes = 0

    def gather(self, root: Node) -> list[Node]:
        """The documents that `root` includes, each before the one that names it, and `root` itself."""
        asked = root.get("include")
        names = fields.names(asked, "the name of a file", self._findings) if asked else ()
        return [*(d for name, node in names for d in self._file(name, node)), root]

    def _file(self, name: str, at: Node) -> list[Node]:
        try:
            path = self._allowed(name, at)
            if path in self._stack:
                raise self._findings.fail(at, "CYCLE", f"{short(name)!r} includes itself, here or through others")
            return [] if path in self._read else self._documents(path, at)
        except Reported:
            return []

    def _documents(self, path: Path, at: Node) -> list[Node]:
        self._read[path] = None
        if len(self._read) > MAX_FILES:
            raise self._findings.fail(at, "INCLUDE_REFUSED", f"a schema includes at most {MAX_FILES} files")
        document = read(self._text(path, at), self._findings, self._shown(path))
        self._nodes += _size(document)
        if self._nodes > MAX_NODES:
            raise self._findings.fail(at, "YAML_TOO_LARGE", f"the included files have more than {MAX_NODES:,} nodes together")
        if not fields.mapping(document, "an included file", self._findings):
            raise Reported
        self._check(document)
        self._stack.append(path)
        try:
            return self.gather(document)
        finally:
            self._stack.pop()

    def _check(self, document: Node) -> None:
        for key, value in document.entries:
            if key.text in SCHEMA_FIELDS and key.text not in INCLUDED_FIELDS:
                at = replace(key, trail=value.trail)
                message = f"{key.text} is said by the schema that includes this file, for all of it"
                self._findings.error(at, "FIELD_CONFLICT", message)
        fields.known_fields(document, SCHEMA_FIELDS, "an included file", self._findings)
        check_version(document.get("mockcraft"), self._findings)

    def _allowed(self, name: str, at: Node) -> Path:
        """The file that is meant. Raises `Reported`."""
        base = self._access.base
        if base is None:
            message = "this schema came as text, so there is no folder to include files from; put everything into one document"
            raise self._findings.fail(at, "INCLUDE_REFUSED", message)
        try:
            path = ((self._stack[-1].parent if self._stack else base) / name).resolve()
            roots = [folder.resolve() for folder in (base, *self._access.folders)]
        except (OSError, RuntimeError, ValueError):
            raise self._findings.fail(at, "INCLUDE_NOT_FOUND", f"there is no file {short(name)!r}") from None
        if not any(path.is_relative_to(folder) for folder in roots):
            message = f"{short(name)!r} lies outside the schema's folder; the setting schemas.include_folders can allow more"
            raise self._findings.fail(at, "INCLUDE_REFUSED", message)
        if path.is_dir():
            raise self._findings.fail(at, "INCLUDE_NOT_FOUND", f"{short(name)!r} is a folder; name a file in it")
        if not path.is_file():
            raise self._findings.fail(at, "INCLUDE_NOT_FOUND", f"there is no file {short(name)!r}", _near(path, name))
        return path

    def _text(self, path: Path, at: Node) -> bytes:
        try:
            with path.open("rb") as file:
                text = file.read(MAX_BYTES + 1)
        except OSError as error:
            message = f"{short(at.text)!r} cannot be read: {error.strerror}"
            raise self._findings.fail(at, "INCLUDE_NOT_FOUND", message) from None
        self._bytes += len(text)
        if self._bytes > MAX_BYTES:
            raise self._findings.fail(at, "YAML_TOO_LARGE", f"the included files have more than {MAX_BYTES:,} bytes together")
        return text

    def _shown(self, path: Path) -> str:
        """The file as findings name it: from the schema's folder."""
        base = self._access.base
        assert base is not None
        return path.relative_to(base.resolve()).as_posix() if path.is_relative_to(base.resolve()) else str(path)


def _is_map(node: Node) -> bool:
    return node.kind == "map" or (node.kind == "scalar" and node.value is None)


def _near(path: Path, name: str) -> str:
    """A file of the same folder that may have been meant."""
    if not path.parent.is_dir():
        return ""
    there = [p.name for _, p in zip(range(_LISTED), path.parent.iterdir(), strict=False)]
    near = did_you_mean(path.name, there)
    return name[: len(name) - len(path.name)] + near if near and name.endswith(path.name) else near


def _size(node: Node) -> int:
    count, left = 0, [node]
    while left:
        node = left.pop()
        count += 1 + len(node.entries)
        left += [*node.items, *(value for _, value in node.entries)]
    return count
