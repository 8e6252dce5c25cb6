"""A source redacted as a whole: nothing left, the original untouched, the same findings, and back with the key."""

import gzip
import hashlib
import json
from pathlib import Path

import pandas as pd
import pytest

import flowkit as fk
from flowkit import redaction
from flowkit.redaction import RedactionError, redacting
from flowkit.redaction.maps import Maps
from flowkit.redaction.texts import Texts
from flowkit.sources import sample

RECORD = "2 111122223333 eni-03f201a7a6e84c978 10.0.1.5 8.8.8.8 443 5000 6 10 840 1773143100 1773143159 ACCEPT OK"
NAME = "111122223333_vpcflowlogs_eu-central-1_fl-001b0a6808c48768d_20260310T1145Z_ed2be1ec.log.gz"
ANSWER = {"Vpcs": [{"VpcId": "vpc-0e2360f87dfe84da0", "CidrBlock": "10.0.0.0/16", "OwnerId": "111122223333",
          "Tags": [{"Key": "Name", "Value": "acme-net"}]}]}  # fmt: skip
TOKENS = ("10.0.1.5", "8.8.8.8", "111122223333", "03f201a7a6e84c978", "1773143100", "2026-03-10", "acme-net")


@pytest.fixture
def source(tmp_path):
    folder = tmp_path / "in" / "AWSLogs" / "111122223333" / "vpcflowlogs" / "eu-central-1" / "2026" / "03" / "10"
    folder.mkdir(parents=True)
    (folder / NAME).write_bytes(gzip.compress(f"{RECORD}\nnonsense of 10.0.1.5 in acme-net\n".encode()))
    (tmp_path / "in" / "describe-vpcs.json").write_text(json.dumps(ANSWER))
    (tmp_path / "in" / "notes.md").write_text("10.0.1.5 of acme-net at 2026-03-10")
    (tmp_path / "in" / "report.html").write_text("<p>10.0.1.5 of acme-net</p>")
    (tmp_path / "in" / "finding.json").write_text(json.dumps({"subject": "10.0.1.5", "first": "2026-03-10T11:45:00Z"}))
    (tmp_path / "in" / "shot.png").write_bytes(b"\x89PNG\r\n\x1a\n\x00")
    return tmp_path / "in"


def everything(folder):
    """Return all names and contents below a folder as one text."""
    parts = []
    for path in sorted(folder.rglob("*")):
        content = path.read_bytes() if path.is_file() else b""
        content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
        parts += [str(path.relative_to(folder)), content.decode("latin-1")]
    return "\n".join(parts)


def hashes(folder):
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in folder.rglob("*") if path.is_file()}


def test_a_folder(tmp_path, source, key):
    before = hashes(source)
    report = redaction.redact(source, tmp_path / "out", key=key, load=fk.load)
    assert hashes(source) == before
    assert not [token for token in TOKENS if token in everything(tmp_path / "out")]
    assert len(report.files) == 5
    assert report.left_out == {"files of another kind (.png)": 1}
    assert report.tokens["address"] >= 5
    assert report.scanned["files"] == 5
    assert (tmp_path / "out").stat().st_mode & 0o077 == 0
    shown = f"{report}{report!r}{report._repr_html_()}"
    assert not [token for token in (*TOKENS, key.secret.hex()) if token in shown]


def test_its_parts_still_fit_together(tmp_path, source, key, maps):
    redaction.redact(source, tmp_path / "out", key=key, load=fk.load)
    flows = fk.load(tmp_path / "out" / "AWSLogs", inventory=tmp_path / "out" / "describe-vpcs.json")
    frame = flows.to_pandas()
    assert frame.srcaddr[0] == maps.address("10.0.1.5")
    assert frame.account_id[0] == flows.identities.snapshot.vpcs[0].account_id == maps.account("111122223333")
    assert flows.identities.table.place.to_list().count("inside") == 1
    assert flows.ledger.refused.sum() == 1
    for name in ("notes.md", "report.html", "finding.json"):
        text = (tmp_path / "out" / name).read_text()
        assert maps.address("10.0.1.5") in text
        assert maps.name("acme-net") in text or name == "finding.json"
        assert f"{maps.day(2026, 3, 10):%Y-%m-%d}" in text or name == "report.html"


