"""HTML: text, attributes, scripts, data: addresses; what is no data of anybody's stays byte for byte."""

from collections import Counter

import pytest

from flowkit.redaction.pages import Pages, libraries, without_libraries
from flowkit.redaction.payloads import encoded


@pytest.fixture
def pages(texts):
    return Pages(texts, Counter())


KEPT = [
    '<!doctype html><html lang="en"><head><meta charset="utf-8"></head><body class="a"><p>x &amp; y</p></body></html>',
    "<p>1 &lt; 2</p><br/><svg><linearGradient id='g'></linearGradient></svg><!-- note -->",
    '<style>.x > b { color: red }</style><script>var a = 1 < 2 && "x"; </script>',
    "<p>an <b>unclosed",
]


@pytest.mark.parametrize("html", KEPT)
def test_a_page_without_tokens_stays(pages, html):
    assert pages(html) == html


GONE = [
    ("<p>10.0.1.5</p>", "10.0.1.5"),
    ("<p>10.0.1&#46;5</p>", "10.0.1"),
    ("<a title='10.0.1.5' href=\"x?h=10.0.1.5\">y</a>", "10.0.1.5"),
    ("<!-- 10.0.1.5 -->", "10.0.1.5"),
    ('<script>x = {"a":"10.0.1.5\\u002f32","b":"eni-03f201a7a6e84c978"}</script>', "10.0.1.5"),
    ("<script>x = '10.0.1.5'; // eni-03f201a7a6e84c978</script>", "03f201a7a6e84c978"),
    ('<script>["web\\u002d1"]</script>', "web"),
    ("<td>web-1</td>", "web-1"),
    ("<textarea>10.0.1.5</textarea><title>10.0.1.5</title>", "10.0.1.5"),
    ("<style>/* 10.0.1.5 */ a{background:url(data:image/png;base64,iVBORw0KGgoAAA==)}</style>", "iVBORw0KGgo"),
    (f'<img src="data:image/svg+xml;base64,{encoded(b"<svg>10.0.1.5</svg>")}">', encoded(b"<svg>10.0.1.5</svg>")),
]


@pytest.mark.parametrize(("html", "token"), GONE)
def test_a_token_goes(pages, html, token):
    assert token not in pages(html)


def test_what_comes_out_is_escaped(pages):
    made = pages('<a title="&quot;10.0.1.5">&lt;script&gt;10.0.1.5</a>')
    assert 'title="&quot;10.' in made
    assert "&lt;script&gt;10." in made


def test_times_of_figures(pages):
    script = '<script>Plotly.newPlot("x",[{"x":["2026-03-10T08:00:00Z"],"y":[1773143100,7]}])</script>'
    made = pages(script)
    assert "2026-03-10" not in made
    assert "T08:00:00Z" in made


def test_plotly_is_left_as_it_is(pages):
    page = f'<script>{libraries()[0]}</script><script>"10.0.1.5"</script>'
    made = pages(page)
    assert libraries()[0] in made
    assert "10.0.1.5" not in made.replace(libraries()[0], "")
    assert without_libraries(page) == '<script></script><script>"10.0.1.5"</script>'
