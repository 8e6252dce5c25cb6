"""What the playbooks that look for something unknown share: the hunt, its allow-list, its ranked findings."""

from flowkit.playbooks.hunting.allowing import Allow, Allowed, allowed
from flowkit.playbooks.hunting.hunt import Hunt, hunt, logged, picture
from flowkit.playbooks.hunting.ranking import Suspicion, report

__all__ = ["Allow", "Allowed", "Hunt", "Suspicion", "allowed", "hunt", "logged", "picture", "report"]
