"""What the playbooks that look for something unknown share: the hunt, its allow-list, its ranked findings."""

from flowkit.playbooks.hunting.allowing import Allow, Allowed, allowed
from flowkit.playbooks.hunting.hunt import Hunt, hunt, logged, picture
from flowkit.playbooks.hunting.ranking import Suspicion, report
from flowkit.playbooks.hunting.rows import port_of, protocol_of
from flowkit.playbooks.hunting.taking import Taken, take

__all__ = [
    "Allow", "Allowed", "Hunt", "Suspicion", "Taken", "allowed", "hunt", "logged", "picture", "port_of", "protocol_of",
    "report", "take",
]  # fmt: skip
