"""What is found and said in a case, as its journal has it: findings, comments, notes, scopes, and the check of all."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from flowkit import scope_code
from flowkit.casefile import files, keeping, telling, verifying
from flowkit.casefile.entries import Entry
from flowkit.casefile.journal import Journal
from flowkit.casefile.telling import Kept
from flowkit.casefile.verifying import Verification
from flowkit.errors import CaseError
from flowkit.flows import Flows
from flowkit.playbooks import Finding
from flowkit.scope import Scope
from flowkit.wording import several

if TYPE_CHECKING:
    import plotly.graph_objects as go

ABOUT: Final = "case.json"


@dataclass(frozen=True, eq=False, repr=False)
class Recording:
    """What was entered in a case.

    Attributes
    ----------
    folder
        Where it is.
    said
        The path as it was given.
    """

    folder: Path
    said: str

    @cached_property
    def journal(self) -> Journal:
        """The journal of the case."""
        return Journal(self.folder)

    @property
    def about(self) -> dict[str, Any]:
        """What case.json says: ``layout``, ``name``, ``created`` (UTC), ``flowkit``.

        Raises
        ------
        CaseError
            If it cannot be read.
        """
        try:
            about = json.loads((self.folder / ABOUT).read_bytes())
            return {name: about[name] for name in ("layout", "name", "created", "flowkit")}
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise CaseError.altered(self.folder, f"{ABOUT} cannot be read ({error})") from error

    @property
    def name(self) -> str:
        """What the case is called: as its folder was when it was begun."""
        return str(self.about["name"])

    @property
    def head(self) -> str:
        """The hash of the journal's last entry, to be written down elsewhere; see `verify`."""
        return self.journal.head().sha256

    def settle(self) -> None:
        """Finish what a killed process left, where that can be; what was altered is told when it is written to."""
        try:
            self.journal.settle()
        except (OSError, CaseError):
            return
        files.sweep(self.folder)

    def star(self, identity: str, *, starred: bool = True) -> None:
        """Mark a kept finding, or with ``starred=False`` no longer.

        Raises
        ------
        CaseError
            If there is no such finding, or the case cannot be written.
        """
        self._enter("starred", {"id": self._identity(identity), "starred": starred})

    def comment(self, identity: str, text: str) -> None:
        """Say something of a kept finding.

        Raises
        ------
        CaseError
            If there is no such finding, or the case cannot be written.
        """
        self._enter("comment", {"id": self._identity(identity), "text": _said(text)})

    def withdraw(self, identity: str, reason: str) -> None:
        """Say that a kept finding no longer holds, and why; it stays in the case, and may be kept again.

        Raises
        ------
        CaseError
            If there is no such finding, no reason is given, or the case cannot be written.
        """
        self._enter("withdrawn", {"id": self._identity(identity), "reason": _said(reason)})

    def note(self, text: str) -> None:
        """Note something in the journal.

        Raises
        ------
        CaseError
            If nothing is said, or the case cannot be written.
        """
        self._enter("note", {"text": _said(text)})

    @property
    def notes(self) -> tuple[tuple[str, str], ...]:
        """What was noted, oldest first: time (UTC, as text) and text."""
        return telling.notes(self.journal.entries())

    def save_scope(self, name: str, scope: Scope | Flows) -> None:
        """Save a scope, or that of flows, under a name; a scope saved under the same name later replaces it.

        Raises
        ------
        CaseError
            If the case cannot be written.
        """
        restriction = scope.scope if isinstance(scope, Flows) else scope
        self._enter("scope", {"name": _said(name), "scope": repr(restriction)})

    @property
    def scopes(self) -> dict[str, Scope]:
        """Saved scopes by name: ``case.flows.within(case.scopes[name])``."""
        saved = {one.what["name"]: one.what["scope"] for one in self.journal.entries() if one.kind == "scope"}
        return {name: scope_code.read(code) for name, code in saved.items()}

    def _enter(self, kind: str, what: Mapping[str, Any]) -> Entry:
        with self._writing():
            return self.journal.write(kind, what)

    @contextmanager
    def _writing(self) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            raise CaseError.cannot_write(self.folder, error) from error

    @property
    def _kept(self) -> dict[str, Kept]:
        return telling.kept(self.journal.entries())

    def _identity(self, given: str) -> str:
        return keeping.identity(given, self._kept)

    def finding(self, identity: str) -> Finding:
        """Return a kept finding, whole.

        Raises
        ------
        CaseError
            If there is no such finding, or its files were altered.
        """
        return keeping.finding(self.folder, self._identity(identity), self.journal.entries())

    def figures(self, identity: str) -> "list[go.Figure]":
        """Return the figures that were kept with a finding.

        Raises
        ------
        CaseError
            If there is no such finding, or its files were altered.
        """
        return keeping.figures(self.folder, self._identity(identity), self.journal.entries())

    @property
    def findings(self) -> pd.DataFrame:
        """The kept findings, a row each, best first and withdrawn ones last.

        Columns: those of `Report.to_frame`, before them `id`, behind them `starred`, `comments` (a list), `withdrawn`
        (why, "" where it holds), `kept` (UTC), `sha256`.
        """
        return keeping.frame(self._kept.values(), self.folder, self.journal.entries())

    @property
    def timeline(self) -> pd.DataFrame:
        """What was loaded, asked, found and said, when, and by which version, a row each.

        Columns: `number`, `time` (UTC), `kind`, `what` (a sentence), `flowkit` (version), `sha256` (of the entry).
        """
        return telling.timeline(self.journal.entries())

    def verify(self, *, head: str | None = None) -> Verification:
        """Check the whole case from the disk: each entry of the journal, the hash of each file, and what else is there.

        Parameters
        ----------
        head
            A hash of the journal that was written down before, such as in a report: it must still be in it. Without
            it, whoever can write to the folder could have written all of it anew.

        Returns
        -------
        Verification
            ``ok``, ``problems`` (the first that does not match first), ``checked``, ``head``.
        """
        return verifying.verified(self.journal, head=head)

    def __fspath__(self) -> str:
        """Return the path as it was given: a case can stand wherever its folder can."""
        return self.said

    def __repr__(self) -> str:
        """Return the code that opens it."""
        return f"fk.case({self.said!r})"

    def __str__(self) -> str:
        """Return what it holds, in a sentence."""
        entries = self.journal.entries()
        kept = telling.kept(entries).values()
        held = sum(not one.withdrawn for one in kept)
        counted = (
            several(sum(one.kind == "loaded" for one in entries), "load"),
            several(sum(one.kind == "run" for one in entries), "run"),
            several(held, "finding"),
        )
        more = f" ({len(kept) - held:,} withdrawn)" if len(kept) > held else ""
        return f"Case {self.name}: {', '.join(counted)}{more}. Journal: {several(len(entries), 'entry', 'entries')}."

    def _repr_html_(self) -> str:
        rows = [("case", str(self)), ("folder", self.said), ("last hash", self.head)]
        cells = "".join(f"<tr><th>{name}</th><td>{escape(value)}</td></tr>" for name, value in rows)
        return f"<table>{cells}</table>"


def _said(text: str) -> str:
    if not str(text).strip():
        raise CaseError("nothing is said. Write a sentence that others will understand.")
    return str(text)
