"""Flow records as the text files in S3: version 5, 29 columns, a file for each five minutes."""

import gzip
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from io import BytesIO
from typing import Final

from flowkit.training.network import Interface, Network
from flowkit.training.rules import TCP, within
from flowkit.training.wire import WINDOW, Leg, RecordKey, Tally

COLUMNS: Final = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action"
    " log-status vpc-id subnet-id instance-id tcp-flags type pkt-srcaddr pkt-dstaddr region az-id"
    " sublocation-type sublocation-id pkt-src-aws-service pkt-dst-aws-service flow-direction traffic-path"
)
"""The header line, and the order of the columns: those of versions 2 to 5 as AWS lists them."""

SLOT: Final = 300
"""Seconds of which one file holds the records, by their ``end``."""

SAME_VPC, INTERNET_GATEWAY = 1, 8
"""Values of ``traffic-path``."""


@dataclass(frozen=True, slots=True)
class Period:
    """What is logged: *start* to *end*, s since 1970; *skipped* are windows lost at one interface."""

    start: int
    end: int
    skipped_interface: str
    skipped: range
    interval: int = WINDOW

    @property
    def windows(self) -> range:
        """The aggregation intervals, each by its first second."""
        return range(self.start, self.end, self.interval)

    def skips(self, interface: Interface, window: int) -> bool:
        """Return whether the records of that interval were lost."""
        return interface.name == self.skipped_interface and window in self.skipped


def log_files(
    network: Network, records: dict[RecordKey, Tally], period: Period, flow_log: str, seed: str
) -> dict[str, bytes]:
    """Return the files below the bucket: path to gzipped text."""
    slots: dict[int, list[tuple[str, ...]]] = {slot: [] for slot in range(period.start, period.end, SLOT)}
    for end, line in lines_of(network, records, period):
        slots[end // SLOT * SLOT].append(line)
    return {
        _path(network, slot, flow_log, seed): gzipped("\n".join((COLUMNS, *map(" ".join, lines), "")))
        for slot, lines in slots.items()
    }


def gzipped(text: str) -> bytes:
    """Return gzip bytes that tell neither time nor file name."""
    packed = BytesIO()
    with gzip.GzipFile(filename="", mode="wb", compresslevel=9, fileobj=packed, mtime=0) as file:
        file.write(text.encode())
    return packed.getvalue()


def _path(network: Network, slot: int, flow_log: str, seed: str) -> str:
    time = datetime.fromtimestamp(slot, UTC)
    tail = sha256(f"{seed}/{slot}".encode()).hexdigest()[:8]
    return (
        f"AWSLogs/{network.account}/vpcflowlogs/{network.region}/{time:%Y/%m/%d}/"
        f"{network.account}_vpcflowlogs_{network.region}_{flow_log}_{time:%Y%m%dT%H%M}Z_{tail}.log.gz"
    )


def lines_of(
    network: Network, records: dict[RecordKey, Tally], period: Period
) -> Iterator[tuple[int, tuple[str, ...]]]:
    """Return each line, as `COLUMNS` are, with the time it ends, interface by interface."""
    seen: dict[tuple[str, int], list[tuple[RecordKey, Tally]]] = defaultdict(list)
    for key, tally in records.items():
        seen[key.leg.interface.name, key.window].append((key, tally))
    for interface in network.interfaces:
        for window in period.windows:
            here = seen.get((interface.name, window), [])
            if period.skips(interface, window) or not here:
                status = "SKIPDATA" if period.skips(interface, window) else "NODATA"
                until = window + period.interval - 1
                yield until, _status_line(network, interface, window, until, status)
            else:
                yield from ((tally.end, _record_line(network, key, tally)) for key, tally in sorted_records(here))


def sorted_records(records: Iterable[tuple[RecordKey, Tally]]) -> list[tuple[RecordKey, Tally]]:
    """Return one interface's records by start, then by what they are about."""
    return sorted(records, key=lambda item: (item[1].start, item[0].leg.flow, item[0].leg.pkt_dstaddr, item[0].action))


def _status_line(network: Network, interface: Interface, window: int, until: int, status: str) -> tuple[str, ...]:
    values = {
        **_place(network, interface),
        "start": str(window),
        "end": str(until),
        "log-status": status,
    }
    return tuple(values.get(column, "-") for column in COLUMNS.split())


def _place(network: Network, interface: Interface) -> dict[str, str]:
    subnet = network.subnet(interface)
    return {
        "version": "5",
        "account-id": network.account,
        "interface-id": interface.id,
        "vpc-id": network.vpc_id,
        "subnet-id": subnet.id,
        "instance-id": interface.instance_id or "-",
        "region": network.region,
        "az-id": subnet.zone.id,
    }


def _record_line(network: Network, key: RecordKey, tally: Tally) -> tuple[str, ...]:
    leg = key.leg
    values = {
        **_place(network, leg.interface),
        "srcaddr": leg.flow.srcaddr,
        "dstaddr": leg.flow.dstaddr,
        "srcport": str(leg.flow.srcport),
        "dstport": str(leg.flow.dstport),
        "protocol": str(leg.flow.protocol),
        "packets": str(tally.packets),
        "bytes": str(tally.bytes),
        "start": str(tally.start),
        "end": str(tally.end),
        "action": key.action,
        "log-status": "OK",
        "tcp-flags": str(tally.flags if leg.flow.protocol == TCP else 0),
        "type": "IPv6" if ":" in leg.flow.srcaddr else "IPv4",
        "pkt-srcaddr": leg.pkt_srcaddr,
        "pkt-dstaddr": leg.pkt_dstaddr,
        "pkt-src-aws-service": _service(network, leg.pkt_srcaddr),
        "pkt-dst-aws-service": _service(network, leg.pkt_dstaddr),
        "flow-direction": leg.direction,
        "traffic-path": _traffic_path(network, leg),
    }
    return tuple(values.get(column, "-") for column in COLUMNS.split())


def _service(network: Network, address: str) -> str:
    """Return the service whose prefix list (``com.amazonaws.REGION.SERVICE``) has the address."""
    for prefix_list in network.prefix_lists:
        if prefix_list.owner == "AWS" and any(within(address, cidr) for cidr in prefix_list.cidrs):
            return prefix_list.name.rpartition(".")[2].upper()
    return "-"


def _traffic_path(network: Network, leg: Leg) -> str:
    """Return how egress leaves: what goes to the NAT gateway goes to a resource of the same VPC."""
    if leg.direction == "ingress":
        return "-"
    leaves = not within(leg.flow.dstaddr, network.cidr) and network.subnet(leg.interface).public
    return str(INTERNET_GATEWAY if leaves else SAME_VPC)
