"""An EC2 snapshot as one frozen value: what the answers of ``aws ec2 describe-*`` say of a network.

``read`` takes a folder of such answers, however they are named, paged or packed. All text in them is
whatever somebody typed into AWS: it is kept as text, and `shown` writes out what a terminal or a
browser would obey.

``explain`` asks a snapshot which rule admits or denies a connection.
"""

from flowkit.inventory.explaining import Explanation, explain
from flowkit.inventory.interfaces import Interface
from flowkit.inventory.reading import read
from flowkit.inventory.resources import FlowLog, Instance, SecurityGroup, Subnet, Vpc
from flowkit.inventory.snapshot import Snapshot
from flowkit.inventory.text import shown

__all__ = [
    "Explanation",
    "FlowLog",
    "Instance",
    "Interface",
    "SecurityGroup",
    "Snapshot",
    "Subnet",
    "Vpc",
    "explain",
    "read",
    "shown",
]
