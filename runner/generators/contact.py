"""E-mail addresses and telephone numbers."""

from __future__ import annotations

import re
from itertools import pairwise

from runner import pools
from runner.generators.compose import const, digits, divide, join, modulo
from runner.generators.patterns import size_of
from runner.generators.people import Person
from runner.generators.registry import Made, Make, Parameter, ParameterError, generator
from runner.ops import Call, Decade, Nulls, Op, Pattern, Take, Text, Uniform, Values
from runner.types import STRING, TEXTS

SAFE_DOMAINS = ("example.com", "example.org", "example.net")  # RFC 2606 section 3
FREE_DOMAINS = ("gmail.com", "yahoo.com", "hotmail.com", "outlook.com", "icloud.com", "proton.me")
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)*[^\W_](?:[\w-]{0,61}[^\W_])?")  # RFC 1035
_DIGITS = "0123456789"
_STYLES = ("national", "international", "e164")


@generator(
    "contact.email",
    "An e-mail address made of the row's names; distinct on every row",
    parameters=(
        Parameter("from", "columns", "The columns that make the part before the @; by default the row's own person"),
        Parameter("domain", "string", "The domain; by default one of the reserved example domains"),
        Parameter("safe", "bool", "Only domains that nobody can own (RFC 2606); else those of free mail providers", True),
    ),
    keywords=("mail", "e-mail"),
    version=2,
)
def email(make: Make, from_: list[str] | None, domain: str | None, safe: bool) -> Made:
    """`first.last123@example.com`: the number tells persons of the same name apart."""
    domains = (_domain(domain),) if domain else SAFE_DOMAINS if safe else FREE_DOMAINS
    after = tuple(f"@{name}" for name in domains)
    ending = after[0] if len(after) == 1 else Values(after, Uniform(make.key("domain"), 0, len(after) - 1, make.at))
    return Made(join(_local_part(make, from_), ending), STRING, None, unique=True, apart=True)


def _domain(text: str) -> str:
    """A domain as the user gave it, with or without the @. Raises `ParameterError` for what cannot stand behind one."""
    name = text.strip().removeprefix("@")
    if len(name) > 253 or not _DOMAIN.fullmatch(name):
        raise ParameterError(f"`domain` must be a domain such as example.org, not {text!r}", "domain")
    return name


def _local_part(make: Make, columns: list[str] | None) -> Op:
    """The person's handle where the columns are that person's names, else the columns' slugs and a number."""
    person = Person.of(make)
    if not columns:
        return person.handle(".")
    found = [make.find_column(name) for name in columns]
    sources = [_made_by(column) for column in found]
    own = _person_of(make, sources)
    if own is not None:
        return own.handle(".")
    if sources == [person.handle("_")]:
        return sources[0]
    slugs = [_slug(column) for column in found]
    dotted = [part for slug in slugs for part in (".", slug)]
    return join(*dotted[1:], ".", digits(Decade(make.key("number"), make.at)))


def _made_by(column: Made) -> Op:
    """How the column is made, nulls aside: a person whose name is not told has an address all the same."""
    source = column.source or column.op
    return source.of if isinstance(source, Nulls) else source


def _slug(column: Made) -> Op:
    """The column's text in letters and digits, `x` where it is null."""
    text = column.op if column.type.kind in TEXTS else Text(column.op, column.type)
    slug = Call("slug", (text,))
    return Call("coalesce", (slug, const("x"))) if isinstance(column.source, Nulls) else slug


def _person_of(make: Make, ops: list[Op]) -> Person | None:
    """The person whose names the operations are, in any order; None when they are something else."""
    for gender in (None, "male", "female"):
        person = Person.of(make, gender)
        first, last = person.first("name"), person.last("name")
        if ops in ([first, last], [last, first], [person.full(first, last)]):
            return person
    return None


@generator(
    "contact.phone_number",
    "A mobile telephone number as written in the locale's country, valid by its numbering plan",
    parameters=(Parameter("style", "string", "How it is written", "national", choices=_STYLES),),
    keywords=("telephone", "mobile", "cell", "msisdn"),
    version=2,
)
def phone_number(make: Make, style: str) -> Made:
    """A prefix in use and digits, evenly; distinct ones when unique."""
    name = _phones(make.locale)
    tail = str(pools.facts(name.partition("/")[0])["phone_tails"][style])
    alphabets = tuple(_DIGITS if c == "#" else c for c in tail)
    numbers, heads = size_of(alphabets), pools.pool(name).size
    index = make.index(heads * numbers)
    number = join(Take(name, style, divide(index, numbers)), Pattern(alphabets, modulo(index, numbers)))
    return Made(number, STRING, heads * numbers, unique=make.unique, apart=make.unique and _apart(make.mix, style))


def _phones(locale: str) -> str:
    return pools.find_pool(locale, "phone")


def _apart(locales: tuple[str, ...], style: str) -> bool:
    """Whether no number of one locale begins as one of another does."""
    known = [pools.locale_of(locale) for locale in locales]
    heads = sorted(head for locale in known if locale for head in pools.pool(_phones(locale)).field(style).to_pylist())
    return not any(longer.startswith(shorter) for shorter, longer in pairwise(heads))
