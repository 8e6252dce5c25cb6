"""What stands for what: each kind of token, forward and, with the key, back."""

import base64
import binascii
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Final

from flowkit.addresses.parsed import packed, text_of
from flowkit.fields import EPOCH_SECONDS_MAX
from flowkit.redaction.digits import Permutation
from flowkit.redaction.keys import Key
from flowkit.redaction.prefixes import Prefixes
from flowkit.redaction.refusing import RedactionError

RENAMED: Final = "name-"
_NAME: Final = re.compile(RENAMED + r"([a-z2-7]{13,})")
_LEAST_NAME: Final = 8
"""Bytes to which a shorter name is filled, so that its length does not tell it."""
_HEX: Final = "0123456789abcdef"
_WEEK: Final = 7 * 86_400
_LEAST_WEEKS, _WEEKS = 26, 208
"""A shift of half a year to four and a half years into the past."""
_NO_TIME: Final = 5 * 365 * 86_400
_REMEMBERED: Final = 1 << 18


@dataclass(frozen=True, slots=True)
class Mode:
    """What beside the key decides what stands for what: the same for undoing as for redacting.

    Attributes
    ----------
    keep
        CIDR blocks of addresses that are left as they are.
    weeks
        By how many weeks times are shifted; None: as the key has it.
    """

    keep: tuple[str, ...] = ()
    weeks: int | None = None


class Maps:
    """The maps of a key, in one direction."""

    def __init__(self, key: Key, mode: Mode | None = None, *, backward: bool = False) -> None:
        mode = mode or Mode()
        self.backward = backward
        self.seconds = -_WEEK * (_weeks(key) if mode.weeks is None else mode.weeks) * (-1 if backward else 1)
        self._prefixes = Prefixes(key.derived("addresses"), mode.keep)
        self._hex = Permutation(key.derived("ids"), 16)
        self._decimal = Permutation(key.derived("accounts"), 10)
        self._bytes = Permutation(key.derived("names"), 256)
        self.address = lru_cache(_REMEMBERED)(self._address)
        self.hexadecimal = lru_cache(_REMEMBERED)(self._hexadecimal)
        self.account = lru_cache(_REMEMBERED)(self._account)
        self.name = lru_cache(_REMEMBERED)(self._name)

    def _address(self, text: str) -> str | None:
        """Return what stands for an address or a CIDR block, None if it is neither; a zone goes with it."""
        start, slash, length = text.partition("/")
        start, percent, zone = start.partition("%")
        address = packed(start)
        if address is None:
            return None
        if not slash:
            return f"{self._spelt(start, address)}{percent}{zone}"
        bits = len(address) * 8
        if not (length.isascii() and length.isdigit() and int(length) <= bits):
            return f"{self._spelt(start, address)}{percent}{zone}/{length}"
        rest = (1 << bits - int(length)) - 1
        if int.from_bytes(address, "big") & rest:  # a host and the length of its block
            return f"{self._spelt(start, address)}{percent}{zone}/{length}"
        return f"{text_of(self._prefixes.block(address, int(length), backward=self.backward))}/{length}"

    def _spelt(self, text: str, address: bytes) -> str:
        """Return an address as it was spelt, as far as that can be told: ``::ffff:10.0.0.1`` stays dotted."""
        found = self._prefixes.backward(address) if self.backward else self._prefixes.forward(address)
        if found == address:
            return text
        if "." in text and ":" in text:
            return f"{text.rpartition(':')[0]}:{text_of(found[12:])}"
        return text_of(found)

    def _hexadecimal(self, digits: str) -> str:
        """Return the hex digits that stand for others, as many."""
        return "".join(_HEX[digit] for digit in self._permuted(self._hex, [int(one, 16) for one in digits]))

    def _account(self, digits: str) -> str:
        """Return the account that stands for an account, or decimal digits for others."""
        return "".join(map(str, self._permuted(self._decimal, [int(one) for one in digits])))

    def _permuted(self, permutation: Permutation, digits: list[int]) -> list[int]:
        return permutation.backward(digits) if self.backward else permutation.forward(digits)

    def _name(self, text: str) -> str:
        """Return what stands for a name, ``name-`` and letters; backward the name, or the text if it is none."""
        if self.backward:
            return self._named(text)
        if not text:
            return text
        content = text.encode("utf-8", "surrogateescape").ljust(_LEAST_NAME, b"\0")
        mapped = bytes(self._bytes.forward(content))
        return RENAMED + base64.b32encode(mapped).decode().rstrip("=").lower()

    def _named(self, text: str) -> str:
        found = _NAME.fullmatch(text)
        if found is None:
            return text
        digits = found[1].upper()
        try:
            mapped = base64.b32decode(digits + "=" * (-len(digits) % 8))
            return bytes(self._bytes.backward(mapped)).rstrip(b"\0").decode()
        except (binascii.Error, UnicodeDecodeError):  # made with another key, or by somebody else
            return text

    def epoch(self, number: int) -> int:
        """Return a time in seconds or, where it is too large for those, milliseconds since 1970, shifted.

        What would lie before 1975 is no time of a flow log, and stays.

        Raises
        ------
        RedactionError
            If it would lie before 1970.
        """
        scale = 1 if number <= EPOCH_SECONDS_MAX else 1000
        if number < _NO_TIME * scale:
            return number
        found = number + self.seconds * scale
        if found < 0:
            raise RedactionError(
                "a time would be shifted to before 1970. Name a smaller shift: shift=0 keeps the times."
            )
        return found

    def time(self, moment: datetime) -> datetime:
        """Return a time, shifted."""
        return moment + timedelta(seconds=self.seconds)

    def day(self, year: int, month: int, day: int) -> datetime | None:
        """Return a day, shifted; None if there is no such day."""
        try:
            return self.time(datetime(year, month, day, tzinfo=UTC))
        except (ValueError, OverflowError):
            return None


def mode_of(keep: Iterable[str] | str = (), shift: int | timedelta | None = None) -> Mode:
    """Return a mode.

    Parameters
    ----------
    keep
        CIDR blocks of addresses that are left as they are, one or several.
    shift
        How far times are shifted into the past: weeks, or a `timedelta` of whole weeks; by default as the key has it.

    Raises
    ------
    RedactionError
        If the shift is no number of whole weeks: weekdays and hours of the day would be others.
    """
    blocks = (keep,) if isinstance(keep, str) else tuple(map(str, keep))
    if shift is None:
        return Mode(blocks)
    seconds = shift.total_seconds() if isinstance(shift, timedelta) else shift * _WEEK
    if isinstance(shift, bool) or seconds % _WEEK:
        raise RedactionError(f"shift is {shift}: no whole number of weeks. Name weeks, such as shift=52.")
    return Mode(blocks, int(seconds // _WEEK))


def _weeks(key: Key) -> int:
    return _LEAST_WEEKS + int.from_bytes(key.derived("times"), "big") % _WEEKS
