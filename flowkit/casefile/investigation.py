"""The case: what is loaded, asked and found in an investigation, in a folder that can be handed over."""

import json
import os
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from functools import cached_property
from importlib.metadata import version
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pandas as pd

from flowkit import playbooks
from flowkit.casefile import bringing, copying, files, keeping, knowing, recording, reopening, telling
from flowkit.casefile.contents import CaseReport
from flowkit.casefile.copying import CaseWarning
from flowkit.casefile.loads import Load
from flowkit.casefile.recording import Recording
from flowkit.errors import CaseError
from flowkit.flows import HANDED_UP, MOST_BROUGHT, Flows
from flowkit.formats import LogFormat
from flowkit.playbooks import Finding, Report
from flowkit.playbooks.written import Document, Written
from flowkit.store import Store

if TYPE_CHECKING:
    import plotly.graph_objects as go

    from flowkit.sources import LogObject

LAYOUT: Final = 1
"""Changes whenever an older flowkit could not read a case any more."""
_PRIVATE: Final = 0o700


@dataclass(frozen=True, eq=False, repr=False)
class Case(Written, Recording):
    """An investigation in a folder: flows, ledger, inventory, findings, notes, scopes, and the journal of it all.

    Everything that is loaded, run, kept or said is entered in the journal, whose entries are chained by their hashes;
    `verify` checks them and every file. Several notebooks may read a case while one writes to it.

    Attributes
    ----------
    folder
        Where it is.
    said
        The path as it was given.
    """

    @property
    def store(self) -> Store:
        """Where the records are."""
        self.settle()
        return Store(self.folder, self._publish)

    def _publish(self, partial: Path, final: Path) -> None:
        kind = "stored" if final.parent.name == "segments" else "derived"
        self.journal.write(kind, {}, staged=partial, place=final)

    def load(self, source: Any, *, keep_raw: bool = False, **options: Any) -> Flows:  # noqa: ANN401 - as `flowkit.load`
        """Load flow logs into the case.

        Parameters
        ----------
        source, **options
            As in `flowkit.load`.
        keep_raw
            Also keep the objects themselves, under their hashes. Remote ones are kept as they are fetched; those that
            were loaded before without it are fetched once more.

        Returns
        -------
        Flows
            What was loaded now; `flows` is all that ever was.

        Raises
        ------
        SourceError, FormatError, AwsError, ScopeError, InventoryError, AddressError
            As in `flowkit.load`.
        CaseError
            If the case cannot be written, or was altered.
        """
        flows: Flows = HANDED_UP["load"](source, case=self, keep_raw=keep_raw, **options)
        return flows

    def bring(self, flows: Flows, *, limit: int = MOST_BROUGHT) -> Flows:
        """Bring records that lie in another engine (Athena, Spark, a table) into the case, where they stay.

        Of the window and resources in scope all records come, as one Parquet object with its hash: the case opens
        without that engine from then on. ``fk.plan(flows)`` says before what it takes.

        Parameters
        ----------
        flows
            Such as ``fk.load("athena://…")`` or ``fk.connect(…)``, narrowed to what matters.
        limit
            How many records at most; see `Flows.materialise`.

        Returns
        -------
        Flows
            The same flows, from the case.

        Raises
        ------
        CaseError
            If they were loaded from objects, or the case cannot be written, or was altered.
        QueryError
            If there are more records, or the engine refuses.
        """
        known = flows.identities
        given = {"inventory": known.snapshot, "inside": known.knowledge.inside or None}
        return self.load(bringing.object_of(flows, limit), keep_raw=True, **given).within(flows.scope)

    def enrich(
        self, *, lists: "Iterable[str | PathLike[str]]" = (), databases: "Iterable[str | PathLike[str]]" = ()
    ) -> Flows:
        """Keep the user's lists and databases in the case, so that `flows` knows them wherever it is opened.

        Parameters
        ----------
        lists, databases
            Files, as in `flowkit.enriched`. They take the place of those given before; none given, none is known.

        Returns
        -------
        Flows
            `flows`, with what the files say of addresses.

        Raises
        ------
        AddressError
            If a file cannot be understood; nothing is entered.
        CaseError
            If nothing was loaded, a file cannot be read, or the case cannot be written.
        """
        given = {"lists": list(lists), "databases": list(databases)}
        HANDED_UP["known"](self.flows.origin, None, **given)  # refuses what cannot be understood
        with self._writing():
            knowing.enter(self.journal, given)
        return self.flows

    def entered(
        self,
        read: "Callable[[Sequence[LogObject]], Flows]",
        objects: "Sequence[LogObject]",
        parameters: Mapping[str, Any],
        log_format: LogFormat | None,
        *,
        keep_raw: bool = False,
    ) -> Flows:
        """Have objects loaded, and enter that in the journal; `flowkit.load` does so.

        Parameters
        ----------
        read
            Loads objects into `store`.
        objects, parameters, log_format, keep_raw
            What is to be loaded, what was asked, the format given for headerless lines, and whether to keep objects.

        Raises
        ------
        CaseError
            If the case cannot be written, or was altered.
        """
        with ExitStack() as stack:
            with self._writing():
                copies = stack.enter_context(files.staging(self.folder)) if keep_raw else None
            given = copying.copied(objects, copies) if copies else objects
            flows = read(given)
            with self._writing():
                more = {"keep_raw": True} if keep_raw else {}
                reopening.enter(self.journal, flows, {**parameters, **more}, log_format)
                if copies:
                    copying.keep_raw(flows.origin.loaded, given, copies, self.journal)
        return replace(flows, origin=replace(flows.origin, record=self._enter_run))

    @property
    def loads(self) -> tuple[Load, ...]:
        """What was loaded, oldest first.

        Raises
        ------
        CaseError
            If the case was altered.
        """
        return reopening.done(self.journal)

    @property
    def flows(self) -> Flows:
        """All that was loaded, from the case alone, with the inventory and what is inside as they were then.

        The lists and databases of the last `enrich` are known in them.

        Of an object that was loaded in several states the latest counts. Where all loads asked for the same scope, the
        flows are narrowed to it.

        Raises
        ------
        CaseError
            If nothing was loaded, or the case was altered.
        """
        done = self.loads
        if not done:
            raise CaseError(f"nothing has been loaded in the case {self.folder} yet. Load something: case.load(...).")
        known = knowing.latest(self.journal)
        key = (*map(repr, done), repr(known))
        if key not in self._opened:
            self._opened.clear()
            found = reopening.reopened(done, self.store, self.folder, self.said, known)
            self._opened[key] = replace(found, origin=replace(found.origin, record=self._enter_run))
        return self._opened[key]

    @cached_property
    def _opened(self) -> dict[tuple[str, ...], Flows]:
        return {}

    @property
    def ledger(self) -> pd.DataFrame:
        """A row per object of `flows`; see `Flows.ledger`."""
        return self.flows.ledger

    def run(self, name: str, **parameters: Any) -> Report:  # noqa: ANN401 - the playbook's own
        """Run a playbook on all flows of the case; see `flowkit.playbooks.run`.

        Runs on any flows of the case are entered in its journal: ``fk.playbooks.run(name, case.flows.narrow(…))`` too.
        """
        return playbooks.run(name, self.flows, **parameters)

    def _enter_run(self, name: str, parameters: Mapping[str, Any], report: Report) -> None:
        try:
            self._enter("run", keeping.run(name, parameters, report))
        except CaseError as error:
            warnings.warn(f"this run is not entered in the journal: {error}", CaseWarning, stacklevel=4)

    def keep(self, finding: Finding | str, note: str = "", figures: "Iterable[go.Figure]" = ()) -> str:
        """Keep a finding with its evidence, and return its id.

        Parameters
        ----------
        finding
            A finding of a report; or the hash, or its beginning, of one that a run in the journal gave: that playbook
            is then run again.
        note
            The first comment on it.
        figures
            Figures that show it, such as those of the report's steps.

        Raises
        ------
        CaseError
            If the case cannot be written, or was altered; or no run gave a finding with that hash.
        """
        found = keeping.again(finding, self.journal, self) if isinstance(finding, str) else finding
        with self._writing():
            return keeping.keep(found, note, list(figures), self.journal)

    def report(self) -> CaseReport:
        """Return everything a report of the case says, as values.

        Raises
        ------
        CaseError
            If the case was altered.
        """
        entries, about = self.journal.entries(), self.about
        every = [(one, keeping.finding(self.folder, one.id, entries)) for one in telling.kept(entries).values()]
        every.sort(key=lambda pair: -pair[1].score)
        return CaseReport(
            name=str(about["name"]), created=str(about["created"]), flowkit=version("vpc-flowkit"),
            findings=tuple(pair for pair in every if not pair[0].withdrawn),
            withdrawn=tuple(pair for pair in every if pair[0].withdrawn),
            notes=telling.notes(entries),
            scopes=self.scopes, ledger=self.ledger if any(one.kind == "loaded" for one in entries) else None,
            timeline=telling.timeline(entries), head=self.head,
        )  # fmt: skip

    def document(self) -> Document:
        """Return what is written to a file, as `to_html` and the like do; see `report` for the values.

        Raises
        ------
        CaseError
            If the case was altered.
        """
        from flowkit.casefile.page import document

        return document(self)

    def compare(self, other: "Case | str | os.PathLike[str]") -> pd.DataFrame:
        """Return findings and objects of this case and another, by their hashes.

        Findings are those that were kept, and those that any run of a playbook gave: so a second analyst who loads the
        same objects and runs the same playbooks has all of them in both.

        Returns
        -------
        DataFrame
            ``what`` (``finding`` or ``object``), ``where`` (``both``, ``here`` or ``there``), ``sha256``, ``told`` (the
            finding's severity and summary, the object's name).

        Raises
        ------
        CaseError
            If there is no other case there, or one of the two was altered.
        """
        there = other if isinstance(other, Case) else opened(other, create=False)
        return telling.compared(self._hashes(), there._hashes())  # noqa: SLF001 - another case's

    def _hashes(self) -> tuple[dict[str, str], dict[str, str]]:
        objects = [one for load in self.loads for one in load.objects]
        return telling.findings_told(self.journal.entries()), telling.objects_told(objects)


