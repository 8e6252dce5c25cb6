"""A finding of a check: its rows with the controls that they support, its score by its severity."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import pandas as pd

from flowkit.fields import PROTOCOLS
from flowkit.playbooks.compliance.controls import NEVER, supports
from flowkit.playbooks.finding import SEVERITIES, Finding
from flowkit.scope import Scope
from flowkit.wording import sentence

SCORES: Final = {"info": 0.1, "low": 0.3, "medium": 0.55, "high": 0.8, "critical": 0.95}
"""Of each severity; ties go by bytes. Checks have no score of their own: a rule is kept or it is not."""
MOST_PEERS: Final = 50
"""Addresses of a finding that are named; all are in its rows."""
_MOST: Final = 25
"""Findings of one check and severity that are told one by one: as many as somebody goes through."""
_NAMES: Final = {number: name for name, number in PROTOCOLS.items()}


def found(
    check: str, kind: str, severity: str, subject: str, what: str, rows: pd.DataFrame, *, peers: Iterable[str] = (),
    **more: Any,  # noqa: ANN401 - whatever else a finding has
) -> Finding:  # fmt: skip
    """Return a finding of a check.

    Parameters
    ----------
    check
        The step that it comes from.
    what
        A clause: what was found, without who.
    rows
        What it stands on; `first` and `last` in them are when it was seen.
    peers
        The other ends, those that matter most first.
    """
    named = list(dict.fromkeys(peers))[:MOST_PEERS]
    shown = rows.reset_index(drop=True).assign(supports=supports(check))
    shown.attrs = {"caption": f"{sentence(what)} It supports {supports(check)}. {NEVER}"}
    ends = f"{subject} and {named[0]}" if len(named) == 1 else subject
    times = {name: _time(rows, name) for name in ("first", "last") if name not in more}
    summary = f"{kind.replace('_', ' ').capitalize()}, {ends}: {what}."
    peer = named[0] if len(named) == 1 else named
    scope = more.pop("scope", None) or Scope(address=tuple(one for one in (subject, *named) if _is_address(one)))
    return Finding(
        kind=kind, subject=subject, peer=peer or "", severity=severity, score=SCORES[severity], summary=summary,
        supporting=shown, scope=scope, **times, **more,
    )  # fmt: skip


def bare(frame: pd.DataFrame) -> pd.DataFrame:
    """Return a frame without what it says of itself, which pandas would copy with every part of it."""
    copied = frame.copy()
    copied.attrs = {}
    return copied


def few(
    frame: pd.DataFrame, grades: "pd.Series[str]", groups: "pd.Series[str] | None" = None
) -> Iterator[tuple[str, pd.DataFrame, int]]:
    """Yield, of each severity, the rows of the first 25 findings to be one by one, and those of all others together.

    Parameters
    ----------
    frame
        The rows.
    grades
        The severity of each; that of a finding is its gravest row's.
    groups
        What is the same for rows of one finding; without it each row is one.

    Yields
    ------
    tuple
        Severity, rows, and of how many findings they are: 1, but for the others.
    """
    numbers = pd.Series(range(len(frame)) if groups is None else pd.factorize(groups)[0])
    ranks = pd.Series(grades.map(SEVERITIES.index).to_numpy())
    places, worst = numbers.groupby(numbers).indices, ranks.groupby(numbers).max()
    for rank in sorted(worst.unique(), reverse=True):
        many = [places[number] for number in worst.index[worst == rank]]
        yield from ((SEVERITIES[int(rank)], frame.iloc[one], 1) for one in many[:_MOST])
        if rest := many[_MOST:]:
            yield SEVERITIES[int(rank)], frame.iloc[[place for one in rest for place in one]], len(rest)


def _time(rows: pd.DataFrame, name: str) -> Any:  # noqa: ANN401 - a time or None
    if name not in rows or rows[name].isna().all():
        return None
    return rows[name].min() if name == "first" else rows[name].max()


def _is_address(text: str) -> bool:
    return bool(text) and " " not in text and (":" in text or text.count(".") == 3)  # noqa: PLR2004 - dots of IPv4


def port_of(row: Any) -> int | None:  # noqa: ANN401 - a row of a frame
    """Return a row's server port, None without."""
    return None if pd.isna(row["server_port"]) else int(row["server_port"])


def protocol_of(row: Any) -> str:  # noqa: ANN401 - a row of a frame
    """Return a row's protocol by name, "" without."""
    return "" if pd.isna(row["protocol"]) else _NAMES.get(int(row["protocol"]), str(int(row["protocol"])))


def service_of(row: Any) -> str:  # noqa: ANN401 - a row of a frame
    """Return protocol and port of a row as people write them, such as ``tcp 443``."""
    port = port_of(row)
    return " ".join(filter(None, (protocol_of(row), "" if port is None else str(port)))) or "any protocol"


def sizes(rows: pd.DataFrame, *, outward: bool) -> dict[str, int]:
    """Return the bytes of a finding's rows as sent and got by its subject: the client where *outward*."""
    there, back = (int(rows[name].sum()) for name in ("bytes_to_server", "bytes_to_client"))
    return {"bytes_out": there if outward else back, "bytes_in": back if outward else there}


def first_of(rows: pd.DataFrame) -> Any:  # noqa: ANN401 - a mapping
    """Return the first row as a mapping."""
    return rows.head(1).to_dict("records")[0]


def rows_of(frame: pd.DataFrame) -> Iterator[Any]:
    """Yield the rows of a frame as mappings."""
    yield from frame.to_dict("records")
