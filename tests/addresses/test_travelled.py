"""Facts that came with records hold over what tables say; a folder that anybody may write to is not asked."""

import pyarrow as pa
import pytest

from flowkit.addresses import Travelled, facts, knowledge, travelled
from flowkit.addresses.travelled import COLUMNS, FILE, FOLDER
from flowkit.errors import AddressError


def known(**values):
    columns = {name: [values.get(name)] for name in ("address", *COLUMNS)}
    types = {name: pa.int64() if name == "asn" else pa.string() for name in columns}
    return pa.table({name: pa.array(column, types[name]) for name, column in columns.items()})


KNOWN = known(address="10.0.1.5", kind="private", place="outside", country="NZ", asn=5)


def test_they_hold_for_their_addresses_and_no_others():
    told = facts(["10.0.1.6", "10.0.1.5"], knowledge(inside="10.0.0.0/8"))
    made = Travelled(KNOWN).over(told)
    assert made["place"].to_pylist() == ["inside", "outside"]
    assert made["country"].to_pylist() == [None, "NZ"]
    assert made["asn"].to_pylist() == [None, 5]
    assert made.schema == told.schema


def test_they_are_found_above_the_records(tmp_path):
    place = tmp_path / "a" / "b"
    place.mkdir(parents=True)
    assert travelled([place]) is None
    Travelled(KNOWN, ("10.0.0.0/8",)).write(tmp_path)
    found = travelled([place])
    assert found.inside == ("10.0.0.0/8",)
    assert found.table.equals(KNOWN)


def test_not_where_anybody_may_write(tmp_path):
    (tmp_path / "a").mkdir()
    Travelled(KNOWN).write(tmp_path)
    tmp_path.chmod(0o777)
    assert travelled([tmp_path / "a"]) is None


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / FOLDER).mkdir()
    (tmp_path / FOLDER / FILE).write_text("no parquet")
    with pytest.raises(AddressError, match="cannot be read"):
        travelled([tmp_path])
