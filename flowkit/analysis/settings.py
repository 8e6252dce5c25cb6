"""What detectors go by: thresholds and weights, each with its unit and its reason, tuned per call."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from types import SimpleNamespace

from flowkit.errors import ScopeError


@dataclass(frozen=True, slots=True)
class Setting:
    """One threshold or weight.

    Attributes
    ----------
    name
        The keyword by which a call of the detector changes it.
    value
        By default.
    unit
        Such as ``s``, ``B``, ``count`` or ``share`` (0 to 1).
    why
        What it decides, and why it is so by default: the reason or the source.
    """

    name: str
    value: float
    unit: str
    why: str


def tuned(detector: str, settings: tuple[Setting, ...], given: Mapping[str, float]) -> SimpleNamespace:
    """Return the settings by name, with what a call has changed.

    Raises
    ------
    ScopeError
        If a name is no setting of the detector, or a value is no number of 0 or more.
    """
    known = {one.name: one.value for one in settings}
    for name, value in given.items():
        if name not in known:
            near = get_close_matches(name, sorted(known), n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise ScopeError(f"{detector} has no setting {name!r}.{hint} It has: {', '.join(sorted(known))}.")
        if isinstance(value, bool) or not isinstance(value, int | float) or not value >= 0:
            raise ScopeError(f"{name} of {detector} is a number of 0 or more, not {value!r}.")
    return SimpleNamespace(**known | dict(given))
