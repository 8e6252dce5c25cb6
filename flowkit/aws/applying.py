"""Which flow logs apply to what: a VPC's to its subnets and interfaces, a subnet's to its interfaces."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from flowkit.inventory import FlowLog, Interface, Snapshot, Subnet

ALL: Final = "ALL"
_BOTH: Final = frozenset({"ACCEPT", "REJECT"})
_ACCESS_ERROR: Final = "access error"
SHARED: Final = "the subnet is shared between accounts"
_ASKED: Final = "ec2:DescribeFlowLogs"


@dataclass(frozen=True, slots=True)
class Cover:
    """What is logged of a VPC, a subnet or an interface.

    Attributes
    ----------
    resource_id, vpc_id, subnet_id
        The resource, and where it lies; itself where it is one.
    interface
        The interface, where it is one.
    flow_logs
        Those that apply, by any state: on the interface, its subnet or its VPC.
    covered
        ``yes``, ``partly``, ``no`` or ``unknown``.
    reasons
        Why it is not ``yes``.
    """

    resource_id: str
    vpc_id: str
    subnet_id: str = ""
    interface: Interface | None = None
    flow_logs: tuple[FlowLog, ...] = ()
    covered: str = "no"
    reasons: tuple[str, ...] = ()

    @property
    def used(self) -> bool:
        """Whether it can send anything: an interface that is attached to nothing cannot."""
        return self.interface is None or self.interface.status != "available"

    @property
    def recording(self) -> tuple[FlowLog, ...]:
        """The flow logs that record and deliver, some of it at least."""
        return tuple(one for one in self.flow_logs if records(one) and not delivers_nothing(one))


def records(flow_log: FlowLog) -> bool:
    """Tell whether a flow log records anything."""
    return flow_log.status in ("", "ACTIVE")


def fails(flow_log: FlowLog) -> bool:
    """Tell whether its delivery fails."""
    return flow_log.deliver_status == "FAILED"


def delivers_nothing(flow_log: FlowLog) -> bool:
    """Tell whether nothing of it arrives; where AWS is throttled or errs itself, some of it may."""
    return fails(flow_log) and _ACCESS_ERROR in flow_log.deliver_error.lower()


def traffic(flow_logs: Iterable[FlowLog]) -> str:
    """Return the traffic that flow logs record together: ALL, ACCEPT, REJECT or "".

    >>> traffic([FlowLog(flow_log_id="a", traffic_type="ACCEPT"), FlowLog(flow_log_id="b", traffic_type="REJECT")])
    'ALL'
    """
    kinds = {one.traffic_type for one in flow_logs} - {""}
    return ALL if ALL in kinds or kinds >= _BOTH else next(iter(sorted(kinds)), "")


class Network:
    """A snapshot's resources, by what lies in what."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.asked = bool(snapshot.flow_logs) or "FlowLogs" in snapshot.answered
        self.vpcs = {one.vpc_id: one for one in snapshot.vpcs}
        self.subnets = {one.subnet_id: one for one in snapshot.subnets}
        self._accounts = {account for account, _ in snapshot.places}
        self._refused = [one for one in snapshot.refused if one.call in (_ASKED, "")]
        self._zones: dict[str, str] = {}
        located: tuple[Subnet | Interface, ...] = (*snapshot.subnets, *snapshot.interfaces)
        for one in located:
            self._zones.setdefault(one.vpc_id, one.az)
        self._homes = self._all_homes()
        self._names = {one.vpc_id: one.name for one in snapshot.vpcs}
        self._names |= {one.subnet_id: one.name for one in snapshot.subnets}
        self._names |= {one.interface_id: one.name for one in snapshot.interfaces}
        self._on: dict[str, list[FlowLog]] = {}
        for flow_log in snapshot.flow_logs:
            self._on.setdefault(flow_log.resource_id, []).append(flow_log)

    def interfaces(self) -> tuple[Cover, ...]:
        """Return what is logged of each interface."""
        return tuple(
            self._cover(one.interface_id, one.vpc_id, one.subnet_id, one, one.account_id)
            for one in self.snapshot.interfaces
        )

    def within(self) -> tuple[Cover, ...]:
        """Return what is logged of each VPC and each subnet, whatever they hold."""
        vpcs = (self._cover(one.vpc_id, one.vpc_id, "", None, one.account_id) for one in self.snapshot.vpcs)
        subnets = (
            self._cover(one.subnet_id, one.vpc_id, one.subnet_id, None, one.account_id) for one in self.snapshot.subnets
        )
        return (*vpcs, *subnets)

    def home(self, flow_log: FlowLog) -> tuple[str, str]:
        """Return the account and the region of a flow log, as its resource or its log group tell them, else ""."""
        found = self._homes.get(flow_log.resource_id, ("", ""))
        told = flow_log.destination.split(":") if ":log-group:" in flow_log.destination else []
        return found[0], found[1] or (told[3] if told else "")

    def known(self, resource_id: str) -> bool:
        """Tell whether a resource is in the snapshot."""
        return resource_id in self._homes

    def name(self, resource_id: str) -> str:
        """Return a resource's id with its name, where it has one."""
        name = self._names.get(resource_id)
        return f"{resource_id} ({name})" if name else resource_id

    def on(self, resource_id: str) -> tuple[FlowLog, ...]:
        """Return the flow logs that name a resource."""
        return tuple(self._on.get(resource_id, ()))

    def region(self, vpc_id: str) -> str:
        """Return the region of a VPC as its zones tell it, "" where none is known."""
        return region_of_zone(self._zones.get(vpc_id, ""))

    def only_region(self) -> str:
        """Return the region that all of it lies in, "" where there are several or none is known."""
        found = {self.region(vpc_id) for vpc_id in self._zones}
        return found.pop() if len(found) == 1 else ""

    def account(self, vpc_id: str) -> str:
        """Return the account of a VPC, "" where it is not known."""
        known = self.vpcs[vpc_id].account_id if vpc_id in self.vpcs else ""
        return known or next((one.account_id for one in self.snapshot.interfaces if one.vpc_id == vpc_id), "")

    def shared(self, interface: Interface) -> bool:
        """Tell whether an interface lies in another account's subnet, and not both accounts were asked."""
        subnet = self.subnets.get(interface.subnet_id)
        accounts = {interface.account_id, subnet.account_id if subnet else ""} - {""}
        return len(accounts) > 1 and not accounts <= self._accounts

    def _cover(self, resource_id: str, vpc_id: str, subnet_id: str, interface: Interface | None, account: str) -> Cover:
        ids = dict.fromkeys(filter(None, (resource_id, subnet_id, vpc_id)))
        found = tuple(flow_log for one in ids for flow_log in self._on.get(one, ()))
        covered, reasons = _judged(found)
        if covered != "yes" and (why := self._unknown(interface, vpc_id, account)):
            covered, reasons = ("unknown", (why,)) if not found else (covered, (*reasons, why))
        return Cover(resource_id, vpc_id, subnet_id, interface, found, covered, reasons)

    def _all_homes(self) -> dict[str, tuple[str, str]]:
        """Return the account and the region of each resource."""
        snapshot = self.snapshot
        found = {one.vpc_id: (one.account_id, self.region(one.vpc_id)) for one in snapshot.vpcs}
        found |= {one.subnet_id: (one.account_id, region_of_zone(one.az)) for one in snapshot.subnets}
        found |= {one.interface_id: (one.account_id, region_of_zone(one.az)) for one in snapshot.interfaces}
        return found

    def _unknown(self, interface: Interface | None, vpc_id: str, account: str) -> str:
        """Return why flow logs may exist that the snapshot does not show, "" where they would be in it."""
        if not self.asked:
            return "flow logs were not asked for"
        region = region_of_zone(interface.az if interface else "") or self.region(vpc_id)
        subnet = self.subnets.get(interface.subnet_id) if interface else None
        accounts = {"", account, subnet.account_id if subnet else ""}
        for one in self._refused:
            if one.account_id in accounts and one.region in ("", region):
                return f"AWS refused to list the flow logs ({one.code})"
        if interface and self.shared(interface):
            return f"{SHARED}, and the flow logs of one of them cannot be seen"
        return ""


