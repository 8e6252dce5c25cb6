"""Training scenarios: the same for a seed, other for another; answers are marked, and the marks explained."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from flowkit.training.lessons import LEVELS, ScenarioError, scenario, scenarios
from flowkit.training.lessons.answers import Amount, Moment, OneOf, Several
from flowkit.training.lessons.step import Step

END = "2026-03-10T18:00Z"
NAMES = scenarios().names
SEEDS = (1, "class of autumn")
NONSENSE = ("", "no idea", "10.255.255.254", -1, [], [None], {}, float("nan"), object(), b"\xff\xfe", "9" * 5_000)
NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)


def lesson(name, seed=1, level="normal"):
    return scenario(name, seed=seed, level=level, end=END)


class Rude:
    """An answer that fails whatever is asked of it."""

    def __str__(self):
        raise RuntimeError("no")

    __iter__ = __repr__ = __float__ = __str__


def test_there_are_scenarios_for_everything_that_is_asked():
    assert len(NAMES) >= 10
    assert all(row.title and row.practises and 10 <= row.minutes <= 60 for row in scenarios())
    assert str(scenarios()).splitlines()[0].split() == ["name", "title", "minutes", "levels", "practises"]
    assert scenarios()._repr_html_().count("<tr>") == len(NAMES) + 1


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("level", LEVELS)
def test_the_reference_answers_get_all_points(name, seed, level):
    asked = lesson(name, seed, level)
    marks = asked.check(asked.reference)
    assert set(marks.states.values()) == {"right"}
    assert (marks.points, marks.of) == (asked.points, asked.points)
    assert all(mark.explanation.endswith(mark.step.see) for mark in marks.marks)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("seed", SEEDS)
def test_wrong_answers_are_wrong_and_say_where_to_look(name, seed):
    asked = lesson(name, seed)
    for wrong in NONSENSE:
        marks = asked.check({step.name: wrong for step in asked.steps})
        assert set(marks.states.values()) == {"wrong"}, wrong
        assert marks.points == 0
        assert all(mark.step.see in mark.explanation for mark in marks.marks)


@pytest.mark.parametrize("name", NAMES)
def test_a_step_gives_nothing_away_until_it_is_answered(name):
    asked = lesson(name)
    for step in asked.steps:
        (mark,) = asked.check(step.name, None).marks
        assert mark.state == "open"
        assert "not answered yet" in str(asked.check(step.name))
        assert step.why not in mark.explanation
        assert len(step.hints) == 3
        assert step.question.endswith("?")


@pytest.mark.parametrize("name", NAMES)
def test_what_is_right_differs_by_seed(name):
    one, same, other = lesson(name, 1), lesson(name, 1), lesson(name, 2)
    assert one.answer_key == same.answer_key
    assert one.reference != other.reference
    ids = ({member.id for member in asked.setting.world.network.interfaces} for asked in (one, other))
    assert not set.intersection(*ids)


@pytest.mark.parametrize("name", NAMES)
def test_the_answer_key_is_data(name):
    key = json.loads(json.dumps(lesson(name).answer_key))
    assert [step["name"] for step in key["steps"]] == [step.name for step in lesson(name).steps]
    assert (key["start"], key["end"]) == ("2026-03-10T06:00:00Z", "2026-03-10T18:00:00Z")
    assert key["points"] == sum(step["points"] for step in key["steps"])


def test_without_an_end_the_log_ends_now():
    now = datetime.now(UTC)
    assert timedelta(0) <= now - scenario("no_peak").end < timedelta(minutes=6)


HOST = ("10.0.0.7", "app-a-1", "eni-0123456789abcdef0", "i-0123456789abcdef0")
ANSWERS = [
    (OneOf(HOST, "a host"), "10.0.0.7/32", "right"),
    (OneOf(HOST, "a host"), " App-A-1 ", "right"),
    (OneOf(HOST, "a host"), ["eni-0123456789abcdef0"], "right"),
    (OneOf(HOST, "a host"), "eni-0123456789abcdef1", "wrong"),
    (OneOf(HOST, "a host"), ["10.0.0.7", "10.0.0.8"], "wrong"),
    (OneOf(("2001:db8::1",), "a host"), "2001:DB8:0::1", "right"),
    (OneOf(("443",), "a port"), 443, "right"),
    (OneOf(("443",), "a port"), 443.0, "right"),
    (OneOf(("443",), "a port"), "tcp/443", "right"),
    (OneOf(("443",), "a port"), "port 443", "right"),
    (OneOf(("no", "false"), "yes or no"), False, "right"),
    (OneOf(("no", "false"), "yes or no"), True, "wrong"),
    (OneOf(("no_listener",), "one of"), "No Listener", "right"),
    (OneOf(("destination_nacl_outbound",), "one of", {"source_nacl_inbound": "The other end."}), "source nacl inbound",
     "partly"),
    (Several((("a",), ("b", "x")), "hosts"), "x, A", "right"),
    (Several((("a",), ("b", "x")), "hosts"), {"a", "b"}, "right"),
    (Several((("a",), ("b", "x")), "hosts"), ["a"], "partly"),
    (Several((("a",), ("b", "x")), "hosts"), ["a", "b", "c"], "partly"),
    (Several((("a",), ("b", "x")), "hosts"), ["c"], "wrong"),
    (Several((("a",), ("b",)), "hosts", ordered=True), "a -> b", "right"),
    (Several((("a",), ("b",)), "hosts", ordered=True), "b > a", "partly"),
    (Amount(1.5e9, "a volume", "B"), "1.5 GB", "right"),
    (Amount(1.5e9, "a volume", "B"), "1,450 MB", "right"),
    (Amount(1.5e9, "a volume", "B"), "1.4 GiB", "right"),
    (Amount(1.5e9, "a volume", "B"), 1_500_000_001, "right"),
    (Amount(1.5e9, "a volume", "B"), "2 GB", "partly"),
    (Amount(1.5e9, "a volume", "B"), "1.5", "wrong"),
    (Amount(1.5e9, "a volume", "B"), "1.5 GHz", "wrong"),
    (Amount(300, "a duration", "s"), "5 min", "right"),
    (Amount(300, "a duration", "s"), timedelta(minutes=5), "right"),
    (Amount(300, "a duration", "s"), True, "wrong"),
    (Amount(20, "a share", "%"), "about 21 %", "right"),
    (Amount(20, "a share", "%"), 0.21, "right"),
    (Amount(20, "a share", "%"), -1, "wrong"),
    (Moment(NOON, NOON), "2026-03-10 12:04", "right"),
    (Moment(NOON, NOON), "2026-03-10T13:02:00+01:00", "right"),
    (Moment(NOON, NOON), datetime(2026, 3, 10, 12, 1), "right"),  # noqa: DTZ001 - times of flow logs are UTC
    (Moment(NOON, NOON), "11:58Z", "right"),
    (Moment(NOON, NOON), NOON.timestamp(), "right"),
    (Moment(NOON, NOON), "11:45", "partly"),
    (Moment(NOON, NOON), "13:00", "wrong"),
    (Moment(NOON, NOON), "noon", "wrong"),
    (Moment(NOON, NOON), 1e30, "wrong"),
    (Moment(NOON, NOON), Rude(), "wrong"),
]  # fmt: skip


@pytest.mark.parametrize(("answer", "given", "state"), ANSWERS)
def test_sensible_ways_to_say_it_are_understood(answer, given, state):
    step = Step("x", "What?", answer, 2, "flows", "Since.", ("a", "b", "c"))
    mark = step.judge(given)
    assert mark.state == state
    assert mark.points == {"right": 2, "partly": 1, "wrong": 0}[state]


def test_values_of_pandas_and_numpy_are_understood():
    import numpy as np
    import pandas as pd

    assert Amount(5, "a number").judge(np.int64(5)).state == "right"
    assert Amount(300, "a duration", "s").judge(pd.Timedelta("5min")).state == "right"
    assert Moment(NOON, NOON).judge(pd.Timestamp("2026-03-10 12:00", tz="UTC")).state == "right"
    assert Moment(NOON, NOON).judge(pd.NaT).state == "wrong"
    assert OneOf(("443",), "a port").judge(np.float64(443)).state == "right"
    assert Several((("a",), ("b",)), "hosts").judge(pd.Series(["a", "b"])).state == "right"


def test_the_gateway_on_the_way_is_half_an_answer():
    asked = lesson("full_line")
    (nat,) = asked.setting.world.of_role("nat")
    (mark,) = asked.check("host", nat.address).marks
    assert (mark.state, mark.points) == ("partly", 1)
    assert "who is behind it" in mark.explanation


@pytest.mark.parametrize("asked", ["no such step", 99, 0, None, Rude(), ["host"], True])
def test_a_step_that_is_none_is_named_and_nothing_breaks(asked):
    marks = lesson("no_peak").check(asked, "x")
    assert marks.marks == ()
    assert "The steps are: host, peer" in str(marks)


def test_unknown_steps_among_answers_are_told():
    marks = lesson("no_peak").check({"host": None, "hots": "10.0.0.1", 2: "203.0.113.1"})
    assert list(marks.states) == ["host", "peer"]
    assert "There is no step 'hots'" in str(marks)


def test_hints_lead_on():
    asked = lesson("no_peak")
    assert [asked.hint("host", n).partition(":")[0] for n in (1, 2, 3)] == [f"Hint {n} of 3" for n in (1, 2, 3)]
    assert asked.hint(1) == asked.hint("host")
    assert asked.hint("host", 9) == "There are 3 hints to this step: ask for 1 to 3."
    with pytest.raises(ScenarioError, match="The steps are: host, peer"):
        asked.hint("nowhere")


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("no_peek", {}, "did you mean 'no_peak'"),
        ("x", {}, "They are: sometimes_database"),
        ("no_peak", {"level": "nightmare"}, "The levels are: easy, normal, hard"),
        ("no_peak", {"end": "tomorrow"}, "is no time"),
    ],
)
def test_what_there_is_not_is_refused_in_a_sentence(name, options, message):
    with pytest.raises(ScenarioError, match=message):
        scenario(name, **options)


def test_nothing_that_was_answered_becomes_markup_or_a_command():
    marks = lesson("no_peak").check({"<b>\x1b[31m": "x", "host": "<script>alert(1)</script>"})
    page = marks._repr_html_()
    assert "<script>" not in page
    assert "<b>" not in page
    assert "\x1b" not in page + str(marks)
