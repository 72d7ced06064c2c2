"""Reading: places, scalars, and hostile documents refused at once with the process alive."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from typing import Any

import pytest

from runner.schema import check
from runner.schema.document import Node, resolve
from runner.schema.findings import Findings
from runner.schema.reading import read


def read_text(text: str | bytes) -> Node:
    findings = Findings()
    node = read(text, findings)
    assert not findings.failed, findings.sorted()
    return node


def codes(text: str | bytes | dict[str, Any]) -> list[str]:
    return [f.code for f in check(text).errors]


def test_every_value_knows_its_path_and_place() -> None:
    root = read_text("a:\n  b: [1, {c: x}]\n")
    inner = root.get("a").get("b").items[1].get("c")  # type: ignore[union-attr]
    assert inner is not None
    assert (inner.path, inner.line, inner.column) == ("a.b[1].c", 2, 14)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1", 1), ("-3", -3), ("1_000", 1000), ("010", 10), ("1.50", 1.5), ("1e3", 1000.0), ("true", True), ("False", False),
        ("null", None), ("~", None), ("", None), ("no", "no"), ("on", "on"), ("NO", "NO"), ("12:30:00", "12:30:00"),
        ("2024-01-31", "2024-01-31"), ("10K", "10K"), ("0x1F", "0x1F"),
    ],
)  # fmt: skip
def test_plain_scalars_follow_the_core_schema(text: str, value: Any) -> None:
    found = resolve(text)
    assert found == value
    assert type(found) is type(value)


def test_quoted_scalars_are_text() -> None:
    assert read_text("a: '1'\nb: \"true\"").python() == {"a": "1", "b": "true"}


def test_json_is_read_with_tabs_escapes_and_pairs() -> None:
    document = {"a": "x\ty\u00e9\U0001f600/", "b": [1, 2.5, None, True], "c": {}}
    text = json.dumps(document, indent="\t")
    assert read_text(text).python() == document
    assert read_text(text.replace("/", "\\/")).python() == document
    assert read_text(text.encode()).python() == document


def test_a_byte_order_mark_is_no_character() -> None:
    assert read_text(b"\xef\xbb\xbfa: 1").python() == {"a": 1}


def test_an_object_gives_paths_without_lines() -> None:
    findings = Findings()
    root = read({"tables": {"users": {"unique": [["a"]]}}}, findings)
    node = root.get("tables").get("users").get("unique").items[0]  # type: ignore[union-attr]
    assert (node.path, node.line, node.column) == ("tables.users.unique[0]", 0, 0)


BILLION = "a: &a [x,x,x,x,x,x,x,x,x]\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} [{','.join(['*' + chr(97 + i)] * 9)}]\n" for i in range(8)
)
MERGE = "a: &a {x: 1}\n" + "".join(
    f"{chr(98 + i)}: &{chr(98 + i)} {{<<: [{','.join(['*' + chr(97 + i)] * 9)}]}}\n" for i in range(8)
)
HOSTILE = [
    ("YAML_ALIAS", BILLION),
    ("YAML_ALIAS", MERGE),
    ("YAML_ALIAS", "a: *b"),
    ("YAML_MERGE_KEY", "a: {<<: {b: 1}}"),
    ("YAML_TOO_DEEP", "[" * 60_000),
    ("YAML_TOO_DEEP", "{a: " * 60_000),
    ("YAML_TOO_DEEP", "- " * 60_000),
    ("YAML_TAG", "a: !!python/object/apply:os.system ['true']"),
    ("YAML_TAG", "!!python/name:os.system {}"),
    ("YAML_TAG", "a: !custom 1"),
    ("YAML_DUPLICATE_KEY", "tables: {}\ntables: {}"),
    ("YAML_KEY", "? [a, b]\n: 1"),
    ("YAML_SYNTAX", "a: [1, 2"),
    ("YAML_SYNTAX", "a: b: c"),
    ("YAML_SYNTAX", "{\"a\": \"\\ud800\"}"),
    ("YAML_ENCODING", b"\xff\xfe\x00a"),
    ("YAML_ENCODING", "a: \x00"),
    ("YAML_ENCODING", "a: \ud800"),
    ("YAML_MULTIPLE_DOCUMENTS", "a: 1\n---\nb: 2"),
    ("YAML_TOO_LARGE", "a" * 3_000_000),
]  # fmt: skip


@pytest.mark.parametrize(("code", "text"), HOSTILE, ids=[f"{c}-{i}" for i, (c, _) in enumerate(HOSTILE)])
def test_hostile_documents_are_refused_quickly(code: str, text: str | bytes) -> None:
    check("tables: {}")  # what is imported once is no part of the answer
    started = time.perf_counter()
    found = codes(text)
    assert code in found
    assert time.perf_counter() - started < 0.1


def test_many_nodes_are_refused() -> None:
    assert "YAML_TOO_LARGE" in codes("[" + "1," * 250_000 + "]")


def test_objects_that_nest_too_deep_are_refused() -> None:
    document: Any = 1
    for _ in range(200):
        document = {"a": document}
    assert codes(document) == ["YAML_TOO_DEEP"]


def test_objects_with_strange_values_are_refused() -> None:
    assert codes({"seed": float("nan"), "tables": {}})[0] == "NUMBER_INVALID"
    assert codes({"seed": {1, 2}}) == ["TYPE_INVALID"]
    assert codes({"locale": "\ud800"}) == ["YAML_ENCODING"]


def test_long_keys_over_many_children_cost_no_memory() -> None:
    node = read_text("? " + "k" * 100_000 + "\n: [" + "x," * 90_000 + "]")
    assert len(node.entries[0][1].items[5].path) < 200


@pytest.mark.parametrize("text", ["[" * 60_000, BILLION, "a: !!python/object/apply:os._exit [7]"], ids=["deep", "bomb", "tag"])
def test_the_process_survives(text: str) -> None:
    """In a process of its own, with a segfault or an exit visible in the status."""
    program = "import sys; from runner.schema import check; sys.exit(0 if check(sys.stdin.read()).errors else 3)"
    done = subprocess.run([sys.executable, "-c", program], input=text, text=True, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_findings_are_limited() -> None:
    text = "tables: {t: {rows: 1, columns: {a: 1}}}\n" + "".join(f"x{i}: 1\n" for i in range(2_000))
    found = check(text).findings
    assert len(found) == 501
    assert "TOO_MANY_FINDINGS" in {f.code for f in found}
