"""What a query run locally says beside its rows, and that shortcuts change nothing."""

# ruff: noqa: E501 - a query is a long line

import warnings
from contextlib import suppress
from string import ascii_letters

import ibis
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flowkit.insights import InsightsWarning
from flowkit.insights.running import MOST_ROWS, answer

PARSE = (
    'parse @message "* * * * * * * * * * * * * * * *" as accountId, interfaceId, srcaddr, dstaddr, srcport, dstport, '
    "protocol, packets, bytes, start, end, action, logstatus, vpcId, subnetId, instanceId"
)
TOP = f"{PARSE} | stats sum(bytes) as totalBytes by srcaddr, dstaddr | sort totalBytes desc | limit 10"
SIXTEEN = """
account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status vpc-id subnet-id instance-id
1 eni-a 10.0.0.1 10.0.0.2 40001 443 6 1 1000 1773129600 1773129650 ACCEPT OK vpc-1 subnet-1 i-1
1 eni-a 10.0.0.1 10.0.0.2 40002 443 6 2 2000 1773129660 1773129719 ACCEPT OK vpc-1 subnet-1 i-1
1 eni-b 10.0.0.2 10.0.0.1 443 40001 6 9 9000 1773129601 1773129650 REJECT OK vpc-1 subnet-1 -
1 eni-b 10.0.0.3 10.0.0.1 443 40001 6 4 500 1773129602 1773129650 ACCEPT OK vpc-1 subnet-1 -
1 eni-b - - - - - - - 1773129660 1773129719 - NODATA vpc-1 subnet-1 -
"""
SEVENTEEN = SIXTEEN.replace("account-id", "version account-id").replace("\n1 ", "\n5 1 ")
V2 = """
2 1 eni-a 10.0.0.1 10.0.0.2 40001 443 6 1 1000 1773129600 1773129650 ACCEPT OK
2 1 eni-a 10.0.0.2 10.0.0.1 443 40001 6 4 4000 1773129660 1773129719 ACCEPT OK
"""


@pytest.fixture(scope="module")
def sixteen(load_lines):
    return load_lines(SIXTEEN)


@pytest.fixture(scope="module")
def seventeen(load_lines):
    return load_lines(SEVENTEEN)


@pytest.fixture(scope="module")
def default(load_lines):
    return load_lines(V2)


def test_on_exactly_these_columns_it_is_the_top_pairs_by_bytes(sixteen):
    frame = answer(sixteen, TOP)
    told = sixteen.sql(
        "SELECT srcaddr, dstaddr, sum(bytes)::BIGINT AS totalBytes FROM flows GROUP BY ALL ORDER BY totalBytes DESC LIMIT 10"
    )
    assert frame.dropna().to_dict("list") == told.to_dict("list")
    assert frame.loc[3].isna().tolist() == [False, False, True]  # NODATA: "-" to "-", of which nothing adds up
    assert (frame.attrs["warnings"], frame.attrs["corrected"]) == ([], None)


def test_with_a_version_in_front_each_name_gets_the_column_before(seventeen):
    frame = answer(seventeen, TOP)
    assert frame.itertuples(index=False, name=None).__next__() == ("eni-b", "10.0.0.2", 9)
    (told,) = frame.attrs["warnings"]
    assert "accountId got version, interfaceId got account-id, srcaddr got interface-id, dstaddr got srcaddr" in told
    assert "bytes got packets" in told
    assert "instanceId got subnet-id and the 1 after it" in told
    assert "as CloudWatch runs it" in told


def test_the_corrected_query_is_right_and_keeps_the_names(seventeen, sixteen):
    corrected = answer(seventeen, TOP).attrs["corrected"]
    assert corrected == TOP.replace('"* ', '"* * ').replace("as accountId", "as version, accountId")
    again = answer(seventeen, corrected)
    assert again.equals(answer(sixteen, TOP))
    assert again.attrs["corrected"] is None


def test_more_stars_than_columns_match_nothing(default):
    frame = answer(default, TOP)
    assert frame.isna().to_numpy().all()
    assert "parse takes 16 columns, and the log's records have 14" in frame.attrs["warnings"][0]
    assert "The log does not record" not in frame.attrs["warnings"][0]
    assert 'parse @message "* * * * * * * * * * * * * *" as version, accountId' in frame.attrs["corrected"]


@pytest.mark.parametrize(
    "query",
    [
        'parse @message "* * * * * * * * * * * * * *" as version, accountId, a, b, c, d, e, protocol, packets, n, f, g, action, s',
        'parse @message "* * *" as one, two, three',
        'parse @message "[*] *" as srcaddr, dstaddr',
        'parse srcAddr "* *" as version, accountId',
        "parse @message /(?<srcaddr>eni)/",
    ],
)
def test_names_that_are_right_or_the_users_own_are_not_remarked_upon(default, query):
    assert answer(default, query).attrs["warnings"] == []


