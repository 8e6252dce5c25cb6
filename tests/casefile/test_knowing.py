"""Lists and databases of the user's, kept in a case: known again elsewhere, entered, verified."""

import shutil

import pandas as pd
import pytest

from flowkit.api import case as open_case
from flowkit.errors import AddressError, CaseError


@pytest.fixture
def bad(tmp_path):
    """Return a list of bad addresses."""
    path = tmp_path / "bad.txt"
    path.write_text("10.0.2.20\n")
    return path


def listed(flows):
    known = flows.identities.table
    return dict(zip(known.address, known.listed, strict=True))["10.0.2.20"]


def test_a_list_is_known_where_the_case_is_opened_next(incident, bad, tmp_path):
    assert listed(incident.enrich(lists=[bad])) == "bad.txt"
    bad.unlink()
    shutil.move(incident.folder, tmp_path / "elsewhere")
    there = open_case(tmp_path / "elsewhere")
    assert listed(there.flows) == "bad.txt"
    told = there.timeline
    assert told.what[told.kind == "known"].tolist() == ["Lists and databases: bad.txt"]
    assert there.verify().ok


def test_the_last_given_are_known_and_none_given_is_none(incident, bad, tmp_path):
    incident.enrich(lists=[bad])
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "bad.txt").write_text("10.0.2.20\n")
    labels = tmp_path / "labels.csv"
    labels.write_text("db,10.0.2.0/24\n")
    flows = incident.enrich(lists=[bad, tmp_path / "other" / "bad.txt", labels])
    assert flows.identities.table.set_index("address").labels["10.0.2.20"] == "db"
    incident.enrich()
    assert pd.isna(listed(incident.flows))
    incident.enrich(lists=[bad])  # the same bytes as at first are there already
    assert listed(incident.flows) == "bad.txt"
    assert incident.timeline.kind.tolist().count("known") == 4
    assert incident.verify().ok


def test_a_changed_list_is_found(incident, bad):
    incident.enrich(lists=[bad])
    (kept,) = incident.folder.glob("known/*/lists/0/bad.txt")
    kept.write_text("10.0.1.10\n")
    assert "bad.txt" in str(incident.verify().problems[0])


@pytest.mark.parametrize(
    ("content", "error", "words"),
    [(b"no address at all\n", AddressError, "no entry that can be used"), (None, AddressError, "nowhere.txt")],
)
def test_what_cannot_be_read_is_not_entered(incident, tmp_path, content, error, words):
    path = tmp_path / "nowhere.txt"
    if content:
        path.write_bytes(content)
    with pytest.raises(error, match=words):
        incident.enrich(lists=[path])
    assert "known" not in set(incident.timeline.kind)


def test_an_empty_case_has_nothing_to_know_of(tmp_path, bad):
    with pytest.raises(CaseError, match="nothing has been loaded"):
        open_case(tmp_path / "new").enrich(lists=[bad])
