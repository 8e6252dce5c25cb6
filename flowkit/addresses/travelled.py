"""Facts of addresses that travel with records: worked out where the true addresses were known.

Redaction leaves addresses that say nothing of country, service or lists. What was known of the true ones is kept beside
the records, and holds over what tables say of the addresses that stand for them.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from stat import S_IWOTH
from typing import Final

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from flowkit.errors import AddressError

FOLDER: Final = ".flowkit"
"""Beside the records; hidden, so that it is not taken for one of them."""
FILE: Final = "address-facts.parquet"
COLUMNS: Final = (
    "kind", "provided", "place", "aws_service", "aws_region", "country", "asn", "as_name", "labels", "listed",
)  # fmt: skip
_ABOUT: Final = b"flowkit"


@dataclass(frozen=True, slots=True, eq=False)
class Travelled:
    """Facts that came with records.

    Attributes
    ----------
    table
        ``address`` and the columns that `facts` gives.
    inside
        CIDR blocks that somebody had said to be inside.
    """

    table: pa.Table
    inside: tuple[str, ...] = ()

    def write(self, folder: Path) -> Path:
        """Write them below a folder of records, and return the file."""
        place = folder / FOLDER / FILE
        place.parent.mkdir(exist_ok=True)
        about = {_ABOUT: json.dumps({"inside": self.inside}).encode()}
        pq.write_table(self.table.replace_schema_metadata(about), place)
        return place

    def over(self, told: pa.Table) -> pa.Table:
        """Return facts as `facts` gives them, with what travelled in the rows of the addresses it is of."""
        wanted = told["address"]
        wanted = wanted.combine_chunks() if isinstance(wanted, pa.ChunkedArray) else wanted
        rows = pc.index_in(wanted, value_set=self.table["address"].combine_chunks())
        here = pc.is_valid(rows)
        for name in COLUMNS:
            mine = self.table[name].combine_chunks().take(rows)
            column = pc.if_else(here, mine.cast(told[name].type), told[name])
            told = told.set_column(told.column_names.index(name), name, column)
        return told


def travelled(places: Iterable[Path]) -> Travelled | None:
    """Return the facts that came with records: the nearest above the *places* where records lie; None without any.

    Nothing is looked for in or above a folder that anybody may write to.

    Raises
    ------
    AddressError
        If the file of facts is damaged.
    """
    seen: set[Path] = set()
    for place in places:
        for folder in (place, *place.parents):
            if folder in seen or _anybodys(folder):
                break
            seen.add(folder)
            file = folder / FOLDER / FILE
            if file.is_file():
                return _read(file)
    return None


def _anybodys(folder: Path) -> bool:
    try:
        return bool(folder.stat().st_mode & S_IWOTH)
    except OSError:
        return True


def _read(file: Path) -> Travelled:
    try:
        table = pq.read_table(file)
        about = json.loads((table.schema.metadata or {}).get(_ABOUT, b"{}"))
        return Travelled(table.select(["address", *COLUMNS]), tuple(map(str, about.get("inside", ()))))
    except (OSError, ValueError, LookupError, AttributeError, pa.ArrowException) as error:
        raise AddressError(
            f"the facts of addresses in {file} cannot be read ({type(error).__name__}). "
            "Take the folder from a copy, or remove that file to do without them."
        ) from error
