"""Languages that can be told apart lightly: their name for prompts, their script, and their commonest words."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Language:
    """`script` is a regular expression of the script's letters; `words` are common and rare in the others."""

    name: str
    script: re.Pattern[str]
    words: frozenset[str]


_LATIN: Final = re.compile(r"[A-Za-zÀ-ɏḀ-ỿ]")
_CYRILLIC: Final = re.compile(r"[Ѐ-ӿ]")
_ARABIC: Final = re.compile(r"[؀-ۿݐ-ݿ]")
_HAN: Final = re.compile(r"[㐀-鿿]")
_JAPANESE: Final = re.compile(r"[぀-ヿ㐀-鿿]")
_KANA: Final = re.compile(r"[぀-ヿ]")
_HANGUL: Final = re.compile(r"[가-힣ᄀ-ᇿ]")
_DEVANAGARI: Final = re.compile(r"[ऀ-ॿ]")
_THAI: Final = re.compile(r"[฀-๿]")
_HEBREW: Final = re.compile(r"[֐-׿]")
_GREEK: Final = re.compile(r"[Ͱ-Ͽ]")


def _language(name: str, script: re.Pattern[str] = _LATIN, words: str = "") -> Language:
    return Language(name, script, frozenset(words.split()))


LANGUAGES: Final = {
    "en": _language("English", words="the and of to is that it for with you this are was be have not from by as your can which"),
    "de": _language("German", words="der die und das ist nicht ein eine zu mit den von für auf sich auch dem wird wie bei oder"),
    "fr": _language("French", words="le les des et est une que pour dans qui pas sur avec vous ce cette au du sont plus ou"),
    "es": _language("Spanish", words="el los las y es una que para con por del se más como su pero está este al también"),
    "pt": _language("Portuguese", words="os as e é uma que para com por do da não se mais como são em no na um ao também você"),
    "it": _language("Italian", words="il gli e è una che per con di non si più come sono della del nel alla anche questo un"),
    "nl": _language("Dutch", words="de het een en van is dat niet op te zijn voor met aan die ook wordt bij of naar"),
    "id": _language(
        "Indonesian",
        words="yang dan di untuk dengan ini itu dari dalam adalah pada tidak akan atau dapat oleh saya anda juga bisa",
    ),
    "tr": _language("Turkish", words="ve bir bu için ile de da olarak çok daha gibi olan ne değil ama veya her"),
    "pl": _language("Polish", words="i w na się nie jest z do że to jak dla po przez są oraz od które tak"),
    "sv": _language("Swedish", words="och att det är som en på för med den inte av till har kan om ett eller"),
    "vi": _language("Vietnamese", words="và của là có không được cho các một trong với những này đã để người khi"),
    "ru": _language("Russian", _CYRILLIC),
    "uk": _language("Ukrainian", _CYRILLIC),
    "ar": _language("Arabic", _ARABIC),
    "fa": _language("Persian", _ARABIC),
    "he": _language("Hebrew", _HEBREW),
    "hi": _language("Hindi", _DEVANAGARI),
    "th": _language("Thai", _THAI),
    "el": _language("Greek", _GREEK),
    "zh": _language("Chinese", _HAN),
    "ja": _language("Japanese", _JAPANESE),
    "ko": _language("Korean", _HANGUL),
}
"""By ISO 639 code. A language that is not here is not checked."""

_WORD: Final = re.compile(r"[^\W\d_]+")
_CODE: Final = re.compile(r"```.*?(?:```|\Z)|`[^`\n]*`|https?://\S+", re.S)
_ENOUGH_LETTERS, _ENOUGH_WORDS = 20, 15
_SCRIPT_SHARE: Final = 0.3
_KANA_SHARE: Final = 0.1


def language_name(code: str) -> str:
    """For a prompt: `English`; of unknown ones the code itself."""
    known = LANGUAGES.get(code.partition("-")[0].lower())
    return known.name if known else code


def in_other_language(text: str, code: str) -> bool:
    """Whether a text is surely in another language than that of `code`: by its script, else by common words.

    Code, links, short texts and unknown languages are given the benefit of the doubt.
    """
    own = LANGUAGES.get(code.partition("-")[0].lower())
    prose = _CODE.sub(" ", text)
    letters = sum(map(str.isalpha, prose))
    if own is None or letters < _ENOUGH_LETTERS:
        return False
    if len(own.script.findall(prose)) < _SCRIPT_SHARE * letters:
        return True
    if own.script in (_HAN, _JAPANESE):
        return (len(_KANA.findall(prose)) > _KANA_SHARE * letters) is (own.script is _HAN)
    return own.script is _LATIN and _other_words(prose, own)


def _other_words(prose: str, own: Language) -> bool:
    words = [word.lower() for word in _WORD.findall(prose)]
    if len(words) < _ENOUGH_WORDS:
        return False
    hits = {language.name: sum(word in language.words for word in words) for language in LANGUAGES.values()}
    best = max(hits.values())
    return best >= 3 * hits[own.name] + 3
