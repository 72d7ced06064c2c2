"""Numbers that states give to people and companies, with the check digits of their rules.

They have the right shape; which of them were really given out nobody can tell from the number.
"""

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


@generator("government.ein", "A US employer identification number", aliases=("employer_id",), keywords=("tax", "company"))
def ein(make: Make) -> Made:
    """Two digits of a prefix in use and seven more."""
    number, size = numbered(make, 20 * 10**7, 28 * 10**7)
    return written(make, size, digits(divide(number, 10**7), 2), "-", digits(modulo(number, 10**7), 7))


@generator("government.itin", "A US individual taxpayer number", keywords=("tax",))
def itin(make: Make) -> Made:
    """9, two digits, a group of 70 to 88, four digits."""
    index = make.index(100 * 19 * 10_000)
    group = add(modulo(divide(index, 10_000), 19), 70)
    return written(
        make,
        100 * 19 * 10_000,
        "9",
        digits(divide(index, 190_000), 2),
        "-",
        digits(group, 2),
        "-",
        digits(modulo(index, 10_000), 4),
    )


@generator("government.nino", "A British National Insurance number", keywords=("uk", "tax"))
def nino(make: Make) -> Made:
    """Two letters, six digits and a letter from A to D."""
    first, second, last = "ABCEHJLMPRSWXY", "ABCEHJKLMPRSTWXZ", "ABCD"
    size = len(first) * len(second) * 10**6 * 4
    index = make.index(size)
    letters = divide(index, 4 * 10**6)
    return written(
        make,
        size,
        mark(divide(letters, len(second)), first),
        mark(modulo(letters, len(second)), second),
        digits(modulo(divide(index, 4), 10**6), 6),
        mark(modulo(index, 4), last),
    )


@generator(
    "government.nhs_number",
    "A number such as the British NHS gives, with its check digit",
    aliases=("nhs",),
    keywords=("patient", "uk"),
)
def nhs_number(make: Make) -> Made:
    """Nine digits and 11 minus their sum by weights 10 to 2, modulo 11; a remainder of 1 moves the last digit on."""
    number, size = numbered(make, 4 * 10**7, 5 * 10**7)
    number = multiply(number, 10)
    total = weighted_sum(places(number, 9), range(10, 1, -1))
    bad = equal(modulo(total, 11), 1)  # its check digit would be 10; one more in the last place (weight 2) makes it 8
    check = if_else(bad, Const(8), complement(total, 11))
    number = if_else(bad, add(number, 1), number)
    return written(make, size, digits(add(multiply(number, 10), check), 10))


@generator("government.sin", "A Canadian social insurance number with its check digit", keywords=("canada", "tax"))
def sin(make: Make) -> Made:
    """Eight digits and the Luhn digit."""
    number, size = numbered(make, 10**7, 8 * 10**7)
    return written(make, size, digits(add(multiply(number, 10), Call("luhn", (number,))), 9))


@generator("government.tfn", "An Australian tax file number with its check digit", keywords=("australia", "tax"))
def tfn(make: Make) -> Made:
    """Nine digits whose sum by weights 1 4 3 7 5 8 6 9 10 is a multiple of 11; the eighth digit makes room for it."""
    number, size = numbered(make, 10**6, 10**7)
    total = weighted_sum(places(number, 7), (1, 4, 3, 7, 5, 8, 6))
    # 9 x + 10 y = -total (mod 11): x + ... y is the complement times 10's inverse (10); x = 0 unless y would be 10
    y = modulo(multiply(complement(total, 11), 10), 11)
    x = if_else(equal(y, 10), Const(1), Const(0))
    y = if_else(equal(y, 10), modulo(multiply(complement(add(total, 9), 11), 10), 11), y)
    return written(make, size, digits(add(multiply(number, 100), add(multiply(x, 10), y)), 9))


@generator("government.abn", "An Australian business number with its check digits", keywords=("australia", "company"))
def abn(make: Make) -> Made:
    """Two check digits and nine digits (Australian Business Register)."""
    number, size = numbered(make, 10**8, 10**9)
    total = weighted_sum(places(number, 9), (3, 5, 7, 9, 11, 13, 15, 17, 19))
    return written(make, size, digits(add(11, modulo(add(complement(total, 89), 88), 89)), 2), digits(number, 9))


@generator("government.cpf", "A Brazilian taxpayer number with its check digits", keywords=("brazil", "tax"))
def cpf(make: Make) -> Made:
    """999.999.999-99."""
    number, size = numbered(make, 10**6, 10**9)
    nine = places(number, 9)
    first = modulo(complement(weighted_sum(nine, range(10, 1, -1)), 11), 10)
    second = modulo(complement(weighted_sum([*nine, first], range(11, 1, -1)), 11), 10)
    groups = [digits(modulo(divide(number, 1000**p), 1000), 3) for p in (2, 1, 0)]
    return written(make, size, groups[0], ".", groups[1], ".", groups[2], "-", digits(first), digits(second))


