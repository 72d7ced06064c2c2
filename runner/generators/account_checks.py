"""Check digits that countries put into their own account numbers, besides those of ISO 13616.

A bank's pool holds `national`, what its code adds to the country's sum, so that only the account is added here.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from runner.generators.compose import add, digits, divide, equal, if_else, modulo, multiply, subtract
from runner.ops import Call, Const, Op, Values

Text = tuple[str | Op, ...]
_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)  # Italian values of the digits at odd places
_ELEVENTH = (6, 3, 7, 9, 10, 5, 8, 4, 2)  # Czech, of the nine digits before the check digit
_SPANISH = (1, 2, 4, 8, 5, 10, 9, 7, 3, 6)
_HUNGARIAN = (9, 7, 3, 1)
_LETTERS = tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ")


@dataclass(frozen=True)
class Account:
    """An account of a bank as its country writes it.

    `before` stands before the bank's code and `after` behind it; `terms` are the values of both as
    (value, decimal place), which is what they add to the remainder by 97.
    """

    after: Text
    terms: tuple[tuple[Op | int, int], ...]
    before: Text = ()


@dataclass(frozen=True)
class Rule:
    """How a country makes account numbers: of an index in [0, size(width)), the width being that of the drawn digits."""

    write: Callable[[Op, Op, int], Account]  # the bank's `national`, the index, the width
    size: Callable[[int], int] = lambda width: 10 ** min(width, 17)


def rule_of(country: str) -> Rule:
    """The country's rule; most have none of their own."""
    return _RULES.get(country, _PLAIN)


def _places(number: Op, width: int) -> list[Op]:
    return [modulo(divide(number, 10**p), 10) for p in range(width - 1, -1, -1)]


def _sum(of: Sequence[Op], weights: Sequence[int]) -> Op:
    total: Op = Const(0)
    for digit, weight in zip(of, weights, strict=True):
        total = add(total, multiply(digit, weight))
    return total


def _missing(total: Op, base: int) -> Op:
    """What is missing to the next multiple of the base."""
    return modulo(subtract(base, modulo(total, base)), base)


def _plain(code: Op, account: Op, width: int) -> Account:
    return Account((digits(account, width),), ((account, 0),))


def _behind(account: Op, width: int, check: Op, size: int) -> Account:
    """The account and then its check digits."""
    return Account((digits(account, width), digits(check, size)), ((account, size), (check, 0)))


def _remainder(start: int) -> Callable[[Op, Op, int], Account]:
    """The start minus the remainder by 97 of everything and two zeros (ISO 7064; French and others start at 97)."""

    def write(code: Op, account: Op, width: int) -> Account:
        check = subtract(start, modulo(add(code, multiply(100, modulo(account, 97))), 97))
        return _behind(account, width, check, 2)

    return write


def _belgian(code: Op, account: Op, width: int) -> Account:
    """The remainder of bank and account by 97, 97 instead of 0."""
    return _behind(account, width, add(modulo(add(add(code, account), 96), 97), 1), 2)


def _finnish(code: Op, account: Op, width: int) -> Account:
    """The Luhn digit of bank and account."""
    return _behind(account, width, Call("luhn", (add(code, account),)), 1)


def _estonian(code: Op, account: Op, width: int) -> Account:
    """Weights 7, 3 and 1 in turn from the right, of branch and account."""
    weights = [(7, 3, 1)[(width - 1 - place) % 3] for place in range(width)]
    return _behind(account, width, _missing(_sum(_places(account, width), weights), 10), 1)


def _eleven(code: Op, index: Op, weights: Sequence[int], low: int = 0) -> tuple[Op, Op]:
    """A number and its check digit by 11; the number ends in 0, or in 1 (weight 2) where the check digit would be 10."""
    number = multiply(add(index, low), 10)
    total = add(code, _sum(_places(number, len(weights)), weights))
    bad = equal(modulo(total, 11), 1)
    return if_else(bad, add(number, 1), number), if_else(bad, Const(8), _missing(total, 11))


def _norwegian(code: Op, index: Op, width: int) -> Account:
    """Six digits, the first two not both 0 (such accounts leave out the bank)."""
    number, check = _eleven(code, index, (7, 6, 5, 4, 3, 2), 10 ** (width - 3))
    return _behind(number, width, check, 1)


def _czech(code: Op, index: Op, width: int) -> Account:
    """No prefix, and ten digits whose weighted sum is a multiple of 11."""
    number, check = _eleven(Const(0), index, _ELEVENTH)
    return _behind(number, width, check, 1)


