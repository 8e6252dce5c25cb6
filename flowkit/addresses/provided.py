"""What Amazon provides at an address of its own, or at one it keeps for itself in every subnet.

Source: "Amazon EC2 User Guide" (instance metadata, Time Sync Service, Windows activation), "Amazon VPC User
Guide" (Amazon DNS server, subnet sizing), "Amazon ECS Developer Guide" and "Amazon EKS User Guide" (credentials).
"""

from collections.abc import Iterable
from typing import Final

import pyarrow as pa

from flowkit.addresses.parsed import IPV4_BYTES, block_given
from flowkit.addresses.tables import RangeTable

_FIXED: Final = (
    ("169.254.169.254", "instance metadata"),
    ("fd00:ec2::254", "instance metadata"),
    ("169.254.169.253", "DNS resolver"),
    ("fd00:ec2::253", "DNS resolver"),
    ("169.254.169.123", "time"),
    ("fd00:ec2::123", "time"),
    ("169.254.170.2", "ECS credentials"),
    ("169.254.170.23", "EKS Pod Identity"),
    ("fd00:ec2::23", "EKS Pod Identity"),
    ("169.254.169.250", "KMS activation"),
    ("169.254.169.251", "KMS activation"),
    ("fd00:ec2::250", "KMS activation"),
    ("fd00:ec2::251", "KMS activation"),
)
_KEPT: Final = ("network", "VPC router", "reserved", "reserved")
_RESOLVER: Final = 2
_LEAST: Final = len(_KEPT) + 1


def provided_table(vpc_cidrs: Iterable[str], subnet_cidrs: Iterable[str]) -> RangeTable:
    """Return what is ``provided`` at an address, and whether the ``platform`` has it in every VPC alike.

    Of each subnet AWS keeps the first four addresses and the last: network, VPC router, reserved,
    reserved, broadcast. Of each IPv4 block of a VPC, the third answers DNS.
    """
    kept = [item for cidr in subnet_cidrs for item in _of_subnet(cidr)]
    kept += [item for cidr in vpc_cidrs for item in _of_vpc(cidr)]
    fixed = [(block_given(text, "an address")[0], name) for text, name in _FIXED]
    addresses = [address for address, _ in (*kept, *fixed)]
    values = {
        "provided": [name for _, name in (*kept, *fixed)],
        "platform": [False] * len(kept) + [True] * len(fixed),
    }
    return RangeTable.of(addresses, addresses, pa.table(values))


def _of_subnet(cidr: str) -> list[tuple[bytes, str]]:
    first, last = block_given(cidr, "a subnet's CIDR")
    if int.from_bytes(last, "big") - int.from_bytes(first, "big") < _LEAST:
        return []  # no subnet of AWS is that small
    kept = [(_plus(first, n), name) for n, name in enumerate(_KEPT)]
    return [*kept, (last, "broadcast" if len(last) == IPV4_BYTES else "reserved")]


def _of_vpc(cidr: str) -> list[tuple[bytes, str]]:
    first, last = block_given(cidr, "a VPC's CIDR")
    resolver = _plus(first, _RESOLVER) if first != last and len(first) == IPV4_BYTES else last
    return [(resolver, "DNS resolver")] if first < resolver < last else []


def _plus(address: bytes, number: int) -> bytes:
    return (int.from_bytes(address, "big") + number).to_bytes(len(address), "big")
