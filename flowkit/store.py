"""The store: loaded records as Parquet, with the account of every object they came from.

A store is a folder of *segments*. A segment is a folder written under a temporary name and
renamed when it is whole, so a kill at any moment leaves whole segments only, and the next load
goes on from there::

    segments/<id>/records-0.parquet   typed records, a file per set of columns
    segments/<id>/status-0.parquet    NODATA and SKIPDATA
    segments/<id>/refused.parquet     refused lines
    segments/<id>/ledger.json         a `Content` per object, the identities under which it was seen, and
                                      the numbers of objects whose rows do not count, since they are not whole
    meaning/<key>/…                   what the records of some objects mean together, worked out once

Objects are told apart by content: what was read once is not read again, whatever it is called.
"""

import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any, Final, Self

import pyarrow as pa
import pyarrow.parquet as pq

from flowkit import fields
from flowkit.errors import StoreError
from flowkit.formats import LogFormat
from flowkit.reading.pieces import Piece

LAYOUT: Final = "1"
"""Changes whenever older segments would be read differently; they are then loaded anew."""
OBJECT: Final = "_object"
FORMAT: Final = "_format"
MOST_REFUSED: Final = 100_000
_SEGMENT_RECORDS: Final = 500_000
_ROW_GROUP: Final = 122_880
_STALE: Final = 24 * 3600
_PRIVATE: Final = 0o700
_DICTIONARY: Final = {"version", "protocol", "tcp_flags", "traffic_path", "encryption_status", FORMAT, OBJECT}
_STATISTICS: Final = ["start", "end", OBJECT]
_REFUSED: Final = pa.schema(
    [(OBJECT, pa.int64()), ("line", pa.int64()), ("reason", pa.string()), ("text", pa.string())]
)


@dataclass(frozen=True, slots=True)
class Content:
    """What one object held: its hash, the account of its lines, and where its rows are.

    `key` numbers the object in the ``_object`` column; `reasons` counts refused lines by reason;
    `formats` are the formats of its records, which ``_format`` counts from 0.
    """

    key: int
    sha256: str
    read_as: str = ""
    bytes: int = 0
    lines: int = 0
    headers: int = 0
    records: int = 0
    nodata: int = 0
    skipdata: int = 0
    refused: int = 0
    damaged_at: int | None = None
    note: str = ""
    unknown_format: bool = False
    reasons: dict[str, int] = field(default_factory=dict)
    formats: tuple[LogFormat, ...] = ()
    segment: str = ""

    def to_json(self) -> dict[str, Any]:
        """Return the content as plain values."""
        return asdict(replace(self, segment="")) | {"formats": [[f.columns, f.stamped] for f in self.formats]}

    @classmethod
    def from_json(cls, values: dict[str, Any], segment: str) -> Self:
        """Read what `to_json` gave."""
        formats = tuple(LogFormat(tuple(columns), stamped) for columns, stamped in values["formats"])
        return cls(**(values | {"formats": formats, "segment": segment}))


@dataclass(frozen=True, slots=True)
class Index:
    """What a store holds: contents by (hash, read as), and hashes and S3's version ids by identity."""

    contents: dict[tuple[str, str], Content]
    seen: dict[str, str]
    versions: dict[str, str]


