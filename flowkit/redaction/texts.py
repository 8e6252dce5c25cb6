"""Tokens in free text: prose, error traces, file names, whatever else; each is found by its form."""

import re
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Final

from flowkit.addresses.parsed import packed
from flowkit.redaction.maps import Maps
from flowkit.redaction.words import PLACE, finder, ordinary

_BEFORE, _AFTER = r"(?<![0-9A-Za-z])", r"(?![0-9A-Za-z])"
_MONTHS: Final = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_MONTH: Final = r"(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec)[a-z]*\.?"
_OCTET: Final = r"(?:25[0-5]|2[0-4][0-9]|[01]?[0-9]{1,2})"
_V4: Final = rf"(?<![0-9])(?:{_OCTET}\.){{3}}{_OCTET}(?![0-9])(?:/[0-9]{{1,2}}(?![0-9]))?"
"""Whatever number follows behind a dot is a port, as tcpdump writes it."""
_PATTERNS: Final = {
    "renamed": r"name-[a-z2-7]{13,}" + _AFTER,
    "arn": r"arn:aws[a-z-]*:[a-z0-9-]*:[a-z0-9-]*:[0-9]{0,12}:[^\s\"'<>,;)\]}\\]+",
    "bucket": r"(?<=s3://)[a-z0-9][a-z0-9.-]{2,62}",
    "mail": r"(?<![A-Za-z0-9._%+-])[A-Za-z0-9._%+-]+@(?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,}",
    "access_key": _BEFORE + r"(?:AKIA|ASIA|AIDA|AROA|AGPA|ANPA)[A-Z0-9]{16}" + _AFTER,
    "host": r"(?<![A-Za-z0-9.-])(?:[A-Za-z0-9_-]+\.)+(?:amazonaws\.com(?:\.cn)?|internal|local|lan|corp|intranet)"
    + _AFTER,
    "numbered": _BEFORE + r"(?:ip|ec2)-[0-9]{1,3}(?:-[0-9]{1,3}){3}" + _AFTER,
    "person": r"(?:(?<=/home/)|(?<=/Users/)|(?<=\\Users\\))[^/\\\s\"'<>:]+",
    "id": _BEFORE + r"[A-Za-z][A-Za-z0-9]*-(?:[0-9a-fA-F]{17}|[0-9a-fA-F]{8})" + _AFTER,
    "hash": r"(?<=Z_)[0-9a-f]{8}(?=\.log)|(?<=/findings/)[0-9a-f]{12}(?=/)|(?<=/inventory/)[0-9a-f]{16}(?=/)|"
    + _BEFORE
    + r"[0-9a-f]{64}"
    + _AFTER,
    "mac": r"(?<![0-9A-Za-z:])[0-9a-fA-F]{2}(?::[0-9a-fA-F]{2}){5}(?![0-9A-Za-z:])",
    "ipv4": _V4,
    "ipv6": r"(?=[0-9A-Fa-f.]{0,45}:[0-9A-Fa-f.]{0,45}:)[0-9A-Fa-f:.]+(?:%[A-Za-z0-9_.-]+)?(?:/[0-9]{1,3}(?![0-9]))?",
    "stamp": r"(?<![0-9])(?:19|20)[0-9]{6}(?:(?=T[0-9]{4})|(?<=[-_][0-9]{8})(?![0-9A-Za-z]))",
    "day": r"(?<![0-9])(?:19|20)[0-9]{2}([-/])[01][0-9]\1[0-3][0-9](?![0-9])",
    "hive": r"year=[0-9]{4}/month=[0-9]{2}/day=[0-9]{2}",
    "written": rf"(?<![A-Za-z0-9])(?:[0-3]?[0-9] {_MONTH} [0-9]{{4}}|{_MONTH} [0-3]?[0-9],? [0-9]{{4}})(?![0-9])",
    "account": r"(?<![0-9A-Za-z.])[0-9]{12}(?![0-9A-Za-z])(?!\.[0-9])",
    "epoch": r"(?<![0-9A-Za-z.])[1-2][0-9]{9}(?:[0-9]{3})?(?![0-9A-Za-z])",
}  # fmt: skip
_PLAIN_HOST: Final = re.compile(
    r"amazonaws|com|cn|internal|local|lan|corp|intranet|compute(-1)?|ec2|elb|rds|s3|vpce|cache|es|redshift|lambda"
    r"|execute-api|logs|monitoring|sts|kms|dynamodb|sqs|sns|ssm|secretsmanager|eks|ecr|dkr|us"
    rf"|{PLACE}"
)
_OF_ARNS: Final = """
    app net gwy loadbalancer targetgroup listener cluster service task task-definition container-instance instance
    network-interface security-group subnet vpc role user policy log-group log-stream key db function attachment
    vpc-flow-log natgateway transit-gateway assumed-role root aws-service-role assumed-role-user
"""
_KEPT_IN_ARN: Final = frozenset(_OF_ARNS.split())
_EPOCHS: Final = (1_420_070_400, 2_051_222_400)
"""Numbers that may be times where nothing else says so: 2015 to 2034."""
_Handler = Callable[[str], str]


