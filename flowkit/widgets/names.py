"""What an analyst calls the resources, from the inventory."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from flowkit.inventory import Snapshot
from flowkit.widgets.choices import Choice


@dataclass(frozen=True, eq=False)
class Names:
    """Makes choices of ids: with names, and with what else they are found by, if there is an inventory."""

    snapshot: Snapshot | None = None
    _none: Mapping[str, tuple[str, str]] = field(default_factory=dict)

    def choice(self, level: str, resource: str, records: int) -> Choice:
        """Return the choice of a resource."""
        name, also = self._known.get(level, self._none).get(resource, ("", ""))
        return Choice(resource, name, records, also)

    @cached_property
    def _known(self) -> dict[str, dict[str, tuple[str, str]]]:
        if self.snapshot is None:
            return {}
        return {
            "vpc_id": {v.vpc_id: (v.name, " ".join(v.cidrs)) for v in self.snapshot.vpcs},
            "subnet_id": {s.subnet_id: (s.name, " ".join((*s.cidrs, s.az))) for s in self.snapshot.subnets},
            "instance_id": {i.instance_id: (i.name, "") for i in self.snapshot.instances},
            "interface_id": {
                i.interface_id: (i.name, " ".join((*i.addresses, *i.public_addresses, i.instance_id)))
                for i in self.snapshot.interfaces
            },
        }

    @cached_property
    def blocks(self) -> dict[str, tuple[str, str, str]]:
        """The blocks of all subnets: name, id and VPC of the subnet, by block; of two with one block, the first."""
        subnets = self.snapshot.subnets if self.snapshot else ()
        found = [(block, (s.name, s.subnet_id, s.vpc_id)) for s in subnets for block in s.cidrs]
        return dict(reversed(found))
