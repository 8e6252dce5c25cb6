"""What flow logs write of packets: records cut at aggregation intervals, as lines of version 2, 3 or 5.

A tuple that is quiet for less than an interval and a minute is one flow to AWS: its next record begins with the
interval, whenever in it the first packet came. A tuple not seen before keeps its own time.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, NamedTuple

from flowkit.training.habits.place import ACCOUNT, REGION, Host, service_of
from flowkit.training.logfiles import COLUMNS
from flowkit.training.rules import TCP, Direction, FiveTuple
from flowkit.training.wire import Packets, Tally, slices

Action = Literal["ACCEPT", "REJECT"]
Stop = Literal["", "egress", "ingress"]
"""Where packets are rejected: as they leave the sender, as they reach the receiver, or not at all."""
LINGER: Final = 60
"""Quiet beyond an interval after which AWS takes a tuple for a new flow, s."""
WIDTHS: Final = {2: 14, 3: 21, 5: 29}
"""How many of the columns a log of each version has."""
_PER_VPC: Final = 3
_LOCAL, _GATEWAY = "1", "8"
"""Values of ``traffic-path``: within the VPC, through the internet gateway."""


class Trail(NamedTuple):
    """What records have in common that tell of one flow, interval by interval."""

    interface: str
    flow: FiveTuple
    direction: Direction
    action: Action


@dataclass
class Recording:
    """Counts packets at the interfaces of both ends; *hosts* are those that have one, by address."""

    hosts: Mapping[str, Host]
    interval: int
    trails: dict[Trail, dict[int, Tally]] = field(default_factory=lambda: defaultdict(dict))

    def send(self, flow: FiveTuple, packets: Packets, stop: Stop = "") -> None:
        """Let packets go from source to destination, or be stopped on the way."""
        if source := self.hosts.get(flow.srcaddr):
            self._count(source, flow, "egress", "REJECT" if stop == "egress" else "ACCEPT", packets)
        if stop != "egress" and (destination := self.hosts.get(flow.dstaddr)):
            self._count(destination, flow, "ingress", "REJECT" if stop == "ingress" else "ACCEPT", packets)

    def _count(self, host: Host, flow: FiveTuple, direction: Direction, action: Action, packets: Packets) -> None:
        tallies = self.trails[Trail(host.interface_id, flow, direction, action)]
        first = int(packets.at) // self.interval
        if first == int(packets.until) // self.interval:
            tallies.setdefault(first * self.interval, Tally()).add(packets)
            return
        for window, piece in slices(packets, self.interval):
            tallies.setdefault(window, Tally()).add(piece)

    def lines(self, version: int, start: int, end: int) -> Iterator[str]:
        """Yield header, records and NODATA in [start, end) by the time that they end, in a version's columns."""
        width = WIDTHS[version]
        yield " ".join(COLUMNS.split()[:width])
        interfaces = {host.interface_id: host for host in self.hosts.values()}
        found: list[tuple[int, str]] = []
        silent = {name: set(range(start, end, self.interval)) for name in interfaces}
        for trail, tallies in self.trails.items():
            host = interfaces[trail.interface]
            head, tail = _head(version, host, trail), _tail(version, host, trail)
            for window, tally in self._continued(tallies):
                if start <= window < end:
                    silent[trail.interface].discard(window)
                    flags = str(tally.flags) if trail.flow.protocol == TCP else "0"
                    counted = f"{tally.packets} {tally.bytes} {tally.start} {tally.end} {trail.action} OK"
                    found.append((tally.end, f"{head} {counted}{tail.replace('?', flags, 1)}"))
        for name, windows in silent.items():
            head, tail = _nodata(version, interfaces[name])
            lasts = (window + self.interval - 1 for window in windows)
            found += [(last, f"{head} {last + 1 - self.interval} {last}{tail}") for last in lasts]
        yield from (line for _, line in sorted(found))

    def _continued(self, tallies: dict[int, Tally]) -> Iterator[tuple[int, Tally]]:
        """Yield windows and tallies in order; what goes on from before begins and ends with its window."""
        before: Tally | None = None
        waiting: tuple[int, Tally] | None = None
        for window, seen in sorted(tallies.items()):
            tally = Tally(seen.packets, seen.bytes, seen.flags, seen.start, seen.end)
            if before and waiting and seen.start - before.end < self.interval + LINGER:
                tally.start = window
                waiting[1].end = waiting[0] + self.interval - 1
            if waiting:
                yield waiting
            before, waiting = seen, (window, tally)
        if waiting:
            yield waiting


def _head(version: int, host: Host, trail: Trail) -> str:
    flow = trail.flow
    ends = f"{flow.srcaddr} {flow.dstaddr} {flow.srcport} {flow.dstport} {flow.protocol}"
    return f"{version} {ACCOUNT} {host.interface_id} {ends}"


def _tail(version: int, host: Host, trail: Trail) -> str:
    """Return the columns behind ``log-status``; the question mark stands for the flags."""
    if version < _PER_VPC:
        return ""
    source, destination = trail.flow.srcaddr, trail.flow.dstaddr
    family = "IPv6" if ":" in source else "IPv4"
    tail = f" {host.vpc_id} {host.subnet_id} {host.instance_id} ? {family} {source} {destination}"
    if version == _PER_VPC:
        return tail
    path = "-"
    if trail.direction == "egress":
        path = _LOCAL if host.near(destination) else _GATEWAY
    services = f"{service_of(source)} {service_of(destination)}"
    return f"{tail} {REGION} {host.zone_id} - - {services} {trail.direction} {path}"


def _nodata(version: int, host: Host) -> tuple[str, str]:
    """Return what a line without data has before and behind its times."""
    head, tail = f"{version} {ACCOUNT} {host.interface_id} - - - - - - -", " - NODATA"
    if version >= _PER_VPC:
        tail += f" {host.vpc_id} {host.subnet_id} {host.instance_id} - - - -"
    return head, tail if version <= _PER_VPC else f"{tail} {REGION} {host.zone_id} - - - - - -"
