"""Companies and work."""

from __future__ import annotations

from runner import pools
from runner.generators.compose import choose, digits, divide, join, modulo
from runner.generators.picks import pick, word
from runner.generators.registry import Made, Make, generator
from runner.ops import Decade, Take, Weighted
from runner.types import STRING

_WITHOUT_SPACES = frozenset({"ja_JP", "zh_CN", "zh_TW", "ko_KR"})


@generator(
    "company.company",
    "The name of a company",
    aliases=("company_name",),
    keywords=("business", "organization", "firm", "employer"),
)
def company(make: Make) -> Made:
    """A family name and what the locale's companies put before or after it."""
    if make.unique:
        return _unique_company(make)
    ends, comes_first = _ends(make)
    one, two = (word(make, f"{make.locale}/person_last", "name", purpose) for purpose in ("first", "second"))
    end, space = word(make, ends, "name", "end"), _space(make)
    if comes_first:
        return Made(join(end, space, one), STRING, None)
    forms = (join(one, space, end), join(one, "-", two), join(one, space, two, space, end))
    return Made(choose(Weighted(make.key("form"), (60, 20, 20), make.at), *forms), STRING, None)


def _unique_company(make: Make) -> Made:
    """A family name, an end, and a number that no other row has."""
    ends, comes_first = _ends(make)
    number, end = digits(Decade(make.key("number"), make.at)), word(make, ends, "name", "end")
    name, space = word(make, f"{make.locale}/person_last", "name", "first"), _space(make)
    parts = (end, space, name) if comes_first else (name, space, end)
    return Made(join(*parts, " ", number), STRING, None, unique=True)


def _ends(make: Make) -> tuple[str, bool]:
    """The pool of what companies are called besides a name, and whether that comes first."""
    own = pools.facts(make.locale)["pools"]
    if "company_suffixes" in own:
        return f"{make.locale}/company_suffixes", False
    return (f"{make.locale}/company_prefixes", True) if "company_prefixes" in own else ("en_US/company_suffixes", False)


def _space(make: Make) -> str:
    return "" if make.locale in _WITHOUT_SPACES else " "


@generator("company.industry", "A branch of industry", keywords=("sector", "branch"))
def industry(make: Make) -> Made:
    """One of about a hundred."""
    return pick(make, "company/industry")


@generator("company.department", "A department of a company", keywords=("team", "division", "unit"))
def department(make: Make) -> Made:
    """One of about seventy."""
    return pick(make, "company/department")


@generator("company.job", "A job title", keywords=("occupation", "profession", "position", "work", "role"), version=2)
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
