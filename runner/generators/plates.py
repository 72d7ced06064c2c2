"""Number plates: how each country writes them, and where they begin with a place, places that exist."""

from __future__ import annotations

from typing import Final, NamedTuple

from runner.generators.compose import divide, join, modulo
from runner.generators.countries import country_of
from runner.generators.patterns import parse_template, size_of
from runner.generators.registry import Made, Make, generator
from runner.ops import Op, Pattern, Values
from runner.types import STRING

_CLEAR: Final = "ABCDEFGHJKLMNPRSTUVWXYZ"  # without I, O and Q, which look like digits
_CONSONANTS: Final = "BCDFGHJKLMNPRSTVWXYZ"
_ALL: Final = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_CYRILLIC: Final = "АВЕКМНОРСТУХ"  # those that look like Latin letters
_KANA: Final = "あいうえかきくけこさすせそたちつてとなにぬねのはひふほまみむめもやゆよらりるろ"
_HANGUL: Final = "가나다라마거너더러머버서어저고노도로모보소오조구누두루무부수우주"


class Plate(NamedTuple):
    """Places it may begin with, and a template of what follows: # a digit, % one from 1 to 9, ? one of the letters."""

    template: str
    letters: str = _CLEAR
    places: str = ""


_USUAL: Final = Plate("???-####")
_PLATES: Final = {
    "AR": Plate("?? ### ??", _ALL),
    "AT": Plate(" #####?", _CLEAR, "W G L S I K GU WU BN MD"),
    "AU": Plate("??? ##?"),
    "BE": Plate("1-???-###"),
    "BG": Plate(" #### ??", "ABEKMHOPCTYX", "CB PB B A E K M H P"),
    "BR": Plate("???#?##", _ALL),
    "CA": Plate("???? ###"),
    "CH": Plate(" ######", _CLEAR, "ZH BE LU SG AG VD GE TI BS SO"),
    "CL": Plate("????-##", "BCDFGHJKLPRSTVWXYZ"),
    "CN": Plate("?·?####", _CLEAR, "京 沪 粤 浙 苏 川 鄂 湘 鲁 豫"),
    "CO": Plate("???###", _ALL),
    "CZ": Plate("? ####", _CLEAR, "1A 2A 3A 4B 1S 2S 1T 3C"),
    "DE": Plate("-?? %###", "ABCDEFGHKLMNPRTUVWXY", "B M HH K F S D DO E L DD H N HB HD KA MA AC BN MZ"),
    "DK": Plate("?? ## ###", "ABCDEHJKLMNPRSTUVXYZ"),
    "EE": Plate("### ???", "BCDFGHJKLMNPRSTVWXYZ"),
    "ES": Plate("#### ???", "BCDFGHJKLMNPRSTVWXYZ"),
    "FI": Plate("???-###"),
    "FR": Plate("??-###-??", "ABCDEFGHJKLMNPQRSTVWXYZ"),
    "GB": Plate("# ???", _CLEAR, "AB1 AK6 BD1 CA6 DL1 EK6 FN1 GX6 HK1 KP6 LA1 LA6 LD1 LD6 MA1 NA6 OU1 PE6 RE1 SA6 VA1 YD6"),
    "GR": Plate("-####", _CLEAR, "IKA IZB YHK NIO PEB XZA KHI AKH"),
    "HR": Plate(" ###-??", _ALL, "ZG ST RI OS ZD PU VZ SI"),
    "HU": Plate("?? ??-###", _CLEAR),
    "ID": Plate(" %### ???", _CLEAR, "B D F E G H L N AB AD BK BM DK KB DD"),
    "IE": Plate("-#####", _CLEAR, "191-D 201-D 221-D 241-D 192-C 212-C 231-G 222-L 232-KE"),
    "IL": Plate("###-##-###"),
    "IN": Plate(" ## ?? ####", _CLEAR, "MH DL KA TN UP GJ WB RJ KL TS"),
    "IT": Plate("?? ###??", "ABCDEFGHJKLMNPRSTVWXYZ"),
    "JP": Plate(" 5## ? %#-##", _KANA, "品川 横浜 名古屋 なにわ 札幌 福岡 神戸 京都 広島 仙台"),
    "KR": Plate("##? ####", _HANGUL, "1 2 3 4 5 6"),
    "LT": Plate("??? ###", _CONSONANTS),
    "LV": Plate("??-####", _CLEAR),
    "MX": Plate("???-###-?"),
    "NL": Plate("??-###-?", "BDFGHJKLNPRSTVXZ"),
    "NO": Plate(" #####", _CLEAR, "DN EB EK EL BN CA SV KH ZH VF"),
    "NZ": Plate("???###"),
    "PL": Plate(" #####", _CLEAR, "WA WI KR GD PO DW LU RZ SK KA EL ZS"),
    "PT": Plate("??-##-??"),
    "RO": Plate(" ## ???", _CLEAR, "CJ TM IS CT BV PH BH AR"),
    "RU": Plate("?###?? ", _CYRILLIC, "77 78 99 177 197 50 23 66 16 54"),
    "SA": Plate("#### ???", "ABDEGHJKLNRSTUVXZ"),
    "SE": Plate("??? ##?", "ABCDEFGHJKLMNOPRSTUWXYZ"),
    "SK": Plate("-###??", _CLEAR, "BA KE ZA NR TT PO BB TN"),
    "TR": Plate(" ??? ###", "ABCDEFGHIJKLMNOPRSTUVYZ", "34 06 35 16 07 01 42 27"),
    "UA": Plate(" #### ??", "АВЕІКМНОРСТХ", "АА КА АЕ ВН АР ВС АІ АХ"),
}
_BEHIND: Final = frozenset({"RU"})  # whose plates end with the number of the region


@generator(
    "vehicle.license_plate",
    "A number plate as the locale's country writes it",
    aliases=("number_plate", "vehicle_registration"),
    keywords=("registration",),
)
def license_plate(make: Make) -> Made:
    """The form of today's private cars; three letters and four digits in countries that are not listed."""
    plate = _PLATES.get(country_of(make.locale), _USUAL)
    places, alphabets = tuple(plate.places.split()) or ("",), parse_template(plate.template, plate.letters)
    size = size_of(alphabets)
    index = make.index(len(places) * size)
    if len(places) == 1:
        return Made(Pattern(alphabets, index), STRING, size, unique=make.unique)
    parts: list[Op] = [Values(places, divide(index, size)), Pattern(alphabets, modulo(index, size))]
    written = join(*(reversed(parts) if country_of(make.locale) in _BEHIND else parts))
    return Made(written, STRING, len(places) * size, unique=make.unique)
