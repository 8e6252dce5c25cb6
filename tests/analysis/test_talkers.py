"""top_talkers, talker_edges, talker_measures: exact sums, and a rest that is the rest."""

from collections import Counter

import ibis
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

import flowkit
from flowkit.analysis import talker_edges, talker_measures, top_talkers
from flowkit.errors import MissingFieldError, ScopeError, UnknownFieldError

V5 = """
version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status instance-id
5 eni-a 10.0.0.1 10.0.0.2 40001 443 6 1 1000 1773129600 1773129650 ACCEPT OK i-1
5 eni-a 10.0.0.1 10.0.0.2 40002 443 6 2 500 1773129600 1773129650 REJECT OK i-1
5 eni-a 10.0.0.2 10.0.0.1 443 40001 6 4 4000 1773129600 1773129650 ACCEPT OK i-1
5 eni-a 10.0.0.1 192.0.2.1 40003 53 17 8 300 1773129600 1773129650 ACCEPT OK -
5 eni-a 192.0.2.7 10.0.0.1 0 0 1 16 20 1773129600 1773129650 REJECT OK -
5 eni-a - - - - - - - 1773129600 1773129659 - NODATA -
5 eni-a - - - - - - - 1773129660 1773129719 - SKIPDATA -
"""
V2 = """
2 111122223333 eni-a 10.0.0.1 10.0.0.2 40001 443 6 1 1000 1773129600 1773129650 ACCEPT OK
2 111122223333 eni-a 10.0.0.2 10.0.0.1 443 40001 6 4 4000 1773129600 1773129650 ACCEPT OK
"""
EDGES = {
    "srcaddr": ["10.0.0.2", "10.0.0.1", "10.0.0.1", "192.0.2.7"],
    "dstaddr": ["10.0.0.1", "10.0.0.2", "192.0.2.1", "10.0.0.1"],
    "records": [1, 2, 1, 1],
    "packets": [4, 3, 8, 16],
    "bytes": [4000, 1500, 300, 20],
}


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines(V5)


def test_top_talkers(flows):
    frame = top_talkers(flows)
    assert frame.to_dict("list") == {
        "address": ["10.0.0.1", "10.0.0.2", "192.0.2.1", "192.0.2.7"],
        "bytes": [5820, 5500, 300, 20],
        "packets": [31, 7, 8, 16],
        "records": [5, 3, 1, 1],
        "bytes_sent": [1800, 4000, 0, 20],
        "bytes_received": [4020, 1500, 300, 0],
        "packets_sent": [11, 4, 0, 16],
        "packets_received": [20, 3, 8, 0],
        "records_sent": [3, 1, 0, 1],
        "records_received": [2, 2, 1, 0],
    }
    assert set(map(str, frame.dtypes[1:])) == {"int64"}
    assert frame.attrs["caption"] == (
        "The 4 addresses with most bytes sent and received, as logged (what two interfaces saw counts twice). "
        "Scope: all records."
    )


@pytest.mark.parametrize(
    ("by", "named"),
    [
        ("bytes", ["10.0.0.1", "10.0.0.2"]),
        ("packets", ["10.0.0.1", "192.0.2.7"]),
        ("records", ["10.0.0.1", "10.0.0.2"]),
    ],
)
def test_top_talkers_by_each_measure(flows, by, named):
    frame = top_talkers(flows, by=by, top=2)
    assert list(frame.address) == [*named, "other"]
    assert frame.attrs["left_out"] == 2
    assert f"most {by} sent and received; 2 others together" in frame.attrs["caption"]


@pytest.mark.parametrize("top", [1, 2, 3, 4, 50])
def test_top_talkers_add_up_to_twice_the_traffic(flows, top):
    frame, records = top_talkers(flows, top=top), flows.to_pandas()
    for way in ("sent", "received"):
        assert frame[f"records_{way}"].sum() == flows.count()
        assert frame[f"packets_{way}"].sum() == records.packets.sum()
        assert frame[f"bytes_{way}"].sum() == records.bytes.sum()
    assert frame.bytes.sum() == 2 * records.bytes.sum()


def test_talker_edges(flows):
    frame = talker_edges(flows)
    assert frame.to_dict("list") == EDGES
    assert set(map(str, frame.dtypes[2:])) == {"int64"}
    assert frame.attrs["caption"] == (
        "Bytes from srcaddr to dstaddr, as logged (what two interfaces saw counts twice). Scope: all records."
    )


