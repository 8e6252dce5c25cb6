"""The resources of a log to choose from: which lists there are, what is in them, how it is counted."""

from collections.abc import Callable
from functools import partial
from typing import Final

from flowkit.flows import Flows
from flowkit.scope import Scope
from flowkit.widgets.choices import Choice, ChoiceList
from flowkit.widgets.counts import LEVELS, Counts, counted, without_resources
from flowkit.widgets.names import Names
from flowkit.widgets.parts import Edit, Turn

_TITLES: Final = {"vpc_id": "VPC", "subnet_id": "subnet", "instance_id": "instance", "interface_id": "interface"}


class Resources:
    """What the lists of a picker are filled from.

    A log without subnet-id has the inventory's subnets by their blocks, where it has addresses.

    Parameters
    ----------
    given
        The flows to choose from.
    """

    def __init__(self, given: Flows) -> None:
        self._given, self._has = given, set(given.fields)
        self._names = Names(given.identities.snapshot)
        by_block = "subnet_id" not in self._has and {"srcaddr", "dstaddr"} <= self._has
        self._blocks = self._names.blocks if by_block else {}
        self.counts = Counts()

    def lists(self, turn: Turn, edit: Edit) -> list[ChoiceList]:
        """Return the lists that this log can have, from wide to narrow."""
        made = []
        for level in LEVELS:
            if level in self._has:
                made.append(ChoiceList(_TITLES[level], level, partial(self._of_level, level), turn, edit))
            elif level == "subnet_id" and self._blocks:
                made.append(ChoiceList(_TITLES[level], "address", self._of_blocks, turn, edit))
        return made

    def know(self, picked: Scope) -> bool:
        """Return whether the counts hold for what is picked."""
        return self.counts.scope == without_resources(picked) and not self._blocks

    def question(self, picked: Scope) -> Callable[[], Counts]:
        """Return what works out the counts for what is picked."""
        return partial(counted, self._given, picked, tuple(self._blocks), self.counts.total)

    def _of_level(self, level: str, picked: Scope) -> list[Choice]:
        found = self.counts.of(level, picked).items()
        return [self._names.choice(level, resource, records) for resource, records in found]

    def _of_blocks(self, picked: Scope) -> list[Choice]:
        """Return the blocks in the VPCs chosen, without those that have no record."""
        counts, vpcs = self.counts.blocks, picked.vpc_id
        return [
            Choice(block, name, counts.get(block), subnet)
            for block, (name, subnet, vpc) in self._blocks.items()
            if block in picked.address or (counts.get(block) != 0 and (not vpcs or vpc in vpcs))
        ]
