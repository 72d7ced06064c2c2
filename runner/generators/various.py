"""What other tools have besides: numbers of 64 bits, digits and letters, groceries, hashes of passwords and more."""

from __future__ import annotations

import string

from runner.generators.checked import add, digits, multiply
from runner.generators.company import bs
from runner.generators.compose import join
from runner.generators.firms import Firm
from runner.generators.identifier import drawn_pattern
from runner.generators.picks import field, listed, pick, word
from runner.generators.registry import Made, Make, Parameter, generator
from runner.generators.text import Words
from runner.ops import Op, Shaped, Uniform, Values, Weighted
from runner.types import BIGINT, JSON, STRING

_HEX = "0123456789abcdef"
_BASE64 = string.ascii_uppercase + string.ascii_lowercase + string.digits + "+/"
_BCRYPT = "./" + string.ascii_uppercase + string.ascii_lowercase + string.digits
_LENGTH = Parameter("length", "int", "How many", 8, minimum=1, maximum=400)

listed("text.naughty_string", "Text that programs have trouble with", "fuzzing", "blns", "edge case", pool="naughty/string")
listed("book.book_genre", "A genre of books", "literature", pool="culture/book_genre")
listed("finance.crypto_symbol", "The sign of a crypto-currency, such as ₿", "bitcoin", pool="words/crypto_symbol")
listed(
    "vehicle.country_sign", "The letters that tell the country of a car, such as IND", "registration", pool="words/country_sign"
)
field(
    "commerce.product_subcategory", "What kind of thing the row's product is, within its category", "product", "commerce/product",
    keywords=("section",),
)  # fmt: skip


def _few(make: Make, values: tuple[str, ...], weights: tuple[int, ...] = ()) -> Made:
    index = Weighted(make.key("index"), weights, make.at) if weights and not make.unique else make.index(len(values))
    return Made(Values(values, index), STRING, len(values), unique=make.unique)


@generator("number.int64", "Any whole number of 64 bits with a sign", output="bigint", keywords=("long", "integer"))
def int64(make: Make) -> Made:
    """From -2^63 to 2^63 - 1: the upper and the lower half drawn by themselves."""
    high = Uniform(make.key("high"), -(2**31), 2**31 - 1, make.at)
    return Made(add(multiply(high, 2**32), make.index(2**32)), BIGINT, None, unique=make.unique)


@generator("text.digits", "Digits, as text", parameters=(_LENGTH,), keywords=("number", "numeric", "code"))
def some_digits(make: Make, length: int) -> Made:
    """Leading zeros included."""
    return Made(drawn_pattern(make, (string.digits,) * length), STRING, 10**length, unique=make.unique)


@generator("text.letters", "Letters of the Latin alphabet", parameters=(_LENGTH,), keywords=("random", "alphabetic"))
def some_letters(make: Make, length: int) -> Made:
    """Small and capital ones."""
    return Made(drawn_pattern(make, (string.ascii_letters,) * length), STRING, 52**length, unique=make.unique)


@generator(
    "text.nato_phonetic", "A word of the spelling alphabet of radio", aliases=("nato_alphabet",), keywords=("icao", "radio")
)
def nato_phonetic(make: Make) -> Made:
    """Alfa to Zulu (ICAO Annex 10)."""
    words = (
        "Alfa Bravo Charlie Delta Echo Foxtrot Golf Hotel India Juliett Kilo Lima Mike November Oscar Papa Quebec Romeo Sierra "
        "Tango Uniform Victor Whiskey X-ray Yankee Zulu"
    )
    return _few(make, tuple(words.split()))


@generator("color.short_hex_color", "Any colour as #rgb", aliases=("short_hex",), keywords=("css",))
def short_hex_color(make: Make) -> Made:
    """4,096 of them."""
    return Made(drawn_pattern(make, ("#", *(_HEX,) * 3)), STRING, 16**3, unique=make.unique)


@generator("security.sha1", "A SHA-1 hash", keywords=("digest", "checksum"))
def sha1(make: Make) -> Made:
    """40 hexadecimal digits."""
    return Made(drawn_pattern(make, (_HEX,) * 40), STRING, 16**40, unique=make.unique)


@generator(
    "security.bcrypt_hash", "Text in the shape of a password's bcrypt hash", aliases=("password_hash",), keywords=("secret",)
)
def bcrypt_hash(make: Make) -> Made:
    """$2b$12$, 22 characters of salt and 31 of hash; the last ones of each hold fewer bits, as in real ones."""
    salt, hashed = ((_BCRYPT,) * 21 + (".Oeu",)), ((_BCRYPT,) * 30 + (_BCRYPT[::4],))
    return Made(drawn_pattern(make, (*"$2b$12$", *salt, *hashed)), STRING, None, unique=make.unique)


