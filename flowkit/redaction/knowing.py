"""What is known of the true addresses, told of the addresses that stand for them."""

from typing import TYPE_CHECKING

import pyarrow as pa

from flowkit.addresses.travelled import COLUMNS, Travelled
from flowkit.redaction.maps import Maps
from flowkit.redaction.texts import Texts

if TYPE_CHECKING:
    from flowkit.flows import Flows


def facts_of(flows: "Flows", maps: Maps, texts: Texts) -> Travelled:
    """Return what is known of the true addresses, by the addresses that stand for them."""
    known = flows.identities
    table = pa.Table.from_pandas(known.table[["address", *COLUMNS]], preserve_index=False)
    rows = table.to_pylist()
    once = {row["address"]: row for row in rows}.values()
    made = [
        {
            **row,
            "address": maps.address(row["address"]) or texts(row["address"]),
            **{name: _renamed(row[name], maps) for name in ("labels", "listed")},
        }
        for row in once
    ]
    schema = pa.schema([(n, pa.int64() if n == "asn" else pa.string()) for n in ("address", *COLUMNS)])
    inside = tuple(maps.address(block) or block for block in known.knowledge.inside)
    return Travelled(pa.Table.from_pylist(made, schema=schema), inside)


def _renamed(text: str | None, maps: Maps) -> str | None:
    """Return names of lists, which the user chose, renamed."""
    return text and ", ".join(maps.name(one) for one in text.split(", "))
