"""Records of another engine in a case: an object with its hash, there without that engine from then on."""

from datetime import UTC, datetime

import ibis
import pytest
from pandas.testing import assert_frame_equal

import flowkit as fk
from flowkit.errors import CaseError, QueryError


def record(minute, interface="eni-0a", action="ACCEPT", status="OK"):
    start = datetime(2026, 3, 10, 8, minute, tzinfo=UTC)
    ends = {"srcaddr": "10.0.0.1", "dstaddr": "198.51.100.7", "srcport": 40000 + minute, "dstport": 443, "protocol": 6}
    measures = {"bytes": 500, "packets": 5, "action": action}
    rest = ends | measures if status == "OK" else dict.fromkeys(ends | measures)
    times = {"start": start, "end": start.replace(second=59)}
    return {"interface_id": interface, **rest, **times, "log_status": status}


ROWS = [
    record(1), record(2, action="REJECT"), record(3, "eni-0b"), record(40), record(5, status="NODATA"),
    record(6, "eni-0b", status="SKIPDATA"),
]  # fmt: skip


@pytest.fixture
def far():
    return fk.load(ibis.memtable(ROWS), inside="10.0.0.0/8")


@pytest.fixture
def incident(tmp_path):
    return fk.case(tmp_path / "INC-7")


def test_a_scopes_records_come_with_their_surroundings(incident, far):
    narrowed = far.narrow(interface_id="eni-0a", end="2026-03-10T08:30Z", action="REJECT")
    flows = incident.bring(narrowed)
    assert (flows.count(), str(flows.scope)) == (1, str(narrowed.scope))
    row = incident.ledger.iloc[0]
    assert (row.records, row.nodata, row.skipdata, row.refused) == (2, 1, 0, 0)
    assert row.object == f"fk.load(table), {narrowed.scope.surroundings}"


def test_it_answers_the_same_and_verifies_without_the_engine(incident, far, tmp_path):
    incident.bring(far)
    incident.folder.rename(tmp_path / "elsewhere")
    again = fk.case(tmp_path / "elsewhere")
    assert again.verify().ok
    assert [str(block) for block in again.flows.identities.knowledge.inside] == ["10.0.0.0/8"]
    for question in (fk.analysis.conversations, fk.analysis.coverage, fk.analysis.top_talkers):
        assert_frame_equal(question(again.flows), question(far), check_dtype=False)
    assert len(list((again.folder / "raw").iterdir())) == 1


def test_more_than_the_limit_is_refused_and_the_case_stays_empty(incident, far):
    with pytest.raises(QueryError, match=r"4 records lie in .* at most 3"):
        incident.bring(far, limit=3)
    assert incident.loads == ()


def test_objects_are_loaded_and_not_brought(incident):
    with pytest.raises(CaseError, match=r"case\.load"):
        incident.bring(fk.load("sample"))


def test_a_table_is_refused_with_what_brings_it(incident):
    with pytest.raises(CaseError, match=r"case\.bring\(fk\.load\(table\)\)"):
        incident.load(ibis.memtable(ROWS))
