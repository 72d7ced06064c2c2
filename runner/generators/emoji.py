"""Emojis. The emoji of a row is one record with its name and category."""

from __future__ import annotations

from runner.generators.compose import join
from runner.generators.picks import field, record, word
from runner.generators.registry import Made, Make, Parameter, generator
from runner.generators.text import Words
from runner.types import STRING

_KINDS = (
    "animal",
    "clothing",
    "costume",
    "electronics",
    "face",
    "flag",
    "food",
    "game",
    "gesture",
    "hand",
    "job",
    "landmark",
    "music",
    "person",
    "plant",
    "sport",
    "tools",
    "vehicle",
    "weather",
)
_KIND = Parameter("kind", "string", "Only those of that kind", "any", choices=("any", *_KINDS))


@generator("text.emoji", "An emoji", parameters=(_KIND,), keywords=("smiley", "emoticon"))
def emoji(make: Make, kind: str) -> Made:
    """Evenly, of the kind."""
    return record(make, f"emoji {kind}", f"emoji/{'emoji' if kind == 'any' else kind}", "emoji")


field(
    "text.emoji_name",
    "The name of the row's emoji (Unicode)",
    "emoji any",
    "emoji/emoji",
    aliases=("emoji_tag",),
    keywords=("smiley",),
)
field("text.emoji_alias", "The row's emoji as chats write it", "emoji any", "emoji/emoji", "alias", keywords=("shortcode",))
field("text.emoji_category", "The category of the row's emoji", "emoji any", "emoji/emoji", "category", keywords=("smiley",))


@generator("text.emoji_sentence", "A sentence that ends with an emoji", keywords=("chat", "message"))
def emoji_sentence(make: Make) -> Made:
    """Words and an emoji."""
    return Made(join(Words(make).sentence("", 5, 9), " ", word(make, "emoji/emoji", "emoji", "emoji")), STRING, None)
