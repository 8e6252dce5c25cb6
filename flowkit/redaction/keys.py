"""The key of a redaction: 32 random bytes in a file that says what it is for."""

import base64
import hashlib
import hmac
import json
import os
import secrets
from contextlib import suppress
from dataclasses import dataclass, field
from os import PathLike
from pathlib import Path
from typing import Any, Final, Self

from flowkit.redaction.refusing import RedactionError

KEY_BYTES: Final = 32
MODE: Final = "redaction"
_PRIVATE: Final = 0o600
_LARGEST: Final = 4096
_ABOUT: Final = "flowkit key"


@dataclass(frozen=True, slots=True)
class Key:
    """A key; its bytes are never shown.

    Attributes
    ----------
    secret
        The 32 bytes.
    """

    secret: bytes = field(repr=False)

    @property
    def id(self) -> str:
        """What tells keys apart, and tells nothing of the key: 12 hex digits."""
        return hashlib.sha256(b"flowkit key id" + self.secret).hexdigest()[:12]

    def derived(self, purpose: str) -> bytes:
        """Return 32 bytes for one purpose, so that no two uses share a key."""
        return hmac.digest(self.secret, f"flowkit {MODE} {purpose}".encode(), "sha256")

    @classmethod
    def of(cls, secret: bytes, what: str) -> Self:
        """Check a key's length.

        Raises
        ------
        RedactionError
            If it is not 32 bytes long, or all of them are the same.
        """
        if len(secret) != KEY_BYTES:
            raise RedactionError(
                f"{what} is {len(secret):,} bytes long, a key is {KEY_BYTES}. Make one: flowkit redact --new-key FILE."
            )
        if len(set(secret)) == 1:
            raise RedactionError(
                f"{what} is the same byte over and over: no secret. Make one: flowkit redact --new-key FILE."
            )
        return cls(secret)


def new_key(path: str | PathLike[str]) -> Key:
    """Write a new key to a file that only you can read, and return it.

    Keep it apart from what it redacts: who has both can undo the redaction.

    Raises
    ------
    RedactionError
        If the file is there already, or cannot be written.
    """
    key = Key(secrets.token_bytes(KEY_BYTES))
    told = {"what": _ABOUT, "mode": MODE, "id": key.id, "key": base64.b64encode(key.secret).decode()}
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _PRIVATE)
    except FileExistsError as error:
        raise RedactionError(
            f"the key file {path} is there already, and is never written over. Name a new one."
        ) from error
    except OSError as error:
        raise RedactionError(f"the key file {path} cannot be written: {error.strerror}. Name another one.") from error
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(json.dumps(told, indent=2) + "\n")
    except OSError as error:
        with suppress(OSError):
            Path(path).unlink()  # half a key is none
        raise RedactionError(f"the key file {path} cannot be written: {error.strerror}. Make room there.") from error
    return key


def read_key(given: str | PathLike[str] | bytes | Key) -> Key:
    """Return a key.

    Parameters
    ----------
    given
        A key file that `new_key` wrote, or a file of 32 raw bytes; or the 32 bytes themselves.

    Raises
    ------
    RedactionError
        If it cannot be read, has the wrong length, or is a key for something else.
    """
    if isinstance(given, Key):
        return given
    if isinstance(given, bytes | bytearray):
        return Key.of(bytes(given), "the key")
    what = f"the key file {given}"
    try:
        with Path(given).open("rb") as file:
            content = file.read(_LARGEST + 1)
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or error
        raise RedactionError(f"{what} cannot be read: {why}. Make one: flowkit redact --new-key FILE.") from error
    told = _told(content)
    return Key.of(content, what) if told is None else _of_file(told, what)


def _told(content: bytes) -> dict[str, Any] | None:
    """Return what a key file says, None where it is raw bytes."""
    if len(content) == KEY_BYTES or not content.lstrip().startswith(b"{"):
        return None
    try:
        told = json.loads(content)
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


def _of_file(told: dict[str, Any], what: str) -> Key:
    if told.get("what") != _ABOUT:
        raise RedactionError(f"{what} is no key file of flowkit. Make one: flowkit redact --new-key FILE.")
    if told.get("mode") != MODE:
        mode = str(told.get("mode"))[:40]
        raise RedactionError(
            f"{what} is a key for {mode!r}, not for {MODE!r}: a key serves one purpose. "
            "Make another one: flowkit redact --new-key FILE."
        )
    try:
        secret = base64.b64decode(str(told.get("key", "")), validate=True)
    except ValueError as error:
        raise RedactionError(f"{what} is damaged: its key is no base64. Take it from a copy.") from error
    key = Key.of(secret, what)
    if told.get("id") != key.id:
        raise RedactionError(f"{what} is damaged: the key in it is not the one it names. Take it from a copy.")
    return key
