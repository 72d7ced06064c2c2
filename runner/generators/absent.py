"""Names of other tools that are absent on purpose, with the reason."""

from __future__ import annotations

_REASONS = {
    "names of living people": "celebrityactor | celebritybusiness | celebritysport",
    "bytes of files belong in files, not in columns": "imagejpeg | imagepng | binaryfile.audio | binaryfile.compressed | "
    "binaryfile.document | binaryfile.image | binaryfile.video",
    "works on the caller's own values": "generate | shuffleints | shufflestrings | setstruct | teams | "
    "datetime.bulk_create_datetimes",
    "no column type holds it": "numeric.complex_number | numeric.complexes | numeric.matrix",
    "random bytes are made as text, by `token_hex` or `token_urlsafe`": "cryptographic.token_bytes",
    "whole numbers have 64 bits with a sign, by `int64`, or by `int` with `min: 0`": "uint64",
    "texts of other columns are joined by `template:`, and codes are made by `pattern`": "template",
    "a column is computed by `expr:`": "formula | sql expression",
    "columns that depend on a case are made by `when:` and `case:`": "scenario",
    "values of another table are shown by `ref:`": "dataset column",
    "lists in a row are made by `array:`": "json array | repeating element",
    "a column of nothing is `value: null`": "blank",
    "texts of other columns are changed by `expr:`, which has no ciphers": "encrypt",
    "no open data tell when telephones were first sold": "mobile device release date",
}
ABSENT = {name: reason for reason, names in _REASONS.items() for name in names.split(" | ")}
"""Name to reason."""
