"""Loading: what is known is not read again, copies count once, and two loads at once lose and double nothing."""

import gzip
import io
import subprocess
import sys
import textwrap
from functools import partial

import pytest

import flowkit as fk
from flowkit import loading
from flowkit.errors import SourceError
from flowkit.sources import LogObject, local
from flowkit.store import Store

HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)
COUNTS = ["headers", "records", "nodata", "skipdata", "refused"]


def record(n: int) -> str:
    return f"2 123456789010 eni-1 10.0.0.1 10.0.0.2 {n % 65536} 22 6 20 {n} 1418530010 1418530070 ACCEPT OK"


def text(*numbers: int) -> str:
    return "\n".join([HEADER, *map(record, numbers)]) + "\n"


def assert_adds_up(flows):
    ledger = flows.ledger
    assert (ledger.lines == ledger[COUNTS].sum(axis=1)).all()
    assert flows.count() == ledger.records.sum()
    assert flows.status_records.count().to_pyarrow().as_py() == ledger.nodata.sum() + ledger.skipdata.sum()
    assert len(flows.refused) == ledger.refused.sum() == flows.refused_by_reason.lines.sum()


class Objects:
    """Objects in memory that count how often each is opened."""

    def __init__(self, **contents: str) -> None:
        self.opened = []
        self.all = [
            LogObject(name, len(content), f"{name}:{hash(content)}", partial(self._open, name, content))
            for name, content in contents.items()
        ]

    def _open(self, name: str, content: str) -> io.BytesIO:
        self.opened.append(name)
        return io.BytesIO(content.encode())


def test_what_was_loaded_is_not_opened_again(tmp_path):
    objects = Objects(a=text(1), b=text(2, 3), c=text(4) + "bogus!\n")
    first = loading.load(objects.all, Store(tmp_path))
    assert set(objects.opened) == {"a", "b", "c"}
    objects.opened.clear()
    assert loading.load(objects.all, Store(tmp_path)) == first
    assert objects.opened == []


def test_of_objects_that_differ_in_size_each_is_opened_once(tmp_path):
    objects = Objects(a=text(1), b=text(2, 3), c=text(4, 5, 6))
    loading.load(objects.all, Store(tmp_path))
    assert sorted(objects.opened) == ["a", "b", "c"]


def test_a_new_object_alone_is_opened(tmp_path):
    loading.load(Objects(a=text(1)).all, Store(tmp_path))
    more = Objects(a=text(1), b=text(2, 3))
    loading.load(more.all, Store(tmp_path))
    assert set(more.opened) == {"b"}


def test_a_copy_counts_once_and_the_ledger_says_so(tmp_path):
    for name in ("a", "b", "c"):
        (tmp_path / f"{name}.log").write_text(text(1, 2) if name != "b" else text(3))
    flows = fk.load(tmp_path / "*.log", case=tmp_path / "case")
    assert flows.ledger.records.tolist() == [2, 1, 0]
    assert flows.ledger.lines.tolist() == [3, 2, 0]
    assert flows.ledger.duplicate_of.tolist()[2] == str(tmp_path / "a.log")
    assert flows.ledger.sha256[0] == flows.ledger.sha256[2]
    assert_adds_up(flows)


def test_a_copy_in_a_later_load_counts_once_and_alone_it_counts(tmp_path):
    one, copy = tmp_path / "a.log", tmp_path / "copy.log"
    one.write_text(text(1, 2))
    fk.load(one, case=tmp_path / "case")
    copy.write_text(text(1, 2))
    both = fk.load([one, copy], case=tmp_path / "case")
    assert both.ledger.records.tolist() == [2, 0]
    alone = fk.load(copy, case=tmp_path / "case")
    assert (alone.ledger.records.tolist(), alone.ledger.duplicate_of.isna().tolist()) == ([2], [True])
    for flows in (both, alone):
        assert_adds_up(flows)


def test_the_same_file_named_twice_is_one_object(tmp_path):
    (tmp_path / "a.log").write_text(text(1))
    flows = fk.load([tmp_path / "a.log", tmp_path / "a.log", tmp_path], case=tmp_path.parent / "case")
    assert flows.ledger.records.tolist() == [1]


def test_a_changed_file_is_read_again_and_its_old_records_are_gone(tmp_path):
    log = tmp_path / "a.log"
    log.write_text(text(1))
    assert fk.load(log, case=tmp_path / "case").to_pandas().bytes.tolist() == [1]
    log.write_text(text(7))  # of the same size
    assert fk.load(log, case=tmp_path / "case").to_pandas().bytes.tolist() == [7]
    log.write_text(text(7, 8))
    assert sorted(fk.load(log, case=tmp_path / "case").to_pandas().bytes) == [7, 8]


def test_what_a_line_is_read_as_is_part_of_what_is_known(tmp_path):
    log = tmp_path / "a.log"
    log.write_text("10.0.0.1 10.0.0.2\n")
    one = fk.load(log, log_format="${srcaddr} ${dstaddr}", case=tmp_path / "case")
    other = fk.load(log, log_format="${dstaddr} ${srcaddr}", case=tmp_path / "case")
    assert (one.to_pandas().srcaddr[0], other.to_pandas().srcaddr[0]) == ("10.0.0.1", "10.0.0.2")


