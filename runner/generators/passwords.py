"""Passwords and passphrases. Every password that the parameters allow is equally likely."""

from __future__ import annotations

from runner import pools
from runner.automata import Language, States
from runner.generators.compose import digits, divide, join, modulo
from runner.generators.registry import Made, Make, Parameter, ParameterError, generator
from runner.generators.text import spoken
from runner.ops import Op, Take, Uniform
from runner.types import STRING

_CLASSES = {
    "lower": "abcdefghijklmnopqrstuvwxyz",
    "upper": "ABCDEFGHIJKLMNOPQRSTUVWXYZ",
    "digits": "0123456789",
    "symbols": "!#$%&*+-=?@^_~",
}
_ALIKE = "0O1Il|5S2Z8B"
_CLASS_LIST = Parameter("classes", "list", "Which of lower, upper, digits and symbols", ("lower", "upper", "digits", "symbols"))


@generator(
    "internet.password",
    "A password with at least one character of each class",
    parameters=(
        Parameter("length", "int", "Characters", 12, minimum=1, maximum=128),
        _CLASS_LIST,
        Parameter("ambiguous", "bool", f"Whether characters that look alike may stand in it ({_ALIKE})", True),
        Parameter("symbols", "string", "The characters that count as symbols", _CLASSES["symbols"]),
    ),
    aliases=("security.password",),
    keywords=("secret", "credential"),
    version=2,
)
def password(make: Make, length: int, classes: list[str], ambiguous: bool, symbols: str) -> Made:
    """Evenly of all texts of that length that have a character of each class."""
    wanted = [_letters(name, ambiguous, symbols) for name in dict.fromkeys(classes)]
    if not 1 <= len(wanted) <= length:
        raise ParameterError(f"`classes` must name 1 to {min(length, 4)} classes for a password of {length}", "classes")
    return spoken(make, Language(_states(wanted), ((1 << len(wanted)) - 1,), length, length))


def _letters(name: str, ambiguous: bool, symbols: str) -> str:
    if name not in _CLASSES:
        raise ParameterError(f"`classes` holds {name!r}; known are {', '.join(_CLASSES)}", "classes")
    letters = "".join(dict.fromkeys(symbols)) if name == "symbols" else _CLASSES[name]
    if name == "symbols" and any(letter.isalnum() or letter.isspace() for letter in letters):
        raise ParameterError("`symbols` holds a letter, a digit or a space", "symbols")
    kept = "".join(letter for letter in letters if ambiguous or letter not in _ALIKE)
    if not kept:
        raise ParameterError("`symbols` has no character", "symbols")
    return kept


def _states(classes: list[str]) -> States:
    """State s has seen the classes whose bits are set in s."""
    return tuple(tuple((letters, seen | 1 << bit) for bit, letters in enumerate(classes)) for seen in range(1 << len(classes)))


_MNEMONIC = "words/mnemonic"


@generator(
    "security.passphrase",
    "Words of the BIP-39 list to remember as a password",
    parameters=(
        Parameter("words", "int", "How many", 4, minimum=2, maximum=12),
        Parameter("separator", "string", "What stands between them", "-"),
        Parameter("capital", "bool", "Whether the words begin with a capital", False),
        Parameter("number", "bool", "Whether a digit stands at the end", False),
    ),
    keywords=("secret", "password", "diceware", "xkcd"),
)
def passphrase(make: Make, words: int, separator: str, capital: bool, number: bool) -> Made:
    """Each word evenly of 2,048: 11 bits a word."""
    if make.unique and not capital and (not separator or separator.isalpha()):
        message = "two phrases may read the same without something that is no letter as `separator`, or capitals"
        raise ParameterError(message, "separator", code="UNIQUE_IMPOSSIBLE")
    size, numbered = pools.pool(_MNEMONIC).size, min(words, 5)  # the words that make a phrase distinct
    last = 10 if number else 1
    index: Op = make.index(size**numbered * last)
    field, parts = "capital" if capital else "name", list[str | Op]()
    for place in range(words):
        key = make.key(f"word {place}")
        turn = modulo(divide(index, last * size**place), size) if place < numbered else Uniform(key, 0, size - 1, make.at)
        parts += [separator] * bool(place) + [Take(_MNEMONIC, field, turn)]
    parts += [separator, digits(modulo(index, 10))] if number else []
    return Made(join(*parts), STRING, size**words * last, unique=make.unique)


@generator(
    "security.mnemonic_phrase",
    "Words to remember a key by",
    keywords=("seed", "wallet", "bip39"),
    parameters=(Parameter("words", "int", "How many", 12, minimum=3, maximum=24),),
)
def mnemonic_phrase(make: Make, words: int) -> Made:
    """Words of the BIP-39 list; no check sum."""
    parts: list[str | Op] = []
    for place in range(words):
        parts += [" "] * bool(place) + [Take(_MNEMONIC, "name", Uniform(make.key(f"word {place}"), 0, 2047, make.at))]
    return Made(join(*parts), STRING, None)
