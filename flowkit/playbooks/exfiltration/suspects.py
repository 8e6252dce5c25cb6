"""From tables to suspicions: how grave each is, what speaks for it and against, and what to do next.

Severity says what to do: ``high`` now, ``medium`` today, ``low`` when there is time, ``info`` nothing. Regularity alone
is never high: clocks, updates and health checks are regular, too. What is recognised is set apart as ``info``.
"""

import shlex
from collections.abc import Iterator, Mapping
from typing import Any, Final

import pandas as pd

from flowkit.playbooks.exfiltration.staging import staged
from flowkit.playbooks.hunting import Hunt, Suspicion, Taken, port_of, protocol_of

_SURE, _LIKELY = 0.75, 0.55
"""Scores from which an upload is worth acting on now, and looking at today."""
_GRAVE: Final = 100 * 2**20
"""Bytes out from which a sure upload is high: a database's worth; below it waits until today."""
_NEW_BYTES: Final = 2**20
_FETCHED: Final = 50
"""Bytes in to out from which a caller rather fetches than tells: TLS asks a kilobyte or two before any answer, so that
this is at least some 100 kB a call, which orders do not need and packages and images do."""
_MOST_NEW, _MOST_LONG = 10, 20
_MOST_STAGED: Final = 10
_TECHNIQUES: Final = {"dns": "T1071.004", "icmp": "T1095", "protocol": "T1095", "reversed": "T1059"}


def suspicions(case: Hunt, taken: Taken) -> Iterator[Suspicion]:
    """Yield all suspicions that the steps give."""
    yield from _uploads(case, taken["left"].table)
    yield from _beacons(case, taken["calls_home"].table)
    yield from _tunnels(case, taken["tunnelled"].table)
    yield from _long(case, taken["long_open"].table)
    yield from _new(case, taken["new"].table)
    yield from _listed(taken["on_lists"].table)


def _uploads(case: Hunt, frame: pd.DataFrame) -> Iterator[Suspicion]:
    for place, row in enumerate(frame.to_dict("records")):
        unsure = (row["place"] == "unknown" and not case.sure_inside) or row["host"] in case.undecided
        severity = "low"
        if row["score"] >= _LIKELY:
            severity = "high" if row["score"] >= _SURE and row["bytes_out"] >= _GRAVE and not unsure else "medium"
        severity = "info" if row["known"] else severity
        most = bytes_most(case, row)
        how = "little by little over" if row["kind"] == "slow_upload" else "within"
        hours = max(int(row["active_hours"]), 1)
        for_it = [
            f"Between {row['bytes_least']:,} B (without headers) and {most:,} B (with what may be missing) have left.",
            *_apart(row, ("whole", "all pairs"), ("past", "the host's own other hours"), ("like", "hosts like it")),
        ]
        if place < _MOST_STAGED and not row["known"]:
            remarks, collected = _staging(case, row)
            for_it += remarks
            yield from collected
        yield Suspicion(
            kind=str(row["kind"]), subject=row["host"], peer=row["peer"], score=float(row["score"]), severity=severity,
            what=f"{row['bytes_out']:,} B out, {row['bytes_in']:,} B in, {how} {hours} h", row=row,
            port=port_of(row), protocol=protocol_of(row), technique="T1048" if row["kind"] == "upload" else "T1030",
            bytes_out=int(row["bytes_out"]), bytes_in=int(row["bytes_in"]), for_it=tuple(for_it),
            against=_against(case, row, unsure=unsure), next_steps=_look(row),
            innocent=("A backup, a replication, or logs that are shipped.", "A person who uploads on purpose."),
        )  # fmt: skip


def bytes_most(case: Hunt, row: Mapping[Any, Any]) -> int:
    """Return how much may have left at most [B]: what was counted, and as much again per minute not watched.

    Minutes of the host's interfaces without a line, or with SKIPDATA, are taken to have carried as much as the pair's
    busiest hour, per minute.
    """
    held = case.interfaces.get(row["host"], frozenset())
    covered = case.covered[case.covered.interface_id.isin(held)] if held and len(case.covered) else case.covered.head(0)
    unseen = int((covered.minutes - covered.minutes_covered).sum()) if len(covered) else 0
    per_minute = float(row["bytes_out"]) * float(row["busiest_hour"]) / 60
    return int(row["bytes_out"] + unseen * per_minute)