def _icelandic(code: Op, index: Op, width: int) -> Account:
    """Branch, kind and number of the account, and the holder's kennitala: a birth date, two digits, a check digit, 9."""
    account, rest = divide(index, 28 * 12 * 60 * 8), modulo(index, 28 * 12 * 60 * 8)
    day, rest = add(divide(rest, 12 * 60 * 8), 1), modulo(rest, 12 * 60 * 8)
    month, year = add(divide(rest, 60 * 8), 1), add(modulo(divide(rest, 8), 60), 40)
    date = add(add(multiply(day, 10**4), multiply(month, 100)), year)
    holder, check = _eleven(Const(0), add(multiply(date, 10), add(modulo(rest, 8), 2)), (3, 2, 7, 6, 5, 4, 3, 2))
    head = add(26 * 10**6, account)  # branch and kind of account: 00 26
    last = add(multiply(check, 10), 9)
    return Account((digits(head, width - 8), digits(holder, 8), digits(last, 2)), ((head, 10), (holder, 2), (last, 0)))


def _spanish(code: Op, account: Op, width: int) -> Account:
    """A digit for bank and branch, and one for the account: weighted sums by 11, 1 instead of 10."""
    branch, number = divide(account, 10**10), modulo(account, 10**10)
    first = _missing(add(code, _sum(_places(branch, 4), _SPANISH[6:])), 11)
    second = _missing(_sum(_places(number, 10), _SPANISH), 11)
    one = Values((0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1), first)
    both = add(multiply(one, 10), Values((0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 1), second))
    return Account((digits(branch, 4), digits(both, 2), digits(number, 10)), ((branch, 12), (both, 10), (number, 0)))


def _italian(code: Op, account: Op, width: int) -> Account:
    """A letter before the bank: digits at even places count as they are, those at odd ones by a table."""
    total = code
    for place in range(width):
        digit = modulo(divide(account, 10**place), 10)
        total = add(total, digit if place % 2 == 0 else Values(_ODD, digit))  # 22 digits in all: the last place is even
    letter = modulo(total, 26)
    return Account((digits(account, width),), ((account, 0), (add(letter, 10), width + 5)), (Values(_LETTERS, letter),))


def _hungarian(code: Op, index: Op, width: int) -> Account:
    """Branch and account, each with a digit of weights 9, 7, 3 and 1 in turn."""
    branch, number = divide(index, 10**13), modulo(index, 10**13)
    first = _missing(add(code, _sum(_places(branch, 4), (1, 9, 7, 3))), 10)
    second = _missing(_sum(_places(number, 15), [_HUNGARIAN[place % 4] for place in range(15)]), 10)
    head, tail = add(multiply(branch, 10), first), add(multiply(number, 10), second)
    return Account((digits(head, 5), digits(tail, 16)), ((head, 16), (tail, 0)))


def _croatian(code: Op, account: Op, width: int) -> Account:
    """ISO 7064 MOD 11,10 of the account."""
    rest: Op = Const(10)
    doubled = tuple((2 * (n or 10)) % 11 for n in range(10))
    for digit in _places(account, width):
        rest = Values(doubled, modulo(add(digit, rest), 10))
    return _behind(account, width, modulo(subtract(11, rest), 10), 1)


_PLAIN = Rule(_plain)
_ISO, _FRENCH = Rule(_remainder(98)), Rule(_remainder(97))
_CZECH = Rule(_czech, lambda width: 10**8)
_RULES: dict[str, Rule] = {
    **dict.fromkeys(("BA", "ME", "MK", "PT", "RS", "SI", "ST", "TL", "XK"), _ISO),
    **dict.fromkeys(("BI", "DJ", "FR", "MC", "MR", "TN"), _FRENCH),
    "BE": Rule(_belgian),
    "CZ": _CZECH,
    "EE": Rule(_estonian),
    "ES": Rule(_spanish),
    "FI": Rule(_finnish),
    "HR": Rule(_croatian),
    "HU": Rule(_hungarian),
    "IS": Rule(_icelandic, lambda width: 10**6 * 28 * 12 * 60 * 8),
    "IT": Rule(_italian),
    "NO": Rule(_norwegian, lambda width: 10 ** (width - 1) - 10 ** (width - 3)),
    "SK": _CZECH,
    "SM": Rule(_italian),
}
