"""The picture of data_transfer_cost: areas that add up, causes told by words and hatching, text that stays text."""

import pandas as pd
import pytest

from flowkit.errors import ScopeError
from flowkit.views import data_transfer_cost

ROW = {
    "cause": "nat_gateway", "client": "10.0.0.1", "server": "203.0.113.9", "server_port": 443, "bytes": 2**30,
    "usd_per_month": 4.5, "price": "1 GB x 0.045 USD", "assumption": "Goes through a NAT gateway.",
}  # fmt: skip


def frame(*changes, totals=None):
    rows = pd.DataFrame([ROW | change for change in changes], columns=list(ROW))
    rows.attrs = {"analysis": "data_transfer_cost", "caption": "USD a month.", **({"totals": totals} if totals else {})}
    return rows


def areas(figure):
    """Return id to label, value and hatching."""
    trace = figure.data[0]
    shapes = trace.marker.pattern.shape
    parts = zip(trace.ids, trace.labels, trace.values, shapes, strict=True)
    return {name: (label, round(value, 6), shape) for name, label, value, shape in parts}


def test_areas_add_up_and_what_is_left_out_is_other():
    many = [{"usd_per_month": 20.0 - n, "server": f"203.0.113.{n}"} for n in range(15)]
    drawn = areas(data_transfer_cost(frame(*many, {"cause": "internet_egress", "usd_per_month": 7.0},
                                           totals={"nat_gateway": {"usd_per_month": 200.0}})))  # fmt: skip
    assert drawn["all"][:2] == ("data transfer $207 a month", 207.0)
    assert drawn["nat_gateway"][:2] == ("nat gateway $200", 200.0)
    assert drawn["nat_gateway/rest"][:2] == ("other", 200 - sum(range(9, 21)))
    assert drawn["nat_gateway/0"][0] == "10.0.0.1 → 203.0.113.0:443"
    assert drawn["internet_egress/0"][1] == 7.0
    assert sum(name.startswith("nat_gateway/") for name in drawn) == 13
    assert drawn["nat_gateway"][2] != drawn["internet_egress"][2]


def test_what_a_log_says_is_shown_as_text():
    figure = data_transfer_cost(frame({"client": "<b>%{x}", "server": "<script>", "server_port": pd.NA}))
    trace = figure.data[0]
    assert trace.labels[2] == "&lt;b&gt;&#37;{x} → &lt;script&gt;"
    assert "<script>" not in "".join(trace.customdata)
    assert "1 GB x 0.045 USD for 1.07 GB" in trace.customdata[2]


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        ([], "no accepted bytes in this scope: nothing was transferred that could cost"),
        ([{"cause": "same_zone", "usd_per_month": 0.0}], "nothing in this scope costs data-transfer money"),
    ],
)
def test_nothing_to_draw_is_said(rows, words):
    figure = data_transfer_cost(frame(*rows))
    assert not figure.data
    assert figure.layout.annotations[0].text.startswith(words)
    assert figure.layout.meta["caption"] == "USD a month."


def test_another_frame_is_refused():
    with pytest.raises(ScopeError, match="data_transfer_cost cannot draw this frame: it lacks cause, client"):
        data_transfer_cost(pd.DataFrame({"bytes": [1]}))
