"""The steps of the playbook: each a question, a finding and a table."""

from typing import Final

import pandas as pd

from flowkit import analysis
from flowkit.analysis import recognising
from flowkit.analysis.appearing import COLUMNS as FIRST_SEEN
from flowkit.analysis.caption import captioned
from flowkit.errors import MissingFieldError
from flowkit.playbooks.finding import Step
from flowkit.playbooks.hunting import Hunt, logged, picture
from flowkit.wording import sentence, several

_MOST: Final = 1_000


def left(case: Hunt) -> Step:
    """Ask which hosts sent far more than they got, at once or little by little."""
    question = "Who sent far more than came back, and to whom?"
    try:
        frame = analysis.uploads(case.flows, by=case.by)
    except MissingFieldError as error:
        return _missing(case, "left", question, error)
    frame = _with_reasons(case, frame)
    slow = int((frame.kind == "slow_upload").sum())
    known = int((frame.known != "").sum())
    said = (
        f"{several(len(frame), 'pair')} of host and peer, {slow:,} of them little by little; {known:,} to a known peer"
    )
    return Step(
        "left",
        question,
        sentence(said if len(frame) else "No pair with so much, and so one-sided"),
        frame,
        picture(frame),
    )


def calls_home(case: Hunt) -> Step:
    """Ask which hosts call elsewhere at regular intervals; by new conversations, never by records."""
    frame = _with_reasons(case, analysis.beacons(case.flows, top=_MOST))
    kinds = frame.kind.value_counts()
    said = "; ".join(f"{count:,} {str(kind).replace('_', ' ')}" for kind, count in kinds.items())
    nothing = "No pair called often enough to be timed, and none stayed open for long"
    return Step("calls_home", "Who calls elsewhere like a clock?", sentence(said or nothing), frame, picture(frame))


def tunnelled(case: Hunt) -> Step:
    """Ask what carries data where little should pass."""
    question = "Does data leave in DNS, ICMP or an odd protocol?"
    try:
        frame = analysis.tunnels(case.flows, top=_MOST)
    except MissingFieldError as error:
        return _missing(case, "tunnelled", question, error)
    frame = _with_reasons(case, frame)
    said = f"{several(len(frame), 'pair')} whose packets carry more than their kind should"
    nothing = "Nothing carries more than its kind should"
    return Step("tunnelled", question, sentence(said if len(frame) else nothing), frame, picture(frame))


def long_open(case: Hunt) -> Step:
    """Ask which conversations with elsewhere stayed open for long."""
    frame = analysis.long_conversations(case.flows, top=_MOST)
    outward = frame[(frame.client_place == "inside") & (frame.server_place != "inside")].reset_index(drop=True)
    outward.attrs = frame.attrs
    named = outward.rename(
        columns={"client": "host", "server": "peer", "server_port": "port", "bytes_to_server": "bytes_out",
                 "bytes_to_client": "bytes_in"}
    )  # fmt: skip
    told = _with_reasons(case, named)
    said = f"{several(len(told), 'conversation')} with elsewhere"
    return Step("long_open", "What stayed open for long?", sentence(said if len(told) else "None"), told, picture(told))


def new(case: Hunt) -> Step:
    """Ask who was first seen after a past in which nobody knew them."""
    frame = _with_reasons(case, analysis.first_seen(case.flows, top=_MOST))
    fresh = int((frame.score_new == 1).sum())
    short = "" if frame.score_new.notna().any() else "; the log is too short to call any of them new"
    said = f"{several(len(frame), 'pair')} of host and peer, {fresh:,} of them new{short}"
    return Step("new", "Who was not seen before?", sentence(said), frame)


def on_lists(case: Hunt) -> Step:
    """Ask which peers stand on a list of the user's."""
    known = recognising.listed(case.flows)
    nobody = pd.DataFrame(columns=[*FIRST_SEEN])
    frame = analysis.first_seen(case.flows, top=_MOST, answered=0) if known else nobody
    found = frame[frame.peer.isin(set(known))].reset_index(drop=True)
    found = found.assign(listed=found.peer.map(known).astype("str"), known="")
    table = captioned(found, "listed", case.flows, "Calls to addresses on a list of yours.", inventory=True)
    said = several(len(found), "pair") if known else "No list was given, or none of its addresses occurs"
    return Step("on_lists", "Does anything talk to an address on a list?", sentence(said), table)


def _with_reasons(case: Hunt, frame: pd.DataFrame) -> pd.DataFrame:
    told = frame.assign(known=recognising.reasons(case.flows, frame))
    told.attrs = frame.attrs
    return told


def _missing(case: Hunt, name: str, question: str, error: MissingFieldError) -> Step:
    empty = captioned(pd.DataFrame(), name, case.flows, "Not asked.")
    return Step(name, question, "Cannot be told.", empty, None, str(error))


STEPS: Final = (logged, left, calls_home, tunnelled, long_open, new, on_lists)
