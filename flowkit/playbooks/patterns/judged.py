"""The attempts whose outcome is known, in an order of their own, ready to be split many times."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from flowkit.playbooks.patterns.chance import Counts, Flags, Numbers, Whole

_EPOCH: Final = pd.Timestamp(0, unit="s", tz="UTC")
_TEXTS: Final = ("client", "server", "outcome", "stopped_at", "reset_by")
_NUMBERS: Final = ("client_port", "server_port", "idle_before", "bytes_to_server", "bytes_to_client")


@dataclass(frozen=True, eq=False)
class Judged:
    """Attempts that are known to have failed or not, by time.

    Attributes
    ----------
    frame
        Their rows, numbered anew, so that nothing depends on the order in which they came.
    failed
        Which of them failed.
    every
        All rows, those of unknown outcome too: they count towards a rate.
    known
        Which of all rows are in `frame`.
    """

    frame: pd.DataFrame
    failed: Flags
    every: pd.DataFrame
    known: Flags

    @cached_property
    def counts(self) -> Counts:
        """How many there are, and how many failed."""
        return Counts(total=len(self.failed), failures=int(self.failed.sum()))

    @cached_property
    def seconds(self) -> Numbers:
        """When each began [s since 1970]."""
        return seconds_of(self.frame)

    def number(self, column: str) -> Numbers:
        """Return a column as numbers; NaN where it has none, or there is no such column."""
        return _numbers(self.frame, column)

    def codes(self, column: str) -> tuple[Whole, list[str]]:
        """Return a column as numbers of its sorted distinct texts, and these; "" where nothing is known."""
        return _codes(self.frame, column)

    def mostly(self, predicted: Flags, column: str, values: frozenset[str], share: float = 0.8) -> bool:
        """Tell whether of the failed ones among the *predicted* most have one of some values."""
        codes, texts = self.codes(column)
        wanted = np.array([text in values for text in texts], dtype=bool)
        failed = predicted & self.failed
        return bool(failed.any() and wanted[codes[failed]].mean() >= share)


def judged(attempts: pd.DataFrame) -> Judged:
    """Return the attempts of known outcome, sorted by time and by all else that tells them apart."""
    keys = [_codes(attempts, name)[0] for name in _TEXTS] + [_numbers(attempts, name) for name in _NUMBERS]
    order = np.lexsort([*reversed(keys), seconds_of(attempts)])
    every = attempts.take(order).reset_index(drop=True)
    known = every["failed"].notna().to_numpy(dtype=bool)
    frame = every[known].reset_index(drop=True)
    return Judged(frame, frame["failed"].astype(bool).to_numpy(dtype=bool), every, known)


def seconds_of(frame: pd.DataFrame) -> Numbers:
    """Return when each attempt began [s since 1970]."""
    first = pd.to_datetime(frame["first"], utc=True)
    return np.asarray((first - _EPOCH) / pd.Timedelta(seconds=1), dtype=np.float64)


def time_of(seconds: float) -> pd.Timestamp:
    """Return a time in UTC."""
    return pd.Timestamp(round(seconds * 1000), unit="ms", tz="UTC")


def _numbers(frame: pd.DataFrame, column: str) -> Numbers:
    if column not in frame:
        return np.full(len(frame), np.nan)
    numbers = pd.to_numeric(frame[column], errors="coerce").to_numpy(dtype=np.float64, na_value=np.nan)
    return np.asarray(numbers, dtype=np.float64)


def _codes(frame: pd.DataFrame, column: str) -> tuple[Whole, list[str]]:
    if column not in frame:
        return np.zeros(len(frame), dtype=np.int64), [""]
    codes, texts = pd.factorize(frame[column].astype("str").fillna(""), sort=True)
    return np.asarray(codes, dtype=np.int64), [str(text) for text in texts]
