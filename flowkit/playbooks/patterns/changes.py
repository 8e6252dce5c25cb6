"""What changed in a network from one snapshot to the next, in sentences: one snapshot alone cannot say it."""

from collections.abc import Iterator
from typing import Final

from flowkit.inventory.paths import RouteTable
from flowkit.inventory.rules import AclEntry, GroupRule
from flowkit.inventory.snapshot import Snapshot
from flowkit.inventory.text import shown

_ASKED: Final = {
    "acls": "NetworkAcls",
    "groups": "SecurityGroups",
    "route_tables": "RouteTables",
    "interfaces": "NetworkInterfaces",
}
"""What is compared, and the answer it stands in: what one side was not asked for cannot have changed."""


def between(before: Snapshot, after: Snapshot) -> list[str]:
    """Return what changed from one snapshot to a later one that decides whether packets pass.

    Parameters
    ----------
    before, after
        Two snapshots of the same network. What only one of them was asked for is not compared, and a sentence says so.

    Returns
    -------
    list of str
        A sentence for each change: entries of network ACLs, subnets that have another ACL or route table, rules of
        security groups, groups of interfaces, routes, entries of prefix lists, and whole ACLs, groups, route tables and
        interfaces that came or went. Sorted by what they are about; empty where nothing changed.

    Notes
    -----
    It does not say when, nor that the change is a cause: only that it lies between the two.
    """
    if before.accounts and after.accounts and not {*before.accounts} & {*after.accounts}:
        owners = (", ".join(one.accounts) for one in (before, after))
        return [shown("The snapshots are of other accounts, {} and {}, so they are not compared.".format(*owners))]
    told = [*_acls(before, after), *_groups(before, after), *_routes(before, after), *_interfaces(before, after)]
    told += _prefix_lists(before, after)
    return [shown(one) for one in [*told, *_not_compared(before, after)]]


def _both(before: Snapshot, after: Snapshot, *names: str) -> bool:
    return all(_told(one, name) for one in (before, after) for name in names)


def _told(snapshot: Snapshot, name: str) -> bool:
    return bool(getattr(snapshot, name)) or _ASKED[name] in snapshot.answered


def _not_compared(before: Snapshot, after: Snapshot) -> Iterator[str]:
    for name, answer in _ASKED.items():
        told = [_told(one, name) for one in (before, after)]
        if told[0] != told[1]:
            yield f"{answer} are not in the {'later' if told[0] else 'earlier'} snapshot, so they are not compared."


def _acls(before: Snapshot, after: Snapshot) -> Iterator[str]:
    if not _both(before, after, "acls"):
        return
    old, new = ({one.acl_id: one for one in snapshot.acls} for snapshot in (before, after))
    yield from _came_and_went("Network ACL", set(old), set(new))
    for acl_id in sorted(old.keys() & new.keys()):
        was, now = (_entries(acls[acl_id].entries) for acls in (old, new))
        for key in sorted(was.keys() | now.keys()):
            if was.get(key) != now.get(key):
                yield _entry(f"{acl_id} {key[0]} entry {key[1]}", was.get(key), now.get(key))
    yield from _moved("network ACL", _acl_of(before), _acl_of(after))


def _entries(entries: tuple[AclEntry, ...]) -> dict[tuple[str, int], AclEntry]:
    return {(one.direction, one.number): one for one in entries}


def _entry(name: str, was: AclEntry | None, now: AclEntry | None) -> str:
    if was is None:
        return f"{name} was added: {_decides(now)}."
    if now is None:
        return f"{name} was removed: it {_decides(was)}."
    return f"{name} was changed: it {_decides(was)}, and now {_decides(now)}."


def _decides(entry: AclEntry | None) -> str:
    return f"{'allows' if entry.allows else 'denies'} {entry.scope}" if entry else ""


def _acl_of(snapshot: Snapshot) -> dict[str, str]:
    return {subnet: one.acl_id for one in snapshot.acls for subnet in one.subnet_ids}


def _moved(what: str, old: dict[str, str], new: dict[str, str]) -> Iterator[str]:
    for subnet in sorted(old.keys() | new.keys()):
        was, now = old.get(subnet, f"its VPC's default {what}"), new.get(subnet, f"its VPC's default {what}")
        if was != now:
            yield f"{subnet} had {was}, and now has {now}."


