"""YAML and JSON text, and plain Python values, to nodes; hostile documents are refused while they are read.

The parser's events are turned into nodes one by one, without recursion, so that depth, size,
aliases, merge keys, tags and duplicate keys end the reading at the event that shows them.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Any, Final

import yaml

from runner.schema.document import Node, Trail, Value, resolve, short, step
from runner.schema.findings import Findings, Reported

MAX_BYTES: Final = 2 * 1024 * 1024
MAX_NODES: Final = 200_000
MAX_DEPTH: Final = 50

_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read(source: str | bytes | Mapping[str, Any], findings: Findings, file: str = "") -> Node:
    """The document's root; `file` is the included file it stands in. Raises `Reported` when there is none to speak of."""
    if isinstance(source, str | bytes):
        return _Builder(findings, file).build(_decode(source, findings, file))
    return _from_python(source, findings)


def _decode(source: str | bytes, findings: Findings, file: str) -> str:
    root = Node("map", None, 1, 1, file=file)
    if len(source) > MAX_BYTES:
        raise findings.fail(root, "YAML_TOO_LARGE", f"the document has more than {MAX_BYTES:,} bytes")
    try:
        text = source.decode("utf-8-sig") if isinstance(source, bytes) else source
        text.encode()
    except UnicodeError:
        raise findings.fail(root, "YAML_ENCODING", "the document is not valid UTF-8 text") from None
    return _TABS.sub(lambda m: " " if m[0] == "\t" else _pairs(m[0]), text) if text.lstrip()[:1] == "{" else text


_TABS = re.compile(r'"(?:[^"\\]|\\.)*+(?:"|\\?\Z)|\t', re.DOTALL)
_ESCAPED_PAIR = re.compile(r"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})")


def _pairs(quoted: str) -> str:
    r"""JSON writes characters beyond U+FFFF as two `\u` escapes; YAML as one `\U`."""
    return _ESCAPED_PAIR.sub(lambda m: f"\\U{0x10000 + ((int(m[1], 16) - 0xD800) << 10) + int(m[2], 16) - 0xDC00:08X}", quoted)


@dataclass
class _Open:
    """A collection still being read; `key` is the mapping key that waits for its value."""

    node: Node
    items: list[Node] = field(default_factory=list)
    entries: list[tuple[Node, Node]] = field(default_factory=list)
    seen: set[Any] = field(default_factory=set)
    key: Node | None = None

    @property
    def next(self) -> Trail | None:
        """The trail of the value that comes next (of the collection itself, before a key)."""
        if self.node.kind == "list":
            return step(self.node.trail, len(self.items))
        return step(self.node.trail, self.key.text) if self.key else self.node.trail

    @property
    def waits_for_key(self) -> bool:
        """Whether a mapping expects a key next."""
        return self.node.kind == "map" and self.key is None

    def close(self) -> Node:
        return replace(self.node, items=tuple(self.items), entries=tuple(self.entries))