class Store:
    """A folder of segments; see the module's description.

    Parameters
    ----------
    folder
        Where it is, or will be made.
    publish
        Moves what has been written, a whole folder, to its place; a case enters it in its journal as well.
    """

    def __init__(self, folder: Path, publish: Callable[[Path, Path], None] | None = None) -> None:
        self._publish = publish or _move
        self.folder = folder / f"flows-v{LAYOUT}"
        self._segments = self.folder / "segments"
        try:
            folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
            self.folder.mkdir(mode=_PRIVATE, exist_ok=True)
            self._segments.mkdir(exist_ok=True)
        except OSError as error:
            raise StoreError.cannot_write(folder, error) from error
        self._sweep()

    def _sweep(self) -> None:
        """Remove what killed loads left behind, once nobody can still be writing it."""
        for left in self.folder.glob("tmp-*"):
            with suppress(OSError):  # another load may be renaming it
                if time.time() - left.stat().st_mtime > _STALE:
                    shutil.rmtree(left, ignore_errors=True)

    def index(self) -> Index:
        """Read the ledgers of all segments.

        Raises
        ------
        StoreError
            If one of them is broken.
        """
        contents: dict[tuple[str, str], Content] = {}
        seen: dict[str, str] = {}
        versions: dict[str, str] = {}
        for path in sorted(self._segments.glob("*/ledger.json")):
            try:
                ledger = json.loads(path.read_text())
                held = [Content.from_json(values, path.parent.name) for values in ledger["contents"]]
                seen |= ledger["seen"]
                versions |= ledger.get("versions", {})
            except (OSError, ValueError, LookupError, TypeError) as error:
                raise StoreError.broken(path.parent, error) from error
            for content in held:
                contents.setdefault((content.sha256, content.read_as), content)
        return Index(contents, seen, versions)

    def keys(self, segment: str) -> set[int]:
        """Return the numbers of the objects in a segment, abandoned ones too."""
        ledger = json.loads((self._segments / segment / "ledger.json").read_text())
        return {values["key"] for values in ledger["contents"]} | set(ledger.get("abandoned", ()))

    @property
    def read_only(self) -> bool:
        """Whether nothing can be kept, as of a case that was handed over on a read-only medium."""
        return self.folder.is_dir() and not os.access(self.folder, os.W_OK)

    def meaning(self, key: str) -> Path | None:
        """Return the folder of what was worked out under *key*, if it was."""
        folder = self.folder / "meaning" / key
        return folder if folder.is_dir() else None

    @contextmanager
    def new_meaning(self, key: str) -> Iterator[Path]:
        """Give a folder to write to, which takes its place under *key* only when it is whole.

        Raises
        ------
        StoreError
            If the store cannot be written.
        """
        partial = self.folder / f"tmp-{uuid.uuid4().hex}"
        final = self.folder / "meaning" / key
        try:
            partial.mkdir()
            yield partial
            final.parent.mkdir(exist_ok=True)
            with suppress(FileExistsError):  # another process was faster
                self._publish(partial, final)
        except OSError as error:
            if not final.is_dir():
                raise StoreError.cannot_write(self.folder, error) from error
        finally:
            shutil.rmtree(partial, ignore_errors=True)

    def segment(self) -> "SegmentWriter":
        """Return a writer of a new segment."""
        return SegmentWriter(self.folder, self._segments, self._publish)

    def files(self, segment: str, kind: str) -> list[Path]:
        """Return the Parquet files of a kind (``records``, ``status``, ``refused``) in a segment."""
        return sorted((self._segments / segment).glob(f"{kind}*.parquet"))


