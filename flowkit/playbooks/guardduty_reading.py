"""Reading GuardDuty findings, which are not to be trusted: every value is checked, none is looked up or followed."""

import gzip
import json
import re
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from os import PathLike
from pathlib import Path
from typing import Any, Final

from flowkit.errors import SourceError
from flowkit.inventory.text import address, brief, sound, time

Given = Mapping[str, Any] | Sequence[Any] | str | PathLike[str]
_MOST_BYTES: Final = 2**25
"""Unpacked size (B) up to which findings are read: a finding has some 10 kB, an answer of GetFindings 50 of them."""
_MOST: Final = 1000
_LONGEST: Final = timedelta(days=3660)
"""Time between first and last seen up to which it is believed: GuardDuty began in November 2017."""
_MOST_NAMED: Final = 100
"""Interfaces and addresses of one finding up to which they are read: an instance has fewer."""
_GZIP: Final = b"\x1f\x8b"
_TYPE: Final = re.compile(r"[\w:/.!&-]{1,120}")
_ID: Final = re.compile(r"[\w-]{1,64}")
_PORT_MAX: Final = 65_535
_HUGE: Final = 10**9
"""Numbers from here on are not written out: digits may be endless."""
_HINT: Final = "Give one as `aws guardduty get-findings` prints it, or as EventBridge or the export to S3 delivers it."
_INTERFACES: Final = ("Resource", "InstanceDetails", "NetworkInterfaces")
_CONNECTION: Final = ("Service", "Action", "NetworkConnectionAction")
_PROBES: Final = ("Service", "Action", "PortProbeAction", "PortProbeDetails")


@dataclass(frozen=True, slots=True)
class Read:
    """What a finding says, checked; "" and None where it does not."""

    type: str
    title: str
    severity: float | None
    instance_id: str
    interface_ids: tuple[str, ...]
    local_addresses: tuple[str, ...]
    remote_addresses: tuple[str, ...]
    port: int | None
    blocked: bool
    first: datetime
    last: datetime


def findings(given: Given) -> list[Mapping[str, Any]]:
    """Return the findings in what was given, out of their envelopes.

    Raises
    ------
    SourceError
        If there is none, more than 1,000, or what was given is no JSON or too large.
    """
    found = list(_unwrapped(_documents(given)))
    if not found:
        raise SourceError(f"no GuardDuty finding is in it. {_HINT}")
    if len(found) > _MOST:
        raise SourceError(f"{len(found):,} findings are more than {_MOST:,} at once. Give the ones to look into.")
    for one in found:
        if not isinstance(one, Mapping):
            raise SourceError(f"a GuardDuty finding is a JSON object, not {_told(one)}. {_HINT}")
    return found


def read(finding: Mapping[str, Any]) -> Read:
    """Return what a finding says.

    Raises
    ------
    SourceError
        If it has no type or time, or a value is not what its key says.
    """
    kind = _text(finding, "Type")
    if not _TYPE.fullmatch(kind):
        raise SourceError(f"the finding's Type is {brief(kind)!r}, which is none of GuardDuty's. {_HINT}")
    interfaces = _list(finding, *_INTERFACES)
    first, last = _times(finding)
    return Read(
        type=kind,
        title=brief(_text(finding, "Title")),
        severity=_severity(finding),
        instance_id=_id(_text(finding, "Resource", "InstanceDetails", "InstanceId")),
        interface_ids=_several(_id(_text(one, "NetworkInterfaceId")) for one in interfaces),
        local_addresses=_local(finding, interfaces),
        remote_addresses=_addresses(_actions(finding), "RemoteIpDetails"),
        port=_port(finding),
        blocked=any(_at(one, "Blocked") is True for one in (_at(finding, *_CONNECTION), _at(finding, *_PROBES[:-1]))),
        first=first,
        last=last,
    )


def _documents(given: Given) -> object:
    """Return the parsed JSON of what was given; lines of JSON are a list."""
    if isinstance(given, Mapping) or (isinstance(given, Sequence) and not isinstance(given, str | bytes)):
        return given
    if not isinstance(given, str | PathLike):
        raise SourceError(f"a finding is a dict, JSON text or the path of a file, not {type(given).__name__}. {_HINT}")
    text = (
        given if isinstance(given, str) and given.lstrip("\ufeff \t\r\n")[:1] in ("{", "[") else _content(Path(given))
    )
    if len(text) > _MOST_BYTES:
        raise SourceError(f"the findings have more than {_MOST_BYTES:,} bytes. Give the ones to look into.")
    return _parsed(text.lstrip("\ufeff"))


def _parsed(text: str) -> object:
    try:
        try:
            return json.loads(text)
        except json.JSONDecodeError as error:
            if not error.msg.startswith("Extra data"):
                raise
            return [json.loads(line) for line in text.split("\n") if line.strip()]  # as exported to S3
    except RecursionError:
        raise SourceError(f"the JSON is nested too deeply for a GuardDuty finding. {_HINT}") from None
    except ValueError as error:
        raise SourceError(f"the finding is no JSON: {brief(str(error))}. {_HINT}") from None


