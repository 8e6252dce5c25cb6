"""Errors are one short tree, nothing below it leaks out of a load, and each message says what to do next."""

import inspect
import os
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import flowkit as fk
from flowkit import errors
from flowkit.errors import (
    CaseError,
    FlowkitError,
    FormatError,
    MissingFieldError,
    SourceError,
    StoreError,
    UnknownFieldError,
)

SENTENCE = re.compile(r".{20,}[.?)]", re.DOTALL)
TREE = {
    "FlowkitError": Exception,
    "SourceError": "FlowkitError",
    "FormatError": "SourceError",
    "AwsError": "SourceError",
    "InventoryError": "FlowkitError",
    "AddressError": "FlowkitError",
    "PriceError": "FlowkitError",
    "PolicyError": "FlowkitError",
    "StoreError": "FlowkitError",
    "CaseError": "StoreError",
    "ScopeError": "FlowkitError",
    "UnknownFieldError": "FlowkitError",
    "MissingFieldError": "FlowkitError",
    "QueryError": "FlowkitError",
    "StoppedError": "QueryError",
    "InsightsError": "QueryError",
}


def test_the_tree():
    found = {name: item for name, item in vars(errors).items() if inspect.isclass(item) and issubclass(item, Exception)}
    assert {name: base if isinstance(base, type) else found[base] for name, base in TREE.items()} == {
        name: item.__bases__[0] for name, item in found.items()
    }
    assert all(name in errors.__doc__ for name in found)
    assert fk.FlowkitError is FlowkitError


def test_leaves_are_also_what_they_resemble():
    assert issubclass(errors.ScopeError, ValueError)
    assert issubclass(errors.AddressError, ValueError)
    assert issubclass(UnknownFieldError, KeyError)
    assert str(UnknownFieldError.named("srcadr", ["srcaddr"])).startswith("no flow log field is called 'srcadr'")


@pytest.mark.parametrize(
    "error",
    [
        FormatError.unknown("a b c", 3),
        errors.AwsError.answered(
            "for the objects", "SlowDown", "Reduce your rate", "Wait, then run it again.", "Throttled"
        ),
        errors.InventoryError.missing("/there"),
        errors.InventoryError.empty("/there"),
        errors.InventoryError.empty(""),
        errors.PolicyError.unreadable("/there", "there is no such file"),
        errors.PolicyError.found("/there", [(3, "`ports` is empty. Leave it out for all ports.")]),
        errors.PolicyError.found("/there", [(n, "`ports` is empty. Leave it out for all ports.") for n in range(12)]),
        StoreError.cannot_write("/there", OSError(28, "No space left on device")),
        StoreError.broken("/there", ValueError("no JSON")),
        CaseError.cannot_write("/there", OSError(28, "No space left on device")),
        CaseError.busy("/there"),
        CaseError.altered("/there", "entry 2 is another"),
        CaseError.missing("/there"),
        CaseError.newer("/there", 2, "9.0"),
        CaseError.unknown_id("0123", ["abcd"]),
        errors.ScopeError.unknown_key("srcadr", ["srcaddr"]),
        UnknownFieldError.named("srcadr", ["srcaddr"]),
        MissingFieldError.absent("tcp-flags", "this question", ["srcaddr"]),
        errors.InsightsError.at("filter x", 7, 8, "this is not understood.", "Write a condition there."),
        errors.InsightsError.unknown("filtre x", 0, "filtre", "command", ["fields", "filter"]),
    ],
)
def test_a_message_is_a_sentence(error):
    assert SENTENCE.fullmatch(str(error))


def _parquet(**columns):
    sink = pa.BufferOutputStream()
    pq.write_table(pa.table(columns), sink)
    return sink.getvalue().to_pybytes()


