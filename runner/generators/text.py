"""Words, sentences and longer texts in the words of a language (of English, where Faker has none)."""

from __future__ import annotations

from runner import pools
from runner.automata import Language, counted, numbered
from runner.generators import regexes
from runner.generators.compose import add, if_else, join, less
from runner.generators.registry import Made, Make, Parameter, generator
from runner.ops import Const, Matching, Op, Prose, Sentences, Take, Uniform
from runner.types import STRING, TEXT

_SENTENCE_WORDS = (5, 9)
_ENDS = {
    "ja_JP": ("。", ""),
    "zh_CN": ("。", ""),
    "zh_TW": ("。", ""),
    "th_TH": ("", " "),
    "bn_BD": ("।", " "),
    "hi_IN": ("।", " "),
}
"""What ends a sentence and what stands before the next one, where that is not a full stop and a space."""


@generator("text.word", "A word", keywords=("lorem", "term"), version=2)
def word(make: Make) -> Made:
    """Any word of the list, evenly."""
    words = Words(make)
    return Made(Take(words.pool, "name", add(make.index(words.size), 1)), STRING, words.size, unique=make.unique)


@generator(
    "text.words",
    "Several words",
    parameters=(Parameter("words", "int", "How many", 3, minimum=1, maximum=100),),
    keywords=("phrase",),
    version=2,
)
def words(make: Make, words: int) -> Made:
    """A fixed number of words."""
    made = Words(make)
    return Made(join(*(made.word(f"{n}", "after" if n else "name") for n in range(words))), STRING, None)


@generator(
    "text.sentence",
    "A sentence",
    parameters=(Parameter("words", "int", "Exactly so many words; by default 5 to 9", minimum=1, maximum=100),),
    keywords=("lorem ipsum", "note", "comment"),
    version=2,
)
def sentence(make: Make, words: int | None) -> Made:
    """A capital, words and a full stop."""
    low, high = (words, words) if words else _SENTENCE_WORDS
    return Made(Words(make).sentence("", low, high), STRING, None)


@generator(
    "text.headline",
    "A few words with a capital",
    parameters=(Parameter("words", "int", "How many; by default 2 to 5", minimum=1, maximum=20),),
    keywords=("title", "subject"),
    version=2,
)
def headline(make: Make, words: int | None) -> Made:
    """Like a sentence, without the full stop."""
    low, high = (words, words) if words else (2, 5)
    return Made(Words(make).sentence("", low, high, ""), STRING, None)


@generator(
    "text.paragraph",
    "Some sentences",
    output="text",
    parameters=(Parameter("sentences", "int", "How many", 3, minimum=1, maximum=20),),
    keywords=("lorem ipsum", "body", "description"),
    version=2,
)
def paragraph(make: Make, sentences: int) -> Made:
    """Sentences with a space between."""
    return Made(Words(make).paragraph(sentences), TEXT, None)


@generator(
    "text.text",
    "Sentences, of varying length up to a number of characters",
    output="text",
    parameters=(Parameter("max_length", "int", "Longest text", 200, minimum=1, maximum=2_000),),
    keywords=("lorem ipsum", "content"),
    version=3,
)
def text(make: Make, max_length: int) -> Made:
    """As many words as fit into a drawn length, from a quarter of the longest on; the last sentence ends there."""
    length = Uniform(make.key("longest"), (max_length + 3) // 4, max_length, make.at)
    return Made(Words(make).prose(length, max_length), TEXT, None)


@generator(
    "text.regex",
    "Text that matches a regular expression as a whole",
    parameters=(
        Parameter(
            "pattern",
            "string",
            "Characters, classes such as [a-z] and \\d \\w \\s, groups, |, and ? * + {m,n}; no look-around or back references",
            "[A-Z]{3}-\\d{4}",
        ),
        Parameter("more", "int", "How often * + and {m,} repeat at most beyond what they must", 8, minimum=0, maximum=100),
    ),
    aliases=("regular_expression", "regexify", "from_regex", "pattern.regex"),
    keywords=("pattern", "regexp", "template", "mask"),
)
def regex(make: Make, pattern: str, more: int) -> Made:
    """Every length that matches equally often, and every text of one length; each text once when unique."""
    return spoken(make, regexes.language(pattern, more))


def spoken(make: Make, language: Language) -> Made:
    """A text of the language, distinct when the column is unique."""
    total = counted(language).total
    make.require(total)
    of = make.index(numbered(language)) if make.unique else None
    return Made(Matching(make.key("walk"), *language, of, make.at), STRING, total, unique=make.unique)


def _words_of(locale: str) -> str:
    """The pool of words of a locale, else of its language's own country, else of en_US."""
    if "word" in pools.facts(locale)["pools"]:
        return f"{locale}/word"
    return pools.find_pool(pools.locale_of(locale.partition("_")[0]) or locale, "word")


class Words:
    """The words of the make's locale; entry 0 of the pool is empty."""

    def __init__(self, make: Make, locale: str = "") -> None:
        self.make = make
        self.pool = _words_of(locale or make.locale)
        self.size = pools.pool(self.pool).size - 1
        self.stop, self.gap = _ENDS.get(self.pool.partition("/")[0], (".", " "))

    def word(self, purpose: str, field: str) -> Op:
        """A word, drawn for a purpose."""
        return Take(self.pool, field, self._index(purpose))

    def _index(self, purpose: str) -> Op:
        return Uniform(self.make.key(f"word {purpose}"), 1, self.size, self.make.at)

    def prose(self, length: Op, longest: int) -> Op:
        """Running text of at most `length` characters."""
        return Prose(self.make.key("prose"), self.pool, self.stop, self.gap, longest, length, self.make.at)

    def sentence(self, purpose: str, low: int, high: int, stop: str | None = None) -> Op:
        """Between `low` and `high` words: those beyond the drawn number are the pool's empty entry."""
        parts: list[str | Op] = [self.word(f"{purpose}0", "capital")]
        parts += [self.word(f"{purpose}{n}", "after") for n in range(1, low)]
        length = Uniform(self.make.key(f"length {purpose}"), low, high, self.make.at)
        for n in range(low, high):
            index = if_else(less(n, length), self._index(f"{purpose}{n}"), Const(0))
            parts.append(Take(self.pool, "after", index))
        return join(*parts, self.stop if stop is None else stop)

    def paragraph(self, sentences: int, purpose: str = "") -> Op:
        """Sentences, one after another."""
        return Sentences(self.make.key(f"sentences {purpose}"), self.pool, self.stop, self.gap, sentences, self.make.at)
