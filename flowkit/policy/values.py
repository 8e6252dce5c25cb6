"""A policy as frozen values, and how each is written back."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from hashlib import sha256
from typing import Final, Literal

from flowkit.fields import PROTOCOLS
from flowkit.policy.writing import comment, listed, mapping, scalar

Verdict = Literal["allow", "deny"]
Ports = tuple[tuple[int, int], ...]
"""Ranges, each with its first and its last port."""
INTERNET: Final = "internet"
ELSEWHERE: Final = "elsewhere"
PREDEFINED: Final = (INTERNET, ELSEWHERE)
_NAMES: Final = {number: name for name, number in PROTOCOLS.items()}
_TCP: Final = 6


def ports_text(ports: Ports) -> list[str]:
    """Return ranges as they are written: ``443``, ``8000-8100``."""
    return [str(low) if low == high else f"{low}-{high}" for low, high in ports]


def protocol_text(number: int) -> str:
    """Return a protocol's usual name, else its number."""
    return _NAMES.get(number, str(number))


@dataclass(frozen=True, slots=True, kw_only=True)
class Segment:
    """Addresses that belong together: those in any of its blocks, subnets or groups, or with all of its tags.

    Attributes
    ----------
    name
        Letters, digits, ``_``, ``.`` and ``-``; at most 64.
    cidr
        Blocks, IPv4 or IPv6.
    subnet
        Ids of subnets: addresses whose interface lies in one, or which lie in its blocks by the inventory.
    group
        Ids or names of security groups: addresses of interfaces that have any of them. Needs an inventory.
    tag
        Pairs of a key and the values it may have; an interface or its instance must have all. Needs an inventory.
    within
        Whether its members may talk to each other where no rule says otherwise.
    about
        What it is, for people.
    line
        Where it stands in the file; None where it came from none. Not compared.
    note
        A comment to be written above it. Not compared, and not read back.
    """

    name: str
    cidr: tuple[str, ...] = ()
    subnet: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    tag: tuple[tuple[str, tuple[str, ...]], ...] = ()
    within: Verdict = "allow"
    about: str = ""
    line: int | None = field(default=None, compare=False)
    note: str = field(default="", compare=False)

    def written(self) -> list[str]:
        """Return its lines in a policy file."""
        kinds = {kind: getattr(self, kind) for kind in ("cidr", "subnet", "group")}
        parts = {kind: listed(texts) for kind, texts in kinds.items() if texts}
        if self.tag:
            parts["tag"] = mapping({scalar(key): listed(values, always=False) for key, values in self.tag})
        parts["about"] = scalar(self.about) if self.about else ""
        parts["within"] = "deny" if self.within == "deny" else ""
        return [*comment(self.note, "  "), f"  {scalar(self.name)}: {mapping(parts)}"]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Service:
    """From which segments to which, on which ports (none: all) of which protocols (none: all)."""

    clients: tuple[str, ...]
    servers: tuple[str, ...]
    ports: Ports = ()
    protocols: tuple[int, ...] = ()
    why: str = ""
    line: int | None = field(default=None, compare=False)
    note: str = field(default="", compare=False)

    @property
    def ends(self) -> str:
        """The segments and the service in words, such as ``app to db, tcp 5432``."""
        service = " ".join(["/".join(map(protocol_text, self.protocols)), ", ".join(ports_text(self.ports))]).strip()
        sides = f"{', '.join(self.clients)} to {', '.join(self.servers)}"
        return f"{sides}, {service}" if service else sides

    def _parts(self) -> dict[str, str]:
        """Return `ports` and `protocol`; tcp alone goes without saying where ports are given."""
        parts = {"ports": listed(ports_text(self.ports)) if self.ports else ""}
        said = self.protocols and not (self.ports and self.protocols == (_TCP,))
        parts["protocol"] = listed(map(protocol_text, self.protocols), always=False) if said else ""
        return parts


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule(_Service):
    """What is allowed or denied between segments.

    Attributes
    ----------
    action
        ``allow`` or ``deny``; of the rules that fit a conversation, those that deny come first.
    clients, servers
        Names of segments, ``internet`` and ``elsewhere`` among them; any of the clients with any of the servers.
    ports
        Ranges of the server's port, each with first and last; none: all.
    protocols
        IANA numbers; none: all.
    why
        The reason, for people.
    line
        Where it stands in the file; None where it came from none. Not compared.
    note
        A comment to be written above it. Not compared, and not read back.
    """

    action: Verdict

    def __str__(self) -> str:
        return f"{self.action} {self.ends}"

    def written(self) -> list[str]:
        """Return its lines in a policy file."""
        ends = {self.action: listed(self.clients, always=False), "to": listed(self.servers, always=False)}
        parts = {**ends, **self._parts(), "why": scalar(self.why) if self.why else ""}
        return [*comment(self.note, "  "), f"  - {mapping(parts)}"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exemption(_Service):
    """What is excepted from being forbidden, by whom and until when; the other attributes are those of `Rule`.

    Attributes
    ----------
    owner
        Who answers for it.
    until
        The last day on which it holds.
    """

    owner: str
    until: date

    def __str__(self) -> str:
        return f"exception {self.ends}"

    def written(self) -> list[str]:
        """Return its lines in a policy file."""
        ends = {"from": listed(self.clients, always=False), "to": listed(self.servers, always=False)}
        told = {"owner": scalar(self.owner), "until": self.until.isoformat(), "why": scalar(self.why)}
        return [*comment(self.note, "  "), f"  - {mapping({**ends, **self._parts(), **told})}"]


@dataclass(frozen=True, kw_only=True)
class Policy:
    """Which segments there are, and what may pass between them.

    Attributes
    ----------
    name
        What it is called.
    default
        What holds between two segments where no rule fits. Between ``internet`` and ``elsewhere``, neither of which
        the policy is about, and within each of them, only rules count: what none denies is allowed.
    segments, rules, exceptions
        In the order of the file.
    source
        The file it was read from, for messages. Not compared.
    line
        Where the default stands in the file. Not compared.
    note
        A comment to be written at the top. Not compared, and not read back.
    """

    name: str
    default: Verdict = "deny"
    segments: tuple[Segment, ...] = ()
    rules: tuple[Rule, ...] = ()
    exceptions: tuple[Exemption, ...] = ()
    source: str = field(default="the policy", compare=False)
    line: int | None = field(default=None, compare=False)
    note: str = field(default="", compare=False)

    @cached_property
    def ordered(self) -> tuple[Rule, ...]:
        """The rules in the order in which they are asked: those that deny, then those that allow."""
        return tuple(sorted(self.rules, key=lambda rule: rule.action == "allow"))

    @property
    def places(self) -> tuple[str, ...]:
        """The names of its segments and the two that are predefined."""
        return (*(segment.name for segment in self.segments), *PREDEFINED)

    @property
    def services(self) -> tuple[Rule | Exemption, ...]:
        """Its rules and exceptions."""
        return (*self.rules, *self.exceptions)

    @property
    def digest(self) -> str:
        """A hash of all that decides."""
        return sha256(
            repr(replace(self, source="", line=None, note="")).encode("utf-8", "backslashreplace")
        ).hexdigest()

    def to_yaml(self) -> str:
        """Return the policy as a file, comments included; `read` gives an equal policy."""
        lines = [*comment(self.note), "version: 1", f"name: {scalar(self.name)}", f"default: {self.default}"]
        lines += _section("segments", self.segments) + _section("rules", self.rules)
        lines += _section("exceptions", self.exceptions)
        return "\n".join([*lines, ""])

    def __str__(self) -> str:
        return self.to_yaml()


def _section(name: str, values: Iterable[Segment | Rule | Exemption]) -> list[str]:
    lines = [line for value in values for line in value.written()]
    return [f"{name}:", *lines] if lines else []
