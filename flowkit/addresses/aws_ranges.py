"""AWS's published address ranges: which service and region an address belongs to.

A table is a gzip CSV: a comment with AWS's own date, a header, then ``prefix,region,service``.
Source: "AWS IP address ranges" in the Amazon VPC User Guide.
"""

import gzip
import io
import json
import os
import re
import uuid
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import pyarrow as pa

from flowkit.addresses.files import Named, bytes_of, lines_of, path_of, text_of_bytes
from flowkit.addresses.parsed import block
from flowkit.addresses.tables import RangeTable
from flowkit.errors import AddressError

_SHIPPED: Final = Path(__file__).with_name("ip-ranges.csv.gz")
_HEADER: Final = "prefix,region,service"
_WIDTH: Final = 3
_ABOUT: Final = re.compile(r"# AWS ip-ranges\.json, syncToken (\d+), createDate (\S+)")
_DATE: Final = "%Y-%m-%d-%H-%M-%S"
_WORD: Final = re.compile(r"[A-Za-z0-9_-]+")
_GENERAL: Final = {"AMAZON": 0, "EC2": 1}
_KINDS: Final = (("prefixes", "ip_prefix"), ("ipv6_prefixes", "ipv6_prefix"))

Row = tuple[str, str, str]


@dataclass(frozen=True, slots=True, eq=False)
class AwsRanges:
    """AWS's address ranges.

    Attributes
    ----------
    table
        ``aws_service`` and ``aws_region`` by range.
    created
        When AWS wrote the list (UTC).
    source
        The file it was read from.
    """

    table: RangeTable
    created: datetime
    source: Path


def ranges() -> AwsRanges | None:
    """Return the ranges: the user's own table if there is one, else the one that came with flowkit, if any.

    Raises
    ------
    AddressError
        If the table cannot be read.

    Notes
    -----
    Of several services at an address, the one with the longest prefix counts; of equal prefixes, one other
    than ``EC2``, and of several such the first by name. ``AMAZON`` stands for all of AWS's ranges and
    counts only where no service does.
    """
    path = next((path for path in (_own(), _SHIPPED) if path.is_file()), None)
    if path is None:
        return None
    return _read(path, bytes_of(path))


@lru_cache(maxsize=2)
def _read(path: Path, packed: bytes) -> AwsRanges:
    """Return the ranges in a file's bytes; 17,000 rows take half a second, so the last are kept."""
    lines = lines_of(text_of_bytes(packed, path))
    about = _ABOUT.fullmatch(lines[0]) if lines else None
    rows = [tuple(line.split(",")) for line in lines[2:]]
    blocks = [block(row[0]) for row in rows]
    if about is None or lines[1:2] != [_HEADER] or None in blocks or any(len(row) != _WIDTH for row in rows):
        raise AddressError(f"{path} is no table of AWS's ranges. Remove it, or run flowkit update-ranges again.")
    return AwsRanges(_table(rows, blocks), _date(about[2], path), path)  # type: ignore[arg-type]


def update_ranges(file: Named) -> Path:
    """Take over the ranges of AWS's ``ip-ranges.json``; return the table that is used from now on.

    Parameters
    ----------
    file
        The file as AWS publishes it, plain or gzip.

    Raises
    ------
    AddressError
        If it is not such a file, or the table cannot be written.

    Notes
    -----
    The table is written to ``FLOWKIT_RANGES``, else to ``flowkit/ip-ranges.csv.gz`` in ``$XDG_DATA_HOME``,
    else in ``~/.local/share``. An older file than the present one is taken too: for older traffic it is the better one.
    """
    path = path_of(file)
    content = _published(path)
    rows = sorted(set(_rows(content, path)))
    about = f"# AWS ip-ranges.json, syncToken {content['syncToken']}, createDate {content['createDate']}"
    text = "\n".join([about, _HEADER, *(",".join(row) for row in rows), ""])
    packed = io.BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=packed, mtime=0) as stream:
        stream.write(text.encode())  # no name and no time: the same ranges give the same bytes
    own = _own()
    _replace(own, packed.getvalue())
    return own


def _own() -> Path:
    if chosen := os.environ.get("FLOWKIT_RANGES"):
        return path_of(chosen)
    base = os.environ.get("XDG_DATA_HOME")
    return (Path(base) if base else path_of("~/.local/share")) / "flowkit" / "ip-ranges.csv.gz"


def _table(rows: list[Row], blocks: list[tuple[bytes, bytes]]) -> RangeTable:
    # By level and name, since of equal ranges the last counts.
    order = sorted(range(len(rows)), key=lambda n: (_GENERAL.get(rows[n][2], 2), [-ord(c) for c in rows[n][2]]))
    values = {"aws_service": [rows[n][2] for n in order], "aws_region": [rows[n][1] for n in order]}
    first, last = ([blocks[n][end] for n in order] for end in (0, 1))
    level = [int(rows[n][2] != "AMAZON") for n in order]
    return RangeTable.of(first, last, pa.table(values), level=level)


def _published(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(text_of_bytes(bytes_of(path), path))
    except (ValueError, RecursionError) as error:
        if isinstance(error, AddressError):
            raise
        raise _unlike(path, "it is not JSON") from error
    if not isinstance(content, dict):
        raise _unlike(path, "it is a list")
    if not str(content.get("syncToken", "")).isdigit():
        raise _unlike(path, "it has no syncToken")
    _date(str(content.get("createDate")), path)
    return content


def _rows(content: dict[str, Any], path: Path) -> Iterator[Row]:
    for kind, prefix in _KINDS:
        entries = content.get(kind)
        if not isinstance(entries, list) or not entries:
            raise _unlike(path, f"it has no {kind}")
        for entry in entries:
            row = (
                tuple(str(entry.get(name)) for name in (prefix, "region", "service")) if isinstance(entry, dict) else ()
            )
            if not row or block(row[0]) is None or not all(map(_WORD.fullmatch, row[1:])):
                raise _unlike(path, f"in its {kind} is {entry!r:.200}")
            yield row[0], row[1], row[2]


def _date(text: str, path: Path) -> datetime:
    try:
        return datetime.strptime(text, _DATE).replace(tzinfo=UTC)
    except ValueError as error:
        raise _unlike(path, f"its createDate is {text!r}") from error


def _unlike(path: Path, reason: str) -> AddressError:
    return AddressError(
        f"{path} is not AWS's ip-ranges.json: {reason}. "
        "Give the file as AWS publishes it, described under AWS IP address ranges in the Amazon VPC User Guide."
    )


def _replace(path: Path, content: bytes) -> None:
    """Write a file under a temporary name and rename it, so that it is whole or not there."""
    temporary = path.with_name(f".{path.name}.{uuid.uuid4().hex}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        temporary.write_bytes(content)
        temporary.replace(path)
    except OSError as error:
        with suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise AddressError(
            f"{path} cannot be written: {error.strerror or error}. Name another file in FLOWKIT_RANGES."
        ) from error
