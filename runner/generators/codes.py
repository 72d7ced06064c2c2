"""Standard numbers of books, goods, people and devices, with the check digits of their rules."""

from __future__ import annotations

from runner.generators.checked import (
    add,
    complement,
    digits,
    divide,
    mark,
    modulo,
    multiply,
    numbered,
    places,
    weighted_sum,
    written,
)
from runner.generators.compose import join
from runner.generators.identifier import drawn_pattern
from runner.generators.registry import Made, Make, Parameter, generator
from runner.ops import Call, Const, Op, Pattern, Uniform, Values
from runner.types import BIGINT, STRING

_HEX, _LETTERS = "0123456789abcdef", "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ALNUM = "0123456789" + _LETTERS


def ean(number: Op, width: int) -> Op:
    """The check digit of GS1: weights 3 and 1 in turn from the right."""
    return complement(weighted_sum(places(number, width), [3 if (width - i) % 2 else 1 for i in range(width)]), 10)


@generator(
    "identifier.isbn13",
    "An ISBN of 13 digits with its check digit",
    aliases=("isbn", "isbn_13", "product_isbn"),
    keywords=("book",),
)
def isbn13(make: Make) -> Made:
    """978 and nine digits (ISO 2108)."""
    number, size = numbered(make, 978 * 10**9, 979 * 10**9)
    return written(make, size, digits(number, 12), digits(ean(number, 12)))


@generator("identifier.isbn10", "An ISBN of 10 characters with its check character", aliases=("isbn_10",), keywords=("book",))
def isbn10(make: Make) -> Made:
    """Nine digits and the digit or X of modulo 11."""
    number = make.index(10**9)
    total = weighted_sum(places(number, 9), range(10, 1, -1))
    return written(make, 10**9, digits(number, 9), mark(complement(total, 11), "0123456789X"))


@generator("identifier.issn", "An ISSN with its check character", keywords=("journal", "magazine"))
def issn(make: Make) -> Made:
    """Seven digits and the digit or X of modulo 11 (ISO 3297)."""
    number = make.index(10**7)
    check = complement(weighted_sum(places(number, 7), range(8, 1, -1)), 11)
    return written(make, 10**7, digits(divide(number, 1000), 4), "-", digits(modulo(number, 1000), 3), mark(check, "0123456789X"))


@generator("commerce.ean8", "An EAN-8 article number with its check digit", keywords=("barcode",))
def ean8(make: Make) -> Made:
    """Seven digits and the check digit of GS1."""
    number = make.index(10**7)
    return written(make, 10**7, digits(number, 7), digits(ean(number, 7)))


@generator("commerce.upc", "A UPC-A article number with its check digit", aliases=("product_upc", "upc_a"), keywords=("barcode",))
def upc(make: Make) -> Made:
    """Eleven digits and the check digit of GS1."""
    number = make.index(10**11)
    return written(make, 10**11, digits(number, 11), digits(ean(number, 11)))


@generator("commerce.gtin14", "A GTIN of a trade unit with its check digit", keywords=("barcode", "carton"))
def gtin14(make: Make) -> Made:
    """Thirteen digits, the first 1 to 8, and the check digit of GS1."""
    number, size = numbered(make, 10**12, 9 * 10**12)
    return written(make, size, digits(number, 13), digits(ean(number, 13)))


@generator("commerce.sscc", "A shipping container code with its check digit", keywords=("pallet", "logistics"))
def sscc(make: Make) -> Made:
    """Seventeen digits and the check digit of GS1."""
    number = make.index(10**17)
    return written(make, 10**17, digits(number, 17), digits(ean(number, 17)))


@generator("commerce.asin", "An article number of a large shop", keywords=("amazon", "article"))
def asin(make: Make) -> Made:
    """B0 and eight letters or digits."""
    return Made(drawn_pattern(make, ("B", "0", *(_ALNUM,) * 8)), STRING, 36**8, unique=make.unique)


