"""Each analysis returns the columns that its docstring names, and the docstring tells their units."""

import re

import pytest

from flowkit import analysis

V5 = """
version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status
5 eni-a 10.0.0.1 10.0.0.2 40001 443 6 1 1000 1773129600 1773129650 REJECT OK
5 eni-a 10.0.0.2 10.0.0.1 443 40001 6 4 4000 1773129600 1773129650 ACCEPT OK
"""
UNITS = {"bytes": "B", "packets": "count", "records": "count", "degree": "count", "bucket": "UTC"}


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines(V5)


def ask(name, flows):
    given = flows if name != "talker_measures" else analysis.talker_edges(flows)
    return getattr(analysis, name)(given)


def returned(name):
    """Return the section of a docstring that says what comes back."""
    return re.search(r"Returns\n\s*-+\n(.*?)(?:\n\s*\n\s*\w+\n\s*---|\Z)", getattr(analysis, name).__doc__, re.DOTALL)[
        1
    ]


def documented(name):
    """Return the columns that a docstring names, with what stands in the first brackets after each."""
    text = returned(name)
    names = list(re.finditer(r"(?<!`)`(\w+)`(?!`)", text))
    return {n[1]: (re.search(r"\(([^)]*)\)", text[n.end() :]) or [None, ""])[1] for n in names}


@pytest.mark.parametrize("name", analysis.__all__)
def test_the_columns_are_those_of_the_docstring(flows, name):
    frame = ask(name, flows)
    ends = ["srcaddr", "dstaddr"] if name == "talker_edges" else []  # "two columns named as *source* and …"
    assert [*ends, *documented(name)] == list(frame.columns)


@pytest.mark.parametrize("name", analysis.__all__)
def test_the_docstring_tells_the_unit_of_each_amount(name):
    for column, brackets in documented(name).items():
        if unit := UNITS.get(column.split("_")[0]):
            assert unit in brackets, f"{name}: {column} is told as {brackets!r}"


@pytest.mark.parametrize("name", [name for name in analysis.__all__ if name != "talker_measures"])
def test_a_frame_carries_its_name_and_caption(flows, name):
    frame = ask(name, flows.narrow(protocol="tcp"))
    assert frame.attrs["analysis"] == name
    assert frame.attrs["caption"].endswith("Scope: tcp.")
