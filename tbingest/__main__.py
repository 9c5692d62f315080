"""`python -m tbingest` and the `tbingest` command."""

from __future__ import annotations

import gc
import sys

_FEW_COLLECTIONS = 200_000


def main() -> None:
    """Run the command line and exit with its code."""
    # Blocks of a log are many short-lived tuples: looking for cycles among them took a quarter of
    # the time of a text log.
    gc.set_threshold(_FEW_COLLECTIONS, 20, 20)
    try:
        from tbingest.cli import run

        code = run(sys.argv[1:])
    except KeyboardInterrupt:  # before or after what `run` does
        code = 130
    sys.exit(code)


if __name__ == "__main__":
    main()
