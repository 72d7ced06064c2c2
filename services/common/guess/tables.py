"""One table of the catalog as a table of the schema: every column with its guesses, keys, uniques and conditions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal

from runner.schema.model import HIDDEN_PREFIX
from services.common.databases.catalog import Catalog, CatalogColumn, CatalogTable, Comparison, ForeignKey, Scalar, Trigger
from services.common.databases.profiling import TableProfile
from services.common.guess import keys, references
from services.common.guess.asked import Asked, asked
from services.common.guess.conditions import translate
from services.common.guess.drafts import Body, Draft, Entry, Guess, TableDraft
from services.common.guess.facts import Facts, TableFacts, facts, short
from services.common.guess.ordering import order_dates
from services.common.guess.profiles import profiled
from services.common.guess.rows import LOOKUPS
from services.common.guess.texts import sized
from services.common.guess.values import ladder
from services.common.guess.words import subject, without, words

SELDOM = frozenset("deleted archived cancelled canceled terminated termination banned suspended parent replaced error".split())
ALWAYS = frozenset("name title email status created updated update active type amount price total quantity code date".split())
NULLS = Decimal("0.1")
GIVEN = "as it was drawn"


@dataclass(frozen=True, slots=True)
class Making:
    """What a table is made with: catalog, draft, the turn it takes in its family, what was seen of its rows, columns that
    somebody said."""

    catalog: Catalog
    draft: Draft
    turns: int = 1
    turn: int = 0
    profile: TableProfile | None = None
    given: Mapping[str, Body] = field(default_factory=dict)


def make_table(table: CatalogTable, making: Making) -> TableDraft:
    """A table with its columns in the database's order."""
    made = TableDraft(table)
    known = facts(table, making.catalog)
    wanted = keys.distinct(table, making.catalog.dialect)
    made.primary_key = table.primary_key
    made.uniques = [one for one in wanted.together if one != table.primary_key and not any(map(_is_hidden, one))]
    made.comments += wanted.notes
    chosen = references.choose(table, making.catalog, making.draft)
    _columns(made, making, known, wanted, chosen)
    _wish_distinct(made)
    _conditions(made, making, known)
    order_dates(made, known)
    return made


def _columns(made: TableDraft, making: Making, known: TableFacts, wanted: keys.Distinct, chosen: references.Chosen) -> None:
    filled = (key for key in chosen.keys if not any(map(_is_hidden, key.columns)))
    by_column = {column: key for key in filled for column in key.columns}
    nulls = dict(chosen.nulls)
    listed = {column for one in wanted.together for column in one}
    for column in made.table.columns:
        key = by_column.get(column.name)
        if made.of(column.name) is not None or _hidden(made, column, making.draft):
            continue
        if known.of(column.name).null and column.nullable:
            why = known.of(column.name).said
            made.entries[column.name] = Entry(column.name, [Guess({"value": None}, why, own_type=True)], (column.name,))
        elif key is not None:
            _reference(made, key, wanted, listed, making.draft)
            _say(made.of(column.name), making.given.get(column.name))
        elif column.name in nulls:
            guess = Guess(
                {"value": None}, f"null, so that {nulls[column.name].name or 'its foreign key'} needs no parent", own_type=True
            )
            made.entries[column.name] = Entry(column.name, [guess], (column.name,))
        elif not _left_out(made, column):
            _column(made, column, making, known.of(column.name), wanted)


def _say(entry: Entry | None, given: Body | None) -> None:
    """How a reference picks its parents, where somebody said it."""
    if entry is not None and given is not None:
        entry.ladder.insert(0, Guess({**entry.guess.body, **given}, GIVEN, own_type=True))
        entry.extra = {name: value for name, value in entry.extra.items() if name not in given}
        entry.given = True


def _is_hidden(name: str) -> bool:
    return name.startswith(HIDDEN_PREFIX)


def _hidden(made: TableDraft, column: CatalogColumn, draft: Draft) -> bool:
    """Whether a column cannot be filled, since the schema's columns of such names are not written."""
    if not _is_hidden(column.name):
        return False
    why = f"columns whose names begin with {HIDDEN_PREFIX} are hidden in a schema"
    if column.written and column.required:
        draft.warn(f"{made.name}.{column.name} cannot be filled, and takes no null: rows will be refused; {why}")
    made.comments.append(f"{column.name} is left out: it cannot be filled, since {why}")
    return True


def _reference(made: TableDraft, key: ForeignKey, wanted: keys.Distinct, listed: set[str], draft: Draft) -> None:
    whole = set(key.columns)
    sets = [set(one) for one in wanted.together]
    unique = whole in sets or (len(key.columns) == 1 and key.columns[0] in wanted.alone)
    keyed = bool(whole & (listed | set(made.table.primary_key)))
    if whole in sets:
        made.uniques = [one for one in made.uniques if set(one) != whole]
    references.add(made, key, unique, keyed, draft)