def test_warnings_are_issued_where_the_user_called(seventeen):
    with pytest.warns(InsightsWarning) as told:
        seventeen.insights(TOP)
    assert [warning.filename for warning in told] == [__file__] * 2
    assert str(told[1].message).startswith("with the log's own columns the query reads:\nparse @message")


def test_nothing_to_warn_of_is_no_warning(sixteen):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert len(sixteen.insights(TOP)) == 4


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("filter srcaddr = '10.0.0.1'", "no event has a field srcaddr: .*did you mean srcAddr?"),
        ("filter action = REJECT", "no event has a field REJECT: .*it needs quotes"),
        ("fields @logStream", "@logStream is not in the records"),
        ("fields @log", "@log is missing here"),
        ("stats count(*) by bin(1m) | filter bytes > 1", "no event has a field bytes"),
        ("limit 200000", "CloudWatch takes a limit of 100,000 at most"),
        ("fields `<b>\u202e`", r"no event has a field <b>\\u202e"),
    ],
)
def test_what_differs_from_cloudwatch_is_told(default, query, told):
    (note,) = answer(default, query).attrs["warnings"]
    assert pd.Series([note]).str.contains(told).all()


def test_fields_that_cloudwatch_would_not_discover_are_told_with_the_parse(seventeen):
    (note,) = answer(seventeen, "stats count(*) by srcAddr, bytes").attrs["warnings"]
    assert note.startswith("srcAddr, bytes: read here by name")
    assert 'parse @message "* * * *' in note


def test_a_made_field_of_the_same_name_is_not_remarked_upon(seventeen):
    query = (
        'parse @message "* *" as v, rest | parse rest "* * * *" as a, eni, srcAddr, rest2 | filter srcAddr like "10"'
    )
    assert answer(seventeen, query).attrs["warnings"] == []


def test_rows_are_cut_as_cloudwatch_cuts_them(load_lines):
    line = "2 1 eni-a 10.0.0.1 10.0.0.2 {} 443 6 1 1000 1773129600 1773129650 ACCEPT OK"
    many = load_lines("\n".join(line.format(n) for n in range(MOST_ROWS + 1)))
    frame = answer(many, "fields srcPort")
    assert len(frame) == MOST_ROWS
    assert "the first 10,000 rows" in frame.attrs["warnings"][0]
    whole = answer(many, "fields srcPort | limit 100000")
    assert (len(whole), whole.attrs["warnings"]) == (MOST_ROWS + 1, [])


def test_the_scope_holds_and_the_caption_says_so(default, sixteen):
    narrowed = default.narrow(srcaddr="10.0.0.2")
    frame = answer(narrowed, "stats sum(bytes) as b")
    assert frame.b.tolist() == [4000]
    assert "10.0.0.2, without NODATA and SKIPDATA): stats sum(bytes) as b" in frame.attrs["caption"]
    assert "(all records, NODATA and SKIPDATA among them)" in answer(default, "limit 1").attrs["caption"]
    assert answer(sixteen, "stats count(*) as n").n.tolist() == [5]
    assert answer(sixteen.narrow(action="ACCEPT"), "stats count(*) as n by logStatus").n.tolist() == [3]
    assert answer(sixteen.narrow(interface_id="eni-b"), "stats count(*) as n").n.tolist() == [3]


STARS = [2, 5, 13, 14, 15]


@pytest.mark.parametrize("count", STARS)
def test_reading_columns_is_the_same_as_splitting_lines(default, sixteen, count):
    names = ", ".join(f"f{n}" for n in range(count))
    glob = " ".join("*" * count)
    split = f'parse @message "{glob}" as {names}'
    for flows in (default, sixteen):
        for after in (
            f"display {names}",
            "stats sum(f9) as s, count(f1) as n by f3",
            "filter f6 > 5 or f2 = '-' | display f2, f6",
        ):
            general = answer(flows, f"fields concat(@message) as line | {split.replace('@message', 'line')} | {after}")
            assert answer(flows, f"{split} | {after}").equals(general)


