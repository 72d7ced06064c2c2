"""Music, books, films, sports and games. A book or composition of a row is one record of facts; films are made up."""

from __future__ import annotations

from runner import pools
from runner.generators.checked import add, digits, divide, join, mark, modulo, multiply, written
from runner.generators.compose import choose
from runner.generators.picks import field, listed, pick
from runner.generators.registry import Made, Make, ParameterError, generator
from runner.ops import Call, Const, Op, Take, Uniform, Values
from runner.types import INT, STRING

for _kind, _maker, _word in (("book", "author", "novel"), ("music", "composer", "composition")):
    _title = "work" if _kind == "music" else "title"
    field(
        f"{_kind}.{_kind}_{_title}",
        f"A {_word} that the public may use freely",
        _kind,
        f"works/{_kind}",
        keywords=(_word, "title"),
    )
    field(
        f"{_kind}.{_kind}_{_maker}", f"The {_maker} of the row's {_word}", _kind, f"works/{_kind}", "creator", keywords=(_word,)
    )
    field(f"{_kind}.{_kind}_year", f"The year of the row's {_word}", _kind, f"works/{_kind}", "year", kind=INT, keywords=(_word,))
    field(f"{_kind}.{_kind}_style", f"The genre of the row's {_word}", _kind, f"works/{_kind}", "genre", keywords=("genre",))
listed("book.known_title", "The title of a well-known book, for its column alone", "novel", pool="culture/book_title")
listed("book.known_author", "A well-known author, for its column alone", "writer", pool="culture/book_author")
listed("book.publisher", "A publisher of books", "press", pool="culture/publisher")
listed("music.instrument", "A musical instrument", "orchestra", pool="culture/instrument")
listed("music.genre", "A genre of music", "style", pool="culture/music_genre", aliases=("music_genre", "song_genre"))
listed("music.song", "The title of a song", "track", pool="culture/song", aliases=("song_name", "song_title"))
listed("music.album", "The title of an album", "record", pool="culture/album")
listed("music.dance", "A dance", "ballroom", pool="culture/dance")
listed("movie.movie_genre", "A genre of films", "cinema", pool="culture/movie_genre")
listed("sport.sport", "A sport", "game", "olympic", pool="culture/sport")
listed("game.table_game", "A game of cards or on a board", "board game", pool="culture/board_game", aliases=("board_game",))
listed("game.toy", "A toy", "child", pool="culture/toy")
for _thing, _told in (
    ("creature", "A creature of myths and tales"), ("monster", "A monster of myths and tales"), ("armor", "A piece of armour"),
    ("weapon", "A weapon of old"), ("tool", "A tool for the hand"), ("ore", "A mineral to dig for"), ("gem", "A gem"),
    ("metal", "A metal or an alloy"),
    ("wood", "A sort of wood"), ("landscape", "A formation of the land"), ("weather", "A sort of weather or wind"),
    ("craft", "Somebody who works in a craft"), ("workplace", "A place where people work"), ("dye", "A colour to dye with"),
):  # fmt: skip
    listed(f"game.{_thing}", _told, "fantasy", "role play", pool=f"game/{_thing}")
listed("game.skill_level", "How far somebody is in a craft", "rank", "role play", pool="culture/skill_level")


def _film(make: Make, purpose: str) -> Op:
    return Uniform(make.entity_key(f"movie {purpose}"), 0, (1 << 32) - 1, make.row)


def _of(pool: str, drawn: Op) -> Op:
    """The entry that a draw below 2^32 points to."""
    return Take(pool, "name", divide(multiply(drawn, pools.pool(pool).size), 1 << 32))


@generator("movie.movie_title", "The title of a film that does not exist", keywords=("film", "cinema"))
def movie_title(make: Make) -> Made:
    """An adjective and a noun, or two nouns; the row's other columns of a film belong to it."""
    if make.unique:
        raise ParameterError("film titles cannot be unique", "unique", code="UNIQUE_IMPOSSIBLE")
    noun, other = (_title_case(_of("grammar/noun_common", _film(make, purpose))) for purpose in ("noun", "other"))
    adjective = _title_case(_of("grammar/adjective_descriptive", _film(make, "adjective")))
    kind = modulo(_film(make, "kind"), 4)
    return Made(choose(kind, join("The ", adjective, " ", noun), join(adjective, " ", noun), join(noun, " of ", other),
                       join("The ", noun, " and the ", other)), STRING, None)  # fmt: skip


def _title_case(word: Op) -> Op:
    return join(Call("upper", (Call("substring", (word, Const(0), Const(1))),)), Call("substring", (word, Const(1), Const(60))))


@generator("movie.movie_director", "Who made the row's film, a made-up name", keywords=("film", "cinema"))
def movie_director(make: Make) -> Made:
    """A first and a last name of the United States."""
    first, last = (_of(f"en_US/person_{half}", _film(make, half)) for half in ("first", "last"))
    return Made(join(first, " ", last), STRING, None)


@generator("movie.movie_year", "The year of the row's film", output="int", keywords=("film", "cinema"))
def movie_year(make: Make) -> Made:
    """1920 to 2024."""
    if make.unique:
        return Made(add(make.index(105), 1920), INT, 105, unique=True)
    return Made(add(modulo(_film(make, "year"), 105), 1920), INT, 105)


@generator("movie.movie_style", "The genre of the row's film", keywords=("film", "genre"))
def movie_style(make: Make) -> Made:
    """Evenly."""
    if make.unique:
        return pick(make, "culture/movie_genre")
    return Made(_of("culture/movie_genre", _film(make, "genre")), STRING, pools.pool("culture/movie_genre").size)


def _few(make: Make, values: tuple[str, ...]) -> Made:
    return Made(Values(values, make.index(len(values))), STRING, len(values), unique=make.unique)


@generator("music.key", "A key of music", aliases=("musical_key",), keywords=("scale", "tonality"))
def key(make: Make) -> Made:
    """Twelve tones, major and minor."""
    tones = ("C", "C♯", "D", "E♭", "E", "F", "F♯", "G", "A♭", "A", "B♭", "B")
    return _few(make, tuple(f"{tone} {mode}" for tone in tones for mode in ("major", "minor")))


@generator("music.tempo", "Beats a minute", output="int", aliases=("bpm",), keywords=("speed",))
def tempo(make: Make) -> Made:
    """40 to 220."""
    return Made(add(make.index(181), 40), INT, 181, unique=make.unique)


@generator("game.dice", "A throw of a die", output="int", aliases=("die", "dice_roll"), keywords=("roll", "chance"))
def dice(make: Make) -> Made:
    """1 to 6."""
    return Made(add(make.index(6), 1), INT, 6, unique=make.unique)


@generator("game.coin", "A flip of a coin", aliases=("flip_a_coin", "coin_flip"), keywords=("toss", "chance"))
def coin(make: Make) -> Made:
    """Heads or tails."""
    return _few(make, ("Heads", "Tails"))


@generator("game.playing_card", "A playing card", keywords=("deck", "poker"))
def playing_card(make: Make) -> Made:
    """One of 52."""
    ranks = ("A", "2", "3", "4", "5", "6", "7", "8", "9", "10", "J", "Q", "K")
    return _few(make, tuple(f"{rank}{suit}" for suit in "♠♥♦♣" for rank in ranks))


@generator("game.chess_square", "A square of a chess board", keywords=("board",))
def chess_square(make: Make) -> Made:
    """a1 to h8."""
    index = make.index(64)
    return written(make, 64, mark(divide(index, 8), "abcdefgh"), digits(add(modulo(index, 8), 1)))
