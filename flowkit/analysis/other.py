"""The top values by name and the rest as ``other``: what that word may mean, and what it may not."""

from typing import Final

import ibis
import ibis.expr.types as ir

from flowkit.errors import ScopeError

OTHER: Final = "other"
NOTHING: Final = "-"
_RESERVED: Final = (OTHER, NOTHING)


def checked(top: int) -> int:
    """Return how many values to name, if that can be.

    Raises
    ------
    ScopeError
        If it is less than one.
    """
    if top < 1:
        raise ScopeError(f"top is {top}, but at least one value is named. Try top=10.")
    return top


def as_text(column: ir.Value) -> ir.StringValue:
    """Return values as text: ``-`` for none, and a tag whose own value is ``other`` or ``-`` in quotes."""
    text = column.cast("string")
    quoted = ibis.ifelse(text.isin(_RESERVED), ibis.literal("'") + text + ibis.literal("'"), text)
    return quoted.fill_null(NOTHING)