def opened(path: "Case | str | os.PathLike[str]", *, create: bool = True) -> Case:
    """Return the case in a folder, which is begun where there is none and *create* allows; see `flowkit.case`."""
    if isinstance(path, Case):
        path.settle()
        return path
    said = os.fspath(path)
    case = Case(Path(said).expanduser().absolute(), said)
    try:
        if not said.strip() or (case.folder.exists() and not case.folder.is_dir()):
            raise CaseError(f"{said!r} is no folder. A case is a folder: fk.case('INC-1234').")
        if create:
            case.folder.mkdir(mode=_PRIVATE, parents=True, exist_ok=True)
            _begin(case)
        elif not (case.folder / recording.ABOUT).exists() and not case.journal.path.exists():
            raise CaseError.missing(said)
    except (OSError, ValueError) as error:  # too long, a null byte
        refused = error if isinstance(error, OSError) else OSError(str(error))
        raise CaseError.cannot_write(said, refused) from error
    _refuse_newer(case)
    case.settle()
    return case


def _begin(case: Case) -> None:
    """Begin a case in a folder that is none yet; records that were loaded there before are taken into its journal."""
    if (case.folder / recording.ABOUT).exists() or (case.journal.path.exists() and not _begun_anew(case)):
        return
    entry = case.journal.head().next("created", {})
    about = {"layout": LAYOUT, "name": case.folder.name, "created": entry.time, "flowkit": entry.flowkit}
    with files.staging(case.folder) as staged:
        (staged / recording.ABOUT).write_text(json.dumps(about, indent=1) + "\n", encoding="utf-8")
        try:
            case.journal.write("created", about, staged=staged, place=case.folder)
        except FileExistsError:
            return  # another process was faster
    before = {f"{one.name}/{name}" for one in case.folder.glob("flows-v*") for name in files.below(one)}
    if found := sorted(name for name in before if f"/{files.STAGED}" not in name):
        case.journal.adopt(found)


def _begun_anew(case: Case) -> bool:
    """Finish what was cut short; return whether the case is still to be begun."""
    try:
        case.journal.settle()
        return all(one.kind == "set_aside" for one in case.journal.entries())
    except CaseError:
        return False  # which is told when it is verified or written to


def _refuse_newer(case: Case) -> None:
    """Refuse a case of a newer layout; one whose case.json was altered is left to `verify`."""
    try:
        about = case.about
        if about["layout"] == LAYOUT:
            return
        written = next(
            one.files[recording.ABOUT]["sha256"] for one in case.journal.entries() if recording.ABOUT in one.files
        )
        altered = files.hashed(case.folder / recording.ABOUT)["sha256"] != written
    except (CaseError, StopIteration):
        return
    if not altered:
        raise CaseError.newer(case.said, about["layout"], about["flowkit"])
