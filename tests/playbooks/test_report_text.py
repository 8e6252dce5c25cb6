"""A report as Markdown: whatever a name holds, it is read as text."""

import pandas as pd
import plotly.graph_objects as go
import pytest
from markdown_it import MarkdownIt

from flowkit.playbooks.passages import Answer, Facts, Items, Picture, Rows, Section, Text
from flowkit.playbooks.report_text import code, markdown, plain

READER = MarkdownIt("commonmark").enable("table")
HOSTILE = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "[click](http://203.0.113.7)",
    "![x](http://203.0.113.7/x.png)",
    "<http://203.0.113.7>",
    "[x]: http://203.0.113.7",
    "`code` ``more``",
    "**bold** _soft_ ~~gone~~",
    "# heading",
    "- item",
    "+ item",
    "1. item",
    "12) item",
    "> quote",
    "=== rule",
    "--- rule",
    "a | b",
    "a \\| b",
    "a\n\n# b",
    "    indented",
    "\tindented",
    "```fence",
    "~~~fence",
    "&lt;b&gt; &amp; &#60;",
    "| a |",
    "back\\",
    "$x$",
]


def tokens(text):
    found = READER.parse(text)
    return [one.type for token in found for one in (token, *(token.children or ()))]


@pytest.mark.parametrize("text", HOSTILE)
def test_text_is_read_letter_by_letter(text):
    assert set(tokens(plain(text))) <= {"paragraph_open", "inline", "text", "text_special", "paragraph_close"}
    shown = "".join(one.content for token in READER.parse(plain(text)) for one in token.children or ())
    assert shown == " ".join(text.strip().splitlines()) or shown == text.strip().replace("\n", " ")


@pytest.mark.parametrize("text", HOSTILE)
def test_a_cell_is_one_cell(text):
    told = markdown(Section("T", (Facts(((text, text),)), Rows(pd.DataFrame({text: [text, "b"]})))))
    html = READER.render(told)
    assert html.count("<table>") == 2
    assert (html.count("<td>"), html.count("<th>")) == (4, 3)
    assert not any(tag in html for tag in ("<script", "<img", "<a ", "<em>", "<strong>", "<code>", "<li>"))


@pytest.mark.parametrize("text", HOSTILE)
def test_a_command_is_code_to_its_end(text):
    html = READER.render(markdown(Section("T", (Items((f"{text} end",), code=True),))))
    assert html.count("<code>") == 1
    assert html.count("end</code>") == 1
    assert "<a " not in html


@pytest.mark.parametrize(("text", "told"), [("a", "`a`"), ("a `b`", "`` a `b` ``"), ("``", "``` `` ```")])
def test_code_stands_in_more_backticks_than_it_holds(text, told):
    assert code(text) == told


@pytest.mark.parametrize("address", ["http://203.0.113.7", "HTTPS://x", "www.example.com", "a@example.com", "@user"])
def test_nothing_becomes_a_link_or_a_mention(address):
    told = plain(address)
    assert "://" not in told.replace("\\:", "")
    assert "www." not in told
    assert "@" not in told
    assert READER.render(told) == f"<p>{address}</p>\n"


def test_control_characters_are_written_out():
    assert plain("a\x1b[31mb\x00") == "a\\\\x1b\\[31mb\\\\x00"


def test_a_report_reads_from_the_answer_on():
    rows = pd.DataFrame({"host": ["a", "b"], "bytes": [1000, 2]})
    rows.attrs["caption"] = "All."
    told = markdown(
        Section(
            "Title",
            (
                Answer("findings", "Much left.", "high"), Text("Why."),
                Items(("one", "two"), numbered=True, marks=("low", "info")),
                Section("Upload", (Rows(rows, "For it"), Picture(go.Figure(), "Bars.")), "high"),
                Items(("ss -t  # to look: who",), code=True), Rows(pd.DataFrame({"a": []}), "Table"),
            ),
        )
    )  # fmt: skip
    assert told == (
        "# Title\n\n**Findings.** (gravest finding: High) Much left.\n\nWhy.\n\n1. **Low**: one\n2. **Info**: two\n\n"
        "## **High**: Upload\n\nFor it: 2 rows. All.\n\n| host | bytes |\n| --- | --- |\n| a | 1,000 |\n| b | 2 |\n\n"
        "Figure (in the HTML report): Bars.\n\n- To look: who: `ss -t`\n\nTable: 0 rows.\n"
    )


def test_a_long_table_is_cut_and_says_so():
    told = markdown(Section("T", (Rows(pd.DataFrame({"a": range(51), "b": range(51)})),)))
    assert "Table: 51 rows, the first 50 shown." in told
    assert told.count("\n| ") == 52