FLOWS = _parquet(
    srcaddr=["10.0.0.1"] * 500, dstaddr=[f"10.0.{n % 256}.{n % 99}" for n in range(500)], bytes=list(range(500))
)
FILES = {
    "truncated.parquet": FLOWS[:-100],
    "footless.parquet": FLOWS[:40],
    "other.parquet": _parquet(name=["a"], price=[1]),
    "untyped.parquet": _parquet(srcaddr=[1.5], dstaddr=[True], interface_id=[b"\xff"], bytes=["many"]),
    "prose.txt": b"Dear all,\nplease find the flow logs attached.\n",
    "picture.png": b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 9,
    "other.json": b'{"name": "a", "price": 1}',
    "broken.json": b'{"events": [',
    "other.csv": b"name,price\na,1\n",
    "noise.gz": b"\x1f\x8b\x08" + bytes(range(256)),
    "noise.zst": b"\x28\xb5\x2f\xfd" + bytes(range(256)),
    "unknown.log": b"3 eni-a 10.0.0.1 10.0.0.2 40\n",
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return a folder of everything that can be handed to a load and is no flow log."""
    folder = tmp_path_factory.mktemp("given")
    for name in ("empty.log", "hidden", "good"):
        (folder / name).mkdir()
    (folder / "hidden" / ".DS_Store").write_bytes(b"x")
    (folder / "good" / "flows.log").write_text("srcaddr dstaddr bytes\n10.0.0.1 10.0.0.2 40\n")
    (folder / "files").mkdir()
    for name, content in FILES.items():
        (folder / "files" / name).write_bytes(content)
    return folder


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("missing", "no file or folder .*missing. Check the path"),
        ("missing/deeper.log", "no file or folder"),
        ("good/flows.log/deeper", "no file or folder"),
        ("*.nothing", r"no file matches .*\*.nothing. Try the folder itself"),
        ("[", "no file matches"),
        ("**/nothing/**", "no file matches"),
        ("empty.log", "the folder .*empty.log is empty"),  # a directory named like a file
        ("hidden", "the folder .*hidden is empty"),
        ("x" * 5000, ""),
        ("nul\0byte", "no file or folder"),
        ("files/[!u]*", "none of the 10 files is a flow log. The first, .*broken.json: "),
        ("files/*.txt", "prose.txt: the first line has 2 columns .* 'Dear all,'.*log_format="),
        ("files/truncated.parquet", "not a whole Parquet file .*Fetch it again"),
        ("files/footless.parquet", "not a whole Parquet file"),
        ("files/other.parquet", "Parquet file of something else: its columns are name, price"),
        ("files/picture.png", "no header says which"),
        ("files/other.json", "no flow log messages in it"),
        ("files/broken.json", ""),
        ("files/other.csv", "no header says which"),
        ("files/noise.gz", ""),
        ("files/noise.zst", ""),
        ("files/unknown.log", "has 5 columns .* '3 eni-a .*log_format="),
    ],
)
def test_what_is_no_flow_log_is_told_in_a_sentence(folder, path, told):
    with pytest.raises(SourceError, match=f"(?s){told}") as caught:
        fk.load(str(folder / path))
    assert SENTENCE.fullmatch(str(caught.value))


@pytest.mark.parametrize(
    "source", [[], "s3://bucket/prefix", ["s3://bucket/prefix"], "~nosuchuser/logs", "", "x" * 300]
)
def test_a_source_that_is_none(source, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SourceError) as caught:
        fk.load(source)
    assert SENTENCE.fullmatch(str(caught.value))


@pytest.mark.parametrize("block", ["10.0.0.0/33", "10.0.0", "everywhere", "10.0.0.0/-1", "", "fe80::1%eth0/64"])
def test_a_block_that_is_none(folder, block):
    with pytest.raises(errors.AddressError) as caught:
        fk.load(folder / "good", inside=block)
    assert SENTENCE.fullmatch(str(caught.value))


@pytest.mark.parametrize("path", ["missing", "empty.log", "hidden", "good", "files/prose.txt", "x" * 5000, "nul\0byte"])
def test_an_inventory_that_is_none(folder, path):
    with pytest.raises(errors.InventoryError) as caught:
        fk.load(folder / "good", inventory=str(folder / path))
    assert SENTENCE.fullmatch(str(caught.value))


@pytest.mark.skipif(os.name != "posix", reason="symbolic links and their errors are POSIX's")
@pytest.mark.parametrize("pattern", ["*", "*.log", "flows.log", ""])
def test_a_link_to_nowhere_is_passed_over(tmp_path, pattern):
    (tmp_path / "gone.log").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop.log").symlink_to(tmp_path / "loop.log")
    (tmp_path / "flows.log").write_text("srcaddr dstaddr bytes\n10.0.0.1 10.0.0.2 40\n")
    assert fk.load(str(tmp_path / pattern)).count() == 1


@pytest.mark.parametrize("log_format", ["${", "${srcaddr} ${srcaddr}", "version; srcaddr", "1 2 3", " "])
def test_a_broken_log_format(folder, log_format):
    with pytest.raises(FormatError) as caught:
        fk.load(folder / "good", log_format=log_format)
    assert SENTENCE.fullmatch(str(caught.value))


@pytest.mark.parametrize("name", FILES)
def test_beside_a_flow_log_anything_loads_with_its_account(folder, name):
    flows = fk.load([folder / "good", folder / "files" / name])
    ledger = flows.ledger
    assert ledger.records[0] == 1
    assert ledger.lines[1] == ledger.headers[1] + ledger.records[1] + ledger.refused[1]
    assert ledger.note[1] or ledger.refused[1]
    assert ledger["bytes"][1] == len(FILES[name])


def test_a_flow_log_whose_every_line_is_refused_loads_empty(tmp_path):
    path = tmp_path / "flows.log"
    path.write_text("srcaddr dstaddr bytes\nthis is no record\n10.0.0.1 10.0.0.300 40\n")
    flows = fk.load(path)
    assert (flows.count(), flows.ledger.refused[0], len(flows.refused)) == (0, 2, 2)
