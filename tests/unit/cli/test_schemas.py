"""How findings are told."""

import io
from pathlib import Path

import pytest

from cli.failure import CommandError
from cli.schemas import given, line, read
from runner.schema import Finding


def test_a_finding_has_its_place_and_one_about_a_flag_has_none() -> None:
    in_text = Finding("tables.t", 3, 7, "CODE", "is odd", "even")
    assert line("a.yaml", in_text) == "a.yaml:3:7: CODE is odd (tables.t); did you mean 'even'?"
    assert line("-", Finding("", 0, 0, "CODE", "is odd")) == "<stdin>: CODE is odd"
    included = Finding("tables.t", 3, 7, "CODE", "is odd", file="parts/b.yaml")
    assert line("shop/a.yaml", included) == "shop/parts/b.yaml:3:7: CODE is odd (tables.t)"


def test_a_schema_includes_files_of_its_folder_and_reads_what_flags_and_settings_allow(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "b.yaml").write_text("tables: {t: {rows: 1, columns: {a: {value: '${env.A}${env.B}'}}}}")
    main, settings = tmp_path / "a.yaml", tmp_path / "settings.yaml"
    main.write_text("include: b.yaml\n")
    settings.write_text("schemas: {allow_env: [B]}\n")
    for name in ("A", "B"):
        monkeypatch.setenv(name, name.lower())
    assert [f.code for f in given(str(main)).checked.errors] == ["ENV_REFUSED"]
    asked = given(str(main), allow_env=("A",), settings=str(settings))
    assert asked.checked.plan is not None and asked.request.access == asked.access
    assert asked.access.env == {"A": "a", "B": "b"} and asked.access.base == tmp_path
    monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(b"include: b.yaml\n")))
    assert [f.code for f in given("-").checked.errors] == ["INCLUDE_REFUSED"]


def test_a_url_where_a_file_is_wanted_does_not_show_its_password() -> None:
    with pytest.raises(CommandError) as caught:
        read("postgresql://clinic:hunter2@127.0.0.1/x")
    assert "postgresql://clinic:***@127.0.0.1/x" in str(caught.value)
