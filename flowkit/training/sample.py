"""The shipped sample: six hours of a small three-tier VPC, and what ``describe-…`` said of it.

10 March 2026, 08:00 to 14:00 UTC, times in UTC:

- all day: customers through the load balancer, web, application, database; health checks; scanners;
- all day: connections to the database 10.0.2.20:5432 fail when the client port is above 57343,
  because entry 100 outbound of its subnet's network ACL ends there;
- all day: objects in S3, through the NAT gateway (there is no endpoint);
- 08:40 to 09:07: the database's backup, 6 GB to S3;
- 09:30 to 09:50: 198.19.77.13 tries 1,024 ports of the bastion;
- 10:20 to 10:32: SKIPDATA at the interface of 10.0.1.11;
- from 11:05: 10.0.11.10 calls 203.0.113.77 every five minutes; 11:10 to 11:50 it sends 600 MB there.

Make it anew with ``python -m flowkit.training.sample [FOLDER]``.
"""

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from flowkit.training.describe import snapshot
from flowkit.training.dice import Dice
from flowkit.training.logfiles import Period, log_files
from flowkit.training.network import resource_id
from flowkit.training.sample_events import HAPPENINGS, HOUR, MINUTE
from flowkit.training.sample_network import NETWORK
from flowkit.training.scene import Scene
from flowkit.training.wire import RecordKey, Tally, Wire

SEED: Final = 20260310
TAKEN: Final = "2026-03-10T07:55:00Z"
START: Final = int(datetime(2026, 3, 10, 8, tzinfo=UTC).timestamp())
PERIOD: Final = Period(
    START,
    START + 6 * HOUR,
    skipped_interface="app-a-2",
    skipped=range(START + 140 * MINUTE, START + 152 * MINUTE),
)
FLOW_LOG_ID: Final = resource_id("fl", "shop")
BUCKET: Final = "shop-flow-logs-111122223333"
BUSY: Final = (0.55, 0.65, 0.8, 1.0, 0.8, 1.0)
"""How busy the shop is in each hour, of 1: it wakes up, is full at eleven, rests at noon."""

FOLDER: Final = Path(__file__).parent.parent / "sample"


def generate(seed: int = SEED) -> dict[str, bytes]:
    """Return the sample's files: path below the sample's folder to content, always the same for a seed."""
    logs = log_files(NETWORK, _records(seed), PERIOD, FLOW_LOG_ID, str(seed))
    described = snapshot(NETWORK, taken=TAKEN, flow_log=FLOW_LOG_ID, bucket=BUCKET)
    return {
        **{f"flow-logs/{path}": content for path, content in logs.items()},
        **{f"snapshot/{name}": content for name, content in described.items()},
    }


def write(folder: Path, seed: int = SEED) -> None:
    """Write the sample's files below *folder*; files already there under other names stay."""
    for path, content in generate(seed).items():
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)


def _records(seed: int) -> dict[RecordKey, Tally]:
    """Let everything happen, each thing by dice of its own, so that changing one leaves the others."""
    wire = Wire(NETWORK)
    used: set[tuple[str, str, int, int]] = set()
    for happening in HAPPENINGS:
        dice = Dice(f"{seed}/{happening.__name__}")
        happening(Scene(wire, dice, PERIOD.start, PERIOD.end, _load, used))
    return wire.records


def _load(moment: float) -> float:
    """Return how busy the shop is at a moment; before it opens as at eight."""
    return BUSY[max(0, int((moment - PERIOD.start) // HOUR))]


if __name__ == "__main__":
    write(Path(sys.argv[1]) if len(sys.argv) > 1 else FOLDER)
