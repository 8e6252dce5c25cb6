"""The second look, at the result alone, for tokens of the original.

It shares nothing with what redacted: it takes text apart into runs and asks the standard library which of them are
addresses. A token may be the image of another one, as addresses of one block are; so each file may hold a token as
often as its original held those that became it, and not once more.
"""

import base64
import binascii
import html
import json
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import lru_cache
from ipaddress import IPv6Address, ip_address
from itertools import pairwise
from typing import Final

_RUN: Final = re.compile(r"([0-9A-Za-z:.%_-]+)(/[0-9]{1,3}(?![0-9]))?")
_BASE64: Final = re.compile(r"[A-Za-z0-9+/]{24,}={0,2}")
_ESCAPED: Final = re.compile(r"\\u([0-9a-fA-F]{4})")
_DEEPEST: Final = 3
_MOST: Final = 1 << 26
_HEX: Final = set("0123456789abcdefABCDEF")
_ID_DIGITS: Final = (8, 17)
_ACCOUNT_DIGITS: Final = 12
_EPOCH_DIGITS: Final = 10
_OCTETS: Final = 4
_DAY: Final = re.compile(r"(?<![0-9])((?:19|20)[0-9]{2})-([01][0-9])-([0-3][0-9])(?![0-9])")
_OURS: Final = re.compile(r"[23][0-9a-f]{3}:|f[cde][0-9a-f]{2}:")
_HOLDS_IPV4: Final = ("::ffff:", "64:ff9b::")


@dataclass(eq=False)
class Scan:
    """What must not be left, and what was looked at.

    Attributes
    ----------
    image
        Returns what stands for a token of a kind.
    names
        Words that must not be left.
    span
        The first and the last second of the records.
    images
        Each token of the original, and what stands for it.
    kinds
        The kind of each.
    looked_at
        How many texts of which kind were looked at.
    """

    image: Callable[[str, str], str]
    names: frozenset[str] = frozenset()
    span: tuple[int, int] | None = None
    images: dict[str, str] = field(default_factory=dict)
    kinds: dict[str, str] = field(default_factory=dict)
    looked_at: Counter[str] = field(default_factory=Counter)

    def learn(self, texts: Iterable[str]) -> Counter[str]:
        """Note the tokens of an original, and return how often each stands in it."""
        found: Counter[str] = Counter()
        for text in texts:
            for view in views(text):
                for (kind, token), count in tokens(view, self.names, self.span).items():
                    found[token] += count
                    if token not in self.images:
                        self.images[token], self.kinds[token] = self.image(kind, token), kind
        return found

    def survivors(self, texts: Iterable[str], before: Counter[str] | None) -> list[str]:
        """Return the kinds of tokens left; *before* is what the original held, None if it had no such file."""
        found: Counter[str] = Counter()
        for text in texts:
            for view in views(text):
                self.looked_at["texts"] += 1
                for (_kind, token), count in tokens(view, self.names, self.span).items():
                    if token in self.images:
                        found[token] += count
        allowed: Counter[str] = Counter()
        for token, count in (before or {}).items():
            allowed[self.images[token]] += count
        every = set(self.images.values()) if before is None else set()
        left = [
            token
            for token, count in found.items()
            if token not in every and count > allowed[token] and self.images[token] != token
        ]
        return [self.kinds[token] for token in left]


def views(text: str, depth: int = 0) -> Iterator[str]:
    """Yield a text as it is read: entities of HTML and escapes of scripts undone, and what base64 in it holds."""
    seen = _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "\\u" in text else text
    seen = seen.replace("\\n", "\n").replace("\\t", "\t").replace("\\/", "/") if "\\" in seen else seen
    yield html.unescape(seen) if "&" in seen else seen
    if depth == _DEEPEST:
        return
    for found in _BASE64.finditer(seen):
        content = _bytes(found[0])
        if content is not None:
            yield from views(content.decode("latin-1") if not _is_text(content) else content.decode(), depth + 1)


def _bytes(text: str) -> bytes | None:
    try:
        content = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        return None
    if content[:2] == b"\x1f\x8b" or content[:1] == b"\x78":
        try:
            content = zlib.decompressobj(47).decompress(content, _MOST)
        except zlib.error:
            return content
    return content


