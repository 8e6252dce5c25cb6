"""All thresholds and weights of the detectors, in one table."""

from typing import Final

import pandas as pd

from flowkit.analysis import appearing, beaconing, flooding, guessing, lasting, lateral, scans, tunnelling, uploading

_OF: Final = {
    "background_noise": scans.SETTINGS,
    "beacons": beaconing.SETTINGS,
    "brute_force": guessing.SETTINGS,
    "first_seen": appearing.SETTINGS,
    "floods": flooding.SETTINGS,
    "lateral_movement": lateral.SETTINGS,
    "long_conversations": lasting.SETTINGS,
    "port_scans": scans.SETTINGS,
    "sweeps": scans.SETTINGS,
    "tunnels": tunnelling.SETTINGS,
    "uploads": uploading.SETTINGS,
}


def detector_settings() -> pd.DataFrame:
    """Return what the detectors go by: each threshold and weight, its unit and its reason.

    Returns
    -------
    DataFrame
        `detector`, `setting` (the keyword by which a call changes it), `value`, `unit`, `why`.

    Examples
    --------
    >>> import flowkit as fk
    >>> table = fk.analysis.detector_settings()
    >>> float(table.set_index(["detector", "setting"]).loc[("beacons", "fewest_calls"), "value"])
    8.0
    """
    rows = [(name, one.name, float(one.value), one.unit, one.why) for name, many in _OF.items() for one in many]
    return pd.DataFrame(rows, columns=["detector", "setting", "value", "unit", "why"])
