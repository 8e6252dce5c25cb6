"""One item of an answer, read with distrust: a value of another kind than AWS's counts as missing, and is told."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flowkit.inventory import text
from flowkit.inventory.problems import Problems

Tags = tuple[tuple[str, str], ...]
_GONE: Final = {"disassociating", "disassociated", "failing", "failed"}


@dataclass(frozen=True, slots=True)
class Item:
    """A JSON object of an answer.

    Attributes
    ----------
    raw
        The object.
    kind
        The answer it is from, such as ``Subnets``.
    resource
        The id that problems are told with.
    problems
        Where they are told.
    """

    raw: Mapping[str, object]
    kind: str
    resource: str
    problems: Problems

    def text(self, name: str) -> str:
        """Return a text, "" where there is none."""
        value = self.raw.get(name)
        if isinstance(value, str):
            return text.sound(value)
        self._unless_absent(name, value, "no text")
        return ""

    def number(self, name: str) -> int | None:
        """Return a whole number."""
        value = self.raw.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            return value
        self._unless_absent(name, value, "no whole number")
        return None

    def flag(self, name: str) -> bool:
        """Return true or false, the latter where neither is said."""
        value = self.raw.get(name)
        if isinstance(value, bool):
            return value
        self._unless_absent(name, value, "neither true nor false")
        return False

    def time(self, name: str) -> datetime | None:
        """Return a time in UTC."""
        written = self.text(name)
        found = text.time(written)
        self._unless_absent(name, None if found else written or None, "no time with a zone")
        return found

    def address(self, name: str) -> str:
        """Return an address in its canonical spelling, "" where there is none."""
        written = self.text(name)
        found = text.address(written)
        self._unless_absent(name, None if found else written or None, "no address")
        return found or ""

    def block(self, name: str) -> str:
        """Return a CIDR block in its canonical spelling, "" where there is none."""
        written = self.text(name)
        found = text.block(written)
        self._unless_absent(name, None if found else written or None, "no CIDR block")
        return found or ""

    def part(self, name: str) -> "Item":
        """Return a nested object, an empty one where there is none."""
        value = self.raw.get(name)
        if not isinstance(value, dict):
            self._unless_absent(name, value, "no object")
            value = {}
        return self._nested(name, value)

    def parts(self, name: str) -> tuple["Item", ...]:
        """Return a list of nested objects."""
        value = self.raw.get(name)
        if not isinstance(value, list):
            self._unless_absent(name, value, "no list")
            return ()
        for element in value:
            self._unless_absent(name, None if isinstance(element, dict) else element or "", "a list of other things")
        return tuple(self._nested(name, element) for element in value if isinstance(element, dict))

    def texts(self, name: str) -> tuple[str, ...]:
        """Return a list of texts."""
        value = self.raw.get(name)
        if not isinstance(value, list):
            self._unless_absent(name, value, "no list")
            return ()
        for element in value:
            self._unless_absent(name, None if isinstance(element, str) else element or "", "a list of other things")
        return distinct([text.sound(element) for element in value if isinstance(element, str)])

    def tags(self) -> Tags:
        """Return the tags, in AWS's order; interfaces have them in ``TagSet``, all others in ``Tags``."""
        listed = self.parts("TagSet") or self.parts("Tags")
        return tuple((tag.text("Key"), tag.text("Value")) for tag in listed)

    def blocks(self, ipv4: str) -> tuple[str, ...]:
        """Return the CIDR blocks of a VPC or a subnet: the first, and those associated with it.

        *ipv4* is the list of further IPv4 blocks; one that is disassociated is no block of it any more.
        """
        found = [self.block("CidrBlock")]
        for associations, family in ((ipv4, "Cidr"), ("Ipv6CidrBlockAssociationSet", "Ipv6Cidr")):
            found += [
                one.block(f"{family}Block")
                for one in self.parts(associations)
                if one.part(f"{family}BlockState").text("State") not in _GONE
            ]
        return distinct(found)

    def _nested(self, name: str, value: Mapping[str, object]) -> "Item":
        return Item(value, f"{self.kind}.{name}", self.resource, self.problems)

    def _unless_absent(self, name: str, value: object, wrong: str) -> None:
        if value is not None:
            self.problems.add(f"{self.kind}: {name} is {wrong} and counts as missing", self.resource)


def distinct(texts: list[str]) -> tuple[str, ...]:
    """Return each text once, in order, without the empty one."""
    return tuple(dict.fromkeys(filter(None, texts)))


def name_of(tags: Tags) -> str:
    """Return the Name tag, "" where there is none."""
    return dict(tags).get("Name", "")
