"""What traffic did against the declaration: grouped by segments and service, graded, with its rows.

Severity says what to do: ``high`` now, ``medium`` today, ``low`` when there is time, ``info`` nothing: the control
held, or somebody answers for it.
"""

from collections.abc import Iterator
from typing import Any, Final

import pandas as pd

from flowkit.playbooks.compliance.found import bare, few, first_of, found, port_of, protocol_of, service_of, sizes
from flowkit.playbooks.compliance.review import Review
from flowkit.playbooks.finding import SEVERITIES, Finding, Step
from flowkit.wording import several

_INTERNET: Final = "internet"
_SERVICES: Final = 10
"""Services of a pair of segments that are told one by one; with more, as of a scan, the pair is one finding."""
_PAIR: Final = ["client_segment", "server_segment"]
_SERVICE: Final = ["server_port", "protocol"]
_SURE: Final = ("high", "medium")
_MOST_STOPPED: Final = 100
"""Rows of what the network stopped that go into a finding; all are in the table of the step."""
_ENDPOINT: Final = "An AWS service that the host needs: a VPC endpoint would keep it off the internet."
_VENDOR: Final = "Updates, licences or time from a vendor: name them in the policy."


def breaches(case: Review, taken: dict[str, Step]) -> Iterator[Finding]:
    """Yield what passed against the policy, what it excepts, and what the network stopped."""
    frame, egress = bare(taken["segmented"].table), bare(taken["left"].table)
    if "rule" not in frame:
        return
    known = case.flows.identities.table
    inside = frozenset(known.address[known.place == "inside"])
    out = (frame.verdict == "forbidden") & (frame.server_segment == _INTERNET)
    if out.any():
        yield from _egress(case, frame[out], egress)
    for verdict, rows in frame[~out].groupby("verdict", sort=False):
        for _pair_of, own in rows.groupby(_PAIR, sort=False):
            single = len(own[_SERVICE].drop_duplicates()) <= _SERVICES
            groups = own.groupby(_SERVICE, sort=False, dropna=False) if single else ((None, own),)
            for _services, one in groups:
                yield _pair(str(verdict), one, inside)


def _pair(verdict: str, rows: pd.DataFrame, inside: frozenset[str]) -> Finding:
    """Return the finding of a pair of segments, on one service or on many."""
    first, services = first_of(rows), rows[_SERVICE].drop_duplicates()
    single = len(services) == 1
    what = service_of(first) if single else f"{len(services):,} services"
    ends = f"{first['client_segment']} to {first['server_segment']}, {what}"
    said = {
        "forbidden": f"{ends}: forbidden by {first['rule']}{_line(first)}, and let through{_by(rows)}",
        "unsure": f"{ends}: forbidden by {first['rule']}{_line(first)} if the client is told rightly",
        "excepted": f"{ends}: excepted, {first['owner']} answers for it until {first['until']}{_line(first)}",
        "stopped": f"{ends}: forbidden by {first['rule']}{_line(first)}, and stopped: the control held",
    }[verdict]
    size = several(int(rows.conversations.sum()), "conversation")
    shown = rows.head(_MOST_STOPPED) if verdict == "stopped" else rows
    outward = first["client"] in inside and first["server"] not in inside
    near, far = ("client", "server") if outward else ("server", "client")
    return found(
        "segmented", "segmentation", _grade(verdict, rows), str(first[near]), f"{said}; {size}", shown, peers=rows[far],
        port=port_of(first) if single else None, protocol=protocol_of(first) if single else "",
        contradicting=_doubt(rows), innocent_explanations=_INNOCENT[verdict],
        next_steps=_mend(first) if verdict == "forbidden" else (), **sizes(rows, outward=outward),
    )  # fmt: skip


_INNOCENT: Final[dict[str, tuple[str, ...]]] = {
    "forbidden": (
        "The policy lacks a rule for what is needed: add it with its reason, or an exception with an owner.",
    ),
    "unsure": ("The other end opened it: of long connections and protocols without ports the log may not tell.",),
    "excepted": (),
    "stopped": (),
}


