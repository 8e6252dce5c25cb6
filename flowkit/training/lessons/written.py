"""The files of a scenario: logs as they lie in S3, and the answers of ``aws ec2 describe-…``."""

import json
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from typing import Final

from flowkit.training.describe import snapshot
from flowkit.training.lessons.level import Level
from flowkit.training.logfiles import COLUMNS, Period, gzipped, lines_of
from flowkit.training.network import Network, resource_id
from flowkit.training.wire import RecordKey, Tally

SLOT: Final = 900
"""Seconds of which one file holds the records, by their ``end``."""


def logs(
    network: Network, records: dict[RecordKey, Tally], span: tuple[int, int], level: Level, dark: frozenset[str]
) -> Iterator[tuple[str, bytes]]:
    """Yield path and gzipped text of each file, with the level's columns; of *dark* interfaces nothing is logged."""
    names = COLUMNS.split()[: level.columns]
    unseen = {one.id for one in network.interfaces if one.name in dark}
    slots: dict[int, list[str]] = defaultdict(list)
    for end, line in lines_of(network, records, Period(*span, "", range(0))):
        if line[2] not in unseen:
            slots[end // SLOT * SLOT].append(" ".join((str(level.version), *line[1 : level.columns])))
    for slot in sorted(slots):
        yield _path(network, slot), gzipped("\n".join((" ".join(names), *slots[slot], "")))


def _path(network: Network, slot: int) -> str:
    time = datetime.fromtimestamp(slot, UTC)
    tail = sha256(f"{network.name}/{slot}".encode()).hexdigest()[:8]
    return (
        f"AWSLogs/{network.account}/vpcflowlogs/{network.region}/{time:%Y/%m/%d}/{network.account}_vpcflowlogs_"
        f"{network.region}_{resource_id('fl', network.name)}_{time:%Y%m%dT%H%M}Z_{tail}.log.gz"
    )


def described(network: Network, end: int, level: Level, dark: frozenset[str]) -> dict[str, bytes]:
    """Return the files of a snapshot taken at *end*, with the flow logs that there are."""
    taken = f"{datetime.fromtimestamp(end, UTC):%Y-%m-%dT%H:%M:%SZ}"
    files = snapshot(network, taken=taken, flow_log=resource_id("fl", network.name), bucket=f"{network.name}-logs")
    name = "describe-flow-logs.json"
    form = " ".join(f"${{{column}}}" for column in COLUMNS.split()[: level.columns])
    whole = json.loads(files[name])["FlowLogs"][0] | {"LogFormat": form}
    each = [
        whole | {"ResourceId": one.id, "FlowLogId": resource_id("fl", one.id)}
        for one in network.interfaces
        if one.name not in dark
    ]
    return {**files, name: (json.dumps({"FlowLogs": each if dark else [whole]}, indent=4) + "\n").encode()}