def test_the_rest_of_each_side_is_other(flows):
    frame = talker_edges(flows, top=1)
    assert frame.to_dict("list") == {
        "srcaddr": ["10.0.0.2", "other", "other"],
        "dstaddr": ["10.0.0.1", "other", "10.0.0.1"],
        "records": [1, 3, 1],
        "packets": [4, 11, 16],
        "bytes": [4000, 1800, 20],
    }
    assert frame.attrs["left_out"] == [2, 2]
    assert ", 2 other sources and 2 other destinations together, " in frame.attrs["caption"]


def test_edges_between_other_fields(flows):
    frame = talker_edges(flows, source="instance-id", destination="dstPort", by="records", top=2)
    assert list(zip(frame.instance_id, frame.dstport, frame.records, strict=True)) == [
        ("i-1", "443", 2),
        ("-", "0", 1),
        ("-", "other", 1),
        ("i-1", "other", 1),
    ]
    assert frame.attrs["caption"].startswith("Records (count) from instance_id to dstport")


def test_the_default_format_is_enough(load_lines):
    flows = load_lines(V2)
    assert list(talker_edges(flows).bytes) == [4000, 1000]
    assert list(top_talkers(flows).bytes) == [5000, 5000]


def test_a_narrowed_scope_counts_what_is_left(flows):
    rejected = flows.narrow(action="REJECT")
    assert talker_edges(rejected).bytes.tolist() == [500, 20]
    assert top_talkers(rejected).address.tolist() == ["10.0.0.1", "10.0.0.2", "192.0.2.7"]
    assert talker_edges(rejected).attrs["caption"].endswith("Scope: REJECT.")


def test_an_empty_scope_gives_the_columns_and_no_rows(flows):
    nobody = flows.narrow(dstport=1)
    assert list(talker_edges(nobody).columns) == ["srcaddr", "dstaddr", "records", "packets", "bytes"]
    assert list(top_talkers(nobody).columns) == list(top_talkers(flows).columns)
    assert talker_edges(nobody).empty
    assert top_talkers(nobody).empty
    assert talker_measures(talker_edges(nobody)).empty


def test_a_measure_the_log_lacks_is_left_empty_in_edges(load_lines):
    header = "version srcaddr dstaddr bytes log-status"
    frame = talker_edges(load_lines(f"{header}\n2 10.0.0.1 10.0.0.2 40 OK"))
    assert frame.packets.isna().all()
    assert frame.bytes.tolist() == [40]


def test_a_value_called_other_is_not_taken_for_the_rest(load_lines):
    header = "version instance-tag dstport packets bytes log-status"
    lines = [f"11 {tag} {port} 1 {size} OK" for tag, port, size in (("other", 1, 9), ("web", 1, 5), ("db", 1, 3))]
    frame = talker_edges(load_lines("\n".join([header, *lines])), source="instance-tag", destination="dstport", top=1)
    assert sorted(frame.bytes) == [8, 9]
    assert frame.instance_tag.is_unique


def test_forged_counts_do_not_stop_the_question(load_lines):
    most = 2**63 - 1  # a damaged or forged line may say so; the sum of two would not fit
    header = "version srcaddr dstaddr packets bytes log-status"
    flows = load_lines(f"{header}\n2 10.0.0.1 10.0.0.2 1 {most} OK\n2 10.0.0.1 10.0.0.2 1 {2**50} OK")
    assert flows.refused.reason.tolist() == [f"bytes: not between 0 and {2**50}"]
    assert talker_edges(flows).bytes.tolist() == [2**50]


@pytest.mark.parametrize(
    ("question", "options", "error", "told"),
    [
        (talker_edges, {"source": "dstaddr"}, ScopeError, "source and destination are both dstaddr"),
        (talker_edges, {"source": "dst-addr"}, UnknownFieldError, "'dstaddr'"),
        (talker_edges, {"source": "vpc-id"}, MissingFieldError, "Add ${vpc-id} to the flow log's format"),
        (talker_edges, {"by": "octets"}, ScopeError, "bytes, packets, records"),
        (top_talkers, {"by": "octets"}, ScopeError, "bytes, packets, records"),
        (talker_edges, {"top": 0}, ScopeError, "top"),
        (top_talkers, {"top": 0}, ScopeError, "top"),
        (top_talkers, {"top": -3}, ScopeError, "top"),
    ],
)
def test_wrong_questions_are_refused(flows, question, options, error, told):
    with pytest.raises(error) as caught:
        question(flows, **options)
    assert told in str(caught.value)


