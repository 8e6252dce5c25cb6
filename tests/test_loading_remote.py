"""Loading from S3 through a line that fails in every way: nothing is lost or doubled, and the ledger says so."""

import gzip
import io
import threading

import boto3
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import flowkit as fk
from flowkit import fetching, loading
from flowkit.aws import bucket as buckets
from flowkit.errors import AwsError, SourceError
from flowkit.sources.places import Wanted, find
from flowkit.store import Store
from tests.faulty import changed, cut_after, refused

HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)
LINES = 200
NAMES = [f"{letter}.log.gz" for letter in "abcdef"]


def text(name, lines=LINES):
    """A file whose records say which file and line they are: in their packets and bytes."""
    number = ord(name[0])
    rows = [
        f"2 1 eni-{number} 10.0.0.1 10.0.0.2 {line} 2 6 {number} {line} 1773130000 1773130060 ACCEPT OK"
        for line in range(lines)
    ]
    return "\n".join([HEADER, *rows, ""]).encode()


def squeezed(name, lines=LINES):
    """A file, packed: the same bytes whenever asked, since gzip writes down when it packed."""
    return gzip.compress(text(name, lines), compresslevel=1, mtime=0)


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(buckets, "_FIRST_PAUSE", 0.001)


@pytest.fixture(autouse=True)
def put(aws):
    client = boto3.client("s3")
    client.create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})

    def put(name, body, **options):
        client.put_object(Bucket="logs", Key=name, Body=body, **options)

    for name in NAMES:
        put(name, squeezed(name))
    aws.asked.clear()
    return put


@pytest.fixture
def load(tmp_path):
    return lambda place="s3://logs", **options: fk.load(place, case=tmp_path / "case", **options)


def whole(flows, names=NAMES):
    """Tell whether each record of the files *names* is there exactly once, and the ledger adds up."""
    ledger = flows.ledger
    assert (ledger.lines == ledger[["headers", "records", "nodata", "skipdata", "refused"]].sum(axis=1)).all()
    found = sorted(map(tuple, flows.sql("SELECT packets, bytes FROM flows").itertuples(index=False)))
    return found == sorted((ord(name[0]), line) for name in names for line in range(LINES))


def notes(flows):
    return {row.object.removeprefix("s3://logs/"): row.note for row in flows.ledger.itertuples() if row.note}


def test_everything_arrives_with_its_evidence(put, load):
    boto3.client("s3").put_bucket_versioning(Bucket="logs", VersioningConfiguration={"Status": "Enabled"})
    put("a.log.gz", squeezed("a.log.gz"))
    head = boto3.client("s3").head_object(Bucket="logs", Key="a.log.gz")
    flows = load()
    assert whole(flows)
    first = flows.ledger.iloc[0]
    assert (first.object, first.bytes) == ("s3://logs/a.log.gz", len(squeezed("a.log.gz")))
    assert (first.etag, first.version_id) == (head["ETag"].strip('"'), head["VersionId"])
    again = load().ledger.iloc[0]  # of a version that is not asked for again
    assert (again.etag, again.version_id, again.sha256) == (first.etag, first.version_id, first.sha256)


@pytest.mark.parametrize(
    ("spoil", "times"),
    [
        (refused(503, "SlowDown"), 9),
        (refused(500, "InternalError"), 4),
        (cut_after(0), 4),
        (cut_after(100), 7),
        (cut_after(700), 5),
    ],
    ids=["throttled", "internal error", "cut at once", "cut early", "cut late"],
)
def test_what_passes_is_sat_out(load, aws, spoil, times, monkeypatch):
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.001)
    aws.on(lambda asked: asked.path.endswith(".log.gz"), spoil, times=times)
    flows = load()
    assert whole(flows)
    assert notes(flows) == {}


def test_a_broken_connection_is_taken_up_where_it_broke(load, aws):
    aws.on("/logs/a.log.gz", cut_after(100), times=2)
    assert whole(load())
    ranges = [asked.headers.get("Range") for asked in aws.asked if asked.path == "/logs/a.log.gz"]
    assert ranges == [None, "bytes=100-", "bytes=200-"]
    assert all(asked.headers["If-Match"].strip('"') for asked in aws.asked if asked.path == "/logs/a.log.gz")


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (refused(404, "NoSuchKey"), "NoSuchKey"),
        (refused(403, "InvalidObjectState", "archived"), "Restore it first"),
        (refused(403, "AccessDenied", "not authorized to perform: kms:Decrypt on the key"), "kms:Decrypt"),
        (refused(403, "AccessDenied"), "AccessDenied"),
        (refused(412, "PreconditionFailed"), "it changed since"),
        (refused(503, "SlowDown"), "SlowDown"),
    ],
)
def test_an_object_that_cannot_be_had_is_in_the_ledger_and_the_rest_loads(load, aws, spoil, told, monkeypatch):
    monkeypatch.setattr("botocore.retries.standard.ExponentialBackoff.delay_amount", lambda *_: 0.001)
    aws.on("/logs/c.log.gz", spoil)
    flows = load()
    assert whole(flows, [name for name in NAMES if name != "c.log.gz"])
    assert list(notes(flows)) == ["c.log.gz"]
    assert told in notes(flows)["c.log.gz"]
    aws._faults.clear()  # noqa: SLF001 - it can be had again
    aws.asked.clear()
    assert whole(load())
    assert {asked.path for asked in aws.asked if asked.path.endswith("gz")} == {"/logs/c.log.gz"}


