"""How a locale writes addresses: streets, postcodes and whole addresses, as templates.

In templates `{number}`, `{street}`, `{city}`, `{region}`, `{region_code}`, `{postcode}`, `{first}`, `{last}`, `{suffix}`,
`{prefix}`, `{name}` are parts; anything else stands as it is. Postcodes: `#` a digit, `%` 1-9, `?` a capital letter.
"""

from __future__ import annotations

from typing import Any

from scripts.pools.cities import country_of
from scripts.pools.postcodes import tail
from scripts.pools.source import own

# locale: (street, street address, whole address)
_WRITTEN = {
    "en_US": ("{last} {suffix}", "{number} {street}", "{line}, {city}, {region_code} {postcode}"),
    "en_GB": ("{last} {suffix}", "{number} {street}", "{line}, {city}, {postcode}"),
    "en_CA": ("{last} {suffix}", "{number} {street}", "{line}, {city}, {region_code} {postcode}"),
    "en_AU": ("{last} {suffix}", "{number} {street}", "{line}, {city} {region_code} {postcode}"),
    "de_DE": ("{last}{suffix}", "{street} {number}", "{line}, {postcode} {city}"),
    "fr_FR": ("{prefix} {last}", "{number}, {street}", "{line}, {postcode} {city}"),
    "es_ES": ("{prefix} {first} {last}", "{street} {number}", "{line}, {city}, {postcode}"),
    "it_IT": ("{suffix} {last}", "{street}, {number}", "{line}, {postcode} {city}"),
    "nl_NL": ("{last}{suffix}", "{street} {number}", "{line}, {postcode} {city}"),
    "pl_PL": ("ul. {name}", "{street} {number}", "{line}, {postcode} {city}"),
    "pt_BR": ("{prefix} {last}", "{street}, {number}", "{line}, {city} - {region_code}, {postcode}"),
    "id_ID": ("Jalan {name}", "{street} No. {number}", "{line}, {city}, {region} {postcode}"),
    "ja_JP": ("{name}", "{street}{number}番地", "〒{postcode} {region}{city}{line}"),
    "zh_CN": ("{last}{suffix}", "{street}{number}号", "{region}{city}{line} {postcode}"),
    "zh_TW": ("{last}{suffix}", "{street}{number}號", "{postcode} {city}{line}"),
    "ko_KR": ("{last}{suffix}", "{street} {number}", "({postcode}) {region} {city} {line}"),
    "th_TH": ("ถนน{last}", "{number} {street}", "{line} {city} {postcode}"),
    "hi_IN": ("{last} मार्ग", "{number}, {street}", "{line}, {city} {postcode}"),
    "ru_RU": ("ул. {name}", "{street}, д. {number}", "{line}, {city}, {postcode}"),
    "tr_TR": ("{last} Sokak", "{street} No: {number}", "{line}, {postcode} {city}"),
}
_POSTCODES = {
    "en_US": "#####",
    "en_GB": "",
    "en_CA": "?#? #?#",
    "en_AU": "####",
    "nl_NL": "%### ??",
    "pl_PL": "##-###",
    "pt_BR": "#####-###",
    "ja_JP": "###-####",
    "zh_CN": "%#####",
    "hi_IN": "%#####",
    "en_IN": "%#####",
    "ru_RU": "%#####",
    "fr_FR": "%####",
}


def written_facts(locale: str) -> dict[str, Any]:
    """`street`, `street_address`, `address` and `postcode` templates of a locale, its country, and the alphabets of what
    follows the known part of its postcodes."""
    provider = own(locale, "address")
    formats = [f for f in getattr(provider, "postcode_formats", ()) if set(f) & set("#%") and "{" not in f] or ["#####"]
    suffixes = bool(list(getattr(provider, "street_suffixes", ["Street"])) != ["Street"])
    street, line, whole = _WRITTEN.get(
        locale, ("{last} {suffix}" if suffixes else "{last}", "{street} {number}", "{line}, {postcode} {city}")
    )
    return {
        "street": street,
        "street_address": line,
        "address": whole,
        "postcode": _POSTCODES.get(locale) or str(formats[0]),
        "postcode_tail": tail(country_of(locale)),
        "country": country_of(locale),
    }
