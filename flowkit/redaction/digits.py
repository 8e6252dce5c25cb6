"""Keyed permutations of strings of digits: an id becomes another of the same form, and back with the key.

A Feistel network of ten rounds with HMAC-SHA256 as its round function, in the shape of NIST's FF1 (SP 800-38G), for
any radix. No map is kept: what the key made, the key undoes. The packages that offer it are unmaintained, or bound to
FF3-1, which NIST has withdrawn.
"""

import hashlib
import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

_ROUNDS: Final = 10


@dataclass(frozen=True, slots=True)
class Permutation:
    """A permutation of all strings of a length, one for each length.

    Attributes
    ----------
    secret
        The key.
    radix
        How many digits there are: 10, 16, 256.
    """

    secret: bytes = field(repr=False)
    radix: int

    def forward(self, digits: Sequence[int]) -> list[int]:
        """Return the digits that stand for these."""
        left, right, sizes = self._halves(digits)
        for number in range(_ROUNDS):
            size = sizes[number % 2]
            left, right = right, (left + self._round(number, len(digits), right)) % self.radix**size
        return self._joined(left, right, sizes)

    def backward(self, digits: Sequence[int]) -> list[int]:
        """Return the digits for which these stand."""
        left, right, sizes = self._halves(digits)
        for number in reversed(range(_ROUNDS)):
            size = sizes[number % 2]
            left, right = (right - self._round(number, len(digits), left)) % self.radix**size, left
        return self._joined(left, right, sizes)

    def _halves(self, digits: Sequence[int]) -> tuple[int, int, tuple[int, int]]:
        half = len(digits) // 2
        return self._number(digits[:half]), self._number(digits[half:]), (half, len(digits) - half)

    def _joined(self, left: int, right: int, sizes: tuple[int, int]) -> list[int]:
        return [*self._digits(left, sizes[0]), *self._digits(right, sizes[1])]

    def _round(self, number: int, length: int, value: int) -> int:
        """Return a number that only the key tells, some 128 bits wider than half the string."""
        size = (length * self.radix.bit_length()) // 8 + 17
        said = f"{self.radix} {length} {number} {value}".encode()
        return int.from_bytes(hashlib.shake_256(hmac.digest(self.secret, said, "sha256")).digest(size), "big")

    def _number(self, digits: Sequence[int]) -> int:
        number = 0
        for digit in digits:
            number = number * self.radix + digit
        return number

    def _digits(self, number: int, size: int) -> list[int]:
        digits = []
        for _ in range(size):
            number, digit = divmod(number, self.radix)
            digits.append(digit)
        return digits[::-1]
