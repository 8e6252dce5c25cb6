import gzip
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pyarrow as pa
import pytest

from flowkit.addresses import aws_ranges, ranges, update_ranges
from flowkit.addresses.parsed import Parsed
from flowkit.errors import AddressError


def entry(prefix, service, region="eu-west-1"):
    key = "ipv6_prefix" if ":" in prefix else "ip_prefix"
    return {key: prefix, "region": region, "service": service, "network_border_group": region}


PUBLISHED = {
    "syncToken": "1700000000",
    "createDate": "2026-01-02-03-04-05",
    "prefixes": [
        entry("3.0.0.0/8", "AMAZON", "GLOBAL"),
        entry("3.1.0.0/16", "AMAZON"),
        entry("3.1.0.0/16", "EC2"),
        entry("3.1.2.0/24", "EC2", "us-east-1"),
        entry("3.1.2.0/24", "S3", "us-east-1"),
        entry("3.1.2.0/25", "AMAZON", "us-east-1"),
        entry("3.1.3.0/24", "EBS"),
        entry("3.1.3.0/24", "CLOUD9"),
    ],
    "ipv6_prefixes": [entry("2600:1f14::/35", "AMAZON"), entry("2600:1f14::/36", "EC2")],
}


@pytest.fixture(autouse=True)
def own(tmp_path, monkeypatch):
    """Return where the user's table is; there is none at first."""
    path = tmp_path / "own" / "ip-ranges.csv.gz"
    monkeypatch.setenv("FLOWKIT_RANGES", str(path))
    return path


@pytest.fixture
def published(tmp_path):
    path = tmp_path / "ip-ranges.json"
    path.write_text(json.dumps(PUBLISHED))
    return path


@pytest.mark.parametrize(
    ("address", "service", "region"),
    [
        ("3.9.0.1", "AMAZON", "GLOBAL"),
        ("3.1.0.1", "EC2", "eu-west-1"),
        ("3.1.2.1", "S3", "us-east-1"),  # not the longer AMAZON, not the equal EC2
        ("3.1.3.1", "CLOUD9", "eu-west-1"),
        ("2600:1f14::1", "EC2", "eu-west-1"),
        ("2600:1f14:1fff::1", "AMAZON", "eu-west-1"),
        ("4.0.0.1", None, None),
        ("::ffff:301:1", None, None),
    ],
)
def test_the_most_specific_service_counts(published, address, service, region):
    update_ranges(published)
    found = ranges().table.find(Parsed.of(pa.array([address]))).to_pylist()
    assert found == [{"aws_service": service, "aws_region": region}]


def test_an_updated_table_is_used_and_dated(published, own):
    assert update_ranges(published) == own
    assert (ranges().created, ranges().source) == (datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), own)
    assert list(own.parent.iterdir()) == [own]


def test_the_same_ranges_give_the_same_bytes(published, own, tmp_path):
    update_ranges(published)
    first = own.read_bytes()
    again = tmp_path / "again.json.gz"
    again.write_bytes(gzip.compress(json.dumps(PUBLISHED | {"prefixes": PUBLISHED["prefixes"][::-1]}).encode()))
    update_ranges(str(again))
    assert own.read_bytes() == first


def test_without_an_own_table_the_shipped_one_counts(published, own, tmp_path, monkeypatch):
    update_ranges(published)
    shipped = own.rename(tmp_path / "shipped.csv.gz")
    monkeypatch.setattr(aws_ranges, "_SHIPPED", shipped)
    assert ranges().source == shipped
    shipped.unlink()
    assert ranges() is None


@pytest.mark.parametrize(("base", "place"), [("data", "data/flowkit"), (None, ".local/share/flowkit")])
def test_where_the_own_table_is(published, tmp_path, monkeypatch, base, place):
    monkeypatch.delenv("FLOWKIT_RANGES")
    monkeypatch.setenv("HOME", str(tmp_path))
    if base is None:
        monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    else:
        monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / base))
    assert update_ranges(published) == tmp_path / place / "ip-ranges.csv.gz" == ranges().source


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"", "it is not JSON"),
        (b"[" * 100_000, "it is not JSON"),
        (b"[1]", "it is a list"),
        (b"\x1f\x8b\x08 nothing", "damaged gzip"),
        (b"\xff\xfe\x00", "UTF-16"),
        *(
            (json.dumps(PUBLISHED | change).encode(), told)
            for change, told in [
                ({"syncToken": None}, "no syncToken"),
                ({"createDate": "today"}, "its createDate is 'today'"),
                ({"prefixes": []}, "no prefixes"),
                ({"ipv6_prefixes": {}}, "no ipv6_prefixes"),
                ({"prefixes": [entry("3.0.0.1/8", "EC2")]}, "in its prefixes is {"),
                ({"prefixes": [entry("3.0.0.0/8", "EC2,S3")]}, "in its prefixes is {"),
                ({"prefixes": ["3.0.0.0/8"]}, "in its prefixes is '3.0.0.0/8'"),
            ]
        ),
    ],
)
def test_what_aws_did_not_publish_is_refused_and_nothing_is_written(tmp_path, own, content, told):
    path = tmp_path / "given.json"
    path.write_bytes(content)
    with pytest.raises(AddressError, match=told):
        update_ranges(path)
    assert not own.parent.exists()


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(AddressError, match=r"cannot be read: No such file or directory. Check the path."):
        update_ranges(tmp_path / "nothing")


def test_a_table_that_cannot_be_written(published, own):
    own.parent.write_text("a file where the folder should be")
    with pytest.raises(AddressError, match="Name another file in FLOWKIT_RANGES"):
        update_ranges(published)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "# AWS ip-ranges.json, syncToken 1, createDate 2026-01-02-03-04-05\nprefix,region,service\n3.0.0.0/8,a\n",
        "# AWS ip-ranges.json, syncToken 1, createDate 2026-01-02-03-04-05\nprefix,region,service\n\n",
        "# AWS ip-ranges.json, syncToken 1, createDate 2026-01-02-03-04-05\n3.0.0.0/8,a,EC2\n",
        "prefix,region,service\n3.0.0.0/8,eu-west-1,EC2\n",
    ],
)
def test_a_broken_table_is_told(own, text):
    own.parent.mkdir()
    own.write_bytes(gzip.compress(text.encode(), mtime=0))
    with pytest.raises(AddressError, match=r"Remove it, or run flowkit update-ranges again."):
        ranges()


@pytest.mark.reference_data
def test_the_ranges_as_aws_published_them(own):
    update_ranges(Path(os.environ["FLOWKIT_REFERENCE_DATA"]) / "lists" / "aws-ip-ranges.json.gz")
    assert own.stat().st_size < 400_000
    assert ranges().created == datetime(2026, 8, 22, 15, 17, 5, tzinfo=UTC)
    found = ranges().table.find(Parsed.of(pa.array(["3.5.140.1", "8.8.8.8"]))).to_pylist()
    assert [row["aws_region"] for row in found] == ["ap-northeast-2", None]