def _setter(table: CatalogTable, column: CatalogColumn) -> Trigger | None:
    """The trigger that sets a column of rows before they are stored."""
    before = (t for t in table.triggers if t.enabled and t.timing == "BEFORE" and "INSERT" in t.events)
    return next((t for t in before if column.name in t.sets), None)


def _left_out(made: TableDraft, column: CatalogColumn) -> bool:
    table = made.table
    setter = _setter(table, column)
    if not column.written:
        made.comments.append(f"{column.name} is left out: generated as {short(column.generated, 60)}")
    elif setter is not None and not column.required:
        made.comments.append(f"{column.name} is left out: trigger {setter.name} sets it")
    else:
        return False
    return True


def _column(made: TableDraft, column: CatalogColumn, making: Making, known: Facts, wanted: keys.Distinct) -> None:
    alone = column.name in wanted.alone
    about = asked(column, made.table, known, alone, making.catalog.dialect)
    listed = [one for one in wanted.together if column.name in one]
    seen = making.profile.column(column.name) if making.profile else None
    extra: Body = {"unique": True} if alone else {}
    if keys.numbered(about, made.table) or _counts_key(about, made, listed):
        guess, room = keys.sequence(about, making.turns, making.turn)
        if room is not None:
            made.limit(room, f"{column.name} {column.type.native}")
        guesses, extra = [guess], {}
    elif listed and column.type.kind in keys.WHOLE and column.name in made.primary_key and known.low is None:
        guesses = [*keys.line_numbers(), *ladder(replace(about, unique=True))]
    else:
        guesses = [*profiled(about, seen), *ladder(about)]
        guesses += ladder(replace(about, unique=True)) if listed and not alone else []
    given = making.given.get(column.name)
    if given is not None:
        extra = {"unique": True} if alone else {}
        guesses = [Guess(_typed(column, given), GIVEN), *guesses]
    if not guesses:
        _unmakeable(made, column, making.draft)
        return
    if given is None and _nullable(column, known, alone or bool(listed)):
        rate = seen.null_share if seen and seen.rows else _null_rate(about)
        extra = {**extra, "null_rate": rate} if rate else extra
    guesses = [
        guess if guess.own_type else Guess(sized(about, guess.body), guess.why, helpers=guess.helpers) for guess in guesses
    ]
    for name, body in guesses[0].helpers.items():
        made.entries[name] = Entry(name, [Guess(body, "", own_type=True)], ())
    entry = made.entries[column.name] = Entry(column.name, guesses, (column.name,), extra, required=column.required)
    entry.given = given is not None
    if (setter := _setter(made.table, column)) is not None:
        entry.notes.append(f"trigger {setter.name} overwrites it")


def _typed(column: CatalogColumn, given: Body) -> Body:
    """What was given, held to the type of the column: what cannot be of it is found wrong."""
    known = column.type.type
    free = known is None or known.kind in ("string", "text") or "type" in given or "ref" in given
    return dict(given) if free else {**given, "type": str(known)}


def _wish_distinct(made: TableDraft) -> None:
    """In a lookup table the thing itself is not listed twice: `country.country`, `language.name`."""
    what = subject(made.table.name)
    if not set(what[-1:]) & LOOKUPS or made.table.foreign_keys:
        return
    for entry in made.entries.values():
        name = without(words(entry.name), what)
        told = name in (("name",), ("code",), ("title",), what) and entry.guess.body.get("gen") not in (None, "sequence")
        if told and not entry.extra and entry.covers != made.primary_key:
            entry.extra["unique"] = entry.soft = True


def _counts_key(about: Asked, made: TableDraft, listed: list[tuple[str, ...]]) -> bool:
    """Whether the column is the first number of a primary key of several columns none of which refers to another table."""
    key = made.primary_key
    referring = {c for k in made.table.foreign_keys for c in k.columns}
    whole = [c for c in key if made.table.column(c).type.kind in keys.WHOLE]
    return len(key) > 1 and not referring & set(key) and whole[:1] == [about.column.name] and about.facts.high is None


def _unmakeable(made: TableDraft, column: CatalogColumn, draft: Draft) -> None:
    if column.required:
        draft.warn(
            f"{made.name}.{column.name}: no generator makes {column.type.native}, and it takes no null: rows will be refused"
        )
    made.comments.append(f"{column.name} is left out: there is no generator for {column.type.native}")


