"""`python generator_runner.py …` inside this folder: the same as `python -m runner …`, for people used to that name."""

import sys

# This folder's modules are the package's: as the first place to import from, it would hide modules of Python itself.
sys.path[0] = __file__.replace("\\", "/").rsplit("/", 2)[0]

from runner.__main__ import main  # noqa: E402

if __name__ == "__main__":
    main()
