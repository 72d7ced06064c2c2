"""The draft as YAML with its comments, and which line is whose."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final, Literal

from services.common.guess.drafts import Body, Draft, Entry, Link, TableDraft

WIDTH: Final = 120
"""Comments that would end further right stand above their line."""
_PLAIN: Final = re.compile(r"[A-Za-z_][\w.\-/()]*(?: [\w.\-/()]+)*")
_MOMENT: Final = re.compile(r"\d{4}-\d\d-\d\d(T\d\d:\d\d:\d\dZ)?|\d+d")
_WORDS: Final = frozenset("true false null yes no on off y n".split())


@dataclass(frozen=True, slots=True)
class Place:
    """Whose line it is: a column, a key, a unique list or a condition of a table (`number` tells which)."""

    part: Literal["column", "key", "unique", "check", "rows"]
    table: str
    column: str = ""
    number: int = 0


@dataclass(slots=True)
class Written:
    """Lines of a document and whose they are, by their number from 1."""

    lines: list[str] = field(default_factory=list)
    places: dict[int, Place] = field(default_factory=dict)

    def add(self, line: str, comment: str = "", place: Place | None = None) -> None:
        """A line with its comment behind it, or above where there is no room."""
        comment = _one_line(comment)
        if comment and len(line) + len(comment) + 4 > WIDTH:
            indent = line[: len(line) - len(line.lstrip())]
            self.lines.append(f"{indent}# {comment}")
            comment = ""
        self.lines.append(f"{line}  # {comment}" if comment else line)
        if place:
            self.places[len(self.lines)] = place

    @property
    def text(self) -> str:
        """The whole document."""
        return "\n".join(self.lines) + "\n"


def write(draft: Draft, ordered: list[str], head: Body, comments: list[str]) -> Written:
    """The document: a comment on how it was made, what it begins with, and the tables in load order."""
    written = Written()
    for comment in comments:
        written.add(f"# {_one_line(comment)}".rstrip())
    for name, value in head.items():
        written.add(f"{name}: {scalar(value)}")
    if draft.suspended:
        written.add("load:")
        written.add("  suspend:")
        for link in draft.suspended:
            written.add(
                f"    - {_suspended(link)}", f"{link.table} and {link.parent} refer to each other, and no null is allowed"
            )
    written.add("tables:")
    for n, name in enumerate(ordered):
        if n:
            written.add("")
        _table(written, draft.tables[name])
    return written


def _suspended(link: Link) -> str:
    reference = f"{link.table}.{link.entry}"
    return flow({"reference": reference, "constraint": link.constraint} if link.constraint else {"reference": reference})


def _table(written: Written, table: TableDraft) -> None:
    name = table.name
    for comment in table.comments:
        written.add(f"  # {_one_line(comment)}")
    written.add(f"  {key(name)}:")
    if table.per:
        written.add(f"    per: {flow({'parent': table.per, 'count': 1})}", f"{table.rows:,} rows: one each", Place("rows", name))
    else:
        written.add(f"    rows: {table.rows}", table.rows_why, Place("rows", name))
    own = [c for c in table.primary_key if table.of(c)]
    if own != ["id"] or not table.primary_key:
        written.add(f"    primary_key: {scalar(own[0]) if len(own) == 1 else flow(own)}", place=Place("key", name))
    if table.uniques:
        written.add("    unique:")
        for n, one in enumerate(table.uniques):
            written.add(f"      - {flow(list(one))}", place=Place("unique", name, number=n))
    if table.checks:
        written.add("    check:")
        for n, (condition, why) in enumerate(table.checks):
            written.add(f"      - {json.dumps(condition, ensure_ascii=False)}", why, Place("check", name, number=n))
    written.add("    columns:")
    for entry in table.entries.values():
        written.add(f"      {key(entry.name)}: {column(entry)}", entry.why, Place("column", name, entry.name))


def _one_line(text: str) -> str:
    """A comment as YAML takes it: on one line, and nothing that cannot be seen."""
    words = " ".join(text.split())
    return words if words.isprintable() else "".join(c if c.isprintable() else "\ufffd" for c in words)


def column(entry: Entry) -> str:
    """What stands behind a column's name: a generator's name alone where there is nothing more to say."""
    body = entry.body
    if set(body) == {"gen"}:
        return scalar(body["gen"])
    return flow(body)


def key(name: Any) -> str:
    """A name as a key of a mapping; there `${` means itself."""
    return _text(name) if isinstance(name, str) else scalar(name)


def flow(value: Any) -> str:
    """Plain data on one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key(k)}: {flow(v)}" for k, v in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(flow(v) for v in value) + "]"
    return scalar(value)


def scalar(value: Any) -> str:
    """One value; texts are quoted where YAML would read something else, and `${` is a plain one."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Decimal):
        return f"{value:f}"
    if isinstance(value, int | float):
        return repr(value)
    return _text(str(value), "$${")


def _text(text: str, hole: str = "${") -> str:
    """A text, quoted where YAML would read something else, with `hole` for `${`."""
    if text == "":
        return '""'
    if (_PLAIN.fullmatch(text) and text.isascii() and text.lower() not in _WORDS) or _MOMENT.fullmatch(text):
        return text
    text = text.replace("${", hole)
    return json.dumps(text, ensure_ascii=not text.isprintable())