def region_of_zone(zone: str) -> str:
    """Return the region of an availability zone or a Local Zone.

    >>> region_of_zone("eu-central-1a"), region_of_zone("us-west-2-lax-1a")
    ('eu-central-1', 'us-west-2')
    """
    parts = zone.split("-")
    number = next((place for place, part in enumerate(parts) if part[:1].isdigit()), None)
    if number is None:
        return ""
    return "-".join([*parts[:number], "".join(filter(str.isdigit, parts[number]))])


def _judged(found: tuple[FlowLog, ...]) -> tuple[str, tuple[str, ...]]:
    """Return how much the flow logs that apply cover, and why it is not all."""
    if not found:
        return "no", ("no flow log applies",)
    whole = [one for one in found if records(one) and not fails(one)]
    some = [one for one in found if records(one) and fails(one) and not delivers_nothing(one)]
    reasons = [f"{one.flow_log_id} is not active ({one.status})" for one in found if not records(one)]
    reasons += [
        f"{one.flow_log_id} fails to deliver ({one.deliver_error or 'no reason given'})"
        for one in found
        if records(one) and fails(one)
    ]
    if traffic(whole) == ALL:
        return "yes", ()
    kept = traffic([*whole, *some])
    if kept in _BOTH:
        reasons.insert(0, f"{kept} only")
    return ("partly" if kept else "no"), tuple(reasons)
