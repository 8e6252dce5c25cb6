"""From the outline of a file to a policy; what is wrong is gathered, so that all of it is told at once."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final, Literal, TypeVar

from flowkit.inventory.text import brief, sound
from flowkit.policy import terms
from flowkit.policy.outline import Listed, Mapped, Node, Text
from flowkit.policy.terms import Wrong, nearest
from flowkit.policy.values import Exemption, Policy, Ports, Rule, Segment, Verdict

T = TypeVar("T")
_TOP: Final = ("version", "name", "default", "segments", "rules", "exceptions")
_SEGMENT: Final = ("cidr", "subnet", "group", "tag", "within", "about")
_RULE: Final = ("allow", "deny", "to", "ports", "protocol", "why")
_EXEMPTION: Final = ("from", "to", "ports", "protocol", "owner", "until", "why")
_TCP: Final = 6


@dataclass(frozen=True)
class Parser:
    """Reads an outline; `problems` are pairs of a line and what is wrong there with what to do."""

    as_of: date
    problems: list[tuple[int | None, str]] = field(default_factory=list)

    def wrong(self, line: int, text: str) -> None:
        """Note a problem."""
        self.problems.append((line, text))

    def policy(self, root: Node | None, source: str) -> Policy:
        """Return the policy of a whole file."""
        if not isinstance(root, Mapped):
            self.wrong(root.line if root else 1, "this is no policy. Begin with `version: 1`, `name`, `segments`.")
            return Policy(name="")
        parts = self._parts(root, _TOP, "a policy", ("version", "name", "segments"))
        version = self._text(parts.get("version"), "version")
        if version not in ("", "1"):
            self.wrong(parts["version"].line, f"version {brief(version)!r} is not known to this flowkit. Write 1.")
        return Policy(
            name=self._text(parts.get("name"), "name"),
            default=self._verdict(parts.get("default"), "default", "deny"),
            segments=tuple(self._segments(parts.get("segments"))),
            rules=tuple(self._each(parts.get("rules"), "rules", self._rule)),
            exceptions=tuple(self._each(parts.get("exceptions"), "exceptions", self._exemption)),
            source=source,
            line=parts["default"].line if "default" in parts else None,
        )

    def _parts(self, node: Mapped, known: tuple[str, ...], what: str, needed: tuple[str, ...] = ()) -> dict[str, Node]:
        """Return the values of a mapping by key; unknown, repeated and missing keys are noted."""
        parts: dict[str, Node] = {}
        for key, value in node.pairs:
            if key.text not in known:
                keys = ", ".join(known)
                self.wrong(key.line, f"{what} has no {brief(key.text)!r}{nearest(key.text, known)} Its keys: {keys}.")
            elif key.text in parts:
                self.wrong(key.line, f"{key.text!r} stands here twice; the first is on line {parts[key.text].line}. "
                           "Keep one.")  # fmt: skip
            else:
                parts[key.text] = value
        for name in needed:
            if name not in parts:
                self.wrong(node.line, f"{what} needs {name!r}. Add it.")
        return parts

    def _text(self, node: Node | None, name: str) -> str:
        if node is None:
            return ""
        if isinstance(node, Text) and node.text.strip():
            return sound(node.text)
        self.wrong(node.line, f"{name!r} is one text that is not empty. Write it behind the colon.")
        return ""

    def _texts(self, node: Node | None, name: str) -> list[Text]:
        """Return one text or the texts of a list."""
        if node is None:
            return []
        items = node.items if isinstance(node, Listed) else [node]
        texts = [item for item in items if isinstance(item, Text) and item.text.strip()]
        if not items or len(texts) < len(items):
            self.wrong(node.line, f"{name!r} is one text or a list of texts, none empty. Write it as [one, other].")
        return texts

    def _terms(self, node: Node | None, name: str, term: Callable[[str], T]) -> tuple[T, ...]:
        """Return what texts stand for, each once, in the order given."""
        found: dict[T, None] = {}
        for item in self._texts(node, name):
            try:
                found[term(item.text.strip())] = None
            except Wrong as error:
                self.wrong(item.line, str(error))
        return tuple(found)

    def _verdict(self, node: Node | None, name: str, absent: Verdict) -> Verdict:
        given = self._text(node, name) if node else absent
        verdict: dict[str, Verdict] = {"allow": "allow", "deny": "deny"}
        if node and given and given not in verdict:
            self.wrong(node.line, f"{name!r} is allow or deny, not {brief(given)!r}. Write one of them.")
        return verdict.get(given, absent)

    def _segments(self, node: Node | None) -> Iterator[Segment]:
        if node is None:
            return
        if not isinstance(node, Mapped):
            self.wrong(node.line, "'segments' are names, each with what belongs to it. Write {name: {cidr: [...]}}.")
            return
        names = tuple(dict.fromkeys(key.text for key, _ in node.pairs))
        values = self._parts(node, names, "segments")
        lines = {key.text: key.line for key, _ in reversed(node.pairs)}
        for name, value in values.items():
            yield self._segment(name, lines[name], value)

    def _segment(self, name: str, line: int, node: Node) -> Segment:
        if not isinstance(node, Mapped):
            example = "{cidr: [10.20.0.0/24]}"
            self.wrong(line, f"the segment {brief(name)!r} does not say what belongs to it. Write {example}.")
            return Segment(name=name, line=line, cidr=("0.0.0.0/32",))  # one problem is told of it, not two
        parts = self._parts(node, _SEGMENT, f"the segment {brief(name)!r}")
        return Segment(
            name=name,
            cidr=self._terms(parts.get("cidr"), "cidr", terms.cidr),
            subnet=self._terms(parts.get("subnet"), "subnet", sound),
            group=self._terms(parts.get("group"), "group", sound),
            tag=self._tags(parts.get("tag")),
            within=self._verdict(parts.get("within"), "within", "allow"),
            about=self._text(parts.get("about"), "about"),
            line=line,
        )

    def _tags(self, node: Node | None) -> tuple[tuple[str, tuple[str, ...]], ...]:
        if node is None:
            return ()
        if not isinstance(node, Mapped) or not node.pairs:
            self.wrong(node.line, "'tag' is a key with its value, or several. Write {Role: bastion}.")
            return ()
        keys = tuple(dict.fromkeys(key.text for key, _ in node.pairs))
        values = self._parts(node, keys, "tag")
        return tuple((sound(key), self._terms(value, key, sound)) for key, value in values.items())

    def _each(self, node: Node | None, name: str, parse: Callable[[Mapped], T]) -> Iterator[T]:
        if node is None:
            return
        if not isinstance(node, Listed):
            self.wrong(node.line, f"{name!r} is a list. Begin each line of it with a hyphen: - {{...}}.")
            return
        for item in node.items:
            if isinstance(item, Mapped):
                yield parse(item)
            else:
                self.wrong(item.line, f"{name!r} has an item that is no mapping. Write each as {{key: value, ...}}.")

    def _rule(self, node: Mapped) -> Rule:
        parts = self._parts(node, _RULE, "a rule", ("to",))
        action: Literal["allow", "deny"] = "deny" if "deny" in parts else "allow"
        if "allow" in parts and "deny" in parts:
            self.wrong(node.line, "a rule both allows and denies the same. Keep 'allow' or 'deny'; one rule for each.")
        elif action not in parts:
            self.wrong(node.line, "a rule needs 'allow' or 'deny' with the segments that are the clients. Add it.")
        clients, servers = self._ends(parts, action)
        ports, protocols = self._service(parts, node.line)
        return Rule(
            action=action, clients=clients, servers=servers, ports=ports, protocols=protocols,
            why=self._text(parts.get("why"), "why"), line=node.line,
        )  # fmt: skip

    def _exemption(self, node: Mapped) -> Exemption:
        parts = self._parts(node, _EXEMPTION, "an exception", ("from", "to", "owner", "until", "why"))
        clients, servers = self._ends(parts, "from")
        ports, protocols = self._service(parts, node.line)
        (until,) = self._terms(parts.get("until"), "until", terms.day)[:1] or (date.max,)
        if until < self.as_of:
            self.wrong(parts["until"].line, f"the exception ended on {until}, before {self.as_of}, as of which the "
                       "policy is read. Remove it, or let its owner set a new 'until'.")  # fmt: skip
        return Exemption(
            clients=clients, servers=servers, ports=ports, protocols=protocols, until=until, line=node.line,
            owner=self._text(parts.get("owner"), "owner"), why=self._text(parts.get("why"), "why"),
        )  # fmt: skip

    def _ends(self, parts: dict[str, Node], first: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        clients, servers = (self._terms(parts.get(name), name, sound) for name in (first, "to"))
        return clients, servers

    def _service(self, parts: dict[str, Node], line: int) -> tuple[Ports, tuple[int, ...]]:
        """Return ports and protocols; ports without a protocol are TCP's."""
        ports = self._terms(parts.get("ports"), "ports", terms.ports)
        protocols = self._terms(parts.get("protocol"), "protocol", terms.protocol)
        if "ports" in parts and "protocol" not in parts:
            protocols = (_TCP,)
        elif "ports" in parts and not set(protocols) <= set(terms.PORTED):
            self.wrong(line, "'ports' stands with a protocol that has none. Leave 'ports' out, or write tcp or udp.")
        return ports, protocols
