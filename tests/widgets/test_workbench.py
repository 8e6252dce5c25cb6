"""The workbench in plain Python: one scope for all views, clicks and brushes, errors in words."""

import re
from datetime import UTC, datetime

import ibis
import pandas as pd
import plotly.graph_objects as go
import pytest

import flowkit as fk
from flowkit.errors import ScopeError
from flowkit.widgets import Answer, Control, Panel, register, registered
from flowkit.widgets import workbench as made
from flowkit.widgets.figure import FigureBox
from flowkit.widgets.running import Runner
from flowkit.widgets.timeline_panels import window
from flowkit.widgets.workbench import Workbench

VIEWS = ["Overview", "Timeline", "Rejects", "Talkers", "Graph", "Conversations"]


@pytest.fixture(scope="module")
def sample():
    return fk.load("sample", inventory="sample")


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch):
    monkeypatch.setattr(made, "_LAST", {})


@pytest.fixture
def at(sample):
    """Return a function that opens a workbench at a view; without a thread, so all is answered at once."""

    def at(view, flows=sample, **options):
        return Workbench(flows, view=view, runner=Runner(threaded=False), **options)

    return at


def boxes(bench):
    return [box for box in bench.boxes if box.layout.display != "none"]


def click(bench, what, box=0):
    boxes(bench)[box].figure.receive(None, {"kind": "picked", **what}, [])


def cell(bench, column, row=0, box=0):
    boxes(bench)[box].table.receive(None, {"kind": "picked", "row": row, "column": column}, [])


def said(bench):
    return bench.alert.words


@pytest.mark.parametrize("view", VIEWS)
def test_each_view_answers_with_figure_or_table_in_scope(at, view):
    bench = at(view, scope=fk.Scope(address="10.0.2.20"))
    assert said(bench) == ""
    assert re.search(rf"{view}: \d", bench.status.value)
    assert bench.cancel.layout.visibility == "hidden"
    assert bench.answers
    for answer in bench.answers:
        assert answer.frame is not None
        scope = "all records" if answer.title == "Coverage" else "address 10.0.2.20"
        assert f"Scope: {scope}" in answer.frame.attrs["caption"]
        assert answer.figure is None or len(answer.figure.to_json()) < 2_000_000


@pytest.mark.parametrize("view", VIEWS[1:])  # the overview tells of what was watched, whatever the addresses
def test_each_view_has_words_for_nothing_in_scope(at, view):
    bench = at(view, scope=fk.Scope(address="192.0.2.99"))
    assert said(bench) == ""
    assert bench.flows.count() == 0
    for answer in bench.answers:
        if answer.figure is not None:
            words = [annotation.text for annotation in answer.figure.layout.annotations]
            assert any(word for word in words), answer.title


def test_only_the_open_view_computes(sample, monkeypatch):
    asked = []
    monkeypatch.setattr(
        made, "registered",
        lambda: {name: Panel(name, lambda _f, _c, name=name: asked.append(name) or []) for name in ("A", "B")},
    )  # fmt: skip
    bench = Workbench(sample, runner=Runner(threaded=False))
    assert asked == ["A"]
    bench.picker.narrow(fk.Scope(dstport=5432))
    assert asked == ["A", "A"]
    bench.view = "B"
    bench.picker.narrow(fk.Scope(action="REJECT"))
    assert asked == ["A", "A", "B", "B"]


def test_a_brush_narrows_to_whole_buckets(at):
    bench = at("Timeline", scope=fk.Scope(start="2026-03-10T08:00Z", end="2026-03-10T09:00Z"))
    every = bench.answers[0].figure.layout.meta["bucket_seconds"]
    click(bench, {"on": "brush", "from": "2026-03-10 08:02:10.5", "to": "2026-03-10 08:03:50"})
    assert bench.scope.start == datetime(2026, 3, 10, 8, 2, tzinfo=UTC)
    assert bench.scope.end == datetime(2026, 3, 10, 8, 4, tzinfo=UTC)
    assert every <= 60
    assert "start='2026-03-10T08:02:00Z'" in bench.code


