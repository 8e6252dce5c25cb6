"""Facts per address: each worked out once, offline, from tables."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from flowkit.addresses.aws_ranges import AwsRanges, ranges
from flowkit.addresses.databases import Database, read_database
from flowkit.addresses.files import Named
from flowkit.addresses.kinds import kind_table
from flowkit.addresses.lists import AddressList, labels_of, listed_of, read_list
from flowkit.addresses.parsed import IPV4_BYTES, IPV6_BYTES, Numbers, Parsed, block_given, text_of, texts_of
from flowkit.addresses.provided import provided_table
from flowkit.addresses.tables import RangeTable
from flowkit.errors import AddressError

_DATABASE: Final = pa.schema([("country", pa.string()), ("asn", pa.int64()), ("as_name", pa.string())])
_AWS: Final = pa.schema([("aws_service", pa.string()), ("aws_region", pa.string())])


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Knowledge:
    """All that facts about addresses are worked out from, besides the addresses.

    Attributes
    ----------
    inside
        CIDR blocks that are inside, as the user gave them; where there are any, nothing else is.
    vpc_cidrs, subnet_cidrs
        Pairs of an id and a CIDR block, from an inventory.
    lists
        The user's lists, with their accounts.
    databases
        The user's databases of country and autonomous system; the first that knows an address counts.
    ranges
        AWS's published ranges to use; by default the user's, else those that ship with flowkit.
    """

    inside: tuple[str, ...] = ()
    vpc_cidrs: tuple[tuple[str, str], ...] = ()
    subnet_cidrs: tuple[tuple[str, str], ...] = ()
    lists: tuple[AddressList, ...] = ()
    databases: tuple[Database, ...] = ()
    ranges: AwsRanges | None = None


def knowledge(
    *,
    inside: str | Iterable[str] | None = None,
    vpc_cidrs: Iterable[tuple[str, str]] = (),
    subnet_cidrs: Iterable[tuple[str, str]] = (),
    lists: Iterable[Named | AddressList] = (),
    databases: Iterable[Named | Database] = (),
) -> Knowledge:
    """Read and check all that facts about addresses are worked out from.

    Parameters
    ----------
    inside
        CIDR blocks, one or several.
    vpc_cidrs, subnet_cidrs
        Pairs of an id and a CIDR block.
    lists
        Files of labels or bad addresses, see `read_list`.
    databases
        Files of country or autonomous system by address, see `read_database`.

    Raises
    ------
    AddressError
        If a block is none, or a file cannot be read or understood.
    """
    blocks = (inside,) if isinstance(inside, str) else tuple(inside or ())
    if inside is not None and not blocks:
        raise AddressError("inside is empty: every address would be outside. Leave it out, or name CIDR blocks.")
    found = Knowledge(
        inside=tuple(map(str, blocks)),
        vpc_cidrs=tuple(vpc_cidrs),
        subnet_cidrs=tuple(subnet_cidrs),
        lists=tuple(one if isinstance(one, AddressList) else read_list(one) for one in _several(lists)),
        databases=tuple(one if isinstance(one, Database) else read_database(one) for one in _several(databases)),
    )
    _members(found.inside, "inside")
    _members((cidr for _, cidr in found.vpc_cidrs), "a VPC's CIDR")
    _members((cidr for _, cidr in found.subnet_cidrs), "a subnet's CIDR")
    return found


def facts(addresses: Any, knowledge: Knowledge, *, held: Iterable[str] = frozenset()) -> pa.Table:  # noqa: ANN401 - whatever holds texts
    """Return what is known of each address.

    Parameters
    ----------
    addresses
        Texts in canonical form, IPv4 and IPv6, in any container; null where there is none.
    knowledge
        What to work from.
    held
        Addresses that hold an interface in the log.

    Returns
    -------
    Table
        A row per address given, in that order; all text but `asn`, null where nothing is known.

        - ``address``
        - ``kind``: ``private``, ``shared``, ``link_local``, ``loopback``, ``multicast``, ``broadcast``,
          ``unspecified``, ``documentation``, ``benchmark``, ``reserved``, ``mapped`` or ``public``
        - ``provided``: what Amazon provides there, such as ``DNS resolver``
        - ``place``: ``inside``, ``outside`` or ``unknown``
        - ``aws_service``, ``aws_region``: by AWS's published ranges
        - ``country`` (two letters), ``asn`` (number), ``as_name``: by the databases
        - ``labels``: by the lists of labels, the narrowest block's first
        - ``listed``: names of the lists of bad addresses

    Raises
    ------
    AddressError
        If something given is no text, or a database is damaged.

    Notes
    -----
    Inside is what lies in ``knowledge.inside``; where that is not given, what lies in a VPC's CIDR block or is held
    by an interface (multicast, broadcast, loopback, link-local and unspecified addresses are held by none). What
    the platform has in every VPC, such as 169.254.169.254, is inside too. Of the rest, public,
    documentation, benchmark and reserved addresses are outside, and all others unknown. A text that is no
    address has no facts.
    """
    texts = texts_of(addresses)
    parsed = Parsed.of(texts)
    kinds = kind_table().find(parsed)
    vpc_cidrs, subnet_cidrs = ([cidr for _, cidr in pairs] for pairs in (knowledge.vpc_cidrs, knowledge.subnet_cidrs))
    provided = provided_table(vpc_cidrs, subnet_cidrs).find(parsed)
    inside = _members(knowledge.inside or vpc_cidrs, "a block").covers(parsed)
    if not knowledge.inside:
        inside |= _held(texts, held) & _true(kinds["holdable"])
    place = pc.if_else(pa.array(inside | _true(provided["platform"])), "inside", kinds["elsewhere"])
    columns = {"address": texts, "kind": kinds["kind"], "provided": provided["provided"], "place": place}
    for table in (_aws(parsed, knowledge.ranges or ranges()), _by_databases(parsed, knowledge.databases)):
        columns |= dict(zip(table.column_names, table.columns, strict=True))
    columns["labels"] = labels_of(knowledge.lists).find(parsed)["labels"]
    columns["listed"] = listed_of(knowledge.lists).find(parsed)["listed"]
    return pa.table(columns)


def subnet_of(addresses: Any, subnet_cidrs: Iterable[tuple[str, str]]) -> pa.StringArray:  # noqa: ANN401 - whatever holds texts
    """Return the subnet in whose CIDR block each address lies: the longest prefix; null for none.

    Parameters
    ----------
    addresses
        As for `facts`.
    subnet_cidrs
        Pairs of an id and a CIDR block, of one VPC: blocks of different VPCs may be the same.

    Raises
    ------
    AddressError
        If a block is none, or something given is no text.
    """
    pairs = list(subnet_cidrs)
    ids = pa.array([subnet for subnet, _ in pairs], pa.string())
    rows = _members((cidr for _, cidr in pairs), "a subnet's CIDR").rows(Parsed.of(texts_of(addresses)))
    return ids.take(pa.array(rows, mask=rows < 0))


def block_of(addresses: Any, ipv4_length: int, ipv6_length: int) -> pa.StringArray:  # noqa: ANN401 - whatever holds texts
    """Return the CIDR block, of a chosen length, in which each address lies; null for what is no address.

    Parameters
    ----------
    addresses
        As for `facts`.
    ipv4_length, ipv6_length
        Prefix lengths, 0 to 32 and 0 to 128.

    Raises
    ------
    AddressError
        If a length is none, or something given is no text.
    """
    for name, length, most in (("ipv4_length", ipv4_length, 32), ("ipv6_length", ipv6_length, 128)):
        if isinstance(length, bool) or not isinstance(length, int) or not 0 <= length <= most:
            raise AddressError(f"{name} is a number from 0 to {most}, not {length!r}.")
    parsed = Parsed.of(texts_of(addresses))
    ipv4 = parsed.ipv4.astype(">u4").view(np.uint8).reshape(-1, IPV4_BYTES)
    ipv6 = np.frombuffer(parsed.ipv6.tobytes(), np.uint8).reshape(-1, IPV6_BYTES)
    rows = np.full(parsed.count, -1, np.int64)
    names: list[str] = []
    for positions, octets, length in ((parsed.ipv4_at, ipv4, ipv4_length), (parsed.ipv6_at, ipv6, ipv6_length)):
        blocks, found = _blocks(octets, length)
        rows[positions] = found + len(names)
        names += blocks
    return pa.array(names, pa.string()).take(pa.array(rows, mask=rows < 0))


def _blocks(octets: Numbers, length: int) -> tuple[list[str], Numbers]:
    """Return the blocks in which addresses, in ascending order, lie, and which is whose."""
    width = octets.shape[1]
    mask = ((1 << length) - 1 << width * 8 - length).to_bytes(width, "big")
    masked = octets & np.frombuffer(mask, np.uint8)
    new = np.ones(len(masked), bool)
    new[1:] = (masked[1:] != masked[:-1]).any(axis=1)
    found: Numbers = np.cumsum(new) - 1
    return [f"{text_of(row.tobytes())}/{length}" for row in masked[new]], found


def _several(files: Any) -> Sequence[Any]:  # noqa: ANN401 - whatever the user gave
    one = isinstance(files, str) or hasattr(files, "__fspath__") or isinstance(files, AddressList | Database)
    return (files,) if one else tuple(files)


def _members(cidrs: Iterable[str], argument: str) -> RangeTable:
    blocks = [block_given(cidr, argument) for cidr in cidrs]
    return RangeTable.of([first for first, _ in blocks], [last for _, last in blocks], pa.table({}))


def _held(texts: pa.StringArray, held: Iterable[str]) -> Numbers:
    return _true(pc.is_in(texts, value_set=pa.array(list(held), pa.string()), skip_nulls=True))


def _true(values: Any) -> Numbers:  # noqa: ANN401 - an array or a chunked one
    found: Numbers = pc.fill_null(values, False).to_numpy(zero_copy_only=False)
    return found


def _aws(addresses: Parsed, known: AwsRanges | None) -> pa.Table:
    return known.table.find(addresses) if known else _nothing(addresses, _AWS)


def _by_databases(addresses: Parsed, databases: Sequence[Database]) -> pa.Table:
    """Return country, and number and name of the autonomous system, each from the first database that knows it."""
    found = dict(zip(_DATABASE.names, _nothing(addresses, _DATABASE).columns, strict=True))
    for database in databases:
        given = database.finder.find(addresses)
        if "country" in given.column_names:
            found["country"] = pc.coalesce(found["country"], given["country"])
        if "asn" in given.column_names:  # a name goes with its number
            unknown = pc.is_null(found["asn"])
            found |= {name: pc.if_else(unknown, given[name], found[name]) for name in ("asn", "as_name")}
    return pa.table(found)


def _nothing(addresses: Parsed, schema: pa.Schema) -> pa.Table:
    return pa.table([pa.nulls(addresses.count, field.type) for field in schema], schema=schema)
