"""A small log with something of everything for every engine: cut from the sample, and records that are rare in it."""

from datetime import UTC, datetime, timedelta

import ibis
import pyarrow as pa

import flowkit as fk

_START = datetime(2026, 3, 10, 8, tzinfo=UTC)
_FOUND = ("203.0.113.77", "198.18.123.11", "198.19.200.5")
"""Of the sample: who calls home and carries out, who is called at regular times, who comes in by SSH."""
_SSH = 22
"""By which who came in went on inside."""
_EVERY = 90
"""Of the other records of the sample, one in so many."""
_SHARED = {
    "version": 5, "account_id": "123456789010", "log_status": "OK", "type": "IPv4", "vpc_id": "vpc-0aa",
    "subnet_id": "subnet-0aa", "az_id": "use1-az1", "region": "us-east-1",
}  # fmt: skip


def _record(interface, ends, ports, minute, **more):
    """Return one record: *ends* and *ports* as source and destination; of a minute unless *more* says another end."""
    start = _START + timedelta(minutes=minute)
    named = dict(zip(("srcaddr", "dstaddr"), ends, strict=True)) | dict(zip(("srcport", "dstport"), ports, strict=True))
    packets = {"pkt_srcaddr": ends[0], "pkt_dstaddr": ends[1]}
    told = {"protocol": 6, "packets": 4, "bytes": 400, "action": "ACCEPT", "tcp_flags": 3, "flow_direction": "ingress"}
    times = {"interface_id": interface, "start": start, "end": start + timedelta(seconds=59)}
    return _SHARED | named | packets | told | times | more


def _odd():
    """Return records that are rare in the sample, a few of each kind."""
    a, b, far = "10.0.9.4", "10.0.9.5", "2001:db8::7"
    v6 = ("2001:db8:1::a", far)
    yield _record("eni-0a1", (a, b), (40001, 443), 1, flow_direction="egress")  # seen at both ends
    yield _record("eni-0b1", (a, b), (40001, 443), 1)
    yield _record("eni-0b1", (b, a), (443, 40001), 1, tcp_flags=19, bytes=9000, packets=9, flow_direction="egress")
    yield _record("eni-0a1", (b, a), (443, 40001), 1, tcp_flags=19, bytes=8000, packets=8)
    yield _record("eni-0a1", (a, b), (40001, 443), 2, flow_direction="egress", bytes=50_000_000_000, tcp_flags=None)
    yield _record("eni-0a1", v6, (50000, 22), 3, type="IPv6", flow_direction="egress", tcp_flags=2)
    yield _record("eni-0a1", v6[::-1], (22, 50000), 3, type="IPv6", tcp_flags=18)
    echo = {"protocol": 1, "tcp_flags": 0, "bytes": 2_000_000, "packets": 1000}
    yield _record("eni-0a1", (a, "198.51.100.99"), (0, 0), 4, flow_direction="egress", **echo)
    yield _record("eni-0a1", ("198.51.100.99", a), (0, 0), 4, **echo)
    yield _record("eni-0a1", (a, b), (None, None), 5, protocol=47, tcp_flags=None, flow_direction=None)
    yield _record("eni-0a1", (a, b), (1, 2), 6, bytes=None, packets=None, action=None, instance_id=None)
    yield _record("eni-0a1", ("10.0.9.9", "10.0.9.4"), (40002, 3306), 7, action="REJECT", tcp_flags=2)
    # late, and of an interval of 600 s
    yield _record("eni-0a1", (a, b), (40001, 443), 55, end=_START + timedelta(minutes=65), flow_direction="egress")
    nat = {"pkt_srcaddr": a, "pkt_dstaddr": "198.51.100.7", "flow_direction": "ingress"}
    yield _record("eni-0f1", ("10.0.9.4", "10.0.9.200"), (40010, 443), 8, **nat)
    yield _record("eni-0f1", ("10.0.9.200", "198.51.100.7"), (1024, 443), 8, flow_direction="egress")


def _steady():
    """Return what one interface logs minute after minute: it was watched, whatever came and went meanwhile."""
    for minute in range(40):
        yield _record("eni-0a1", ("10.0.9.4", "10.0.9.5"), (41000, 5432), minute, flow_direction="egress")


def _tried():
    """Return attempts at a password, a flood and a scan."""
    door = ("198.51.100.99", "10.0.9.4")
    for n in range(24):
        yield _record("eni-0a1", door, (42000 + n, 22), 10 + n // 8, packets=9, bytes=1500)
        yield _record(
            "eni-0a1", door[::-1], (22, 42000 + n), 10 + n // 8, packets=9, bytes=1800, flow_direction="egress"
        )
    for n in range(24):
        source = f"203.0.113.{n % 8 + 1}"
        yield _record("eni-0a1", (source, "10.0.9.4"), (43000 + n, 80), 20, packets=600, bytes=24000, tcp_flags=2)
    for n in range(20):
        yield _record("eni-0a1", ("198.51.100.66", f"10.0.9.{n + 20}"), (44000, 445), 30, tcp_flags=2, action="REJECT")


def rows():
    """Return the log as an Arrow table, in the sample's columns."""
    stored = fk.load("sample").stored
    stored = stored.drop(*(name for name in stored.columns if name.startswith("_")))
    order = [stored.start, stored.interface_id, stored.srcaddr, stored.srcport, stored.dstaddr]
    numbered = stored.mutate(number=ibis.row_number().over(ibis.window(order_by=order)))
    within = numbered.srcaddr.startswith("10.") & numbered.dstaddr.startswith("10.")
    went_on = within & ((numbered.srcport == _SSH) | (numbered.dstport == _SSH))
    found = numbered.srcaddr.isin(_FOUND) | numbered.dstaddr.isin(_FOUND) | went_on
    kept = numbered.filter((numbered.number % _EVERY == 0) | found)
    sample = kept.drop("number").to_pyarrow()
    return pa.concat_tables([sample, pa.Table.from_pylist([*_odd(), *_steady(), *_tried()], sample.schema)])
