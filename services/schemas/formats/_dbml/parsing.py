"""DBML blocks as plain data, each with its place; what is wrong in one block does not hide what is wrong in the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from services.schemas.formats._dbml.blocks import Block, End, Field, Parsed, Reference, Rule, Setting, Settings
from services.schemas.formats._dbml.tokens import DbmlError, Token, tokens

MAX_ERRORS: Final = 100
_BLOCKS: Final = frozenset("table ref enum project tablegroup tablepartial note records dep metadata diagramview use".split())


def parse(text: str) -> Parsed:
    """The blocks of a file. What cannot be read is in `errors`."""
    try:
        found, comments = tokens(text)
    except DbmlError as error:
        return Parsed(errors=[error])
    parsed = _Parser(found).file()
    parsed.comments = comments
    return parsed


class _Parser:
    def __init__(self, found: list[Token]) -> None:
        self._tokens, self._place, self._parsed = found, 0, Parsed()
        self._partials: dict[str, Block] = {}

    def file(self) -> Parsed:
        while self._next.kind != "end":
            start = self._place
            try:
                self._block()
            except DbmlError as error:
                self._parsed.errors.append(error)
                self._recover(start)
                if len(self._parsed.errors) >= MAX_ERRORS:
                    break
        return self._parsed

    def _recover(self, start: int) -> None:
        """Go on at the next word that begins a block at the beginning of a line."""
        self._place = max(self._place, start + 1)
        while self._next.kind != "end" and not (self._next.column == 1 and self._next.text.lower() in _BLOCKS):
            self._place += 1

    @property
    def _next(self) -> Token:
        return self._tokens[min(self._place, len(self._tokens) - 1)]

    def _take(self) -> Token:
        token = self._next
        self._place += 1
        return token

    def _at(self, *texts: str) -> bool:
        return self._next.kind == "symbol" and self._next.text in texts

    def _has(self, text: str) -> bool:
        """Whether this symbol comes; it is taken."""
        if self._at(text):
            self._place += 1
            return True
        return False

    def _need(self, text: str) -> Token:
        if not self._at(text):
            raise self._wrong(f"{text!r}")
        return self._take()

    def _wrong(self, wanted: str) -> DbmlError:
        token = self._next
        said = "the end of the text" if token.kind == "end" else repr(token.text[:40])
        return DbmlError(f"{said} stands where {wanted} is wanted", token.line, token.column)

    def _identifier(self, wanted: str) -> str:
        if not self._next.identifier:
            raise self._wrong(wanted)
        return self._take().text

    def _path(self, wanted: str) -> tuple[str, ...]:
        """`name`, `schema.name`."""
        found = [self._identifier(wanted)]
        while self._has("."):
            found.append(self._identifier(wanted))
        return tuple(found)

    def _block(self) -> None:
        word = self._next.text.lower() if self._next.kind == "word" else ""
        match word:
            case "table":
                self._parsed.tables.append(self._table())
            case "tablepartial":
                block = self._table()
                self._partials[block.name] = block
            case "ref":
                self._ref()
            case "enum":
                self._enum()
            case "project":
                self._take()
                self._parsed.project = self._take().text if self._next.identifier else ""
                self._pass_over()
            case _ if word in _BLOCKS:
                line, what = self._next.line, self._take().text
                self._parsed.passed_over.append(f"line {line}: {what} has no place in a drawing")
                while not self._at("{") and self._next.kind != "end":
                    self._take()
                self._pass_over()
            case _:
                raise self._wrong("Table, Ref, Enum or another block")

    def _pass_over(self) -> None:
        """A block in braces, whatever it holds."""
        self._need("{")
        depth = 1
        while depth:
            if self._next.kind == "end":
                raise self._wrong("'}'")
            token = self._take()
            depth += (token.kind == "symbol") * ((token.text == "{") - (token.text == "}"))

    def _table(self) -> Block:
        line, _ = self._next.line, self._take()
        path = self._path("the name of a table")
        block = Block(path[-1], line, ".".join(path[:-1]))
        if self._next.kind == "word" and self._next.text.lower() == "as":
            self._take()
            block = replace(block, alias=self._identifier("an alias"))
        settings = self._settings()
        block = replace(block, note=next((s.text for s in settings if s.key == "note"), ""))
        self._need("{")
        while not self._has("}"):
            block = self._part(block)
        return block

    def _part(self, block: Block) -> Block:
        """A column, or one of the blocks within a table."""
        token, after = self._next, self._tokens[min(self._place + 1, len(self._tokens) - 1)]
        word = token.text.lower() if token.kind == "word" else ""
        opens = after.kind == "symbol" and after.text in ("{", ":")
        if self._has("~"):
            return self._with_partial(block, token)
        match word if opens else "":
            case "note":
                return replace(block, note=self._note())
            case "indexes":
                return replace(block, indexes=(*block.indexes, *self._rules(self._index)))
            case "checks":
                return replace(block, checks=(*block.checks, *self._rules(self._check)))
        return replace(block, fields=(*block.fields, self._field(block)))

    def _with_partial(self, block: Block, at: Token) -> Block:
        name = self._identifier("the name of a TablePartial")
        if name not in self._partials:
            raise DbmlError(f"there is no TablePartial {name!r} above", at.line, at.column)
        part = self._partials[name]
        fields, indexes = (*block.fields, *part.fields), (*block.indexes, *part.indexes)
        return replace(block, fields=fields, indexes=indexes, checks=(*block.checks, *part.checks))

    def _note(self) -> str:
        self._take()
        if self._has(":"):
            return self._string()
        self._need("{")
        text = self._string()
        self._need("}")
        return text

    def _string(self) -> str:
        if self._next.kind not in ("string", "name"):
            raise self._wrong("a text in quotes")
        return self._take().text

    def _field(self, block: Block) -> Field:
        line, name = self._next.line, self._identifier("the name of a column or '}'")
        kind = ".".join(self._path("a type"))
        arguments = self._arguments() if self._at("(") else ()
        while self._at("[") and self._follows("]"):
            self._take(), self._take()
            kind += "[]"
        words = []
        while self._next.kind == "word" and self._next.line == line:
            words.append(Setting(self._take().text.lower()))
        settings = (*words, *self._settings())
        for setting in settings:
            if setting.key == "ref":
                self._inline(block, name, setting, line)
        return Field(name, kind, arguments, settings, line)

    def _follows(self, text: str) -> bool:
        after = self._tokens[min(self._place + 1, len(self._tokens) - 1)]
        return after.kind == "symbol" and after.text == text

    def _arguments(self) -> tuple[str, ...]:
        self._need("(")
        found = [""]
        while not self._at(")"):
            if self._next.kind == "end":
                raise self._wrong("')'")
            token = self._take()
            if token.kind == "symbol" and token.text == ",":
                found.append("")
            else:
                found[-1] += token.text
        self._need(")")
        return tuple(found)

    def _settings(self) -> Settings:
        """`[a, b: c]`, or nothing."""
        if not self._has("["):
            return ()
        found = []
        while not self._has("]"):
            found.append(self._setting())
            if not self._at("]"):
                self._need(",")
        return tuple(found)

    def _setting(self) -> Setting:
        words = list[str]()
        while self._next.identifier:
            words.append(self._take().text.lower())
        if not words:
            raise self._wrong("a setting")
        value = list[Token]()
        if self._has(":"):
            depth = 0
            while depth or not self._at(",", "]"):
                if self._next.kind == "end":
                    raise self._wrong("']'")
                depth += self._at("(", "[") - self._at(")", "]")
                value.append(self._take())
            if not value:
                raise self._wrong(f"the value of {words[0]}")
        return Setting(" ".join(words), tuple(value))

    def _inline(self, block: Block, column: str, setting: Setting, line: int) -> None:
        """`[ref: > table.column]`."""
        inner = _Parser([*setting.value, self._next])
        relation = inner._relation()
        second = inner._end()
        first = End(tuple(part for part in (*block.schema.split("."), block.name) if part), (column,))
        self._parsed.references.append(Reference("", first, relation, second, (), line, inline=True))

    def _rules(self, one: Callable[[], Rule]) -> tuple[Rule, ...]:
        self._take()
        self._need("{")
        found = []
        while not self._has("}"):
            found.append(one())
        return tuple(found)

    def _index(self) -> Rule:
        line = self._next.line
        parts = [self._subject()]
        if parts[0] is None:
            self._need("(")
            parts = [self._subject()]
            while self._has(","):
                parts.append(self._subject())
            self._need(")")
        expressions = [part.text for part in parts if part and part.kind == "expression"]
        columns = tuple(part.text for part in parts if part and part.kind != "expression")
        return Rule(columns, ", ".join(expressions), self._settings(), line)

    def _subject(self) -> Token | None:
        if self._next.identifier or self._next.kind == "expression":
            return self._take()
        if not self._at("("):
            raise self._wrong("a column")
        return None

    def _check(self) -> Rule:
        if self._next.kind != "expression":
            raise self._wrong("a condition in backticks or '}'")
        token = self._take()
        return Rule((), token.text, self._settings(), token.line)

    def _enum(self) -> None:
        self._take()
        path = self._path("the name of an enum")
        self._need("{")
        values = []
        while not self._has("}"):
            values.append(self._identifier("a value or '}'"))
            self._settings()
        self._parsed.enums[path] = tuple(values)

    def _ref(self) -> None:
        line, _ = self._next.line, self._take()
        name = self._identifier("':'") if self._next.identifier else ""
        if self._has(":"):
            self._parsed.references.append(self._reference(name, line))
            return
        self._need("{")
        while not self._has("}"):
            self._parsed.references.append(self._reference(name, line))

    def _reference(self, name: str, line: int) -> Reference:
        first, relation, second = self._end(), self._relation(), self._end()
        return Reference(name, first, relation, second, self._settings(), line)

    def _relation(self) -> str:
        """`>`, `<`, `-`, `<>`; question marks say that a side may be missing."""
        while self._has("?"):
            pass
        if not self._at("<", ">", "-", "<>"):
            raise self._wrong("one of > < - <>")
        relation = self._take().text
        while self._has("?"):
            pass
        return relation

    def _end(self) -> End:
        words = [self._identifier("a table")]
        while True:
            self._need(".")
            if self._has("("):
                columns = [self._identifier("a column")]
                while self._has(","):
                    columns.append(self._identifier("a column"))
                self._need(")")
                return End(tuple(words), tuple(columns))
            words.append(self._identifier("a column"))
            if not self._at("."):
                return End(tuple(words[:-1]), (words[-1],))
