"""What standards ask to justify whatever was declared: clear text, administration from outside, no encryption.

Severity says what to do: ``high`` now, ``medium`` today, ``low`` when there is time, ``info`` nothing.
"""

from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

from flowkit.analysis.admin import ADMINISTRATION
from flowkit.playbooks.compliance.found import (
    bare,
    few,
    first_of,
    found,
    port_of,
    protocol_of,
    rows_of,
    service_of,
    sizes,
)
from flowkit.playbooks.compliance.review import Review
from flowkit.playbooks.finding import Finding, Step
from flowkit.wording import several

_COMMANDS: Final = frozenset(port for port, _protocol, _name, kind in ADMINISTRATION if kind != "database") | {21}
"""Ports by which a host is told what to do, and FTP: with passwords in the clear, a look today even inside."""
_WORLD: Final = ("0.0.0.0/0", "::/0")


def exposures(case: Review, taken: dict[str, Step]) -> Iterator[Finding]:
    """Yield what passed in the clear, was administered from outside, or was not encrypted."""
    tables = {name: bare(taken[name].table) for name in ("readable", "administered", "segmented", "encrypted")}
    yield from _readable(tables["readable"])
    yield from _administered(case, tables["administered"], tables["segmented"])
    yield from _unencrypted(tables["encrypted"])


def _readable(frame: pd.DataFrame) -> Iterator[Finding]:
    used = frame[frame.established > 0]
    grades = pd.Series([_grade_readable(row) for row in rows_of(used)], dtype="str")
    for severity, rows, many in few(used, grades):
        row = first_of(rows)
        outward = row["server_place"] == "outside" and row["client_place"] != "outside"
        host, peer = (row["client"], row["server"]) if outward else (row["server"], row["client"])
        peers, word = (row["servers"], "server") if outward else (row["clients"], "client")
        what = (
            f"{row['service']} ({service_of(row)}), {several(int(peers), word)}, "
            f"{several(int(row['established']), 'conversation')}: {row['why']} ({row['source']})"
        )
        yield found(
            "readable", "cleartext", severity, host, what if many == 1 else _others(rows, many), rows, peers=(peer,),
            port=port_of(row) if many == 1 else None, protocol=protocol_of(row) if many == 1 else "",
            technique="T1040" if row["exposes"] == "credentials" else "",
            contradicting=("Told by the port alone: what was spoken is not on record.",),
            innocent_explanations=("TLS agreed within the port, or another service on it.",),
            **sizes(rows, outward=outward),
        )  # fmt: skip


def _grade_readable(row: Any) -> str:  # noqa: ANN401 - a row of a frame
    """Return how grave it is: passwords that leave the network now, commands inside today, other passwords later."""
    crosses = "outside" in (row["client_place"], row["server_place"])
    if row["exposes"] == "credentials":
        return "high" if crosses else "medium" if row["server_port"] in _COMMANDS else "low"
    return "low" if crosses else "info"


def _others(rows: pd.DataFrame, many: int) -> str:
    services = ", ".join(list(dict.fromkeys(rows.service))[:5])
    size = several(int(rows.established.sum()), "conversation")
    return f"{services}, {many:,} services of hosts told in one; {size} answered"


def _administered(case: Review, frame: pd.DataFrame, segmented: pd.DataFrame) -> Iterator[Finding]:
    open_to_all = _open_to_all(case)
    undeclared = _undeclared(segmented) if case.policy else None
    grades = [_grade_administered(row, open_to_all, undeclared) for row in rows_of(frame)]
    for severity, rows, many in few(frame, pd.Series(grades, dtype="str")):
        row = first_of(rows)
        held = bool(rows.established.sum())
        what = (
            f"{row['service']} ({service_of(row)}), {several(int(row['clients']), 'client')} outside, "
            f"{int(row['established']):,} of {several(int(row['conversations']), 'conversation')} answered"
            f"{_let_in(row, open_to_all)}"
        )
        declared = undeclared is not None and (row["server"], row["server_port"]) not in undeclared
        yield found(
            "administered", "exposed_admin", severity, row["server"], what if many == 1 else _others(rows, many), rows,
            peers=(row["client"],), port=port_of(row) if many == 1 else None,
            protocol=protocol_of(row) if many == 1 else "", technique="T1133",
            contradicting=_spoken_for(held=held, declared=declared and many == 1),
            innocent_explanations=("Administrators at an address of their own; a scanner that you have hired.",),
            next_steps=(f"flowkit run intrusion PATH --narrow address={row['server']}  # to look: who got in",),
            **sizes(rows, outward=False),
        )  # fmt: skip