@pytest.mark.parametrize(
    ("what", "seconds", "expected"),
    [
        ({"on": "brush", "from": "2026-03-10 08:02:10", "to": "2026-03-10 08:03:50"}, 60, ("08:02:00", "08:04:00")),
        ({"on": "brush", "from": "2026-03-10", "to": "2026-03-10 00:01"}, 60, ("00:00:00", "00:01:00")),
        ({"on": "brush", "from": "2026-03-10 08:02:10", "to": "2026-03-10 08:02:20"}, 60, ("08:02:00", "08:03:00")),
        ({"on": "point", "x": "2026-03-10 08:02:00"}, 120, ("08:02:00", "08:04:00")),
        ({"on": "point", "x": None}, 60, None),
        ({"on": "link", "number": 0}, 60, None),
    ],
)
def test_windows(what, seconds, expected):
    found = window(what, seconds)
    assert (found and (f"{found.start:%H:%M:%S}", f"{found.end:%H:%M:%S}")) == expected


def test_a_sankey_link_narrows_to_what_passed_between_two(at):
    bench = at("Talkers")
    client, server = bench.answers[0].figure.layout.meta["links"][0]
    click(bench, {"on": "link", "number": 0})
    assert bench.code == f"flows.narrow(address='{client}').narrow(address='{server}')"
    assert bench.flows.count() > 0
    click(bench, {"on": "link", "number": 999})
    assert said(bench) == ""


def test_a_sankey_node_narrows_to_its_group(at):
    bench = at("Talkers")
    bench.choose(clients="subnet")
    side, label = bench.answers[0].figure.layout.meta["nodes"][0]
    assert side == "client"
    click(bench, {"on": "node", "number": 0})
    assert "address='10.0." in bench.code, label


def test_other_is_refused_in_words(at):
    bench = at("Talkers")
    number = next(n for n, (_, label) in enumerate(bench.answers[0].figure.layout.meta["nodes"]) if label == "other")
    before = bench.code
    click(bench, {"on": "node", "number": number})
    assert "other is not one group" in said(bench)
    assert bench.code == before


def test_a_graph_node_narrows_expands_and_ends_a_path(at):
    bench = at("Graph")
    bench.choose(act="expand")
    before = len(bench.answers[0].frame)
    click(bench, {"on": "point", "id": "10.0.0.20", "number": 0, "trace": 1})
    assert bench.chosen()["expanded"] == "10.0.0.20"
    assert len(bench.answers[0].frame) > before
    assert "neighbours of 10.0.0.20" in bench.answers[0].frame.attrs["caption"]
    bench.choose(act="source")
    click(bench, {"on": "point", "id": "10.0.1.10", "number": 0, "trace": 1})
    bench.choose(act="destination")
    click(bench, {"on": "point", "id": "10.0.2.20", "number": 0, "trace": 1})
    assert bench.answers[1].frame.attrs["path"] == ["10.0.1.10", "10.0.2.20"]
    bench.choose(act="narrow")
    click(bench, {"on": "point", "id": None, "number": 0, "trace": 0})
    assert bench.code == "flows"
    click(bench, {"on": "point", "id": "10.0.2.20", "number": 0, "trace": 1})
    assert bench.code == "flows.narrow(address='10.0.2.20')"


@pytest.mark.parametrize(
    ("view", "box", "column", "key"),
    [
        ("Rejects", 1, "srcaddr", "srcaddr="), ("Rejects", 1, "dstport", "dstport="),
        ("Rejects", 1, "interface_id", "interface_id='eni-"), ("Rejects", 1, "protocol", "protocol='tcp'"),
        ("Conversations", 0, "client", "address="), ("Conversations", 0, "server_port", "port="),
        ("Conversations", 0, "protocol", "protocol="), ("Overview", 0, "interface_id", "interface_id='eni-"),
        ("Timeline", 0, "bucket", "start="), ("Talkers", 0, "server", "address="), ("Graph", 0, "client", "address="),
    ],
)  # fmt: skip
def test_a_cell_narrows(at, view, box, column, key):
    bench = at(view)
    boxes(bench)[box].opener.value = True
    cell(bench, column, box=box)
    assert said(bench) == ""
    assert key in bench.code
    assert bench.flows.count() > 0


