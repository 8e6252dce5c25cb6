"""fk.load's doors, and fk.show in a shell: the picture, the caption, the table."""

import html
import json
from pathlib import Path

import ibis
import pandas as pd
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output

import flowkit as fk
from flowkit import inventory
from flowkit.api import enriched
from flowkit.errors import AddressError, FlowkitError, SourceError

V5 = """
version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status
5 eni-a 10.0.0.1 10.0.0.2 40001 443 6 1 1000 1773129600 1773129650 REJECT OK
5 eni-a 10.0.0.2 10.0.0.1 443 40001 6 4 4000 1773129660 1773129719 ACCEPT OK
"""
FIGURE = "application/vnd.plotly.v1+json"


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines(V5)


@pytest.fixture
def shown(monkeypatch):
    """Return a function that shows a frame in a real shell, and returns the bundles it displayed."""
    monkeypatch.setenv("PLOTLY_RENDERER", "plotly_mimetype")
    InteractiveShell.instance()

    def show(frame, **options):
        import plotly.io as pio

        monkeypatch.setattr(pio.renderers, "default", "plotly_mimetype")
        with capture_output() as captured:
            fk.show(frame, **options)
        return [output.data for output in captured.outputs]

    yield show
    InteractiveShell.clear_instance()


@pytest.mark.parametrize(
    ("analysis", "view", "title"),
    [
        ("reject_timeline", None, "Rejected traffic by dstport"),
        ("traffic_timeline", None, "Traffic over time, bytes"),
        ("top_talkers", None, "Top talkers by bytes"),
        ("talker_edges", None, "Who talks to whom, bytes"),
        ("talker_edges", "talker_graph", "Graph of talkers, bytes"),
    ],
)
def test_an_analysis_is_shown_as_picture_caption_and_table(flows, shown, analysis, view, title):
    frame = getattr(fk.analysis, analysis)(flows)
    figure, table = shown(frame, view=view)
    assert figure[FIGURE]["layout"]["title"]["text"] == title
    assert figure[FIGURE]["layout"]["meta"]["caption"] == frame.attrs["caption"]
    assert table["text/html"].startswith(f"<details><summary>Table: {len(frame)} rows. ")
    assert frame.attrs["caption"] in html.unescape(table["text/html"])
    assert table["text/html"].count("<tr") == len(frame) + 1


@pytest.mark.parametrize("measure", ["bytes", "packets", "records", "bytes_to_server", "bytes_to_client"])
@pytest.mark.parametrize("view", ["talker_sankey", "talker_graph"])
def test_edges_are_shown_by_whatever_they_are_ranked(flows, shown, measure, view):
    figure, _table = shown(fk.analysis.talker_edges(flows, measure=measure, by="place"), view=view)
    assert figure[FIGURE]["layout"]["title"]["text"].startswith(("Who talks to whom, ", "Graph of talkers, "))


@pytest.mark.parametrize(
    ("analysis", "text"),
    [("summary", "first start"), ("conversations", "unanswered"), ("events", "fresh_port")],
)
def test_what_has_no_picture_is_an_open_table(flows, shown, analysis, text):
    (table,) = shown(getattr(fk.analysis, analysis)(flows))
    assert table["text/html"].startswith("<details open>")
    assert f">{text}</td>" in table["text/html"]


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", "=1+1", "a\x00b", "\u202egnp.exe", "<img src=x onerror=f>"]
)
def test_names_out_of_an_inventory_are_shown_as_text(flows, shown, tmp_path, text):
    interface = {
        "NetworkInterfaceId": "eni-a",
        "PrivateIpAddress": "10.0.0.1",
        "TagSet": [{"Key": "Name", "Value": text}],
    }
    (tmp_path / "a.json").write_text(json.dumps({"NetworkInterfaces": [interface]}))
    named = enriched(flows, inventory=tmp_path)
    for view in ("talker_sankey", "talker_graph"):
        figure, table = shown(fk.analysis.talker_edges(named, by="name"), view=view)
        drawn = json.dumps(figure[FIGURE]["data"])
        assert not any(tag in drawn + table["text/html"] for tag in ("<script", "<img"))
        assert html.escape(text) in table["text/html"]


def test_a_long_table_is_cut_and_says_so(shown):
    frame = pd.DataFrame({"address": [f"10.0.0.{n}" for n in range(201)]})
    frame.attrs["analysis"] = "something_tabular"
    (table,) = shown(frame)
    assert "Table: 201 rows (the first 200 shown)." in table["text/html"]
    assert "10.0.0.199<" in table["text/html"]
    assert "10.0.0.200<" not in table["text/html"]


def test_a_table_shows_text_as_text_and_nothing_as_a_dash(shown):
    frame = pd.DataFrame({"<b>name": ["<script>alert(1)</script>", None, "x" * 500]})
    frame.attrs |= {"analysis": "something_tabular", "caption": "<img src=x onerror=alert(1)>"}
    (table,) = shown(frame)
    assert not any(tag in table["text/html"] for tag in ("<script", "<img", "<b>name"))
    assert "&lt;script&gt;" in table["text/html"]
    assert "x" * 500 in table["text/html"]
    assert ">-</td>" in table["text/html"]


