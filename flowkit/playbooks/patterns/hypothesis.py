"""What may explain why some attempts fail and others do not."""

from dataclasses import dataclass
from typing import Any

import pandas as pd


@dataclass(frozen=True, eq=False)
class Hypothesis:
    """One explanation of an intermittent failure, with the attempts for and against it.

    Attributes
    ----------
    pattern
        ``client_ports``, ``change_point``, ``server``, ``client``, ``subnet``, ``zone``, ``windows``, ``restarts``,
        ``idle``, ``rate`` or ``packet_size``.
    says
        One sentence: which attempts fail, how many of them, and how many of the others.
    separates
        0 to 1: the share of what is uncertain about failing and working that the explanation settles; 1 where it
        tells every attempt right.
    chance
        The probability that attempts which fail at random are told apart so well by any of the ways tried, at most 1.
    supporting, contradicting
        Rows of the attempts for it (failed where it says so; worked elsewhere) and against it, by time, at most 1,000.
    detail
        ``{"ports": (32768, 49151), "ranges": [...]}`` (first and last client port; the first range where several),
        ``{"at": Timestamp, "after": Timestamp, "fails": "since" | "until"}`` (it changed between ``after`` and ``at``),
        ``{"value": "10.0.2.15", "values": [...], "end": "server"}`` (``end`` whose address, subnet or zone it is),
        ``{"windows": [(Timestamp, Timestamp), ...]}``, with ``"time_of_day": ("02:00", "02:30")`` where the same time
        of several days, ``{"idle_seconds": 350}`` [s], ``{"per_minute": 120}`` [attempts],
        ``{"bytes_per_packet": 1400}`` [bytes]. ``"among"`` names the part of the attempts it is confined to,
        if any; ``"outcome"`` the one that failures were limited to, if so.
    """

    pattern: str
    says: str
    separates: float
    chance: float
    supporting: pd.DataFrame
    contradicting: pd.DataFrame
    detail: dict[str, Any]

    def __str__(self) -> str:
        """Return the sentence."""
        return self.says
