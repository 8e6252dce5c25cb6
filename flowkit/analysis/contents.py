"""What is in here, and what cannot be answered from it."""

import pandas as pd

from flowkit import fields
from flowkit.analysis.caption import captioned
from flowkit.flows import Flows


def summary(flows: Flows) -> pd.DataFrame:
    """Say what was loaded: span, amounts, places, formats, gaps, and what the log cannot tell.

    Returns
    -------
    DataFrame
        A row per fact: `topic` (``traffic``, ``time``, ``where``, ``logging``, ``source``, ``format``, ``field``,
        ``absent field``), `name`, `value` (a number, a UTC time, text, or None for unknown), `unit`,
        `meaning`. For a field the value is the version that introduced it, the meaning what it
        says; for an absent one the meaning is what cannot be answered without it.

    Notes
    -----
    Traffic, time and places are those in scope; ``source`` and ``format`` tell of all that was read.
    """
    rows = [(f.topic, f.name, f.value, f.unit, f.meaning) for f in flows.overview]
    present = [fields.of_column(name) for name in flows.fields]
    rows += [("field", f.name, f.since or None, "version", f.meaning) for f in present]
    missing = [] if any(f.logs == "tgw" for f in present) else fields.absent(flows.fields)
    rows += [("absent field", f.name, f.since, "version", f"without it: {f.answers}") for f in missing]
    frame = pd.DataFrame(rows, columns=["topic", "name", "value", "unit", "meaning"], dtype=object)
    sentence = f"What was loaded: {len(present)} fields present, {len(missing)} absent ones matter to some answer."
    return captioned(frame, "summary", flows, sentence)
