"""Whatever bytes a file holds: each of its lines is accounted for, or a FlowkitError says why not."""

import gzip
import io
import json
import random
from pathlib import Path
from tempfile import TemporaryDirectory

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import example, given, settings
from hypothesis import strategies as st

import flowkit as fk
from flowkit.errors import FlowkitError

HEADER = b"version interface-id srcaddr dstaddr dstport bytes start end action log-status"
RECORD = b"5 eni-a 10.0.0.1 10.0.0.2 443 40 1773129600 1773129650 ACCEPT OK"
DEFAULT = b"2 123456789010 eni-a 10.0.0.1 10.0.0.2 443 40001 6 1 40 1773129600 1773129650 ACCEPT OK"
NODATA = b"5 eni-a - - - - 1773129600 1773129650 - NODATA"
GOOD = HEADER + b"\n" + RECORD + b"\n"
KINDS = ["headers", "records", "nodata", "skipdata", "refused"]

tokens = st.sampled_from(
    [*RECORD.split(), *HEADER.split(), b"-", b"", b"x", b"NODATA", b"\xff", b"99999999999999999999", b"2001:db8::1"]
)
lines = st.one_of(
    st.sampled_from([HEADER, RECORD, DEFAULT, NODATA, NODATA.replace(b"NODATA", b"SKIPDATA"), b"", b"\r", b"\x00"]),
    st.lists(tokens, max_size=16).map(b" ".join),
    st.binary(max_size=60).map(lambda text: text.replace(b"\n", b" ")),
)
logs = st.tuples(st.lists(lines, max_size=12).map(b"\n".join), st.sampled_from([b"", b"\n", b"\r\n"])).map(b"".join)
FEWER = settings(max_examples=settings().max_examples // 3)  # each is a load

anything = st.one_of(st.binary(max_size=300), logs)


def load(*contents):
    """Load files that hold *contents*; None where nothing of it is a flow log."""
    with TemporaryDirectory() as folder:
        for index, content in enumerate(contents):
            Path(folder, f"{index}.log").write_bytes(content)
        try:
            flows = fk.load(folder, case=Path(folder, "kept"))
            frames = flows.ledger, flows.refused, flows.to_pandas(), flows.status_records.to_pyarrow()
        except FlowkitError as error:
            assert str(error)  # noqa: PT017 - either outcome is right
            return None
    _holds(*frames)
    return frames[0]


def _holds(ledger, refused, records, status):
    assert (ledger.lines == ledger[KINDS].sum(axis=1)).all()
    counted = ledger.duplicate_of.isna()
    assert len(records) == ledger.records.sum()
    assert status.num_rows == ledger.nodata.sum() + ledger.skipdata.sum()
    assert refused.groupby("object").size().to_dict() == {
        name: count for name, count in zip(ledger.object[counted], ledger.refused[counted], strict=True) if count
    }
    assert not refused.duplicated(["object", "line"]).any()
    assert (refused.text.str.len() <= 200).all()


def line_count(content):
    """Count lines as the contract has it: they end at LF, the last one perhaps without; a byte order mark is none."""
    content = content.removeprefix(b"\xef\xbb\xbf")
    return content.count(b"\n") + (content[-1:] not in (b"\n", b""))


def is_text(content):
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n")
    return not content.startswith((b"\x1f\x8b", b"\x28\xb5\x2f\xfd", b"PAR1")) and start[:1] not in (b"{", b"[")


@FEWER
@given(anything)
@example(b"")
@example(b"\n")
@example(GOOD + b"\xef\xbb\xbf" + GOOD)
@example(b"PAR1")
@example(b"\x1f\x8b")
@example(b'{"message": "x"}')
@example(b"@message,message\n")
@example(HEADER + b"\n" + RECORD + b"\r" + RECORD)
def test_any_bytes_alone(content):
    ledger = load(content)
    if ledger is not None and is_text(content):
        assert ledger.lines[0] == line_count(content)
        assert ledger["bytes"][0] == len(content)


@FEWER
@given(anything)
@example(GOOD)
@example(b"")
@example(b"\xef\xbb\xbf")
def test_any_bytes_beside_a_good_file(content):
    ledger = load(GOOD, content)
    assert ledger is not None
    assert (ledger.lines[0], ledger.records[0]) == (2, 1)
    if is_text(content) and content != GOOD:
        assert ledger.lines[1] == line_count(content)


@FEWER
@given(logs, st.data())
def test_gzip_that_ends_too_early(content, data):
    packed = gzip.compress(GOOD + content, mtime=0)
    ledger = load(GOOD, packed[: data.draw(st.integers(3, len(packed)))])
    assert ledger.lines[1] <= line_count(GOOD + content)


@FEWER
@given(logs, st.data())
def test_gzip_that_goes_on_with_something_else(content, data):
    packed = gzip.compress(GOOD + content, mtime=0)
    cut = data.draw(st.integers(3, len(packed)))
    # what is deflated from other bytes may be any text, so all that holds is that it is accounted for
    assert load(GOOD, packed[:cut] + data.draw(st.binary(max_size=8))) is not None


@FEWER
@given(logs, st.integers(0, 2**32))
def test_damaged_json(content, seed):
    events = [{"timestamp": 1773129661000, "message": line.decode(errors="replace")} for line in content.split(b"\n")]
    text = json.dumps({"events": events}).encode()
    assert load(GOOD, text).lines[1] == len(events)
    assert load(GOOD, _damaged(text, seed)) is not None


@FEWER
@given(st.integers(0, 2**32))
def test_damaged_parquet(seed):
    sink = io.BytesIO()
    rows = {
        "srcaddr": ["10.0.0.1", "x", None],
        "dstaddr": ["10.0.0.2"] * 3,
        "bytes": [1, -1, 2],
        "log_status": ["OK", "OK", "NODATA"],
    }
    pq.write_table(pa.table(rows), sink)
    assert load(GOOD, _damaged(sink.getvalue(), seed)) is not None


def _damaged(content, seed):
    dice = random.Random(seed)  # noqa: S311 - no secret
    changed = bytearray(content)
    for _ in range(dice.randint(1, 4)):
        changed[dice.randrange(4, len(changed))] = dice.randrange(256)
    return bytes(changed[: dice.choice([len(changed), dice.randrange(4, len(changed))])])