@generator("government.cnpj", "A Brazilian company number with its check digits", keywords=("brazil", "company"))
def cnpj(make: Make) -> Made:
    """99.999.999/0001-99."""
    number, size = numbered(make, 10**6, 10**8)
    twelve: list[Op] = [*places(number, 8), Const(0), Const(0), Const(0), Const(1)]
    first = modulo(complement(weighted_sum(twelve, (5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)), 11), 10)
    second = modulo(complement(weighted_sum([*twelve, first], (6, 5, 4, 3, 2, 9, 8, 7, 6, 5, 4, 3, 2)), 11), 10)
    groups = (digits(divide(number, 10**6), 2), digits(modulo(divide(number, 1000), 1000), 3), digits(modulo(number, 1000), 3))
    return written(make, size, groups[0], ".", groups[1], ".", groups[2], "/0001-", digits(first), digits(second))


_DNI = "TRWAGMYFPDXBNJZSQVHLCKE"


@generator("government.dni", "A Spanish identity number with its letter", keywords=("spain", "identity card"))
def dni(make: Make) -> Made:
    """Eight digits and the letter of their remainder by 23."""
    number = make.index(10**8)
    return written(make, 10**8, digits(number, 8), mark(modulo(number, 23), _DNI))


@generator("government.nie", "A Spanish number of foreigners with its letter", keywords=("spain", "foreigner"))
def nie(make: Make) -> Made:
    """X, Y or Z, seven digits and the letter of the remainder by 23."""
    number = make.index(3 * 10**7)
    return written(
        make, 3 * 10**7, mark(divide(number, 10**7), "XYZ"), digits(modulo(number, 10**7), 7), mark(modulo(number, 23), _DNI)
    )


@generator("government.bsn", "A Dutch citizen service number that passes the test by 11", keywords=("netherlands",))
def bsn(make: Make) -> Made:
    """Nine digits: the sum by weights 9 to 2 less the last one is a multiple of 11."""
    number, size = numbered(make, 10**6, 10**7)
    total = weighted_sum(places(number, 7), range(9, 2, -1))
    bad = equal(modulo(total, 11), 10)
    eighth = if_else(bad, Const(1), Const(0))
    last = if_else(bad, Const(1), modulo(total, 11))
    return written(make, size, digits(add(multiply(number, 100), add(multiply(eighth, 10), last)), 9))


@generator("government.tckn", "A Turkish identity number with its check digits", keywords=("turkey",))
def tckn(make: Make) -> Made:
    """Nine digits and two check digits."""
    number, size = numbered(make, 10**8, 10**9)
    nine = places(number, 9)
    odd, even = weighted_sum(nine[0::2], (1,) * 5), weighted_sum(nine[1::2], (1,) * 4)
    tenth = modulo(add(multiply(odd, 7), multiply(even, 9)), 10)
    last = modulo(add(add(odd, even), tenth), 10)
    return written(make, size, digits(number, 9), digits(tenth), digits(last))


@generator("government.aadhaar", "An Indian Aadhaar number with its check digit (Verhoeff)", keywords=("india", "uid"))
def aadhaar(make: Make) -> Made:
    """Eleven digits, the first 2 to 9, and the digit of Verhoeff's scheme."""
    number, size = numbered(make, 2 * 10**10, 10**11)
    return written(make, size, digits(number, 11), digits(_verhoeff(places(number, 11))))


_TURN = (1, 5, 7, 6, 2, 8, 3, 0, 9, 4)


def _verhoeff(of: list[Op]) -> Op:
    """The check digit of Verhoeff (1969): the dihedral group of order 10."""
    permutations = [tuple(range(10))]
    for _ in range(7):
        permutations.append(tuple(_TURN[n] for n in permutations[-1]))
    check: Op = Const(0)
    for place, digit in enumerate(reversed(of), start=1):
        turned = Values(permutations[place % 8], digit)
        check = Values(_GROUP, add(multiply(check, 10), turned))
    return Values((0, 4, 3, 2, 1, 5, 6, 7, 8, 9), check)


def _product(a: int, b: int) -> int:
    """a times b in the dihedral group: 0-4 turn, 5-9 turn and mirror."""
    if a < 5:
        return (a + b) % 5 if b < 5 else 5 + (a + b - 5) % 5
    return 5 + (a - 5 - b) % 5 if b < 5 else (a - b) % 5


_GROUP = tuple(_product(a, b) for a in range(10) for b in range(10))


