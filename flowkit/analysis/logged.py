"""What is set up to be logged, as an inventory tells it, and what no flow log ever records."""

from collections.abc import Iterable
from ipaddress import ip_address, ip_network
from typing import Final

from flowkit.inventory import FlowLog, Interface, Snapshot
from flowkit.scope import Scope

NEVER_RECORDED: Final = (
    "what instances ask the Amazon DNS server (queries to a DNS server of your own are recorded)",
    "instance metadata (169.254.169.254)",
    "time synchronisation with 169.254.169.123",
    "DHCP",
    "Windows licence activation by Amazon's servers",
    "the source side of mirrored traffic",
    "traffic to the reserved address of the default VPC router",
    "traffic between an endpoint's interface and a Network Load Balancer's",
    "ARP",
)
"""Source: "Flow log limitations" in the Amazon VPC User Guide."""

_SERVICES: Final = {
    "169.254.169.254": "the instance metadata service",
    "fd00:ec2::254": "the instance metadata service",
    "169.254.169.253": "the Amazon DNS server",
    "fd00:ec2::253": "the Amazon DNS server",
    "169.254.169.123": "Amazon's time server",
    "fd00:ec2::123": "Amazon's time server",
    "169.254.169.250": "Windows licence activation",
    "169.254.169.251": "Windows licence activation",
}
_ROUTER, _RESOLVER = 1, 2
"""Places, from a VPC's first address, of its router and its Amazon DNS server."""
_BOTH: Final = frozenset({"ACCEPT", "REJECT"})
_RECORDS: Final = {"ALL": _BOTH, "ACCEPT": frozenset({"ACCEPT"}), "REJECT": frozenset({"REJECT"})}
_RESOURCES: Final = ("vpc_id", "subnet_id", "interface_id", "instance_id")
_LACKS: Final = {"ACCEPT": "accepted", "REJECT": "rejected"}


def flow_logs_text(flow_logs: Iterable[FlowLog]) -> str:
    """Return in words which flow logs cover an interface, and which traffic they leave out."""
    logs = list(flow_logs)
    if not logs:
        return "not logged"
    lacking = sorted(_BOTH - recorded(logs))
    only = " only" if len(lacking) == 1 else ""
    told = "; ".join(f"{log.traffic_type}{only} {_one(log)}" for log in logs)
    return told + "".join(f": {_LACKS[action]} traffic is not recorded" for action in lacking if only)


def recorded(flow_logs: Iterable[FlowLog]) -> frozenset[str]:
    """Return the actions that flow logs record together, those that are not active left out."""
    active = [log.traffic_type.upper() for log in flow_logs if _is_active(log)]
    return frozenset().union(*(_RECORDS.get(kind, frozenset()) for kind in active))


def _is_active(log: FlowLog) -> bool:
    return log.status.upper() == "ACTIVE"


def _one(log: FlowLog) -> str:
    interval = f" {log.interval} s" if log.interval else ""
    state = "" if _is_active(log) else f" ({log.status})"
    failing = " (delivery fails)" if (log.deliver_status or "").upper() == "FAILED" else ""
    return f"{log.flow_log_id}{interval}{state}{failing}"


def never_recorded(address: str, inventory: Snapshot | None) -> str | None:
    """Return why traffic with an address is never recorded, or None where it is."""
    if service := _SERVICES.get(address):
        return f"{address} is {service}, with which traffic is never recorded"
    network = ip_network(address)
    if inventory is None or network.num_addresses > 1:
        return None
    blocks = (ip_network(cidr) for vpc in inventory.vpcs for cidr in vpc.cidrs)
    for block in blocks:
        if block.version == network.version and block.num_addresses > _RESOLVER:
            offset = int(network.network_address) - int(block.network_address)
            if offset == _ROUTER:
                return f"{address} is the router of the VPC {block}, with which traffic is never recorded"
            if offset == _RESOLVER:
                return f"{address} is the Amazon DNS server of the VPC {block}, with which traffic is never recorded"
    return None


def in_scope(inventory: Snapshot | None, scope: Scope) -> list[Interface]:
    """Return the inventory's interfaces that the scope's resources do not exclude."""
    asked = [(name, set(chosen)) for name in _RESOURCES if (chosen := getattr(scope, name))]
    inner = {item.interface_id for item in in_scope(inventory, scope.also)} if scope.also else None
    return [
        item
        for item in (inventory.interfaces if inventory else ())
        if all(getattr(item, name, None) in chosen for name, chosen in asked)
        if inner is None or item.interface_id in inner
    ]


def holding(inventory: Snapshot | None, scope: Scope, block: str) -> list[Interface]:
    """Return the inventory's interfaces in scope that hold an address of a block."""
    network = ip_network(block)
    return [
        item for item in in_scope(inventory, scope) if any(ip_address(address) in network for address in item.addresses)
    ]
