"""From tables to suspicions: how grave each is, what speaks for it and against, and what to do next.

Severity says what to do: ``high`` now, ``medium`` today, ``low`` when there is time, ``info`` nothing. Every open
address is scanned all day, so knocking from outside is grave only where something was found, or somebody got in; a host
inside that scans is grave itself.
"""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pandas as pd

from flowkit.analysis import conversation_rules
from flowkit.playbooks.hunting import Hunt, Suspicion, Taken, port_of, protocol_of
from flowkit.wording import several

_SURE, _LIKELY = 0.6, 0.45
"""Scores of a detector from which a suspicion is worth acting on now, and looking at today."""
_ACCESS: Final = 64 * 2**10
"""Bytes of a conversation after guesses from which it is rather a session than one more guess."""
_PAST: Final = 86_400
"""Seconds of log before the first hop, without which nobody can say that it is new: a day."""
_STEPS: Final = 3
_MOST_RULES: Final = 20


def suspicions(case: Hunt, taken: Taken) -> Iterator[Suspicion]:
    """Yield all suspicions that the steps give."""
    yield from _scans(taken["scanned"].table, taken["swept"].table)
    yield from _guesses(case, taken["guessed"].table)
    yield from _moves(taken["moved"].table)
    yield from _noise(taken["noise"].table)


def _scans(scans: pd.DataFrame, sweeps: pd.DataFrame) -> Iterator[Suspicion]:
    """Yield one suspicion for each scanner: its campaigns of either kind are one."""
    rows: list[tuple[str, Mapping[Any, Any]]] = [("port_scan", row) for row in scans.to_dict("records")]
    rows += [("sweep", row) for row in sweeps.to_dict("records")]
    scanners: dict[str, list[tuple[str, Mapping[Any, Any]]]] = {}
    for kind, row in rows:
        scanners.setdefault(str(row["scanner"]), []).append((kind, row))
    for scanner, many in scanners.items():
        (kind, row), *others = sorted(many, key=lambda one: -one[1]["score"])
        yield _scan(scanner, kind, row, others)


def _scan(scanner: str, kind: str, row: Mapping[Any, Any], others: list[tuple[str, Mapping[Any, Any]]]) -> Suspicion:
    inside, found = row["scanner_place"] == "inside", row["answered"] > 0
    severity = "low" if found else "info"
    if inside:
        severity = "high" if row["score"] >= _SURE else "medium" if row["score"] >= _LIKELY else "low"
    also = tuple(
        f"Also a {other.replace('_', ' ')} of {_wide(more, other)}, from {more['first']:%Y-%m-%d %H:%M}Z."
        for other, more in others
    )
    against = () if found else ("Nothing it tried passed data.",)
    return Suspicion(
        kind=kind, subject=scanner, peer=list(row["peer"]), score=float(row["score"]), severity=severity,
        what=f"{_wide(row, kind)}, {row['calls']:,} calls, {row['answered']:,} answered", row=row,
        port=port_of(row) if kind == "sweep" else None, technique="T1046" if inside else "T1595.001",
        for_it=also, against=against, next_steps=_look(scanner, inside=inside),
        innocent=("A vulnerability scanner, monitoring or discovery of your own.",),
    )  # fmt: skip


def _wide(row: Mapping[Any, Any], kind: str) -> str:
    """Return how wide a campaign went."""
    if kind == "port_scan":
        return f"{several(int(row['ports']), 'port')} of {several(int(row['scanned']), 'host')}"
    return f"port {_text(row['port'])} of {several(int(row['hosts']), 'host')}"


