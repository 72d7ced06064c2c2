"""Letters, random text, and texts in the notation of programs."""

from __future__ import annotations

import string

from runner.generators.checked import digits
from runner.generators.compose import join
from runner.generators.identifier import drawn_pattern
from runner.generators.people import Person
from runner.generators.registry import Made, Make, Parameter, generator
from runner.generators.text import Words
from runner.ops import Call, Const, Op, Pattern, Uniform, Values, Weighted
from runner.types import JSON, STRING, TEXT

_CODE = string.ascii_letters + string.digits


def _one(name: str, description: str, letters: str) -> None:
    register = generator(f"text.{name}", description, keywords=("character",))
    register(lambda make: Made(Pattern((letters,), make.index(len(letters))), STRING, len(letters), unique=make.unique))


_one("letter", "A letter of the Latin alphabet", string.ascii_letters)
_one("vowel", "A vowel of the Latin alphabet", "aeiou")
_one("consonant", "A consonant of the Latin alphabet", "bcdfghjklmnpqrstvwxyz")


@generator(
    "text.random_string",
    "Random letters and digits",
    aliases=("random_text",),
    keywords=("alphanumeric",),
    parameters=(Parameter("length", "int", "Characters", 16, minimum=1, maximum=400),),
)
def random_string(make: Make, length: int) -> Made:
    """Evenly of 62 characters."""
    return Made(drawn_pattern(make, (_CODE,) * length), STRING, 62**length, unique=make.unique)


@generator(
    "number.hex",
    "A hexadecimal number with 0x",
    aliases=("hex_uint", "hexadecimal"),
    keywords=("base 16",),
    parameters=(Parameter("digits", "int", "Digits", 8, minimum=1, maximum=64),),
)
def hex_number(make: Make, digits: int) -> Made:
    """Leading zeros included."""
    return Made(drawn_pattern(make, ("0", "x", *("0123456789abcdef",) * digits)), STRING, 16**digits, unique=make.unique)


@generator("text.jumble_word", "The letters of no word", keywords=("puzzle", "nonsense"))
def jumble_word(make: Make) -> Made:
    """Seven letters, consonants and vowels in turn."""
    alphabets = ("bcdfghjklmnpqrstvwz", "aeiou") * 3 + ("bdgklmnprst",)
    return Made(drawn_pattern(make, alphabets), STRING, (19 * 5) ** 3 * 11, unique=make.unique)


def _few(make: Make, values: tuple[str, ...], weights: tuple[int, ...] = ()) -> Made:
    index = Weighted(make.key("index"), weights, make.at) if weights and not make.unique else make.index(len(values))
    return Made(Values(values, index), STRING, len(values), unique=make.unique)


@generator("text.answer", "Yes, no or maybe", keywords=("reply", "survey"))
def answer(make: Make) -> Made:
    """Evenly."""
    return _few(make, ("Yes", "No", "Maybe"))


@generator("text.level", "A level from low to critical", keywords=("severity", "risk"))
def level(make: Make) -> Made:
    """Low ones more often."""
    return _few(make, ("low", "moderate", "high", "very high", "extreme", "critical"), (35, 30, 18, 9, 5, 3))


@generator("person.suffix", "What stands behind a name: Jr., MD and others", aliases=("name_suffix",), keywords=("title",))
def suffix(make: Make) -> Made:
    """Generations and degrees."""
    return _few(make, ("Jr.", "Sr.", "I", "II", "III", "IV", "V", "MD", "DDS", "PhD", "DVM", "Esq.", "CPA", "RN"))


@generator("person.ethnicity", "An ethnic group as forms ask for it", keywords=("race", "census"))
def ethnicity(make: Make) -> Made:
    """Broad groups, evenly: for shares of a country give weights to `choice`."""
    return _few(
        make,
        (
            "American Indian",
            "Arab",
            "Asian",
            "Black",
            "East Asian",
            "Hispanic or Latino",
            "Javanese",
            "Jewish",
            "Malay",
            "Middle Eastern",
            "Mixed",
            "Native Hawaiian",
            "Pacific Islander",
            "Roma",
            "South Asian",
            "Sundanese",
            "White",
            "Prefer not to say",
        ),
    )