def test_an_object_that_changes_while_it_is_read_is_never_mixed(put, load, aws):
    def swap(asked, forward):
        answer = cut_after(300)(asked, forward)
        put("b.log.gz", squeezed("z"))
        return answer

    aws.on(lambda asked: asked.path == "/logs/b.log.gz" and asked.method == "GET", swap, times=1)
    flows = load()
    assert "it changed since" in notes(flows)["b.log.gz"]
    row = flows.ledger[flows.ledger.object == "s3://logs/b.log.gz"].iloc[0]
    assert (row.bytes, row.damaged_at) == (300, 300)
    seen = set(flows.sql("SELECT packets FROM flows").packets)
    assert seen <= {ord(name[0]) for name in NAMES}
    assert ord("z") in set(load().sql("SELECT packets FROM flows").packets)


def test_a_body_that_stops_for_good_is_kept_as_far_as_it_came(load, aws):
    aws.on("/logs/d.log.gz", cut_after(0))
    aws.on("/logs/e.log.gz", cut_after(400), times=1)
    aws.on(lambda asked: asked.path == "/logs/e.log.gz" and "Range" in asked.headers, cut_after(0))
    flows = load()
    assert set(notes(flows)) == {"d.log.gz", "e.log.gz"}
    assert flows.ledger[flows.ledger.object == "s3://logs/e.log.gz"].damaged_at.item() == 400
    aws._faults.clear()  # noqa: SLF001
    assert whole(load())


