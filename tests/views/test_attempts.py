"""The picture of attempts to connect."""

import pandas as pd
import pytest

from flowkit.errors import ScopeError
from flowkit.views import connection_attempts


def frame(*rows):
    columns = ["first", "outcome"]
    return pd.DataFrame(rows, columns=columns).assign(first=lambda f: pd.to_datetime(f["first"], utc=True))


ROWS = [(f"2026-03-10T08:0{n}:05Z", outcome) for n, outcome in enumerate(("established", "rejected", "established"))]


def test_outcomes_are_told_apart_by_colour_and_hatching_and_add_up():
    figure = connection_attempts(frame(*ROWS))
    assert {bar.name: sum(bar.y) for bar in figure.data} == {"established": 2, "rejected": 1}
    assert len({(bar.marker.color, bar.marker.pattern.shape) for bar in figure.data}) == 2


def test_an_empty_frame_says_so():
    figure = connection_attempts(frame())
    assert figure.layout.annotations[0].text == "no attempt to connect in this scope"


def test_another_frame_is_refused():
    with pytest.raises(ScopeError, match="it lacks first, outcome"):
        connection_attempts(pd.DataFrame({"records": [1]}))
