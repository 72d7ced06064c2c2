"""More numbers that states give to people and taxpayers, with the check digits of their rules."""

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
    subtract,
    weighted_sum,
    written,
)
from runner.generators.compose import equal, if_else, less
from runner.generators.registry import Made, Make, generator
from runner.ops import Call, Const, Op, Values


@generator("government.nif_portugal", "A Portuguese taxpayer number with its check digit", keywords=("portugal", "tax"))
def nif_portugal(make: Make) -> Made:
    """1, 2 or 3, seven digits, and 11 less their sum by weights 9 to 2, modulo 11; 0 where that is above 9."""
    number, size = numbered(make, 10**7, 4 * 10**7)
    rest = modulo(weighted_sum(places(number, 8), range(9, 1, -1)), 11)
    return written(make, size, digits(number, 8), digits(if_else(less(rest, 2), Const(0), subtract(11, rest))))


@generator("government.nip_poland", "A Polish taxpayer number with its check digit", keywords=("poland", "tax", "vat"))
def nip_poland(make: Make) -> Made:
    """Nine digits and their sum by weights modulo 11; where that would be 10 the number moves on by one."""
    half, size = numbered(make, 5 * 10**7, 49 * 10**7)
    number = multiply(half, 2)
    total = weighted_sum(places(number, 9), (6, 5, 7, 2, 3, 4, 5, 6, 7))
    bad = equal(modulo(total, 11), 10)  # one more in the last place (weight 7) makes the remainder 6
    return written(make, size, digits(if_else(bad, add(number, 1), number), 9), digits(if_else(bad, Const(6), modulo(total, 11))))


@generator("government.inn", "A Russian taxpayer number of a person with its check digits", keywords=("russia", "tax"))
def inn(make: Make) -> Made:
    """Ten digits and two sums by weights, modulo 11 and 10."""
    number, size = numbered(make, 10**8, 92 * 10**8)
    ten = places(number, 10)
    first = modulo(modulo(weighted_sum(ten, (7, 2, 4, 10, 3, 5, 9, 4, 6, 8)), 11), 10)
    second = modulo(modulo(weighted_sum([*ten, first], (3, 7, 2, 4, 10, 3, 5, 9, 4, 6, 8)), 11), 10)
    return written(make, size, digits(number, 10), digits(first), digits(second))


@generator("government.utr", "A British unique taxpayer reference with its check digit", keywords=("uk", "tax"))
def utr(make: Make) -> Made:
    """A check digit and nine digits."""
    number, size = numbered(make, 10**8, 10**9)
    total = weighted_sum(places(number, 9), (6, 7, 8, 9, 10, 5, 4, 3, 2))
    return written(make, size, mark(modulo(total, 11), "21987654321"), digits(number, 9))


@generator("government.pps", "An Irish personal public service number with its check letter", keywords=("ireland", "tax"))
def pps(make: Make) -> Made:
    """Seven digits, the letter of their sum by weights 8 to 2 modulo 23, and A for a person."""
    number, size = numbered(make, 10**6, 10**7)
    total = add(weighted_sum(places(number, 7), range(8, 1, -1)), 9)
    return written(make, size, digits(number, 7), mark(modulo(total, 23), "WABCDEFGHIJKLMNOPQRSTUV"), "A")


@generator("government.nit_colombia", "A Colombian taxpayer number with its check digit", keywords=("colombia", "tax"))
def nit_colombia(make: Make) -> Made:
    """Nine digits and the digit of modulo 11."""
    number, size = numbered(make, 8 * 10**8, 10**9)
    total = weighted_sum(places(number, 9), (41, 37, 29, 23, 19, 17, 13, 7, 3))
    return written(make, size, digits(number, 9), "-", mark(modulo(total, 11), "01987654321"))


@generator("government.rntrc", "A Ukrainian taxpayer number with its check digit", keywords=("ukraine", "tax"))
def rntrc(make: Make) -> Made:
    """Nine digits and their sum by weights, modulo 11 and 10."""
    number, size = numbered(make, 10**8, 45 * 10**7)
    total = weighted_sum(places(number, 9), (10, 5, 7, 9, 4, 6, 10, 5, 7))  # 10 is -1 modulo 11
    return written(make, size, digits(number, 9), digits(modulo(modulo(total, 11), 10)))


@generator("government.oib", "A Croatian personal identity number with its check digit", keywords=("croatia", "tax"))
def oib(make: Make) -> Made:
    """Ten digits and the digit of ISO 7064 modulo 11, 10."""
    number, size = numbered(make, 10**8, 10**10)
    turn = tuple(2 * (10 if n % 10 == 0 else n % 10) % 11 for n in range(20))  # what a sum becomes for the next digit
    rest: Op = Const(10)
    for digit in places(number, 10):
        rest = Values(turn, add(rest, digit))
    return written(make, size, digits(number, 10), digits(modulo(subtract(11, rest), 10)))


@generator("government.ahv", "A Swiss social security number with its check digit", aliases=("avs",), keywords=("switzerland",))
def ahv(make: Make) -> Made:
    """756, nine digits and the digit of EAN-13."""
    number, size = numbered(make, 0, 10**9)
    twelve = places(add(number, 756 * 10**9), 12)
    groups = divide(number, 10**5), modulo(divide(number, 10), 10**4), modulo(number, 10)
    texts = [digits(op, width) for op, width in zip(groups, (4, 4, 1), strict=True)]
    check = complement(weighted_sum(twelve, (1, 3) * 6), 10)
    return written(make, size, "756.", texts[0], ".", texts[1], ".", texts[2], digits(check))


@generator("government.teudat_zehut", "An Israeli identity number with its check digit", keywords=("israel",))
def teudat_zehut(make: Make) -> Made:
    """Eight digits and the Luhn digit."""
    number, size = numbered(make, 10**6, 4 * 10**7)
    return written(make, size, digits(add(multiply(number, 10), Call("luhn", (number,))), 9))


@generator("government.cedula_ecuador", "An Ecuadorian identity number with its check digit", keywords=("ecuador",))
def cedula_ecuador(make: Make) -> Made:
    """Province 01 to 24, a digit below 6, six digits, and the Luhn digit."""
    size = 24 * 6 * 10**6
    index = make.index(size)
    number = add(multiply(add(divide(index, 6 * 10**6), 1), 10**7), modulo(index, 6 * 10**6))
    return written(make, size, digits(add(multiply(number, 10), Call("luhn", (number,))), 10))


@generator(
    "government.cedula_dominicana", "An identity number of the Dominican Republic with its check digit", keywords=("dominican",)
)
def cedula_dominicana(make: Make) -> Made:
    """Municipality 001 to 121, seven digits, and the Luhn digit."""
    size = 121 * 10**7
    number = add(make.index(size), 10**7)
    texts = divide(number, 10**7), modulo(number, 10**7)
    return written(make, size, digits(texts[0], 3), "-", digits(texts[1], 7), "-", digits(Call("luhn", (number,))))
