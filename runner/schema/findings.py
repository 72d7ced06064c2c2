"""What a check finds: the codes, one finding, and the list that collects them all.

Codes are stable: clients match on them. Each is listed once, with what it means.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal

from rapidfuzz import fuzz, process

if TYPE_CHECKING:
    from runner.schema.document import Node

CODES: Final[Mapping[str, str]] = {
    "YAML_SYNTAX": "the document is neither YAML nor JSON",
    "YAML_ENCODING": "the document is not UTF-8 text, or holds characters that cannot be written out",
    "YAML_TOO_LARGE": "the document is larger than the limit in bytes or in nodes",
    "YAML_TOO_DEEP": "the document nests deeper than the limit",
    "YAML_ALIAS": "anchors and aliases are not accepted",
    "YAML_MERGE_KEY": "merge keys (<<) are not accepted",
    "YAML_TAG": "tags (!…) are not accepted",
    "YAML_DUPLICATE_KEY": "a key occurs twice in one mapping",
    "YAML_KEY": "a key is not a plain scalar",
    "YAML_MULTIPLE_DOCUMENTS": "more than one document in one file",
    "SCHEMA_TOO_LARGE": "more tables, columns or parts of a column than any database has",
    "UNKNOWN_FIELD": "a field the language does not know",
    "MISSING_FIELD": "a field that must be there is not",
    "FIELD_CONFLICT": "fields that exclude each other, or one that has no meaning here",
    "TYPE_INVALID": "a value of the wrong type, or a column type that does not fit its values",
    "NUMBER_INVALID": "a number that is no number, or out of range",
    "VERSION_UNSUPPORTED": "a language version this MockCraft does not know",
    "IDENTIFIER_INVALID": "a table or column name that cannot be used",
    "IDENTIFIER_DUPLICATE": "two names that differ in case only",
    "OPTION_NOT_FOUND": "an option that the schema does not declare",
    "OPTION_INVALID": "an option or ${…} that cannot be used",
    "ENV_REFUSED": "a variable of the environment that this schema may not read",
    "ENV_NOT_SET": "a variable of the environment that is not set",
    "INCLUDE_REFUSED": "a file that may not be included",
    "INCLUDE_NOT_FOUND": "an included file that is not there or cannot be read",
    "TEMPLATE_NOT_FOUND": "a template that does not exist",
    "TEMPLATE_INVALID": "a template that cannot be used, or not here",
    "EMBED_INVALID": "children that cannot be embedded in their parent",
    "LOAD_INVALID": "an instruction for loading that cannot be followed",
    "TABLE_NOT_FOUND": "a table that does not exist",
    "COLUMN_NOT_FOUND": "a column that does not exist",
    "REF_NOT_FOUND": "a reference to a table or column that does not exist",
    "REF_INVALID": "a reference that cannot be made",
    "ROWS_STORED": "a reference to a table without rows of its own: the database must hold some, and files cannot be made",
    "REF_NOT_KEY": "a reference to a column that is not unique; no foreign key is written",
    "GENERATOR_NOT_FOUND": "a generator that does not exist",
    "PARAMETER_INVALID": "a generator's parameter that cannot be used",
    "PARAMETER_UNKNOWN": "a parameter the generator does not have",
    "PARAMETER_MISSING": "a parameter the generator cannot do without",
    "WEIGHTS_ZERO": "weights that are all zero",
    "LOCALE_INVALID": "text that is no locale",
    "LOCALE_MIX_INVALID": "locales whose weights make no mix",
    "LOCALE_UNKNOWN": "a locale that the generator has no data for",
    "ROWS_INVALID": "a row count that cannot be used",
    "COUNT_INVALID": "a count of children that cannot be used",
    "COUNT_WEIGHT_RARE": "a count rarer than one run of parents can hold; it occurs once a run",
    "NULL_RATE_INVALID": "a null rate outside 0..1",
    "NULLABLE_CONFLICT": "nulls where none are allowed",
    "UNIQUE_IMPOSSIBLE": "more rows than distinct values",
    "UNIQUE_UNSUPPORTED": "values that cannot be made unique",
    "KEY_INVALID": "a primary key that cannot hold",
    "CYCLE": "tables, columns, templates or files that depend on each other in a circle",
    "CHECK_IMPOSSIBLE": "conditions that no value of a column satisfies",
    "TOO_DEEP": "columns that build upon one another more deeply than the engine follows",
    "EXPR_SYNTAX": "an expression that cannot be parsed",
    "EXPR_TYPE": "an expression whose types do not fit",
    "EXPR_FUNCTION": "a function the expression language does not have",
    "EXPR_OVERFLOW": "an expression whose numbers can leave 64 bits",
    "DATE_INVALID": "a date or time that cannot be read",
    "TODAY_UNKNOWN": "the schema asks for today, and whoever checks it did not say what day that is",
    "TOO_MANY_FINDINGS": "more findings than are listed",
}
"""Every code a finding can carry, with its meaning."""


MAX_FINDINGS: Final = 500
MAX_GUESSES: Final = 50
"""Findings after which nobody looks for the generator that was meant."""
LONGEST_MESSAGE: Final = 800
LONGEST_WORD: Final = 200
"""Characters of a word for which near ones are looked for."""
SHORTEST_HIDDEN: Final = 4
"""Characters of a value that is worth hiding: shorter ones stand in too many words."""
Severity = Literal["error", "warning"]


@dataclass(frozen=True)
class Finding:
    """One thing found: where (path; line and column from 1, 0 when there is no text), what, and what to write instead.

    `file` is the included file it stands in, "" for the schema itself.
    """

    path: str
    line: int
    column: int
    code: str
    message: str
    suggestion: str = ""
    severity: Severity = "error"
    file: str = ""


class Reported(Exception):
    """What was asked for is broken and already stands in the findings: stop here, say nothing more."""


class Findings:
    """All findings of one check. `heard` is False where nobody will read them: nothing is guessed then."""

    def __init__(self, heard: bool = True) -> None:
        self._heard = heard
        self._found: dict[Finding, None] = {}
        self._hidden: dict[str, str] = {}

    def error(self, at: Node, code: str, message: str, suggestion: str = "", offset: int = 0) -> None:
        """Add an error at a node, `offset` characters into its text."""
        self._add(at, code, message, suggestion, offset)

    def warning(self, at: Node, code: str, message: str, suggestion: str = "") -> None:
        """Add a warning at a node."""
        self._add(at, code, message, suggestion, severity="warning")

    def fail(self, at: Node, code: str, message: str, suggestion: str = "", offset: int = 0) -> Reported:
        """Add an error; the answer is what to raise."""
        self.error(at, code, message, suggestion, offset)
        return Reported(message)

    def hide(self, value: str, name: str) -> None:
        """No message may show a value: where it stands in one, its name is written."""
        for text in (value, repr(value)[1:-1], value[:59]):
            if len(text) >= SHORTEST_HIDDEN:
                self._hidden[text] = name

    def _add(self, at: Node, code: str, message: str, suggestion: str, offset: int = 0, severity: Severity = "error") -> None:
        if at.secret:
            message, suggestion = f"what {at.secret} gives cannot be used here (it is not shown)", ""
        for text, name in self._hidden.items():
            message, suggestion = message.replace(text, name), suggestion.replace(text, name)
        message, suggestion = message[:LONGEST_MESSAGE], suggestion if len(suggestion) <= LONGEST_WORD else ""
        self._keep(Finding(at.path, at.line, _column(at, offset), code, message, suggestion, severity, at.file))

    def _keep(self, finding: Finding) -> None:
        if len(self._found) < MAX_FINDINGS:
            self._found[finding] = None
        elif len(self._found) == MAX_FINDINGS:
            rest = f"there is more; these are the first {MAX_FINDINGS} findings"
            self._found[Finding("", 0, 0, "TOO_MANY_FINDINGS", rest)] = None

    @property
    def full(self) -> bool:
        """Whether no more are listed, so that looking for more is vain."""
        return len(self._found) > MAX_FINDINGS

    @property
    def many(self) -> bool:
        """Whether so much is wrong already (or nobody listens) that guessing what was meant is no help."""
        return not self._heard or len(self._found) > MAX_GUESSES

    @property
    def failed(self) -> bool:
        """Whether there is an error among them."""
        return any(f.severity == "error" for f in self._found)

    def sorted(self) -> tuple[Finding, ...]:
        """In the order of the text, the schema itself before the files it includes."""
        return tuple(sorted(self._found, key=lambda f: (f.file, f.line, f.column, f.path, f.code)))


def _column(at: Node, offset: int) -> int:
    if not offset or not at.line:
        return at.column
    return at.column + offset + (0 if at.plain else 1)


def did_you_mean(word: str, known: Iterable[str]) -> str:
    """The known word most like `word`, or "" when none is near. Case, `-` and spaces do not count."""
    if len(word) > LONGEST_WORD:
        return ""
    best = process.extractOne(_fold(word), {k: _fold(k) for k in known}, scorer=fuzz.ratio, score_cutoff=60)
    return str(best[2]) if best else ""


def _fold(word: str) -> str:
    return word.casefold().replace("-", "_").replace(" ", "_")
