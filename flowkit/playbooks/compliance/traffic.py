"""Does traffic stay within what was declared? Segments, clear text, administration, egress, encryption."""

from typing import Final

import pandas as pd

from flowkit import analysis
from flowkit.analysis.caption import captioned
from flowkit.playbooks.compliance.review import Review
from flowkit.playbooks.finding import Step
from flowkit.policy import check
from flowkit.wording import sentence, several

_ROWS: Final = 20_000
"""Rows of the check that findings are made of; what is beyond, the step and a note count."""
_SEGMENTED: Final = ("verdict", "client_segment", "server_segment", "client", "server", "server_port")
VERDICTS: Final = ("forbidden", "unsure", "excepted", "stopped")


def segmented(case: Review) -> Step:
    """Hold what was recorded against the policy; of what it forbids, name the rule of the network that let it in."""
    question = "Does traffic stay within the declared segmentation?"
    if case.policy is None:
        told = "Not checked: no policy is given. fk.policy.learn(flows) proposes one from what was seen."
        frame = pd.DataFrame(columns=list(_SEGMENTED), dtype="str")
        return Step("segmented", question, told, captioned(frame, "segmented", case.flows, told))
    frame = check(case.flows, case.policy, top=_ROWS)
    forbidden = frame.verdict == "forbidden"
    frame.insert(9, "admitted_by", "")
    frame.loc[forbidden, "admitted_by"] = case.admitted_by(frame[forbidden])
    counts = frame.attrs["conversations"]
    said = ", ".join(f"{counts.get(name, 0):,} {name}" for name in VERDICTS)
    told = f"Of {frame.attrs['checked']['conversations']:,} conversations: {said}, {counts.get('allowed', 0):,} allowed"
    return Step("segmented", question, f"{told}.", frame, coverage=" ".join(frame.attrs.get("notes", ())))


def readable(case: Review) -> Step:
    """Ask what passed on ports of clear-text and legacy protocols."""
    frame = analysis.cleartext(case.flows)
    used = int((frame.established > 0).sum())
    told = (
        f"{several(used, 'host and service', 'hosts and services')} used; {len(frame) - used:,} more let in, unanswered"
    )
    return Step("readable", "What passes in the clear?", sentence(told if len(frame) else "Nothing, by port"), frame)


def administered(case: Review) -> Step:
    """Ask which administration ports were reached from outside, and by which rule."""
    frame = analysis.exposed_admin(case.flows)
    held = int((frame.established > 0).sum())
    told = f"{several(len(frame), 'port')} of inside hosts let in traffic from outside, {held:,} answered"
    return Step(
        "administered",
        "Is anything administered from the internet?",
        sentence(told if len(frame) else "Nothing"),
        frame,
    )


def left(case: Review) -> Step:
    """Ask who opened conversations to outside, and by which way."""
    frame = analysis.direct_egress(case.flows)
    own = int((frame.path == "public address").sum())
    peers = several(int(frame.peers.sum()), "peer")
    told = f"{several(frame.host.nunique(), 'host')} to {peers}; {own:,} rows by a public address of the host"
    return Step("left", "Who goes out to the internet directly?", sentence(told if len(frame) else "Nobody"), frame)


def encrypted(case: Review) -> Step:
    """Ask what AWS says was encrypted in transit."""
    question = "What was encrypted in transit?"
    if not {"encryption_status", "srcaddr", "dstaddr", "bytes"} <= set(case.flows.fields):
        told = "Not known: the log does not record encryption-status. A new flow log with ${encryption-status} would."
        frame = pd.DataFrame({"client": [], "server": [], "server_port": []}).astype("str")
        return Step("encrypted", question, told, captioned(frame, "encrypted", case.flows, told))
    by_status = analysis.encryption_statuses(case.flows)
    told = by_status.attrs["caption"].partition(" Scope:")[0]
    return Step("encrypted", question, told, analysis.unencrypted(case.flows))