@generator("person.marital_status", "A marital status, by how common it is", keywords=("civil status",))
def marital_status(make: Make) -> Made:
    """Mostly married and single."""
    return _few(make, ("married", "single", "divorced", "widowed", "separated", "civil partnership"), (48, 34, 10, 6, 2, 1))


def _parts(make: Make) -> tuple[Op, Op, Op]:
    person = Person.of(make)
    first, last = (Call("title", (name,)) for name in (person.first("slug"), person.last("slug")))
    return first, last, digits(Uniform(make.key("number"), 1, 99_999, make.at))


@generator(
    "document.json", "A small JSON object of the row's person", output="json", aliases=("json_person",), keywords=("object",)
)
def json_object(make: Make) -> Made:
    """Names and a number."""
    first, last, number = _parts(make)
    return Made(join('{"id":', number, ',"first_name":"', first, '","last_name":"', last, '"}'), JSON, None)


@generator("document.csv", "Two lines of CSV: a head and the row's person", output="text", keywords=("table",))
def csv(make: Make) -> Made:
    """Names and a number (RFC 4180)."""
    first, last, number = _parts(make)
    return Made(join("id,first_name,last_name\n", number, ",", first, ",", last, "\n"), TEXT, None)


@generator("document.fixed_width", "A line of fields of fixed width", output="text", keywords=("table", "legacy"))
def fixed_width(make: Make) -> Made:
    """Eight digits and a last name in 24 characters."""
    padded = Call("pad_right", (_parts(make)[1], Const(24), Const(" ", "string")))
    return Made(join(digits(Uniform(make.key("number"), 0, 10**8 - 1, make.at), 8), padded), TEXT, None)


@generator("document.xml", "A small XML document of the row's person", output="text", keywords=("markup",))
def xml(make: Make) -> Made:
    """One element with two others."""
    first, last, number = _parts(make)
    return Made(join('<person id="', number, '"><first>', first, "</first><last>", last, "</last></person>"), TEXT, None)


@generator("document.sql", "An INSERT statement of the row's person", output="text", keywords=("database", "insert"))
def sql(make: Make) -> Made:
    """One row."""
    first, last, number = _parts(make)
    text = ("INSERT INTO people (id, first_name, last_name) VALUES (", number, ", '", first, "', '", last, "');")
    return Made(join(*text), TEXT, None)


@generator("document.svg", "A small SVG image of one circle", output="text", keywords=("image", "picture"))
def svg(make: Make) -> Made:
    """Any colour and radius."""
    color = drawn_pattern(make, ("0123456789abcdef",) * 6)
    radius = digits(Uniform(make.key("radius"), 4, 32, make.at))
    head = '<svg xmlns="http://www.w3.org/2000/svg" width="64" height="64"><circle cx="32" cy="32" r="'
    return Made(join(head, radius, '" fill="#', color, '"/></svg>'), TEXT, None)


@generator(
    "document.markdown",
    "A headline and a paragraph in Markdown, and further sections",
    output="text",
    aliases=("text.markdown",),
    keywords=("markup", "readme"),
    parameters=(Parameter("sections", "int", "Sections with a headline, a paragraph and a list", 0, minimum=0, maximum=10),),
)
def markdown(make: Make, sections: int) -> Made:
    """In the words of the locale; a section has three points, the first of them strong."""
    made = Words(make)
    parts: list[str | Op] = ["# ", made.sentence("head", 2, 5, ""), "\n\n", made.paragraph(2), "\n"]
    for n in range(sections):
        parts += ["\n## ", made.sentence(f"head{n}", 2, 5, ""), "\n\n", made.paragraph(2, f"{n}"), "\n\n- **"]
        parts += [
            made.word(f"{n} 0", "capital"),
            "**\n- ",
            made.word(f"{n} 1", "capital"),
            "\n- ",
            made.word(f"{n} 2", "capital"),
        ]
        parts += ["\n"]
    return Made(join(*parts), TEXT, None)