def _grade_administered(row: Any, wide: frozenset[tuple[str, int]], undeclared: frozenset[Any] | None) -> str:  # noqa: ANN401 - a row
    """Return how grave it is: a rule for everybody first, what the policy allows or nothing answered last."""
    held, rules = bool(row["established"]), _rules_of(row)
    if any((one, int(row["server_port"])) in wide for one in rules):
        return "high" if held else "medium"
    if undeclared is not None and (row["server"], row["server_port"]) not in undeclared:
        return "info"
    if rules:
        return "low" if held else "info"
    return "medium" if held else "low"


def _rules_of(row: Any) -> list[str]:  # noqa: ANN401 - a row of a frame
    return [one for one in str(row["rule"]).split(", ") if one]


def _let_in(row: Any, open_to_all: frozenset[tuple[str, int]]) -> str:  # noqa: ANN401 - a row of a frame
    rules = _rules_of(row)
    if not rules:
        return ""
    wide = [one for one in rules if (one, int(row["server_port"])) in open_to_all]
    return f", let in by {', '.join(rules)} ({'open to everybody' if wide else 'limited to what the rule names'})"


def _undeclared(segmented: pd.DataFrame) -> frozenset[tuple[str, int]]:
    """Return the servers and ports that somebody reached against the policy, or perhaps did."""
    against = segmented[segmented.verdict.isin(["forbidden", "unsure"])]
    return frozenset(zip(against.server, against.server_port, strict=True))


def _spoken_for(*, held: bool, declared: bool) -> tuple[str, ...]:
    told = ((not held, "Nothing inside answered."), (declared, "The policy allows or excepts it."))
    return tuple(text for holds, text in told if holds)


def _open_to_all(case: Review) -> frozenset[tuple[str, int]]:
    """Return which rules, by their id or their group's, admit everybody to which administration ports."""
    snapshot = case.flows.identities.snapshot
    found_ones = set()
    for one in snapshot.rules if snapshot else ():
        if one.direction != "ingress" or one.cidr not in _WORLD:
            continue
        for port, protocol, _name, _kind in ADMINISTRATION:
            if one.protocol not in (-1, protocol):
                continue
            if one.protocol == -1 or one.first is None or (one.last or one.first) >= port >= one.first:
                found_ones.add((one.rule_id or one.group_id, port))
    return frozenset(found_ones)


def _unencrypted(frame: pd.DataFrame) -> Iterator[Finding]:
    if "bytes" not in frame:
        return
    services = frame.server + " " + frame.server_port.astype("str") + " " + frame.protocol.astype("str")
    for severity, rows, many in few(frame, pd.Series("medium", index=frame.index), services):
        first = first_of(rows)
        others = f" and {many - 1:,} more services" if many > 1 else ""
        what = (
            f"{service_of(first)}{others} with {several(rows.client.nunique(), 'client')}, {int(rows.bytes.sum()):,} B "
            "not encrypted in transit, by AWS's status 0"
        )
        yield found(
            "encrypted", "unencrypted", severity, str(first["server"]), what, rows, peers=rows.client,
            port=port_of(first) if many == 1 else None, protocol=protocol_of(first) if many == 1 else "",
            innocent_explanations=("TLS within the conversation, which AWS does not look into.",),
            next_steps=("aws ec2 describe-vpc-encryption-controls  # to look: what monitor and enforce mode say",),
        )  # fmt: skip
