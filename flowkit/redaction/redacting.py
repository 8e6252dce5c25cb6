"""Redacting a source: file by file into a place of its own, which takes its name only when nothing is left in it."""

import json
import shutil
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pyarrow as pa
import pyarrow.parquet as pq

from flowkit.addresses.travelled import FOLDER
from flowkit.errors import SourceError
from flowkit.formats import LogFormat
from flowkit.redaction.documents import names_in
from flowkit.redaction.keys import Key, read_key
from flowkit.redaction.knowing import facts_of
from flowkit.redaction.maps import Maps, Mode, mode_of
from flowkit.redaction.pages import without_libraries
from flowkit.redaction.refusing import RedactionError
from flowkit.redaction.report import RedactionReport
from flowkit.redaction.scanning import Scan, strings
from flowkit.redaction.sources import RECORDS, Part, content_of, documents, left_of_case, parts, root_of
from flowkit.redaction.words import ordinary
from flowkit.redaction.writing import Writer

if TYPE_CHECKING:
    from flowkit.flows import Flows

Load = Callable[..., "Flows"]
"""Loads flows from files: called with a list of files, ``inventory=`` and ``log_format=``."""
_ABOUT: Final = "redaction.json"
_NEAR: Final = 400 * 86_400
"""Seconds around the records in which a bare number may be a time."""
_ORDER: Final = ("inventory", *RECORDS, "table", "json", "notebook", "page", "text", "unknown")
"""In which files are redacted: first those that tell names which the others may hold."""


def redact(  # noqa: PLR0913 - each is a thing to say of a redaction, by name
    source: str | PathLike[str],
    target: str | PathLike[str],
    *,
    key: str | PathLike[str] | bytes | Key,
    keep: Iterable[str] | str = (),
    shift: int | timedelta | None = None,
    names: Iterable[str] = (),
    inventory: str | PathLike[str] | None = None,
    load: Load | None = None,
    log_format: str | None = None,
) -> RedactionReport:
    """Write a copy of flow logs, snapshots, reports or notebooks that tells nothing of whom they are about.

    Addresses become others by keyed prefix-preserving encryption: private stays private, public public, and hosts of
    one block stay hosts of one block. Accounts, ids and names are renamed alike everywhere, their form kept; times move
    by whole weeks. What is known of the true addresses (inside or outside, AWS service, country, lists) travels along
    beside the records, so that playbooks find the same. Then the result is looked through once more, by other means:
    if anything of the original stands in it, nothing is written.

    Parameters
    ----------
    source
        A file or folder of flow logs, `aws ec2 describe-*` answers, HTML, notebooks, JSON or text; ``"sample"``.
    target
        Where to write: a folder, for logs and folders, else a file. It must not be there.
    key
        The key file, see `new_key`, or the 32 bytes. Who has it can undo the redaction, and nobody else.
    keep
        CIDR blocks of addresses to leave as they are. The same are needed to undo it.
    shift
        By how many weeks times are moved into the past, or a `timedelta` of whole weeks; by default 26 to 233 weeks, as
        the key has it.
    names
        Further words to rename wherever they stand, such as a customer's.
    inventory
        A folder of `aws ec2 describe-*` answers beside the source, or ``"sample"``: its tags, group names and the like
        are renamed wherever they stand. Those of answers in the source are in any case.
    load
        How to load flows, so that facts of addresses travel along: `flowkit.load`; without it none do.
    log_format
        The format of headerless records, as in `flowkit.load`.

    Returns
    -------
    RedactionReport
        What was replaced, looked through, and left out.

    Raises
    ------
    RedactionError
        If the key does not fit, the target is there, something cannot be read, or something would be left.
    StoreError
        If the target cannot be written.

    Notes
    -----
    Names that stand in free text only, and nowhere in a snapshot or in *names*, are not known to be names. Pictures are
    left out, as what they show cannot be looked into; so is every file that is none of the above. Ports, bytes,
    protocols, regions and availability zones stay as they are: whoever knows the traffic may recognise it.
    Source: Xu, Fan, Ammar, Moon: "Prefix-Preserving IP Address Anonymization" (2002).
    """
    work = _Work.begin((source, target), read_key(key), mode_of(keep, shift), log_format, backward=False)
    return work.done(names, inventory, load)


