"""A snapshot's tables: who holds which address, and which addresses have more than one holder."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from ipaddress import ip_network
from typing import Final

import pandas as pd

from flowkit.inventory.interfaces import Interface

_ADDRESSES: Final = (
    "address", "public", "interface_id", "vpc_id", "subnet_id", "az_id", "instance_id", "name", "kind", "groups",
    "account_id",
)  # fmt: skip
_INTERFACES: Final = (
    "interface_id", "name", "kind", "address", "public_address", "instance_id", "subnet_id", "vpc_id", "az", "groups",
    "flow_logs", "status",
)  # fmt: skip
_SHARED: Final = ("address", "vpc_ids", "interface_ids")


def addresses(interfaces: Iterable[Interface], groups: Mapping[str, str]) -> pd.DataFrame:
    """Return a row for each address that an interface holds."""
    rows = [
        {name: getattr(interface, name, None) for name in _ADDRESSES}
        | {"address": address, "public": public, "groups": _groups(interface, groups)}
        for interface in interfaces
        for public, held in ((False, interface.addresses), (True, interface.public_addresses))
        for address in held
    ]
    return _frame(rows, _ADDRESSES).astype({"public": bool})


def interfaces(found: Iterable[Interface], groups: Mapping[str, str], watching: Iterable[str]) -> pd.DataFrame:
    """Return a row for each interface; *watching* says which flow logs watch it."""
    rows = [
        {name: getattr(interface, name, None) for name in _INTERFACES}
        | {
            "public_address": ", ".join(interface.public_addresses),
            "groups": _groups(interface, groups),
            "flow_logs": flow_logs,
        }
        for interface, flow_logs in zip(found, watching, strict=True)
    ]
    return _frame(rows, _INTERFACES)


def shared_addresses(found: Iterable[Interface]) -> pd.DataFrame:
    """Return a row for each private address that interfaces of several VPCs hold."""
    holders = defaultdict(list)
    for interface in found:
        for address in interface.addresses:
            holders[address].append(interface)
    rows = []
    for address, held_by in holders.items():
        vpcs = dict.fromkeys(one.vpc_id for one in held_by if one.vpc_id)
        if len(vpcs) > 1:
            ids = dict.fromkeys(one.interface_id for one in held_by)
            rows.append({"address": address, "vpc_ids": ", ".join(vpcs), "interface_ids": ", ".join(ids)})
    return _frame(rows, _SHARED)


def overlapping(blocks: Iterable[tuple[str, str]]) -> tuple[tuple[str, str, str, str], ...]:
    """Return each pair of overlapping blocks of two VPCs, given VPC and block, in the order of addresses."""
    spans = sorted((*_span(cidr), vpc, cidr) for vpc, cidr in blocks)
    found = []
    for position, (version, _, last, vpc, cidr) in enumerate(spans):
        for later in range(position + 1, len(spans)):
            other_version, first, _, other, other_cidr = spans[later]
            if (other_version, first) > (version, last):
                break
            if other != vpc:
                found.append((vpc, cidr, other, other_cidr))
    return tuple(found)


def _span(cidr: str) -> tuple[int, int, int]:
    network = ip_network(cidr, strict=False)
    return network.version, int(network.network_address), int(network.broadcast_address)


def _groups(interface: Interface, names: Mapping[str, str]) -> str:
    return ", ".join(names.get(group_id, group_id) for group_id in interface.group_ids)


def _frame(rows: Sequence[Mapping[str, object]], columns: Sequence[str]) -> pd.DataFrame:
    frame = pd.DataFrame(rows, columns=list(columns))
    return frame.astype({name: "str" for name in columns if name != "public"})
