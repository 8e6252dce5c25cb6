"""fk.load's doors."""

from pathlib import Path

import ibis
import pytest

import flowkit as fk
from flowkit import inventory
from flowkit.api import enriched
from flowkit.errors import AddressError, SourceError

V5 = """
version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status
5 eni-a 10.0.0.1 10.0.0.2 40001 443 6 1 1000 1773129600 1773129650 REJECT OK
5 eni-a 10.0.0.2 10.0.0.1 443 40001 6 4 4000 1773129660 1773129719 ACCEPT OK
"""


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines(V5)


def test_an_ibis_table_is_flows():
    table = ibis.memtable({"srcaddr": ["10.0.0.1"], "dstaddr": ["10.0.0.2"], "bytes": [40], "start": [1773129600]})
    flows = fk.load(table, start="2026-03-10T08:00Z", end="2026-03-10T08:01Z")
    assert flows.count() == 1
    assert str(flows.scope) == "2026-03-10 08:00Z to 08:01Z"
    assert fk.load(table, end="2026-03-10T08:00Z").count() == 0


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ([], "the list of paths is empty"),
        ("s3://", "names no bucket"),
        ("gs://bucket/prefix", r"Give a file or folder, s3://bucket/prefix or cloudwatch://region/log-group"),
        (["sample", "gs://bucket"], "no file or folder sample"),
    ],
)
def test_a_source_of_another_kind_is_refused_with_what_to_do(source, told):
    with pytest.raises(SourceError, match=told):
        fk.load(source)


SNAPSHOT = Path(fk.__file__).parent / "sample" / "snapshot"


def test_an_inventory_is_a_folder_or_what_was_read_from_one():
    by_path, by_text, read = (
        fk.load("sample", inventory=i) for i in (SNAPSHOT, str(SNAPSHOT), inventory.read(SNAPSHOT))
    )
    assert by_path.identities.snapshot == by_text.identities.snapshot == read.identities.snapshot
    assert fk.load("sample").identities.snapshot is None


def test_a_table_takes_an_inventory_and_blocks():
    table = ibis.memtable({"srcaddr": ["10.0.2.20"], "dstaddr": ["10.9.0.1"], "bytes": [40]})
    flows = fk.load(table, inventory=SNAPSHOT, inside=["10.9.0.0/16"])
    edges = fk.analysis.talker_edges(flows, by=("name", "place"))
    assert edges[["client", "server"]].to_numpy().tolist() == [["db-a-1", "inside"]]


def test_enriched_flows_are_the_same_flows_of_which_more_is_known(tmp_path):
    narrowed = fk.load("sample").narrow(action="REJECT")
    known = enriched(narrowed, inventory=SNAPSHOT, inside=["10.0.0.0/16"])
    assert (known.scope, known.origin, known.count()) == (narrowed.scope, narrowed.origin, narrowed.count())
    assert narrowed.identities.snapshot is None
    more = enriched(known, lists=[_written(tmp_path / "bad.txt", "198.18.0.2\n")])
    assert (more.identities.snapshot, more.identities.knowledge.inside) == (known.identities.snapshot, ("10.0.0.0/16",))
    again = enriched(more, databases=[_written(tmp_path / "where.csv", "network,country\n198.18.0.0/15,NL\n")])
    assert [len(known) for known in (again.identities.knowledge.lists, again.identities.knowledge.databases)] == [1, 1]


def test_what_inside_is_can_be_said_anew():
    flows = fk.load("sample", inside="10.0.0.0/16")
    assert enriched(flows, inside="192.0.2.0/24").identities.knowledge.inside == ("192.0.2.0/24",)
    assert enriched(flows).identities.knowledge.inside == ("10.0.0.0/16",)
    with pytest.raises(AddressError, match="inside is empty"):
        enriched(flows, inside=[])


def _written(path, text):
    path.write_text(text)
    return path


@pytest.mark.parametrize("options", [{"lists": ["no.such"]}, {"databases": ["no.such"]}])
def test_a_file_that_is_not_there_is_told(flows, options):
    with pytest.raises(AddressError, match=r"no\.such"):
        enriched(flows, **options)


def test_the_code_of_a_load_makes_it_again(flows, tmp_path):
    path = tmp_path / "it's.log"
    path.write_text(V5.strip(), encoding="utf-8")
    loaded = fk.load(path)
    assert eval(loaded.origin.code, {"fk": fk}).count() == flows.count() == 2  # noqa: S307 - our own code


def test_the_code_of_a_load_says_what_was_known(tmp_path):
    path = _written(tmp_path / "flows.log", V5.strip())
    loaded = fk.load(path, inside=["10.0.0.0/8"], inventory=SNAPSHOT)
    again = eval(loaded.origin.code, {"fk": fk})  # noqa: S307 - our own code
    assert again.identities.knowledge.inside == loaded.identities.knowledge.inside
    assert again.identities.snapshot == loaded.identities.snapshot
