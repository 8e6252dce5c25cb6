"""talker_path: a shortest chain, the one with most bytes, and why there is none."""

from pathlib import Path
from tempfile import TemporaryDirectory

import networkx as nx
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import flowkit
from flowkit.analysis import paths, talker_edges, talker_path
from flowkit.errors import MissingFieldError, ScopeError

EIGHT = pd.Timestamp("2026-03-10T08:00Z")  # 1773129600
NAMES = "version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
# a - b - d and a - c - d, the latter with more bytes; d - e; y - z apart.
TALK = [
    ("a", "b", 443, 500, "ACCEPT"), ("b", "d", 22, 300, "ACCEPT"),
    ("c", "a", 443, 900, "ACCEPT"), ("c", "a", 8080, 50, "REJECT"), ("c", "d", 53, 10, "ACCEPT"),
    ("d", "e", 5432, 70, "REJECT"),
    ("y", "z", 443, 9, "ACCEPT"),
]  # fmt: skip


def address(letter):
    return f"10.0.0.{ord(letter) - ord('a') + 1}"


def written(talk, names=NAMES):
    """Return a log of (client, server, port, bytes, action), a record each, one minute after the other."""
    lines = [names]
    for minute, (client, server, port, size, action) in enumerate(talk):
        ends = f"{address(client)} {address(server)} {50_000 + minute} {port}"
        start = 1773129600 + 60 * minute
        cells = f"5 eni-a {ends} 6 1 {size} {start} {start + 9} {action} OK".split()
        full = dict(zip(NAMES.split(), cells, strict=True))
        lines.append(" ".join(full[name] for name in names.split()))
    return "\n".join(lines)


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines(written(TALK))


def letters(frame):
    return "".join(chr(ord("a") + int(name.rpartition(".")[2]) - 1) for name in frame.attrs["path"])


@pytest.mark.parametrize(
    ("ends", "chain", "ports"),
    [
        ("ab", "ab", [443]),
        ("ba", "ba", [443]),
        ("ad", "acd", [443, 53]),
        ("da", "dca", [53, 443]),
        ("ae", "acde", [443, 53, 5432]),
        ("yz", "yz", [443]),
    ],
)
def test_chains(flows, ends, chain, ports):
    frame = talker_path(flows, *map(address, ends))
    assert letters(frame) == chain
    assert frame.server_port.tolist() == ports
    assert frame.hop.tolist() == list(range(1, len(chain)))
    hops = f"{len(ports)} hop{'s' * (len(ports) > 1)}"
    assert frame.attrs["caption"] == (
        f"A shortest chain of conversations from {address(ends[0])} to {address(ends[1])}: {hops}, each conversation "
        "counted once, at the sender's interface where that is logged. Scope: all records."
    )


def test_a_hop_tells_all_that_passed_and_by_what_most(flows):
    frame = talker_path(flows, address("a"), address("c"))
    assert frame.to_dict("records") == [
        {
            "hop": 1, "client": address("c"), "server": address("a"), "server_port": 443, "protocol": 6, "bytes": 950,
            "records": 2, "accepted": 1, "rejected": 1, "first": EIGHT + pd.Timedelta(minutes=2),
            "last": EIGHT + pd.Timedelta(minutes=3, seconds=9),
        }
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("ends", "options", "words"),
    [
        ("az", {}, "no chain of any length connects them in this scope"),
        ("ae", {"longest": 2}, "none has 2 hops or fewer"),
        ("ad", {"longest": 1}, "none has 1 hop or fewer"),
        ("ax", {}, f"{address('x')} was not seen talking to others"),
        ("wx", {}, f"{address('w')} and {address('x')} were not seen talking to others"),
    ],
)
def test_why_there_is_none(flows, ends, options, words):
    frame = talker_path(flows, *map(address, ends), **options)
    assert frame.empty
    assert list(frame.columns) == list(talker_path(flows, address("a"), address("b")).columns)
    assert frame.attrs["path"] == []
    told = f"No chain of conversations from {address(ends[0])} to {address(ends[1])}: {words}. Scope: all records."
    assert frame.attrs["caption"] == told


def test_a_scope_leaves_out_hops(flows):
    frame = talker_path(flows.narrow(action="ACCEPT"), address("a"), address("e"))
    assert f"{address('e')} was not seen" in frame.attrs["caption"]
    assert letters(talker_path(flows.narrow(port=[443, 22]), address("a"), address("d"))) == "abd"


def test_too_many_to_go_on_from_end_it_in_words(flows, monkeypatch):
    monkeypatch.setattr(paths, "_MOST_FRONTIER", 1)
    told = talker_path(flows, address("a"), address("e")).attrs["caption"]
    assert "since more than 1 addresses are 1 hop away. Swap the ends" in told
    assert letters(talker_path(flows, address("a"), address("b"))) == "ab"


