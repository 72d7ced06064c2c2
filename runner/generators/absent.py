"""Names of other tools that are absent on purpose, with the reason."""

from __future__ import annotations

_REASONS = {
    "names of living people": "celebrityactor celebritybusiness celebritysport",
    "bytes of files belong in files, not in columns": "imagejpeg imagepng binaryfile.audio binaryfile.compressed "
    "binaryfile.document binaryfile.image binaryfile.video",
    "works on the caller's own values or template": "generate shuffleints shufflestrings setstruct teams "
    "datetime.bulk_create_datetimes",
    "no column type holds it": "numeric.complex_number numeric.complexes numeric.matrix",
    "left behind by the tool's own tests": "custom_map customfield customjsontest datetimestatic email_text invalidjsontest "
    "raw_test_date simple1 simple2",
}
ABSENT = {name: reason for reason, names in _REASONS.items() for name in names.split()}
"""Name to reason."""
