"""Writing the redacted files, each in the form that its original had."""

import gzip
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path, PurePosixPath

import pyarrow as pa
import pyarrow.parquet as pq

from flowkit.formats import LogFormat
from flowkit.redaction.documents import Documents
from flowkit.redaction.logs import Records
from flowkit.redaction.maps import Maps
from flowkit.redaction.notebooks import Notebooks
from flowkit.redaction.pages import Pages
from flowkit.redaction.refusing import RedactionError
from flowkit.redaction.sources import RECORDS, Part, content_of, documents
from flowkit.redaction.texts import Texts


class Writer:
    """Writes the redacted files to a folder."""

    def __init__(
        self,
        maps: Maps,
        folder: Path,
        known: frozenset[str],
        window: tuple[int, int] | None,
        log_format: LogFormat | None,
    ) -> None:
        self.known = known
        self.left_out: Counter[str] = Counter()
        self._folder = folder
        self._window = window
        self._maps = maps
        self.texts = Texts(maps, known, epochs=window)
        self.records = Records(self.texts, log_format)
        self._told = len(self.records.names)

    def write(self, part: Part) -> tuple[Part, str] | None:
        """Write a file, redacted; return it with its new name, None if it was left out."""
        if part.kind == "unknown":
            self.left_out[f"files of another kind ({PurePosixPath(part.name).suffix[:8] or 'no suffix'})"] += 1
            return None
        if part.kind not in (*RECORDS, "inventory") and self._told != len(self.records.names):
            self._told = len(self.records.names)  # names in the logs' columns are names in text as well
            counts, self.texts = (
                self.texts.counts,
                Texts(self._maps, self.known | self.records.names, epochs=self._window),
            )
            self.texts.counts = counts
        name = self.texts(f"/{part.name}")[1:]
        place = self._folder / name
        if place.exists() or ".." in PurePosixPath(name).parts:
            raise RedactionError(f"two files would have the name of {part.name}. Rename it, and try again.")
        place.parent.mkdir(parents=True, exist_ok=True)
        if part.kind in ("parquet", "table"):
            pq.write_table(self.records.table(pq.read_table(part.path, partitioning=None)), place)
            return part, name
        content, lost = content_of(part)
        if lost:
            self.left_out[lost] += 1
        text = content.decode("utf-8", "surrogateescape")
        try:
            made = "".join(self._redacted(part, text))
        except RedactionError as error:
            raise RedactionError(f"{name}: {error}") from error
        _write(place, made.encode("utf-8", "surrogateescape"), part.packed)
        return part, name

    def _redacted(self, part: Part, text: str) -> Iterator[str]:
        pages = Pages(self.texts, self.left_out)
        if part.kind == "log":
            lines = text.split("\n")
            yield "\n".join(self._records().lines(lines))
        elif part.kind == "csv":
            yield self._records().csv(text)
        elif part.kind in ("messages", "inventory", "json"):
            yield from self._json(text, part)
        elif part.kind == "notebook":
            yield Notebooks(pages)(text)
        elif part.kind == "page" or part.name.endswith(".svg"):
            yield pages(text)
        else:
            yield self.texts(text)

    def _records(self) -> Records:
        return Records(self.texts, self.records.given, self.records.names)

    def _json(self, text: str, part: Part) -> Iterator[str]:
        records = self._records()
        values = Documents(self.texts, records.message if part.kind == "messages" else None)
        rich = Notebooks(Pages(self.texts, self.left_out)).rich
        try:
            for document in documents(text):
                value = rich(document) if part.kind == "json" else values(document)
                yield json.dumps(value, indent=None if part.kind == "messages" else 4) + "\n"
        except (ValueError, RecursionError):
            self.left_out["the broken end of JSON"] += 1


def _write(place: Path, content: bytes, packed: str) -> None:
    if packed == "gz":
        content = gzip.compress(content, mtime=0)  # neither a name nor a time is in its head
    elif packed == "zst":
        content = pa.compress(content, codec="zstd", asbytes=True)
    place.write_bytes(content)
