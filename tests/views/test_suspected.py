"""The picture of suspects: a bar per row, kinds told in words too, hostile names escaped, empty states."""

import pandas as pd
import pytest

from flowkit import views
from flowkit.errors import ScopeError

EVIL = "<b>%{x}</b>"


def found(rows=3, **columns):
    values = {"host": EVIL, "peer": [["8.8.8.8", "9.9.9.9"]] * rows, "kind": ["beacon"] * rows, "score_size": 0.5,
              "score": [0.9 - n / 100 for n in range(rows)], "score_rare": None}  # fmt: skip
    frame = pd.DataFrame(values, index=range(rows)).assign(**columns)
    frame.attrs |= {"analysis": "beacons", "caption": "What was counted."}
    return frame


def test_a_bar_says_who_what_and_why():
    figure = views.suspects(found(2, kind=["beacon", "irregular"]))
    assert [trace.name for trace in figure.data] == ["beacon", "irregular"]
    assert figure.data[0].text == ("beacon 0.90",)
    assert figure.data[0].customdata[0].endswith("<br>score 0.90<br>size 0.50")
    assert figure.layout.title.text == "Who stands out: beacons"
    assert len({(trace.marker.color, trace.marker.pattern.shape) for trace in figure.data}) == 2


def test_names_are_escaped_and_lists_are_short():
    (label,) = views.suspects(found(1)).layout.yaxis.ticktext
    assert label == "&lt;b&gt;&#37;{x}&lt;/b&gt; · 8.8.8.8 and 1 more"


def test_the_rest_is_counted():
    assert views.suspects(found(9), top=4).layout.meta["caption"].endswith("Drawn: the first 4 of 9 rows.")


def test_nothing_says_so():
    assert views.suspects(found(0)).layout.annotations[0].text == "nothing stands out in this scope"


@pytest.mark.parametrize(
    ("frame", "top", "message"), [(pd.DataFrame({"a": [1]}), 3, "a detector"), (found(), 0, "top is 0")]
)
def test_what_it_cannot_draw_is_refused(frame, top, message):
    with pytest.raises(ScopeError, match=message):
        views.suspects(frame, top=top)
