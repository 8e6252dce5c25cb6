"""Flows out of a case alone: the same records, inventory and inside, whatever became of the sources."""

from datetime import UTC, datetime

import pytest

from flowkit.api import case as open_case
from flowkit.casefile import reopening

LINE = "2 1 eni-1 10.0.0.{} 203.0.113.9 40000 443 6 1 {} 1773129600 1773129659 ACCEPT OK\n"


@pytest.fixture
def case(tmp_path):
    """Return an empty case."""
    return open_case(tmp_path / "INC-1")


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a log of a record for each number of bytes."""

    def log(name, *sizes):
        path = tmp_path / name
        path.write_text("".join(LINE.format(number, size) for number, size in enumerate(sizes)))
        return path

    return log


def sizes(case):
    return sorted(case.flows.to_pandas().bytes)


def test_all_loads_together(case, write):
    one, two = write("a.log", 1, 2), write("b.log", 3)
    case.load(one)
    case.load(two)
    one.unlink()
    assert (sizes(case), len(case.ledger)) == ([1, 2, 3], 2)
    assert case.flows.origin.code == f"fk.case({case.said!r}).flows"
    assert len(case.flows.messages()) == 3


def test_the_same_load_counts_once(case, write):
    log = write("a.log", 1, 2)
    case.load(log)
    case.load(log)
    assert (sizes(case), len(case.loads)) == ([1, 2], 1)
    assert case.timeline.kind.tolist() == ["created", "stored", "loaded", "loaded"]


def test_the_same_bytes_under_two_names_count_once(case, write):
    case.load(write("a.log", 1, 2))
    case.load(write("b.log", 1, 2))
    assert sizes(case) == [1, 2]
    assert case.ledger.duplicate_of.notna().tolist() == [False, True]


def test_of_several_states_of_an_object_the_latest_counts(case, write):
    case.load(write("a.log", 1))
    case.load(write("a.log", 1, 2))
    assert sizes(case) == [1, 2]
    assert case.flows.origin.notes == ("Loaded in more than one state: 1 object; the latest counts.",)


def test_an_object_that_went_away_stays(case, write):
    one, two = write("a.log", 1), write("b.log", 2)
    case.load([one, two])
    one.write_text("")
    case.load([one, two])
    assert sizes(case) == [2]  # an empty file is a state like any other
    one.unlink()
    case.load(two)
    assert len(case.ledger) == 2


def test_what_is_inside(case, write):
    case.load(write("a.log", 1), inside=["10.0.0.0/24", "203.0.113.0/24"])
    assert case.flows.identities.knowledge.inside == ("10.0.0.0/24", "203.0.113.0/24")
    assert set(case.flows.identities.table.place) == {"inside"}


def test_the_format_of_headerless_lines(case, tmp_path):
    log = tmp_path / "a.log"
    log.write_text("10.0.0.1 5\n")
    case.load(log, log_format="${srcaddr} ${bytes}")
    assert case.flows.to_pandas().to_dict("records") == [{"srcaddr": "10.0.0.1", "bytes": 5}]
    case.load(log, log_format="${dstaddr} ${packets}")
    assert case.flows.to_pandas().to_dict("records") == [{"dstaddr": "10.0.0.1", "packets": 5}]


@pytest.mark.parametrize(
    ("scopes", "scope", "noted"),
    [
        ([{"srcaddr": "10.0.0.1"}], "srcaddr 10.0.0.1", False),
        ([{"srcaddr": "10.0.0.1"}] * 2, "srcaddr 10.0.0.1", False),
        ([{"srcaddr": "10.0.0.1"}, {}], "all records", True),
        ([{"start": "2026-03-10T07:00Z", "end": "2026-03-10T09:00Z"}], "2026-03-10 07:00Z to 09:00Z", False),
    ],
)
def test_the_scope_that_all_loads_share(case, write, scopes, scope, noted):
    for asked in scopes:
        case.load(write("a.log", 1, 2), **asked)
    assert (str(case.flows.scope), any("scopes" in note for note in case.flows.origin.notes)) == (scope, noted)


def snapshot(folder, cidr, taken=None):
    folder.mkdir(exist_ok=True)
    (folder / "vpcs.json").write_text(f'{{"Vpcs": [{{"VpcId": "vpc-1", "CidrBlock": "{cidr}"}}]}}')
    if taken:
        (folder / "manifest.json").write_text(f'{{"taken": "{taken}"}}')
    return folder


def test_the_inventory(case, write, tmp_path):
    before = case.load(write("a.log", 1), inventory=snapshot(tmp_path / "i", "10.0.0.0/16")).identities.snapshot
    snapshot(tmp_path / "i", "192.168.0.0/16")
    found = case.flows.identities.snapshot
    assert (found.vpcs, found.taken, found.taken_from) == (before.vpcs, before.taken, "file times")
    assert found.source == f"{case.said}/{case.loads[0].inventory}"
    case.load(write("b.log", 2), inventory=snapshot(tmp_path / "i", "192.168.0.0/16", "2026-03-10T07:55:00Z"))
    assert case.flows.identities.snapshot.vpcs[0].cidrs == ("192.168.0.0/16",)
    assert f"{case.flows.identities.snapshot.taken:%H:%M}" == "07:55"
    assert "Several inventories were loaded; the latest is used." in case.flows.origin.notes


class Newer:
    """AWS's ranges of another day."""

    created = datetime(2031, 1, 1, tzinfo=UTC)


def test_other_address_ranges_than_then_are_told(case, write, monkeypatch):
    case.load(write("a.log", 1))
    assert case.loads[0].ranges < "2031"
    monkeypatch.setattr(reopening, "ranges", Newer)
    (note,) = case.flows.origin.notes
    assert note.startswith("AWS's ranges are others than those of 20")
