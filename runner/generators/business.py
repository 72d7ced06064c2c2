"""A company seen through several columns: its name, domain, e-mail, tax number and size belong together."""

from __future__ import annotations

from runner.generators.checked import digits, join, multiply
from runner.generators.commerce import product
from runner.generators.firms import ENTITY, FORM, Firm
from runner.generators.picks import field, listed, record, word
from runner.generators.registry import Made, Make, generator
from runner.ops import Call, Op, Shaped, Uniform, Values, Weighted
from runner.types import INT, STRING, decimal

listed("company.job_level", "A level of jobs", "position", pool="work/level")
listed("company.job_descriptor", "A word before a job", "position", pool="work/descriptor")
listed("company.skill", "A skill", "ability", "competence", pool="work/skill")
listed("commerce.product_material", "What a product is made of", "fabric", pool="work/product_material", aliases=("material",))
listed("commerce.product_feature", "A feature of a product", "property", pool="work/product_feature")
listed("commerce.product_audience", "Whom a product is for", "target group", pool="work/product_audience")
listed("commerce.product_benefit", "What a product is good for", "advantage", pool="work/product_benefit")
listed("commerce.product_use", "What a product is used for", "use case", pool="work/product_use", aliases=("product_use_case",))


@generator("business.business_name", "The name of the row's company", aliases=("business",), keywords=("company", "firm"))
def business_name(make: Make) -> Made:
    """The same as `company.company` beside it."""
    return Firm(make).made(Firm(make).name)


@generator(
    "business.legal_form",
    "The legal form of the row's company",
    aliases=("company_suffix", "company_type"),
    keywords=("inc", "ltd"),
)
def legal_form(make: Make) -> Made:
    """As companies of the locale have it."""
    return record(make, FORM, Firm(make).forms[0], "name")


@generator(
    "business.business_domain", "The domain of the row's company, one that nobody can own (RFC 2606)", keywords=("website",)
)
def business_domain(make: Make) -> Made:
    """The name and .example."""
    return Firm(make).made(Firm(make).domain)


@generator("business.business_website", "The web site of the row's company", keywords=("url",))
def business_website(make: Make) -> Made:
    """https and the domain."""
    return Firm(make).made("https://www.", Firm(make).domain)


@generator("business.business_email", "An e-mail address of the row's company", aliases=("work_email",), keywords=("mail",))
def business_email(make: Make) -> Made:
    """A department's box at the domain."""
    boxes = ("info", "contact", "sales", "support", "office", "hello", "billing", "jobs")
    return Firm(make).made(Values(boxes, Uniform(make.key("box"), 0, len(boxes) - 1, make.at)), "@", Firm(make).domain)


@generator(
    "business.employees",
    "How many people work for the row's company",
    output="int",
    aliases=("employee_count", "headcount"),
    keywords=("staff",),
)
def employees(make: Make) -> Made:
    """1 to 100,000, half below 25."""
    return Made(_size(make), INT, 100_000)


def _size(make: Make) -> Op:
    return Shaped(make.entity_key(f"{ENTITY} size"), "lognormal", 1, 100_000, "25", "1.8", make.row)


@generator(
    "business.revenue",
    "The yearly revenue of the row's company, by its size",
    output="decimal(16,2)",
    aliases=("turnover",),
    keywords=("sales",),
)
def revenue(make: Make) -> Made:
    """60,000 to 400,000 for each who works there."""
    each = Uniform(make.entity_key(f"{ENTITY} revenue"), 6_000_000, 40_000_000, make.row)
    return Made(multiply(_size(make), each), decimal(16, 2), None)


@generator(
    "business.founded", "The year in which the row's company began", output="int", aliases=("year_founded",), keywords=("age",)
)
def founded(make: Make) -> Made:
    """1850 to 2024, recent ones more often."""
    return Made(Shaped(make.entity_key(f"{ENTITY} founded"), "triangular", 1850, 2024, "2018", "", make.row), INT, 175)


field(
    "business.business_industry",
    "The industry of the row's company",
    f"{ENTITY} industry",
    "company/industry",
    keywords=("sector",),
)


@generator("company.employment_type", "A kind of employment, by how common it is", aliases=("contract_type",), keywords=("job",))
def employment_type(make: Make) -> Made:
    """Mostly full time."""
    kinds = ("full-time", "part-time", "contract", "temporary", "internship", "freelance", "seasonal", "apprenticeship")
    index = make.index(8) if make.unique else Weighted(make.key("index"), (65, 15, 7, 4, 3, 3, 2, 1), make.at)
    return Made(Values(kinds, index), STRING, 8, unique=make.unique)


@generator(
    "commerce.product_description",
    "A sentence that sells the row's product",
    aliases=("product_blurb",),
    keywords=("advertisement",),
)
def product_description(make: Make) -> Made:
    """The row's product with a feature, a material, an audience and a benefit."""
    kinds = ("feature", "material", "audience", "benefit")
    feature, material, audience, benefit = (word(make, f"work/product_{kind}", "name", kind) for kind in kinds)
    made_of = (feature, ", made of ", Call("lower", (material,)))
    thing = product(make).field("name")
    return Made(join(thing, ": ", *made_of, ", for ", audience, " who want ", benefit, "."), STRING, None)


listed("commerce.product_noun", "A thing that shops sell", "item", pool="commerce/product", aliases=("product_suffix",))


@generator(
    "commerce.product_dimension",
    "Length, width and height of a product in centimetres",
    aliases=("dimensions",),
    keywords=("size", "parcel"),
)
def product_dimension(make: Make) -> Made:
    """1 to 120 each."""
    sides = [digits(Uniform(make.key(side), 1, 120, make.at)) for side in ("length", "width", "height")]
    return Made(join(sides[0], " x ", sides[1], " x ", sides[2], " cm"), STRING, 120**3)
