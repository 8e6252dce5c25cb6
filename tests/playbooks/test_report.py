"""A report: its frame, its HTML, and what it says of itself; every text in it may come from an attacker."""

import pandas as pd
import pytest
from markdown_it import MarkdownIt

from flowkit import playbooks
from flowkit.errors import ScopeError, StoreError
from flowkit.playbooks import Candidate, ConnectivityReport, Finding, Parameter, Playbook, Report, Step
from flowkit.playbooks.report import COLUMNS
from flowkit.playbooks.report_html import table

EVIL = "<script>alert(1)</script>"
LOG = """
version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status
5 eni-a 10.0.0.1 10.0.0.2 40001 443 6 4 4000 1773129600 1773129650 ACCEPT OK
5 eni-a 10.0.0.2 10.0.0.1 443 40001 6 4 4000 1773129600 1773129650 ACCEPT OK
"""


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
    assert "<td class=n>100</td>" in written


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
    flows = load_lines(LOG)
    found = playbooks.run("connectivity", flows, source="10.0.0.1", destination="10.0.0.2", port=443)
    page = found.to_html(tmp_path / "report.html").read_text(encoding="utf-8")
    assert "Plotly.newPlot" in page
    assert "Plotly.newPlot" not in found._repr_html_()


FORMS = ("html", "markdown", "csv", "json", "ocsf")


def written(found, form, path):
    return getattr(found, f"to_{form}")(path)


@pytest.mark.parametrize("form", FORMS)
def test_each_form_is_one_file_over_an_older_one(form, tmp_path):
    path = tmp_path / "report"
    path.write_text("older")
    assert written(report(), form, str(path)) == path
    assert path.read_text(encoding="utf-8") not in ("older", "")
    assert list(tmp_path.iterdir()) == [path]


def test_a_script_of_an_attacker_is_text_in_markdown(tmp_path):
    told = report().to_markdown(tmp_path / "report.md").read_text(encoding="utf-8")
    assert EVIL not in MarkdownIt("commonmark").enable("table").render(told)
    assert told.count("&lt;script&gt;") >= 12


@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("name", ["missing/report", "folder", "a\0b"])
def test_a_file_that_cannot_be_written_is_said(form, name, tmp_path):
    (tmp_path / "folder").mkdir()
    with pytest.raises(StoreError, match="the report cannot be written to"):
        written(report(), form, tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_a_lone_surrogate_does_not_keep_a_report_from_being_written(tmp_path):
    assert "\\udc80" in report(summary="\udc80").to_html(tmp_path / "report.html").read_text(encoding="utf-8")


def test_a_report_that_cannot_be_written_leaves_the_older_one(tmp_path, monkeypatch):
    def full(self, _content):
        self.touch()
        raise OSError(28, "No space left on device")

    path = report().to_csv(tmp_path / "report.csv")
    before = path.read_bytes()
    monkeypatch.setattr("pathlib.Path.write_bytes", full)
    with pytest.raises(StoreError, match="No space left on device"):
        report(findings=()).to_csv(path)
    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


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
def test_a_playbook_of_ones_own_is_run_by_its_name(load_lines):
    flows = load_lines(LOG)
    assert playbooks.names() == ["connectivity", "own"]
    assert playbooks.run("own", flows, text="well").summary == "well"
    with pytest.raises(ScopeError, match=r"own needs text: what is it\?"):
        playbooks.run("own", flows)


def test_an_unknown_playbook_names_the_nearest():
    with pytest.raises(ScopeError, match=r"no playbook is called conectivity\. Did you mean connectivity\?"):
        playbooks.run("conectivity", None)
