"""Companies and work."""

from __future__ import annotations

from runner import pools
from runner.generators.compose import choose, divide, join, modulo
from runner.generators.picks import pick, word
from runner.generators.registry import Made, Make, generator
from runner.plan import Take, Weighted
from runner.types import STRING

_LAST_FIRST = frozenset({"ja_JP", "zh_CN", "zh_TW", "ko_KR"})  # written without spaces


@generator(
    "company.company",
    "The name of a company",
    aliases=("company_name",),
    keywords=("business", "organization", "firm", "employer"),
)
def company(make: Make) -> Made:
    """A family name and what the locale's companies put before or after it."""
    last = f"{make.locale}/person_last"
    names = pools.pool(last).size
    parts = _parts(make)
    if make.unique:
        ends = pools.pool(parts[-1]).size
        index = make.index(names * ends)
        unique = _all_differ(last) and _all_differ(parts[-1])
        return Made(join(Take(last, "name", divide(index, ends)), _space(make), Take(parts[-1], "name", modulo(index, ends))),
                    STRING, names * ends, unique=unique)  # fmt: skip
    one, two = (word(make, last, "name", purpose) for purpose in ("first", "second"))
    end = word(make, parts[-1], "name", "end")
    if parts[-1].endswith("prefixes"):
        return Made(join(end, _space(make), one), STRING, None)
    forms = (join(one, _space(make), end), join(one, "-", two), join(one, _space(make), two, _space(make), end))
    return Made(choose(Weighted(make.key("form"), (60, 20, 20), make.at), *forms), STRING, None)


def _parts(make: Make) -> tuple[str, ...]:
    """The pool of what a company's name ends (or begins) with."""
    own = pools.facts(make.locale)["pools"]
    kinds = [kind for kind in ("company_suffixes", "company_prefixes") if kind in own]
    return (f"{make.locale}/{kinds[0]}",) if kinds else ("en_US/company_suffixes",)


def _space(make: Make) -> str:
    return "" if make.locale in _LAST_FIRST else " "


def _all_differ(pool: str) -> bool:
    names = pools.pool(pool).field("name")
    return len(names.unique()) == len(names)


@generator("company.industry", "A branch of industry", keywords=("sector", "branch"))
def industry(make: Make) -> Made:
    """One of about a hundred."""
    return pick(make, "company/industry")


@generator("company.department", "A department of a company", keywords=("team", "division", "unit"))
def department(make: Make) -> Made:
    """One of about seventy."""
    return pick(make, "company/department")


@generator("company.job", "A job title", keywords=("occupation", "profession", "position", "work", "role"))
def job(make: Make) -> Made:
    """In the language of the locale, where Faker has jobs for it."""
    return pick(make, pools.find_pool(make.locale, "job"))


@generator(
    "company.catch_phrase", "A slogan such as a company might have", aliases=("slogan",), keywords=("tagline", "marketing")
)
def catch_phrase(make: Make) -> Made:
    """An adjective, a qualifier and a noun."""
    return _phrase(make, "phrase_adjective", "phrase_middle", "phrase_noun")


@generator("company.bs", "What a company says that it does", aliases=("buzz_phrase",), keywords=("buzzword", "jargon"))
def bs(make: Make) -> Made:
    """A verb, an adjective and a noun."""
    return _phrase(make, "bs_verb", "bs_adjective", "bs_noun")


def _phrase(make: Make, *kinds: str) -> Made:
    sizes = [pools.pool(f"company/{kind}").size for kind in kinds]
    index = make.index(sizes[0] * sizes[1] * sizes[2])
    numbers = (divide(index, sizes[1] * sizes[2]), modulo(divide(index, sizes[2]), sizes[1]), modulo(index, sizes[2]))
    words = [Take(f"company/{kind}", "name", number) for kind, number in zip(kinds, numbers, strict=True)]
    return Made(join(words[0], " ", words[1], " ", words[2]), STRING, sizes[0] * sizes[1] * sizes[2], unique=make.unique)
