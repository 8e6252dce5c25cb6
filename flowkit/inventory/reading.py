"""From a folder of answers to one Snapshot."""

import os
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Final

from flowkit.errors import InventoryError
from flowkit.inventory.answers import Answers
from flowkit.inventory.interfaces import Interface, Surroundings, interface_of
from flowkit.inventory.item import Item, distinct, name_of
from flowkit.inventory.paths import Endpoint, InternetGateway, NatGateway, Peering, PrefixList, RouteTable
from flowkit.inventory.problems import Problems
from flowkit.inventory.resources import FlowLog, Instance, SecurityGroup, Subnet, Vpc
from flowkit.inventory.rules import NetworkAcl, group_rules
from flowkit.inventory.snapshot import Snapshot
from flowkit.inventory.text import block

_ACCOUNT: Final = re.compile(r"[0-9]+")
_TYPED: Final = {"NetworkInterfaces", "Reservations", "Subnets", "Vpcs", "SecurityGroups", "FlowLogs"}


def read(path: str | PathLike[str] | Iterable[str | PathLike[str]]) -> Snapshot:
    """Read an EC2 snapshot: the JSON answers of ``aws ec2 describe-*`` in a folder, at any depth.

    What a file is tells its top-level key, not its name. It may be packed (gzip), hold several pages, or
    break off; answers may be missing. Whatever was left out is told in `Snapshot.problems`.

    Parameters
    ----------
    path
        A folder, a file, or several of them.

    Raises
    ------
    InventoryError
        If a path does not exist, or no answer that flowkit uses is there.

    Notes
    -----
    Of a resource described twice the last description counts, in the order of paths and file names.
    A manifest.json with the time of the snapshot (``{"taken": "2026-03-10T07:55:00Z"}``) decides over the
    files' modification times; of several times the latest counts.
    """
    given = [Path(one) for one in ([path] if isinstance(path, str | PathLike) else path)]
    source = ", ".join(map(str, given))
    problems = Problems()
    answers = Answers(problems)
    for file in dict.fromkeys(file for one in given for file in _files(one, problems)):
        answers.add(file)
    if not answers.answered:
        raise InventoryError.empty(source)
    answers.tell_missing_pages()
    if len(answers.stated) > 1:
        problems.add("Manifests state different times", f"{len(answers.stated)} times", "The latest counts.")
    return _snapshot(answers, source)


def _files(path: Path, problems: Problems) -> list[Path]:
    """Return the file, or those below the folder, hidden ones aside."""
    try:
        here = path.expanduser()
        if here.is_file():
            return [here]
        if not here.is_dir():
            raise InventoryError.missing(path)
    except (OSError, ValueError, RuntimeError) as error:  # too long, a null byte, no such user's home
        raise InventoryError.missing(path) from error

    def refused(error: OSError) -> None:
        problems.add(f"A folder cannot be read: {error.strerror}", str(error.filename), "Check its permissions.")

    found = []
    for folder, below, names in os.walk(here, onerror=refused):
        below[:] = sorted(name for name in below if not name.startswith("."))
        found += [Path(folder, name) for name in sorted(names) if not name.startswith(".")]
    return [file for file in found if _is_file(file)]


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()  # nothing that would be waited for, such as a pipe
    except OSError:
        return False


def _snapshot(answers: Answers, source: str) -> Snapshot:
    taken, taken_from = _taken(answers)
    instances = tuple(map(Instance.of, _items(answers, "Reservations")))
    subnets = tuple(map(Subnet.of, _items(answers, "Subnets")))
    described = {key: tuple(items.values()) for key, items in sorted(answers.items.items()) if key not in _TYPED}
    return Snapshot(
        taken=taken,
        taken_from=taken_from,
        accounts=_accounts(answers),
        interfaces=_interfaces(answers, instances, subnets),
        instances=instances,
        subnets=subnets,
        vpcs=tuple(map(Vpc.of, _items(answers, "Vpcs"))),
        groups=tuple(map(SecurityGroup.of, _items(answers, "SecurityGroups"))),
        flow_logs=tuple(map(FlowLog.of, _items(answers, "FlowLogs"))),
        rules=group_rules(_items(answers, "SecurityGroups"), _items(answers, "SecurityGroupRules")),
        acls=tuple(map(NetworkAcl.of, _items(answers, "NetworkAcls"))),
        route_tables=tuple(map(RouteTable.of, _items(answers, "RouteTables"))),
        prefix_lists=_prefix_lists(answers),
        peerings=tuple(map(Peering.of, _items(answers, "VpcPeeringConnections"))),
        internet_gateways=_internet_gateways(answers),
        nat_gateways=tuple(map(NatGateway.of, _items(answers, "NatGateways"))),
        endpoints=tuple(map(Endpoint.of, _items(answers, "VpcEndpoints"))),
        described=described,
        prefix_list_entries=_entries(answers),
        answered=tuple(sorted(answers.items)),
        problems=answers.problems.sentences(),  # the last: reading the others may tell some
        source=source,
        places=tuple(dict.fromkeys(place for manifest in answers.manifests for place in manifest.places)),
        refused=tuple(refusal for manifest in answers.manifests for refusal in manifest.refused),
    )


