"""What a frame says of itself: the sentence under its picture."""

from datetime import datetime, timedelta
from typing import Any, Final, Literal

import pandas as pd

from flowkit.errors import ScopeError
from flowkit.flows import Flows
from flowkit.wording import several

Count = Literal["once", "as_logged"]
COUNTED: Final = {
    "once": "each conversation counted once, at the sender's interface where that is logged",
    "as_logged": "as logged (what two interfaces saw counts twice)",
}
"""What the two ways of counting are called in captions."""


def checked_count(count: str) -> str:
    """Return how to count, if that can be.

    Raises
    ------
    ScopeError
        If it is neither way.
    """
    if count not in COUNTED:
        raise ScopeError(f"count is 'once' or 'as_logged', not {count!r}.")
    return count


def captioned(
    frame: pd.DataFrame,
    analysis: str,
    flows: Flows,
    sentence: str,
    *,
    inventory: bool = False,
    missing: bool = False,
    ends: tuple[str, str] | None = None,
    **more: Any,  # noqa: ANN401 - whatever a picture needs
) -> pd.DataFrame:
    """Return *frame* with its name, caption and whatever else its picture needs, in ``attrs``.

    *inventory* says that the answer stands on the inventory too, if there is one: its age is then told. *missing* says
    that it is about what is missing: what the source left out is then told. *ends* are the columns of our end and the
    other, where the caller is taken to be ours if the log does not say: such rows are then counted.
    """
    basis = inventory_text(flows) if inventory else ""
    left_out = " ".join(flows.origin.notes) if missing else ""
    reading = _reading_text(frame, flows, *ends) if ends else ""
    about: dict[str, object] = {
        "analysis": analysis,
        "caption": " ".join(filter(None, [sentence, reading, basis, left_out, f"Scope: {flows.scope}."])),
        **more,
    }
    frame.attrs.update(about)
    return frame


def _reading_text(frame: pd.DataFrame, flows: Flows, own: str, other: str) -> str:
    unsure = flows.identities.undecided_addresses
    rows = int((frame[own].isin(unsure) & frame[other].isin(unsure)).sum())
    return f"Of {several(rows, 'row')} it cannot be told which end is ours: the caller is taken to be." if rows else ""


def inventory_text(flows: Flows) -> str:
    """Say how old the inventory is against the flows, whose it is, and how many problems it has."""
    snapshot = flows.identities.snapshot
    if snapshot is None:
        return ""
    parts = [f"Inventory {_age(snapshot.taken, snapshot.taken_from, flows)}"]
    accounts = set(flows.identities.accounts)
    if accounts and snapshot.accounts and not accounts & set(snapshot.accounts):
        parts.append(
            f"of another account ({', '.join(snapshot.accounts)}; the flows are of {', '.join(sorted(accounts))})"
        )
    if snapshot.problems:
        parts.append(f"with {len(snapshot.problems):,} problems (flows.identities.snapshot.problems)")
    return f"{', '.join(parts)}."


def _age(taken: datetime | None, by: str, flows: Flows) -> str:
    if taken is None:
        return "of an unknown time"
    text = f"of {taken:%Y-%m-%d %H:%MZ} (from {by})"
    if flows.span is None:
        return text
    first, last = flows.span
    if taken < first:
        return f"{text}, {_duration(first - taken)} before the first record"
    return f"{text}, {_duration(taken - last)} after the last record" if taken > last else f"{text}, amid the records"


def _duration(time: timedelta) -> str:
    minutes = int(time.total_seconds() // 60)
    days, hours = divmod(minutes // 60, 24)
    return f"{days} d {hours} h" if days else f"{hours} h {minutes % 60} min" if hours else f"{minutes} min"


def every_text(seconds: int) -> str:
    """Return a bucket's width in words."""
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds % length == 0:
            return f"{seconds // length} {unit}"
    return str(timedelta(seconds=seconds))
