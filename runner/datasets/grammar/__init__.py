"""Texts without a language model: patterns of sentences filled from lexicons, whole columns at once.

`patterns.yaml` holds sentence patterns by role and the forms of each kind of record, `lexicon.py` the words of a
request, `program.py` compiles both into tables, and makes any record numbers from them.
"""