class _Builder:
    """Nodes from parser events, with a stack of its own."""

    def __init__(self, findings: Findings, file: str) -> None:
        self._findings, self._stack, self._root = findings, list[_Open](), Node("map", None, 1, 1, file=file)
        self._file = file
        self._nodes = self._documents = 0

    def build(self, text: str) -> Node:
        try:
            for event in yaml.parse(text, Loader=_LOADER):
                self._take(event)
        except yaml.MarkedYAMLError as error:
            mark = error.problem_mark or error.context_mark
            place = Node("scalar", None, mark.line + 1, mark.column + 1, file=self._file) if mark else self._root
            problem = f"this is not YAML or JSON: {error.context + ', ' if error.context else ''}{error.problem}"
            line = "".join(text.split("\n")[place.line - 1 : place.line])
            if line[place.column - 1 : place.column] == "\t":
                problem = "a tab cannot indent YAML; use spaces"
            hint = 'inside {…} write "${…}" in quotes' if "${" in line else ""
            raise self._findings.fail(place, "YAML_SYNTAX", problem, hint) from None
        except yaml.YAMLError as error:
            reason = str(error).split("\n")[0]
            raise self._findings.fail(self._root, "YAML_ENCODING", f"the document cannot be read: {reason}") from None
        return self._root

    def _take(self, event: Any) -> None:
        match event:
            case yaml.DocumentStartEvent():
                self._documents += 1
                if self._documents > 1:
                    raise self._refuse(event, "YAML_MULTIPLE_DOCUMENTS", "a schema is one document; this is another one")
            case yaml.AliasEvent():
                raise self._refuse(event, "YAML_ALIAS", f"aliases (*{event.anchor}) are not accepted; write it out")
            case yaml.ScalarEvent():
                self._check(event)
                self._add(self._scalar(event))
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._check(event)
                self._open(event)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                self._add(self._stack.pop().close())

    def _place(self, event: Any) -> Node:
        trail = self._stack[-1].next if self._stack else None
        return Node("scalar", trail, event.start_mark.line + 1, event.start_mark.column + 1, file=self._file)

    def _refuse(self, event: Any, code: str, message: str) -> Reported:
        return self._findings.fail(self._place(event), code, message)

    def _check(self, event: Any) -> None:
        self._nodes += 1
        if self._nodes > MAX_NODES:
            raise self._refuse(event, "YAML_TOO_LARGE", f"the document has more than {MAX_NODES:,} nodes")
        if event.anchor:
            raise self._refuse(event, "YAML_ALIAS", f"anchors (&{event.anchor}) are not accepted")
        if event.tag:
            raise self._refuse(event, "YAML_TAG", f"tags ({short(event.tag)}) are not accepted")

    def _scalar(self, event: Any) -> Node:
        plain = event.style in (None, "")
        value: Value = resolve(event.value) if plain else event.value
        if isinstance(value, float) and not math.isfinite(value):
            self._findings.error(self._place(event), "NUMBER_INVALID", f"{short(event.value)} is not a finite number in range")
            return replace(self._place(event), value=0, text="0")
        if not _encodable(event.value):
            raise self._refuse(event, "YAML_ENCODING", "the text holds a lone surrogate, which no output can hold")
        mark, top = event.start_mark, self._stack[-1] if self._stack else None
        trail = step(top.node.trail, event.value) if top and top.waits_for_key else top.next if top else None
        return Node("scalar", trail, mark.line + 1, mark.column + 1, value, event.value, plain, file=self._file)

    def _open(self, event: Any) -> None:
        if len(self._stack) >= MAX_DEPTH:
            raise self._refuse(event, "YAML_TOO_DEEP", f"the document nests deeper than {MAX_DEPTH} levels")
        mapping = isinstance(event, yaml.MappingStartEvent)
        if self._stack and self._stack[-1].waits_for_key:
            raise self._refuse(event, "YAML_KEY", "a key must be a plain word, not a collection")
        self._stack.append(_Open(replace(self._place(event), kind="map" if mapping else "list")))

    def _add(self, node: Node) -> None:
        if not self._stack:
            self._root = node
            return
        top = self._stack[-1]
        if top.node.kind == "list":
            top.items.append(node)
        elif top.key is None:
            self._take_key(top, node)
        else:
            top.entries.append((top.key, node))
            top.key = None

    def _take_key(self, top: _Open, key: Node) -> None:
        if key.text == "<<" and key.plain:
            raise self._findings.fail(key, "YAML_MERGE_KEY", "merge keys (<<) are not accepted; write the fields out")
        if key.text in top.seen:
            self._findings.error(key, "YAML_DUPLICATE_KEY", f"the key {short(key.text)!r} stands here twice")
        top.seen.add(key.text)
        top.key = key


def _encodable(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def _from_python(source: Any, findings: Findings) -> Node:
    """Nodes from plain Python values (a document that came as an object)."""
    count = 0

    def convert(value: Any, trail: Trail | None, depth: int) -> Node:
        nonlocal count
        count += 1
        here = Node("scalar", trail)
        if depth > MAX_DEPTH:
            raise findings.fail(here, "YAML_TOO_DEEP", f"the document nests deeper than {MAX_DEPTH} levels")
        if count > MAX_NODES:
            raise findings.fail(here, "YAML_TOO_LARGE", f"the document has more than {MAX_NODES:,} nodes")
        if isinstance(value, Mapping):
            return Node("map", trail, entries=tuple(entries(value, trail, depth)))
        if isinstance(value, list | tuple):
            return Node("list", trail, items=tuple(convert(v, step(trail, i), depth + 1) for i, v in enumerate(value)))
        return _leaf(value, here, findings)

    def entries(value: Mapping[Any, Any], trail: Trail | None, depth: int) -> Iterator[tuple[Node, Node]]:
        for key, item in value.items():
            inner = step(trail, str(key))
            yield _leaf(key, Node("scalar", inner), findings), convert(item, inner, depth + 1)

    return convert(source, None, 0)


def _leaf(value: Any, here: Node, findings: Findings) -> Node:
    if isinstance(value, float) and not math.isfinite(value):
        findings.error(here, "NUMBER_INVALID", f"{value} is not a finite number")
        return replace(here, value=0, text="0")
    if value is None or isinstance(value, bool):
        return replace(here, value=value, text={None: "null", True: "true", False: "false"}[value])
    if isinstance(value, int | float | Decimal):
        return replace(here, value=float(value) if isinstance(value, Decimal) else value, text=str(value))
    if isinstance(value, str):
        if not _encodable(value):
            raise findings.fail(here, "YAML_ENCODING", "the text holds a lone surrogate, which no output can hold")
        return replace(here, value=value, text=value, plain=False)
    raise findings.fail(here, "TYPE_INVALID", f"a {type(value).__name__} cannot stand in a schema")
