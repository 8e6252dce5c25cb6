"""The state of a network at one time, as a value that answers questions."""

import html
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import pandas as pd

from flowkit.inventory import frames
from flowkit.inventory.interfaces import Interface
from flowkit.inventory.manifest import Refusal
from flowkit.inventory.paths import Endpoint, InternetGateway, NatGateway, Peering, PrefixList, RouteTable
from flowkit.inventory.resources import FlowLog, Instance, SecurityGroup, Subnet, Vpc
from flowkit.inventory.rules import GroupRule, NetworkAcl
from flowkit.inventory.text import shown

_COUNTED: Final = (
    ("interfaces", "interface", "interfaces"),
    ("instances", "instance", "instances"),
    ("subnets", "subnet", "subnets"),
    ("vpcs", "VPC", "VPCs"),
    ("flow_logs", "flow log", "flow logs"),
)
_MOST_PROBLEMS: Final = 10


@dataclass(frozen=True, kw_only=True, slots=True, repr=False)
class Snapshot:
    """What an account's network looked like at one time.

    Attributes
    ----------
    taken, taken_from
        When, in UTC, and what says so: ``manifest`` or ``file times``.
    accounts
        Ids of the accounts that own anything described.
    interfaces, instances, subnets, vpcs, groups, flow_logs
        The resources, in the order described. Interfaces that only an instance tells of are among them.
    rules
        The rules of all security groups, each for one other end.
    acls, route_tables, prefix_lists, peerings, internet_gateways, nat_gateways, endpoints
        What else decides whether packets pass, and where; gateways for outgoing IPv6 only are among the internet
        gateways.
    described
        Items of the other answers, as parsed JSON, by their top-level key (``NetworkAcls``, ``RouteTables``…).
    prefix_list_entries
        CIDR blocks of each prefix list.
    answered
        Top-level keys of all answers read: what is not named here was not asked for, which is not "none".
    problems
        What was left out of the files, and why, in sentences.
    source
        Where it was read.
    places, refused
        The accounts and regions that answered, and the calls that AWS refused, as flowkit's collector noted them;
        empty for a snapshot taken otherwise.
    kept
        What was worked out from the rest and is asked for again.
    """

    taken: datetime | None = None
    taken_from: str = ""
    accounts: tuple[str, ...] = ()
    interfaces: tuple[Interface, ...] = ()
    instances: tuple[Instance, ...] = ()
    subnets: tuple[Subnet, ...] = ()
    vpcs: tuple[Vpc, ...] = ()
    groups: tuple[SecurityGroup, ...] = ()
    flow_logs: tuple[FlowLog, ...] = ()
    rules: tuple[GroupRule, ...] = ()
    acls: tuple[NetworkAcl, ...] = ()
    route_tables: tuple[RouteTable, ...] = ()
    prefix_lists: tuple[PrefixList, ...] = ()
    peerings: tuple[Peering, ...] = ()
    internet_gateways: tuple[InternetGateway, ...] = ()
    nat_gateways: tuple[NatGateway, ...] = ()
    endpoints: tuple[Endpoint, ...] = ()
    described: Mapping[str, tuple[dict[str, Any], ...]] = field(default_factory=dict, hash=False)
    prefix_list_entries: Mapping[str, tuple[str, ...]] = field(default_factory=dict, hash=False)
    answered: tuple[str, ...] = ()
    problems: tuple[str, ...] = ()
    source: str = ""
    places: tuple[tuple[str, str], ...] = ()
    refused: tuple[Refusal, ...] = ()
    kept: dict[str, object] = field(init=False, default_factory=dict, compare=False)

    def flow_logs_of(self, interface: Interface) -> tuple[FlowLog, ...]:
        """Return the flow logs that watch an interface: itself, its subnet or its VPC.

        Whether they record anything, `FlowLog.status` and `FlowLog.deliver_status` tell.
        """
        watched = {interface.interface_id, interface.subnet_id, interface.vpc_id} - {""}
        return tuple(flow_log for flow_log in self.flow_logs if flow_log.resource_id in watched)

    def tag(self, resource_id: str, key: str) -> str | None:
        """Return a tag of an interface, instance, subnet or VPC; None if it has no such tag, or is not known."""
        tagged = (
            *((one.interface_id, one.tags) for one in self.interfaces),
            *((one.instance_id, one.tags) for one in self.instances),
            *((one.subnet_id, one.tags) for one in self.subnets),
            *((one.vpc_id, one.tags) for one in self.vpcs),
        )
        return next((dict(tags)[key] for known, tags in tagged if known == resource_id and key in dict(tags)), None)

    def addresses(self) -> pd.DataFrame:
        """Return the addresses that interfaces hold, one row for each and its interface.

        Returns
        -------
        DataFrame
            ``address`` (spelt as in flow records), ``public`` (an Elastic or automatically assigned public
            address), ``interface_id``, ``vpc_id``, ``subnet_id``, ``az_id``, ``instance_id``, ``name``, ``kind``,
            ``groups`` (names of the security groups, the id of one that is not described), ``account_id``.

        Notes
        -----
        An address may stand in several rows: VPCs may overlap. Those in a delegated prefix have no row.
        """
        return frames.addresses(self.interfaces, self._group_names())

    def to_frame(self) -> pd.DataFrame:
        """Return the interfaces, one row each.

        Returns
        -------
        DataFrame
            ``interface_id``, ``name``, ``kind``, ``address``, ``public_address``, ``instance_id``, ``subnet_id``,
            ``vpc_id``, ``az``, ``groups``, ``flow_logs`` (each with traffic type, id and interval; "not logged"
            where none watches the interface, "unknown" where flow logs were not asked for), ``status``.
        """
        unlogged = "not logged" if self.flow_logs or "FlowLogs" in self.answered else "unknown"
        watching = ["; ".join(map(str, self.flow_logs_of(interface))) or unlogged for interface in self.interfaces]
        return frames.interfaces(self.interfaces, self._group_names(), watching)

    def shared_addresses(self) -> pd.DataFrame:
        """Return the private addresses that interfaces of more than one VPC hold.

        Of such an address a flow record tells its holder only by its VPC or interface.

        Returns
        -------
        DataFrame
            ``address``, ``vpc_ids``, ``interface_ids``, both joined by commas.
        """
        return frames.shared_addresses(self.interfaces)

    def overlapping_vpcs(self) -> tuple[tuple[str, str, str, str], ...]:
        """Return each pair of VPCs with blocks that overlap, as VPC, block, VPC, block."""
        return frames.overlapping((vpc.vpc_id, cidr) for vpc in self.vpcs for cidr in vpc.cidrs)

    def _group_names(self) -> dict[str, str]:
        return {group.group_id: group.name for group in self.groups if group.name}

    def _counts(self) -> str:
        return ", ".join(_counted(len(getattr(self, name)), one, many) for name, one, many in _COUNTED)

    def __str__(self) -> str:
        """Return when it was taken and how much it holds."""
        problems = _counted(len(self.problems), "problem", "problems")
        return shown(f"Snapshot of {self._time()}: {self._counts()}; {problems}")

    __repr__ = __str__

    def _time(self) -> str:
        return f"{self.taken:%Y-%m-%d %H:%MZ} (from {self.taken_from})" if self.taken else "an unknown time"

    def _repr_html_(self) -> str:
        """Return the same for a notebook, with where it was read and its first problems."""
        more = len(self.problems) - _MOST_PROBLEMS
        rows = [
            ("Snapshot of", self._time()),
            ("read from", self.source),
            ("accounts", ", ".join(self.accounts)),
            ("holds", self._counts()),
            *(("problem", problem) for problem in self.problems[:_MOST_PROBLEMS]),
            *([("", f"and {more:,} more: see .problems")] if more > 0 else []),
        ]
        cells = (f"<tr><th>{_escaped(name)}</th><td>{_escaped(value)}</td></tr>" for name, value in rows)
        return f"<table>{''.join(cells)}</table>"


def _escaped(text: str) -> str:
    return html.escape(shown(text))


def _counted(count: int, one: str, many: str) -> str:
    return f"{count:,} {one if count == 1 else many}"