def _apart(row: Mapping[Any, Any], *named: tuple[str, str]) -> list[str]:
    told = [f"{row[f'score_{name}']:.2f} beside {what}" for name, what in named if pd.notna(row[f"score_{name}"])]
    lacking = [what for name, what in named if pd.isna(row[f"score_{name}"])]
    parts = [f"How far it stands out (0 to 1): {', '.join(told)}."] if told else []
    return parts + ([f"Too little data to compare with: {', '.join(lacking)}."] if lacking else [])


def _staging(case: Hunt, row: Mapping[Any, Any]) -> tuple[list[str], list[Suspicion]]:
    """Return what a host collected inside before it sent: as a remark, and as a suspicion of its own."""
    found = staged(case, row["host"], row["first"], int(row["bytes_out"]))
    if not len(found):
        return [], []
    total = int(found.bytes.sum())
    named = ", ".join(f"{source} ({size:,} B)" for source, size in zip(found.source, found.bytes, strict=True))
    path = f"{named} > {row['host']} > {row['peer']} ({row['bytes_out']:,} B)"
    about = {"first": found["first"].min(), "last": found["last"].max(), "path": path, "bytes": total}
    staging = Suspicion(
        kind="staging", subject=row["host"], peer=[str(one) for one in found.source], score=float(row["score"]),
        severity="low", what=f"collected inside, then sent on: {path}", row=about, technique="T1074", bytes_in=total,
        innocent=("A server that reads from a database and answers clients, a proxy.",),
    )  # fmt: skip
    return [f"Before, the host collected from inside: {named}."], [staging]


def _against(case: Hunt, row: Mapping[Any, Any], *, unsure: bool = False) -> tuple[str, ...]:
    against = [row["known"]] if row.get("known") else []
    if row["host"] in case.undecided:
        against.append("which of the two is ours cannot be told: the caller is taken to be, the peer may be")
    elif unsure:
        against.append(
            "the peer is private and holds no interface in the log: it may be a neighbour that is not logged"
        )
    if row["bytes_out"] and row["bytes_in"] >= _FETCHED * row["bytes_out"]:
        ratio = row["bytes_in"] / row["bytes_out"]
        against.append(f"{ratio:,.0f} times as much comes in as leaves: updates and images are fetched like that")
    hosts = row.get("hosts")
    if hosts is not None and pd.notna(hosts) and hosts > 1:
        against.append(f"{int(hosts):,} hosts inside talk to it")
    return tuple(against)


def _beacons(case: Hunt, frame: pd.DataFrame) -> Iterator[Suspicion]:
    for row in frame[frame.kind.isin(("beacon", "blocked_beacon"))].to_dict("records"):
        blocked = row["kind"] == "blocked_beacon"
        severity = "info" if row["known"] else "medium" if row["score"] >= _LIKELY else "low"
        what = (
            f"{row['calls']:,} calls, one every {_seconds(row['interval'])} (jitter {row['jitter']:.0%})"
            f"{', nearly all come to nothing' if blocked else ''}"
        )
        yield Suspicion(
            kind=str(row["kind"]), subject=row["host"], peer=row["peer"], score=float(row["score"]), severity=severity,
            what=what, row=row, port=port_of(row), protocol=protocol_of(row), technique="T1071",
            bytes_out=int(row["bytes_out"]), bytes_in=int(row["bytes_in"]), for_it=_parts(row),
            against=_against(case, row), next_steps=_look(row),
            innocent=("An agent, an updater, or monitoring that asks on schedule.", "Mail or chat that polls."),
        )  # fmt: skip


def _parts(row: Mapping[Any, Any]) -> tuple[str, ...]:
    names = ("regular", "size", "persistent", "rare")
    told = [f"{name} {row[f'score_{name}']:.2f}" for name in names if pd.notna(row[f"score_{name}"])]
    return (f"Scores, 0 to 1: {', '.join(told)}.",)