def test_with_the_key_it_comes_back_and_with_another_it_does_not(tmp_path, source, key):
    redaction.redact(source, tmp_path / "out", key=key, load=fk.load)
    redaction.reverse(tmp_path / "out", tmp_path / "back", key=key)
    assert (tmp_path / "back" / "notes.md").read_text() == (source / "notes.md").read_text()
    assert (tmp_path / "back" / "report.html").read_text() == (source / "report.html").read_text()
    assert json.loads((tmp_path / "back" / "describe-vpcs.json").read_text()) == ANSWER
    (log,) = (tmp_path / "back").rglob(NAME)
    assert gzip.decompress(log.read_bytes()).decode().startswith(RECORD)
    redaction.reverse(tmp_path / "out", tmp_path / "other", key=bytes(range(1, 33)))
    assert "10.0.1.5" not in everything(tmp_path / "other")


@pytest.mark.parametrize("name", ["notes.md", "report.html", "finding.json"])
def test_a_file_becomes_a_file(tmp_path, source, key, name):
    redaction.redact(source / name, tmp_path / name, key=key, inventory=source, shift=52)
    made = (tmp_path / name).read_text()
    assert not [token for token in TOKENS if token in made]
    redaction.reverse(tmp_path / name, tmp_path / f"back-{name}", key=key, shift=52)
    again, original = (tmp_path / f"back-{name}").read_text(), (source / name).read_text()
    assert again == original or json.loads(again) == json.loads(original)


def test_what_is_to_be_kept_is_kept(tmp_path, source, key):
    redaction.redact(source, tmp_path / "out", key=key, keep="10.0.0.0/16", shift=0, names=["nonsense"])
    made = everything(tmp_path / "out")
    assert "10.0.1.5" in made
    assert "2026-03-10" in made
    assert "nonsense" not in made
    assert "8.8.8.8" not in made


def test_the_same_key_gives_the_same(tmp_path, source, key):
    redaction.redact(source, tmp_path / "one", key=key)
    redaction.redact(source, tmp_path / "two", key=key)
    assert everything(tmp_path / "one") == everything(tmp_path / "two")


def test_what_was_missed_is_found_and_nothing_is_written(tmp_path, source, key, monkeypatch):
    monkeypatch.setattr(Texts, "_ipv4", lambda _self, text: text)
    with pytest.raises(RedactionError, match=r"would be left in .*notes\.md \(address\)") as refused:
        redaction.redact(source, tmp_path / "out", key=key)
    assert "10.0.1.5" not in str(refused.value)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


REFUSED = [
    ({"target": "in"}, "is there already"),
    ({"target": "in/out"}, "lies inside of what is to be redacted"),
    ({"target": "none/out"}, "there is no folder"),
    ({"source": "nowhere"}, "there is no file or folder"),
    ({"key": b"short"}, "is 5 bytes long"),
    ({"shift": 0.5}, "no whole number of weeks"),
    ({"source": "in/shot.png"}, "nothing in it can be redacted"),
]


@pytest.mark.parametrize(("changes", "said"), REFUSED)
def test_what_is_refused(tmp_path, source, key, changes, said):
    given = {"source": "in", "target": "out", "key": key} | changes
    places = {name: tmp_path / given[name] for name in ("source", "target")}
    before = hashes(source)
    with pytest.raises(RedactionError, match=said):
        redaction.redact(**(given | places))
    assert [path.name for path in tmp_path.iterdir()] == ["in"]
    assert hashes(source) == before


ODD = [
    ("a.ipynb", b"no notebook", "a.ipynb: the notebook is no JSON"),
    ("a.ipynb", b"{}", "a.ipynb: the notebook has no cells"),
]


@pytest.mark.parametrize(("name", "content", "said"), ODD)
def test_a_file_that_cannot_be_redacted_is_named(tmp_path, source, key, name, content, said):
    (source / name).write_bytes(content)
    with pytest.raises(RedactionError, match=said):
        redaction.redact(source, tmp_path / "out", key=key)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


