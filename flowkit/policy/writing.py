"""How texts, lists and mappings are written as YAML, so that every reader of YAML takes them for the same."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from flowkit.inventory.text import shown

_PLAIN: Final = re.compile(r"[A-Za-z](?:[A-Za-z0-9 _./-]*[A-Za-z0-9_./-])?|[0-9]+(?:-[0-9]+)?|\d+\.\d+\.\d+\.\d+/\d+")
_TAKEN: Final = frozenset(("y", "n", "yes", "no", "true", "false", "null", "on", "off"))
"""Words that some readers of YAML take for something else than text."""
_SMALL, _MIDDLE = 0xFF, 0xFFFF


def scalar(text: str) -> str:
    """Return a text as YAML: plain where no reader could mistake it, else in double quotes.

    >>> print(scalar("orders"), scalar("8000-8100"), scalar("no"), scalar("PCI DSS 1.4: none"))
    orders 8000-8100 "no" "PCI DSS 1.4: none"
    """
    if _PLAIN.fullmatch(text) and text.isascii() and text.lower() not in _TAKEN:
        return text
    return '"' + "".join(map(_escaped, text)) + '"'


def _escaped(character: str) -> str:
    if character in '"\\':
        return "\\" + character
    if character.isprintable():
        return character
    number = ord(character)
    return f"\\x{number:02x}" if number <= _SMALL else f"\\u{number:04x}" if number <= _MIDDLE else f"\\U{number:08x}"


def listed(texts: Iterable[str], *, always: bool = True) -> str:
    """Return a list on one line; of one text, unless *always*, the text alone."""
    written = [scalar(text) for text in texts]
    return written[0] if len(written) == 1 and not always else f"[{', '.join(written)}]"


def mapping(parts: Mapping[str, str]) -> str:
    """Return a mapping on one line, of keys and values that are YAML already; empty values are left out."""
    return "{" + ", ".join(f"{key}: {value}" for key, value in parts.items() if value) + "}"


def comment(text: str, indent: str = "") -> list[str]:
    """Return a text as lines of comment; control characters are written out."""
    return [f"{indent}# {shown(line)}" for line in text.split("\n")] if text else []