class SegmentWriter:
    """Writes one segment, object after object; nothing of it shows before `commit`."""

    def __init__(self, parent: Path, segments: Path, publish: Callable[[Path, Path], None]) -> None:
        self._name = f"{time.time_ns():020x}-{uuid.uuid4().hex[:8]}"
        self._segments = segments
        self._parent = parent
        self._publish = publish
        self._folder: Path | None = None
        self._writers: dict[tuple[str, pa.Schema], pq.ParquetWriter] = {}
        self._held: dict[tuple[str, pa.Schema], list[pa.Table]] = {}
        self._refused: list[tuple[int, int, str, str]] = []
        self._contents: dict[str, Content] = {}
        self._seen: dict[str, str] = {}
        self._versions: dict[str, str] = {}
        self._written: set[int] = set()
        self._abandoned: list[int] = []
        self.records = 0

    @property
    def full(self) -> bool:
        """Whether it is time to commit and begin another segment."""
        return self.records >= _SEGMENT_RECORDS

    @staticmethod
    def new_key() -> int:
        """Return a number for an object that no other object of any store has."""
        return uuid.uuid4().int >> 65

    def write(self, piece: Piece, key: int, format_number: int) -> None:
        """Add the rows of a piece, of the object *key*, and its refused lines as far as they are shown."""
        for kind, table in (("records", piece.records), ("status", piece.status)):
            if table is not None and table.num_rows:
                self._written.add(key)
                self._hold(kind, table, key, format_number)
        room = max(MOST_REFUSED - len(self._refused), 0)
        self._refused += [(key, r.line, r.reason, r.text) for r in piece.refused[:room]]

    def _hold(self, kind: str, table: pa.Table, key: int, format_number: int) -> None:
        table = table.append_column(OBJECT, pa.repeat(key, table.num_rows))
        table = table.append_column(FORMAT, pa.repeat(pa.scalar(format_number, pa.int32()), table.num_rows))
        held = self._held.setdefault((kind, table.schema), [])
        held.append(table)
        self.records += table.num_rows
        if sum(part.num_rows for part in held) >= _ROW_GROUP:
            self._flush(kind, table.schema)

    def _flush(self, kind: str, schema: pa.Schema) -> None:
        """Write what is held as one row group; many small objects share it."""
        if held := self._held.pop((kind, schema), []):
            self._writer(kind, schema).write_table(pa.concat_tables(held))

    def _writer(self, kind: str, schema: pa.Schema) -> pq.ParquetWriter:
        if (kind, schema) not in self._writers:
            number = sum(written == kind for written, _ in self._writers)
            self._writers[kind, schema] = pq.ParquetWriter(
                self._path(f"{kind}-{number}.parquet"),
                schema,
                compression="snappy",
                use_dictionary=[f.name for f in schema if pa.types.is_string(f.type) or f.name in _DICTIONARY],
                write_statistics=[name for name in _STATISTICS if name in schema.names],
                column_encoding={name: "DELTA_BINARY_PACKED" for name in schema.names if _counts_up(name)},
            )
        return self._writers[kind, schema]

    def _path(self, name: str) -> Path:
        if self._folder is None:
            self._folder = self._parent / f"tmp-{self._name}"
            self._folder.mkdir()
        return self._folder / name

    def finish(self, content: Content, identity: str, *, whole: bool = True, version_id: str = "") -> None:
        """Enter an object, all of whose rows have been written, into the ledger; if not *whole*, to be read again."""
        self._contents[identity] = content
        if whole:
            self.see(identity, content.sha256, version_id)

    def see(self, identity: str, sha256: str, version_id: str = "") -> None:
        """Note under which identity, and as which version, a content was met."""
        self._seen[identity] = sha256
        if version_id:
            self._versions[identity] = version_id

    def abandon(self, key: int) -> None:
        """Let the rows written of the object *key*, if there are any, count for nothing."""
        if key in self._written:
            self._abandoned.append(key)

    def commit(self) -> dict[str, Content]:
        """Make the segment part of the store and return what it holds, by identity."""
        if not self._seen and not self._contents:
            self.discard()
            return {}
        for kind, schema in list(self._held):
            self._flush(kind, schema)
        for writer in self._writers.values():
            writer.close()
        if self._refused:
            columns = zip(*self._refused, strict=True)
            arrays = [pa.array(values, f.type) for values, f in zip(columns, _REFUSED, strict=True)]
            pq.write_table(pa.table(arrays, schema=_REFUSED), self._path("refused.parquet"))
        contents = [content.to_json() for content in self._contents.values()]
        ledger = {"contents": contents, "seen": self._seen, "versions": self._versions, "abandoned": self._abandoned}
        self._path("ledger.json").write_text(json.dumps(ledger))
        self._publish(self._parent / f"tmp-{self._name}", self._segments / self._name)
        return {identity: replace(c, segment=self._name) for identity, c in self._contents.items()}

    def discard(self) -> None:
        """Leave nothing behind."""
        for writer in self._writers.values():
            with suppress(OSError):  # as on a full disk
                writer.close()
        if self._folder is not None:
            shutil.rmtree(self._folder, ignore_errors=True)


def _move(partial: Path, final: Path) -> None:
    partial.rename(final)


def _counts_up(name: str) -> bool:
    return name == "_line" or fields.of_column(name).kind == "time"


def cache_folder() -> Path:
    """Return the folder of loaded records: FLOWKIT_CACHE, else below the user's cache folder."""
    if chosen := os.environ.get("FLOWKIT_CACHE"):
        return Path(chosen).expanduser()
    base = os.environ.get("XDG_CACHE_HOME")
    return (Path(base) if base else Path.home() / ".cache") / "flowkit"