BROKEN = [
    ("a.parquet", b"PAR1 10.0.1.5"),
    ("a.json", b'{"subject": "10.0.1.5"} {"broken": "10.0.1.5'),
    ("a.json", b'{"logFormat": "${no", "events": [{"message": "10.0.1.5"}]}'),
    ("a.csv", b"@message,x\n10.0.1.5\x00,1\n" + b"10.0.1.5 " * 100_000),
    ("a.html", b"<html><![x 10.0.1.5 <!doctype <![CDATA[10.0.1.5]]><p 10.0.1.5"),
    ("a.gz", gzip.compress(RECORD.encode() * 999, mtime=0)[:100]),
    ("10.0.1.5.txt", b"\xff\xfe 10.0.1.5"),
    ("a.txt", b""),
]


@pytest.mark.parametrize(("name", "content"), BROKEN)
def test_broken_files_hold_nothing_up(tmp_path, source, key, name, content):
    (source / name).write_bytes(content)
    redaction.redact(source, tmp_path / "out", key=key, load=fk.load)
    assert "10.0.1.5" not in everything(tmp_path / "out")


def test_a_full_disk_leaves_nothing_behind(tmp_path, source, key, monkeypatch):
    def full(*_given):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("flowkit.redaction.writing._write", full)
    with pytest.raises(RedactionError, match="No space left on device"):
        redaction.redact(source, tmp_path / "out", key=key)
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_what_was_said_of_addresses_travels_along(tmp_path, source, key, maps):
    listed = tmp_path / "bad.txt"
    listed.write_text("8.8.8.8\n")

    def load(paths, **options):
        return fk.enriched(fk.load(paths, **options), inside=["10.0.0.0/16"], lists=[listed])

    redaction.redact(source, tmp_path / "out", key=key, load=load)
    flows = fk.load(tmp_path / "out" / "AWSLogs")
    table = flows.identities.table.set_index("address")
    assert table.listed[maps.address("8.8.8.8")] == maps.name("bad.txt")
    assert table.place[maps.address("10.0.1.5")] == "inside"
    assert flows.identities.knowledge.inside == (maps.address("10.0.0.0/16"),)


PLAYBOOKS = [
    ("exfiltration", {}),
    ("intrusion", {}),
    ("flood", {}),
    ("connectivity", {"source": "10.0.1.11", "destination": "10.0.2.20", "port": 5432}),
]
SAME = ["kind", "score", "severity", "port", "protocol", "bytes_out", "bytes_in", "technique"]


@pytest.fixture(scope="module")
def both(tmp_path_factory):
    """Return the sample's flows, those of its redaction, and the way back."""
    from tests.redaction.conftest import KEY

    place = tmp_path_factory.mktemp("redacted") / "sample"
    redacting.redact("sample", place, key=KEY, load=fk.load)
    made = fk.load(place / "flow-logs", inventory=place / "snapshot")
    return fk.load("sample", inventory="sample"), made, Maps(KEY), Maps(KEY, backward=True)


@pytest.mark.slow
@pytest.mark.parametrize(("name", "parameters"), PLAYBOOKS, ids=[name for name, _ in PLAYBOOKS])
def test_the_same_findings_in_the_same_order(both, name, parameters):
    flows, made, maps, back = both
    asked = {k: maps.address(v) if isinstance(v, str) else v for k, v in parameters.items()}
    one, other = fk.playbooks.run(name, flows, **parameters), fk.playbooks.run(name, made, **asked)
    assert one.verdict == other.verdict
    before, after = one.to_frame(), other.to_frame()
    pd.testing.assert_frame_equal(before[SAME], after[SAME])
    for column in ("subject", "peer"):
        mapped = [[back.address(x) for x in v] if isinstance(v, list) else v and back.address(v) for v in after[column]]
        assert mapped == before[column].to_list()
    assert [back.time(moment) for moment in after["first"]] == before["first"].to_list()


@pytest.mark.slow
def test_of_the_sample_no_token_is_left(both):
    flows, made, _, _ = both
    texts = " ".join({str(value) for _, column in made.to_pandas().items() for value in column.unique()})
    ids = {
        text for name in ("interface_id", "vpc_id", "subnet_id") for text in flows.to_pandas()[name].dropna().unique()
    }
    assert not [one for one in ids if one in texts]
    answers = "".join(path.read_text() for path in Path(made.identities.snapshot.source.split(", ")[0]).glob("*.json"))
    assert not [tag for tag in ("shop-lb", "app-a-1", "111122223333") if tag in answers]
    assert (sample.folder() / "snapshot").is_dir()
