"""Values as JSON that is the same on every machine, and its hash: what is compared, chained and verified."""

import hashlib
import json
import math
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import pandas as pd

_DIGITS: Final = 6
"""Digits of a fraction that `digest` looks at: the last ones of a sum depend on the order in which it was added."""


def plain(value: Any) -> Any:  # noqa: ANN401 - whatever an analysis gives, or a caller hands over
    """Return a value as what JSON knows: times as UTC text, what is missing as None, the rest as its text.

    >>> plain((1, float("nan"), timedelta(minutes=1)))
    [1, None, 60.0]
    """
    if hasattr(value, "tolist"):  # numpy's
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(map(plain, value), key=text)
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, str | bool | int):
        return value
    return _single(value)


def _single(value: Any) -> Any:  # noqa: ANN401 - as `plain`
    if value is None or value is pd.NaT or value is pd.NA:
        return None
    if isinstance(value, float):
        return None if math.isnan(value) else value if math.isfinite(value) else str(value)
    if isinstance(value, datetime):
        return (value.astimezone(UTC) if value.tzinfo else value).isoformat().replace("+00:00", "Z")
    if isinstance(value, timedelta):
        return value.total_seconds()
    return str(value) if isinstance(value, Path) else repr(value)


def text(value: Any) -> str:  # noqa: ANN401 - as `plain`
    """Return a value as one line of JSON, in the one form that it has.

    >>> text({"b": 1, "a": None})
    '{"a":null,"b":1}'
    """
    return json.dumps(plain(value), sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)


def sha256(content: bytes) -> str:
    """Return the SHA-256 of bytes, in hexadecimal."""
    return hashlib.sha256(content).hexdigest()


def digest(value: Any) -> str:  # noqa: ANN401 - as `plain`
    """Return the SHA-256 of a value: of its `text`, fractions to six digits.

    >>> digest([0.1 + 0.2]) == digest([0.3])
    True
    """
    return sha256(text(_rounded(plain(value))).encode())


def _rounded(value: Any) -> Any:  # noqa: ANN401 - what `plain` gives
    if isinstance(value, dict):
        return {key: _rounded(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_rounded(one) for one in value]
    return float(f"{value:.{_DIGITS}g}") if isinstance(value, float) else value
