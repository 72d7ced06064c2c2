"""Texts: by the conditions they must meet, what they are called, their comment, and how long they may be."""

from __future__ import annotations

import re
from typing import Any, Final

from services.common.databases.catalog import Pattern
from services.common.guess.asked import Asked
from services.common.guess.drafts import Body, Guess
from services.common.guess.names import STATES, by_name
from services.common.guess.numbers import FLAGS, flag_choice
from services.common.guess.words import words

CODES: Final = frozenset("code number no num nr ref reference key symbol abbreviation abbr identifier id serial".split())
_LONG: Final = 200
"""Texts that may be longer than this need no type beside a name or a word."""
_SHORT: Final = dict.fromkeys(
    "first_name last_name middle_name phone_number postcode password year color currency_code".split(), 40
)
"""Texts that are never as long as that."""
_PROSE: Final = ("sentence", "paragraph", "text", "bio", "headline", "words", "url", "user_agent", "file_path")


def texts(asked: Asked) -> list[Guess]:
    """Ways to make a text, the best first; the last ones always fit."""
    found = [*_flag(asked), *_named(asked), *_commented(asked)]
    if asked.facts.patterns:
        found = _kept_to_patterns(asked, found)
    safe = _distinct(asked) if asked.unique else _plain(asked)
    if asked.facts.shortest:
        safe = [_of_length(asked)]
        found = [g for g in found if not asked.unique]
    return [*found, *([] if asked.facts.patterns and found else safe)]


def sized(asked: Asked, body: Body) -> Body:
    """The body with the type that its length needs."""
    if "type" in body or asked.length is None:
        return body
    generator = str(body.get("gen", "")).rpartition(".")[2]
    enough = 4_000 if generator in _PROSE else _SHORT.get(generator, _LONG)
    return body if asked.length >= enough else {**body, "type": f"string({asked.length})"}


def _guess(asked: Asked, body: Body, why: str) -> Guess:
    return Guess(sized(asked, body), why)


def _flag(asked: Asked) -> list[Guess]:
    default = asked.column.default.strip().strip("()").split("::")[0].strip("'\"b ")
    pairs = {
        "Y": "N",
        "N": "Y",
        "T": "F",
        "F": "T",
        "y": "n",
        "n": "y",
        "1": "0",
        "0": "1",
        "yes": "no",
        "no": "yes",
        "YES": "NO",
        "NO": "YES",
    }
    if asked.unique or asked.facts.choices is not None or (asked.length or 99) > 5:
        return []
    named = bool(FLAGS & set(asked.name))
    if default in pairs and (named or asked.length == 1):
        yes, no = (default, pairs[default]) if default in ("Y", "T", "y", "1", "yes", "YES") else (pairs[default], default)
        return [flag_choice(asked, yes, no)]
    return [flag_choice(asked, "Y", "N")] if named and asked.length == 1 else []


def _named(asked: Asked) -> list[Guess]:
    found = _alone(asked)
    if found:
        return found
    if not asked.unique and asked.last in STATES and not asked.region:
        values = {v: n for v, n in STATES[asked.last].items() if asked.length is None or len(v) <= asked.length}
        if values:
            return [Guess({"gen": "choice", "values": values}, "a vocabulary, from the name: say which values there are")]
    named = told_by_name(asked)
    if named is None:
        return []
    body, _ = named
    body = _with_people(asked, body)
    if (
        asked.length is not None
        and asked.length <= 3
        and body["gen"] not in ("country_code", "currency_code", "language_code", "airport_iata")
    ):
        body = _short_form(asked, body)
        return [_guess(asked, body, f"{body['gen']}, from the name")] if body else []
    return [_guess(asked, body, f"{_label(body)}, from the name")]


def told_by_name(asked: Asked) -> tuple[Body, str] | None:
    """What a column's name tells in the light of its table and of the columns beside it."""
    name = (*asked.name[:-1], "province") if asked.region else asked.name
    return by_name(name, asked.table, asked.people)


def _label(body: Body) -> str:
    return str(body["gen"]).rpartition(".")[2].replace("_", " ")


def _short_form(asked: Asked, body: Body) -> Body:
    """Names as codes, where there is room for a code alone."""
    codes = {
        "country": ("country_code", (2, 3)),
        "person.language": ("language_code", (2, 3)),
        "currency_name": ("currency_code", (3,)),
    }
    code, lengths = codes.get(str(body["gen"]), ("", ()))
    if code and asked.length in lengths:
        return {"gen": code}
    if body["gen"] == "state" and asked.length in (2, 3):
        return {"gen": "state", "style": "code"}
    return {"gen": "gender", "style": "letter"} if body["gen"] == "gender" else {}


def _with_people(asked: Asked, body: Body) -> Body:
    """An address of the row's own names says so."""
    if body["gen"] == "email" and "group" not in body and {"first_name", "last_name"} <= asked.beside:
        return {"gen": "email", "from": ["first_name", "last_name"]}
    whole = _full_name(asked) if body == {"gen": "email"} and asked.people else None
    return {"gen": "email", "from": [whole]} if whole else body


def _full_name(asked: Asked) -> str | None:
    """The column of a table of people that holds the row's own full name."""
    return next((name for name in asked.columns if words(name) in (("name",), ("full", "name"))), None)


