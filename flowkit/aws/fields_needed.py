"""Which fields beyond the default format the questions need, and the format that answers them all."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from flowkit import fields
from flowkit.errors import FormatError
from flowkit.formats import LogFormat


@dataclass(frozen=True, slots=True)
class Need:
    """Fields, the playbooks that need them, what cannot be told without them, and how much that matters."""

    names: tuple[str, ...]
    playbooks: tuple[str, ...]
    without: str
    severity: str


NEEDS: Final = (
    Need(
        ("interface-id",), ("connectivity", "compliance", "cost"), "which interface saw it; bytes counted once", "high",
    ),
    Need(
        ("srcaddr", "dstaddr", "srcport", "dstport", "protocol", "start", "end"),
        ("connectivity", "exfiltration", "intrusion", "flood", "compliance", "cost"),
        "who talked with whom, and when", "high",
    ),
    Need(("packets", "bytes"), ("exfiltration", "flood", "cost"), "how much moved", "high"),
    Need(("action",), ("connectivity", "intrusion", "compliance"), "what was rejected", "high"),
    Need(("log-status",), ("connectivity", "compliance"), "gaps in the logging told from silence", "medium"),
    Need(
        ("tcp-flags",), ("connectivity", "intrusion", "flood", "exfiltration"),
        "who opened a connection, and whether it was established, refused or never answered", "medium",
    ),
    Need(
        ("pkt-srcaddr", "pkt-dstaddr"), ("exfiltration", "connectivity", "cost"),
        "the true ends of what crosses a NAT gateway, load balancer or transit gateway", "medium",
    ),
    Need(("flow-direction",), ("exfiltration", "cost"), "the direction where an interface forwards for others", "low"),
    Need(
        ("vpc-id", "subnet-id", "instance-id"), ("intrusion", "compliance", "cost"),
        "whose record it is once the interface is gone", "low",
    ),
    Need(
        ("az-id", "traffic-path"), ("cost", "exfiltration"), "which gateway it left by, and which zones it crossed",
        "low",
    ),
    Need(
        ("pkt-src-aws-service", "pkt-dst-aws-service"), ("exfiltration", "cost"),
        "which AWS service the other end was at the time", "low",
    ),
    Need(("reject-reason",), ("connectivity",), "rejects by Block Public Access or encryption controls", "info"),
    Need(("encryption-status",), ("compliance",), "what went unencrypted", "info"),
)  # fmt: skip
"""What each question needs; the fields are described in `flowkit.fields`."""

_NEWEST: Final = 5
"""The record version whose fields every kind of resource has."""
_ASKED_FOR: Final = {name for need in NEEDS for name in need.names}
RECOMMENDED: Final = LogFormat(
    tuple(f.column for f in fields.FIELDS if f.logs != "tgw" and (f.since <= _NEWEST or f.name in _ASKED_FOR))
)
"""The fields of versions 2 to 5, and those that a playbook needs beyond them."""


def columns(log_format: str) -> tuple[str, ...]:
    """Return the columns of a flow log's format; without one it is the default; "" of what is no format."""
    try:
        return LogFormat.parse(log_format).columns if log_format else _DEFAULT
    except FormatError:
        return ()


_DEFAULT: Final = tuple(map(fields.column_name, fields.DEFAULT_FORMAT))


def missing(present: Iterable[str]) -> list[Need]:
    """Return what a format with these columns lacks, the gravest first, each with the fields that are not there."""
    has = set(present)
    found = [
        Need(lacking, need.playbooks, need.without, need.severity)
        for need in NEEDS
        if (lacking := tuple(name for name in need.names if fields.column_name(name) not in has))
    ]
    return sorted(found, key=lambda need: ("high", "medium", "low", "info").index(need.severity))


def needed(names: Iterable[str]) -> set[str]:
    """Return which of these fields any playbook needs."""
    return _ASKED_FOR.intersection(names)


def widened(present: tuple[str, ...]) -> LogFormat:
    """Return a format with all that is recorded now, in its order, and all that is needed."""
    return LogFormat((*present, *(column for column in RECOMMENDED.columns if column not in present)))