def _seconds(value: float) -> str:
    for unit, length in (("h", 3600), ("min", 60)):
        if value >= 2 * length:
            return f"{value / length:.1f} {unit}"
    return f"{value:.0f} s"


def _tunnels(case: Hunt, frame: pd.DataFrame) -> Iterator[Suspicion]:
    for row in frame.to_dict("records"):
        severity = "info" if row["known"] else "medium" if row["score"] >= _LIKELY else "low"
        yield Suspicion(
            kind="tunnel", subject=row["host"], peer=row["peer"], score=float(row["score"]), severity=severity,
            what=f"{row['why']} ({row['bytes_out']:,} B out, {row['bytes_per_packet']:.0f} B a packet)", row=row,
            port=port_of(row), protocol=protocol_of(row), technique=_TECHNIQUES[row["kind"]],
            bytes_out=int(row["bytes_out"]), bytes_in=int(row["bytes_in"]), against=_against(case, row),
            next_steps=_look(row),
            innocent=("A VPN, a site-to-site link, or a resolver of the organisation's own.",),
        )  # fmt: skip


def _long(case: Hunt, frame: pd.DataFrame) -> Iterator[Suspicion]:
    for row in frame.head(_MOST_LONG).to_dict("records"):
        yield Suspicion(
            kind="long_session", subject=row["host"], peer=row["peer"], score=float(row["score"]),
            severity="info" if row["known"] else "low", row=row, port=port_of(row), protocol=protocol_of(row),
            what=f"one conversation open for {row['seconds'] / 3600:.1f} h", technique="T1071",
            bytes_out=int(row["bytes_out"]), bytes_in=int(row["bytes_in"]), against=_against(case, row),
            innocent=("A push channel, a tunnel of the organisation's own, a keep-alive.",), next_steps=_look(row),
        )  # fmt: skip


def _new(case: Hunt, frame: pd.DataFrame) -> Iterator[Suspicion]:
    sure = frame.score_new.eq(1) & frame.score_rare.eq(1) & frame.bytes_out.ge(_NEW_BYTES) & frame.known.eq("")
    for row in frame[sure.fillna(False).astype(bool)].head(_MOST_NEW).to_dict("records"):
        yield Suspicion(
            kind="new_destination", subject=row["host"], peer=row["peer"], score=float(row["score"]), severity="info",
            what=f"first seen after {row['history'] / 3600:.0f} h of log, by no other host", row=row, port=port_of(row),
            protocol=protocol_of(row), bytes_out=int(row["bytes_out"]), bytes_in=int(row["bytes_in"]),
            against=_against(case, row), innocent=("A new release, a new partner, a person who browses.",),
            next_steps=_look(row),
        )  # fmt: skip


def _listed(frame: pd.DataFrame) -> Iterator[Suspicion]:
    for row in frame.to_dict("records"):
        answered = row["answered"] > 0
        yield Suspicion(
            kind="listed_address", subject=row["host"], peer=row["peer"], score=0.9 if answered else 0.5,
            severity="high" if answered else "medium", row=row, port=port_of(row), protocol=protocol_of(row),
            what=f"it is on the list {row['listed']}; {row['calls']:,} calls, {row['answered']:,} answered",
            technique="T1071", bytes_out=int(row["bytes_out"]), bytes_in=int(row["bytes_in"]), next_steps=_look(row),
            innocent=("Addresses change hands: the entry may be of an earlier tenant.",),
        )  # fmt: skip


def _look(row: Mapping[Any, Any]) -> tuple[str, ...]:
    host, peer = row["host"], row["peer"]
    port = "" if port_of(row) is None else f" and port {port_of(row)}"
    found = shlex.quote(f"Name=addresses.private-ip-address,Values={host}")
    return (
        f"aws ec2 describe-network-interfaces --filters {found}  # to look: whose host it is",
        f"ss -tunp dst {shlex.quote(str(peer))}  # to look: on the host: which process it is",
        f"tcpdump -ni any {shlex.quote(f'host {peer}{port}')}  # to look: on the host: what it says",
    )