@pytest.mark.parametrize(
    ("lacking", "columns"),
    [("bytes", ["bytes"]), ("action", ["accepted", "rejected"]), ("dstport", ["server_port"]), ("start", ["first"])],
)
def test_what_the_log_lacks_is_null(load_lines, lacking, columns):
    names = " ".join(name for name in NAMES.split() if name != lacking)
    frame = talker_path(load_lines(written(TALK, names)), address("a"), address("e"))
    assert len(frame) == 3
    assert frame[columns].isna().all(axis=None)


def test_a_log_without_addresses_is_told(load_lines):
    names = " ".join(name for name in NAMES.split() if name != "dstaddr")
    with pytest.raises(MissingFieldError, match="dstaddr"):
        talker_path(load_lines(written(TALK, names)), address("a"), address("e"))


@pytest.mark.parametrize(
    ("ends", "longest", "told"),
    [
        (("10.0.0.0/24", "10.0.0.1"), 6, "source is one address such as 10.0.1.5, not '10.0.0.0/24'"),
        (("10.0.0.1", "web-1"), 6, "destination is one address"),
        (("10.0.0.1", None), 6, "destination is one address"),
        (("10.0.0.1", " 10.0.0.1"), 6, "both 10.0.0.1"),
        (("10.0.0.1", "10.0.0.2"), 0, "longest is 0"),
    ],
)
def test_wrong_questions_are_refused(flows, ends, longest, told):
    with pytest.raises(ScopeError) as caught:
        talker_path(flows, *ends, longest=longest)
    assert told in str(caught.value)


def test_an_ipv6_address_is_found_however_it_is_spelt(load_lines):
    line = "5 eni-a 2001:db8::1 2001:db8::2 40001 443 6 1 99 1773129600 1773129650 ACCEPT OK"
    frame = talker_path(load_lines(f"{NAMES}\n{line}"), "2001:0DB8:0::1", "2001:db8::2")
    assert frame.attrs["path"] == ["2001:db8::1", "2001:db8::2"]


def test_of_namesakes_each_is_its_own_talker(load_lines):
    names = f"{NAMES} vpc-id flow-direction"
    line = "5 {} {} {} 40001 443 6 1 99 1773129600 1773129650 ACCEPT OK {} egress"
    talk = [
        ("eni-a", "10.0.0.1", "10.0.0.9", "vpc-a"), ("eni-b", "10.0.0.1", "10.0.0.8", "vpc-b"),
        ("eni-9", "10.0.0.9", "10.0.0.1", "vpc-a"), ("eni-8", "10.0.0.8", "10.0.0.1", "vpc-b"),
    ]  # fmt: skip
    flows = load_lines("\n".join([names, *(line.format(*cells) for cells in talk)]))
    assert talker_path(flows, "10.0.0.8", "10.0.0.9").empty
    found = talker_path(flows, "10.0.0.1", "10.0.0.8")
    assert found.attrs["path"] == ["10.0.0.1 in vpc-b", "10.0.0.8"]
    assert set(found.attrs["path"]) <= set(talker_edges(flows)[["client", "server"]].to_numpy().flat)


PAIRS = st.tuples(st.sampled_from("abcdefgh"), st.sampled_from("abcdefgh"), st.integers(1, 5))


@pytest.mark.slow
@given(st.lists(PAIRS, min_size=1, max_size=14), st.sampled_from(["ah", "bc", "ga"]))
@settings(max_examples=max(5, settings.default.max_examples // 25))  # each case is a load
def test_it_is_as_short_as_networkx_finds_and_has_as_many_bytes(pairs, ends):
    talk = [(one, other, 443, size, "ACCEPT") for one, other, size in pairs]
    graph = nx.Graph()
    for one, other, size in pairs:
        graph.add_edge(one, other, size=size + graph.get_edge_data(one, other, {"size": 0})["size"])
    graph.remove_edges_from(list(nx.selfloop_edges(graph)))
    with TemporaryDirectory() as folder:
        log = Path(folder) / "flows.log"
        log.write_text(written(talk) + "\n", encoding="utf-8")
        flows = flowkit.load(log)
        frame = talker_path(flows, *map(address, ends), longest=8)
        again = talker_path(flows, *map(address, ends), longest=8)
    pd.testing.assert_frame_equal(frame, again)
    source, destination = ends
    if not set(ends) <= set(graph) or not nx.has_path(graph, source, destination):
        assert frame.empty
        return
    most = max(nx.path_weight(graph, way, "size") for way in nx.all_shortest_paths(graph, source, destination))
    assert len(frame) == nx.shortest_path_length(graph, source, destination)
    assert frame.bytes.sum() == most
    assert letters(frame)[:: len(frame)] == ends
    assert nx.is_path(graph, list(letters(frame)))
