"""The picture of what rules did: a bar per rule and effect, few enough, effects told in words too."""

import pandas as pd
import pytest

from flowkit import views
from flowkit.errors import ScopeError

EFFECTS = ["contradicted", "refused", "admitted", "late", "cannot_tell", "unused"]


def did(*effects, **columns):
    rows = [("sg-a", None, "security_group", "ingress", "TCP port 22 from 10.0.0.0/8", effect, 2, 9 - n % 9, "")
            for n, effect in enumerate(effects)]  # fmt: skip
    names = ["rule", "entry", "kind", "direction", "scope", "effect", "conversations", "records", "suggested"]
    frame = pd.DataFrame(rows, columns=names).astype({"entry": "Int64"}).assign(**columns)
    frame.attrs |= {"caption": "What was counted. Scope: all records."}
    return frame


def test_each_effect_has_its_bars_named_in_words():
    figure = views.rule_effects(did(*EFFECTS))
    assert [trace.name for trace in figure.data] == [
        "admitted",
        "refused",
        "contradicted",
        "late",
        "cannot tell",
    ]
    assert figure.layout.meta["caption"].endswith("Not drawn: 1 rule never used.")
    assert figure.data[1].text == ("refused, 8",)
    assert list(figure.data[1].y) == [1]


def test_effects_differ_in_more_than_colour():
    looks = {(trace.marker.color, trace.marker.pattern.shape) for trace in views.rule_effects(did(*EFFECTS)).data}
    assert len(looks) == len(EFFECTS) - 1  # none of rules never used


@pytest.mark.parametrize(
    ("columns", "label"),
    [({}, "sg-a ingress"), ({"rule": "acl-a", "entry": pd.array([32767], "Int64")}, "acl-a 32767 ingress")],
)
def test_labels(columns, label):
    assert list(views.rule_effects(did("admitted", **columns)).layout.yaxis.ticktext) == [label]


def test_a_bar_tells_the_rest_on_hovering():
    told = views.rule_effects(did("admitted", suggested="TCP port 22 from 10.0.0.1/32")).data[0].customdata[0]
    assert told.split("<br>") == [
        "sg-a ingress", "TCP port 22 from 10.0.0.0/8", "admitted: 9 records of 2 conversations",
        "narrower: TCP port 22 from 10.0.0.1/32",
    ]  # fmt: skip


def test_the_first_thirty_are_drawn_and_the_caption_says_so():
    frame = did(*["admitted"] * 40)
    figure = views.rule_effects(frame)
    assert len(figure.data[0].y) == 30
    assert figure.layout.meta["caption"].endswith("Drawn: the first 30 of 40 rows that did something.")
    assert frame.attrs["caption"] == "What was counted. Scope: all records."


def test_finding_nothing_is_told():
    figure = views.rule_effects(did())
    assert [note.text for note in figure.layout.annotations] == [
        "no rule stands before what was recorded in this scope"
    ]


def test_text_from_a_snapshot_is_no_markup(hostile):
    frame = did(*["admitted"] * len(hostile), rule=hostile, scope=hostile, suggested=hostile, direction=hostile)
    figure = views.rule_effects(frame)
    told = " ".join([*figure.layout.yaxis.ticktext, *figure.data[0].customdata])
    assert "<" not in told.replace("<br>", "")
    assert "%{" not in told


def test_a_frame_of_something_else_is_refused():
    with pytest.raises(ScopeError, match="rule_effects cannot draw this frame: it lacks rule"):
        views.rule_effects(pd.DataFrame({"records": []}))
