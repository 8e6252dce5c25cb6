"""Patterns of `parse` and `like`: globs and regular expressions, as the engine takes them."""

import re
from typing import Final

NAMED: Final = re.compile(r"\(\?P?<([A-Za-z_@][\w@.]*)>")
STARS: Final = re.compile(r"\*( \*)*")
"""A glob that only splits at single blanks."""
_CLASS: Final = re.compile(r"\[\^?\]?(\\.|\[:\^?\w+:\]|[^\]\\])*\]")

_REFUSED: Final = (
    (r"\(\?<?=|\(\?<?!", "looks around itself (lookahead or lookbehind)"),
    (r"\(\?>", "has an atomic group"),
    (r"(?<=[*+?}])\+", "has a possessive quantifier"),
    (r"\\[1-9]|\\k<", "refers back to a group"),
    (r"\\[GZRXhHvVN]", "has an escape that the engine does not know"),
    (r"\(\?\(", "has a condition"),
)
"""What Java's regular expressions have and RE2's, which answer here, have not."""


def parts_of(glob: str) -> tuple[str, list[str]]:
    r"""Return the regular expression of a glob, and one for each star that captures it.

    Each ``*`` takes as little as it can, one at the end all the rest.

    >>> parts_of("user=*, *")[1][0]
    '(?s)user=(.*?),\\ (?:.*)'
    """
    *heads, tail = map(re.escape, glob.split("*"))
    takes = [".*?"] * len(heads)
    if heads and not tail:
        takes[-1] = ".*"

    def capturing(chosen: int | None) -> str:
        pieces = [f"{head}({'' if n == chosen else '?:'}{takes[n]})" for n, head in enumerate(heads)]
        return f"(?s){''.join(pieces)}{tail}"

    return capturing(None), [capturing(n) for n in range(len(heads))]


def stars(glob: str) -> int | None:
    """Return how many stars a glob has that only splits at single blanks, else None."""
    return glob.count("*") if STARS.fullmatch(glob) else None


def refusal(pattern: str) -> str | None:
    """Return what a regular expression has that cannot be run here, or None."""
    outside = _CLASS.sub("[]", re.sub(r"\\[\\\[\]]", "__", pattern))
    for found, what in _REFUSED:
        if re.search(found, outside):
            return what
    return "joins character classes with &&" if any("&&" in part[0] for part in _CLASS.finditer(pattern)) else None


def groups(pattern: str) -> tuple[str, dict[str, str]]:
    """Return a regular expression that captures nothing, and one for each named group that captures that.

    The engine knows no names, and ten groups at most.

    >>> groups(r"(a)(?<port>[0-9]+)")
    ('(?:a)(?:[0-9]+)', {'port': '(?:a)([0-9]+)'})
    """
    pieces: list[str] = []
    names: dict[str, int] = {}
    at = 0
    while at < len(pattern):
        step = pattern[at]
        if step == "\\":
            step = pattern[at : at + 2]
        elif step == "[" and (found := _CLASS.match(pattern, at)):
            step = found[0]
        elif found := NAMED.match(pattern, at):
            names[found[1]] = len(pieces)
            step = found[0]
        pieces.append("(?:" if step.startswith(("(?<", "(?P<")) else step)
        if step == "(" and not pattern.startswith("(?", at):
            pieces[-1] = "(?:"
        at += len(step)
    plain = "".join(pieces)
    return plain, {name: "".join([*pieces[:n], "(", *pieces[n + 1 :]]) for name, n in names.items()}
