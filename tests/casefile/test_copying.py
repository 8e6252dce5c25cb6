"""Copies in the case: the snapshot's documents, and raw objects under their hashes."""

import hashlib
import io
import warnings
from dataclasses import replace

import pytest

import flowkit as fk
from flowkit.api import case as open_case
from flowkit.casefile import copying
from flowkit.casefile.copying import CaseWarning
from flowkit.inventory import read
from flowkit.sources import LogObject

LINE = b"2 1 eni-1 10.0.0.1 203.0.113.9 40000 443 6 1 100 1773129600 1773129659 ACCEPT OK\n"


@pytest.fixture
def case(tmp_path):
    """Return an empty case."""
    return open_case(tmp_path / "INC-1")


@pytest.fixture
def folder(tmp_path):
    """Return a snapshot of two documents, a hidden file beside them."""
    place = tmp_path / "snapshot"
    (place / "1" / "eu").mkdir(parents=True)
    (place / "1" / "eu" / "vpcs.json").write_text('{"Vpcs": [{"VpcId": "vpc-1"}]}')
    (place / "subnets.json").write_text('{"Subnets": []}')
    (place / ".hidden").write_text("secret")
    return place


def test_the_documents_of_a_snapshot(case, folder):
    place = copying.inventory(read(folder), case.journal)
    assert copying.inventory(read(folder), case.journal) == place
    assert read(case.folder / place).vpcs == read(folder).vpcs
    assert len(list((case.folder / place).rglob("*.json"))) == len(list((case.folder / place).rglob("*"))) - 2
    assert case.timeline.kind.tolist() == ["created", "inventory"]
    assert case.verify().ok


def test_several_paths(case, folder):
    both = read([folder / "subnets.json", folder / "1"])
    assert read(case.folder / copying.inventory(both, case.journal)).vpcs == both.vpcs


@pytest.mark.parametrize("source", ["", "gone", "a, b"])
def test_documents_that_are_gone_are_told(case, folder, source):
    with pytest.warns(CaseWarning, match="any more"):
        assert copying.inventory(replace(read(folder), source=source), case.journal) == ""


def test_raw_objects_are_kept_once(case, tmp_path):
    for name in ("a.log", "b.log"):
        (tmp_path / name).write_bytes(LINE)
    (tmp_path / "c.log").write_bytes(LINE * 2)
    for _ in range(2):
        case.load([tmp_path / "a.log", tmp_path / "b.log", tmp_path / "c.log"], keep_raw=True)
    kept = {path.name: path.read_bytes() for path in (case.folder / "raw").iterdir()}
    assert kept == {hashlib.sha256(content).hexdigest(): content for content in (LINE, LINE * 2)}
    assert case.verify().ok
    assert case.timeline.kind.tolist().count("raw") == 1


def remote(content, opened, *, later=None):
    def opening():
        opened.append(1)
        return io.BytesIO(content if len(opened) == 1 or later is None else later)

    return LogObject("s3://b/k", len(content), f"remote:{content!r}", opening, remote=True)


def entered(case, objects, *, keep_raw):
    from flowkit import loading, origin
    from flowkit.flows import Flows
    from flowkit.scope import Scope

    def load(given):
        store = case.store
        return Flows(Scope(), origin.of_loaded(loading.load(given, store), store, None, "code"))

    return case.entered(load, objects, {}, None, keep_raw=keep_raw)


def test_a_remote_object_is_fetched_once(case):
    opened = []
    entered(case, [remote(LINE, opened)], keep_raw=True)
    assert (len(opened), [path.read_bytes() for path in (case.folder / "raw").iterdir()]) == (1, [LINE])
    assert case.verify().ok


@pytest.mark.parametrize(("later", "kept"), [(None, 1), (LINE * 2, 0)])
def test_one_that_was_loaded_before_is_fetched_again_and_must_be_the_same(case, later, kept):
    opened = []
    entered(case, [remote(LINE, opened, later=later)], keep_raw=False)
    with warnings.catch_warnings(record=True) as told:
        warnings.simplefilter("always")
        entered(case, [remote(LINE, opened, later=later)], keep_raw=True)
    raw = case.folder / "raw"
    assert (len(opened), len(list(raw.iterdir())) if raw.exists() else 0) == (2, kept)
    assert [w.category for w in told if w.category is CaseWarning] == [CaseWarning] * (1 - kept)
    assert case.verify().ok


def test_what_is_half_read_is_no_copy(tmp_path):
    (log,) = copying.copied([remote(LINE, [])], tmp_path)
    with log.open() as file:
        assert file.read(5) == LINE[:5]
        assert file.version_id == ""
    assert not (tmp_path / "object-0").exists()
    with log.open() as file:
        while file.read(7):
            pass
    assert (tmp_path / "object-0").read_bytes() == LINE


def test_local_objects_are_left_alone(tmp_path):
    log = replace(remote(LINE, []), remote=False)
    assert copying.copied([log], tmp_path) == [log]


def test_raw_objects_answer_for_the_ledger(case, tmp_path):
    (tmp_path / "a.log").write_bytes(LINE)
    flows = case.load(tmp_path / "a.log", keep_raw=True)
    again = fk.load(case.folder / "raw" / flows.ledger.sha256[0])
    assert again.ledger.sha256.tolist() == flows.ledger.sha256.tolist()
    assert case.loads[0].parameters == {"keep_raw": True}
