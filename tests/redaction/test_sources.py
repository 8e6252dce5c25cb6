"""What a file is, its first bytes tell."""

import gzip

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flowkit.redaction import RedactionError
from flowkit.redaction.sources import content_of, documents, left_of_case, parts, root_of

RECORD = b"2 111122223333 eni-03f201a7a6e84c978 10.0.1.5 8.8.8.8 443 5000 6 10 840 1773143100 1773143159 ACCEPT OK\n"
KINDS = [
    ("a.log", RECORD, "log"),
    ("a.gz", gzip.compress(RECORD, mtime=0), "log"),
    ("a.log", b"srcaddr dstaddr start end\n1 2 3 4\n", "log"),
    ("a", b'{"logEvents": [{"message": "x"}]}', "messages"),
    ("a.csv", b"@timestamp,@message\n1,2\n", "csv"),
    ("a.json", b'{"NetworkInterfaces": []}', "inventory"),
    ("manifest.json", b'{"taken": "2026-03-10T07:55:00Z"}', "inventory"),
    ("a.json", b'{"findings": []}', "json"),
    ("a.ipynb", b"{}", "notebook"),
    ("a", b"<!DOCTYPE html><p>", "page"),
    ("a.html", b"x", "page"),
    ("a.md", b"# x", "text"),
    ("a.csv", b"address,reason\n", "text"),
    ("a.bin", b"\x00\xff\x00", "unknown"),
    ("a.png", b"\x89PNG\r\n\x1a\n\x00", "unknown"),
]


@pytest.mark.parametrize(("name", "content", "kind"), KINDS)
def test_kinds(tmp_path, name, content, kind):
    (tmp_path / name).write_bytes(content)
    (found,) = parts(tmp_path)
    assert (found.name, found.kind) == (name, kind)


def test_parquet_of_records_and_of_something_else(tmp_path):
    pq.write_table(pa.table({"srcaddr": ["10.0.1.5"], "dstaddr": ["10.0.1.6"]}), tmp_path / "a.parquet")
    pq.write_table(pa.table({"x": [1]}), tmp_path / "b.parquet")
    assert [part.kind for part in parts(tmp_path)] == ["parquet", "table"]


def test_hidden_files_and_links_out_of_the_folder_are_passed_over(tmp_path):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / ".hidden").write_text("x")
    (tmp_path / "secret").write_text("x")
    (tmp_path / "in" / "link").symlink_to(tmp_path / "secret")
    assert list(parts(tmp_path / "in")) == []


def test_what_a_damaged_file_holds_up_to_the_damage(tmp_path):
    packed = gzip.compress(RECORD * 2000)
    (tmp_path / "a.gz").write_bytes(packed[: len(packed) // 2])
    (part,) = parts(tmp_path)
    content, lost = content_of(part)
    assert content.startswith(RECORD)
    assert "the damage at byte" in lost


def test_documents_one_after_the_other():
    assert list(documents(' {"a": 1}\n[2] ')) == [{"a": 1}, [2]]
    with pytest.raises(ValueError, match="Expecting"):
        list(documents('{"a": '))


def test_a_source_that_is_not_there():
    with pytest.raises(RedactionError, match="no file or folder nowhere"):
        root_of("nowhere")
    assert (root_of("sample") / "snapshot").is_dir()


def test_of_a_case_only_what_can_be_redacted_is_taken(tmp_path):
    (tmp_path / "case.json").write_text("{}")
    assert left_of_case(tmp_path) == ""
    (tmp_path / "journal.jsonl").write_text("{}\n")
    for name in ("raw/a.log", "findings/1/finding.json", "inventory/1/a.json", "loads/1.json", "report.html"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("{}")
    segment = tmp_path / "flows-v1" / "segments" / "s1"
    segment.mkdir(parents=True)
    pq.write_table(pa.table({"srcaddr": ["10.0.1.5"], "dstaddr": ["10.0.1.6"]}), segment / "records-0.parquet")
    names = sorted(part.name for part in parts(tmp_path))
    assert names == ["findings/1/finding.json", "flows/s1-records-0.parquet", "inventory/1/a.json", "report.html"]
    assert "journal" in left_of_case(tmp_path)
