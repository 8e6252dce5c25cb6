"""Which of several formats a record is in, told by its width and by what stands where."""

import re
from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Final

from flowkit.formats import LogFormat

_ADDRESS: Final = re.compile(r"\d{1,3}(?:\.\d{1,3}){3}|[0-9a-fA-F]{0,4}:[0-9a-fA-F:.]*")
_WORDS: Final = {"ACCEPT", "REJECT", "NODATA", "SKIPDATA"}


def _one_of(*words: str) -> Callable[[str], bool]:
    return frozenset(("-", *words)).__contains__


def _number(value: str) -> bool:
    return value.isdigit() or value == "-"


def _address(value: str) -> bool:
    return value == "-" or _ADDRESS.fullmatch(value) is not None


def _resource(prefix: str) -> Callable[[str], bool]:
    return lambda value: value.startswith(prefix) or value == "-"


_LOOKS: Final[dict[str, Callable[[str], bool]]] = {
    "action": _one_of("ACCEPT", "REJECT"),
    "log_status": _one_of("OK", "NODATA", "SKIPDATA"),
    "flow_direction": _one_of("ingress", "egress"),
    "interface_id": _resource("eni-"),
    "vpc_id": _resource("vpc-"),
    "subnet_id": _resource("subnet-"),
    "instance_id": _resource("i-"),
    **dict.fromkeys(("srcaddr", "dstaddr", "pkt_srcaddr", "pkt_dstaddr"), _address),
    **dict.fromkeys(("version", "srcport", "dstport", "protocol", "packets", "bytes", "start", "end"), _number),
}


@lru_cache(maxsize=64)
def _checks(log_format: LogFormat) -> tuple[tuple[int, Callable[[str], bool]], ...]:
    return tuple((place, _LOOKS[name]) for place, name in enumerate(log_format.columns) if name in _LOOKS)


def fits(record: str, log_format: LogFormat) -> bool:
    """Tell whether a record has a format's columns, with values that can stand in them.

    >>> from flowkit.formats import DEFAULT
    >>> fits("2 123456789010 eni-1 10.0.0.1 10.0.0.2 20641 22 6 20 4249 1418530010 1418530070 ACCEPT OK", DEFAULT)
    True
    """
    tokens = record.split()
    return len(tokens) == len(log_format.columns) and all(looks(tokens[place]) for place, looks in _checks(log_format))


def of_record(record: str, formats: Sequence[LogFormat]) -> LogFormat | None:
    """Return the first of *formats* that a record fits, or None."""
    return next((log_format for log_format in formats if fits(record, log_format)), None)


def like_flow_record(message: str) -> bool:
    """Tell whether a message may be a flow record in some format: an interface, an address or an action is in it."""
    return any(
        token in _WORDS or token.startswith("eni-") or _ADDRESS.fullmatch(token) for token in message.split()[:64]
    )