@generator("device.imei", "A mobile device's IMEI with its check digit", keywords=("phone", "gsm"))
def imei(make: Make) -> Made:
    """Fourteen digits and the Luhn digit (3GPP TS 23.003)."""
    number, size = numbered(make, 35 * 10**12, 36 * 10**12)
    return written(make, size, digits(number, 14), digits(Call("luhn", (number,))))


@generator("device.imsi", "A mobile subscriber's IMSI", keywords=("phone", "sim"))
def imsi(make: Make) -> Made:
    """Country and network of a test network (001 01), and ten digits."""
    return written(make, 10**10, "00101", digits(make.index(10**10), 10))


@generator("device.iccid", "A SIM card's number with its check digit", keywords=("phone", "sim"))
def iccid(make: Make) -> Made:
    """89, sixteen digits and the Luhn digit (ITU-T E.118)."""
    number, size = numbered(make, 8_900 * 10**14, 8_999 * 10**14)
    return written(make, size, digits(number, 18), digits(Call("luhn", (number,))))


def mod11_2(number: Op, width: int) -> Op:
    """The check character of ISO 7064 MOD 11-2."""
    total = weighted_sum(places(number, width), [pow(2, width - i, 11) for i in range(width)])
    return mark(modulo(add(12, multiply(modulo(total, 11), -1)), 11), "0123456789X")


@generator("identifier.orcid", "An ORCID identifier of a researcher with its check character", keywords=("science", "author"))
def orcid(make: Make) -> Made:
    """0000-000, digits in the range that ORCID uses, and ISO 7064 MOD 11-2."""
    number, size = numbered(make, 15 * 10**6, 35 * 10**6)
    parts = [digits(modulo(divide(number, 1000), 10_000), 4), digits(modulo(number, 1000), 3)]
    return written(make, size, "0000-000", digits(divide(number, 10**7)), "-", parts[0], "-", parts[1], mod11_2(number, 15))


@generator("identifier.isni", "An ISNI of a public identity with its check character", keywords=("author", "artist"))
def isni(make: Make) -> Made:
    """Fifteen digits and ISO 7064 MOD 11-2 (ISO 27729)."""
    number, size = numbered(make, 10**11, 5 * 10**11)
    return written(make, size, digits(number, 15), mod11_2(number, 15))


@generator("identifier.isrc", "A code of a sound recording", keywords=("music", "song"))
def isrc(make: Make) -> Made:
    """Country, registrant, year and number (ISO 3901)."""
    return Made(
        drawn_pattern(make, ("Q", "Z", *(_ALNUM,) * 3, "012", "0123456789", *("0123456789",) * 5)),
        STRING,
        36**3 * 30 * 10**5,
        unique=make.unique,
    )


@generator("identifier.doi", "A digital object identifier", keywords=("paper", "journal", "citation"))
def doi(make: Make) -> Made:
    """10.5555, the prefix for tests, and a suffix."""
    return Made(
        drawn_pattern(make, (*"10.5555/", *("abcdefghijklmnopqrstuvwxyz0123456789",) * 8)), STRING, 36**8, unique=make.unique
    )


@generator("identifier.imo_number", "A ship's IMO number with its check digit", aliases=("imo",), keywords=("ship", "vessel"))
def imo_number(make: Make) -> Made:
    """Six digits and the last digit of their sum by weights 7 to 2."""
    number, size = numbered(make, 10**5, 10**6)
    return written(make, size, "IMO ", digits(number, 6), digits(modulo(weighted_sum(places(number, 6), range(7, 1, -1)), 10)))