def _is_text(content: bytes) -> bool:
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def tokens(text: str, names: Iterable[str] = (), span: tuple[int, int] | None = None) -> Counter[tuple[str, str]]:
    """Count the tokens of a text, by kind: addresses in one spelling, ids, accounts, times and names.

    Numbers of ten digits are times only within *span*.
    """
    found: Counter[tuple[str, str]] = Counter()
    for (run, length), count in Counter(_RUN.findall(text)).items():
        if not run.isdigit():
            told: Iterable[tuple[str, str]] = _of_run(run, length)
        elif len(run) == _ACCOUNT_DIGITS:
            told = [("account", run)]
        else:
            told = [("epoch", run)] if span and len(run) == _EPOCH_DIGITS and span[0] <= int(run) <= span[1] else ()
        for one in told:
            found[one] += count
    for parts, count in Counter(_DAY.findall(text)).items():
        found["day", "-".join(parts)] += count
    found.update(_names(text, names))
    return found


@lru_cache(1 << 16)
def _of_run(run: str, length: str) -> tuple[tuple[str, str], ...]:
    if not any(letter in "0123456789:-" for letter in run):
        return ()
    return (*(("address", address) for address in _addresses(run, length)), *_others(run))


def _addresses(run: str, length: str) -> Iterator[str]:
    """Yield the addresses in a run, IPv6 by its colons, IPv4 by its dots; the length of a block goes with the last."""
    start = run.partition("%")[0]
    for part in re.split(r"[^0-9A-Fa-f:.]+", start):
        if part.count(":") > 1 and (address := _ipv6(part)):
            yield address + (length if start.endswith(part) else "")
            return
    for part in re.split(r"[^0-9.]+", run):
        yield from _ipv4(part, length if run.endswith(part) else "")


def _ipv4(part: str, length: str) -> Iterator[str]:
    """Yield the addresses among numbers with dots between, where a port may follow each."""
    octets, place = part.strip(".").split("."), 0
    while place + _OCTETS <= len(octets):
        four = octets[place : place + _OCTETS]
        address = (
            _address(".".join(str(int(one)) for one in four)) if all(0 < len(one) < _OCTETS for one in four) else None
        )
        place += _OCTETS if address else 1
        if address:
            yield address + (length if place == len(octets) else "")


def _ipv6(run: str) -> str | None:
    """Return the longest address of networks of ours in a run, which may have other words before and behind."""
    parts = run.strip(".").split(":")
    for size in range(len(parts), 2, -1):
        for first in range(len(parts) - size + 1):
            address = _address(":".join(parts[first : first + size]))
            if address and (address.startswith(_HOLDS_IPV4) or _OURS.match(address)):
                return address
    return None


def _address(text: str) -> str | None:
    try:
        found = ip_address(text)
    except ValueError:
        return None
    return f"::ffff:{found.ipv4_mapped}" if isinstance(found, IPv6Address) and found.ipv4_mapped else str(found)


def _others(run: str) -> Iterator[tuple[str, str]]:
    words = re.split(r"[^0-9A-Za-z]+", run)
    for before, word in pairwise(words):
        if len(word) in _ID_DIGITS and set(word) <= _HEX and before[:1].isalpha() and f"{before}-{word}" in run:
            yield "id", word.lower()
    for place, word in enumerate(words):
        if len(word) == _ACCOUNT_DIGITS and word.isdigit() and f".{word}" not in run and f"{word}." not in run:
            yield "account", word
        octets = words[place + 1 : place + 1 + _OCTETS]
        if word in ("ip", "ec2") and len(octets) == _OCTETS and (address := _address(".".join(octets))):
            yield "address", address


def _names(text: str, names: Iterable[str]) -> Iterator[tuple[str, str]]:
    for name in names:
        start = text.find(name)
        while start >= 0:
            around = text[max(start - 1, 0) : start] + text[start + len(name) : start + len(name) + 1]
            if not any(letter.isascii() and letter.isalnum() for letter in around):
                yield "name", name
            start = text.find(name, start + len(name))


def strings(document: str) -> Iterator[str]:
    """Yield the texts of a JSON document, its keys among them, or the document itself if it is none."""
    try:
        stack = [json.loads(document)]
    except (ValueError, RecursionError):
        yield document
        return
    while stack:
        value = stack.pop()
        if isinstance(value, dict):
            stack += [*value.keys(), *value.values()]
        elif isinstance(value, list):
            if value and all(isinstance(one, str) for one in value):
                yield "".join(value) if value[0].endswith("\n") else "\n".join(value)
            else:
                stack += value
        elif isinstance(value, str):
            yield value
