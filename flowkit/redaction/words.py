"""The names that are to be renamed wherever they stand: gathered first, found as whole words."""

import keyword
import re
from collections.abc import Iterable
from typing import Any, Final

from flowkit.fields import FIELDS, PROTOCOLS

PLACE: Final = (
    r"(?:(?:af|ap|ca|cn|eu|il|me|mx|sa|us)(?:-gov|-iso[a-z]?)?|eusc-de)"
    r"-(?:central|(?:north|south)(?:east|west)?|east|west)-[1-9][a-z]?"
    r"|(?:af|ap|ca|cn|eu|il|me|mx|sa|us)(?:c|[ns][ew]?|e|w|g[ew])[1-9]-az[1-9]"
)
"""A region, an availability zone or its id by AWS's own words, as a pattern: names of customers look much alike."""
_LEAST: Final = 3
_COMMON: Final = """
    name default main data layout none null true false all any public private internal external inside outside unknown
    vpc subnet instance interface address host peer server client port protocol bytes packets records table figure
    flows flowkit findings finding report case time first last high medium low info critical score kind type value
    ingress egress source destination role environment tier app web db api test prod dev stage staging production
    shared local lan home user admin root system service network internet gateway nat lambda amazon aws description
    title html body head script style text color size width index columns rows values and the for with from not
"""
_ORDINARY: Final = {
    *_COMMON.split(),
    *(f.name for f in FIELDS),
    *(f.column for f in FIELDS),
    *PROTOCOLS,
    *keyword.kwlist,
}
"""Words that mean something of their own in prose, code, HTML or figures: renamed where a name stands, not in text."""


def ordinary(name: str) -> bool:
    """Tell a name that is too short or too common to be found in text."""
    return len(name) < _LEAST or name.lower() in _ORDINARY or name.isdigit()


def finder(names: Iterable[str]) -> str:
    """Return a pattern that finds each of the names as a whole word, the longest first; "" without any."""
    root: dict[str, Any] = {}
    for name in names:
        node = root
        for letter in name:
            node = node.setdefault(letter, {})
        node[""] = {}
    return f"(?<![A-Za-z0-9]){_pattern(root)}(?![A-Za-z0-9])" if root else ""


def _pattern(root: dict[str, Any]) -> str:
    """Return a trie as a pattern; a name may be long, so that nothing here calls itself."""
    done: dict[int, str] = {}
    stack = [(root, False)]
    while stack:
        node, ready = stack.pop()
        children = [(letter, child) for letter, child in node.items() if letter]
        if not ready:
            stack.append((node, True))
            stack += [(child, False) for _, child in children]
            continue
        parts = [re.escape(letter) + done.pop(id(child)) for letter, child in children]
        text = parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})" if parts else ""
        done[id(node)] = f"(?:{text})?" if text and "" in node else text
    return done[id(root)]