@generator("government.pan", "An Indian permanent account number", keywords=("india", "tax"))
def pan(make: Make) -> Made:
    """Three letters, P for a person, a letter, four digits, a letter."""
    size = 26**4 * 9_999 * 26
    index = make.index(size)
    letters, rest = divide(index, 9_999 * 26), modulo(index, 9_999 * 26)
    abc = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    a, b, c, d = (mark(modulo(divide(letters, 26**p), 26), abc) for p in (3, 2, 1, 0))
    return written(make, size, a, b, c, "P", d, digits(add(divide(rest, 26), 1), 4), mark(modulo(rest, 26), abc))


@generator("government.rut", "A Chilean taxpayer number with its check digit", keywords=("chile", "tax"))
def rut(make: Make) -> Made:
    """Eight digits and the digit (or K) of modulo 11."""
    number, size = numbered(make, 10**7, 26 * 10**6)
    total = weighted_sum(places(number, 8), (3, 2, 7, 6, 5, 4, 3, 2))
    return written(make, size, digits(number, 8), "-", mark(complement(total, 11), "0123456789K"))


@generator("government.cuit", "An Argentine taxpayer number with its check digit", keywords=("argentina", "tax"))
def cuit(make: Make) -> Made:
    """20, 23, 24 or 27, eight digits and the digit of modulo 11; where that would be 10 the number moves on by one."""
    number, size = numbered(make, 10**6, 10**7)
    number = multiply(number, 5)
    ten = add(number, 20 * 10**8)
    weights = (5, 4, 3, 2, 7, 6, 5, 4, 3, 2)
    total = weighted_sum(places(ten, 10), weights)
    bad = equal(modulo(total, 11), 1)  # one more in the last place (weight 2) makes the remainder 3, the digit 8
    check = if_else(bad, Const(8), complement(total, 11))
    return written(make, size, "20-", digits(if_else(bad, add(number, 1), number), 8), "-", digits(check))


@generator("government.hkid", "A Hong Kong identity number with its check digit", keywords=("hong kong",))
def hkid(make: Make) -> Made:
    """A letter, six digits, and the digit (or A) of modulo 11."""
    index = make.index(26 * 10**6)
    letter, number = divide(index, 10**6), modulo(index, 10**6)
    total = add(add(multiply(add(letter, 10), 8), 36 * 9), weighted_sum(places(number, 6), range(7, 1, -1)))
    return written(
        make,
        26 * 10**6,
        mark(letter, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"),
        digits(number, 6),
        "(",
        mark(complement(total, 11), "0123456789A"),
        ")",
    )


@generator("government.thai_id", "A Thai identity number with its check digit", keywords=("thailand",))
def thai_id(make: Make) -> Made:
    """Twelve digits and 11 minus their sum by weights 13 to 2, modulo 11 and 10."""
    number, size = numbered(make, 10**11, 9 * 10**11)
    total = weighted_sum(places(number, 12), range(13, 1, -1))
    return written(make, size, digits(number, 12), digits(modulo(subtract(11, modulo(total, 11)), 10)))


@generator("government.my_number", "A Japanese individual number with its check digit", keywords=("japan",))
def my_number(make: Make) -> Made:
    """Eleven digits and 11 minus their sum by weights 6 to 2 and 7 to 2, modulo 11; 0 where that is above 9."""
    number, size = numbered(make, 10**10, 10**11)
    rest = modulo(weighted_sum(places(number, 11), (6, 5, 4, 3, 2, 7, 6, 5, 4, 3, 2)), 11)
    return written(make, size, digits(number, 11), digits(if_else(less(rest, 2), Const(0), subtract(11, rest))))


@generator("government.siren", "A French company number with its check digit", keywords=("france", "company"))
def siren(make: Make) -> Made:
    """Eight digits and the Luhn digit."""
    number, size = numbered(make, 3 * 10**7, 9 * 10**7)
    return written(make, size, digits(add(multiply(number, 10), Call("luhn", (number,))), 9))


@generator("government.partita_iva", "An Italian VAT number with its check digit", keywords=("italy", "tax", "vat"))
def partita_iva(make: Make) -> Made:
    """Seven digits, the office 001 to 100, and the Luhn digit."""
    index = make.index(9_000_000 * 99)
    number = add(multiply(add(divide(index, 99), 10**6), 1000), add(modulo(index, 99), 1))
    return written(make, 9_000_000 * 99, digits(add(multiply(number, 10), Call("luhn", (number,))), 11))


@generator(
    "government.drivers_license", "A driving licence number", aliases=("driving_license", "driver_license"), keywords=("car",)
)
def drivers_license(make: Make) -> Made:
    """A letter and seven digits, as in California."""
    index = make.index(26 * 10**7)
    return written(make, 26 * 10**7, mark(divide(index, 10**7), "ABCDEFGHIJKLMNOPQRSTUVWXYZ"), digits(modulo(index, 10**7), 7))
