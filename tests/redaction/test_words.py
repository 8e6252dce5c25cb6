"""Names are found as whole words, the longest first; ordinary words are not looked for."""

import re

import pytest

from flowkit.redaction.words import finder, ordinary

FOUND = [
    (["shop", "shop-lb"], "the shop-lb of shop", ["shop-lb", "shop"]),
    (["web-1"], "web-10 xweb-1 web-1", ["web-1"]),
    (["a.b", "c(d"], "a.b axb c(d", ["a.b", "c(d"]),
    (["web-1", "web-12", "web-2"], "web-12 web-2 web-1", ["web-12", "web-2", "web-1"]),
]


@pytest.mark.parametrize(("names", "text", "expected"), FOUND)
def test_finder(names, text, expected):
    assert re.findall(finder(names), text) == expected


def test_nothing_and_long_and_many_names():
    assert finder([]) == ""
    assert re.findall(finder(["x" * 5000]), "x" * 5000) == ["x" * 5000]
    many = [f"host-{number}" for number in range(3000)]
    assert re.findall(finder(many), "host-2999 and host-17") == ["host-2999", "host-17"]


@pytest.mark.parametrize("name", ["db", "default", "interface_id", "tcp", "12345", "Name", "for"])
def test_ordinary_words(name):
    assert ordinary(name)


@pytest.mark.parametrize("name", ["shop-lb", "acme", "web-a-1"])
def test_names_that_are_told_apart(name):
    assert not ordinary(name)
