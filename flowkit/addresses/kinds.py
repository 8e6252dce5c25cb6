"""What kind of address an address is: the one table of special blocks.

Source: IANA IPv4 and IPv6 Special-Purpose Address Registries (RFC 6890 and its updates), IANA
Internet Protocol Version 6 Address Space; "Amazon VPC User Guide", VPC CIDR blocks, for 100.64.0.0/10 and
198.19.0.0/16, which a VPC may have too.
"""

from typing import Final

import pyarrow as pa

from flowkit.addresses.parsed import block_given
from flowkit.addresses.tables import RangeTable

BLOCKS: Final = (
    ("0.0.0.0/0", "public"),
    ("0.0.0.0/8", "reserved"),  # "this network"
    ("0.0.0.0/32", "unspecified"),
    ("10.0.0.0/8", "private"),
    ("100.64.0.0/10", "shared"),  # RFC 6598, between a provider and its customers
    ("127.0.0.0/8", "loopback"),
    ("169.254.0.0/16", "link_local"),
    ("172.16.0.0/12", "private"),
    ("192.0.0.0/24", "reserved"),  # IETF protocol assignments
    ("192.0.0.9/32", "public"),  # port control protocol, reached from anywhere
    ("192.0.0.10/32", "public"),  # TURN, likewise
    ("192.0.2.0/24", "documentation"),
    ("192.88.99.0/24", "reserved"),  # 6to4 relays, withdrawn
    ("192.168.0.0/16", "private"),
    ("198.18.0.0/15", "benchmark"),
    ("198.51.100.0/24", "documentation"),
    ("203.0.113.0/24", "documentation"),
    ("224.0.0.0/4", "multicast"),
    ("240.0.0.0/4", "reserved"),
    ("255.255.255.255/32", "broadcast"),
    ("::/0", "reserved"),  # only 2000::/3 is given out
    ("::/128", "unspecified"),
    ("::1/128", "loopback"),
    ("64:ff9b::/96", "public"),  # NAT64: an IPv4 address, reached through a translator
    ("2000::/3", "public"),
    ("2001::/23", "reserved"),  # IETF protocol assignments
    ("2001::/32", "public"),  # Teredo: an IPv4 host, reached through a relay
    ("2001:1::1/128", "public"),  # port control protocol, TURN and DNS-SD anycast
    ("2001:1::2/128", "public"),
    ("2001:1::3/128", "public"),
    ("2001:2::/48", "benchmark"),
    ("2001:3::/32", "public"),  # AMT
    ("2001:4:112::/48", "public"),  # AS112
    ("2001:20::/28", "public"),  # ORCHIDv2
    ("2001:30::/28", "public"),  # drone remote identification
    ("2001:db8::/32", "documentation"),
    ("3fff::/20", "documentation"),
    ("fc00::/7", "private"),  # unique local
    ("fe80::/10", "link_local"),
    ("ff00::/8", "multicast"),
)
"""Each special block and its kind; of blocks that nest the narrowest counts."""

_OUTSIDE: Final = {"public", "documentation", "benchmark", "reserved"}
_HOLDABLE: Final = {*_OUTSIDE, "private", "shared", "mapped"}
_MAPPED_BITS: Final = 96


def kind_table() -> RangeTable:
    """Return every address's ``kind``; ``elsewhere``, its place where it is not inside; ``holdable``.

    An IPv4-mapped IPv6 address has the kind ``mapped``, and is elsewhere where the IPv4 address it holds
    would be. `holdable` tells whether an interface can have the address as its own.
    """
    rows = [(text, kind, kind) for text, kind in BLOCKS]
    rows += [(_mapped(text), "mapped", kind) for text, kind in BLOCKS if ":" not in text]
    blocks = [block_given(text, "a block") for text, _, _ in rows]
    values = {
        "kind": [kind for _, kind, _ in rows],
        "elsewhere": ["outside" if actual in _OUTSIDE else "unknown" for _, _, actual in rows],
        "holdable": [kind in _HOLDABLE for _, kind, _ in rows],
    }
    return RangeTable.of([first for first, _ in blocks], [last for _, last in blocks], pa.table(values))


def _mapped(text: str) -> str:
    address, _, length = text.partition("/")
    return f"::ffff:{address}/{int(length) + _MAPPED_BITS}"
