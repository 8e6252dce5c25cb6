"""The case, and what may be handed over of it."""

from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from os import PathLike
from typing import TYPE_CHECKING

from flowkit.api.flows import load

if TYPE_CHECKING:
    from flowkit.casefile import Case
    from flowkit.redaction import RedactionReport


def case(path: "str | PathLike[str]") -> "Case":
    """Open a case, or begin one: a folder that holds an investigation and can be handed over.

    Parameters
    ----------
    path
        A folder, or a name such as ``INC-1234``: a folder of the working directory. It is made when it is first used,
        readable by you only.

    Returns
    -------
    Case
        ``load``, ``flows``, ``run``, ``keep``, ``findings``, ``timeline``, ``verify``, ``compare`` and more.

    Raises
    ------
    CaseError
        If it is no folder, cannot be written, or was written by a newer flowkit.

    Notes
    -----
    Its journal proves that nothing was changed afterwards only together with its last hash, written down elsewhere:
    whoever can write to the folder can write all of it anew.

    Examples
    --------
    >>> import tempfile
    >>> folder = tempfile.TemporaryDirectory()
    >>> incident = case(f"{folder.name}/INC-1234")
    >>> flows = incident.load("sample", inventory="sample")
    >>> report = incident.run("connectivity", source="10.0.1.10", destination="10.0.2.20", port=5432)
    >>> identity = incident.keep(report.findings[0], note="the ACL since 08:14")
    >>> incident.findings[["kind", "severity", "comments"]].to_dict("records")
    [{'kind': 'connectivity', 'severity': 'high', 'comments': ['the ACL since 08:14']}]
    >>> incident.verify().ok
    True
    """
    from flowkit.casefile import opened

    return opened(path)


def redact(  # noqa: PLR0913 - each is a thing to say of a redaction, by name
    source: str | PathLike[str],
    target: str | PathLike[str],
    *,
    key: str | PathLike[str] | bytes,
    keep: str | Iterable[str] = (),
    shift: int | timedelta | None = None,
    names: Iterable[str] = (),
    inventory: str | PathLike[str] | None = None,
    inside: str | Iterable[str] | None = None,
    log_format: str | None = None,
) -> "RedactionReport":
    """Write a copy that tells nothing of whom it is about, and in which playbooks find the same.

    Parameters
    ----------
    source
        Flow logs, a folder of them, a case, a report, an executed notebook; or ``"sample"``.
    target
        Where to write; it must not be there.
    key
        A file that `flowkit.redaction.new_key` wrote. Who has it can undo the redaction.
    keep
        Blocks whose addresses stay as they are.
    shift
        By how many weeks times move; by default the key decides.
    names
        Words to rename everywhere, beside those of tags and ids that are found.
    inventory, inside, log_format
        As in `load`: an inventory's names are renamed, too.

    Returns
    -------
    RedactionReport
        What was replaced, by kind, and what was looked through for anything left.

    Raises
    ------
    RedactionError
        If the key is none, *target* is there, or anything of the original would be left; nothing is written then.

    Notes
    -----
    See `flowkit.redaction.redact` for what becomes of what. A lone report or notebook does not tell all names that it
    holds: give the inventory, or *names*.
    """
    from flowkit import redaction

    return redaction.redact(
        source, target, key=key, keep=keep, shift=shift, names=names, inventory=inventory,
        load=partial(load, inside=inside), log_format=log_format,
    )  # fmt: skip
