"""The registry's own JSON as YAML; exact. Bombs, tags, anchors and duplicate keys are refused while they are read."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any, Final

import yaml

from runner.schema.document import resolve
from runner.schema.findings import Findings, Reported
from runner.schema.reading import read as read_nodes
from services.common.errors import FieldError, invalid
from services.schemas.codec import definition_json
from services.schemas.drawing import Definition
from services.schemas.formats._common import Imported, accepted

MEDIA_TYPE: Final = "application/yaml"
EXTENSION: Final = "yaml"
_TOP: Final = re.compile(r"^[\"']?(tables|foreignKeys|schemaDefinition)[\"']?[ \t]*:", re.MULTILINE)


class _Dumper(yaml.SafeDumper):
    """Quotes every text that reads as something else."""

    def represent_text(self, text: str) -> yaml.ScalarNode:
        plain = isinstance(resolve(text), str) and text.isprintable()
        return self.represent_scalar("tag:yaml.org,2002:str", text, style=None if plain else '"')

    def ignore_aliases(self, data: Any) -> bool:
        return True


_Dumper.add_representer(str, _Dumper.represent_text)


def write(definition: Definition, name: str, dialect: str) -> tuple[str, tuple[str, ...]]:
    """The text; nothing is lost."""
    value = {"name": name, **definition_json(definition)}
    return yaml.dump(value, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=10_000), ()


def read(text: str, dialect: str) -> Imported:
    """The definition of a YAML text. Raises `MockcraftError`, with lines where the text itself is at fault."""
    findings, value = Findings(), None
    with suppress(Reported):
        value = read_nodes(text.removeprefix("\ufeff"), findings).python()
    if findings.failed:
        found = [FieldError(f.path, f.message, f.code, f.line, f.column, f.suggestion) for f in findings.sorted()]
        raise invalid(found[0].code, f"line {found[0].line}: {found[0].message}", findings=found)
    name = value.get("name") if isinstance(value, dict) else ""
    return accepted(value, name=name if isinstance(name, str) else "")


def looks(text: str) -> bool:
    """Whether a text is likely to be one of our YAML documents."""
    return bool(_TOP.search(text))
