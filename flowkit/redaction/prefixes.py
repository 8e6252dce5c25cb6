"""Addresses for addresses, prefix by prefix: Crypto-PAn below the special blocks.

Two addresses share as many leading bits after it as before (Xu, Fan, Ammar, Moon: "Prefix-Preserving IP Address
Anonymization", ICNP 2002); the cipher is yacryptopan's. On the way down to a special block no bit is flipped, so
that each block is mapped onto itself: private stays private, documentation documentation, and public public.

What says nothing of a network is left as it is: loopback, multicast, broadcast, unspecified, 169.254.0.0/16 and
fd00:ec2::/32 (where Amazon has the metadata, DNS and time services), 240.0.0.0/4 (netmasks), and what lies below
2000::/3. ``::ffff:0:0/96`` and ``64:ff9b::/96`` hold an IPv4 address, which is replaced as such.
"""

from collections.abc import Iterable
from functools import lru_cache
from ipaddress import ip_network
from typing import Final

from yacryptopan import CryptoPAn

from flowkit.addresses.kinds import BLOCKS
from flowkit.addresses.parsed import IPV4_BYTES, block_given, packed, text_of

_WHOLE_KINDS: Final = {"unspecified", "loopback", "broadcast"}
_WHOLE: Final = (
    "0.0.0.0/8", "169.254.0.0/16", "224.0.0.0/4", "240.0.0.0/4", "::/3", "4000::/2", "8000::/2", "c000::/3",
    "e000::/4", "f000::/5", "f800::/6", "fd00:ec2::/32", "ff00::/8",
)  # fmt: skip
"""Blocks left as they are."""
_WITHIN: Final = ("fe80::/64", "ff02::1:ff00:0/104", "fd00::/8")
"""Further blocks mapped onto themselves. Solicited-node multicast holds the end of a unicast address."""
_HOLD_IPV4: Final = tuple(bytes.fromhex(head) for head in ("00000000000000000000ffff", "0064ff9b0000000000000000"))
_REMEMBERED: Final = 1 << 20


class _Family:
    """One family's blocks: from which prefixes no bit is flipped, and which are left whole."""

    def __init__(self, bits: int, whole: Iterable[str], within: Iterable[str]) -> None:
        self.bits = bits
        self._whole, self._within, self._fixed = set[tuple[int, int]](), set[tuple[int, int]](), set[tuple[int, int]]()
        for blocks, into in ((whole, self._whole), (within, self._within)):
            into |= {self._node(text) for text in blocks if (":" in text) == (bits > 32)}  # noqa: PLR2004 - IPv4
        for length, value in (*self._whole, *self._within):
            self._fixed |= {(shorter, value >> length - shorter) for shorter in range(length)}
        self._lengths = sorted({length for length, _ in (*self._whole, *self._within)}, reverse=True)

    def _node(self, text: str) -> tuple[int, int]:
        network = ip_network(text)
        return network.prefixlen, int(network.network_address) >> self.bits - network.prefixlen

    def kept(self, address: int) -> bool:
        """Tell whether the narrowest block that holds an address is left as it is."""
        for length in self._lengths:
            node = length, address >> self.bits - length
            if node in self._whole or node in self._within:
                return node in self._whole
        return False

    def mask(self, address: int) -> int:
        """Return the bits of an address that may be flipped."""
        mask = 0
        for position in range(self.bits):
            mask = mask << 1 | ((position, address >> self.bits - position) not in self._fixed)
        return mask


class Prefixes:
    """Addresses for addresses, by a key of 32 bytes; *keep* are blocks to leave as they are."""

    def __init__(self, secret: bytes, keep: Iterable[str] = ()) -> None:
        kinds = [text for text, kind in BLOCKS if kind in _WHOLE_KINDS]
        whole = [*_WHOLE, *kinds, *map(_block, keep)]
        within = [*(text for text, _ in BLOCKS if text not in kinds and not text.endswith("/0")), *_WITHIN]
        within = [text for text in within if text not in whole]
        self._families = {version: _Family(bits, whole, within) for version, bits in ((4, 32), (6, 128))}
        self._cipher = CryptoPAn(secret)
        self._flips = lru_cache(_REMEMBERED)(self._flipped)

    def forward(self, address: bytes) -> bytes:
        """Return the 4 or 16 bytes that stand for an address."""
        if address[:12] in _HOLD_IPV4 and len(address) > IPV4_BYTES:
            return address[:12] + self.forward(address[12:])
        number = int.from_bytes(address, "big")
        version = 4 if len(address) == IPV4_BYTES else 6
        return (number ^ self._flips(number, version)).to_bytes(len(address), "big")

    def backward(self, address: bytes) -> bytes:
        """Return the address for which these bytes stand."""
        if address[:12] in _HOLD_IPV4 and len(address) > IPV4_BYTES:
            return address[:12] + self.backward(address[12:])
        given, version = int.from_bytes(address, "big"), 4 if len(address) == IPV4_BYTES else 6
        guess = given
        # a bit's flip hangs on the bits before it alone: each round has at least one more bit right
        while (found := given ^ self._flips(guess, version)) != guess:
            guess = found
        return guess.to_bytes(len(address), "big")

    def _flipped(self, number: int, version: int) -> int:
        """Return the bits of an address that the cipher flips, outside the ways to special blocks."""
        family = self._families[version]
        if family.kept(number):
            return 0
        flips: int = number ^ self._cipher.anonymize_bin(number, version)
        return flips & family.mask(number)

    def block(self, address: bytes, length: int, *, backward: bool = False) -> bytes:
        """Return the first address of the block that stands for a block."""
        mapped = (self.backward if backward else self.forward)(address)
        rest = (1 << len(address) * 8 - length) - 1
        return (int.from_bytes(mapped, "big") & ~rest).to_bytes(len(address), "big")

    def text(self, text: str, *, backward: bool = False) -> str | None:
        """Return the canonical text of the address that stands for an address, None for what is none."""
        address = packed(text)
        if address is None:
            return None
        return text_of(self.backward(address) if backward else self.forward(address))


def _block(text: str) -> str:
    first, last = block_given(text, "keep")
    length = len(first) * 8 - (int.from_bytes(first, "big") ^ int.from_bytes(last, "big")).bit_length()
    return f"{text_of(first)}/{length}"
