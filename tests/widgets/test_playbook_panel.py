"""The playbooks view in plain Python: filled from the scope, run when asked to, read in place, narrowed to."""

from threading import Event

import pytest

import flowkit as fk
from flowkit import playbooks
from flowkit.engine import frame
from flowkit.errors import ScopeError, StoppedError
from flowkit.playbooks import Finding, Parameter, Playbook, Report, Step
from flowkit.widgets import workbench as made
from flowkit.widgets.playbook_panel import filled
from flowkit.widgets.running import Runner
from flowkit.widgets.workbench import Workbench

HOSTILE = "<img src=x onerror=alert(1)>"
EMPTY = "Choose a playbook, say who and where, and press Run."


@pytest.fixture(scope="module")
def sample():
    return fk.load("sample", inventory="sample")


@pytest.fixture(autouse=True)
def _nothing_remembered(monkeypatch):
    monkeypatch.setattr(made, "_LAST", {})
    monkeypatch.setattr("flowkit.playbooks.playbook._REGISTERED", {"connectivity": playbooks.get("connectivity")})


@pytest.fixture
def at(sample):
    """Return a function that opens the view; without a thread, so all is answered at once."""

    def at(scope=None, runner=None):
        return Workbench(sample, view="Playbooks", runner=runner or Runner(threaded=False), scope=scope or fk.Scope())

    return at


@pytest.fixture
def quick():
    """Register a playbook that answers at once, and return the calls of it."""
    calls = []

    def run(flows, **said):
        calls.append(said)
        scope = fk.Scope(address="10.0.2.20", port=5432)
        words = (HOSTILE,)
        found = Finding(kind=f"quick_{HOSTILE}", subject=HOSTILE, summary=f"one {HOSTILE}", severity="high",
                        scope=scope, supporting=words, innocent_explanations=words, next_steps=words)  # fmt: skip
        rest = Finding(kind="quick_rest", subject="b", summary="everything")
        table = frame(flows.table.limit(1)[["srcaddr"]]).assign(**{HOSTILE: HOSTILE})
        step = Step("look", HOSTILE, HOSTILE, table, coverage=HOSTILE)
        return Report(name="quick", title=f"Quick {HOSTILE}", verdict="findings", summary=HOSTILE, scope=flows.scope,
                      findings=(found, rest), steps=(step,), parameters={HOSTILE: HOSTILE}, coverage=HOSTILE,
                      notes=(HOSTILE,))  # fmt: skip

    parameters = (
        Parameter("source", "who"), Parameter("days", "how long", default=7, kind=int), Parameter("port", "which"),
    )  # fmt: skip
    playbooks.register(Playbook("quick", "Quick", "is it quick?", parameters, run))
    return calls


def form(bench):
    return bench.children[2].children[0]


def choose(bench, name, **said):
    form(bench).choice.value = name
    for key, words in said.items():
        form(bench).fields[key].value = words
    return form(bench)


def offers(bench):
    return [row.children for row in bench.boxes[0].offers.children]


def values(bench):
    return {name: field.value for name, field in form(bench).fields.items()}


@pytest.mark.parametrize(
    ("scope", "expected"),
    [
        (fk.Scope(), {}),
        (fk.Scope(srcaddr="10.0.1.10", dstaddr="10.0.2.20", dstport=5432, protocol="udp"),
         {"source": "10.0.1.10", "destination": "10.0.2.20", "port": "5432", "protocol": "udp"}),
        (fk.Scope(address=["10.0.1.10", "10.0.2.20"], port=443),
         {"source": "10.0.1.10", "destination": "10.0.2.20", "port": "443"}),
        (fk.Scope(address="10.0.1.10") & fk.Scope(address="10.0.2.20"),
         {"source": "10.0.1.10", "destination": "10.0.2.20"}),
        (fk.Scope(srcaddr="10.0.1.10", address="10.0.2.20"), {"source": "10.0.1.10", "destination": "10.0.2.20"}),
        (fk.Scope(dstaddr="10.0.2.20", address="10.0.1.10"), {"source": "10.0.1.10", "destination": "10.0.2.20"}),
        (fk.Scope(address="10.0.2.20"), {}),
        (fk.Scope(address=["10.0.0.1", "10.0.0.2", "10.0.0.3"]), {}),
        (fk.Scope(port=[80, 443], dstport=8080), {"port": "8080"}),
        (fk.Scope(protocol=253), {"protocol": "253"}),
    ],
)  # fmt: skip
def test_what_a_scope_says_of_the_parameters(scope, expected):
    names = ("source", "destination", "port", "protocol")
    assert {name: words for name, words in filled(scope).items() if name in names} == expected