def _guesses(case: Hunt, frame: pd.DataFrame) -> Iterator[Suspicion]:
    for place, row in enumerate(frame.to_dict("records")):
        access = bool(row["access_after"]) and not row["clock"]
        what = f"{row['attempts']:,} attempts, {row['attempts_per_minute']:.0f} a minute"
        severity = "medium" if row["score"] >= _LIKELY and not row["clock"] else "low"
        if access:
            what += f"; then a conversation of {int(row['access_bytes']):,} B at {row['access_at']:%Y-%m-%d %H:%M:%S}Z"
            severity = "high" if row["access_bytes"] >= _ACCESS and row["score"] >= _LIKELY else "medium"
        rule = _rule(case, row) if place < _MOST_RULES else ()
        yield Suspicion(
            kind="access_after_attempts" if access else "brute_force", subject=row["attacker"], peer=row["target"],
            score=float(row["score"]), severity=severity, what=what, row=row, port=port_of(row),
            protocol=protocol_of(row), technique="T1078" if access else "T1110", for_it=rule, against=_likeness(row),
            innocent=("A job or a monitor that logs in often.", "A client with an old password."),
            next_steps=(
                *_look(row["target"], inside=row["target_place"] == "inside"),
                "last -F -n 50; lastb -F -n 50  # to look: on the target: who logged in, and who tried",
            ),
        )  # fmt: skip


def _likeness(row: Mapping[Any, Any]) -> tuple[str, ...]:
    if row["clock"]:
        return ("It calls at regular intervals: rather a call home, see the exfiltration playbook, or a monitor.",)
    if not row["access_after"]:
        return ("No conversation of another shape followed; a guess that was right and ended at once looks alike.",)
    return ()


def _rule(case: Hunt, row: Mapping[Any, Any]) -> tuple[str, ...]:
    """Return which rule let it in, where there is a snapshot."""
    snapshot = case.flows.identities.snapshot
    if snapshot is None:
        return ()
    narrowed = case.flows.narrow(address=[row["target"]], srcaddr=[row["attacker"], row["target"]])
    told = conversation_rules(narrowed, snapshot)
    mine = told[(told.client == row["attacker"]) & (told.server == row["target"])]
    rules = sorted({str(rule) for rule in mine.get("rule", pd.Series(dtype=str)).dropna() if rule})
    return (f"Let in by {', '.join(rules)}, by the snapshot.",) if rules else ()


def _moves(frame: pd.DataFrame) -> Iterator[Suspicion]:
    for row in frame.to_dict("records"):
        severity = "medium" if row["score"] >= _LIKELY else "low"
        known = row["history"] >= _PAST
        severity = "high" if row["score"] >= _SURE and row["hosts"] > 1 and known else severity
        ports, steps = ", ".join(map(str, row["ports"])), "; ".join(row["steps"][:_STEPS])
        yield Suspicion(
            kind="lateral_movement", subject=row["origin"], peer=list(row["hops"]), score=float(row["score"]),
            severity=severity, what=f"on to {several(int(row['hosts']), 'host')} over port {ports}: {steps}",
            row=row, port=int(row["ports"][0]) if len(row["ports"]) == 1 else None, protocol="tcp", technique="T1021",
            against=() if known else
            (f"Only {row['history'] / 3600:.1f} h of log went before: these pairs may be old acquaintances.",),
            innocent=("Somebody who administers these hosts, a configuration manager, a backup.",),
            next_steps=_look(row["origin"], inside=True),
        )  # fmt: skip


def _noise(frame: pd.DataFrame) -> Iterator[Suspicion]:
    for row in frame.to_dict("records"):
        yield Suspicion(
            kind="background_noise", subject=row["host"], peer="", score=0.5, severity="info", row=row,
            what=f"{row['calls']:,} attempts by {row['sources']:,} sources on {row['ports']:,} ports came to nothing",
            technique="T1595", bytes_in=int(row["bytes"]),
            innocent=("Every public address hears this all day.",),
        )  # fmt: skip


def _look(address: str, *, inside: bool) -> tuple[str, ...]:
    if not inside:
        return (f"whois {shlex.quote(str(address))}  # to look: whose address it is",)
    found = shlex.quote(f"Name=addresses.private-ip-address,Values={address}")
    return (f"aws ec2 describe-network-interfaces --filters {found}  # to look: whose host it is",)


def _text(value: Any) -> str:  # noqa: ANN401 - a port, or null
    return "-" if pd.isna(value) else f"{int(value)}"
