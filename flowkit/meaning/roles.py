"""Which end of a conversation is the client, and by which rule that was told.

The rules in order, each with how sure it is:

=========== ========== =======================================================================
`syn`       high       one end, and not the other, sent a SYN without ACK; or a SYN with ACK,
                       which only a server sends (tcp-flags); low if nothing but rejected SYN-ACKs
                       was seen: the answer to a SYN that somebody forged
`reply`     medium     one way was accepted and the other only ever rejected: a network ACL,
                       which keeps no state, stopped the reply
`ports`     medium     of the ports one is of a higher class: below 1024, then the well known
                       ones above, then those below 32768, then the ephemeral ones
`reply`     low        of two ports of one class, only one end was ever seen to speak: whoever asks
                       in vain is the client
`ports`     low        of two ports of one class the one that several ends used, else the lower one
`order`     low        the ports are equal, or there are none: who was seen first
=========== ========== =======================================================================

Ephemeral ports: 32768-60999 on Linux, 49152-65535 elsewhere (RFC 6335, section 6).
"""

from typing import Final

import ibis
import ibis.expr.types as ir
from ibis import _

RULES: Final = (
    ("syn", "high"),
    ("reply", "medium"),
    ("ports", "medium"),
    ("syn", "low"),
    ("reply", "low"),
    ("ports", "low"),
    ("order", "low"),
)
"""The rule and its confidence, by the number kept in `opened_by`: the surest first."""
_SYN, _REPLY, _PORTS, _SYN_WEAK, _REPLY_WEAK, _PORTS_WEAK, _ORDER = range(7)
KEYS: Final = ("ends", "ports")
"""The two numbers that hold a tuple: both addresses; both ports and the protocol."""
SYN: Final = 2
SYN_ACK: Final = 18
_RESERVED: Final = 1024
_EPHEMERAL: Final = 32_768
_WELL_KNOWN: Final = (
    1433, 1434, 1521, 1723, 1883, 2049, 2181, 2375, 2376, 2379, 2380, 3000, 3128, 3260, 3268, 3269, 3306, 3389,
    4369, 4443, 5000, 5060, 5061, 5432, 5439, 5671, 5672, 5900, 5985, 5986, 6379, 6380, 6443, 7001, 7077, 8000,
    8008, 8080, 8081, 8086, 8088, 8161, 8200, 8300, 8443, 8500, 8888, 9000, 9042, 9090, 9092, 9093, 9094, 9098,
    9100, 9200, 9300, 9418, 9443, 10250, 11211, 15672, 25565, 27017, 27018, 50000,
)  # fmt: skip
_WIDTH: Final = 1 << 17
"""More than there are ports, the missing one (-1) included."""

# What a record, or all records of a tuple together, show; `f` is forth: from the lesser end to the greater.
SYN_F, SYN_B, SYN_ACK_F, SYN_ACK_B, ACCEPTED_F, ACCEPTED_B, SEEN_F, SEEN_B = (1 << n for n in range(8))


def with_tuple(table: ir.Table) -> ir.Table:
    """Add the tuple a record belongs to, whichever way it went: `forth`, the `KEYS`, the record's `signs`.

    And `first_class`, `second_class`: how likely the ports of the lesser and the greater end are a client's.
    """
    lesser = (table.src < table.dst) | ((table.src == table.dst) & (table.srcport <= table.dstport))
    table = table.mutate(forth=lesser)
    first, second = (ibis.ifelse(table.forth, *pair) for pair in ((table.src, table.dst), (table.dst, table.src)))
    port, other = (
        ibis.ifelse(table.forth, *pair).cast("int64") + 1
        for pair in ((table.srcport, table.dstport), (table.dstport, table.srcport))
    )
    table = table.mutate(first_class=_class(_lesser_port(table)), second_class=_class(_greater_port(table)))
    return table.mutate(
        ends=first.cast("int64") * (1 << 32) + second.cast("int64"),
        ports=(port * _WIDTH + other) * 512 + table.protocol.cast("int64") + 1,
        signs=_signs(table),
    )


def _signs(table: ir.Table) -> ir.IntegerValue:
    flags = table.tcp_flags.fill_null(0)
    is_syn, is_syn_ack = (flags & SYN_ACK) == SYN, (flags & SYN_ACK) == SYN_ACK
    accepted = ~table.rejected.fill_null(False)
    forth = ibis.ifelse(is_syn, SYN_F, 0) + ibis.ifelse(is_syn_ack, SYN_ACK_F, 0)
    forth += ibis.ifelse(accepted, ACCEPTED_F, 0) + SEEN_F
    back = ibis.ifelse(is_syn, SYN_B, 0) + ibis.ifelse(is_syn_ack, SYN_ACK_B, 0)
    back += ibis.ifelse(accepted, ACCEPTED_B, 0) + SEEN_B
    return ibis.ifelse(table.forth, forth, back).cast("int32")


