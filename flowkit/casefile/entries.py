"""Lines of a journal, and the head that says where it ends: written in one form only, so that each byte counts."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Final, Self

from flowkit.casefile import canonical

NOTHING: Final = "0" * 64
"""What stands for the hash before the first entry."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Entry:
    """Something that was done.

    Attributes
    ----------
    number
        Counted from 1.
    time
        In UTC, as text.
    flowkit
        The version that wrote it.
    kind
        Such as ``loaded``, ``run``, ``kept``.
    what
        What was done, as plain values.
    files
        The files it brought, by their path in the case: ``sha256`` and ``bytes``.
    staged, place
        The folder they were written to, and the one they were moved to; "" for none.
    previous, sha256
        The hash of the entry before, and its own.
    """

    number: int
    time: str
    flowkit: str
    kind: str
    what: dict[str, Any]
    files: dict[str, dict[str, Any]] = field(default_factory=dict)
    staged: str = ""
    place: str = ""
    previous: str
    sha256: str = ""

    @classmethod
    def read(cls, line: bytes) -> Self:
        """Read a line, which must be as it was written to the byte.

        Raises
        ------
        ValueError
            If it is not.
        """
        try:
            entry = cls(**json.loads(line))
            written = entry.hashed().line()
        except (TypeError, AttributeError, RecursionError) as error:
            raise ValueError("it is no entry of a journal") from error
        if not (isinstance(entry.what, dict) and _are_files(entry.files)):
            raise ValueError("it is no entry of a journal")
        if written != line + b"\n":
            raise ValueError("it is not as it was written: its hash is another")
        return entry

    def hashed(self) -> Self:
        """Return the entry with its own hash."""
        values = self._values()
        del values["sha256"]
        return type(self)(**values, sha256=canonical.sha256(canonical.text(values).encode()))

    def line(self) -> bytes:
        """Return it as its line."""
        return canonical.text(self._values()).encode() + b"\n"

    def _values(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def _are_files(value: object) -> bool:
    return isinstance(value, dict) and all(isinstance(about, dict) for about in value.values())


@dataclass(frozen=True, slots=True)
class Head:
    """The last complete entry, and where it ends in the file [B]."""

    number: int = 0
    sha256: str = NOTHING
    end: int = 0

    @classmethod
    def read(cls, content: bytes) -> Self:
        """Read what `content` gave; raise ValueError if it is anything else."""
        try:
            head = cls(**json.loads(content))
        except (TypeError, RecursionError) as error:
            raise ValueError("it is no head of a journal") from error
        if head.content() != content or not isinstance(head.end, int) or head.end < 0:
            raise ValueError("it is not as it was written")
        return head

    def content(self) -> bytes:
        """Return it as the content of its file."""
        return canonical.text({name: getattr(self, name) for name in self.__slots__}).encode() + b"\n"

    def next(self, kind: str, what: Mapping[str, Any], **brought: Any) -> Entry:  # noqa: ANN401 - fields of an entry
        """Return the entry that comes next."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        plain = canonical.plain(what)
        return Entry(
            number=self.number + 1, time=now, flowkit=version("vpc-flowkit"), kind=kind, what=plain,
            previous=self.sha256, **brought,
        ).hashed()  # fmt: skip

    def after(self, entry: Entry) -> "Head":
        """Return the head once *entry* is complete."""
        return Head(entry.number, entry.sha256, self.end + len(entry.line()))
