"""Which column of a table is which flow log field: tables of text, of Parquet, and Security Lake's.

Sources: "Flow log records", Amazon VPC User Guide; "Query Amazon VPC flow logs", Amazon Athena User Guide (its
statements of before 2021 have names of their own, which many tables still bear); OCSF 1.1.0, class Network Activity,
and its example of VPC Flow Logs, which is what Security Lake's source version 2 writes.
"""

import re
from collections.abc import Callable, Collection, Iterable
from typing import Final

import ibis
import ibis.expr.types as ir

from flowkit import fields
from flowkit.errors import FormatError
from flowkit.fields import EPOCH_SECONDS_MAX
from flowkit.inventory.text import brief

OLD_NAMES: Final = {
    "account": "account_id",
    "sourceaddress": "srcaddr",
    "destinationaddress": "dstaddr",
    "sourceport": "srcport",
    "destinationport": "dstport",
    "numpackets": "packets",
    "numbytes": "bytes",
}
"""Names in AWS's former statements for Athena, beside those that are a spelling of a field (``starttime``)."""
OCSF: Final = {
    "version": ("metadata.product.version",),
    "account_id": ("cloud.account.uid", "cloud.account_uid"),
    "interface_id": ("src_endpoint.interface_uid", "dst_endpoint.interface_uid"),
    "srcport": ("src_endpoint.port",),
    "dstport": ("dst_endpoint.port",),
    "protocol": ("connection_info.protocol_num",),
    "packets": ("traffic.packets",),
    "bytes": ("traffic.bytes",),
    "start": ("start_time_dt", "start_time", "time_dt", "time"),
    "end": ("end_time_dt", "end_time"),
    "log_status": ("status_code",),
    "vpc_id": ("src_endpoint.vpc_uid", "dst_endpoint.vpc_uid"),
    "subnet_id": ("src_endpoint.subnet_uid", "dst_endpoint.subnet_uid"),
    "instance_id": ("src_endpoint.instance_uid", "dst_endpoint.instance_uid"),
    "tcp_flags": ("connection_info.tcp_flags",),
    "type": ("connection_info.protocol_ver",),
    "pkt_srcaddr": ("src_endpoint.ip",),
    "pkt_dstaddr": ("dst_endpoint.ip",),
    "region": ("cloud.region",),
    "az_id": ("cloud.zone",),
    "pkt_src_aws_service": ("src_endpoint.svc_name",),
    "pkt_dst_aws_service": ("dst_endpoint.svc_name",),
}
"""Where Security Lake keeps a field, as it is; of several places the first that holds a value. What describes the
interface stands at the end that the interface is: the destination of ingress, the source of egress."""
_NEEDED: Final = ("srcaddr", "dstaddr", "start")
_LIKELY: Final = {
    "srcaddr": r"(src|source|orig|client|local).*(ip|addr|host|_h$)|^source$|^src$",
    "dstaddr": r"(dst|dest|resp|server|remote).*(ip|addr|host|_h$)|^destination$|^dst$",
    "start": r"start|begin|first|^ts$|time",
}
"""How other tables tend to call what is needed."""
_DENIED, _ALLOWED = 2, 1
_PATHS: Final = (4, 11)
"""The values of OCSF's boundary that are a traffic path: three more than it."""


def mapped(table: ir.Table, *, name: str = "the table", besides: Collection[str] = ()) -> ir.Table:
    """Return the flow log fields of a table, by AWS's Parquet names.

    Parameters
    ----------
    table
        One with a column for each field, in any spelling of its name, or one of Security Lake's.
    name
        What the table is called in an error.
    besides
        Columns that are no fields: its partitions.

    Returns
    -------
    Table
        Numbers are numbers where the table has text; what is none of them, as ``-`` is, is null. Times in
        milliseconds become seconds. Columns that AWS does not have are left out.

    Raises
    ------
    FormatError
        If source, destination or start of a flow is not among its columns; with what is missing and the nearest names.

    Notes
    -----
    Security Lake keeps the packet's addresses (`pkt_srcaddr`); the record's own are where the two differ among the
    intermediate ones, of which the first is taken.
    """
    if {"src_endpoint", "dst_endpoint", "connection_info"} <= set(table.columns):
        found = _of_ocsf(table)
    else:
        found = _of_fields(table, besides, name)
    missing = [column for column in _NEEDED if column not in found]
    if missing:
        raise _other_shape(table, name, missing, besides)
    return table.select(**{column: _typed(column, value) for column, value in found.items()})