def _content(path: Path) -> str:
    try:
        with path.open("rb") as file:
            packed = file.read(2) == _GZIP
        with gzip.open(path) if packed else path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
    except (OSError, ValueError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise SourceError(
            f"{brief(str(path))} cannot be read: {brief(reason)}. Check the path of the finding."
        ) from None
    if len(content) > _MOST_BYTES:
        raise SourceError(f"{brief(str(path))} has more than {_MOST_BYTES:,} bytes. Give the findings to look into.")
    return content.decode("utf-8-sig", "replace")


def _unwrapped(value: object, depth: int = 3) -> Iterable[Any]:
    """Return findings out of lists, ``Findings`` and the ``detail`` of events."""
    if isinstance(value, Mapping):
        inner = next((part for key in ("Findings", "detail") if (part := _at(value, key)) is not None), None)
        if inner is None or _at(value, "Type") is not None:
            yield value
        elif depth:
            yield from _unwrapped(inner, depth - 1)
    elif isinstance(value, Sequence) and not isinstance(value, str | bytes) and depth:
        for one in value:
            yield from _unwrapped(one, depth - 1)
    else:
        yield value


def _at(value: object, *path: str) -> Any:  # noqa: ANN401 - whatever the JSON has
    """Return what stands at a path, its names written like ``Type`` or like ``type``; None where it ends."""
    for name in path:
        if not isinstance(value, Mapping):
            return None
        lower = name[0].lower() + name[1:]
        value = value.get(name, value.get(lower, value.get(name[0].upper() + name[1:])))
    return value


def _text(value: object, *path: str) -> str:
    found = _at(value, *path)
    return sound(found) if isinstance(found, str) else ""


def _list(value: object, *path: str) -> list[Any]:
    found = _at(value, *path)
    if not isinstance(found, list):
        return []
    if len(found) > _MOST_NAMED:
        raise SourceError(f"{path[-1]} of the finding has {len(found):,} entries, and no instance has so many. {_HINT}")
    return found


def _id(text: str) -> str:
    if text and not _ID.fullmatch(text):
        raise SourceError(f"the finding names the resource {brief(text)!r}, which is no id of AWS. {_HINT}")
    return text


def _several(texts: Iterable[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(filter(None, texts)))


def _actions(finding: Mapping[str, Any]) -> list[Any]:
    return [_at(finding, *_CONNECTION), *_list(finding, *_PROBES)]


def _addresses(values: Iterable[Any], name: str) -> tuple[str, ...]:
    texts = [_text(one, name, key) for one in values for key in ("IpAddressV4", "IpAddressV6")]
    return _several(map(_address, texts))


def _address(text: str) -> str:
    parsed = address(text) if text else ""
    if parsed is None:
        raise SourceError(f"the finding names the address {brief(text)!r}, which is none. {_HINT}")
    return parsed


def _local(finding: Mapping[str, Any], interfaces: list[Any]) -> tuple[str, ...]:
    """Return the address that the finding is about, else all of the instance's own."""
    told = _addresses(_actions(finding), "LocalIpDetails")
    texts = []
    for one in interfaces:
        texts += [_text(one, "PrivateIpAddress")]
        texts += [_text(more, "PrivateIpAddress") for more in _list(one, "PrivateIpAddresses")]
        texts += [text for text in _list(one, "Ipv6Addresses") if isinstance(text, str)]
    return told or _several(map(_address, texts))


def _port(finding: Mapping[str, Any]) -> int | None:
    """Return the port of the service: inbound the local one, else the remote one; None where there are several."""
    connection = _at(finding, *_CONNECTION)
    way = _text(connection, "ConnectionDirection").upper()
    inbound = way == "INBOUND" or (way != "OUTBOUND" and _text(finding, "Service", "ResourceRole").upper() == "TARGET")
    numbers = [_at(connection, "LocalPortDetails" if inbound else "RemotePortDetails", "Port")]
    numbers += [_at(one, "LocalPortDetails", "Port") for one in _list(finding, *_PROBES)]
    found = {_number(number) for number in numbers} - {None, 0}
    return found.pop() if len(found) == 1 else None


def _number(value: object) -> int | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= _PORT_MAX:
        raise SourceError(f"the finding names the port {_told(value)}, which is none. {_HINT}")
    return value


def _told(value: object) -> str:
    """Return a value in brief; of what may be endless only its kind."""
    if isinstance(value, str):
        return repr(brief(value))
    return str(value) if isinstance(value, int) and abs(value) < _HUGE else f"a {type(value).__name__}"


def _severity(finding: Mapping[str, Any]) -> float | None:
    found = _at(finding, "Severity")
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    return float(found) if is_number and 0 <= found <= 10 else None  # noqa: PLR2004 - GuardDuty's own scale


def _times(finding: Mapping[str, Any]) -> tuple[datetime, datetime]:
    first, last = (_time(finding, key) for key in ("EventFirstSeen", "EventLastSeen"))
    first, last = first or last, last or first
    if first is None or last is None:
        raise SourceError(f"the finding does not say when it was seen (Service.EventFirstSeen). {_HINT}")
    first, last = min(first, last), max(first, last)
    if last - first > _LONGEST:
        raise SourceError(
            f"the finding was seen from {first:%Y-%m-%d} to {last:%Y-%m-%d}, which no finding was. {_HINT}"
        )
    return first, last


def _time(finding: Mapping[str, Any], key: str) -> datetime | None:
    text = _text(finding, "Service", key)
    parsed = time(text) if text else None
    if text and parsed is None:
        raise SourceError(f"{key} of the finding is no time: {brief(text)!r}. {_HINT}")
    return parsed
