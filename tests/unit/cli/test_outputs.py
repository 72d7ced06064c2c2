"""From flags to outputs."""

from cli.outputs import named, outputs


def test_compression_is_for_text_files_only() -> None:
    made = outputs("csv,parquet,sql", "", "gzip", {})
    assert {o["format"]: o["compression"] for o in made} == {"csv": "gzip", "parquet": "none", "sql": "gzip"}


def test_a_file_name_joins_the_other_options() -> None:
    (output,) = outputs("json", "", "none", {"--pretty": True})
    assert named(output, "people")["options"] == {"file_name": "people", "pretty": True}
