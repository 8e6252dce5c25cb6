"""What a frame says of itself: the sentence under its picture."""

from datetime import timedelta

import pandas as pd

from flowkit.flows import Flows


def captioned(frame: pd.DataFrame, analysis: str, flows: Flows, sentence: str, **more: object) -> pd.DataFrame:
    """Return *frame* with its name, caption and whatever else its picture needs, in ``attrs``."""
    about: dict[str, object] = {
        "analysis": analysis,
        "caption": f"{sentence} Scope: {flows.scope}.",
        **more,
    }
    frame.attrs.update(about)
    return frame


def every_text(seconds: int) -> str:
    """Return a bucket's width in words."""
    for unit, length in (("d", 86_400), ("h", 3600), ("min", 60)):
        if seconds % length == 0:
            return f"{seconds // length} {unit}"
    return str(timedelta(seconds=seconds))
