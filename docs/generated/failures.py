"""The errors, from the tree in `flowkit.errors`."""

import inspect

from flowkit import errors
from generated.markdown import fenced

__all__ = ["pages"]


def pages() -> dict[str, str]:
    """Return the page."""
    tree = inspect.cleandoc(errors.__doc__ or "").partition("\n\n")[2]
    said = """# Errors

All that flowkit raises on purpose derives from `fk.FlowkitError`. A message says what was asked, what was found, and
ends with the next step.
"""
    return {"reference/errors.md": f"{said}\n{fenced(tree, 'text')}\n"}
