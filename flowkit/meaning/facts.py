"""The steps from records to what they mean, in order, and their result as a table."""

from dataclasses import dataclass
from typing import Final

import ibis
import ibis.expr.types as ir
from ibis import _

from flowkit.engine import frame
from flowkit.keeping import Keep
from flowkit.meaning import counted, roles, stitched
from flowkit.meaning.ends import PACKET_ADDRESSES, Ends, ends, observed
from flowkit.meaning.roles import KEYS

VERSION: Final = "2"
"""Changes whenever a record would be understood differently; what was stored is then worked out anew."""
COLUMNS: Final = (
    "observer", "direction", "srcaddr", "dstaddr", "client", "server", "client_port", "server_port", "protocol",
    "to_server", "opened_by", "event", "opens", "start", "end", "bytes", "packets", "tcp_flags", "rejected",
    "preference", "counts",
)  # fmt: skip
"""A row per record. Addresses and `observer` are numbers of `Ends`; `srcaddr` and `dstaddr` are those of
the record, `client` and `server` the true ends; times are seconds since 1970."""


@dataclass(frozen=True, eq=False)
class Facts:
    """What records mean: `table` has `COLUMNS`, `ends` what its numbers stand for."""

    table: ir.Table
    ends: Ends


@dataclass(frozen=True, eq=False)
class Steps:
    """The work on some records, so prepared that it can be done in parts: a tuple is whole in one of them."""

    whole: ir.Table
    ends: Ends
    busy: ir.Table
    repeats: ir.Table | None
    copied: bool
    keep: Keep

    def part(self, number: int, parts: int) -> ir.Table:
        """Return the facts of one part of the records."""
        table = self.whole
        if parts > 1:
            table = self.keep(table.filter((table.ends % parts + table.ports % parts) % parts == number))
        if self.repeats is not None:
            table = self.keep(counted.without_repeats(table, self.repeats, self.ends))
        return _facts(table, self)


def steps(records: ir.Table, keep: Keep, *, parts: int = 1, objects: int = 1, stage: Keep | None = None) -> Steps:
    """Prepare the work on *records*, which came from so many *objects*, for so many *parts*.

    Where there are several parts, *stage* keeps what they are taken from: more than memory should hold.
    """
    translated = _translated(records)
    if not translated:  # then what the packets say is what the records say
        records = records.drop(*(name for name in PACKET_ADDRESSES if name in records.columns))
    found = ends(records, keep)
    whole = roles.with_tuple(observed(records, found))
    whole = counted.with_preference(whole, found, translated=translated)
    whole = keep(whole) if parts == 1 else (stage or keep)(whole)
    repeated = keep(counted.repeats(whole, found)) if translated or counted.has_gateways(found) else None
    return Steps(whole, found, keep(roles.busy_ends(whole)), repeated, objects > 1, keep)


def _translated(records: ir.Table) -> bool:
    """Return whether any record's packets had other addresses than the interface saw."""
    pairs = [(f"pkt_{name}", name) for name in ("srcaddr", "dstaddr") if f"pkt_{name}" in records.columns]
    if not pairs:
        return False
    other = ibis.or_(*(records[packet] != records[logged] for packet, logged in pairs))
    return bool(len(frame(records.filter(other).limit(1))))


def _facts(table: ir.Table, work: Steps) -> ir.Table:
    several = work.keep(_tuples(table).filter(_.records > 1))
    if work.copied and counted.has_copies(table.semi_join(several, KEYS)):
        table = work.keep(
            ibis.union(table.anti_join(several, KEYS), counted.without_copies(table.semi_join(several, KEYS)))
        )
        several = work.keep(_tuples(table).filter(_.records > 1))
    own = table.drop("signs").join(several, KEYS)
    joined = counted.with_counts(roles.with_client(own, work.busy))
    intervals = work.ends.observers.select("interval", observer="id")
    together = stitched.stitched(joined, intervals)
    single = _as_tuples(table.anti_join(several, KEYS))
    single = stitched.alone(counted.with_counts(roles.with_client(single, work.busy)))
    return ibis.union(_chosen(together), _chosen(single))


def _tuples(table: ir.Table) -> ir.Table:
    """Return what all records of each tuple show together."""
    first = (table.start * 2 + ibis.ifelse(table.forth, 0, 1)).min()
    return table.group_by(*KEYS).agg(
        signs=table.signs.bit_or(),
        first_forth=(first % 2 == 0).fill_null(True),
        records=table.count(),
        **counted.best(table),
    )


def _as_tuples(table: ir.Table) -> ir.Table:
    """Return records that are alone on their tuple, with the columns of `_tuples`."""
    own = ibis.ifelse(table.preference < counted.SET_ASIDE, table.preference, ibis.null("int64"))
    none = ibis.null("int64")
    return table.mutate(
        first_forth=table.forth, records=ibis.literal(1, "int64"), best_forth=own, best_back=own, extra_forth=none,
        extra_back=none,
    )  # fmt: skip


def _chosen(table: ir.Table) -> ir.Table:
    client, server = (ibis.ifelse(table.to_server, *pair) for pair in ((table.src, table.dst), (table.dst, table.src)))
    client_port, server_port = (
        ibis.ifelse(table.to_server, *pair) for pair in ((table.srcport, table.dstport), (table.dstport, table.srcport))
    )
    whole = table.mutate(client=client, server=server, client_port=client_port, server_port=server_port)
    return whole.select(*COLUMNS)