def test_loading_again_asks_for_the_listing_only(put, load, aws):
    load()
    aws.asked.clear()
    assert whole(load())
    assert {asked.query.get("list-type") for asked in aws.asked} == {"2"}
    put("a.log.gz", squeezed("a.log.gz", LINES // 2))
    aws.asked.clear()
    assert load().count() == LINES * len(NAMES) - LINES // 2
    assert [asked.path for asked in aws.asked if asked.path.endswith("gz")] == ["/logs/a.log.gz"]


def test_what_was_finished_before_an_interruption_is_not_read_again(load, aws, monkeypatch):
    five_read, go_on = threading.Event(), threading.Event()

    def wait_at(_, forward):
        go_on.wait(20)
        return forward()

    def interrupted(_):
        assert five_read.wait(20)
        raise KeyboardInterrupt

    def done(self, log):
        finish(self, log)
        if log.name.endswith("e.log.gz"):
            five_read.set()

    finish = fetching.Fetching.done
    aws.on("/logs/f.log.gz", wait_at, times=1)
    monkeypatch.setattr(loading, "_MOST_READERS", 1)
    with monkeypatch.context() as patch:
        patch.setattr(loading, "wait", interrupted)
        patch.setattr(fetching.Fetching, "done", done)
        with pytest.raises(KeyboardInterrupt):
            load()
    go_on.set()
    aws.asked.clear()
    assert whole(load())
    assert {asked.path for asked in aws.asked if asked.path.endswith("gz")} == {"/logs/f.log.gz"}


def test_an_interruption_in_the_midst_of_an_object_leaves_nothing_of_it(put, load, aws, tmp_path, monkeypatch):
    """The rows of it that were written by then are in a segment that is kept, and must not count."""
    monkeypatch.setattr(loading, "_MOST_READERS", 1)
    long = "g.log.gz"
    put(long, squeezed(long, 60_000))
    reached, go_on = threading.Event(), threading.Event()

    def in_the_midst(asked, forward):
        if "Range" in asked.headers:
            reached.set()
            go_on.wait(20)
            return forward()
        return cut_after(100_000)(asked, forward)

    def interrupted(_):
        assert reached.wait(20)
        raise KeyboardInterrupt

    aws.on(f"/logs/{long}", in_the_midst)
    with monkeypatch.context() as patch:
        patch.setattr(loading, "wait", interrupted)
        with pytest.raises(KeyboardInterrupt):
            load()
    go_on.set()
    assert not list((tmp_path / "case").glob("*/tmp-*"))
    index = Store(tmp_path / "case").index()
    assert not any(long in identity for identity in index.seen)
    aws._faults.clear()  # noqa: SLF001
    flows = load()
    assert flows.count() == LINES * len(NAMES) + 60_000
    assert flows.narrow(srcport=0).count() == len(NAMES) + 1


def test_copies_are_counted_once(put, load):
    put("copy.log.gz", squeezed("a.log.gz"))
    flows = load()
    assert whole(flows)
    assert flows.ledger.set_index("object").duplicate_of.dropna().to_dict() == {
        "s3://logs/copy.log.gz": "s3://logs/a.log.gz"
    }


def test_parquet_from_s3(put, load):
    table = pa.table({"interface_id": ["eni-1"], "srcaddr": ["10.0.0.1"], "dstaddr": ["10.0.0.2"], "bytes": [7]})
    sink = io.BytesIO()
    pq.write_table(table, sink)
    put("x/flows.log.parquet", sink.getvalue())
    assert load("s3://logs/x").to_pandas().bytes.tolist() == [7]


def test_a_damaged_object_is_kept_up_to_the_damage(put, load):
    packed = bytearray(squeezed("y", 50_000))
    packed[len(packed) // 2 : len(packed) // 2 + 200] = bytes(200)
    put("y/y.log.gz", bytes(packed))
    row = load("s3://logs/y").ledger.iloc[0]
    assert 0 < row.records < 50_000
    assert row.damaged_at > 0


def test_nothing_that_can_be_read_raises(load, aws):
    aws.on(lambda asked: asked.path.endswith("gz"), refused(403, "AccessDenied"))
    with pytest.raises(SourceError, match=r"none of the 6 objects can be read.*AccessDenied.*audit --policy"):
        load()


def test_without_credentials_there_is_one_sentence(aws, load, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.delenv(name)
    with pytest.raises(AwsError, match=r"NoCredentialsError.*get-caller-identity"):
        load()
    assert aws.asked == []


def test_no_secret_is_written_anywhere(load, tmp_path, monkeypatch, capsys):
    secrets = {
        "AWS_ACCESS_KEY_ID": "AKIA0123456789ABCDEF",
        "AWS_SECRET_ACCESS_KEY": "s3cr3t/key",
        "AWS_SESSION_TOKEN": "t0ken",
    }
    for name, value in secrets.items():
        monkeypatch.setenv(name, value)
    flows = load()
    said = [repr(flows), flows._repr_html_(), flows.origin.code, flows.ledger.to_json(), repr(flows.origin)]
    said += [str(fk.plan("s3://logs")), repr(find("s3://logs", Wanted())), *capsys.readouterr()]
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    for secret in secrets.values():
        assert not any(secret in text for text in said)
        assert secret.encode() not in kept


def test_what_is_fetched_ahead_is_bounded(load, monkeypatch):
    monkeypatch.setattr(fetching, "AHEAD", 1_500)
    monkeypatch.setattr(fetching, "_BLOCK", 200)
    assert whole(load())


def test_a_plan_fetches_nothing(load, aws, tmp_path):
    plan = fk.plan("s3://logs", case=tmp_path / "case")
    size = sum(len(squeezed(name)) for name in NAMES)
    assert (plan.objects, plan.loaded, plan.bytes) == (6, 0, size)
    assert {asked.query.get("list-type") for asked in aws.asked} == {"2"}
    assert plan.requests == len(aws.asked) + 6
    assert 0 < plan.usd[0] < plan.usd[1] < 0.001
    load()
    again = fk.plan("s3://logs", case=tmp_path / "case")
    assert (again.objects, again.loaded, again.bytes) == (6, 6, 0)


def test_the_code_of_flows_says_the_window(load, tmp_path):
    flows = load(start="2026-03-10T00:00Z", end="2026-03-11T00:00Z")
    assert flows.origin.code == (
        f"fk.load('s3://logs', case='{tmp_path / 'case'}', start='2026-03-10T00:00Z', end='2026-03-11T00:00Z')"
    )
    assert flows.count() == LINES * len(NAMES)


def test_bytes_that_differ_from_what_was_stored_are_told(put, load, aws):
    """S3 keeps a checksum of an object: one that was changed on the way is not taken for it."""
    put("a.log.gz", squeezed("a.log.gz"), ChecksumAlgorithm="SHA256")
    other = squeezed("z")
    aws.on("/logs/a.log.gz", changed(lambda answer: setattr(answer, "body", other)))
    flows = load()
    assert "FlexibleChecksumError" in notes(flows)["a.log.gz"]
    aws._faults.clear()  # noqa: SLF001
    assert whole(load())


def test_an_answer_that_is_not_what_was_asked_for_is_not_trusted(load, aws):
    aws.on("/logs/a.log.gz", changed(lambda answer: setattr(answer, "body", b"\x1f\x8b" + bytes(100))), times=None)
    flows = load()
    assert whole(flows, NAMES[1:])
    assert "a.log.gz" in notes(flows)