def _alone(asked: Asked) -> list[Guess]:
    """Texts told by name and length together: UUIDs, years, days and codes of countries and currencies."""
    if asked.has("uuid", "guid") and asked.length in (36, None):
        return [_guess(asked, {"gen": "uuid"}, "a UUID, from the name")]
    if asked.last == "id" and asked.length == 36:
        return [_guess(asked, {"gen": "uuid"}, "a UUID, from its 36 characters")]
    if asked.unique:
        codes = {("country", 2): "country_code", ("currency", 3): "currency_code", ("language", 2): "language_code"}
        what = next((w for w in (*asked.name[::-1], *asked.table[::-1]) if w in ("country", "currency", "language")), "")
        code = codes.get((what, asked.length or 0))
        return [_guess(asked, {"gen": code}, f"{code.replace('_', ' ')}, from names and length")] if code else []
    if asked.last == "year" and (asked.length or 4) >= 4:
        return [_guess(asked, {"gen": "year"}, "a year, from the name")]
    if asked.last == "date" and (asked.length or 10) >= 10:
        return [_guess(asked, {"gen": "date", "pattern": "%Y-%m-%d"}, "a day as text, from the name")]
    return []


def _commented(asked: Asked) -> list[Guess]:
    told = words(asked.column.comment)
    if asked.unique or not told or len(told) > 4:
        return []
    named = by_name(told, asked.table)
    return [_guess(asked, named[0], f"{_label(named[0])}, from the comment")] if named else []


def _plain(asked: Asked) -> list[Guess]:
    """Texts of nothing in particular, that always fit."""
    if asked.length is not None and (asked.length <= 3 or (asked.last in CODES and asked.length <= 40)):
        return [
            Guess(
                {"gen": "pattern", "template": template(asked.length), "type": f"string({asked.length})"},
                "a code, from the name" if asked.last in CODES else f"{asked.length} characters",
            )
        ]
    if asked.last in CODES:
        return [Guess({"gen": "pattern", "template": "???-#####"}, "a code, from the name")]
    why = "any words: the name tells nothing"
    if asked.length is None:
        return [Guess({"gen": "sentence"}, why)]
    return [_guess(asked, {"gen": "word" if asked.length < 15 else "words"}, why)]


def _distinct(asked: Asked) -> list[Guess]:
    """Texts that are distinct on every row, that always fit."""
    found, room = [], asked.length
    noun = " ".join(asked.table).capitalize()
    if asked.last in ("name", "title", "label") and (room is None or room >= len(noun) + 10):
        found.append(_guess(asked, {"gen": "sequence", "prefix": f"{noun} "}, "distinct names"))
    if by_name(asked.name, asked.table) and "mail" in "".join(asked.name) and (room is None or room >= 21):
        found.append(
            _guess(asked, {"gen": "pattern", "template": "^^^^^####@example.org"}, "short addresses, from name and length")
        )
    body: Body = {"gen": "pattern", "template": template(room)}
    return [*found, Guess({**body, "type": f"string({room})"} if room else body, "unique")]


def template(length: int | None) -> str:
    """A template of capitals and digits that fills no more than so many characters."""
    if length is None or length >= 11:
        return "??####-####"
    if length <= 4:
        return "*" * length
    return "?" * (length - 4) + "####" if length >= 8 else "*" * length


def _of_length(asked: Asked) -> Guess:
    most = asked.length if asked.length is not None else max(asked.facts.shortest, 12)
    length = min(max(asked.facts.shortest, min(most, 12)), most)
    return Guess({"gen": "pattern", "template": "*" * length, "type": f"string({length})"}, asked.facts.said)


def _kept_to_patterns(asked: Asked, found: list[Guess]) -> list[Guess]:
    """What is known to match the patterns, then texts made by the first of them."""
    wanted = [p for p in asked.facts.patterns if not p.negated]
    kept = [g for g in found if all(_matches(p, g.body) for p in asked.facts.patterns)]
    if not wanted or kept:
        return kept or found
    made = regex(wanted[0])
    body: dict[str, Any] = {"gen": "regex", "pattern": made, "more": 4}
    return [_guess(asked, body, asked.facts.said)] if made else found


def _matches(pattern: Pattern, body: Body) -> bool:
    """Whether values of a generator satisfy a pattern, as far as can be told by their kind."""
    if pattern.negated or body.get("gen") != "email":
        return False
    if pattern.form == "like":
        return all(
            part in ("", "@", "_@_", ".", "_@_%._", "@%.", "_._") or set(part) <= set("_@.")
            for part in pattern.pattern.split("%")
        )
    try:
        return bool(re.search(pattern.pattern, "maria.gomez1234@example.org", re.IGNORECASE if pattern.ignore_case else 0))
    except re.error:
        return False


def regex(pattern: Pattern) -> str:
    """A regular expression all of whose texts match the pattern; "" when there is none that we can tell."""
    if pattern.form == "regex":
        text = pattern.pattern.removeprefix("^")
        return re.sub(r"(?<!\\)\$$", "", text) if "(?" not in text and "|^" not in text else ""
    many, one = ("%", "_") if pattern.form == "like" else ("*", "?")
    return "".join("[a-z]{2,6}" if c == many else "[a-z]" if c == one else re.escape(c) for c in pattern.pattern)
