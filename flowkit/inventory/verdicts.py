"""What a gate says of packets: of all of them alike, or of some ports one thing and of others another."""

from collections.abc import Iterable
from typing import Final, NamedTuple

from flowkit.inventory.packets import Span, merged
from flowkit.inventory.paths import Route
from flowkit.inventory.rules import AclEntry, GroupRule

ADMITS: Final = "admits"
DENIES: Final = "denies"
IN_PART: Final = "admits in part"
NOT_ASKED: Final = "not asked"
CANNOT_TELL: Final = "cannot tell"


class Part(NamedTuple):
    """What is said of some of the packets.

    Attributes
    ----------
    span
        Which ports, or ICMP types and codes.
    admits
        None where it cannot be told.
    by
        The entry, the rule or the route that says so; None where nothing admits.
    """

    span: Span
    admits: bool | None
    by: AclEntry | GroupRule | Route | None = None


def verdict_of(parts: Iterable[Part]) -> str:
    """Return what parts say together; there is no part where a gate is not asked."""
    said = {part.admits for part in parts}
    if not said:
        return NOT_ASKED
    if len(said) == 1:
        return {True: ADMITS, False: DENIES, None: CANNOT_TELL}[said.pop()]
    return IN_PART if said >= {True, False} else CANNOT_TELL


def spans_of(parts: Iterable[Part], *, admits: bool | None) -> tuple[Span, ...]:
    """Return the ports of which one thing is said."""
    return merged(part.span for part in parts if part.admits is admits)
