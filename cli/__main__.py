"""`python -m cli`: the `mockcraft` command where its script is not on the path."""

import sys

from cli.main import main

sys.exit(main())
