"""Text from a log in a real browser: shown letter by letter, never run, in labels, ticks, legends and hover boxes."""

import pandas as pd
import pytest

from flowkit import views

HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</b><b>bold",
    "%{y} of %{x}",
    "&lt;already&gt;",
]
START = pd.Timestamp("2026-03-10T08:00Z")
REJECTS = pd.DataFrame({"bucket": START, "value": HOSTILE, "records": 1, "packets": 1, "bytes": 1})
EDGES = pd.DataFrame({"srcaddr": HOSTILE, "dstaddr": HOSTILE, "records": 1, "packets": 1, "bytes": 5})
TALKERS = pd.DataFrame({"address": HOSTILE, "bytes": 2, "bytes_sent": 1, "bytes_received": 1})


@pytest.fixture(scope="module")
def page(chromium, tmp_path_factory):
    figures = [
        views.reject_timeline(REJECTS),
        views.talker_sankey(EDGES),
        views.talker_graph(EDGES),
        views.top_talkers(TALKERS),
    ]
    path = tmp_path_factory.mktemp("markup") / "figures.html"
    parts = (f.to_html(full_html=False, include_plotlyjs=not number) for number, f in enumerate(figures))
    path.write_text("<!doctype html><meta charset=utf-8>" + "".join(parts), encoding="utf-8")
    page = chromium.new_page()
    page.dialogs = []
    page.on("dialog", lambda dialog: (page.dialogs.append(dialog.message), dialog.dismiss()))
    page.goto(path.as_uri())
    page.wait_for_function("document.querySelectorAll('.js-plotly-plot .gtitle').length === 4")
    yield page
    page.close()


@pytest.mark.parametrize("where", [".legendtext", ".node-label", ".textpoint", ".ytick text"])
def test_labels_show_text_letter_by_letter(page, where):
    assert set(HOSTILE) <= set(page.locator(where).all_text_contents())


@pytest.mark.parametrize("mark", [".barlayer .point", ".sankey-node rect"])
def test_hover_boxes_show_text_letter_by_letter(page, mark):
    told = []
    for number in range(len(HOSTILE)):
        page.locator(mark).nth(number).hover(force=True)
        page.locator(".hovertext").first.wait_for(timeout=10_000)
        page.wait_for_timeout(150)
        told += page.locator(".hovertext").all_text_contents()
    assert all(any(text in box for box in told) for text in HOSTILE), told


def test_nothing_was_run(page):
    assert page.dialogs == []
    assert page.locator(".js-plotly-plot img, .js-plotly-plot script").count() == 0
