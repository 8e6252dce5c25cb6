"""What was loaded into a case, kept as JSON, and the flows that all of it makes up."""

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from flowkit.errors import CaseError
from flowkit.flows import Flows
from flowkit.loading import Loaded
from flowkit.store import Content
from flowkit.wording import several

FOLDER: Final = "loads"
_COUNTS: Final = ("bytes", "lines", "headers", "records", "nodata", "skipdata", "refused")


@dataclass(frozen=True, kw_only=True)
class Load:
    """What was asked of a load, and what became of each object.

    Attributes
    ----------
    code
        The line of Python that did it.
    parameters
        What was asked, beside the source.
    log_format
        The format of headerless lines, "" for the default.
    inside
        CIDR blocks that are inside, as given.
    inventory
        The folder of the snapshot's documents in the case, "" for none.
    taken, taken_from
        When the snapshot was taken, as text, and what says so.
    ranges
        When AWS published the address ranges that were known then, as text.
    scope
        What the flows were narrowed to, as code.
    notes
        What to know of the result, a sentence each.
    objects
        Of each object: ``name``, ``sha256``, ``read_as``, the counts of its lines, ``duplicate_of``, ``note``,
        ``etag``, ``version_id``.
    """

    code: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    log_format: str = ""
    inside: tuple[str, ...] = ()
    inventory: str = ""
    taken: str = ""
    taken_from: str = ""
    ranges: str = ""
    scope: str = "Scope()"
    notes: tuple[str, ...] = ()
    objects: tuple[dict[str, Any], ...] = ()

    @classmethod
    def read(cls, path: Path) -> Self:
        """Read a load from its file.

        Raises
        ------
        CaseError
            If it is not as it was written.
        """
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            lists = {name: tuple(values[name]) for name in ("inside", "notes", "objects")}
            return cls(**{**values, **lists})
        except (OSError, ValueError, LookupError, TypeError) as error:
            raise CaseError.altered(path.parents[1], f"{FOLDER}/{path.name} cannot be read ({error})") from error

    @property
    def totals(self) -> dict[str, int]:
        """The counts of all objects, a copy of another one not counted again."""
        once = [one for one in self.objects if not one["duplicate_of"]]
        return {"objects": len(self.objects), **{name: sum(one[name] for one in once) for name in _COUNTS}}


def described(loaded: Iterable[Loaded]) -> tuple[dict[str, Any], ...]:
    """Return what became of each object, as plain values."""
    return tuple(
        {
            "name": item.name, "sha256": item.content.sha256 if item.content else None,
            "read_as": item.content.read_as if item.content else "",
            **{name: getattr(item.content, name, 0) for name in _COUNTS},
            "duplicate_of": item.duplicate_of, "note": item.note, "etag": item.etag, "version_id": item.version_id,
        }
        for item in loaded
    )  # fmt: skip


def joined(loads: Sequence[Load], contents: Mapping[tuple[str, str], Content], folder: Path) -> list[Loaded]:
    """Return the objects of all loads: of each name its latest state, of the same bytes one that counts.

    Raises
    ------
    CaseError
        If the store holds no longer what a load brought.
    """
    latest: dict[str, dict[str, Any]] = {}
    for load in loads:
        for one in load.objects:
            if one["sha256"] or not latest.get(one["name"], {}).get("sha256"):
                latest[one["name"]] = one
    read_as = {one["sha256"]: one["read_as"] for one in latest.values()}
    first: dict[str, str] = {}
    found = []
    for name, one in latest.items():
        sha256 = one["sha256"]
        content = contents.get((sha256, read_as[sha256])) if sha256 else None
        if sha256 and content is None:
            raise CaseError.altered(folder, f"its records of {name} are gone")
        copy_of = first.setdefault(sha256, name) if sha256 else name
        copied = None if copy_of == name else copy_of
        found.append(Loaded(name, content, copied, one["note"], one["etag"], one["version_id"]))
    return found


def notes(loads: Sequence[Load]) -> list[str]:
    """Return what to know of the flows of all loads, a sentence each."""
    found = [note for load in loads for note in load.notes]
    states: dict[str, set[str]] = {}
    for load in loads:
        for one in load.objects:
            if one["sha256"]:
                states.setdefault(one["name"], set()).add(one["sha256"])
    changed = sum(len(hashes) > 1 for hashes in states.values())
    if changed:
        found.append(f"Loaded in more than one state: {several(changed, 'object')}; the latest counts.")
    if len({load.inventory for load in loads if load.inventory}) > 1:
        found.append("Several inventories were loaded; the latest is used.")
    if len({load.scope for load in loads}) > 1:
        found.append("The loads asked for different scopes; these are all records of all of them.")
    return list(dict.fromkeys(found))


def scope_of(loads: Sequence[Load]) -> str:
    """Return the scope, as code, that all loads asked for; that of all records where they differ."""
    scopes = {load.scope for load in loads}
    return scopes.pop() if len(scopes) == 1 else "Scope()"


def latest(loads: Sequence[Load], name: str) -> Any:  # noqa: ANN401 - the field's
    """Return a field of the latest load that has it, else its default."""
    return next((value for load in reversed(loads) if (value := getattr(load, name))), getattr(Load, name, ()))


def asked(flows: Flows) -> tuple[str, tuple[str, ...]]:
    """Return what flows are narrowed to, as code, and which blocks were given as inside."""
    return repr(flows.scope), tuple(map(str, flows.identities.knowledge.inside))
