"""A report as a page: headings in order, tables with captions, nothing asked of anybody, every text escaped."""

from html.parser import HTMLParser

import pandas as pd
import plotly.graph_objects as go
import pytest

from flowkit.playbooks.finding import SEVERITIES
from flowkit.playbooks.passages import Answer, Facts, Items, Picture, Rows, Section, Text
from flowkit.playbooks.report_page import page

EVIL = "<script>alert(1)</script>\"'"
ROWS = pd.DataFrame({EVIL: [EVIL, "b"], "n": [1, 2]})
ROWS.attrs["caption"] = EVIL


class Outline(HTMLParser):
    """The start tags of a page, and its headings with their levels."""

    def __init__(self, html):
        super().__init__()
        self.tags, self.levels = [], []
        self.feed(html)

    def handle_starttag(self, tag, attrs):
        self.tags.append((tag, dict(attrs)))
        if tag[0] == "h" and tag[1:].isdigit():
            self.levels.append(int(tag[1:]))

    def count(self, tag):
        return sum(name == tag for name, _attrs in self.tags)


def section(*passages, **more):
    return Section("Title", passages, **more)


FULL = section(
    Answer(EVIL, EVIL, "high"), Text(EVIL), Text(EVIL, aside=True), Facts(((EVIL, EVIL),), EVIL),
    Section(
        EVIL, (
            Items((EVIL,), marks=("low",)), Items((EVIL,), code=True),
            Section(EVIL, (Rows(ROWS, EVIL),), "medium", unfolded=True),
        ), place=EVIL,
    ),
    Picture(go.Figure(go.Bar(x=[EVIL], y=[1]), {"title": {"text": "T"}}), EVIL),
)  # fmt: skip


def test_every_text_is_escaped():
    html = page(FULL)
    assert EVIL not in html
    assert html.count("&lt;script&gt;") >= 14
    assert Outline(html).count("script") == 3  # plotly.js, the figure, and what sorts


def test_it_asks_nobody():
    html = page(FULL)
    policy = next(attrs["content"] for tag, attrs in Outline(html).tags if attrs.get("http-equiv"))
    assert policy.startswith("default-src 'none';")
    assert "connect-src" not in policy
    assert not [attrs for tag, attrs in Outline(html).tags if {"src", "srcset"} & set(attrs) or tag == "link"]
    assert all(attrs["href"].startswith("#") for tag, attrs in Outline(html).tags if tag == "a")


def test_plotly_is_in_it_once_and_only_with_a_figure():
    assert len(page(section(Text("x")))) < 30_000
    two = section(*(Picture(go.Figure(go.Bar(x=[1], y=[1])), "c") for _number in range(2)))
    assert len(page(two)) < 5_200_000
    assert page(two).count("figcaption>Figure") == 2


def test_the_same_report_is_the_same_page():
    assert page(FULL) == page(FULL)


def test_headings_come_in_order_and_landmarks_are_there():
    outline = Outline(page(FULL))
    assert outline.levels[0] == 1
    assert outline.levels.count(1) == 1
    assert all(after - before <= 1 for before, after in zip(outline.levels, outline.levels[1:], strict=False))
    assert [outline.count(tag) for tag in ("header", "nav", "main", "footer")] == [1, 1, 1, 1]


def test_links_lead_somewhere():
    tags = Outline(page(FULL)).tags
    ids = [attrs["id"] for _tag, attrs in tags if "id" in attrs]
    assert len(ids) == len(set(ids))
    assert {attrs["href"][1:] for tag, attrs in tags if tag == "a"} <= set(ids)


def test_every_table_has_a_caption_and_its_heads_a_scope():
    outline = Outline(page(FULL))
    assert outline.count("table") == outline.count("caption") == 2
    assert all(attrs.get("scope") in ("row", "col") for tag, attrs in outline.tags if tag == "th")


@pytest.mark.parametrize(("number", "severity"), list(enumerate(SEVERITIES)))
def test_a_severity_is_a_word_and_a_mark(number, severity):
    html = page(section(Section("Found", (), severity)))
    assert f"{'●' * number}{'○' * (4 - number)}</span> {severity.capitalize()}</span> Found" in html


@pytest.mark.parametrize(
    ("frame", "text"),
    [
        (pd.DataFrame({"a": []}), "No rows."),
        (pd.DataFrame({"a": ["x"], "b": [None]}), "Nothing is known of: b."),
        (pd.DataFrame({"a": range(1002)}), "2 more rows are not shown."),
        (pd.DataFrame({"a": range(51)}), "On paper, the first 50 rows"),
        (pd.DataFrame({f"c{n}": [0, 0] for n in range(6)} | {"d": [1, 2]}), "The same in every row shown: c0 0; c1 0;"),
    ],
)
def test_a_table_says_what_it_does_not_show(frame, text):
    assert text in page(section(Rows(frame)))


def test_a_whole_table_is_printed_to_its_last_row():
    assert "On paper, the first" not in page(section(Rows(pd.DataFrame({"a": range(51)}), whole=True)))