@generator("identifier.container_number", "A freight container's number with its check digit", keywords=("shipping", "iso 6346"))
def container_number(make: Make) -> Made:
    """Three letters of an owner, U, six digits and the check digit of ISO 6346."""
    size = 26**3 * 10**6
    index = make.index(size)
    owner, number = divide(index, 10**6), modulo(index, 10**6)
    letters = [modulo(divide(owner, 26**p), 26) for p in (2, 1, 0)]
    table = _iso6346()
    total: Op = add(Const(table[20] * 8), weighted_sum([Values(table, letter) for letter in letters], (1, 2, 4)))
    total = add(total, weighted_sum(places(number, 6), (16, 32, 64, 128, 256, 512)))
    check = modulo(modulo(total, 11), 10)
    return written(make, size, *(mark(letter, _LETTERS) for letter in letters), "U", digits(number, 6), digits(check))


def _iso6346() -> tuple[int, ...]:
    """A is 10, and so on without the multiples of 11."""
    return tuple([n for n in range(10, 40) if n % 11][:26])


def _pattern(make: Make, alphabet: str, length: int) -> Made:
    return Made(drawn_pattern(make, (alphabet,) * length), STRING, len(alphabet) ** length, unique=make.unique)


@generator("identifier.nanoid", "A Nano ID", keywords=("short id", "url"))
def nanoid(make: Make) -> Made:
    """21 characters that stand in URLs."""
    return _pattern(make, "_-0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ", 21)


@generator(
    "identifier.object_id", "A document's id as in MongoDB", aliases=("mongodb_id", "mongodb_object_id"), keywords=("bson",)
)
def object_id(make: Make) -> Made:
    """24 hexadecimal digits: seconds within five years before `as_of`, and 64 random bits."""
    time = Uniform(make.key("time"), make.as_of - 5 * 365 * 86_400, make.as_of, make.at)
    return Made(_hex(make, Pattern((_HEX,) * 8, time), 16), STRING, None, unique=make.unique)


def _hex(make: Make, head: Op, tail: int) -> Op:
    return join(head, drawn_pattern(make, (_HEX,) * tail))


@generator(
    "identifier.snowflake", "A snowflake id: time, machine and sequence in 63 bits", output="bigint", keywords=("sortable",)
)
def snowflake(make: Make) -> Made:
    """41 bits of milliseconds since 2010-11-04, and 22 drawn ones."""
    elapsed = make.as_of * 1000 - 1_288_834_974_657 - make.rows
    return Made(
        add(multiply(add(make.at, elapsed), 1 << 22), Uniform(make.key("low"), 0, (1 << 22) - 1, make.at)),
        BIGINT,
        None,
        unique=True,
    )


@generator(
    "identifier.tracking_number",
    "A parcel's number with its check digit",
    aliases=("shipment_number",),
    keywords=("post", "delivery"),
)
def tracking_number(make: Make) -> Made:
    """As the Universal Postal Union numbers parcels (S10): RR, eight digits, a check digit and a country."""
    number = make.index(10**8)
    rest = complement(weighted_sum(places(number, 8), (8, 6, 4, 2, 3, 5, 9, 7)), 11)  # 10 is written 0, and 0 is written 5
    check = mark(rest, "51234567890")
    return written(make, 10**8, "RR", digits(number, 8), check, "US")


@generator(
    "identifier.pin",
    "A PIN",
    aliases=("pin_code",),
    keywords=("secret", "digits"),
    parameters=(Parameter("length", "int", "Digits", 4, minimum=1, maximum=18),),
)
def pin(make: Make, length: int) -> Made:
    """Digits, leading zeros included."""
    return written(make, 10**length, digits(make.index(10**length), length))


@generator("identifier.git_sha", "A commit's hash", aliases=("commit_hash",), keywords=("git", "revision"))
def git_sha(make: Make) -> Made:
    """Forty hexadecimal digits."""
    return _pattern(make, _HEX, 40)


@generator("device.serial_number", "A device's serial number", keywords=("hardware",))
def serial_number(make: Make) -> Made:
    """Twelve capital letters and digits without 0, O, 1 and I."""
    return _pattern(make, "23456789ABCDEFGHJKLMNPQRSTUVWXYZ", 12)
