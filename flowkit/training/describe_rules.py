"""The rules of a network as ``aws ec2 describe-…`` prints them: ACLs, groups, routes, prefix lists."""

from collections.abc import Sequence
from typing import Any

from flowkit.training.network import Network, Subnet, resource_id
from flowkit.training.rules import ANY, EVERYWHERE, ICMP, TCP, UDP, Acl, AclEntry, GroupRule, PrefixList, SecurityGroup

Document = dict[str, Any]
"""A JSON object."""


def tags(name: str) -> list[Document]:
    """Return the tag list of a resource that has only a name."""
    return [{"Key": "Name", "Value": name}]


def rule_documents(network: Network) -> dict[str, Document]:
    """Return the documents that hold rules: command to what it prints."""
    documents: dict[str, Document] = {
        "describe-managed-prefix-lists": {
            "PrefixLists": [_prefix_list(network, prefix_list) for prefix_list in network.prefix_lists]
        },
        "describe-network-acls": {"NetworkAcls": [_acl(network, acl) for acl in network.acls]},
        "describe-route-tables": {"RouteTables": _route_tables(network)},
        "describe-security-groups": {"SecurityGroups": [_group(network, group) for group in network.groups]},
    }
    for prefix_list in network.prefix_lists:
        entries = [{"Cidr": cidr} for cidr in prefix_list.cidrs]
        documents[f"get-managed-prefix-list-entries-{prefix_list.id}"] = {"Entries": entries}
    return documents


def _prefix_list(network: Network, prefix_list: PrefixList) -> Document:
    own = prefix_list.owner != "AWS"
    kind = {"PrefixListId": prefix_list.id, "AddressFamily": "IPv4", "PrefixListName": prefix_list.name}
    account = prefix_list.owner if own else "aws"
    arn = f"arn:aws:ec2:{network.region}:{account}:prefix-list/{prefix_list.id}"
    versions = {"State": "create-complete", "MaxEntries": 5, "Version": 1} if own else {}
    return {**kind, "PrefixListArn": arn, **versions, "Tags": [], "OwnerId": prefix_list.owner}


def _acl(network: Network, acl: Acl) -> Document:
    families = (False, True) if network.ipv6 else (False,)
    return {
        "Associations": [
            {
                "NetworkAclAssociationId": resource_id("aclassoc", subnet.name),
                "NetworkAclId": acl.id,
                "SubnetId": subnet.id,
            }
            for subnet in network.subnets
            if subnet.acl == acl.name
        ],
        "Entries": [
            *map(_entry, acl.entries),
            *(_last_entry(egress=egress, ipv6=ipv6) for ipv6 in families for egress in (False, True)),
        ],
        "IsDefault": acl.default,
        "NetworkAclId": acl.id,
        "Tags": tags(f"{network.name}-{acl.name}"),
        "VpcId": network.vpc_id,
        "OwnerId": network.account,
    }


def _entry(entry: AclEntry) -> Document:
    ports = entry.ports
    return {
        "Ipv6CidrBlock" if ":" in entry.cidr else "CidrBlock": entry.cidr,
        "Egress": entry.direction == "egress",
        **({"IcmpTypeCode": {"Code": -1, "Type": -1}} if ports.protocol == ICMP else {}),
        **({"PortRange": {"From": ports.first, "To": ports.last}} if ports.limited else {}),
        "Protocol": str(ports.protocol),
        "RuleAction": entry.action,
        "RuleNumber": entry.number,
    }


def _last_entry(*, egress: bool, ipv6: bool) -> Document:
    """Return the entry AWS adds to each ACL: whatever nothing else decided is denied."""
    block = {"Ipv6CidrBlock": "::/0"} if ipv6 else {"CidrBlock": EVERYWHERE}
    return {**block, "Egress": egress, "Protocol": "-1", "RuleAction": "deny", "RuleNumber": 32767 + ipv6}