def with_client(table: ir.Table, busy: ir.Table | None) -> ir.Table:
    """Add `to_server` (whether the record went from client to server) and `opened_by`, the rule's number.

    Needs the `signs` and `first_forth` (whether the way forth was seen first) of the whole tuple.
    *busy*, if given, says with how many others each end talked: see `busy_ends`.
    """
    table = _with_decision(table)
    weak = table.decided == _PORTS_WEAK
    if busy is None:
        client_first = table.client_first
    else:
        table = _with_busy(table, busy)
        more = ibis.cases((table.met_first > table.met_second, False), (table.met_first < table.met_second, True))
        client_first = ibis.ifelse(weak, more.fill_null(table.client_first), table.client_first)
    table = table.mutate(to_server=table.forth == client_first, opened_by=table.decided)
    return table.drop("decided", "client_first", *(("met_first", "met_second") if busy is not None else ()))


def _with_decision(table: ir.Table) -> ir.Table:
    """Add `decided`, the rule's number, and `client_first`: whether the lesser end is the client."""

    def has(sign: int) -> ir.BooleanValue:
        return (table.signs & sign) != 0

    syn = has(SYN_F) | has(SYN_ACK_B)
    syn_back = has(SYN_B) | has(SYN_ACK_F)
    forged = ~has(SYN_F) & ~has(SYN_B) & ~has(ACCEPTED_F) & ~has(ACCEPTED_B)
    refused = has(SEEN_F) & has(SEEN_B) & (has(ACCEPTED_F) != has(ACCEPTED_B))
    one, other = _lesser_port(table), _greater_port(table)
    low, high = table.first_class, table.second_class
    alone = has(SEEN_F) != has(SEEN_B)
    in_vain = alone & (low == high) & (one != other)
    decided = ibis.cases(
        ((syn != syn_back) & forged, _SYN_WEAK), (syn != syn_back, _SYN), (refused, _REPLY), (low != high, _PORTS),
        (in_vain, _REPLY_WEAK), (one != other, _PORTS_WEAK), else_=_ORDER,
    )  # fmt: skip
    client_first = ibis.cases(
        (syn != syn_back, syn), (refused, has(ACCEPTED_F)), (low != high, low > high), (in_vain, has(SEEN_F)),
        (one != other, one > other), else_=table.first_forth,
    )  # fmt: skip
    return table.mutate(decided=decided.cast("int8"), client_first=client_first)


def _lesser_port(table: ir.Table) -> ir.IntegerValue:
    return ibis.ifelse(table.forth, table.srcport, table.dstport)


def _greater_port(table: ir.Table) -> ir.IntegerValue:
    return ibis.ifelse(table.forth, table.dstport, table.srcport)


def _class(port: ir.IntegerValue) -> ir.IntegerValue:
    """Return 0 for ports that servers have, up to 3 for those that clients have."""
    return ibis.cases((port < _RESERVED, 0), (port.isin(_WELL_KNOWN), 1), (port < _EPHEMERAL, 2), else_=3).cast("int8")


def busy_ends(records: ir.Table) -> ir.Table:
    """Return with how many other ends each end was seen, of records whose ports say little.

    A port that many ends use is a service's. Columns: `address`, `port`, `protocol`, `met`.
    """
    one, other_one = _lesser_port(records), _greater_port(records)
    weak = records.filter((records.first_class == records.second_class) & (one != other_one))
    sides = [
        weak.select(address=weak[a], port=weak[p], protocol="protocol", other_address=weak[b], other_port=weak[q])
        for a, p, b, q in (("src", "srcport", "dst", "dstport"), ("dst", "dstport", "src", "srcport"))
    ]
    other = _.other_address.cast("int64") * _WIDTH + _.other_port.cast("int64")
    return ibis.union(*sides).group_by("address", "port", "protocol").agg(met=other.nunique()).filter(_.met > 1)


def _with_busy(table: ir.Table, busy: ir.Table) -> ir.Table:
    for side, name in ((("src", "srcport"), "met_src"), (("dst", "dstport"), "met_dst")):
        here = busy.select(**{side[0]: "address", side[1]: "port", "protocol": "protocol", name: "met"})
        table = table.left_join(here, [side[0], side[1], "protocol"])
        table = table.drop(*(f"{key}_right" for key in (*side, "protocol")))
    source, destination = table.met_src.fill_null(1), table.met_dst.fill_null(1)
    return table.mutate(
        met_first=ibis.ifelse(table.forth, source, destination),
        met_second=ibis.ifelse(table.forth, destination, source),
    ).drop("met_src", "met_dst")
