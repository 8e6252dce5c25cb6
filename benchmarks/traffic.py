"""Generated flow logs for measuring: version 5, 29 columns, gzip text, as S3 delivers them.

Traffic is drawn, not simulated: what matters here is the volume, the spread of the values
(3,000 hosts inside, 50,000 addresses outside, a few of them busy and most of them rare)
and that every field has the width it has in a real log. Seeded, so that two runs compare.
"""

import gzip
import sys
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from benchmarks.logs import HEADER

HOSTS, OUTSIDE, SEED = 3_000, 50_000, 20261123
MIDNIGHT = 1_767_225_600
RECORDS_PER_FILE = 100_000


def _names(rng: np.random.Generator, prefix: str, count: int) -> pa.Array:
    return pa.array([f"{prefix}-0{n:016x}" for n in rng.integers(1, 2**62, count)])


class World:
    """The hosts, their interfaces and the addresses they talk to."""

    def __init__(self) -> None:
        rng = np.random.default_rng(SEED)
        numbers = np.arange(HOSTS)
        self.inside = pa.array([f"10.{n % 6}.{n // 6 % 250}.{n % 200 + 10}" for n in numbers])
        self.outside = pa.array([f"{a}.{b}.{c}.{d}" for a, b, c, d in rng.integers(11, 250, (OUTSIDE, 4)).tolist()])
        self.interface = _names(rng, "eni", HOSTS)
        self.instance = _names(rng, "i", HOSTS)
        self.subnet = _names(rng, "subnet", 24)
        self.service_ports = np.array([443, 443, 443, 80, 5432, 53, 22, 8080, 6379, 9092])
        weight = 1 / np.arange(1, OUTSIDE + 1) ** 0.9
        self.outside_weight = np.cumsum(weight / weight.sum())

    def records(self, file: int, count: int, span: int) -> pa.Table:
        """Return *count* records of the window that belongs to *file*; *span* is its length in s."""
        rng = np.random.default_rng([SEED, file])
        host = rng.integers(0, HOSTS, count)
        peer_inside = rng.random(count) < 0.4
        peer = np.where(
            peer_inside,
            (host + rng.zipf(1.6, count)) % HOSTS,
            np.searchsorted(self.outside_weight, rng.random(count)).clip(max=OUTSIDE - 1),
        )
        egress, client_here = rng.random(count) < 0.5, rng.random(count) < 0.6
        own = self.inside.take(pa.array(host))
        other = pc.if_else(
            pa.array(peer_inside),
            self.inside.take(pa.array(np.where(peer_inside, peer, 0))),
            self.outside.take(pa.array(peer)),
        )
        out = pa.array(egress)
        srcaddr, dstaddr = pc.if_else(out, own, other), pc.if_else(out, other, own)
        service = rng.choice(self.service_ports, count)
        ephemeral = rng.integers(1024, 65535, count)
        source_is_client = egress == client_here
        protocol = np.where(service == 53, 17, 6)
        packets = rng.geometric(0.05, count)
        start = MIDNIGHT + file * span + rng.integers(0, span, count)
        rejected = rng.random(count) < 0.06
        subnet = self.subnet.take(pa.array(host % 24))
        columns = {
            "version": pa.repeat("5", count),
            "account-id": pa.repeat("111122223333", count),
            "interface-id": self.interface.take(pa.array(host)),
            "srcaddr": srcaddr,
            "dstaddr": dstaddr,
            "srcport": np.where(source_is_client, ephemeral, service),
            "dstport": np.where(source_is_client, service, ephemeral),
            "protocol": protocol,
            "packets": packets,
            "bytes": packets * rng.integers(40, 1460, count),
            "start": start,
            "end": start + rng.integers(0, 60, count),
            "action": pc.if_else(pa.array(rejected), "REJECT", "ACCEPT"),
            "log-status": pa.repeat("OK", count),
            "vpc-id": pa.repeat("vpc-0abc1234def567890", count),
            "subnet-id": subnet,
            "instance-id": self.instance.take(pa.array(host)),
            "tcp-flags": np.where(protocol == 6, rng.choice([0, 2, 3, 18, 19], count), 0),
            "type": pa.repeat("IPv4", count),
            "pkt-srcaddr": srcaddr,
            "pkt-dstaddr": dstaddr,
            "region": pa.repeat("eu-central-1", count),
            "az-id": pc.if_else(pa.array(host % 2 == 0), "euc1-az1", "euc1-az2"),
            "sublocation-type": pa.repeat("-", count),
            "sublocation-id": pa.repeat("-", count),
            "pkt-src-aws-service": pa.repeat("-", count),
            "pkt-dst-aws-service": pc.if_else(pa.array(egress & (peer < 500) & ~peer_inside), "S3", "-"),
            "flow-direction": pc.if_else(out, "egress", "ingress"),
            "traffic-path": pc.if_else(out, pc.if_else(pa.array(peer_inside), "1", "8"), "-"),
        }
        return pa.table(columns)


def write(folder: Path, records: int) -> list[Path]:
    """Write *records* records into *folder*, a file per 100,000, and return the files."""
    folder.mkdir(parents=True, exist_ok=True)
    world, files = World(), []
    span = max(60, 86_400 * RECORDS_PER_FILE // records)
    options = csv.WriteOptions(include_header=False, delimiter=" ", quoting_style="none")
    for number in range(-(-records // RECORDS_PER_FILE)):
        path = folder / f"111122223333_vpcflowlogs_eu-central-1_fl-0123456789abcdef0_{number:05}.log.gz"
        files.append(path)
        if path.exists():
            continue
        count = min(RECORDS_PER_FILE, records - number * RECORDS_PER_FILE)
        sink = pa.BufferOutputStream()
        csv.write_csv(world.records(number, count, span), sink, options)
        partial = path.with_suffix(".partial")
        with gzip.open(partial, "wb", compresslevel=6) as file:
            file.write(HEADER.encode() + b"\n")
            file.write(sink.getvalue())
        partial.rename(path)
    return files


if __name__ == "__main__":
    write(Path(sys.argv[1]), int(sys.argv[2]))
