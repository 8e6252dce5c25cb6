"""The commands of any Insights query, as far as asking it in parts needs them: no grammar, so that none is refused."""

import re
from dataclasses import dataclass
from typing import Final

_HIDDEN: Final = re.compile(
    r"""
    (?P<kept>(?:\blike|=~|~=|\bparse\s+[\w@.`]+)\s*)/(?:\\.|[^/\\\n])*/[a-z]*
    |"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|`[^`]*`|(?P<comment>\#[^\n]*)
    """,
    re.VERBOSE | re.IGNORECASE,
)
"""What may hold a bar that is none: regular expressions, strings, quoted names, comments."""
_BY_RECORD: Final = {"fields", "display", "filter", "filterindex", "parse", "sort", "unmask", "source"}
"""Commands whose answer for a window is that of its parts together."""
_SORT_KEY: Final = re.compile(r"\s*([\w@.]+)(?:\s+(asc|desc))?\s*", re.IGNORECASE)
_LIMIT: Final = re.compile(r"limit\s+(?:any\s+)?(\d+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Shape:
    """What a query is made of.

    Attributes
    ----------
    by_record
        Whether its rows are records, so that the rows of a window are those of its parts together.
    limit
        The rows that it asks for itself at most, or None.
    order
        What it sorts by, each with whether ascending; None if by more than names.
    """

    by_record: bool
    limit: int | None
    order: tuple[tuple[str, bool], ...] | None


def shape(text: str) -> Shape:
    """Return what a query is made of.

    >>> shape('fields @message | filter note = "a | stats b" | sort bytes desc')
    Shape(by_record=True, limit=None, order=(('bytes', False),))
    """
    bare = _HIDDEN.sub(lambda match: " " if match["comment"] else f"{match['kept'] or ''} _ ", text)
    commands = [command for part in bare.split("|") if (command := part.strip())]
    words = [re.split(r"\W", command, maxsplit=1)[0].lower() for command in commands]
    sorts = [command[len("sort") :] for command, word in zip(commands, words, strict=True) if word == "sort"]
    limits = [int(found[1]) for command in commands if (found := _LIMIT.match(command))]
    return Shape(
        by_record=set(words) <= _BY_RECORD and "(" not in "".join(sorts) and "subquery" not in bare.lower(),
        limit=limits[-1] if limits else None,
        order=_order(sorts[-1]) if sorts else (("@timestamp", False),),
    )


def _order(keys: str) -> tuple[tuple[str, bool], ...] | None:
    found = [_SORT_KEY.fullmatch(key) for key in keys.split(",")]
    return tuple((m[1], (m[2] or "").lower() != "desc") for m in found if m) if all(found) else None