class Texts:
    """Redacts free text, or undoes that; counts what it met by kind.

    Attributes
    ----------
    maps
        What stands for what.
    epochs
        The first and the last second that a bare number of ten or thirteen digits may mean.
    counts
        Tokens replaced, by kind.
    """

    def __init__(self, maps: Maps, names: Iterable[str] = (), *, epochs: tuple[int, int] | None = None) -> None:
        self.maps = maps
        shifted = -maps.seconds if maps.backward else 0
        first, last = epochs or _EPOCHS
        self.epochs = first + shifted, last + shifted
        self.counts: Counter[str] = Counter()
        found = "" if maps.backward else finder(name for name in names if not ordinary(name))
        patterns = ({"word": found} if found else {}) | _PATTERNS
        self._pattern = re.compile("|".join(f"(?P<{kind}>{_joinable(text)})" for kind, text in patterns.items()))
        self._without_words = re.compile("|".join(f"(?P<{k}>{_joinable(t)})" for k, t in _PATTERNS.items()))
        self._handlers: dict[str, _Handler] = {
            "word": maps.name, "renamed": self._renamed, "arn": self._arn, "bucket": maps.name, "mail": maps.name,
            "access_key": maps.name, "host": self._host, "numbered": self._numbered, "person": self._person,
            "id": self._id, "hash": maps.hexadecimal, "mac": self._mac, "ipv4": self._ipv4,
            "stamp": self._stamp, "day": self._day, "hive": self._hive, "written": self._written,
            "account": maps.account, "epoch": self._epoch,
        }  # fmt: skip

    def __call__(self, text: str, *, words: bool = True) -> str:
        """Return a text with each token replaced; names that were gathered only where *words* are wanted."""
        pattern = self._pattern if words else self._without_words
        return pattern.sub(self._replaced, text)

    def _replaced(self, found: re.Match[str]) -> str:
        kind, text = str(found.lastgroup), found[0]
        if kind == "ipv6":
            mapped = self._ipv6(text, glued=_glued(found.string, found.start()))
        else:
            mapped = self._handlers[kind](text)
        if mapped != text:
            self.counts[_TOLD.get(kind, kind)] += 1
        return mapped

    def name(self, text: str) -> str:
        """Return what stands for the whole text, which is a name."""
        mapped = self.maps.name(text)
        self.counts["name"] += mapped != text
        return mapped

    def _renamed(self, text: str) -> str:
        return self.maps.name(text) if self.maps.backward else text

    def _person(self, text: str) -> str:
        return text if text in ("root", "jovyan", "runner", "Shared", "Public") else self.maps.name(text)

    def _id(self, text: str) -> str:
        word, _, digits = text.rpartition("-")
        return f"{word}-{self.maps.hexadecimal(digits.lower())}"

    def _mac(self, text: str) -> str:
        digits = self.maps.hexadecimal(text.replace(":", "").lower())
        return ":".join(digits[place : place + 2] for place in range(0, 12, 2))

    def _ipv4(self, text: str) -> str:
        start, slash, length = text.partition("/")
        plain = ".".join(str(int(part)) for part in start.split("."))  # such as 010.000.001.005
        mapped = self.maps.address(plain + slash + length) or text
        return text if mapped == plain + slash + length else mapped

    def _ipv6(self, text: str, *, glued: bool) -> str:
        """Replace the addresses in a run of their letters, each the longest from where it begins."""
        parts, done, start = list[str](), 0, 0
        while start < len(text):
            end = 0 if glued and not start else _end_of_ipv6(text, start)
            if end:
                parts += [self._only_ipv4(text[done:start]), self.maps.address(text[start:end]) or text[start:end]]
                done = start = end
            else:
                following = [place for place in (text.find(":", start), text.find(":", start) + 1) if place > start]
                start = min(following, default=len(text))
        return "".join(parts) + self._only_ipv4(text[done:])

    def _only_ipv4(self, text: str) -> str:
        return re.sub(_V4, lambda found: self._ipv4(found[0]), text)

    def _numbered(self, text: str) -> str:
        word, *parts = text.split("-")
        mapped = self._ipv4(".".join(parts))
        return f"{word}-{mapped.replace('.', '-')}"

    def _host(self, text: str) -> str:
        labels = text.split(".")
        cut = len(labels)
        while cut and _PLAIN_HOST.fullmatch(labels[cut - 1].lower()):
            cut -= 1
        own, rest = ".".join(labels[:cut]), labels[cut:]
        if not own:
            return text
        numbered = re.fullmatch(_PATTERNS["numbered"], own)
        return ".".join([self._numbered(own) if numbered else self.maps.name(own), *rest])

    def _arn(self, text: str) -> str:
        head = text.split(":", 5)
        account, resource = head[4], head[5]
        if account:
            head[4] = self.maps.account(account) if len(account) == 12 else account  # noqa: PLR2004 - an account
        parts = re.split(r"([:/])", resource)
        plain = head[2] != "s3"
        head[5] = "".join(p if n % 2 else self._in_arn(p, plain=plain or n > 0) for n, p in enumerate(parts))
        return ":".join(head)

    def _in_arn(self, part: str, *, plain: bool) -> str:
        if not part or (plain and part in _KEPT_IN_ARN) or part.strip("*") == "" or part.isdigit():
            return part
        if re.fullmatch(_PATTERNS["id"], part):
            return self._id(part)
        if re.fullmatch(r"[0-9a-f]{16}|[0-9a-f]{32}", part):
            return self.maps.hexadecimal(part)
        return self.maps.name(part)

    def _stamp(self, text: str) -> str:
        day = self.maps.day(int(text[:4]), int(text[4:6]), int(text[6:]))
        return f"{day:%Y%m%d}" if day else text

    def _day(self, text: str) -> str:
        day = self.maps.day(int(text[:4]), int(text[5:7]), int(text[8:]))
        return f"{day:%Y}{text[4]}{day:%m}{text[4]}{day:%d}" if day else text

    def _hive(self, text: str) -> str:
        day = self.maps.day(*(int(part.partition("=")[2]) for part in text.split("/")))
        return f"year={day:%Y}/month={day:%m}/day={day:%d}" if day else text

    def _written(self, text: str) -> str:
        parts = text.replace(",", "").split(" ")
        first = parts[0].isdigit()
        month = _MONTHS.index(parts[1 if first else 0][:3].lower()) + 1
        day = self.maps.day(int(parts[2]), month, int(parts[0 if first else 1]))
        if day is None:
            return text
        return f"{day.day} {day:%b %Y}" if first else f"{day:%b} {day.day}, {day:%Y}"

    def _epoch(self, text: str) -> str:
        number = int(text)
        seconds = number if len(text) == 10 else number // 1000  # noqa: PLR2004 - digits of seconds
        low, high = self.epochs
        return str(self.maps.epoch(number)) if low <= seconds <= high else text


