"""Loads entered in the journal of a case, and the flows that the case alone makes up again."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Final

from flowkit import inventory, scope_code
from flowkit.addresses import ranges
from flowkit.casefile import canonical, copying, files, loads
from flowkit.casefile.journal import Journal
from flowkit.casefile.knowing import Known
from flowkit.casefile.loads import Load
from flowkit.flows import HANDED_UP, Flows
from flowkit.formats import LogFormat
from flowkit.inventory import Snapshot
from flowkit.origin import of_loaded
from flowkit.store import Store

_ID_LENGTH: Final = 16


def enter(journal: Journal, flows: Flows, parameters: Mapping[str, object], log_format: LogFormat | None) -> None:
    """Enter a load in the journal.

    Parameters
    ----------
    journal
        Of the case.
    flows
        What was loaded.
    parameters
        What was asked.
    log_format
        The format that was given for headerless lines.

    Raises
    ------
    OSError
        If the case cannot be written.
    """
    snapshot, known = flows.identities.snapshot, ranges()
    scope, inside = loads.asked(flows)
    load = Load(
        code=flows.origin.code, parameters=canonical.plain(parameters), log_format=str(log_format or ""),
        inside=inside, inventory=copying.inventory(snapshot, journal) if snapshot else "",
        taken=(canonical.plain(snapshot.taken) or "") if snapshot else "",
        taken_from=snapshot.taken_from if snapshot else "", ranges=known.created.isoformat() if known else "",
        scope=scope, notes=flows.origin.notes, objects=loads.described(flows.origin.loaded),
    )  # fmt: skip
    content = json.dumps(vars(load), indent=1, sort_keys=True).encode()
    name = f"{canonical.sha256(content)[:_ID_LENGTH]}.json"
    what = {"code": load.code, "load": name, "parameters": load.parameters, "totals": load.totals}
    place = journal.folder / loads.FOLDER
    if not (place / name).exists():
        with files.staging(journal.folder) as staged:
            (staged / name).write_bytes(content)
            try:
                journal.write("loaded", what, staged=staged, place=place)
            except FileExistsError:
                pass  # another process loaded the very same
            else:
                return
    journal.write("loaded", what)


def done(journal: Journal) -> tuple[Load, ...]:
    """Return what was loaded, oldest first; of the very same load the last.

    Raises
    ------
    CaseError
        If the case was altered.
    """
    names = [str(one.what["load"]) for one in journal.entries() if one.kind == "loaded"]
    last = dict.fromkeys(reversed(names))
    return tuple(Load.read(files.inside(journal.folder, f"{loads.FOLDER}/{name}")) for name in reversed(last))


def reopened(done: Sequence[Load], store: Store, folder: Path, said: str, known: Known) -> Flows:
    """Return the flows of all loads.

    Parameters
    ----------
    done
        The loads, oldest first.
    store
        Where their records are.
    folder, said
        Of the case, and how its path was given.
    known
        The lists and databases in the case.

    Raises
    ------
    CaseError
        If the case holds no longer what was loaded.
    """
    loaded = loads.joined(done, store.index().contents, folder)
    text = loads.latest(done, "log_format")
    code = f"fk.case({said!r}).flows"
    found = of_loaded(loaded, store, LogFormat.parse(text) if text else None, code, _notes(done))
    inside = loads.latest(done, "inside") or None
    flows: Flows = HANDED_UP["known"](found, _snapshot(done, folder, said), inside=inside, **known)
    return flows.within(scope_code.read(loads.scope_of(done)))


def _notes(done: Sequence[Load]) -> list[str]:
    known, then = ranges(), loads.latest(done, "ranges")
    other = [f"AWS's ranges are others than those of {then}, which were known when this was loaded."]
    return loads.notes(done) + (other if then and known and known.created.isoformat() != then else [])


def _snapshot(done: Sequence[Load], folder: Path, said: str) -> Snapshot | None:
    load = next((one for one in reversed(done) if one.inventory), None)
    if load is None:
        return None
    found = inventory.read(files.inside(folder, load.inventory))
    taken = datetime.fromisoformat(load.taken) if load.taken else None
    return replace(found, taken=taken, taken_from=load.taken_from, source=f"{said}/{load.inventory}")
