"""YAML as texts, lists and mappings with their lines: only that much of the language, so that nothing is misread.

Every scalar is text: ``no`` is no truth value and 2027-01-31 no object. What could hide or multiply content is
refused: anchors and aliases, tags, several documents, deep nesting.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import yaml

from flowkit.errors import PolicyError
from flowkit.inventory.text import brief

_DEEPEST: Final = 8
"""Levels; a policy has four."""
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""libyaml where it is there: 1 MiB then takes a fraction of a second instead of ten."""


@dataclass(frozen=True, slots=True)
class Text:
    """A scalar, and the line it begins on."""

    text: str
    line: int


@dataclass(slots=True)
class Listed:
    """The items of a sequence."""

    line: int
    items: "list[Node]" = field(default_factory=list)


@dataclass(slots=True)
class Mapped:
    """Keys with values; a key that stands twice is there twice."""

    line: int
    pairs: "list[tuple[Text, Node]]" = field(default_factory=list)
    key: Text | None = None


Node: TypeAlias = Text | Listed | Mapped


def outline(text: str, name: str) -> Node | None:
    """Return the one document of a text; None if there is none.

    Raises
    ------
    PolicyError
        If it is no YAML, or has what is refused.
    """
    root: Node | None = None
    open_: list[Listed | Mapped] = []
    for event in _events(text, name):
        line = event.start_mark.line + 1
        _refuse(event, line, name)
        if isinstance(event, yaml.CollectionEndEvent):
            open_.pop()
            continue
        node = _node(event, line)
        if node is None:
            continue
        if open_:
            _put(open_[-1], node, name)
        else:
            root = node
        if not isinstance(node, Text):
            open_.append(node)
        if len(open_) > _DEEPEST:
            raise PolicyError.found(name, [(line, f"more than {_DEEPEST} levels deep; a policy has four. Flatten it.")])
    return root


def _events(text: str, name: str) -> Iterator[Any]:
    documents = 0
    try:
        text.encode()
        for event in yaml.parse(text, Loader=_LOADER):
            documents += isinstance(event, yaml.DocumentStartEvent)
            if documents > 1:
                line = event.start_mark.line + 1
                raise PolicyError.found(name, [(line, "a second document begins. Keep one policy in a file.")])
            yield event
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        why = brief(" ".join(filter(None, (error.problem, error.context))))
        problem = f"this is no YAML: {why}. Look at the brackets, quotes, colons and indentation there and just above."
        raise PolicyError.found(name, [(mark.line + 1 if mark else None, problem)]) from error
    except (yaml.YAMLError, UnicodeEncodeError) as error:
        problem = "it has characters that YAML does not allow, such as control characters. Remove them."
        raise PolicyError.found(name, [(None, problem)]) from error


def _refuse(event: Any, line: int, name: str) -> None:  # noqa: ANN401 - PyYAML has no types
    if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None):
        problem = "anchors and aliases (& and *) are not taken. Write out what they stand for, or quote the text."
        raise PolicyError.found(name, [(line, problem)])
    if getattr(event, "tag", None):
        problem = f"the YAML tag {brief(event.tag)!r} is not taken. Remove it: all values are text."
        raise PolicyError.found(name, [(line, problem)])


def _node(event: Any, line: int) -> Node | None:  # noqa: ANN401 - PyYAML has no types
    if isinstance(event, yaml.ScalarEvent):
        return Text(event.value, line)
    if isinstance(event, yaml.SequenceStartEvent):
        return Listed(line)
    return Mapped(line) if isinstance(event, yaml.MappingStartEvent) else None


def _put(place: Listed | Mapped, node: Node, name: str) -> None:
    if isinstance(place, Listed):
        place.items.append(node)
    elif place.key is not None:
        place.pairs.append((place.key, node))
        place.key = None
    elif isinstance(node, Text):
        place.key = node
    else:
        raise PolicyError.found(name, [(node.line, "a key is a list or a mapping. Write a name before the colon.")])
