"""The steps of the playbook: each a question, a finding and a table."""

from typing import Final

import pandas as pd

from flowkit import analysis
from flowkit.playbooks.finding import Step
from flowkit.playbooks.hunting import Hunt, logged, picture
from flowkit.wording import sentence, several


def scanned(case: Hunt) -> Step:
    """Ask who tried many ports of a server: a row per campaign, whatever its size."""
    frame = analysis.port_scans(case.flows)
    said = f"{several(len(frame), 'campaign')}; something answered in {int((frame.answered > 0).sum()):,}"
    return Step("scanned", "Who tried many ports?", sentence(said if len(frame) else "Nobody"), frame, picture(frame))


def swept(case: Hunt) -> Step:
    """Ask who tried one port of many hosts."""
    frame = analysis.sweeps(case.flows)
    said = f"{several(len(frame), 'campaign')}; something answered in {int((frame.answered > 0).sum()):,}"
    return Step(
        "swept", "Who tried one port of many hosts?", sentence(said if len(frame) else "Nobody"), frame, picture(frame)
    )


def guessed(case: Hunt) -> Step:
    """Ask who tried passwords, on any port, and whether somebody then got in."""
    frame = _with_clocks(case, analysis.brute_force(case.flows))
    entered = int(frame.access_after.sum()) if len(frame) else 0
    said = f"{several(len(frame), 'burst')} of like, short conversations; {entered:,} followed by one of another shape"
    return Step(
        "guessed",
        "Who guessed passwords, and got in?",
        sentence(said if len(frame) else "Nobody"),
        frame,
        picture(frame),
    )


def _with_clocks(case: Hunt, frame: pd.DataFrame) -> pd.DataFrame:
    """Add `clock`: whether the attacker calls the target at regular intervals, which guesses do not."""
    regular = analysis.beacons(case.flows)
    rows = regular[regular.kind.isin(("beacon", "blocked_beacon"))]
    clocks = set(zip(rows.host, rows.peer, rows.port, strict=True))
    told = frame.assign(clock=[one in clocks for one in zip(frame.attacker, frame.target, frame.port, strict=True)])
    told.attrs = frame.attrs
    return told


def moved(case: Hunt) -> Step:
    """Ask who moved on inside over administration ports, between hosts that had not talked before."""
    frame = analysis.lateral_movement(case.flows)
    hops = int(frame.hosts.sum()) if len(frame) else 0
    said = f"{several(len(frame), 'origin')}, {several(hops, 'host')} moved to"
    return Step("moved", "Who moved on inside?", sentence(said if len(frame) else "Nobody"), frame, picture(frame))


def noise(case: Hunt) -> Step:
    """Sum up what every open address hears: attempts from elsewhere that never came to anything."""
    frame = analysis.background_noise(case.flows)
    total = int(frame.calls.sum()) if len(frame) else 0
    said = f"{several(total, 'attempt')} at {several(len(frame), 'host')} came to nothing"
    return Step("noise", "What is only noise?", sentence(said if len(frame) else "No noise"), frame)


STEPS: Final = (logged, scanned, swept, guessed, moved, noise)