def _taken(answers: Answers) -> tuple[datetime | None, str]:
    if answers.stated:
        return max(answers.stated), "manifest"
    return max(answers.modified, default=None), "file times"


def _items(answers: Answers, key: str) -> Iterator[Item]:
    for identity, raw in answers.items.get(key, {}).items():
        yield Item(raw, "Instances" if key == "Reservations" else key, identity[0], answers.problems)


def _interfaces(answers: Answers, instances: Iterable[Instance], subnets: Iterable[Subnet]) -> tuple[Interface, ...]:
    """Return the interfaces described, and those that only the instances holding them tell of."""
    around = Surroundings(
        instances={instance.instance_id: instance.name for instance in instances},
        services=_services(answers),
        elastic=_elastic(answers),
        subnets={subnet.subnet_id: (subnet.az, subnet.az_id) for subnet in subnets},
        zones=_zones(answers),
    )
    found = [interface_of(item, around) for item in _items(answers, "NetworkInterfaces")]
    known = {interface.interface_id for interface in found}
    nested = (interface_of(item, around) for item in _held_by_instances(answers))
    return (*found, *(one for one in nested if one.interface_id not in known))


def _held_by_instances(answers: Answers) -> Iterator[Item]:
    """Return the interfaces inside the instances, in the form of `describe-network-interfaces`."""
    for instance in _items(answers, "Reservations"):
        zone = instance.part("Placement").text("AvailabilityZone")
        for one in instance.parts("NetworkInterfaces"):
            if not one.text("NetworkInterfaceId"):
                answers.problems.add("NetworkInterfaces without NetworkInterfaceId are left out", one.resource)
                continue
            attachment = dict(one.part("Attachment").raw) | {"InstanceId": instance.text("InstanceId")}
            raw = {"AvailabilityZone": zone, **one.raw, "Attachment": attachment}
            yield Item(raw, one.kind, one.resource, answers.problems)


def _services(answers: Answers) -> dict[str, str]:
    """Return the names of NAT gateways and endpoints by the interfaces they have."""
    found: dict[str, str] = {}
    for gateway in _items(answers, "NatGateways"):
        name = name_of(gateway.tags()) or gateway.text("NatGatewayId")
        found |= {held.text("NetworkInterfaceId"): name for held in gateway.parts("NatGatewayAddresses")}
    for endpoint in _items(answers, "VpcEndpoints"):
        name = name_of(endpoint.tags()) or f"{endpoint.text('ServiceName')} {endpoint.text('VpcEndpointId')}".strip()
        found |= dict.fromkeys(endpoint.texts("NetworkInterfaceIds"), name)
    return found


def _elastic(answers: Answers) -> dict[str, tuple[str, ...]]:
    found = defaultdict(list)
    for one in _items(answers, "Addresses"):
        if interface_id := one.text("NetworkInterfaceId"):
            found[interface_id].append(one.address("PublicIp"))
    return {interface_id: distinct(addresses) for interface_id, addresses in found.items()}


def _zones(answers: Answers) -> dict[str, str]:
    found = defaultdict(set)
    for zone in _items(answers, "AvailabilityZones"):
        if zone_id := zone.text("ZoneId"):
            found[zone.text("ZoneName")].add(zone_id)
    return {name: next(iter(ids)) for name, ids in found.items() if len(ids) == 1}


def _entries(answers: Answers) -> dict[str, tuple[str, ...]]:
    """Return the CIDR blocks of prefix lists, those that `describe-prefix-lists` tells among them."""
    found = {name: dict(blocks) for name, blocks in answers.entries.items()}
    for one in _items(answers, "PrefixLists"):
        if cidrs := one.texts("Cidrs"):
            blocks = found.setdefault(one.text("PrefixListId"), {})
            blocks |= dict.fromkeys(filter(None, map(block, cidrs)))
    return {name: tuple(blocks) for name, blocks in found.items()}


def _prefix_lists(answers: Answers) -> tuple[PrefixList, ...]:
    entries = _entries(answers)
    lists = {one.text("PrefixListId"): one for one in _items(answers, "PrefixLists")}
    return tuple(PrefixList.of(one, entries.get(name)) for name, one in lists.items())


def _internet_gateways(answers: Answers) -> tuple[InternetGateway, ...]:
    outgoing = (InternetGateway.of(one, egress_only=True) for one in _items(answers, "EgressOnlyInternetGateways"))
    return (*map(InternetGateway.of, _items(answers, "InternetGateways")), *outgoing)


def _accounts(answers: Answers) -> tuple[str, ...]:
    """Return the accounts that own what is described; AWS's own things are owned by "AWS"."""
    owners = (item.get("OwnerId") for items in answers.items.values() for item in items.values())
    return tuple(sorted({owner for owner in owners if isinstance(owner, str) and _ACCOUNT.fullmatch(owner)}))