@pytest.mark.parametrize(
    ("attrs", "view", "told"),
    [
        (
            {},
            "talker_pie",
            "no view 'talker_pie' draws this frame. The views are: coverage, reject_timeline, talker_graph",
        ),
        ({"analysis": "summary"}, "summary", "no view 'summary' draws this frame"),
        ({"analysis": "summary"}, "top_talkers", "top_talkers cannot draw this frame"),
        ({}, "__doc__", "no view '__doc__' draws this frame"),
    ],
)
def test_what_cannot_be_drawn_is_refused(shown, attrs, view, told):
    frame = pd.DataFrame({"topic": [], "name": []})
    frame.attrs |= attrs
    with pytest.raises(FlowkitError, match=told):
        shown(frame, view=view)


def test_an_ibis_table_is_flows():
    table = ibis.memtable({"srcaddr": ["10.0.0.1"], "dstaddr": ["10.0.0.2"], "bytes": [40], "start": [1773129600]})
    flows = fk.load(table, start="2026-03-10T08:00Z", end="2026-03-10T08:01Z")
    assert flows.count() == 1
    assert str(flows.scope) == "2026-03-10 08:00Z to 08:01Z"
    assert fk.load(table, end="2026-03-10T08:00Z").count() == 0


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ([], "the list of paths is empty"),
        ("s3://bucket/prefix", "aws s3 sync"),
        ("cloudwatch://eu-central-1/group", "aws logs filter-log-events"),
        (["sample", "s3://bucket"], "reads files and folders only"),
    ],
)
def test_a_source_of_another_kind_is_refused_with_what_to_do(source, told):
    with pytest.raises(SourceError, match=told):
        fk.load(source)


SNAPSHOT = Path(fk.__file__).parent / "sample" / "snapshot"


def test_an_inventory_is_a_folder_or_what_was_read_from_one():
    by_path, by_text, read = (
        fk.load("sample", inventory=i) for i in (SNAPSHOT, str(SNAPSHOT), inventory.read(SNAPSHOT))
    )
    assert by_path.identities.snapshot == by_text.identities.snapshot == read.identities.snapshot
    assert fk.load("sample").identities.snapshot is None


def test_a_table_takes_an_inventory_and_blocks():
    table = ibis.memtable({"srcaddr": ["10.0.2.20"], "dstaddr": ["10.9.0.1"], "bytes": [40]})
    flows = fk.load(table, inventory=SNAPSHOT, inside=["10.9.0.0/16"])
    edges = fk.analysis.talker_edges(flows, by=("name", "place"))
    assert edges[["client", "server"]].to_numpy().tolist() == [["db-a-1", "inside"]]


def test_enriched_flows_are_the_same_flows_of_which_more_is_known(tmp_path):
    narrowed = fk.load("sample").narrow(action="REJECT")
    known = enriched(narrowed, inventory=SNAPSHOT, inside=["10.0.0.0/16"])
    assert (known.scope, known.origin, known.count()) == (narrowed.scope, narrowed.origin, narrowed.count())
    assert narrowed.identities.snapshot is None
    more = enriched(known, lists=[_written(tmp_path / "bad.txt", "198.18.0.2\n")])
    assert (more.identities.snapshot, more.identities.knowledge.inside) == (known.identities.snapshot, ("10.0.0.0/16",))
    again = enriched(more, databases=[_written(tmp_path / "where.csv", "network,country\n198.18.0.0/15,NL\n")])
    assert [len(known) for known in (again.identities.knowledge.lists, again.identities.knowledge.databases)] == [1, 1]


def test_what_inside_is_can_be_said_anew():
    flows = fk.load("sample", inside="10.0.0.0/16")
    assert enriched(flows, inside="192.0.2.0/24").identities.knowledge.inside == ("192.0.2.0/24",)
    assert enriched(flows).identities.knowledge.inside == ("10.0.0.0/16",)
    with pytest.raises(AddressError, match="inside is empty"):
        enriched(flows, inside=[])


def _written(path, text):
    path.write_text(text)
    return path


@pytest.mark.parametrize("options", [{"lists": ["no.such"]}, {"databases": ["no.such"]}])
def test_a_file_that_is_not_there_is_told(flows, options):
    with pytest.raises(AddressError, match=r"no\.such"):
        enriched(flows, **options)


def test_the_code_of_a_load_makes_it_again(flows, tmp_path):
    path = tmp_path / "it's.log"
    path.write_text(V5.strip(), encoding="utf-8")
    loaded = fk.load(path)
    assert eval(loaded.origin.code, {"fk": fk}).count() == flows.count() == 2  # noqa: S307 - our own code


def test_the_code_of_a_load_says_what_was_known(tmp_path):
    path = _written(tmp_path / "flows.log", V5.strip())
    loaded = fk.load(path, inside=["10.0.0.0/8"], inventory=SNAPSHOT)
    again = eval(loaded.origin.code, {"fk": fk})  # noqa: S307 - our own code
    assert again.identities.knowledge.inside == loaded.identities.knowledge.inside
    assert again.identities.snapshot == loaded.identities.snapshot
