"""What there is to redact: the files of a source, and what each is, told by its first bytes."""

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

import pyarrow as pa
import pyarrow.parquet as pq

from flowkit import formats
from flowkit.errors import FormatError
from flowkit.formats import LogFormat
from flowkit.inventory.answers import IDENTITY
from flowkit.reading.messages import looks_like_csv
from flowkit.reading.parquet import MAGIC
from flowkit.reading.unpack import DamagedError, blocks, unpack
from flowkit.redaction.refusing import RedactionError
from flowkit.sources import sample

Kind = Literal["log", "messages", "csv", "parquet", "table", "inventory", "json", "notebook", "page", "text", "unknown"]
RECORDS: Final = ("log", "messages", "csv", "parquet")
"""Kinds that hold flow log records."""
_LOOKED_AT: Final = 1 << 16
_ANSWERS: Final = {*IDENTITY, "Entries", "NetworkAcls", "PrefixLists", "taken"}
_TEXTS: Final = {".txt", ".md", ".csv", ".tsv", ".py", ".sql", ".log", ".yml", ".yaml", ".rst", ".svg", ".jsonl"}


@dataclass(frozen=True, slots=True)
class Part:
    """A file of a source.

    Attributes
    ----------
    path
        Where it lies.
    name
        Its path from the source on, as POSIX text.
    kind
        What it is.
    packed
        ``gz``, ``zst`` or "".
    """

    path: Path
    name: str
    kind: Kind
    packed: str = ""


CASE: Final = ("case.json", "journal.jsonl")
"""What makes a folder a case."""
_OF_CASE: Final = re.compile(r"(?:inventory|findings|figures|reports)/.+|[^/]+\.(?:html?|ipynb|md)")
_SEGMENT: Final = re.compile(r"flows-v[0-9]+/segments/([^/]+)/((?:records|status)-[0-9]+\.parquet)")


def left_of_case(root: Path) -> str:
    """Return what of a case is not redacted, "" where a source is none."""
    if not all((root / name).is_file() for name in CASE):
        return ""
    return "parts of the case that tell of the original by hash or as it was (journal, loads, known, raw)"


def root_of(source: str) -> Path:
    """Return the file or folder that a source names; ``"sample"`` is the sample's.

    Raises
    ------
    RedactionError
        If there is none.
    """
    path = sample.folder() if source == "sample" else Path(source).expanduser()
    if not path.exists():
        raise RedactionError(f"there is no file or folder {source}. Check the path; it is taken from {Path.cwd()}.")
    return path.resolve()


def parts(root: Path, log_format: LogFormat | None = None) -> Iterator[Part]:
    """Yield the files of a source, hidden ones and links out of it aside, in order.

    Raises
    ------
    RedactionError
        If a file cannot be read.
    """
    of_case = bool(left_of_case(root))
    files = [root] if root.is_file() else sorted(path for path in root.rglob("*") if path.is_file())
    for path in files:
        name = path.name if path == root else path.relative_to(root).as_posix()
        hidden = path != root and any(part.startswith(".") for part in path.relative_to(root).parts)
        if hidden or not path.resolve().is_relative_to(root):
            continue
        try:
            part = _part(path, name, log_format)
        except OSError as error:
            raise RedactionError(f"{name} cannot be read: {error.strerror}. Check that you may read it.") from error
        if (found := _in_case(part) if of_case else part) is not None:
            yield found


def _in_case(part: Part) -> Part | None:
    """Return a file of a case as it goes into the copy: its records as plain Parquet, what tells of hashes not."""
    if segment := _SEGMENT.fullmatch(part.name):
        return replace(part, name=f"flows/{segment[1]}-{segment[2]}", kind="parquet")
    if not _OF_CASE.fullmatch(part.name):
        return None
    return replace(part, kind="table") if part.kind == "parquet" else part


def content_of(part: Part) -> tuple[bytes, str]:
    """Return the unpacked bytes of a file, and what was lost of it; "" for a whole file."""
    found, lost = bytearray(), ""
    with part.path.open("rb") as file:
        try:
            for piece in unpack(blocks(file)):
                found += piece
        except DamagedError as damage:
            lost = f"what follows the damage at byte {damage.offset:,}"
    return bytes(found), lost


def _part(path: Path, name: str, log_format: LogFormat | None) -> Part:
    first = b""
    with path.open("rb") as file:
        stored = file.read(4)
        file.seek(0)
        try:
            for piece in unpack(blocks(file)):
                first += piece
                if len(first) >= _LOOKED_AT:
                    break
        except DamagedError:
            pass
    packed = "gz" if stored[:2] == b"\x1f\x8b" else "zst" if stored == b"\x28\xb5\x2f\xfd" else ""
    return Part(path, name, _kind(path, first, log_format), packed)


def _kind(path: Path, first: bytes, log_format: LogFormat | None) -> Kind:  # noqa: PLR0911 - a kind each
    if first.startswith(MAGIC):
        return _kind_of_parquet(path)
    text = first.decode("utf-8", "replace").lstrip("\ufeff \t\r\n")
    if path.suffix == ".ipynb":
        return "notebook"
    if path.suffix.lower() in (".html", ".htm") or text[:15].lower().startswith(("<!doctype html", "<html")):
        return "page"
    if text[:1] in ("{", "["):
        return _kind_of_json(text)
    if _is_log(text, log_format):
        return "log"
    if looks_like_csv(first):
        return "csv"
    if path.suffix in _TEXTS or _is_text(first):
        return "text"
    return "unknown"


def _kind_of_parquet(path: Path) -> Kind:
    try:
        return "parquet" if formats.of_names(pq.read_schema(path).names) else "table"
    except (pa.ArrowException, FormatError):
        return "unknown"


def _kind_of_json(text: str) -> Kind:
    if any(f'"{name}"' in text for name in ("logEvents", "events", "message", "@message", "logFormat")):
        return "messages"
    key = text[1:].lstrip(' \t\r\n{"').partition('"')[0]
    return "inventory" if key in _ANSWERS or any(f'"{one}": [' in text[:200] for one in IDENTITY) else "json"


def _is_log(text: str, log_format: LogFormat | None) -> bool:
    for line in text.splitlines()[:20]:
        tokens = line.split()
        if formats.of_header(tokens) or formats.of_record(tokens):
            return True
        if log_format and len(tokens) in (log_format.width, log_format.width + 1):
            return True
    return False


def _is_text(first: bytes) -> bool:
    try:
        first.decode()
    except UnicodeDecodeError as error:
        return bool(first) and error.start > len(first) - 4 and b"\0" not in first
    return b"\0" not in first


def documents(text: str) -> Iterator[object]:
    """Yield the JSON documents of a text, one after the other.

    Raises
    ------
    ValueError
        Where it is no JSON.
    """
    decoder, place = json.JSONDecoder(), 0
    text = text.lstrip("\ufeff")
    while rest := text[place:].lstrip():
        place = len(text) - len(rest)
        value, place = decoder.raw_decode(text, place)
        yield value
