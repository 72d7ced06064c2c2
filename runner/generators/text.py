"""Words, sentences and longer texts in the words of a language (of English, where Faker has none)."""

from __future__ import annotations

from runner import pools
from runner.generators.compose import add, cut, if_else, join, less
from runner.generators.registry import Made, Make, Parameter, generator
from runner.ops import Call, Const, Op, Take, Uniform
from runner.types import STRING, TEXT

_SENTENCE_WORDS = (5, 9)
_SHORTEST = 35  # characters of a sentence, rather few


@generator("text.word", "A word", keywords=("lorem", "term"))
def word(make: Make) -> Made:
    """Any word of the list, evenly."""
    words = Words(make)
    return Made(Take(words.pool, "name", add(make.index(words.size), 1)), STRING, words.size, unique=make.unique)


@generator(
    "text.words",
    "Several words",
    parameters=(Parameter("words", "int", "How many", 3, minimum=1, maximum=100),),
    keywords=("phrase",),
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
    version=2,
)
def text(make: Make, max_length: int) -> Made:
    """Whole sentences up to a drawn length, from a quarter of the longest on; words, where a sentence does not fit."""
    length = Uniform(make.key("longest"), (max_length + 3) // 4, max_length, make.at)
    whole = Call("cut_text", (Words(make).paragraph(max_length // _SHORTEST + 1), length))
    return Made(cut(whole, max_length), TEXT, None)


class Words:
    """The words of the make's locale; entry 0 of the pool is empty."""

    def __init__(self, make: Make, locale: str = "") -> None:
        self.make = make
        self.pool = pools.find_pool(locale or make.locale, "word")
        self.size = pools.pool(self.pool).size - 1

    def word(self, purpose: str, field: str) -> Op:
        """A word, drawn for a purpose."""
        return Take(self.pool, field, self._index(purpose))

    def _index(self, purpose: str) -> Op:
        return Uniform(self.make.key(f"word {purpose}"), 1, self.size, self.make.at)

    def sentence(self, purpose: str, low: int, high: int, stop: str = ".") -> Op:
        """Between `low` and `high` words: those beyond the drawn number are the pool's empty entry."""
        parts: list[str | Op] = [self.word(f"{purpose}0", "capital")]
        parts += [self.word(f"{purpose}{n}", "after") for n in range(1, low)]
        length = Uniform(self.make.key(f"length {purpose}"), low, high, self.make.at)
        for n in range(low, high):
            index = if_else(less(n, length), self._index(f"{purpose}{n}"), Const(0))
            parts.append(Take(self.pool, "after", index))
        return join(*parts, stop)

    def paragraph(self, sentences: int) -> Op:
        """Sentences with a space between."""
        parts = [self.sentence(f"{n} ", *_SENTENCE_WORDS) for n in range(sentences)]
        return join(*[piece for part in parts for piece in (" ", part)][1:])
