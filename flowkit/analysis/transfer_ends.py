"""What decides about cost at either end: its place, zone, VPC, region, what holds it, and the gateways between."""

import re
from dataclasses import dataclass
from typing import Any, Final

import ibis
import ibis.expr.types as ir
import pandas as pd
from ibis import _

from flowkit import engine, keeping
from flowkit.flows import Flows
from flowkit.inventory import Snapshot
from flowkit.meaning.counted import BETWEEN, SET_ASIDE
from flowkit.meaning.ends import NONE

SURE, LIKELY, NOT = 2, 1, 0
"""How sure it is that something is a gateway."""
INSTANCE, MANAGED = "instance", "managed"
"""What holds an end, where the log alone tells: an instance, or something that AWS manages."""
_REGION: Final = re.compile(r"[a-z]{2}(?:-[a-z]+)+-\d+")
_MOVED: Final = " / "
"""Between several holders of one address, see `flowkit.identity`."""
_NAT_TYPES: Final = frozenset({"nat_gateway", "regional_nat_gateway"})
_KINDS: Final = ("nat_gateway", "transit_gateway")
_NAMES: Final = {"nat-": "nat_gateway", "tgw-": "transit_gateway"}
_ALIKE: Final = {
    "alike": "int32",
    **dict.fromkeys(("place", "zone", "vpc", "subnet", "kind", "service", "region"), "string"),
    "v6": "boolean",
    "nat": "int8",
}
OF_END: Final = tuple(_ALIKE)[1:]
"""What is known of an end."""


@dataclass(frozen=True, eq=False)
class Ends:
    """The ends of all conversations, and what stands between some.

    Attributes
    ----------
    numbers
        In the engine, a row per address's number: `id` and `alike`, the number of all that is alike.
    alike
        In the engine, a row for each of these: `alike`, `place`, `zone`, `vpc`, `subnet`, `kind`, `service`, `region`
        (texts, null where not known), `v6`, `nat` (how sure it is that a NAT gateway holds it).
    gateways
        A row per interface between: `observer` (number), `interface` and `name` (its id; of a NAT gateway its own where
        that is known), `kind` (``nat_gateway``, ``transit_gateway``), `level` (how sure), `zone` ("": not known).
    home
        The region of most of what is inside; "" where nothing tells.
    """

    numbers: ir.Table
    alike: ir.Table
    gateways: pd.DataFrame
    home: str


def ends(flows: Flows) -> Ends:
    """Return what is known of the ends of all conversations of an origin."""
    return flows.origin.remembered(("transfer ends", flows.identities.snapshot), lambda: _ends(flows))


def _ends(flows: Flows) -> Ends:
    known, snapshot = flows.identities.table, flows.identities.snapshot
    at_interface = _logged_regions(flows)
    of_subnet = {one.subnet_id: one for one in snapshot.subnets} if snapshot else {}
    subnet = _single(known.subnet_id)
    zone = _single(known.az_id).fillna(subnet.map({name: one.az_id or None for name, one in of_subnet.items()}))
    told = subnet.map({name: _region_of(one.az) for name, one in of_subnet.items()})
    region = known.interface_id.map(at_interface).fillna(told)
    home = str(region.mode().iloc[0]) if region.notna().any() else ""
    region = region.fillna(pd.Series(home or None, index=known.index)).where(known.place == "inside", known.aws_region)
    gateways = _gateways(flows, snapshot)
    nat = gateways[gateways.kind == "nat_gateway"]
    kind = _single(known.interface_kind).fillna(known.interface_id.map(_logged_types(flows)))
    if "instance_id" in flows.fields:
        kind = kind.fillna(known.instance_id.where(known.instance_id.isna(), INSTANCE))
        kind = kind.fillna(known.interface_id.where(known.interface_id.isna(), MANAGED))
    frame = known[["place"]].assign(zone=zone, vpc=_single(known.vpc_id), subnet=subnet, kind=kind)
    frame = frame.assign(service=known.aws_service, region=region)
    frame = frame.astype(object).where(frame.notna(), None)
    frame["v6"] = known.address.str.contains(":", regex=False)
    frame["nat"] = _held_by(known, nat)
    number = frame.groupby(list(frame), dropna=False, sort=False).ngroup()
    keep = keeping.keeper(flows.origin.connection)
    numbers = pd.DataFrame({"id": known.index.astype("int32"), "alike": number.to_numpy("int32")})
    kinds = frame.assign(alike=number).drop_duplicates("alike")[list(_ALIKE)]
    rows = ibis.memtable(kinds.to_numpy(object).tolist(), schema=_ALIKE)
    return Ends(keep(ibis.memtable(numbers)), keep(rows), gateways, home)


