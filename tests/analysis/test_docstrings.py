"""Each analysis returns the columns that its docstring names, and the docstring tells their units."""

import re

import pytest

from flowkit import analysis
from flowkit.inventory import Snapshot

V5 = """
interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status encryption-status
eni-a 10.0.0.1 10.0.0.2 40001 443 6 1 1000 1773129600 1773129650 REJECT OK -
eni-a 10.0.0.2 10.0.0.1 443 40001 6 4 4000 1773129600 1773129650 ACCEPT OK 0
eni-a 10.0.0.1 10.0.0.3 40001 443 6 1 1000 1773130800 1773130850 ACCEPT OK 1
"""
COUNTED = ("packets", "records", "accepted", "rejected", "degree", "skipped", "conversations")
TIMES = ("bucket", "first", "last")
UNITS = {"bytes": "B", "minutes": "min"} | dict.fromkeys(COUNTED, "count") | dict.fromkeys(TIMES, "UTC")
# These have a column of the name of an analysis.
COUNTING = (
    "cleartext", "conversation_rules", "conversations", "direct_egress", "egress_volume", "exposed_admin",
    "rule_effects", "uploads",
)  # fmt: skip
OF_NO_FLOWS = ("detector_settings", "talker_measures")
ARGUMENTS = {
    "conversation_rules": ([Snapshot()], {}),
    "connection_attempts": ([], {"clients": "10.0.0.1", "servers": "10.0.0.2", "port": 443}),
    "did_talk": (["10.0.0.1", "10.0.0.2"], {}),
    "traffic_timeline": ([], {"by": "dstport"}),
    "rule_effects": ([Snapshot()], {}),
    "talker_path": (["10.0.0.1", "10.0.0.2"], {}),
    "what_changed": ([], {"at": "2026-03-10T08:10Z"}),
}


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines(V5)


def ask(name, flows):
    if name == "detector_settings":
        return analysis.detector_settings()
    given = flows if name != "talker_measures" else analysis.talker_edges(flows)
    arguments, options = ARGUMENTS.get(name, ([], {}))
    return getattr(analysis, name)(given, *arguments, **options)


def returned(name):
    """Return the section of a docstring that says what comes back."""
    return re.search(r"Returns\n\s*-+\n(.*?)(?:\n\s*\n\s*\w+\n\s*---|\Z)", getattr(analysis, name).__doc__, re.DOTALL)[
        1
    ]


def documented(name):
    """Return the columns that a docstring names, with what stands in the first brackets after each."""
    text = returned(name)
    text = text.partition("In ``attrs``")[0]
    text = re.sub(r"\([^()]*\)", lambda brackets: brackets[0].replace("`", "'"), text)  # a column is named outside
    names = [n for n in re.finditer(r"(?<!`)`(\w+)`(?!`)", text) if n[1] not in analysis.__all__ or name in COUNTING]
    return {n[1]: (re.search(r"\(([^)]*)\)", text[n.end() :]) or [None, ""])[1] for n in names}


@pytest.mark.parametrize("name", analysis.__all__)
def test_the_columns_are_those_of_the_docstring(flows, name):
    documents = list(documented(name))
    if name == "conversations":  # "with per="client_port" also"
        frame = analysis.conversations(flows, per="client_port")
        assert sorted(documents) == sorted(frame.columns)
        documents.remove("client_port")
    assert documents == list(ask(name, flows).columns)


@pytest.mark.parametrize("name", analysis.__all__)
def test_the_docstring_tells_the_unit_of_each_amount(name):
    for column, brackets in documented(name).items():
        if unit := UNITS.get(column.split("_")[0]):
            assert unit in brackets, f"{name}: {column} is told as {brackets!r}"


@pytest.mark.parametrize("name", [name for name in analysis.__all__ if name not in OF_NO_FLOWS])
def test_a_frame_carries_its_name_and_caption(flows, name):
    frame = ask(name, flows.narrow(protocol="tcp"))
    assert frame.attrs["analysis"] == name
    assert frame.attrs["caption"].endswith("Scope: tcp.")
