"""Companies and work."""

from __future__ import annotations

from runner import pools
from runner.generators.compose import divide, join, modulo
from runner.generators.firms import Firm
from runner.generators.picks import pick
from runner.generators.registry import Made, Make, generator
from runner.ops import Take
from runner.types import STRING


@generator(
    "company.company",
    "The name of a company",
    aliases=("company_name",),
    keywords=("business", "organization", "firm", "employer"),
    version=2,
)
def company(make: Make) -> Made:
    """Family names and what the locale's companies put before or after them; what `business` columns beside show too."""
    return Firm(make).made(Firm(make).name)


@generator("company.industry", "A branch of industry", keywords=("sector", "branch"))
def industry(make: Make) -> Made:
    """One of about a hundred."""
    return pick(make, "company/industry")


@generator("company.department", "A department of a company", keywords=("team", "division", "unit"))
def department(make: Make) -> Made:
    """One of about seventy."""
    return pick(make, "company/department")


@generator("company.job", "A job title", keywords=("occupation", "profession", "position", "work", "role"), version=3)
def job(make: Make) -> Made:
    """In the language of the locale, where Faker has jobs in it."""
    return pick(make, pools.find_spoken(make.locale, "job"))


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
