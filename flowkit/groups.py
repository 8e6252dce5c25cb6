"""From a group that a picture shows to the scope that narrows flows to it."""

from collections.abc import Callable, Iterable
from ipaddress import ip_address, ip_network
from typing import Final

import pandas as pd
from ibis import _

from flowkit import engine
from flowkit.errors import ScopeError
from flowkit.flows import Flows
from flowkit.scope import Scope

_OTHER: Final = "other"
_NOTHING: Final = "-"
_MOST: Final = 200


def scope_of(flows: Flows, by: str, label: str, *, most: int = _MOST) -> Scope:
    """Return the scope that narrows flows to one group that `talker_edges` named.

    Parameters
    ----------
    flows
        The flows that were grouped, or any others of the same origin.
    by
        The grouping, as in `talker_edges`.
    label
        What it called the group.
    most
        How many addresses a scope may list, where the group is nothing but its addresses.

    Raises
    ------
    ScopeError
        If there is no such grouping or group, it is ``other`` or ``-``, takes more than *most* addresses, or
        addresses that others in another VPC have too.
    MissingFieldError
        If the log has no addresses to list.

    Notes
    -----
    A scope names the addresses of the records (``srcaddr``, ``dstaddr``), on either side: where packets had
    other addresses, it finds the records that bear the group's own. A subnet is its CIDR blocks where the
    inventory tells them, with addresses that the log has not seen; a block holds all its addresses. All
    other groupings give the addresses of the group in the whole log.
    """
    _refuse_unnamed(by, label)
    if by == "port":
        return Scope.of(port=label)
    if (by == "address" and _is(ip_address, label)) or (by.startswith("block/") and "/" in label):
        return Scope.of(address=label)
    rows = _addresses(flows, by, label)
    blocks = _blocks_of_subnet(flows, label) if by == "subnet" else ()
    listed = _outside_of(blocks, dict.fromkeys(rows.address))
    if len(listed) > most:
        raise ScopeError(
            f"{label} has {len(listed):,} addresses, and a scope of more than {most:,} is slow and cannot be read. "
            "Group by something finer (address, block/24), or narrow by what they have in common."
        )
    return Scope.of(address=[*blocks, *listed], vpc_id=_vpc_of(flows, label, rows))


def link_scope(flows: Flows, groups: tuple[str, str], client_label: str, server_label: str) -> Scope:
    """Return the scope of what passed between two groups that `talker_edges` named, whichever of them sent.

    Parameters
    ----------
    flows
        The flows that were grouped.
    groups
        The groupings of clients and servers: ``attrs["groups"]`` of the edges.
    client_label, server_label
        What the two groups are called.

    Raises
    ------
    ScopeError
        As `scope_of`, for either of the two.

    Notes
    -----
    Where the two groupings differ and one group holds addresses of the other, a record with one end in both
    counts as between them. Who was the client is not in a scope.
    """
    client, server = (
        scope_of(flows, by, label) for by, label in zip(groups, (client_label, server_label), strict=True)
    )
    if client == server and client.address:  # both ends in one group; named once, either end would do
        return Scope(srcaddr=client.address, dstaddr=client.address, vpc_id=client.vpc_id)
    return client & server


def _refuse_unnamed(by: str, label: str) -> None:
    if label == _OTHER:
        raise ScopeError(
            "other is not one group but all that are not named. Name more of them (a higher top), or group by "
            "something that has fewer groups."
        )
    if label == _NOTHING:
        raise ScopeError(f"- stands for records without {by}, and no scope can ask for what is not there.")


def _is(form: Callable[[str], object], label: str) -> bool:
    try:
        form(label)
    except ValueError:
        return False
    return True


def _addresses(flows: Flows, by: str, label: str) -> pd.DataFrame:
    """Return the addresses of a group: `id`, `address`, `vpc_id` (of those that several VPCs have)."""
    for needed in ("srcaddr", "dstaddr"):
        flows.field(needed, "narrowing to a group")
    labels = flows.identities.labels(by)
    named = flows.ends.addresses.join(labels.filter(labels.label == label).select("id"), "id")
    rows = engine.frame(named.filter(_.address != _NOTHING).select("id", "address", "vpc_id").order_by("id"))
    if rows.empty:
        raise ScopeError(f"no address of this log is in a group called {label!r} by {by}. Take the label as returned.")
    return rows


def _blocks_of_subnet(flows: Flows, label: str) -> tuple[str, ...]:
    """Return the CIDR blocks of a subnet, where the inventory tells them and no other VPC has them too."""
    snapshot = flows.identities.snapshot
    if snapshot is None or snapshot.overlapping_vpcs():
        return ()
    return next((subnet.cidrs for subnet in snapshot.subnets if subnet.subnet_id == label), ())


def _outside_of(blocks: Iterable[str], addresses: Iterable[str]) -> list[str]:
    networks = [ip_network(block) for block in blocks]
    return [one for one in addresses if not any(ip_address(one) in network for network in networks)]


def _vpc_of(flows: Flows, label: str, rows: pd.DataFrame) -> str | None:
    """Return the VPC that a group must be narrowed to, since others have its addresses too; mostly none."""
    known, records = flows.ends.addresses, flows.origin.facts.table
    if engine.frame(known.filter(_.vpc_id != "").limit(1)).empty:
        return None
    same = known.filter(known.address.isin(list(dict.fromkeys(rows.address))) & ~known.id.isin(rows.id.tolist()))
    others = engine.frame(same.filter(same.id.isin(records.srcaddr) | same.id.isin(records.dstaddr)).limit(1))
    if others.empty:
        return None
    vpcs = set(rows.vpc_id)
    if len(vpcs) == 1 and isinstance(vpc := vpcs.pop(), str):
        return vpc
    raise ScopeError(
        f"{label} has {others.address[0]}, which others in another VPC have too, and no scope tells them apart. "
        "Narrow by vpc_id or interface_id instead."
    )
