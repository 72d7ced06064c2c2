"""Write the halves of remarks: `python -m scripts.build_remarks`. The same Python gives the same bytes.

Sentences of the grammar of TPC-H (clause 4.2.2.14), cut to every length from 1 to 100 characters, 64 of each.
"""

from __future__ import annotations

import random
from pathlib import Path

from scripts.pools.files import write

FILE = Path(__file__).parents[1] / "runner" / "generators" / "data" / "remark.arrow"
LONGEST, EACH = 100, 64


def _words(text: str) -> list[str]:
    return text.split()


NOUNS = _words(
    "foxes ideas theodolites pinto-beans instructions dependencies excuses platelets asymptotes courts dolphins multipliers "
    "sauternes warthogs frets dinos attainments somas Tiresias' patterns forges braids hockey-players frays warhorses dugouts "
    "notornis epitaphs pearls tithes waters orbits gifts sheaves depths sentiments decoys realms pains grouches escapades"
)
VERBS = _words(
    "sleep wake are cajole haggle nag use boost affix detect integrate maintain nod was lose sublate solve thrash promise engage "
    "hinder print x-ray breach eat grow impress mold poach serve run dazzle snooze doze unwind kindle play hang believe doubt"
)
ADJECTIVES = _words(
    "furious sly careful blithe quick fluffy slow quiet ruthless thin close dogged daring brave stealthy permanent enticing idle "
    "busy regular final ironic even bold silent"
)
ADVERBS = _words(
    "sometimes always never furiously slyly carefully blithely quickly fluffily slowly quietly ruthlessly thinly closely "
    "doggedly daringly bravely stealthily permanently enticingly idly busily regularly finally ironically evenly boldly silently"
)
PREPOSITIONS = _words(
    "about above across after against along among around at atop before behind beneath beside besides between beyond by "
    "despite during except for from inside into near of on outside over past since through throughout to toward under until "
    "upon without with within"
)
AUXILIARIES = _words("do may might shall will would can could should must")
STOPS = _words(". ; : ? ! --")


def sentence(chance: random.Random) -> str:
    """A noun phrase, a verb phrase, perhaps a prepositional phrase, and a stop."""

    def noun() -> str:
        words = [chance.choice(NOUNS)]
        if chance.random() < 0.6:
            words.insert(0, chance.choice(ADJECTIVES))
        if len(words) > 1 and chance.random() < 0.3:
            words.insert(0, chance.choice(ADVERBS))
        return " ".join(words)

    words = [noun(), chance.choice(VERBS)]
    if chance.random() < 0.3:
        words.insert(1, chance.choice(AUXILIARIES))
    if chance.random() < 0.5:
        words.append(chance.choice(ADVERBS))
    if chance.random() < 0.6:
        words += [chance.choice(PREPOSITIONS), "the", noun()]
    return " ".join(words) + chance.choice(STOPS)


def halves() -> list[str]:
    """`EACH` texts of each length, shortest first; none begins or ends with a space, no two are the same if that can be."""
    chance = random.Random(1992)  # noqa: S311 - words, not secrets
    text = " ".join(sentence(chance) for _ in range(40_000))
    starts = [0, *(i + 1 for i, c in enumerate(text[: -LONGEST - 1]) if c == " ")]
    found: list[str] = []
    for length in range(1, LONGEST + 1):
        own: dict[str, None] = {}
        for _ in range(100_000):
            at = chance.choice(starts)
            if text[at + length - 1] != " ":
                own.setdefault(text[at : at + length])
            if len(own) == EACH:
                break
        found += (list(own) * EACH)[:EACH]
    return found


def main() -> None:
    """Write the file."""
    write(FILE, {"half": {"name": halves()}}, {})


if __name__ == "__main__":
    main()