def test_logs_of_two_formats_keep_their_own_lines(tmp_path):
    import flowkit as fk

    (tmp_path / "a.log").write_text(V2.strip() + "\n", encoding="utf-8")
    (tmp_path / "b.log").write_text(SIXTEEN.strip() + "\n", encoding="utf-8")
    flows = fk.load(tmp_path)
    frame = answer(
        flows,
        "parse @message '* * *' as a, b, c | filter isPresent(vpcId) | sort @timestamp, srcPort | display a, b, srcAddr",
    )
    assert frame.a.tolist() == [1] * 5
    assert answer(flows, "filter not isPresent(vpcId) | stats count(*) as n").n.tolist() == [2]
    assert answer(flows, "fields @message | limit 10000")[
        "@message"
    ].str.split().str.len().value_counts().to_dict() == {16: 5, 14: 2}
    told = answer(flows, TOP).attrs
    assert "the log's records have 14" in told["warnings"][0]


def test_a_table_can_be_asked_too():
    import flowkit as fk

    table = ibis.memtable(
        {
            "srcaddr": ["10.0.0.1", "10.0.0.2"],
            "dstaddr": ["a b", "-"],
            "bytes": [1, None],
            "start": [1773129600, 1773129660],
        }
    )
    flows = fk.load(table)
    frame = answer(
        flows, "fields @timestamp, @message, dstAddr | parse @message '* * * *' as a, b, c, d | sort @timestamp"
    )
    assert frame["@message"].tolist() == ["10.0.0.1 a b 1 1773129600", "10.0.0.2 - - 1773129660"]
    assert frame.b.tolist() == ["a", "-"]  # no line says that "a b" was one value


def test_a_log_without_times(load_lines):
    flows = load_lines("srcaddr dstaddr bytes\n10.0.0.1 10.0.0.2 40\n")
    frame = answer(flows, "fields @timestamp, @message")
    assert frame["@timestamp"].isna().all()
    assert any("does not record start" in note for note in frame.attrs["warnings"])


def test_cloudwatchs_own_time_is_the_time_of_an_event(tmp_path):
    import flowkit as fk

    (tmp_path / "a.log").write_text(f"2026-03-10T08:00:07.123Z {V2.strip().splitlines()[0]}\n", encoding="utf-8")
    frame = answer(fk.load(tmp_path), "fields @timestamp, concat(@timestamp, '') as t, startTime")
    assert frame["t"].tolist() == ["2026-03-10 08:00:07.123"]
    assert frame["@timestamp"].tolist() == [pd.Timestamp("2026-03-10T08:00:07.123Z")]


SORTED = [
    "#",
    "*%04",
    "0#",
    "5A",
    "111A",
    "2345_",
    "@",
    "@_",
    "A",
    "A9876fghj",
    "a12345hfh",
    "0",
    "01",
    "1",
    "2",
    "3",
    "10",
]


@pytest.mark.parametrize("direction", ["asc", "desc"])
def test_text_sorts_by_the_numbers_in_it(direction):
    import flowkit as fk

    shuffled = sorted(SORTED)
    table = ibis.memtable(
        {"srcaddr": shuffled, "dstaddr": ["x"] * len(shuffled), "interface_id": ["e"] * len(shuffled)}
    )
    found = answer(fk.load(table), f"fields srcAddr | sort srcAddr {direction}")["srcAddr"].tolist()
    expected = SORTED if direction == "asc" else SORTED[::-1]
    assert [value for value in found if value not in ("01", "1")] == [v for v in expected if v not in ("01", "1")]


NUMBERS = st.integers(-999, 999)


def expressions():
    """Give arithmetic as the query writes it and as Python computes it."""
    leaf = NUMBERS.map(lambda n: (f"({n})", float(n)))

    def grow(children):
        def join(pair):
            (left, a), operator, (right, b) = pair
            return f"({left} {operator} {right})", {"+": a + b, "-": a - b, "*": a * b}[operator]

        return st.tuples(children, st.sampled_from("+-*"), children).map(join)

    return st.recursive(leaf, grow, max_leaves=8)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(expressions())
def test_arithmetic_is_that_of_python(default, pair):
    written, expected = pair
    frame = answer(default, f"fields {written} as a | limit 1")
    assert frame.a.tolist() == pytest.approx([expected])


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(st.characters(exclude_categories=("Cs",), exclude_characters="\0"), max_size=20))
def test_any_string_is_only_ever_a_string(default, text):
    quoted = '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'
    frame = answer(default, f"fields {quoted} as a, strlen({quoted}) as n | filter a = {quoted} | limit 1 | display n")
    assert frame.n.tolist() == [len(text)]


@settings(max_examples=150, deadline=None)
@given(st.text(st.sampled_from(ascii_letters[:4] + " |()[]\"'`/@#=<>!~*+-,.%^0159\n\\"), max_size=40))
def test_whatever_is_typed_is_understood_or_refused_with_a_place(text):
    from flowkit.errors import InsightsError
    from flowkit.insights.parsing import parse

    with suppress(InsightsError):
        assert parse(f"filter {text}").text == f"filter {text}"