@pytest.mark.parametrize("question", [top_talkers, talker_edges])
@pytest.mark.parametrize("lacking", ["dstaddr", "bytes"])
def test_a_missing_field_is_named_with_what_to_do(load_lines, question, lacking):
    has = [name for name in ("srcaddr", "dstaddr", "packets", "bytes") if name != lacking]
    values = {"srcaddr": "10.0.0.1", "dstaddr": "10.0.0.2", "packets": "1", "bytes": "40"}
    flows = load_lines(" ".join(["version", *has]) + "\n" + " ".join(["2", *(values[name] for name in has)]))
    with pytest.raises(MissingFieldError) as caught:
        question(flows)
    assert f"Add ${{{lacking}}} to the flow log's format" in str(caught.value)


# Few values, so that they meet; null among them; sums that tie.
addresses = st.sampled_from(["10.0.0.1", "10.0.0.2", "192.0.2.1", "2001:db8::1", None])
ports = st.sampled_from([0, 22, 443, 5432, None])
amounts = st.sampled_from([None, 0, 1, 2, 1500])
COLUMNS = {"srcaddr": "string", "dstaddr": "string", "dstport": "int32", "packets": "int64", "bytes": "int64"}
records = st.lists(st.tuples(addresses, addresses, ports, amounts, amounts), max_size=12)
ENDS = st.permutations(["srcaddr", "dstaddr", "dstport"]).map(lambda names: names[:2])


def grouped(rows, ends, by, top):
    """Return what talker_edges should: on each side rename all but the top values, then add up."""
    measured = [(1, row[3] or 0, row[4] or 0) for row in rows]  # records, packets, bytes
    decides = ("records", "packets", "bytes").index(by)
    sides = []
    for column in (list(COLUMNS).index(end) for end in ends):
        totals = Counter()
        for row, amounts in zip(rows, measured, strict=True):
            totals[row[column]] += amounts[decides]
        ranked = sorted(totals, key=lambda value: (-totals[value], value is None, value or 0))
        names = [("-" if value is None else str(value)) if rank < top else "other" for rank, value in enumerate(ranked)]
        named = dict(zip(ranked, names, strict=True))
        sides.append([named[row[column]] for row in rows])
    summed = {}
    for source, destination, amounts in zip(*sides, measured, strict=True):
        before = summed.get((source, destination), (0, 0, 0))
        summed[source, destination] = tuple(map(sum, zip(before, amounts, strict=True)))
    return {(*pair, *amounts) for pair, amounts in summed.items()}


@given(records, ENDS, st.sampled_from(["bytes", "packets", "records"]), st.sampled_from([1, 2, 3, 9]))
def test_edges_are_those_of_plain_grouping(rows, ends, by, top):
    table = ibis.memtable([dict(zip(COLUMNS, row, strict=True)) for row in rows], schema=COLUMNS)
    frame = talker_edges(flowkit.load(table), source=ends[0], destination=ends[1], by=by, top=top)
    assert set(frame.itertuples(index=False, name=None)) == grouped(rows, ends, by, top)
    assert frame[by].is_monotonic_decreasing
    assert frame.records.sum() == len(rows)


def edges_of(*pairs):
    """Return a frame of edges as talker_edges gives it."""
    rows = [(source, destination, 1, 1, size) for source, destination, size in pairs]
    return pd.DataFrame(rows, columns=["srcaddr", "dstaddr", "records", "packets", "bytes"])


def test_talker_measures():
    edges = edges_of(("a", "b", 5), ("b", "a", 4), ("b", "c", 3), ("x", "y", 2), ("other", "a", 99), ("c", "other", 99))
    assert talker_measures(edges).to_dict("list") == {
        "talker": ["b", "a", "c", "x", "y"],
        "degree": [2, 1, 1, 1, 1],
        "bytes": [12, 9, 3, 2, 2],
        "betweenness": [pytest.approx(1 / 6), 0, 0, 0, 0],
        "component": [0, 0, 0, 1, 1],
    }


def test_a_talker_is_not_its_own_peer():
    measures = talker_measures(edges_of(("123", "123", 7), ("123", "53", 3))).set_index("talker")
    assert measures.degree.to_dict() == {"123": 1, "53": 1}
    assert measures.bytes.to_dict() == {"123": 10, "53": 3}


def test_betweenness_is_not_worked_out_for_crowds():
    crowd = edges_of(*(("hub", f"10.0.{n // 250}.{n % 250}", 1) for n in range(501)))
    assert talker_measures(crowd).betweenness.isna().all()
    assert talker_measures(crowd).degree[0] == 501
