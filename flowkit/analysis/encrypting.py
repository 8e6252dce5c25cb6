"""What was encrypted on the way, as far as the log has ``encryption-status``."""

from typing import Any, Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit import engine, fields
from flowkit.analysis.caption import captioned
from flowkit.analysis.other import checked
from flowkit.flows import Flows
from flowkit.wording import several

_TOP: Final = 1000
_PLAIN: Final = 0
_UNKNOWN: Final = -1
_MEANINGS: Final = dict(fields.find("encryption-status").values)
_HOP: Final = ("srcaddr", "dstaddr", "srcport", "dstport", "protocol")
_PAIR: Final = ("client", "server", "server_port", "protocol")


def encryption_statuses(flows: Flows) -> pd.DataFrame:
    """Add up what was accepted by its encryption in transit, as AWS tells it.

    Parameters
    ----------
    flows
        Records already scoped.

    Returns
    -------
    DataFrame
        Most bytes first: `status` (AWS's number; null where it is not known), `meaning`, `bytes` (B, each hop once),
        `records` (count, as logged), `hops` (count of different 5-tuples), `first`, `last` (UTC).

    Raises
    ------
    MissingFieldError
        If the log has no ``encryption-status``, no addresses or no bytes.

    Notes
    -----
    0 is not encrypted, 1 by Nitro hardware, 2 in the application layer, 3 by both. AWS infers 2 from port and service
    (443 to a VPC endpoint, a Redshift cluster that encrypts), not from what was sent. ``-`` means that AWS does not
    know, or that the VPC has no encryption controls, and not that it went in the clear: TLS between two hosts is
    unknown. Only an interface whose VPC has encryption controls tells anything, and what it would do in enforce mode
    does not follow from it.
    Encryption is that of a hop, so ends are those of the record, before and after a load balancer or gateway. Of the
    interfaces that saw the same 5-tuple with the same status, the one with most bytes counts; where they tell
    differently, both stand.
    Source: "Flow log records" and "Enforce VPC encryption in transit", Amazon VPC User Guide.
    """
    hops = flows.kept("encryption", lambda _keep: _hops(flows), "adding up encryption")
    grouped = hops.group_by("status").agg(
        bytes=_.bytes.sum().cast("int64"), records=_.records.sum().cast("int64"), hops=_.count(), first=_.first.min(),
        last=_["last"].max(),
    )  # fmt: skip
    frame = engine.frame(grouped.order_by(ibis.desc("bytes"), "status"))
    frame.insert(1, "meaning", frame.status.map(lambda one: _MEANINGS.get(str(one), "not known")))
    frame["status"] = frame.status.astype("Int64").mask(frame.status == _UNKNOWN)
    frame = _timed(frame)
    plain = int(frame.bytes[frame.status.eq(_PLAIN).fillna(False)].sum())
    unknown = int(frame.bytes[frame.status.isna()].sum())
    sentence = (
        f"Of {int(frame.bytes.sum()):,} B accepted, {plain:,} B were not encrypted in transit, of {unknown:,} B it is "
        "not known."
    )
    return captioned(frame, "encryption_statuses", flows, sentence)


def unencrypted(flows: Flows, *, top: int = _TOP) -> pd.DataFrame:
    """List who exchanged what with no encryption in transit, by AWS's own status 0.

    Parameters
    ----------
    flows
        Records already scoped.
    top
        How many rows at most, those with most bytes; ``attrs["left_out"]`` counts the others.

    Returns
    -------
    DataFrame
        Most bytes first: `client`, `server` (addresses as on that hop), `server_port`, `protocol` (IANA number),
        `bytes` (B, both ways, each hop once), `records` (count, as logged), `first`, `last` (UTC).

    Raises
    ------
    MissingFieldError, ScopeError
        As in `encryption_statuses`; or if *top* is less than one.

    Notes
    -----
    The server is the end with the lower port, else the destination: of a hop flow logs tell no more. What the status
    means, and why ``-`` is not counted here: `encryption_statuses`.
    """
    checked(top)
    hops = flows.kept("encryption", lambda _keep: _hops(flows), "adding up encryption").filter(_.status == _PLAIN)
    ports = hops.srcport.fill_null(-1), hops.dstport.fill_null(-1)
    asks = ports[0] >= ports[1]
    paired = hops.mutate(
        client=ibis.ifelse(asks, hops.srcaddr, hops.dstaddr), server=ibis.ifelse(asks, hops.dstaddr, hops.srcaddr),
        server_port=ibis.ifelse(asks, ports[1], ports[0]),
    )  # fmt: skip
    grouped = paired.group_by(list(_PAIR)).agg(
        bytes=_.bytes.sum().cast("int64"), records=_.records.sum().cast("int64"), first=_.first.min(),
        last=_["last"].max(),
    )  # fmt: skip
    order = [ibis.desc("bytes"), ibis.desc("records"), *_PAIR]
    whole = grouped.mutate(every=grouped.count().over(ibis.window()))
    frame = _timed(engine.frame(whole.order_by(order).limit(top)))
    left_out = int(frame.every.max()) - len(frame) if len(frame) else 0
    frame = frame.drop(columns="every").astype({"server_port": "Int64", "protocol": "Int64"})
    frame["server_port"] = frame.server_port.mask(frame.server_port < 0)
    rest = f"; {left_out:,} with fewer bytes are not shown" if left_out else ""
    sentence = f"{several(len(frame), 'pair')} exchanged {int(frame.bytes.sum()):,} B not encrypted in transit{rest}."
    return captioned(frame, "unencrypted", flows, sentence, left_out=left_out)


def _hops(flows: Flows) -> ir.Table:
    """Return each 5-tuple and status once: what the interface with most bytes saw of it."""
    for name in ("encryption_status", "srcaddr", "dstaddr", "bytes"):
        flows.field(name, "telling what was encrypted")
    table, has = flows.stored, set(flows.fields)
    if "action" in has:
        table = table.filter((_.action == "ACCEPT").fill_null(True))
    none: Any = ibis.null("int64")
    ends = {name: table[name] if name in has else none for name in _HOP}
    times = {name: table[name].epoch_seconds().cast("int64") if name in has else none for name in ("start", "end")}
    chosen = table.select(
        **ends, **times, bytes=table.bytes.fill_null(0), status=table.encryption_status.fill_null(_UNKNOWN),
        observer=table.interface_id if "interface_id" in has else ibis.null("string"),
    )  # fmt: skip
    each = chosen.group_by([*_HOP, "status", "observer"]).agg(
        bytes=_.bytes.sum(), records=_.count(), first=_.start.min(), last=_.end.max()
    )
    return each.group_by([*_HOP, "status"]).agg(
        bytes=_.bytes.max(), records=_.records.sum(), first=_.first.min(), last=_["last"].max()
    )


def _timed(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.assign(**{name: pd.to_datetime(frame[name], unit="s", utc=True) for name in ("first", "last")})