def _of_fields(table: ir.Table, besides: Collection[str], name: str) -> dict[str, ir.Value]:
    found: dict[str, ir.Value] = {}
    for column in table.columns:
        field = fields.known(OLD_NAMES.get(column.lower(), column))
        if field is None or column in besides:
            continue
        if field.column in found:
            raise FormatError(
                f"{name} has the field {field.name} twice, once as {brief(column)!r}. Leave one out: "
                f"fk.load(connection.table(...).drop({brief(column)!r}))."
            )
        found[field.column] = table[column]
    return found


def _of_ocsf(table: ir.Table) -> dict[str, ir.Value]:
    found = {column: value for column, paths in OCSF.items() if (value := _first(table, paths)) is not None}
    for column, end in (("srcaddr", "src_endpoint"), ("dstaddr", "dst_endpoint")):
        address, passed = _at(table, f"{end}.ip"), _at(table, f"{end}.intermediate_ips")
        if address is not None:
            found[column] = address if passed is None else ibis.coalesce(passed[0], address)
    made: dict[str, tuple[str, Callable[[ir.Value], ir.Value]]] = {
        "action": ("action_id", _action),
        "flow_direction": ("connection_info.direction", _direction),
        "traffic_path": ("connection_info.boundary_id", _path),
    }
    for column, (path, make) in made.items():
        value = _at(table, path)
        if value is not None:
            found[column] = make(value)
    return found


def _action(action: ir.Value) -> ir.Value:
    return ibis.cases((action == _DENIED, "REJECT"), (action == _ALLOWED, "ACCEPT"))


def _direction(direction: ir.Value) -> ir.Value:
    return ibis.cases((direction == "Inbound", "ingress"), (direction == "Outbound", "egress"))


def _path(boundary: ir.Value) -> ir.Value:
    return ibis.ifelse(boundary.between(*_PATHS), boundary - 3, ibis.null(boundary.type()))


def _first(table: ir.Table, paths: Iterable[str]) -> ir.Value | None:
    """Return the first of several places that holds a value; of times, which differ in type, the first there is."""
    values = [value for path in paths if (value := _at(table, path)) is not None]
    alike = [value for value in values if value.type() == values[0].type()]
    return ibis.coalesce(*alike) if len(alike) > 1 else (values or [None])[0]


def _at(table: ir.Table, path: str) -> ir.Value | None:
    value: ir.Value | ir.Table = table
    for part in path.split("."):
        there = value.columns if isinstance(value, ir.Table) else getattr(value, "names", ())
        if part not in there:
            return None
        value = value[part]
    return value


def _typed(column: str, value: ir.Value) -> ir.Value:
    kind = fields.of_column(column).kind
    if kind in ("text", "tag", "address"):
        return value if value.type().is_string() else value.cast("string")
    if kind == "time":
        return _time(value)
    if value.type().is_integer():
        return value
    return value.try_cast("int64") if value.type().is_string() else value.cast("int64")


def _time(value: ir.Value) -> ir.Value:
    """Return a time as it is, or epoch seconds; see `flowkit.origin.of_table`."""
    if value.type().is_temporal():
        return value
    number = value.try_cast("int64") if value.type().is_string() else value.cast("int64")
    return ibis.ifelse(number > EPOCH_SECONDS_MAX, number // 1000, number)


def _other_shape(table: ir.Table, name: str, missing: Iterable[str], besides: Collection[str]) -> FormatError:
    present = [column for column in table.columns if column not in besides]
    near = {field: likely for field in missing if (likely := _nearest(field, present))}
    nearest = ", ".join(f"{field}: perhaps {brief(found)!r}" for field, found in near.items())
    example = ", ".join(f"{field}={brief(found)!r}" for field, found in near.items()) or 'srcaddr="..."'
    return FormatError(
        f"{name} is no table of flow logs that flowkit knows: it has no {', '.join(missing)}"
        f"{f' ({nearest})' if nearest else ''}. Its columns are {', '.join(map(brief, present[:20]))}. If they "
        f"are there under other names, give them AWS's: fk.load(connection.table(...).rename({example}))."
    )


def _nearest(field: str, names: Iterable[str]) -> str | None:
    alike = re.compile(_LIKELY[field], re.IGNORECASE)
    return next((name for name in names if alike.search(name)), None)