def _line(row: Any) -> str:  # noqa: ANN401 - a row of a frame
    return "" if pd.isna(row["line"]) else f" (line {int(row['line'])} of the policy)"


def _by(rows: pd.DataFrame) -> str:
    rules = sorted({one for text in rows.admitted_by for one in text.split(", ") if one})
    return f" by {', '.join(rules[:5])}" if rules else ""


def _grade(verdict: str, rows: pd.DataFrame) -> str:
    """Return how grave rows are together: as grave as the gravest."""
    if verdict != "forbidden":
        return "low" if verdict == "unsure" else "info"
    return str(max(_grades(rows).unique(), key=SEVERITIES.index))


def _grades(rows: pd.DataFrame) -> "pd.Series[str]":
    """Return how grave each row is: what the policy denies by name, or lets nobody from the internet do, is for now."""
    named = rows.rule.str.startswith("deny ") | (rows.client_segment == _INTERNET)
    grave = named & (rows.bytes_to_client > 0)
    medium = pd.Series("medium", index=rows.index)
    return medium.mask(grave, "high").mask(~rows.opened_by_confidence.isin(_SURE), "low")


def _doubt(rows: pd.DataFrame) -> tuple[str, ...]:
    weak = int((~rows.opened_by_confidence.isin(_SURE)).sum())
    silent = int((rows.bytes_to_client == 0).sum())
    told = (
        (weak, f"In {several(weak, 'row')} of {len(rows):,} it is a guess who opened the conversation."),
        (silent, f"In {several(silent, 'row')} of {len(rows):,} nothing came back."),
    )
    return tuple(text for count, text in told if count)


def _mend(row: Any) -> tuple[str, ...]:  # noqa: ANN401 - a row of a frame
    rules = [one for one in str(row["admitted_by"]).split(", ") if one.startswith("sgr-")][:3]
    look = tuple(
        f"aws ec2 describe-security-group-rules --security-group-rule-ids {one}  # to look: what let it in"
        for one in rules
    )
    return look or ("flowkit inventory FOLDER  # to look: which groups the two hosts have",)


def _way(path: str, via: str) -> str:
    """Return by which address a host's packets went out, in words; "" where that is not known."""
    told = {"translated": f", by the address of {via}", "public address": ", by a public address of its own"}
    return told.get(path, "")


def _egress(case: Review, forbidden: pd.DataFrame, egress: pd.DataFrame) -> Iterator[Finding]:
    """Yield the egress of hosts whose segment must not: to AWS services apart, which an endpoint would carry."""
    known = case.flows.identities.table.drop_duplicates("address").set_index("address").aws_service
    forbidden = forbidden.assign(service=forbidden.server.map(known).astype("str").fillna(""))
    to_aws = forbidden.service != ""
    grades, groups = _grades(forbidden).mask(to_aws, "low"), forbidden.client + to_aws.map({True: " AWS", False: ""})
    ways = {one.host: _way(str(one.path), str(one.via)) for one in egress.itertuples()}
    for severity, rows, many in few(forbidden, grades, groups):
        first, services = first_of(rows), sorted(set(rows.service) - {""})
        where = (
            f"addresses of AWS {', '.join(services)}"
            if services
            else several(rows.server.nunique(), "address", "addresses")
        )
        others = f" and {many - 1:,} more hosts" if many > 1 else ""
        what = (
            f"{first['client_segment']} to the internet{others}, {where}{ways.get(first['client'], '')}: forbidden by "
            f"{first['rule']}{_line(first)}; {several(int(rows.conversations.sum()), 'conversation')}, "
            f"{int(rows.bytes_to_server.sum()):,} B out"
        )
        single = len(rows[_SERVICE].drop_duplicates()) == 1
        yield found(
            "left", "direct_egress", severity, str(first["client"]), what, rows, peers=rows.server,
            port=port_of(first) if single else None, protocol=protocol_of(first) if single else "",
            contradicting=_doubt(rows), innocent_explanations=(_ENDPOINT if services else _VENDOR,),
            next_steps=(f"flowkit run exfiltration PATH --narrow address={first['client']}  # to look: what left",),
            **sizes(rows, outward=True),
        )  # fmt: skip
