"""What a case holds, as values for a report of it."""

from collections.abc import Mapping
from dataclasses import dataclass

import pandas as pd

from flowkit.casefile.telling import Kept
from flowkit.playbooks import Finding
from flowkit.scope import Scope


@dataclass(frozen=True)
class CaseReport:
    """Everything a report of a case says, as values.

    Attributes
    ----------
    name, created, flowkit
        Of the case, when it was begun (UTC, as text), and the version that looks at it now.
    findings
        The findings that hold, best first, each with what was said of it.
    withdrawn
        The others.
    notes
        What was noted, oldest first: time (UTC, as text) and text.
    scopes
        Saved scopes by name.
    ledger
        A row per object; see `Flows.ledger`. None where nothing is loaded.
    timeline
        The journal; see `Case.timeline`.
    head
        The hash of the journal's last entry.
    """

    name: str
    created: str
    flowkit: str
    findings: tuple[tuple[Kept, Finding], ...]
    withdrawn: tuple[tuple[Kept, Finding], ...]
    notes: tuple[tuple[str, str], ...]
    scopes: Mapping[str, Scope]
    ledger: pd.DataFrame | None
    timeline: pd.DataFrame
    head: str
