"""How figures look: colours that stay apart, labels that stay text."""

import pytest

from flowkit.views import style


def test_what_accepts_and_what_rejects_are_okabe_and_itos_blue_and_vermilion():
    assert (style.ACCEPT, style.REJECT) == ("#0072B2", "#D55E00")
    assert len(set(style.PALETTE)) == len(style.PALETTE)


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("10.0.0.1", "10.0.0.1"),
        ("2001:db8:1111:2222:3333:4444:5555:6666", "2001:db8:1111:2222:3333:4444:5555:6666"),
        ("<b>", "&lt;b&gt;"),
        ("a & b", "a &amp; b"),
        ("%{x}", "&#37;{x}"),
        ("a" * 44, "a" * 44),
        ("a" * 30 + "<" * 30, "a" * 21 + "…" + "&lt;" * 21),
        (443, "443"),
    ],
)
def test_labels(text, label):
    assert style.label(text) == label


def test_the_whole_of_a_long_text_is_in_lines():
    assert style.full("a" * 80 + "<b>") == "a" * 80 + "<br>&lt;b&gt;"
    assert style.full("") == ""


@pytest.mark.parametrize(
    ("count", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 kB"), (1_250_000, "1.25 MB"), (632_430_472, "632 MB"), (10**18, "1e+03 PB")],
)
def test_bytes_in_words(count, words):
    assert style.size(count) == words


def test_a_caption_without_blanks_is_broken_too():
    assert style.wrapped("x" * 250) == "<br>".join(["x" * 120, "x" * 120, "x" * 10])
