"""``python -m flowkit.cli``, where the script is not on the path."""

import sys

from flowkit.cli import main

if __name__ == "__main__":
    sys.exit(main())
