"""DBML, the language of dbdiagram: its words, its blocks, and what of a drawing they hold.

Read by hand: the library for it takes no name with a quote, no negative default and no check, and 13 ms a table.
"""
