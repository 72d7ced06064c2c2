"""`python -m tests.bench.pinned 0,1 COMMAND …`: pin this process to cores, then become the command (its children inherit it)."""

import os
import sys

if __name__ == "__main__":
    os.sched_setaffinity(0, {int(core) for core in sys.argv[1].split(",")})
    os.execvp(sys.argv[2], sys.argv[2:])
