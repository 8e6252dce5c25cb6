"""A report: its frame, its HTML, and what it says of itself; every text in it may come from an attacker."""

import pandas as pd
import pytest

from flowkit import playbooks
from flowkit.errors import ScopeError, StoreError
from flowkit.playbooks import Candidate, ConnectivityReport, Finding, Parameter, Playbook, Report, Step
from flowkit.playbooks.report import COLUMNS
from flowkit.playbooks.report_html import table

EVIL = "<script>alert(1)</script>"


def report(**more):
    rows = pd.DataFrame({"name": [EVIL], "records": [3]})
    rows.attrs["caption"] = EVIL
    finding = Finding(
        kind="connectivity", subject="10.0.0.1", peer="10.0.0.2", port=443, protocol="tcp", score=0.5, severity="high",
        summary=EVIL, supporting=rows, contradicting=(EVIL,), innocent_explanations=(EVIL,), next_steps=(EVIL,),
    )  # fmt: skip
    values = {
        "name": "connectivity", "title": EVIL, "verdict": "blocked", "summary": EVIL, "findings": (finding,),
        "steps": (Step("seen", EVIL, EVIL, rows, None, EVIL),), "parameters": {"source": EVIL}, "coverage": EVIL,
        "notes": (EVIL,), "candidates": (Candidate("no_listener", EVIL, None, EVIL, (EVIL,)),), "snapshot_age": EVIL,
    }  # fmt: skip
    return ConnectivityReport(**values | more)


def test_a_table_leaves_what_is_unknown_empty():
    written = table(pd.DataFrame({"entry": pd.array([None, 100], "Int64"), "at": pd.to_datetime([None, 0], utc=True)}))
    assert "NA" not in written
    assert "NaT" not in written
    assert "<td>100</td>" in written


def test_a_frame_has_the_columns_of_the_contract_and_a_row_for_each_finding():
    frame = report().to_frame()
    assert tuple(frame.columns) == COLUMNS
    assert frame.loc[0, ["kind", "subject", "peer", "port", "severity"]].tolist() == [
        "connectivity", "10.0.0.1", "10.0.0.2", 443, "high",
    ]  # fmt: skip


def test_an_empty_report_has_the_columns_and_no_rows():
    frame = report(findings=()).to_frame()
    assert (tuple(frame.columns), len(frame)) == (COLUMNS, 0)
    assert str(frame.dtypes["first"]) == "datetime64[s, UTC]"


def test_every_text_is_escaped(tmp_path):
    page = report().to_html(tmp_path / "report.html").read_text(encoding="utf-8")
    assert EVIL not in page
    assert page.count("&lt;script&gt;") >= 12
    assert EVIL not in report()._repr_html_()


def test_a_page_asks_nobody(tmp_path):
    page = report().to_html(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "default-src 'none'" in page
    assert "<link" not in page
    assert 'src="' not in page


def test_a_figure_is_drawn_by_a_script_inside(load_lines, tmp_path):
    flows = load_lines("""
version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status
5 eni-a 10.0.0.1 10.0.0.2 40001 443 6 4 4000 1773129600 1773129650 ACCEPT OK
5 eni-a 10.0.0.2 10.0.0.1 443 40001 6 4 4000 1773129600 1773129650 ACCEPT OK
""")
    found = playbooks.run("connectivity", flows, source="10.0.0.1", destination="10.0.0.2", port=443)
    page = found.to_html(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Plotly.newPlot" in page
    assert "Plotly.newPlot" not in found._repr_html_()


def test_a_folder_that_is_not_there_is_said(tmp_path):
    with pytest.raises(StoreError, match="missing"):
        report().to_html(tmp_path / "missing" / "report.html")


@pytest.mark.parametrize(("severities", "worst"), [((), ""), (("low", "high", "info"), "high")])
def test_the_gravest_finding_is_known(severities, worst):
    findings = tuple(Finding(kind="upload", subject="10.0.0.1", summary="", severity=one) for one in severities)
    assert report(findings=findings).worst == worst


@pytest.mark.parametrize(
    ("candidate", "text"),
    [
        (Candidate("no_reply"), "no_reply"),
        (Candidate("source_nacl_inbound", "acl-1", 32767), "source_nacl_inbound (acl-1 entry 32767)"),
        (Candidate("destination_security_group", ["sg-1", "sg-2"]), "destination_security_group (sg-1, sg-2)"),
    ],
)
def test_a_candidate_is_a_line(candidate, text):
    assert str(candidate) == text


@pytest.fixture
def own(monkeypatch):
    def run(_, *, text):
        return Report(name="own", title="Own", verdict="nothing_found", summary=text)

    playbook = Playbook("own", "Own", "what is it?", (Parameter("text", "a word", required=True),), run)
    monkeypatch.setattr("flowkit.playbooks.playbook._REGISTERED", {"connectivity": playbooks.get("connectivity")})
    return playbooks.register(playbook)


@pytest.mark.usefixtures("own")
def test_a_playbook_of_ones_own_is_run_by_its_name():
    assert playbooks.names() == ["connectivity", "own"]
    assert playbooks.run("own", None, text="well").summary == "well"
    with pytest.raises(ScopeError, match=r"own needs text: what is it\?"):
        playbooks.run("own", None)


def test_an_unknown_playbook_names_the_nearest():
    with pytest.raises(ScopeError, match=r"no playbook is called conectivity\. Did you mean connectivity\?"):
        playbooks.run("conectivity", None)
