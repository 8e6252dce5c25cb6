"""The cost playbook: what costs most is found first, with bytes times price; and what could be had for nothing."""

import pytest

import flowkit as fk
from flowkit.errors import PriceError, ScopeError
from flowkit.playbooks.cost.suspects import BANDS, severity

T = 1773129600
V5 = (
    "version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status vpc-id "
    "instance-id az-id flow-direction traffic-path"
)


def line(src, dst, size, second=0, *, path="8", action="ACCEPT", eni="eni-a"):
    start = T + second
    return f"5 {eni} {src} {dst} 40000 443 6 9 {size} {start} {start + 59} {action} OK vpc-1 i-a use1-az1 egress {path}"


LINES = [line("10.0.0.1", "203.0.113.7", 2**30, 60 * n) for n in range(3)]


@pytest.fixture(scope="module")
def report():
    return fk.playbooks.run("cost", fk.load("sample", inventory="sample"), by="name")


def test_what_costs_most_comes_first_with_its_price(report):
    assert report.verdict == "findings"
    first = report.findings[0]
    assert (first.kind, first.subject, first.severity) == ("transfer_cost", "10.0.2.20", "low")
    assert len(first.peer) == 4
    assert "32.27 USD a month that a gateway endpoint saves (5.89 GB x 0.045 USD, times 122 to a" in first.summary
    assert any("com.amazonaws.eu-central-1.s3" in step for step in first.next_steps)
    scores = report.to_frame().score.tolist()
    assert scores == sorted(scores, reverse=True)
    leak = next(one for one in report.findings if one.peer == "203.0.113.77")
    assert "internet egress 6.34, nat gateway 3.23, cross zone 1.43" in leak.summary
    assert leak.contradicting
    assert leak.innocent_explanations
    serving = next(one for one in report.findings if one.subject == "10.0.0.20")
    assert len(serving.peer) > 10


def test_each_step_has_an_answer(report):
    said = {step.name: step.finding for step in report.steps}
    assert list(said) == ["logged", "by_cause", "dearest", "through_nat", "grown", "interfaces", "logging"]
    assert said["by_cause"] == "Data transfer costs 73.27 USD a month, 73.27 to 91.75."
    assert "the dearest is db-a-1 to outside, nat gateway" in said["dearest"]
    assert said["through_nat"] == "20 conversations: a gateway endpoint would save 48.74 USD a month."
    assert said["grown"].startswith("Too short to compare: 0.12 days")
    assert said["logging"].startswith("To log all of this costs 0.38 to 0.76 USD a month")
    figures = {step.name for step in report.steps if step.figure is not None}
    assert figures == {"logged", "by_cause", "logging"}


def test_the_summary_begins_with_the_total_and_says_whose_prices_stand_in(report, load_lines):
    assert report.summary.startswith("Data transfer costs 73.27 USD a month, 73.27 to 91.75. The table has not all")
    flows = load_lines("\n".join([V5, line("10.0.0.1", "203.0.113.7", 2**30)]))
    told = fk.playbooks.run("cost", flows, price_region="eu-centrall-1").summary
    assert "The table has not all prices of eu-centrall-1: those of us-east-1 stand in, and may be lower." in told


def test_it_is_handed_over(report, tmp_path):
    page = report.to_html(tmp_path / "cost.html").read_text(encoding="utf-8")
    assert "What data transfer costs a month" in page
    assert report.parameters == {"by": "name"}


@pytest.mark.parametrize(
    ("lines", "verdict", "said"),
    [
        ([line("10.0.0.1", "203.0.113.7", 9, action="REJECT")], "cannot_tell", "Only what was rejected is logged"),
        ([line("10.0.0.1", "203.0.113.7", 9)], "nothing_found", "Nothing in what was logged"),
    ],
)
def test_what_cannot_be_told_and_what_costs_nothing(load_lines, lines, verdict, said):
    told = fk.playbooks.run("cost", load_lines("\n".join([V5, *lines])))
    assert told.verdict == verdict
    assert {one.kind for one in told.findings} <= {"transfer_cost"}  # a single small record is a tenth of all
    assert said in told.summary


def test_growth_joins_the_pair_and_an_allowed_one_is_set_apart(load_lines):
    flows = load_lines("\n".join([V5, *LINES, line("10.0.0.1", "203.0.113.9", 2**28, 120)]))
    told = fk.playbooks.run("cost", flows, before="2026-03-10T08:02Z")
    assert [one.peer for one in told.findings] == ["203.0.113.7", "203.0.113.9"]
    assert {one.severity for one in told.findings} == {"low"}  # three minutes say little of a month
    grown = told.findings[1].supporting.attrs["caption"]
    assert "Also of this campaign: transfer cost, internet egress" in grown
    assert "USD a month more than before, new" in grown
    allowed = [{"address": "203.0.113.7", "reason": "our customers"}]
    kept = fk.playbooks.run("cost", flows, allow=allowed)
    assert [one.peer for one in kept.findings] == ["203.0.113.9"]
    assert any("our customers" in note for note in kept.notes)


def test_bad_parameters_are_refused(load_lines, tmp_path):
    flows = load_lines("\n".join([V5, *LINES]))
    with pytest.raises(ScopeError, match="before is no time"):
        fk.playbooks.run("cost", flows, before="yesterday")
    with pytest.raises(PriceError, match="cannot be read"):
        fk.playbooks.run("cost", flows, prices=str(tmp_path / "none.json"))


@pytest.mark.parametrize(
    ("usd", "name"),
    [(0, "info"), (0.99, "info"), (1, "low"), (49.9, "low"), (50, "medium"), (500, "high"), (1e6, "high")],
)
def test_severity_goes_by_money(usd, name):
    told, place = severity(usd)
    assert told == name
    assert 0 <= place <= 1


def test_less_than_an_hour_of_log_makes_nothing_grave():
    assert [severity(9_000, days)[0] for days in (0.01, 0.1)] == ["low", "high"]


def test_bands_join():
    assert [high for _, _, high in BANDS[:-1]] == [low for _, low, _ in BANDS[1:]]