def test_it_waits_in_words_until_run_is_pressed(at, quick):
    bench = at()
    choose(bench, "quick")
    assert EMPTY in bench.boxes[0].html.value
    assert bench.alert.words == ""
    assert quick == []


def test_fields_follow_the_scope_but_what_was_typed_stays(at):
    bench = at(fk.Scope(dstport=5432))
    assert values(bench) == {"source": "", "destination": "", "port": "5432", "protocol": "tcp"}
    form(bench).fields["source"].value = "app-a-1"
    bench.picker.narrow(fk.Scope(srcaddr="10.0.1.10", dstaddr="10.0.2.20", protocol="tcp"))
    assert values(bench) == {"source": "app-a-1", "destination": "10.0.2.20", "port": "5432", "protocol": "tcp"}
    bench.picker.reset()
    bench.picker.pick(fk.Scope(port=443))
    assert values(bench) == {"source": "app-a-1", "destination": "", "port": "443", "protocol": "tcp"}
    form(bench).fields["port"].value = ""
    bench.picker.pick(fk.Scope(port=22))
    assert values(bench)["port"] == ""


@pytest.mark.usefixtures("quick")
def test_what_was_typed_for_one_playbook_stays_while_another_is_looked_at(at):
    bench = at()
    choose(bench, "connectivity", source="app-a-1")
    assert list(choose(bench, "quick").fields) == ["source", "days", "port"]
    assert values(bench) == {"source": "", "days": "7", "port": ""}
    assert choose(bench, "connectivity").fields["source"].value == "app-a-1"


def test_each_field_says_what_it_is(at):
    for field in form(at()).fields.values():
        assert field.description
        assert field.placeholder
        assert field.tooltip.startswith(field.placeholder)


def test_the_line_of_code_does_the_same(at, sample):
    bench = at(fk.Scope(start="2026-03-10T08:00Z", end="2026-03-10T09:00Z"))
    run = choose(bench, "connectivity", source="app-a-1", destination="db-a-1", port="5432")
    assert run.code == (
        "fk.playbooks.run('connectivity', flows.narrow(start='2026-03-10T08:00:00Z', end='2026-03-10T09:00:00Z'), "
        "source='app-a-1', destination='db-a-1', port=5432)"
    )
    run.run.click()
    assert bench.alert.words == ""
    same = eval(run.code, {"fk": fk, "flows": sample})  # noqa: S307 - our own code
    assert same.verdict == run.value.report.verdict
    assert same.summary == run.value.report.summary


def test_a_hostile_word_in_the_code_is_text(at):
    run = choose(at(), "connectivity", source=f"{HOSTILE}'\"")
    assert "<img" not in run.line.value
    assert "&lt;img" in run.line.value


def test_connectivity_is_run_read_narrowed_to_and_undone(at):
    bench = at()
    run = choose(bench, "connectivity", source="app-a-1", destination="db-a-1", port="5432")
    run.run.click()
    assert bench.alert.words == ""
    assert run.value.report.verdict == "intermittent"
    assert "<strong>intermittent</strong>" in bench.boxes[0].html.value
    assert "Of the scope above" in bench.boxes[0].html.value
    button, words = offers(bench)[0]
    assert button.description == "Narrow to this finding"
    assert "98 of 831 attempts from app-a-1 to db-a-1" in words.value
    button.click()
    assert bench.code == "flows.narrow(address=['10.0.1.10', '10.0.2.20'], port=5432, protocol='tcp')"
    assert "This report is of the scope: all records." in bench.boxes[0].html.value
    assert values(bench)["source"] == "app-a-1"
    bench.picker.undo()
    assert bench.code == "flows"
    assert "Of the scope above" in bench.boxes[0].html.value


def test_only_what_was_said_is_given_as_what_it_is(at, quick):
    bench = at()
    run = choose(bench, "quick", days="14", source="  a ")
    run.run.click()
    choose(bench, "quick", days="7").run.click()
    assert quick == [{"source": "a", "days": 14}, {"source": "a"}]


@pytest.mark.usefixtures("quick")
def test_every_text_of_a_report_is_escaped(at):
    bench = at()
    choose(bench, "quick").run.click()
    shown = bench.boxes[0].html.value + "".join(words.value for _button, words in offers(bench))
    assert "<img" not in shown
    assert shown.count("&lt;img") > 10
    assert len(offers(bench)) == 1  # a finding of everything narrows to nothing