def reverse(
    source: str | PathLike[str],
    target: str | PathLike[str],
    *,
    key: str | PathLike[str] | bytes | Key,
    keep: Iterable[str] | str = (),
    shift: int | timedelta | None = None,
    log_format: str | None = None,
) -> RedactionReport:
    """Undo a redaction: map a finding, a report or a log back, with the key, *keep* and *shift* it was made with.

    Parameters
    ----------
    source, target, key, keep, shift, log_format
        As in `redact`.

    Raises
    ------
    RedactionError, StoreError
        As `redact`.
    """
    work = _Work.begin((source, target), read_key(key), mode_of(keep, shift), log_format, backward=True)
    return work.done((), None, None)


@dataclass(eq=False)
class _Work:
    """One redaction on its way."""

    root: Path
    target: Path
    key: Key
    mode: Mode
    maps: Maps
    parts: list[Part]
    log_format: LogFormat | None

    @classmethod
    def begin(cls, given: tuple[Any, Any], key: Key, mode: Mode, log_format: str | None, *, backward: bool) -> "_Work":
        """Look at what there is, and refuse what cannot be done."""
        source, target = given
        root, columns = root_of(str(source)), LogFormat.parse(log_format) if log_format else None
        place = Path(target).expanduser().absolute()
        if place.exists() or place.is_symlink():
            raise RedactionError(f"{target} is there already, and is never written over. Name another target.")
        if root.is_dir() and place.resolve().is_relative_to(root):
            raise RedactionError(f"{target} lies inside of what is to be redacted. Name a target elsewhere.")
        if not place.parent.is_dir():
            raise RedactionError(f"there is no folder {place.parent}. Make it, or name another target.")
        found = sorted(parts(root, columns), key=lambda part: (_ORDER.index(part.kind), part.name))
        if not found:
            raise RedactionError(f"the folder {source} holds no file. Check the path.")
        return cls(root, place, key, mode, Maps(key, mode, backward=backward), found, columns)

    def done(self, names: Iterable[str], inventory: str | PathLike[str] | None, load: Load | None) -> RedactionReport:
        """Redact, look through the result, and let it take its place."""
        known_from = list(parts(root_of(str(inventory)))) if inventory else self.parts
        answers = [part for part in known_from if part.kind == "inventory"]
        flows = self._flows(load, answers)
        span = _span(flows)
        told = set[str]().union(*(names_in(value) for part in {*answers, *self.parts} for value in _answers(part)))
        known = frozenset({*names, *told} - {""})
        window = (span[0] - _NEAR, span[1] + _NEAR) if span else None
        staged = self.target.parent / f".{self.target.name[:100]}-{uuid.uuid4().hex[:8]}"
        try:
            staged.mkdir(mode=0o700)
            writer = Writer(self.maps, staged, known, window, self.log_format)
            writer.left_out.update([left] if (left := left_of_case(self.root)) else [])
            if flows is None and load is not None and any(part.kind in RECORDS for part in self.parts):
                writer.left_out["facts of addresses: no record could be loaded"] += 1
            pairs = [pair for part in self.parts if (pair := writer.write(part))]
            if flows is not None and not self.maps.backward:
                facts_of(flows, self.maps, writer.texts).write(staged)
            scanned = Counter[str]() if self.maps.backward else self._scan(pairs, staged, writer, span)
            self._publish(staged, pairs)
        except OSError as error:
            raise RedactionError(
                f"{self.target} cannot be written: {error.strerror or error}. Make room there."
            ) from error
        finally:
            shutil.rmtree(staged, ignore_errors=True)
        return RedactionReport(
            str(self.target), self.key.id, tuple(name for _, name in pairs), dict(writer.texts.counts), dict(scanned),
            dict(writer.left_out), self.maps.backward,
        )  # fmt: skip

    def _flows(self, load: Load | None, answers: list[Part]) -> "Flows | None":
        records = [str(part.path) for part in self.parts if part.kind in RECORDS]
        if load is None or not records or self.maps.backward:
            return None
        inventory = [str(part.path) for part in answers] or None
        try:
            return load(records, inventory=inventory, log_format=str(self.log_format) if self.log_format else None)
        except SourceError:  # none of them is a flow log after all
            return None

    def _scan(self, pairs: list[tuple[Part, str]], staged: Path, writer: Writer, span: Any) -> Counter[str]:  # noqa: ANN401
        """Look through the result, file by file and name by name; raise where something is left."""
        names = frozenset(name for name in (writer.known | writer.records.names) if not ordinary(name))
        scan = Scan(self._image, names, span)
        before = [scan.learn([*_texts_of(part.path, part.kind), part.name]) for part, _ in pairs]
        places = []
        for (part, name), held in zip(pairs, before, strict=True):
            kinds = scan.survivors([*_texts_of(staged / name, part.kind), name], held)
            places += [f"{name} ({', '.join(sorted(set(kinds)))})"] if kinds else []
        for path in (staged / FOLDER).glob("*"):
            kinds = scan.survivors(_texts_of(path, "parquet" if path.suffix == ".parquet" else "json"), None)
            places += [f"{path.name} ({', '.join(sorted(set(kinds)))})"] if kinds else []
        if places:
            raise RedactionError.survived(places)
        scan.looked_at["tokens of the original"] = len(scan.images)
        scan.looked_at["files"] = len(pairs)
        return scan.looked_at

    def _image(self, kind: str, token: str) -> str:
        maps = self.maps
        if kind == "day":
            moved = maps.day(*map(int, token.split("-")))
            return f"{moved:%Y-%m-%d}" if moved else token
        if kind == "epoch":
            return str(maps.epoch(int(token)))
        of = {"address": maps.address, "id": maps.hexadecimal, "account": maps.account, "name": maps.name}[kind]
        return of(token) or token

    def _publish(self, staged: Path, pairs: list[tuple[Part, str]]) -> None:
        """Let the result take its place: a folder, or the one file."""
        single = self.root.is_file() and self.parts[0].kind not in (*RECORDS, "inventory")
        if not pairs:
            raise RedactionError(
                "nothing in it can be redacted: flow logs, snapshots, HTML, notebooks, JSON and text can."
            )
        if not single and not self.maps.backward:
            about = {"redacted_with": self.key.id, "keep": self.mode.keep, "shift": "as the key has it"}
            about |= {} if self.mode.weeks is None else {"shift": "as given"}
            (staged / FOLDER).mkdir(exist_ok=True)
            (staged / FOLDER / _ABOUT).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
        (staged / pairs[0][1] if single else staged).rename(self.target)


def _answers(part: Part) -> Iterator[object]:
    """Yield the answers of `aws ec2 describe-*` in a file, as far as they are whole."""
    if part.kind != "inventory":
        return
    try:
        yield from documents(content_of(part)[0].decode("utf-8", "surrogateescape"))
    except (ValueError, RecursionError):
        return


def _texts_of(path: Path, kind: str) -> Iterator[str]:
    """Yield the texts in a file as the second look reads them."""
    if kind in ("parquet", "table"):
        table = pq.read_table(path, partitioning=None)
        for name, column in zip(table.column_names, table.columns, strict=True):
            if not pa.types.is_integer(column.type) and not pa.types.is_floating(column.type):
                yield "\n".join(str(value) for value in column.to_pylist() if value is not None)
            yield name
        return
    content, _ = content_of(Part(path, path.name, "unknown"))
    text = content.decode("utf-8", "surrogateescape")
    if kind in ("notebook", "json", "inventory"):
        yield from map(without_libraries, strings(text))
    else:
        yield without_libraries(text) if kind == "page" else text


def _span(flows: "Flows | None") -> tuple[int, int] | None:
    if flows is None or flows.span is None:
        return None
    first, last = flows.span
    return int(first.timestamp()), int(last.timestamp())
