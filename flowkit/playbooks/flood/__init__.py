"""Is somebody flooded, by us or by others, and does it hurt? The steps and the ranked findings."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

import pandas as pd

from flowkit import analysis
from flowkit.flows import Flows
from flowkit.playbooks.finding import Step
from flowkit.playbooks.hunting import Allow, Hunt, Suspicion, Taken, hunt, logged, picture, port_of, protocol_of, take
from flowkit.playbooks.playbook import Parameter, Playbook
from flowkit.playbooks.report import Report
from flowkit.wording import sentence

__all__ = ["flooded", "hunt", "logged", "playbook"]

_SURE, _LIKELY = 0.7, 0.5
"""Scores from which a flood is worth acting on now, and looking at today."""
_HURT: Final = 0.5
"""Of what other clients had before: with so little left, the flood hurts."""
_TECHNIQUES: Final = {"syn": "T1499.001", "connections": "T1499.002", "amplification": "T1498.002"}


def flooded(case: Hunt) -> Step:
    """Ask who was flooded, towards us or from us, and whether others then had less."""
    frame = analysis.floods(case.flows)
    ways = frame.direction.value_counts()
    said = ", ".join(f"{count:,} {way}" for way, count in ways.items())
    return Step("flooded", "Who is flooded, and by whom?", sentence(said or "Nobody"), frame, picture(frame))


def _suspicions(_case: Hunt, taken: Taken) -> Iterator[Suspicion]:
    for row in taken["flooded"].table.to_dict("records"):
        hurt = _hurt(row)
        severity = "medium" if row["score"] >= _LIKELY else "low"
        severity = "high" if row["score"] >= _SURE and (hurt or row["direction"] == "outbound") else severity
        what = (
            f"{row['kind']} flood {row['direction']}, {row['sources']:,} sources, up to "
            f"{row['peak_packets_per_second']:,.0f} packets/s"
        )
        for_it = (
            f"Calls of others to it: {row['others_before']:.1f} a minute before, {row['others_during']:.1f} during.",
        ) if pd.notna(row["others_before"]) and pd.notna(row["others_during"]) else ()  # fmt: skip
        outbound = row["direction"] == "outbound"
        size = None if pd.isna(row["bytes"]) else int(row["bytes"])
        yield Suspicion(
            kind="flood", subject=row["target"], peer=list(row["peer"]), score=float(row["score"]), severity=severity,
            what=what, row=row, port=port_of(row), protocol=protocol_of(row),
            technique=_TECHNIQUES.get(row["kind"], "T1498.001"), for_it=for_it,
            against=() if hurt else ("Service to others did not fall, or is not on record.",),
            bytes_out=size if outbound else None, bytes_in=None if outbound else size,
            innocent=("A load test, a backup, a release that everybody fetches.",),
            next_steps=(
                "aws shield describe-subscription  # to look: whether Shield Advanced helps",
                "flowkit run connectivity PATH --source CLIENT --destination TARGET  # to look: who still gets through",
            ),
        )  # fmt: skip


def _hurt(row: Mapping[Any, Any]) -> bool:
    before, during = row["others_before"], row["others_during"]
    return bool(pd.notna(before) and pd.notna(during) and before > 0 and during <= _HURT * before)


def _run(flows: Flows, *, allow: Allow = None) -> Report:
    case = hunt(flows, allow)
    return take(case, playbook.name, (logged, flooded), _suspicions, blind=case.empty)


playbook = Playbook(
    name="flood",
    title="Flood",
    question="is somebody flooded, by us or by others, and does it hurt?",
    parameters=(Parameter("allow", "a CSV file of what is allowed: address, reason, until, kind"),),
    run=_run,
)
