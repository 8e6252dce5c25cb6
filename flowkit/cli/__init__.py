"""The command line. Tables for people, ``--json`` for machines."""

import sys
from collections.abc import Sequence
from typing import Final

from flowkit.cli.arguments import parser
from flowkit.cli.printing import said
from flowkit.errors import FlowkitError, StoppedError

__all__ = ["main"]

_DONE, _REFUSED = 0, 2
_INTERRUPTED: Final = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run a command; return 0 when done, 1 for a finding at or above ``--fail-on``, 2 for bad usage or input."""
    given = parser().parse_args(arguments)
    try:
        return given.run(given) or _DONE
    except StoppedError as error:
        sys.stderr.write(f"flowkit: {said(error)}\n")
        return _INTERRUPTED
    except FlowkitError as error:
        sys.stderr.write(f"flowkit: {said(error)}\n")
        return _REFUSED
    except KeyboardInterrupt:
        sys.stderr.write("flowkit: interrupted. What was loaded so far is kept; run the command again to go on.\n")
        return _INTERRUPTED
    except BrokenPipeError:
        sys.stderr.close()  # the reader of the pipe has seen enough
    return _DONE