def test_an_error_is_told_and_nothing_old_stays(at, monkeypatch):
    bench = at("Timeline")
    bench.picker.narrow(fk.Scope(dstport=443))
    monkeypatch.setitem(bench.panels, "Timeline", Panel("Timeline", lambda _f, _c: 1 // 0))
    bench.picker.narrow(fk.Scope(protocol="tcp"))
    assert "ZeroDivisionError" in said(bench)
    assert not bench.answers
    assert not boxes(bench)
    bench.picker.undo()
    assert bench.code == "flows.narrow(dstport=443)"


def test_a_field_the_log_lacks_is_told_in_words(at, load_lines):
    flows = load_lines(
        "version interface-id srcaddr dstaddr start end\n2 eni-a 10.0.0.1 10.0.0.2 1773129600 1773129650"
    )
    bench = at("Rejects", flows)
    assert "action" in said(bench)
    assert "fault of flowkit" not in said(bench)
    for view in VIEWS:
        bench.view = view
        assert "fault of flowkit" not in said(bench), view


def test_the_same_flows_go_on_where_they_were(at):
    bench = at("Rejects")
    bench.picker.narrow(fk.Scope(dstport=5432))
    assert at("Talkers").code == "flows.narrow(dstport=5432)"
    again = fk.load("sample", inventory="sample")
    assert at("Talkers", again).code == "flows.narrow(dstport=5432)"
    assert at("Talkers", again.narrow(protocol="tcp")).code == "flows"
    assert at("Talkers", again, scope=fk.Scope()).code == "flows"


def test_one_table_does_not_begin_where_another_was(at):
    one, other = (
        fk.load(ibis.memtable({"srcaddr": [address], "dstaddr": ["10.0.0.9"], "bytes": [1]}))
        for address in ("10.0.0.1", "10.0.0.2")
    )
    at("Talkers", one).picker.narrow(fk.Scope(address="10.0.0.1"))
    assert at("Talkers", other).code == "flows"


def test_the_code_makes_the_same_flows(at, sample):
    bench = at("Talkers", scope="Scope(dstport=5432) & Scope(address='10.0.2.20')")
    flows = eval(bench.code, {"flows": sample})  # noqa: S307 - our own code
    assert flows.scope == bench.scope
    assert at("Talkers", scope=bench.code).scope == bench.scope


def test_views_of_others_take_part(at, monkeypatch):
    monkeypatch.setattr("flowkit.widgets.panel._PANELS", registered())
    frame = pd.DataFrame({"words": ["hello"]})
    ports = Control("port", "Port", lambda _flows: [("SSH", "22"), ("DNS", "53")])
    register(Panel("Mine", lambda _flows, c: [Answer(f"port {c['port']}", go.Figure(), frame, opened=True)], (ports,)))
    assert list(registered()) == [*VIEWS, "Playbooks", "Mine"]
    bench = at("Mine")
    assert bench.answers[0].title == "port 22"
    bench.choose(port="53")
    assert bench.answers[0].title == "port 53"
    with pytest.raises(ScopeError, match="called 'Mine' already"):
        register(Panel("Mine", lambda _f, _c: []))


def test_an_unknown_view_is_refused_by_name(at):
    with pytest.raises(ScopeError, match="The views are: Overview"):
        at("Nothing")


def test_a_figure_says_its_title_to_those_who_cannot_see_it(at):
    box = boxes(at("Timeline"))[0].figure
    assert isinstance(box, FigureBox)
    assert box.label.startswith("Traffic over time, bytes.")
    assert "table below" in box.label


def test_plotly_is_sent_when_the_page_asks(monkeypatch):
    box, sent = FigureBox(), []
    monkeypatch.setattr(box, "send", lambda content, buffers: sent.append((content, buffers)))
    box.receive(box, {"kind": "plotly"}, [])
    assert sent[0][0] == {"kind": "plotly"}
    assert sent[0][1][0][:2] == b"\x1f\x8b"