def _nullable(column: CatalogColumn, known: Facts, keyed: bool) -> bool:
    return column.nullable and not keyed and not known.not_null


def _null_rate(about: Asked) -> Decimal | None:
    """The share of nulls of a column that may be null, by what it is called."""
    if SELDOM & set(about.name):
        return Decimal("0.9")
    if about.name in (("address", "2"), ("address", "line", "2"), ("middle", "name"), ("fax",)):
        return Decimal("0.7")
    return None if about.column.default not in ("", "NULL", "null") or ALWAYS & set(about.name) else NULLS


def _conditions(made: TableDraft, making: Making, known: TableFacts) -> None:
    """CHECKs that are about several columns, or that the guesses alone do not ensure."""
    for comparison, why in known.comparisons:
        _compare(made, comparison, why, making.draft)
    names = frozenset(entry.name for entry in made.entries.values())
    for sql, check in known.unparsed:
        said = translate(sql, making.catalog.dialect, names) if not check.domain else ""
        if said:
            made.checks.append((said.removeprefix("(").removesuffix(")") if _wrapped(said) else said, f"CHECK {short(sql)}"))
        else:
            named = check.name or short(check.sql, 40)
            making.draft.warn(f"{made.name}: CHECK {named} ({short(sql, 120)}) is not understood: rows may break it")
    for name, facts_of in known.columns.items():
        if name in made.entries:
            _ensure(made, name, facts_of, making.draft)
    for text in made.table.exclusions:
        making.draft.warn(f"{made.name}: the exclusion constraint {short(text)} cannot be honoured")


def _wrapped(text: str) -> bool:
    depth = 0
    for n, character in enumerate(text):
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth == 0 and n < len(text) - 1:
            return False
    return text.startswith("(")


def _constant(column: CatalogColumn, value: Scalar) -> str:
    """A value of a column as expressions say it; 1 and 0 of true and false."""
    if column.type.type is not None and column.type.type.kind == "bool" and value in (0, 1):
        return "true" if value else "false"
    return f"'{value}'" if isinstance(value, str) else str(value)


def _compare(made: TableDraft, comparison: Comparison, why: str, draft: Draft) -> None:
    left, right = made.of(comparison.left), made.of(comparison.right)
    if left is None or right is None:
        return
    names = references.quoted(comparison.left), references.quoted(comparison.right)
    if comparison.operator == "=" and "ref" not in right.guess.body:
        right.ladder = [Guess({"expr": names[0]}, why, own_type=True)]
        right.step = 0
        return
    if comparison.operator in ("<", "<=", "<>") and _by_sequence(made, left, right, why):
        return
    if "ref" in left.guess.body and "ref" in right.guess.body:
        draft.warn(f"{made.name}: {why} compares two references, which are not drawn again: rows may break it")
        return
    operator = "!=" if comparison.operator == "<>" else comparison.operator
    made.checks.append((f"{names[0]} {operator} {names[1]}", why))


def _by_sequence(made: TableDraft, left: Entry, right: Entry, why: str) -> bool:
    """Of two whole numbers one of which counts the rows: the other follows from it."""
    for counted, other, sign in ((left, right, "+"), (right, left, "-")):
        whole = other.guess.body.get("gen") == "int" and not other.extra.get("unique")
        if counted.guess.body.get("gen") == "sequence" and whole:
            hidden = f"__{other.name}"
            made.entries[hidden] = Entry(hidden, [Guess({"gen": "int", "min": 1, "max": 20}, "", own_type=True)], ())
            body = {"expr": f"{references.quoted(counted.name)} {sign} {references.quoted(hidden)}"}
            other.ladder, other.step = [Guess(body, why, own_type=True)], 0
            return True
    return False


def _ensure(made: TableDraft, name: str, known: Facts, draft: Draft) -> None:
    entry, column = made.entries[name], references.quoted(name)
    if "ref" in entry.guess.body:
        if known.low is not None or known.high is not None or known.choices or known.refused:
            draft.warn(f"{made.name}.{name}: {known.said} of a reference is left to the rows it refers to")
        return
    if known.shortest and entry.guess.body.get("gen") != "pattern":
        made.checks.append((f"length({column}) >= {known.shortest}", known.said))
    refused = [v for v in known.refused if v not in (entry.guess.body.get("values") or ())]
    if refused and "values" not in entry.guess.body:
        listed = ", ".join(_constant(made.table.column(name), value) for value in refused)
        if "'" not in "".join(str(v) for v in refused):
            made.checks.append((f"not ({column} in ({listed}))", known.said))
    if any(p.negated for p in known.patterns):
        draft.warn(f"{made.name}.{name}: {known.said} is not ensured")
