"""Whether an address, as text, lies in a CIDR block: exact, and with functions that every engine has.

DuckDB's own type for addresses is an extension that would have to be fetched, and Athena has none.
"""

from functools import reduce
from ipaddress import IPv4Network, IPv6Network, ip_network
from operator import and_

import ibis
import ibis.expr.types as ir


def in_block(address: ir.StringValue, block: str) -> ir.BooleanValue:
    """Tell whether an address, as text, lies in a block: exact, and with functions every engine has."""
    network = ip_network(block)
    if network.num_addresses == 1:
        return address == _text(network)
    return _in_ipv4(address, network) if isinstance(network, IPv4Network) else _in_ipv6(address, network)


def _text(block: IPv4Network | IPv6Network) -> str:
    """Return the address of a block of one, spelt as in the store."""
    mapped = getattr(block.network_address, "ipv4_mapped", None)
    if mapped is None:
        return str(block.network_address)
    return f"::ffff:{int(mapped) >> 16:x}:{int(mapped) & 0xFFFF:x}"


def _in_ipv4(address: ir.StringValue, block: IPv4Network) -> ir.BooleanValue:
    """Compare whole octets as a prefix and the one that the block divides as a number."""
    whole, bits = divmod(block.prefixlen, 8)
    octets = str(block.network_address).split(".")
    is_ipv4 = ~address.contains(":")
    start = ".".join(octets[:whole]) + "." if whole else ""
    matches = is_ipv4 & address.startswith(start) if start else is_ipv4
    if not bits:
        return matches
    low = int(octets[whole])
    octet = address.split(".")[whole].try_cast("int64")
    return matches & octet.between(low, low + 2 ** (8 - bits) - 1)


def _in_ipv6(address: ir.StringValue, block: IPv6Network) -> ir.BooleanValue:
    """Compare the groups of the address, written out, with those of the block."""
    whole, bits = divmod(block.prefixlen, 16)
    groups = [f"{int(block.network_address) >> shift & 0xFFFF:x}" for shift in range(112, -1, -16)]
    written = _written_out(address).split(":")
    terms = [address.contains(":")] + [written[n] == groups[n] for n in range(whole)]
    if bits:
        low = int(groups[whole], 16)
        high = low + 2 ** (16 - bits) - 1
        terms.append(written[whole].lpad(4, "0").between(f"{low:04x}", f"{high:04x}"))
    return reduce(and_, terms)


def _written_out(address: ir.StringValue) -> ir.StringValue:
    """Replace ``::`` in a canonical IPv6 address by the groups of zero it stands for."""
    ends = ibis.ifelse(address.startswith("::"), ibis.literal("0") + address, address)
    ends = ibis.ifelse(ends.endswith("::"), ends + ibis.literal("0"), ends)
    colons = ends.length() - ends.replace(":", "").length()
    zeros = ibis.literal("0:").repeat(ibis.greatest(8 - colons, 0))
    return ends.replace("::", ibis.literal(":") + zeros)