def _route_tables(network: Network) -> list[Document]:
    internet = {"DestinationCidrBlock": "0.0.0.0/0", "GatewayId": resource_id("igw", network.name)}
    nat = {"DestinationCidrBlock": "0.0.0.0/0", "NatGatewayId": resource_id("nat", network.nat.name)}
    public = [subnet for subnet in network.subnets if subnet.public]
    cut_off = {name for name, _ in network.blackholes}
    private = [subnet for subnet in network.subnets if not subnet.public and subnet.name not in cut_off]
    return [
        _route_table(network, "main", [], []),
        _route_table(network, "public", public, [internet]),
        _route_table(network, "private", private, [nat]),
        *(
            _route_table(
                network, subnet.name, [subnet], [nat], [b for name, b in network.blackholes if name == subnet.name]
            )
            for subnet in network.subnets
            if subnet.name in cut_off
        ),
    ]


def _route_table(
    network: Network, name: str, subnets: list[Subnet], routes: list[Document], blackholes: Sequence[str] = ()
) -> Document:
    table = resource_id("rtb", name)
    local = {"GatewayId": "local", "Origin": "CreateRouteTable", "State": "active"}
    blocks = [block for block in (network.cidr, network.ipv6) if block]
    gone = {"NetworkInterfaceId": resource_id("eni", "terminated"), "Origin": "CreateRoute", "State": "blackhole"}
    return {
        "Associations": [_association_of_table(table, subnet) for subnet in subnets]
        or [_association_of_table(table, None)],
        "PropagatingVgws": [],
        "RouteTableId": table,
        "Routes": [
            *({**_to(block), **local} for block in blocks),
            *({**route, "Origin": "CreateRoute", "State": "active"} for route in routes),
            *({**_to(block), **gone} for block in blackholes),
        ],
        "Tags": tags(f"{network.name}-{name}"),
        "VpcId": network.vpc_id,
        "OwnerId": network.account,
    }


def _to(block: str) -> Document:
    return {"DestinationIpv6CidrBlock" if ":" in block else "DestinationCidrBlock": block}


def _association_of_table(table: str, subnet: Subnet | None) -> Document:
    name = subnet.name if subnet else "main"
    return {
        "Main": subnet is None,
        "RouteTableAssociationId": resource_id("rtbassoc", name),
        "RouteTableId": table,
        **({"SubnetId": subnet.id} if subnet else {}),
        "AssociationState": {"State": "associated"},
    }


def _group(network: Network, group: SecurityGroup) -> Document:
    return {
        "Description": group.description,
        "GroupName": group.name,
        "IpPermissions": [_permission(network, rule) for rule in group.rules if rule.direction == "ingress"],
        "OwnerId": network.account,
        "GroupId": group.id,
        "IpPermissionsEgress": [_permission(network, rule) for rule in group.rules if rule.direction == "egress"],
        "Tags": tags(group.name),
        "VpcId": network.vpc_id,
    }


def _permission(network: Network, rule: GroupRule) -> Document:
    said = {"Description": rule.description} if rule.description else {}
    groups = [group.id for group in network.groups if group.name == rule.group]
    lists = [prefix_list.id for prefix_list in network.prefix_lists if prefix_list.name == rule.prefix_list]
    first, last = (-1, -1) if rule.ports.protocol == ICMP else (rule.ports.first, rule.ports.last)
    ports = {} if rule.ports.protocol == ANY else {"FromPort": first, "ToPort": last}
    names = {ANY: "-1", ICMP: "icmp", TCP: "tcp", UDP: "udp"}
    return {
        **ports,
        "IpProtocol": names[rule.ports.protocol],
        "IpRanges": [{"CidrIp": rule.cidr, **said}] if rule.cidr and ":" not in rule.cidr else [],
        "Ipv6Ranges": [{"CidrIpv6": rule.cidr, **said}] if ":" in rule.cidr else [],
        "PrefixListIds": [{"PrefixListId": one, **said} for one in lists],
        "UserIdGroupPairs": [{"GroupId": one, "UserId": network.account, **said} for one in groups],
    }
