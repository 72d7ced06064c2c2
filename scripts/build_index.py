"""Write the index of the generators' names: `python -m scripts.build_index`. Needed after a name has changed."""

from __future__ import annotations

import json

from runner.generators.lookup import INDEX, written_index


def main() -> None:
    """One line of JSON a part."""
    INDEX.write_text(json.dumps(written_index(), ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
