"""Address texts as numbers, sorted once, so that every table is asked in one pass.

IPv4 addresses are 32-bit numbers, IPv6 addresses 16 bytes in network order. The two never meet:
``::ffff:a00:1`` is its own address, not 10.0.0.1.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_network
from socket import AF_INET, AF_INET6, inet_ntop, inet_pton
from typing import Any, Final, Self

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from flowkit.errors import AddressError

IPV4_BYTES: Final = 4
IPV6_BYTES: Final = 16
_MAPPED: Final = bytes(10) + b"\xff\xff"
_CHUNK: Final = 65_536

Numbers = npt.NDArray[Any]


@dataclass(frozen=True, slots=True, eq=False)
class Parsed:
    """Addresses by family, in ascending order, with the position at which each was given.

    Attributes
    ----------
    count
        How many texts were given; what is null or no address is in neither family.
    ipv4_at, ipv4
        Positions, and the addresses as ``uint32``.
    ipv6_at, ipv6
        Positions, and the addresses as 16 bytes (``S16``).
    """

    count: int
    ipv4_at: Numbers
    ipv4: Numbers
    ipv6_at: Numbers
    ipv6: Numbers

    @classmethod
    def of(cls, texts: pa.StringArray) -> Self:
        """Parse texts; one that is no address stays without a number."""
        is_ipv6 = pc.match_substring(texts, ":")
        ipv4_at, ipv4 = _sorted(*_family(texts, pc.invert(is_ipv6), AF_INET, ">u4"))
        ipv6_at, ipv6 = _sorted(*_family(texts, is_ipv6, AF_INET6, "S16"))
        return cls(len(texts), ipv4_at, ipv4.astype(np.uint32), ipv6_at, ipv6)


def texts_of(addresses: Any) -> pa.StringArray:  # noqa: ANN401 - whatever holds texts
    """Return addresses, in any container of texts, as one array.

    Raises
    ------
    AddressError
        If something in it is no text.
    """
    if isinstance(addresses, str):
        raise AddressError(f"one text was given instead of several addresses. Write [{addresses!r}].")
    if isinstance(addresses, pa.ChunkedArray):
        addresses = addresses.combine_chunks()
    elif not isinstance(addresses, pa.Array):
        given = (
            list(addresses) if isinstance(addresses, Iterable) and not hasattr(addresses, "__array__") else addresses
        )
        try:
            addresses = pa.array(given, from_pandas=True)
        except (pa.ArrowException, TypeError, ValueError) as error:
            raise AddressError(f"addresses are not all text: {error}. Give texts such as '10.0.1.5'.") from error
        addresses = addresses.combine_chunks() if isinstance(addresses, pa.ChunkedArray) else addresses
    if pa.types.is_dictionary(addresses.type):
        addresses = addresses.dictionary_decode()
    text = pa.types.is_string(addresses.type) or pa.types.is_large_string(addresses.type)
    if not (text or pa.types.is_string_view(addresses.type) or pa.types.is_null(addresses.type)):
        raise AddressError(f"addresses are texts such as '10.0.1.5', not {addresses.type}. Give them as text.")
    return addresses.cast(pa.string())


def packed(text: str) -> bytes | None:
    """Return the 4 or 16 bytes of an address, or None if the text is none."""
    try:
        return inet_pton(AF_INET6 if ":" in text else AF_INET, text)
    except (OSError, ValueError):
        return None


def block(text: str) -> tuple[bytes, bytes] | None:
    """Return the first and last address of a CIDR block or single address, or None if the text is neither.

    A block must start at its own first address: ``10.0.1.5/24`` is none.
    """
    start, slash, length = text.partition("/")
    first = packed(start)
    if first is None or not slash:
        return None if first is None else (first, first)
    bits = len(first) * 8
    if not (length.isascii() and length.isdigit() and len(length) <= len("128") and int(length) <= bits):
        return None
    rest = (1 << bits - int(length)) - 1
    number = int.from_bytes(first, "big")
    return None if number & rest else (first, (number | rest).to_bytes(len(first), "big"))


def block_given(text: object, argument: str) -> tuple[bytes, bytes]:
    """Return the first and last address of a block that the user gave, or say what is wrong with it.

    Raises
    ------
    AddressError
        If it is no block.
    """
    found = block(str(text).strip())
    if found is not None:
        return found
    try:
        wider = ip_network(str(text).strip(), strict=False)
    except ValueError:
        wider = None
    if wider is None or "%" in str(text):
        raise AddressError(f"{argument} is an address or a CIDR block such as 10.0.0.0/16, not {text!r}.")
    raise AddressError(f"{argument} {text} names a host and a block at once. Did you mean {wider}?")


def text_of(address: bytes) -> str:
    """Return the canonical text of an address; a mapped one is written in groups."""
    if len(address) == IPV4_BYTES:
        return inet_ntop(AF_INET, address)
    if address.startswith(_MAPPED):
        return f"::ffff:{int.from_bytes(address[12:14], 'big'):x}:{int.from_bytes(address[14:], 'big'):x}"
    text = inet_ntop(AF_INET6, address)
    return text if "." not in text else str(IPv6Address(address))


def _family(texts: pa.StringArray, chosen: pa.BooleanArray, family: int, dtype: str) -> tuple[Numbers, Numbers]:
    """Parse the chosen texts; return the positions of those that are addresses, and the addresses."""
    positions = pc.indices_nonzero(chosen).to_numpy().astype(np.int64)
    of_family = texts.filter(chosen)
    parts = [
        _numbers(of_family.slice(start, _CHUNK).to_pylist(), family, dtype)
        for start in range(0, len(of_family), _CHUNK)
    ]
    if not parts:
        return positions, np.empty(0, dtype)
    valid = np.concatenate([valid for valid, _ in parts])
    return positions[valid], np.concatenate([numbers for _, numbers in parts])


def _numbers(texts: list[str], family: int, dtype: str) -> tuple[Numbers, Numbers]:
    """Return which texts are addresses, and those as numbers."""
    try:
        found: list[bytes | None] = [inet_pton(family, text) for text in texts]
    except (OSError, ValueError):  # not all are addresses
        found = [packed(text) for text in texts]
    valid = np.fromiter((address is not None for address in found), bool, len(found))
    return valid, np.frombuffer(b"".join(filter(None, found)), dtype)


def _sorted(positions: Numbers, numbers: Numbers) -> tuple[Numbers, Numbers]:
    order = np.argsort(numbers)
    return positions[order], numbers[order]