def test_only_what_is_asked_for_is_in_the_flows(tmp_path):
    for n in range(4):
        (tmp_path / f"{n}.log").write_text(text(n))
    fk.load(tmp_path / "*.log", case=tmp_path / "case")
    flows = fk.load([tmp_path / "1.log", tmp_path / "3.log"], case=tmp_path / "case")
    assert sorted(flows.to_pandas().bytes) == [1, 3]
    assert_adds_up(flows)


def test_formats_in_one_folder_are_joined_by_name(tmp_path):
    (tmp_path / "a.log").write_text(text(1))
    (tmp_path / "b.log.gz").write_bytes(gzip.compress(b"vpc-id bytes srcaddr\nvpc-1 2 10.0.0.9\n"))
    (tmp_path / "c.json").write_text('{"events": [{"timestamp": 1418530010000, "message": "' + record(3) + '"}]}')
    (tmp_path / "notes.txt").write_text("remember the milk\n")
    flows = fk.load(tmp_path, case=tmp_path.parent / "case-formats")
    frame = flows.to_pandas().sort_values("bytes").reset_index(drop=True)
    assert frame.bytes.tolist() == [1, 2, 3]
    assert frame.srcaddr.tolist() == ["10.0.0.1", "10.0.0.9", "10.0.0.1"]
    assert frame.vpc_id.isna().tolist() == [True, False, True]
    assert str(frame.srcport.dtype) == "Int64"
    assert [bool(note) for note in flows.ledger.note] == [False, False, False, True]
    assert_adds_up(flows)


def test_folders_as_s3_has_them(tmp_path):
    hive = tmp_path / "AWSLogs/aws-account-id=1/aws-service=vpcflowlogs/aws-region=eu-west-1/year=2026/month=03/day=10"
    hive.mkdir(parents=True)
    (hive / "a.log").write_text(text(1))
    (tmp_path / ".DS_Store").write_text("hidden")
    assert fk.load(tmp_path, case=tmp_path.parent / "hive").count() == 1
    assert fk.load(f"{tmp_path}/**/*.log", case=tmp_path.parent / "hive").count() == 1


def test_an_unreadable_file_beside_others_is_noted(tmp_path):
    objects = Objects(a=text(1))

    def refuse():
        raise PermissionError(13, "Permission denied")

    locked = [LogObject("locked", size, f"locked{size}", refuse) for size in (5, len(text(1)))]
    loaded = loading.load([*objects.all, *locked], Store(tmp_path))
    assert [item.note for item in loaded] == [
        "",
        *["cannot be read: Permission denied. Check that you may read it, and load it again."] * 2,
    ]
    with pytest.raises(SourceError, match="Permission denied"):
        loading.load(locked, Store(tmp_path))


def test_a_file_whose_every_line_is_refused_still_loads(tmp_path):
    log = tmp_path / "a.log"
    log.write_text(HEADER + "\nbogus!\n\n")
    flows = fk.load(log, case=tmp_path / "case")
    assert (flows.count(), flows.refused.reason.tolist()) == (0, ["1 columns, the format has 14", "blank"])
    assert flows.ledger.iloc[0][["lines", "headers", "refused"]].tolist() == [3, 1, 2]
    assert_adds_up(flows)


def test_more_refused_lines_than_are_shown_are_counted(tmp_path, monkeypatch):
    monkeypatch.setattr("flowkit.store.MOST_REFUSED", 10)
    log = tmp_path / "a.log"
    log.write_text(HEADER + "\n" + "bogus!\n" * 25)
    flows = fk.load(log, case=tmp_path / "case")
    assert (len(flows.refused), flows.ledger.refused[0], flows.refused_by_reason.lines[0]) == (10, 25, 25)


LOADER = """
    import sys
    import flowkit as fk
    from flowkit import store
    import flowkit.api
    store._SEGMENT_RECORDS = 200
    print("ready", flush=True)
    flows = fk.load(sys.argv[1], case=sys.argv[2])
    print(flows.count())
"""


def loader(folder, case) -> subprocess.Popen:
    program = [sys.executable, "-c", textwrap.dedent(LOADER), str(folder), str(case)]
    return subprocess.Popen(program, stdout=subprocess.PIPE, text=True)


@pytest.fixture(scope="module")
def many(tmp_path_factory):
    """Return a folder of many small files, and the sum of the bytes that their records tell of."""
    folder = tmp_path_factory.mktemp("many")
    for n in range(400):
        (folder / f"{n:04}.log").write_text(text(*range(n * 10, n * 10 + 10)))
    return folder, sum(range(4_000))


def assert_exact(flows, total):
    assert flows.count() == 4_000
    assert flows.to_pandas().bytes.sum() == total
    assert flows.to_pandas().bytes.is_unique
    assert flows.ledger.records.tolist() == [10] * 400
    assert_adds_up(flows)


@pytest.mark.slow
def test_two_processes_load_the_same_folder_at_once(many, tmp_path):
    folder, total = many
    both = [loader(folder, tmp_path / "case") for _ in range(2)]
    assert [process.communicate()[0].split() for process in both] == [["ready", "4000"]] * 2
    assert_exact(fk.load(folder, case=tmp_path / "case"), total)


def test_objects_are_found_in_order_each_once(tmp_path):
    for name in ("b.log", "a.log"):
        (tmp_path / name).write_text(text(1))
    names = [log.name for log in local.objects([tmp_path, tmp_path / "a.log"])]
    assert names == [str(tmp_path / "a.log"), str(tmp_path / "b.log")]