def _single(texts: "pd.Series[Any]") -> "pd.Series[Any]":
    """Leave out what differs between several holders of an address."""
    return texts.where(~texts.astype("str").str.contains(_MOVED, regex=False), None)


def _held_by(known: pd.DataFrame, nat: pd.DataFrame) -> "pd.Series[Any]":
    level = dict(zip(nat.interface, nat.level, strict=True))
    return known.interface_id.map(level).fillna(NOT).astype("int8")


def _region_of(zone: str) -> str | None:
    found = _REGION.match(zone)
    return found[0] if found else None


def _logged_regions(flows: Flows) -> dict[str, str]:
    """Return the region of each interface, by the log."""
    records = flows.origin.records
    if not {"region", "interface_id"} <= set(records.columns):
        return {}
    pairs = records.filter(records.region.notnull() & records.interface_id.notnull())
    frame = engine.frame(pairs.group_by("interface_id").agg(region=_.region.min()))
    return dict(zip(frame.interface_id, frame.region, strict=True))


def _gateways(flows: Flows, snapshot: Snapshot | None) -> pd.DataFrame:
    """Return the NAT and transit gateways among the interfaces that were logged.

    By the inventory, by the log's own interface-type, by the name of a regional one; else by what they do: they carry
    packets between others, at a NAT gateway to and from public addresses. A NAT instance does so too, but has an
    instance id where that is logged.
    """
    held = snapshot.interfaces if snapshot else ()
    kinds = {one.interface_id: one.kind for one in held} | _logged_types(flows)
    zones = {one.interface_id: one.az_id for one in held}
    nat_ids = {address: one.nat_id for one in (snapshot.nat_gateways if snapshot else ()) for address in one.addresses}
    names = {one.interface_id: nat_ids[one.address] for one in held if one.address in nat_ids}
    known = engine.frame(flows.ends.observers.select("id", "observer", "az_id", "instance_id"))
    between = _between(flows)
    rows = []
    for number, name, zone, instance in known.itertuples(index=False):
        managed = "instance_id" in flows.fields and instance == NONE
        kind, level = _kind(name, kinds.get(name, ""), between.get(number, ""), managed=managed)
        if kind:
            place = zone if zone != NONE else zones.get(name, "")
            rows.append((int(number), name, names.get(name, name), kind, level, place))
    return pd.DataFrame(rows, columns=["observer", "interface", "name", "kind", "level", "zone"])


def _kind(name: str, told: str, between: str, *, managed: bool) -> tuple[str, int]:
    """Return what kind of gateway an interface is, "" for none, and how sure that is."""
    kind = told if told in _KINDS else next((k for start, k in _NAMES.items() if name.startswith(start)), "")
    if kind:
        return kind, SURE
    if told or not between:
        return "", NOT
    if between == "private":
        return "transit_gateway", LIKELY
    return "nat_gateway", SURE if managed else LIKELY


def _logged_types(flows: Flows) -> dict[str, str]:
    records = flows.origin.records
    if not {"interface_type", "interface_id"} <= set(records.columns):
        return {}
    pairs = records.filter(records.interface_type.notnull() & records.interface_id.notnull())
    frame = engine.frame(pairs.group_by("interface_id").agg(kind=_.interface_type.min()))
    named = zip(frame.interface_id, frame.kind, strict=True)
    return {name: "nat_gateway" if kind in _NAT_TYPES else kind for name, kind in named}


def _between(flows: Flows) -> dict[int, str]:
    """Return the observers between others: whether the packets they carry are ``public`` or ``private``."""
    facts = flows.origin.facts
    seen = facts.table.filter((_.preference >= BETWEEN) & (_.preference < SET_ASIDE) & _.direction.notnull())
    pairs = seen.group_by("observer", "client", "server").agg(n=_.count())
    private = facts.ends.addresses.select("id", "private")
    for end in ("client", "server"):
        pairs = pairs.join(private.rename(**{end: "id", f"{end}_private": "private"}), end)
    public = ibis.ifelse(pairs.client_private & pairs.server_private, 0, 1)
    frame = engine.frame(pairs.mutate(public=public).group_by("observer").agg(public=_.public.max()))
    words = {0: "private", 1: "public"}
    return {int(number): words[public] for number, public in zip(frame.observer, frame.public, strict=True)}