_TOLD: Final = {
    "ipv4": "address", "ipv6": "address", "numbered": "address", "word": "name", "bucket": "name", "mail": "name",
    "host": "name", "person": "name", "renamed": "name", "access_key": "name", "stamp": "time", "day": "time",
    "hive": "time", "written": "time", "epoch": "time", "arn": "id", "mac": "id", "hash": "id",
}  # fmt: skip
"""What the kinds of patterns are called in a report."""


def _joinable(pattern: str) -> str:
    """Give back references of a pattern a name of their own, as patterns are joined."""
    return pattern.replace("([-/])", "(?P<between>[-/])").replace(r"\1", "(?P=between)")


def _glued(text: str, start: int) -> bool:
    """Tell whether a word goes on at a place; the ``n`` of an escape in source code is no part of one."""
    before = text[max(start - 2, 0) : start]
    return before[-1:].isalnum() and not (before[:1] == "\\" and before[1:] in "nrtabfv0")


def _end_of_ipv6(text: str, start: int) -> int:
    """Return where the longest IPv6 address from a place on ends, with its zone and length; 0 without any."""
    run = _RUN.match(text, start, start + _LONGEST) if _HEAD.match(text, start) else None  # most begin as none does
    places = [n for n, letter in enumerate(run[0], start) if letter in ":."] if run else []
    ends = {run.end(), *places, *(n + 1 for n in places)} if run else set()
    for end in sorted(ends, reverse=True):
        if _is_ipv6(text[start:end]):
            more = _BEHIND.match(text, end)
            return more.end() if more else end
    return 0


def _is_ipv6(text: str) -> bool:
    """Tell an address that would be replaced: what lies elsewhere is a time, a slice or a scope of C++."""
    if text.count(":") < 2:  # noqa: PLR2004 - colons of the shortest
        return False
    address = packed(text)
    if address is None:
        return False
    head = address[0]
    return head >> 5 == 1 or head >> 1 == 0x7E or head >= 0xFE or address.startswith(_HOLDING)  # noqa: PLR2004


_HEAD: Final = re.compile(r"(?:[23][0-9a-f]{3}|f[c-f][0-9a-f]{2}|0{0,2}64|0{0,4}):(?::(?!:)|[0-9a-f])", re.IGNORECASE)
"""How an address of a network, or one that holds an IPv4 address, begins."""
_RUN: Final = re.compile(r"[0-9A-Fa-f:.]+")
_BEHIND: Final = re.compile(r"(?:%[A-Za-z0-9_.-]+)?(?:/[0-9]{1,3}(?![0-9]))?")
_LONGEST: Final = 45
_HOLDING: Final = (bytes(10) + b"\xff\xff", bytes.fromhex("0064ff9b"))