@generator("security.argon2_hash", "Text in the shape of a password's Argon2id hash", keywords=("secret", "password"))
def argon2_hash(make: Make) -> Made:
    """The parameters of RFC 9106, 16 bytes of salt and 32 of hash in base 64 without padding."""
    salt, hashed = ((_BASE64,) * 21 + (_BASE64[::16],)), ((_BASE64,) * 42 + (_BASE64[::4],))
    places = (*"$argon2id$v=19$m=65536,t=3,p=4$", *salt, "$", *hashed)
    return Made(drawn_pattern(make, places), STRING, None, unique=make.unique)


@generator("commerce.shirt_size", "A size of shirts, by how common it is", aliases=("clothing_size",), keywords=("apparel",))
def shirt_size(make: Make) -> Made:
    """XS to 3XL."""
    return _few(make, ("XS", "S", "M", "L", "XL", "2XL", "3XL"), (6, 18, 28, 25, 14, 6, 3))


@generator("commerce.grocery_product", "Something that food shops sell, with its size", keywords=("food", "supermarket"))
def grocery_product(make: Make) -> Made:
    """An ingredient and a pack: Basmati rice, 500 g."""
    packs = ("100 g", "200 g", "250 g", "400 g", "500 g", "750 g", "1 kg", "pack of 2", "pack of 4", "pack of 6")
    pack = Values(packs, Uniform(make.key("pack"), 0, len(packs) - 1, make.at))
    food = pick(make, "food/ingredient")
    return Made(join(food.op, ", ", pack), STRING, None, unique=make.unique)


@generator(
    "technology.app_bundle_id", "The identifier of a program for telephones, on a reserved domain", keywords=("android", "ios")
)
def app_bundle_id(make: Make) -> Made:
    """com.example and two words (RFC 2606)."""
    words = Words(make, "en_US")
    number = (digits(make.index(10**9)),) if make.unique else ()
    return Made(
        join("com.example.", words.word("0", "slug"), ".", words.word("1", "slug"), *number), STRING, None, unique=make.unique
    )


@generator("company.blurb", "A sentence in which a company says what it does", keywords=("tagline", "about", "description"))
def blurb(make: Make) -> Made:
    """Made of phrases of marketing."""
    whom = word(make, "work/product_audience", "name", "whom")
    return Made(join("We ", bs(make).op, " for ", whom, "."), STRING, None)


@generator("music.artist", "The name of a band that does not exist", aliases=("band",), keywords=("singer", "musician"))
def artist(make: Make) -> Made:
    """A quality and a being."""
    quality, being = word(make, "words/gamer_adjective", "name", "quality"), word(make, "words/gamer_noun", "name", "being")
    return Made(join("The ", quality, " ", being), STRING, None)


@generator(
    "finance.market_cap", "A made-up market capitalization in whole US dollars", output="bigint", keywords=("stock", "company")
)
def market_cap(make: Make) -> Made:
    """Lognormal around 5 billion, 50 million to 3 trillion; ends in a drawn digit."""
    if make.unique:
        return Made(add(make.index(3 * 10**12), 5 * 10**7), BIGINT, 3 * 10**12, unique=True)
    return Made(Shaped(make.key("value"), "lognormal", 5 * 10**7, 3 * 10**12, "5000000000", "1.8", make.at), BIGINT, None)


@generator("internet.hostname", "The name of a computer in a domain that nobody can own (RFC 2606)", keywords=("server", "fqdn"))
def hostname(make: Make) -> Made:
    """What it does, its number, and the domain of the row's company: db-07.miller.example."""
    kinds = ("web", "db", "mail", "app", "api", "cache", "proxy", "build", "vpn", "backup", "monitor", "queue", "lab", "desktop")
    kind = Values(kinds, Uniform(make.key("kind"), 0, len(kinds) - 1, make.at))
    return Firm(make).made(kind, "-", digits(Uniform(make.key("number"), 1, 99, make.at), 2), ".", Firm(make).domain)


@generator(
    "document.random_object", "A JSON object of three drawn names and values", output="json", keywords=("map", "dictionary")
)
def random_object(make: Make) -> Made:
    """A text, a number and a truth value under words of their own."""
    words = Words(make, "en_US")
    parts: list[str | Op] = ['{"', words.word("a", "slug"), '_text":"', words.word("b", "slug"), '","', words.word("c", "slug")]
    parts += ['_number":', digits(Uniform(make.key("number"), 0, 99_999, make.at)), ',"', words.word("d", "slug"), '_flag":']
    parts += [Values(("true", "false"), Uniform(make.key("flag"), 0, 1, make.at)), "}"]
    return Made(join(*parts), JSON, None)
