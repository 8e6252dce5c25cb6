"""top_talkers, talker_edges, talker_measures: exact sums, and a rest that is the rest."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flowkit
from flowkit.analysis import talker_edges, talker_measures, top_talkers
from flowkit.errors import MissingFieldError, ScopeError

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
TWICE = """
version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action flow-direction log-status
5 eni-a 10.0.0.1 10.0.0.2 40001 443 6 5 1000 1773129600 1773129650 ACCEPT egress OK
5 eni-b 10.0.0.1 10.0.0.2 40001 443 6 4 900 1773129600 1773129650 ACCEPT ingress OK
5 eni-b 10.0.0.2 10.0.0.1 443 40001 6 7 7000 1773129600 1773129650 ACCEPT egress OK
5 eni-a 10.0.0.2 10.0.0.1 443 40001 6 7 7000 1773129600 1773129650 ACCEPT ingress OK
5 eni-b 10.0.0.3 10.0.0.2 40001 22 6 1 60 1773129600 1773129650 REJECT ingress OK
"""
EDGES = {
    "client": ["10.0.0.1", "10.0.0.1", "192.0.2.7"],
    "server": ["10.0.0.2", "192.0.2.1", "10.0.0.1"],
    "records": [3, 1, 1],
    "packets": [7, 8, 16],
    "bytes": [5500, 300, 20],
    "bytes_to_server": [1500, 300, 20],
    "bytes_to_client": [4000, 0, 0],
}
WAYS = ["once", "as_logged"]


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
        "The 4 addresses with most bytes sent and received, each conversation counted once, at the sender's interface "
        "where that is logged. Scope: all records."
    )


def test_what_two_interfaces_saw_counts_once_unless_asked(load_lines):
    flows = load_lines(TWICE)
    once, logged = top_talkers(flows), top_talkers(flows, count="as_logged")
    assert once[["address", "bytes_sent", "bytes_received", "records"]].to_numpy().tolist() == [
        ["10.0.0.2", 7000, 1060, 3],
        ["10.0.0.1", 1000, 7000, 2],
        ["10.0.0.3", 60, 0, 1],
    ]
    assert logged[["address", "bytes_sent", "bytes_received", "records"]].to_numpy().tolist() == [
        ["10.0.0.2", 14000, 1960, 5],
        ["10.0.0.1", 1900, 14000, 4],
        ["10.0.0.3", 60, 0, 1],
    ]
    assert ", as logged (what two interfaces saw counts twice). Scope" in logged.attrs["caption"]
    edges = talker_edges(flows), talker_edges(flows, count="as_logged")
    columns = ["client", "records", "bytes", "bytes_to_server", "bytes_to_client"]
    assert [frame[columns].to_numpy().tolist() for frame in edges] == [
        [["10.0.0.1", 2, 8000, 1000, 7000], ["10.0.0.3", 1, 60, 60, 0]],
        [["10.0.0.1", 4, 15900, 1900, 14000], ["10.0.0.3", 1, 60, 60, 0]],
    ]
    assert [frame.attrs["count"] for frame in edges] == WAYS


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


@pytest.mark.parametrize("count", WAYS)
@pytest.mark.parametrize("top", [1, 2, 3, 4, 50])
def test_top_talkers_add_up_to_twice_the_traffic(flows, top, count):
    frame, records = top_talkers(flows, top=top, count=count), flows.to_pandas()
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
        "Bytes (B) between clients and servers by address, each conversation counted once, at the sender's interface "
        "where that is logged. Scope: all records."
    )


@pytest.mark.parametrize("count", WAYS)
def test_the_rest_of_each_side_is_other(flows, count):
    frame = talker_edges(flows, top=1, count=count)
    assert frame.to_dict("list") == {
        "client": ["10.0.0.1", "10.0.0.1", "other"],
        "server": ["10.0.0.2", "other", "other"],
        "records": [3, 1, 1],
        "packets": [7, 8, 16],
        "bytes": [5500, 300, 20],
        "bytes_to_server": [1500, 300, 20],
        "bytes_to_client": [4000, 0, 0],
    }
    assert frame.attrs["left_out"] == [1, 2]
    assert ", 1 other clients and 2 other servers together, " in frame.attrs["caption"]


@pytest.mark.parametrize(
    ("measure", "named"),
    [
        ("bytes", ("10.0.0.1", "10.0.0.2")),
        ("packets", ("192.0.2.7", "10.0.0.1")),
        ("records", ("10.0.0.1", "10.0.0.2")),
        ("bytes_to_server", ("10.0.0.1", "10.0.0.2")),
        ("bytes_to_client", ("10.0.0.1", "10.0.0.2")),
    ],
)
def test_the_measure_decides_who_is_named(flows, measure, named):
    frame = talker_edges(flows, measure=measure, top=1)
    assert [set(frame[end]) - {"other"} for end in ("client", "server")] == [{name} for name in named]
    assert frame[measure].is_monotonic_decreasing
    unit = "B" if "bytes" in measure else "count"
    assert frame.attrs["caption"].startswith(f"{measure.capitalize()} ({unit}) between clients and servers by address")


def test_edges_between_other_groups(flows):
    frame = talker_edges(flows, by=("instance", "port"), measure="records")
    assert frame[["client", "server", "records"]].to_numpy().tolist() == [
        ["i-1", "443", 3],
        ["i-1", "53", 1],
        ["outside", "0", 1],
    ]
    assert frame.attrs["caption"].startswith("Records (count) between clients and servers by instance and port, each")
    assert frame.attrs["groups"] == ("instance", "port")


def test_the_default_format_is_enough(load_lines):
    flows = load_lines(V2)
    assert talker_edges(flows)[["bytes", "bytes_to_server"]].to_numpy().tolist() == [[5000, 1000]]
    assert list(top_talkers(flows).bytes) == [5000, 5000]


def test_a_narrowed_scope_counts_what_is_left(flows):
    rejected = flows.narrow(action="REJECT")
    assert talker_edges(rejected).bytes.tolist() == [500, 20]
    assert top_talkers(rejected).address.tolist() == ["10.0.0.1", "10.0.0.2", "192.0.2.7"]
    assert talker_edges(rejected).attrs["caption"].endswith("Scope: REJECT.")


def test_an_empty_scope_gives_the_columns_and_no_rows(flows):
    nobody = flows.narrow(dstport=1)
    assert list(talker_edges(nobody).columns) == list(EDGES)
    assert list(top_talkers(nobody).columns) == list(top_talkers(flows).columns)
    assert talker_edges(nobody).empty
    assert top_talkers(nobody).empty
    assert talker_measures(talker_edges(nobody)).empty


@pytest.mark.parametrize(
    ("lacking", "null"), [("packets", {"packets"}), ("bytes", {"bytes", "bytes_to_server", "bytes_to_client"})]
)
@pytest.mark.parametrize("count", WAYS)
def test_a_measure_the_log_lacks_is_left_empty_in_edges(load_lines, lacking, null, count):
    header = f"version srcaddr dstaddr {({'packets', 'bytes'} - {lacking}).pop()} log-status"
    flows = load_lines(f"{header}\n2 10.0.0.1 10.0.0.2 40 OK")
    frame = talker_edges(flows, measure="records", count=count)
    assert {name for name in EDGES if frame[name].isna().all()} == null
    ranked = top_talkers(flows, by="records", count=count)
    assert {name for name in ranked.columns if ranked[name].isna().all()} == {
        name for name in ranked.columns if name.startswith(lacking)
    }


@pytest.mark.parametrize("top", [1, 2, 9])
def test_a_value_called_other_is_not_taken_for_the_rest(load_lines, tmp_path, top):
    named = {f"10.0.0.{n}": name for n, name in enumerate(("other", "-", "web"), 1)}
    interfaces = [
        {
            "NetworkInterfaceId": f"eni-{n}",
            "PrivateIpAddress": n,
            "TagSet": [{"Key": "Name", "Value": name}],
        }
        for n, name in named.items()
    ]
    (tmp_path / "interfaces.json").write_text(json.dumps({"NetworkInterfaces": interfaces}))
    lines = [f"5 {address} 192.0.2.1 40001 443 1 {90 - n} OK" for n, address in enumerate(named)]
    header = "version srcaddr dstaddr srcport dstport packets bytes log-status"
    flows = load_lines("\n".join([header, *lines]), inventory=tmp_path)
    frame = talker_edges(flows, by=("name", "address"), top=top)
    rest = {1: [("other", 177)], 2: [("other", 88)], 9: []}[top]
    told = [("'other'", 90), ("'-'", 89), ("web", 88)][: 3 if top == 9 else top]
    assert sorted(zip(frame.client, frame.bytes, strict=True)) == sorted(told + rest)


def test_forged_counts_do_not_stop_the_question(load_lines):
    most = 2**63 - 1  # a damaged or forged line may say so; the sum of two would not fit
    header = "version srcaddr dstaddr packets bytes log-status"
    flows = load_lines(f"{header}\n2 10.0.0.1 10.0.0.2 1 {most} OK\n2 10.0.0.1 10.0.0.2 1 {2**50} OK")
    assert flows.refused.reason.tolist() == [f"bytes: not between 0 and {2**50}"]
    assert talker_edges(flows).bytes.tolist() == [2**50]


@pytest.mark.parametrize(
    ("question", "options", "error", "told"),
    [
        (talker_edges, {"by": "source"}, ScopeError, "no grouping is called 'source'. There are: address, subnet"),
        (talker_edges, {"by": ("address", "dstaddr")}, ScopeError, "no grouping is called 'dstaddr'"),
        (talker_edges, {"by": "port"}, ScopeError, "Only servers have a port"),
        (talker_edges, {"by": ("port", "address")}, ScopeError, "Only servers have a port"),
        (talker_edges, {"by": ("address",)}, ScopeError, "give one grouping, or two"),
        (talker_edges, {"by": ()}, ScopeError, "give one grouping, or two"),
        (talker_edges, {"by": ("address", "vpc", "az")}, ScopeError, "give one grouping, or two"),
        (talker_edges, {"by": "tag:Role"}, ScopeError, "the tag Role is known from an inventory only"),
        (talker_edges, {"measure": "octets"}, ScopeError, "bytes, packets, records, bytes_to_server, bytes_to_client"),
        (talker_edges, {"count": "twice"}, ScopeError, "count is 'once' or 'as_logged', not 'twice'"),
        (top_talkers, {"count": ""}, ScopeError, "count is 'once' or 'as_logged'"),
        (top_talkers, {"by": "octets"}, ScopeError, "bytes, packets, records"),
        (top_talkers, {"by": "bytes_to_server"}, ScopeError, "bytes, packets, records"),
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


# Few values, so that they meet; null among them; sums that tie; the same traffic at several interfaces.
addresses = st.sampled_from(["10.0.0.1", "10.0.0.2", "192.0.2.1", "2001:db8::1", None])
ports = st.sampled_from([0, 22, 443, 40001, None])
amounts = st.sampled_from([None, 0, 1, 2, 1500])
COLUMNS = "interface-id srcaddr dstaddr srcport dstport packets bytes flow-direction action"
records = st.lists(
    st.tuples(
        st.sampled_from(["eni-a", "eni-b", None]), addresses, addresses, ports, ports, amounts, amounts,
        st.sampled_from(["ingress", "egress", None]), st.sampled_from(["ACCEPT", "REJECT", None]),
    ),
    max_size=12,
)  # fmt: skip
groups = st.sampled_from(["address", "interface", "subnet", "place", "kind", "block/24"])
SUMS = ["records", "packets", "bytes", "bytes_to_server", "bytes_to_client"]


def flows_of(rows, folder):
    """Return flows of *rows*, loaded from a file; a log of which no line is a record has a silent one."""
    lines = [" ".join("-" if value is None else str(value) for value in row) + " OK" for row in rows]
    Path(folder, "flows.log").write_text("\n".join([f"{COLUMNS} log-status", *(lines or [f"{'- ' * 9}NODATA"]), ""]))
    return flowkit.load(Path(folder, "flows.log"), case=Path(folder, "case"))


def spelt(label):
    """Return a label as analyses spell it: none is ``-``, and what is called so for itself is in quotes."""
    return "-" if pd.isna(label) else label


def records_of(flows, by, count):
    """Return a row per record that counts, with the labels of its ends and what it adds."""
    facts = (flows.counted if count == "once" else flows.facts).to_pandas()
    for end, group in zip(("client", "server"), by, strict=True):
        if group == "port":
            facts[end] = [spelt(None if port < 0 else str(port)) for port in facts.server_port]
        else:
            labels = flows.identities.labels(group).to_pandas().set_index("id").label
            facts[end] = [spelt(labels[number]) for number in facts[end]]
    facts = facts.assign(records=1, **{name: facts[name].fillna(0).astype("int64") for name in ("packets", "bytes")})
    facts["bytes_to_server"] = facts.bytes.where(facts.to_server, 0)
    facts["bytes_to_client"] = facts.bytes.where(~facts.to_server, 0)
    return facts[["client", "server", *SUMS]]


def grouped(frame, measure, top):
    """Return what talker_edges should: on each side rename all but the top values, then add up."""
    renamed = frame.copy()
    for end in ("client", "server"):
        totals = frame.groupby(end)[measure].sum()
        ranked = sorted(totals.index, key=lambda label: (-totals[label], label))
        renamed[end] = frame[end].where(frame[end].isin(ranked[:top]), "other")
    summed = renamed.groupby(["client", "server"], as_index=False)[SUMS].sum()
    return set(summed.itertuples(index=False, name=None))


@pytest.mark.slow
@settings(max_examples=settings.default.max_examples // 5)
@given(
    records, st.tuples(groups, groups | st.just("port")), st.sampled_from(SUMS), st.sampled_from([1, 2, 3, 9]),
    st.sampled_from(WAYS),
)  # fmt: skip
def test_edges_are_those_of_plain_grouping(rows, by, measure, top, count):
    with TemporaryDirectory() as folder:
        flows = flows_of(rows, folder)
        frame = talker_edges(flows, by=by, measure=measure, top=top, count=count)
        expected = records_of(flows, by, count)
    assert set(frame.itertuples(index=False, name=None)) == grouped(expected, measure, top)
    assert frame[measure].is_monotonic_decreasing
    assert frame[SUMS].sum().tolist() == expected[SUMS].sum().tolist()
    if count == "as_logged":
        assert frame.records.sum() == len(rows)
        assert frame.bytes.sum() == sum(row[6] or 0 for row in rows)


@pytest.mark.slow
@settings(max_examples=settings.default.max_examples // 5)
@given(records, st.sampled_from(["bytes", "packets", "records"]), st.sampled_from([1, 2, 9]), st.sampled_from(WAYS))
def test_talkers_are_those_of_plain_grouping(rows, by, top, count):
    with TemporaryDirectory() as folder:
        flows = flows_of(rows, folder)
        frame = top_talkers(flows, by=by, top=top, count=count)
        if count == "as_logged":
            ends = [(spelt(row[1]), spelt(row[2]), 1, row[5] or 0, row[6] or 0) for row in rows]
        else:
            facts = records_of(flows, ("address", "address"), count)
            sent = flows.counted.to_pandas().to_server
            ends = [
                (*((row.client, row.server) if way else (row.server, row.client)), *row[2:5])
                for way, row in zip(sent, facts.itertuples(index=False), strict=True)
            ]
    found = {}
    for source, destination, *added in ends:
        for address, way in ((source, "sent"), (destination, "received")):
            sums = found.setdefault(address, dict.fromkeys(frame.columns[1:], 0))
            for name, amount in zip(("records", "packets", "bytes"), added, strict=True):
                sums[name] += amount
                sums[f"{name}_{way}"] += amount
    ranked = sorted(found.items(), key=lambda item: (-item[1][by], item[0]))
    if ranked[top:]:
        rest = [sums for _, sums in ranked[top:]]
        ranked = [*ranked[:top], ("other", {name: sum(sums[name] for sums in rest) for name in rest[0]})]
    assert frame.to_dict("records") == [{"address": address, **sums} for address, sums in ranked]


def edges_of(*pairs):
    """Return a frame of edges as talker_edges gives it."""
    rows = [(client, server, 1, 1, size, size, 0) for client, server, size in pairs]
    return pd.DataFrame(rows, columns=list(EDGES))


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


@pytest.mark.parametrize(
    ("by", "places"),
    [
        ("address", {"10.0.0.1": "inside", "10.9.9.9": "unknown", "203.0.113.1": "outside"}),
        ("kind", {"private": "mixed", "documentation": "outside"}),
        (("address", "port"), {"10.0.0.1": "inside"}),
    ],
)
def test_edges_say_where_each_group_lies(load_lines, by, places):
    line = "2 111122223333 eni-a 10.0.0.1 {} 40000 443 6 1 {} 1773129600 1773129650 ACCEPT OK"
    flows = load_lines(
        "\n".join(line.format(*each) for each in (("10.9.9.9", 100), ("203.0.113.1", 200)) for _ in "ab")
    )
    assert talker_edges(flows, by=by).attrs["places"] == places
