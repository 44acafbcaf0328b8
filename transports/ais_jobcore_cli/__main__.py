"""Run the command line as ``python -m ais_jobcore_cli``."""

import sys

from . import main

if __name__ == "__main__":
    sys.exit(main())
