"""Check digits that countries put into their own account numbers, besides those of ISO 13616.

A bank's pool holds `national`, what its code adds to the country's sum, so that only the account is added here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from runner.generators.compose import add, digits, divide, modulo, multiply, subtract
from runner.ops import Op, Values

Text = tuple[str | Op, ...]
_SPANISH = (6, 3, 7, 9, 10, 5, 8, 4, 2, 1)  # of an account's digits from the right
_ODD = (1, 0, 5, 7, 9, 13, 15, 17, 19, 21)  # Italian values of the digits at odd places


@dataclass(frozen=True)
class NationalCheck:
    """Texts before the bank's code, before the account and behind it; `terms` are their values as (value, decimal place)."""

    before: Text = ()
    between: Text = ()
    behind: Text = ()
    behind_digits: int = 0
    terms: tuple[tuple[Op | int, int], ...] = ()


def national_check(country: str, code: Op, account: Op, width: int) -> NationalCheck:
    """The country's own check digits; `code` is the bank's `national`, the account has `width` digits."""
    rule = _RULES.get(country)
    return NationalCheck() if rule is None else rule(code, account, width)


def _behind(value: Op) -> NationalCheck:
    return NationalCheck(behind=(digits(value, 2),), behind_digits=2, terms=((value, 0),))


def _french(code: Op, account: Op, width: int) -> NationalCheck:
    """97 minus the remainder of 89 bank + 15 branch + 3 account."""
    return _behind(subtract(97, modulo(add(code, multiply(3, modulo(account, 97))), 97)))


def _belgian(code: Op, account: Op, width: int) -> NationalCheck:
    """The remainder of bank and account by 97, 97 instead of 0."""
    return _behind(add(modulo(add(add(code, account), 96), 97), 1))


def _portuguese(code: Op, account: Op, width: int) -> NationalCheck:
    """98 minus the remainder of everything and two zeros."""
    return _behind(subtract(98, modulo(add(code, multiply(100, modulo(account, 97))), 97)))


def _spanish(code: Op, account: Op, width: int) -> NationalCheck:
    """A digit for bank and branch, and one for the account: weighted sums by 11."""
    total: Op = multiply(modulo(account, 10), _SPANISH[0])
    for place in range(1, 10):
        total = add(total, multiply(modulo(divide(account, 10**place), 10), _SPANISH[place]))
    both = add(multiply(code, 10), Values((0, 1, 9, 8, 7, 6, 5, 4, 3, 2, 1), modulo(total, 11)))
    return NationalCheck(between=(digits(both, 2),), terms=((both, width),))


def _italian(code: Op, account: Op, width: int) -> NationalCheck:
    """A letter before the bank: digits at even places count as they are, those at odd ones by a table."""
    total = code
    for place in range(width):
        digit = modulo(divide(account, 10**place), 10)
        total = add(total, digit if place % 2 == 0 else Values(_ODD, digit))  # 22 digits in all: the last place is even
    letter = modulo(total, 26)
    return NationalCheck(before=(Values(tuple("ABCDEFGHIJKLMNOPQRSTUVWXYZ"), letter),), terms=((add(letter, 10), 10 + width),))


def _brazilian(code: Op, account: Op, width: int) -> NationalCheck:
    """No check: the kind of account (P, a payment account) and its holder's number."""
    return NationalCheck(behind=("P1",), behind_digits=3, terms=((251, 0),))


_RULES: dict[str, Callable[[Op, Op, int], NationalCheck]] = {
    "FR": _french, "BE": _belgian, "PT": _portuguese, "ES": _spanish, "IT": _italian, "BR": _brazilian,
}  # fmt: skip
