"""A problem with the logging of a network, and the facts that problems are found in."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final, TypeAlias

from flowkit.aws import mending
from flowkit.aws.applying import Cover, Network, fails, records
from flowkit.aws.doubled import Doubled
from flowkit.aws.reaching import Reached
from flowkit.inventory import FlowLog

SEVERITIES: Final = ("critical", "high", "medium", "low", "info")
"""The gravest first."""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that keeps traffic from being found in the logs, or costs more than it need.

    Attributes
    ----------
    severity
        ``critical``, ``high``, ``medium``, ``low`` or ``info``.
    kind
        What is wrong, in a word: ``unlogged``, ``undelivered``, ``unreadable``…
    resource
        The id of the VPC, subnet, interface, transit gateway or flow log.
    sentence
        What is wrong and what it means.
    command
        Lines for a shell that would mend it; "" where none can be told.
    """

    severity: str
    kind: str
    resource: str
    sentence: str
    command: str = ""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the finders look at.

    Attributes
    ----------
    network, covers, within
        The network; what is logged of each interface; and of each VPC and subnet.
    doubled
        What is logged twice.
    reach
        By flow log, whether its destination can be read; empty where that was not tried.
    start, end
        The time that is asked about.
    """

    network: Network
    covers: tuple[Cover, ...]
    within: tuple[Cover, ...]
    doubled: tuple[Doubled, ...] = ()
    reach: Mapping[str, Reached] = field(default_factory=dict)
    start: datetime | None = None
    end: datetime | None = None

    @property
    def flow_logs(self) -> tuple[FlowLog, ...]:
        """All flow logs."""
        return self.network.snapshot.flow_logs

    @property
    def kept(self) -> Iterator[FlowLog]:
        """The flow logs that record, without those that only repeat another."""
        gone = {one.spare.flow_log_id for one in self.doubled if one.safe}
        return (one for one in self.flow_logs if records(one) and one.flow_log_id not in gone)

    def on(self, flow_log: FlowLog) -> str:
        """Return a flow log and what it watches, for a sentence."""
        return f"{flow_log.flow_log_id} on {self.network.name(flow_log.resource_id) or 'nothing'}"

    def like(self, account: str, region: str) -> FlowLog | None:
        """Return a sound flow log of an account and region, whose destination others can share."""
        sound = [one for one in self.flow_logs if records(one) and not fails(one)]
        here = [one for one in sound if self.network.home(one) == (account, region) and "" not in (account, region)]
        here = [one for one in here if mending.can_share(one)]
        return next(iter(sorted(here, key=lambda one: one.destination_type != mending.S3)), None)


Finder: TypeAlias = Callable[[Facts], Iterator[Problem]]
"""Finds each problem of some kinds."""


def grouped(some: Iterable[Cover], every: Iterable[Cover]) -> Iterator[tuple[str, list[Cover]]]:
    """Return interfaces by the widest resource of which all are among them: VPC, else subnet, else each itself."""
    chosen = list(some)
    size: dict[str, int] = defaultdict(int)
    met: dict[str, int] = defaultdict(int)
    for counts, covers in ((size, every), (met, chosen)):
        for cover in covers:
            for resource in {cover.vpc_id, cover.subnet_id} - {""}:
                counts[resource] += 1
    found = defaultdict(list)
    for cover in chosen:
        whole = (one for one in (cover.vpc_id, cover.subnet_id) if one and met[one] == size[one])
        found[next(whole, cover.resource_id)].append(cover)
    yield from found.items()


def who(network: Network, resource: str, members: list[Cover], one: str, many: str) -> str:
    """Return the resource and how many of its interfaces are so, as the start of a sentence."""
    name = network.name(resource)
    if members[0].resource_id == resource:
        return f"{name} {one}"
    idle = sum(not member.used for member in members)
    unused = f" ({idle:,} attached to nothing)" if 0 < idle < len(members) else ""
    return f"{name}: its {count(len(members), 'interface')}{unused} {one if len(members) == 1 else many}"


def home(network: Network, cover: Cover) -> tuple[str, str]:
    """Return the account and the region of an interface, a subnet or a VPC."""
    account = cover.interface.account_id if cover.interface else ""
    return account or network.account(cover.vpc_id), network.region(cover.vpc_id)


def count(number: int, what: str) -> str:
    """Return a number with its noun."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def ids(flow_logs: Iterable[FlowLog]) -> str:
    """Return the ids of flow logs."""
    return ", ".join(one.flow_log_id for one in flow_logs)
