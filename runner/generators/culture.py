"""Music, books, films, sports and games. A work of a row is one record: title, maker, year and genre are facts."""

from __future__ import annotations

from runner.generators.checked import add, digits, divide, mark, modulo, written
from runner.generators.picks import field, listed
from runner.generators.registry import Made, Make, generator
from runner.ops import Values
from runner.types import INT, STRING

for _kind, _maker, _word in (("book", "author", "novel"), ("movie", "director", "film"), ("music", "composer", "composition")):
    _title = "work" if _kind == "music" else "title"
    field(
        f"{_kind}.{_kind}_{_title}",
        f"A {_word} that the public may use freely" if _kind != "movie" else "A classic film",
        _kind,
        f"works/{_kind}",
        keywords=(_word, "title"),
    )
    field(
        f"{_kind}.{_kind}_{_maker}", f"The {_maker} of the row's {_word}", _kind, f"works/{_kind}", "creator", keywords=(_word,)
    )
    field(f"{_kind}.{_kind}_year", f"The year of the row's {_word}", _kind, f"works/{_kind}", "year", kind=INT, keywords=(_word,))
    field(f"{_kind}.{_kind}_style", f"The genre of the row's {_word}", _kind, f"works/{_kind}", "genre", keywords=("genre",))
listed("music.instrument", "A musical instrument", "orchestra", pool="culture/instrument")
listed("music.genre", "A genre of music", "style", pool="culture/music_genre", aliases=("music_genre", "song_genre"))
listed("music.song", "A traditional song", "folk", pool="culture/song", aliases=("song_name", "song_title"))
listed("movie.movie_genre", "A genre of films", "cinema", pool="culture/movie_genre")
listed("sport.sport", "A sport", "game", "olympic", pool="culture/sport")

_BLOCKS = (
    "animal armor_part armor_tier biome dye food boss hostile neutral passive ore tool job level station weapon weather wood"
)
for _block in _BLOCKS.split():
    listed(
        f"game.block_{_block}",
        f"A word of a game of blocks: {_block.replace('_', ' ')}",
        "minecraft",
        pool=f"culture/block_{_block}",
    )


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
