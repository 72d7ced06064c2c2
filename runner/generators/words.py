"""English words by their part of speech, and the phrases that they make."""

from __future__ import annotations

from runner import pools
from runner.generators.compose import Take, digits, divide, join, modulo
from runner.generators.picks import listed, pick, word
from runner.generators.registry import Made, Make, Parameter, generator
from runner.ops import Op
from runner.types import STRING

_KINDS = {
    "adjective": "demonstrative descriptive indefinite interrogative possessive proper quantitative",
    "adverb": "degree frequency_definite frequency_indefinite manner place time_definite time_indefinite",
    "connective": "casual comparative complaint examplify listing time",
    "noun": "abstract collective_animal collective_people collective_thing common concrete countable determiner proper "
    "uncountable",
    "preposition": "compound double simple",
    "pronoun": "demonstrative indefinite interrogative object personal possessive reflective relative",
    "verb": "action helping intransitive linking transitive",
}


def _part_of_speech(name: str, article: str) -> None:
    kinds = tuple(_KINDS[name].split())
    choice = Parameter("kind", "string", "Only those of that kind", "any", choices=("any", *kinds))
    register = generator(f"word.{name}", f"{article} {name}", parameters=(choice,), keywords=("grammar", "english", "word"))
    register(lambda make, kind: pick(make, f"grammar/{name}" if kind == "any" else f"grammar/{name}_{kind}"))


for _name in _KINDS:
    _part_of_speech(_name, "An" if _name[0] == "a" else "A")
listed("word.interjection", "An interjection", "grammar", "exclamation", pool="grammar/interjection")
listed("word.conjunction", "A conjunction", "grammar", pool="grammar/conjunction")
listed("word.hacker_abbreviation", "An abbreviation of computing", "acronym", pool="words/hacker_abbreviation")
listed("word.hacker_adjective", "An adjective of computing", "jargon", pool="words/hacker_adjective")
listed("word.hacker_noun", "A noun of computing", "jargon", pool="words/hacker_noun")
listed("word.hacker_verb", "A verb of computing", "jargon", pool="words/hacker_verb")
listed(
    "word.hacker_ingverb",
    "A verb of computing in its -ing form",
    "jargon",
    pool="words/hacker_ingverb",
    aliases=("hackering_verb",),
)
listed("word.hipster", "A word of fashion", "trendy", pool="words/hipster", aliases=("hipster_word",))
listed("company.buzzword", "A word of marketing", "jargon", "marketing", pool="words/buzzword")
listed("person.hobby", "A hobby", "pastime", "interest", pool="words/hobby")
listed("text.quote", "A well-known saying", "saying", "proverb", pool="words/quote")


def _from(make: Make, pool: str, purpose: str = "") -> Take:
    op = word(make, pool, "name", f"{pool} {purpose}")
    assert isinstance(op, Take)
    return op


@generator("word.hacker_phrase", "A sentence of computing", keywords=("jargon",))
def hacker_phrase(make: Make) -> Made:
    """An order and its reason."""
    verb, adjective, noun = (_from(make, f"words/hacker_{kind}") for kind in ("verb", "adjective", "noun"))
    other, short = _from(make, "words/hacker_verb", "other"), _from(make, "words/hacker_abbreviation")
    parts: tuple[str | Op, ...] = ("We need to ", verb, " the ", adjective, " ", noun, ", so we can ", other, " the ", short, "!")
    return Made(join(*parts), STRING, None)


@generator("word.noun_phrase", "An article, an adjective and a noun", aliases=("phrase_noun",), keywords=("grammar",))
def noun_phrase(make: Make) -> Made:
    """Such as `the quiet river`."""
    return Made(join("the ", _from(make, "grammar/adjective_descriptive"), " ", _from(make, "grammar/noun_common")), STRING, None)


@generator("word.verb_phrase", "A verb with its adverb", aliases=("phrase_verb",), keywords=("grammar",))
def verb_phrase(make: Make) -> Made:
    """Such as `slowly walk`."""
    return Made(join(_from(make, "grammar/adverb_manner"), " ", _from(make, "grammar/verb_action")), STRING, None)


@generator("word.adverb_phrase", "Two adverbs, the first of degree", aliases=("phrase_adverb",), keywords=("grammar",))
def adverb_phrase(make: Make) -> Made:
    """Such as `rather slowly`."""
    return Made(join(_from(make, "grammar/adverb_degree"), " ", _from(make, "grammar/adverb_manner")), STRING, None)


@generator(
    "word.preposition_phrase", "A preposition and what it stands before", aliases=("phrase_preposition",), keywords=("grammar",)
)
def preposition_phrase(make: Make) -> Made:
    """Such as `under the quiet river`."""
    return Made(join(_from(make, "grammar/preposition_simple"), " ", noun_phrase(make).op), STRING, None)


@generator("text.question", "A question", keywords=("ask", "sentence"))
def question(make: Make) -> Made:
    """Of common words."""
    parts = (
        "Why does the ",
        _from(make, "grammar/noun_common"),
        " ",
        _from(make, "grammar/verb_intransitive"),
        " ",
        _from(make, "grammar/adverb_manner"),
        "?",
    )
    return Made(join(*parts), STRING, None)


def _hipster(make: Make, words: int, purpose: str) -> Op:
    parts: list[str | Op] = [word(make, "words/hipster", "capital", f"{purpose}first")]
    for number in range(1, words):
        parts += [" ", _from(make, "words/hipster", f"{purpose}{number}")]
    return join(*parts, ".")


_WORDS = Parameter("words", "int", "How many words", 6, minimum=1, maximum=20)


@generator("text.hipster_sentence", "A sentence of words of fashion", parameters=(_WORDS,), keywords=("lorem ipsum",))
def hipster_sentence(make: Make, words: int) -> Made:
    """A capital, words and a full stop."""
    return Made(_hipster(make, words, ""), STRING, None)


@generator(
    "text.hipster_paragraph",
    "Some sentences of words of fashion",
    output="string",
    keywords=("lorem ipsum",),
    parameters=(Parameter("sentences", "int", "How many", 3, minimum=1, maximum=8),),
)
def hipster_paragraph(make: Make, sentences: int) -> Made:
    """Sentences of six words."""
    parts = [_hipster(make, 6, f"{n} ") for n in range(sentences)]
    return Made(join(*[piece for part in parts for piece in (" ", part)][1:]), STRING, None)


@generator("person.bio", "A short text in which somebody tells of themselves", keywords=("about", "profile", "biography"))
def bio(make: Make) -> Made:
    """Three traits."""
    pairs = [join(_from(make, "words/bio_trait", f"{n}"), " ", _from(make, "words/bio_role", f"{n}")) for n in range(2)]
    return Made(join(pairs[0], ". ", pairs[1], ". Loves ", _from(make, "words/hobby"), "."), STRING, None)


@generator("internet.gamertag", "A name for a player", aliases=("gamer_tag",), keywords=("handle", "nickname", "username"))
def gamertag(make: Make) -> Made:
    """Two words and a number of up to four digits."""
    ones, twos = (pools.pool(f"words/gamer_{kind}").size for kind in ("adjective", "noun"))
    size = ones * twos * 9_999
    index = make.index(size)
    rest, number = divide(index, 9_999), modulo(index, 9_999)
    first, second = (
        Take("words/gamer_adjective", "name", divide(rest, twos)),
        Take("words/gamer_noun", "name", modulo(rest, twos)),
    )
    return Made(join(first, second, digits(number)), STRING, size, unique=make.unique)