def _groups(before: Snapshot, after: Snapshot) -> Iterator[str]:
    if not _both(before, after, "groups"):
        return
    old, new = ({one.group_id for one in snapshot.groups} for snapshot in (before, after))
    yield from _came_and_went("Security group", old, new)
    was, now = (_rules(snapshot, old & new) for snapshot in (before, after))
    for key in sorted(was.keys() - now.keys(), key=str):
        yield f"{_rule(was[key])} was removed."
    for key in sorted(now.keys() - was.keys(), key=str):
        yield f"{_rule(now[key])} was added."


def _rules(snapshot: Snapshot, groups: set[str]) -> dict[tuple[object, ...], GroupRule]:
    return {one.key: one for one in snapshot.rules if one.group_id in groups}


def _rule(rule: GroupRule) -> str:
    text = str(rule).partition(" allows ")[2]
    named = f" ({rule.rule_id})" if rule.rule_id else ""
    return f"{rule.group_id} rule{named} that allows {text}"


def _routes(before: Snapshot, after: Snapshot) -> Iterator[str]:
    if not _both(before, after, "route_tables"):
        return
    old, new = ({one.table_id: one for one in snapshot.route_tables} for snapshot in (before, after))
    yield from _came_and_went("Route table", set(old), set(new))
    for table_id in sorted(old.keys() & new.keys()):
        was, now = _lines(old[table_id]), _lines(new[table_id])
        for destination in sorted(was.keys() | now.keys()):
            a, b = was.get(destination), now.get(destination)
            if a is None:
                yield f"{table_id} has a new route: {b}."
            elif b is None:
                yield f"{table_id} lost a route: {a}."
            elif a != b:
                yield f"{table_id} had the route {a}, and now {b}."
    yield from _moved("route table", _table_of(before), _table_of(after))
    yield from _main_tables(old, new)


def _lines(table: RouteTable) -> dict[str, str]:
    """Return a table's routes by destination, one joined line for each."""
    lines: dict[str, list[str]] = {}
    for one in table.routes:
        lines.setdefault(one.destination, []).append(str(one))
    return {destination: " or ".join(sorted(said)) for destination, said in lines.items()}


def _table_of(snapshot: Snapshot) -> dict[str, str]:
    return {subnet: one.table_id for one in snapshot.route_tables for subnet in one.subnet_ids}


def _main_tables(old: dict[str, RouteTable], new: dict[str, RouteTable]) -> Iterator[str]:
    was, now = ({one.vpc_id: one.table_id for one in tables.values() if one.main} for tables in (old, new))
    for vpc_id in sorted(was.keys() & now.keys()):
        if was[vpc_id] != now[vpc_id]:
            yield f"The main route table of {vpc_id} was {was[vpc_id]}, and now is {now[vpc_id]}."


def _interfaces(before: Snapshot, after: Snapshot) -> Iterator[str]:
    if not _both(before, after, "interfaces"):
        return
    old, new = ({one.interface_id: one for one in snapshot.interfaces} for snapshot in (before, after))
    yield from _came_and_went("Interface", set(old), set(new))
    for name in sorted(old.keys() & new.keys()):
        was, now = old[name], new[name]
        left, joined = sorted({*was.group_ids} - {*now.group_ids}), sorted({*now.group_ids} - {*was.group_ids})
        if left:
            yield f"{name} left {_listed(left)}."
        if joined:
            yield f"{name} joined {_listed(joined)}."
        lost, gained = sorted({*was.addresses} - {*now.addresses}), sorted({*now.addresses} - {*was.addresses})
        if lost:
            yield f"{name} no longer holds {_listed(lost)}."
        if gained:
            yield f"{name} now holds {_listed(gained)}."


def _prefix_lists(before: Snapshot, after: Snapshot) -> Iterator[str]:
    old, new = dict(before.prefix_list_entries), dict(after.prefix_list_entries)
    for name in sorted(old.keys() & new.keys()):
        lost, gained = sorted({*old[name]} - {*new[name]}), sorted({*new[name]} - {*old[name]})
        if lost:
            yield f"{name} no longer lists {_listed(lost)}."
        if gained:
            yield f"{name} now lists {_listed(gained)}."


def _came_and_went(what: str, old: set[str], new: set[str]) -> Iterator[str]:
    yield from (f"{what} {name} is gone." for name in sorted(old - new))
    yield from (f"{what} {name} is new." for name in sorted(new - old))


def _listed(names: list[str]) -> str:
    return ", ".join(names)
