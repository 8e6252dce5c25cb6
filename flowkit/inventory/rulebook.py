"""A snapshot's rules, made ready once to be asked many thousand times."""

from collections import defaultdict
from collections.abc import Mapping

from flowkit.inventory.acls import AclRules
from flowkit.inventory.ends import HERE, INTERNET, SERVICE, End, Holders
from flowkit.inventory.groups import GroupRules, Member
from flowkit.inventory.interfaces import Interface
from flowkit.inventory.paths import RouteTable
from flowkit.inventory.routes import RouteRules
from flowkit.inventory.rules import GroupRule
from flowkit.inventory.snapshot import Snapshot

_KEPT = "rulebook"


class Rulebook:
    """What a snapshot says of rules and routes, by what asks for it. `rulebook` makes it, once for each snapshot.

    Attributes
    ----------
    snapshot
        The snapshot.
    holders
        Who holds which address.
    peerings, nat_gateways, gateways, endpoints
        What routes lead to, by id.
    """

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot
        self.holders = Holders(snapshot)
        self.peerings = {one.peering_id: one for one in snapshot.peerings}
        self.nat_gateways = {one.nat_id: one for one in snapshot.nat_gateways}
        self.gateways = {one.gateway_id: one for one in snapshot.internet_gateways}
        self.endpoints = {one.endpoint_id: one for one in snapshot.endpoints}
        self.tables = {one.table_id: one for one in snapshot.route_tables}
        self.vpc_of_subnet = {one.subnet_id: one.vpc_id for one in snapshot.subnets}
        self._prefix_lists = _known_lists(snapshot)
        self._group_rules = _by_group(snapshot)
        self._interfaces_told = bool({"NetworkInterfaces", "Reservations"} & set(snapshot.answered))
        self._acls = {one.acl_id: one for one in snapshot.acls}
        self._acl_of_subnet = {subnet: one.acl_id for one in snapshot.acls for subnet in one.subnet_ids}
        self._default_acls = {one.vpc_id: one.acl_id for one in snapshot.acls if one.default}
        self._table_of_subnet = {subnet: one.table_id for one in snapshot.route_tables for subnet in one.subnet_ids}
        self._main_tables = {one.vpc_id: one.table_id for one in snapshot.route_tables if one.main}
        self._asked_acls: dict[str, AclRules] = {}
        self._asked_groups: dict[tuple[str, ...], GroupRules] = {}
        self._asked_tables: dict[str, RouteRules] = {}

    def acl(self, acl_id: str) -> AclRules | None:
        """Return a network ACL; None where the snapshot has none of that id."""
        if acl_id not in self._asked_acls:
            if acl_id not in self._acls:
                return None
            self._asked_acls[acl_id] = AclRules(self._acls[acl_id])
        return self._asked_acls[acl_id]

    def acl_of(self, subnet_id: str, vpc_id: str = "") -> AclRules | None:
        """Return the ACL of a subnet: the one associated with it, else its VPC's default one."""
        vpc_id = vpc_id or self.vpc_of_subnet.get(subnet_id, "")
        return self.acl(self._acl_of_subnet.get(subnet_id) or self._default_acls.get(vpc_id, ""))

    def groups_of(self, interface: Interface) -> GroupRules:
        """Return the rules of an interface's security groups."""
        key = interface.group_ids
        if key not in self._asked_groups:
            self._asked_groups[key] = GroupRules(key, self._group_rules, self._prefix_lists)
        return self._asked_groups[key]

    def table(self, table_id: str) -> RouteRules | None:
        """Return a route table; None where the snapshot has none of that id."""
        if table_id not in self._asked_tables:
            if table_id not in self.tables:
                return None
            self._asked_tables[table_id] = RouteRules(self.tables[table_id], self._prefix_lists)
        return self._asked_tables[table_id]

    def table_of(self, subnet_id: str, vpc_id: str = "") -> RouteRules | None:
        """Return the route table of a subnet: the one associated with it, else its VPC's main one."""
        vpc_id = vpc_id or self.vpc_of_subnet.get(subnet_id, "")
        return self.table(self._table_of_subnet.get(subnet_id) or self._main_tables.get(vpc_id, ""))

    def edge_table_of(self, gateway_id: str) -> RouteTable | None:
        """Return the route table of a gateway, for what comes in through it; most gateways have none."""
        return next((one for one in self.snapshot.route_tables if gateway_id in one.gateway_ids), None)

    def member(self, end: End) -> Member:
        """Return what tells whether an end is a member of a group that a rule refers to."""
        if end.interface is not None:
            groups = frozenset() if end.public else frozenset(end.interface.group_ids)
            return lambda rule: rule.peer_group_id in groups and self._peers(rule)
        if end.where in (INTERNET, SERVICE):
            return _nobody
        if end.where == HERE or not self._interfaces_told:
            return _unsure  # whoever held the address then may have been a member
        described = self._group_rules
        return lambda rule: False if rule.peer_group_id in described or rule.peering_status == "deleted" else None

    def _peers(self, rule: GroupRule) -> bool:
        """Tell whether the group that a rule refers to is in this VPC or in one that is peered still."""
        peering = self.peerings.get(rule.peering_id)
        return rule.peering_status in ("", "active") and (peering is None or peering.status in ("", "active"))


def rulebook(snapshot: Snapshot) -> Rulebook:
    """Return a snapshot's rules; they are made ready when first asked for."""
    found = snapshot.kept.get(_KEPT)
    if not isinstance(found, Rulebook):
        found = snapshot.kept[_KEPT] = Rulebook(snapshot)
    return found


def _nobody(_: GroupRule) -> bool:
    return False


def _unsure(rule: GroupRule) -> bool | None:
    return False if rule.peering_status == "deleted" else None


def _known_lists(snapshot: Snapshot) -> Mapping[str, tuple[str, ...] | None]:
    known: dict[str, tuple[str, ...] | None] = {one.prefix_list_id: one.cidrs for one in snapshot.prefix_lists}
    return known | dict(snapshot.prefix_list_entries)


def _by_group(snapshot: Snapshot) -> dict[str, tuple[GroupRule, ...]]:
    """Return the rules of each group that is described, or of which rules are listed."""
    found: dict[str, list[GroupRule]] = defaultdict(list)
    for group in snapshot.groups:
        found[group.group_id] = []
    for rule in snapshot.rules:
        found[rule.group_id].append(rule)
    return {group_id: tuple(rules) for group_id, rules in found.items()}