@pytest.mark.usefixtures("quick")
def test_a_row_of_the_findings_narrows(at):
    bench = at()
    choose(bench, "quick").run.click()
    box = bench.boxes[0]
    box.opener.value = True
    box.table.receive(None, {"kind": "picked", "row": 0, "column": "summary"}, [])
    assert bench.code == "flows.narrow(address='10.0.2.20', port=5432)"


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({}, "connectivity needs source and destination"),
        ({"source": "app-a-1", "destination": "nobody-here", "port": "5432"}, "nobody-here"),
        (
            {"source": "app-a-1", "destination": "db-a-1", "port": "postgres"},
            "port is a number, not postgres: the destination's port",
        ),
        ({"source": "app-a-1", "destination": "db-a-1", "port": "70000"}, "70000"),
    ],
)
def test_what_cannot_be_run_is_told_in_words(at, said, words):
    bench = at()
    choose(bench, "connectivity", **said).run.click()
    assert words in bench.alert.words
    assert "fault of flowkit" not in bench.alert.words
    assert form(bench).value is None
    assert not bench.answers


@pytest.mark.usefixtures("quick")
def test_an_error_takes_the_older_report_away(at):
    bench = at()
    run = choose(bench, "quick")
    run.run.click()
    assert run.value
    choose(bench, "quick", days="many").run.click()
    assert run.value is None
    assert bench.boxes[0].layout.display == "none"
    assert "days is a number" in bench.alert.words


def test_a_report_stays_while_another_view_is_looked_at(at, quick):
    bench = at()
    choose(bench, "quick").run.click()
    bench.view = "Overview"
    assert bench.boxes[0].html.value == ""
    assert offers(bench) == []
    bench.view = "Playbooks"
    assert "Of the scope above" in bench.boxes[0].html.value
    assert len(quick) == 1


@pytest.mark.usefixtures("quick")
def test_a_snapshot_holds_the_findings(at, monkeypatch):
    kept = []
    monkeypatch.setattr(made, "put", lambda items, **_options: kept.extend(items))
    bench = at()
    choose(bench, "quick").run.click()
    bench.snapshot()
    title, _figure, table = kept[0]
    assert title == "Findings"
    assert list(table.severity) == ["high", "info"]


@pytest.fixture
def waiting():
    """Register a playbook that waits until something is done, then asks the engine; return its two events."""
    begun, go_on = Event(), Event()

    def run(flows):
        begun.set()
        assert go_on.wait(20)
        flows.count()
        return Report(name="waiting", title="Waiting", verdict="nothing_found", summary="none", scope=flows.scope)

    playbooks.register(Playbook("waiting", "Waiting", "does it wait?", (), run))
    return begun, go_on


def test_a_run_says_that_it_runs_and_can_be_stopped(at, waiting):
    begun, go_on = waiting
    bench = at(fk.Scope(dstport=5433), Runner())
    choose(bench, "waiting").run.click()
    assert begun.wait(20)
    assert bench.status.value == '<span role="status">Playbooks: running waiting…</span>'
    assert bench.cancel.layout.visibility == "visible"
    bench.cancel.click()
    go_on.set()
    assert bench.wait(20)
    assert bench.alert.words == f"Playbooks: You stopped it: {StoppedError.told()}"
    assert bench.cancel.layout.visibility == "hidden"
    assert form(bench).value is None
    form(bench).run.click()
    assert bench.wait(20)
    assert form(bench).value.report.verdict == "nothing_found"
    assert "nothing found" in bench.boxes[0].html.value


def test_another_scope_overtakes_a_run(at, waiting):
    begun, go_on = waiting
    bench = at(fk.Scope(dstport=5433), Runner())
    choose(bench, "waiting").run.click()
    assert begun.wait(20)
    bench.picker.narrow(fk.Scope(action="REJECT"))
    go_on.set()
    assert bench.wait(20)
    assert form(bench).value is None
    assert EMPTY in bench.boxes[0].html.value
    assert "The run of Waiting was not finished when the scope changed" in form(bench).unfinished.value
    form(bench).run.click()
    assert bench.wait(20)
    assert form(bench).unfinished.value == ""


def test_an_unknown_playbook_stays_refused_by_name():
    with pytest.raises(ScopeError, match="There are: connectivity"):
        playbooks.get("nothing")
