"""Objects in S3: found in every layout, by listing as little as possible; what is not there is said."""

import gzip
from datetime import UTC, datetime

import boto3
import pytest

from flowkit.aws.connect import Access
from flowkit.errors import AwsError, SourceError
from flowkit.sources import s3

HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)
FILE = gzip.compress(f"{HEADER}\n2 1 eni-1 10.0.0.1 10.0.0.2 1 2 6 1 40 1773130000 1773130060 ACCEPT OK\n".encode())
A, B = "111122223333", "444455556666"
EU, US = "eu-central-1", "us-east-1"


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def key(  # noqa: PLR0913 - each is a level of the path
    time, *, account=A, region=EU, hive=False, hourly=False, prefix="", service="aws-service", kind="log.gz"
):
    moment = at(time)
    name = f"{account}_vpcflowlogs_{region}_fl-01_{moment:%Y%m%dT%H%M}Z_abcd.{kind}"
    if hive:
        path = f"aws-account-id={account}/{service}=vpcflowlogs/aws-region={region}/{moment:year=%Y/month=%m/day=%d}/"
        return f"{prefix}AWSLogs/{path}{moment:hour=%H/}{name}" if hourly else f"{prefix}AWSLogs/{path}{name}"
    path = f"{account}/vpcflowlogs/{region}/{moment:%Y/%m/%d}/"
    return f"{prefix}AWSLogs/{path}{moment:%H/}{name}" if hourly else f"{prefix}AWSLogs/{path}{name}"


@pytest.fixture
def bucket(aws):
    client = boto3.client("s3")
    client.create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": EU})

    def put(*keys, body=FILE):
        for each in keys:
            client.put_object(Bucket="logs", Key=each, Body=body)
        aws.asked.clear()

    return put


def found(place="s3://logs", start="2026-03-10T09:00", end="2026-03-10T10:00", **options):
    result = s3.search(place, Access(), start=start and at(start), end=end and at(end), **options)
    return [log.name.removeprefix("s3://logs/") for log in result.objects]


@pytest.mark.parametrize("options", [
    {}, {"hourly": True}, {"hive": True}, {"hive": True, "hourly": True}, {"hive": True, "service": "service"},
    {"prefix": "network/team a/"}, {"kind": "log.parquet"},
])  # fmt: skip
def test_every_layout_of_folders(bucket, options):
    inside = [key(f"2026-03-10T{time}", **options) for time in ("08:55", "09:00", "10:05", "11:10")]
    outside = [
        key(time, **options)
        for time in ("2026-03-10T08:50", "2026-03-10T11:15", "2026-03-09T09:30", "2025-03-10T09:30")
    ]
    bucket(*inside, *outside)
    place = f"s3://logs/{options.get('prefix', '')}"
    assert found(place) == sorted(inside)
    assert found(place, start=None, end=None) == sorted(inside + outside)


@pytest.mark.parametrize("options", [{}, {"hourly": True}, {"hive": True}])
def test_accounts_and_regions(bucket, options):
    bucket(*(key("2026-03-10T09:30", account=a, region=r, **options) for a in (A, B) for r in (EU, US)))
    assert len(found()) == 4
    assert found(accounts=[B], regions=[US]) == [key("2026-03-10T09:30", account=B, region=US, **options)]


@pytest.mark.parametrize(
    "place",
    [
        f"s3://logs/AWSLogs/{A}",
        f"s3://logs/AWSLogs/{A}/vpcflowlogs/{EU}/",
        f"s3://logs/AWSLogs/{A}/vpcflowlogs/{EU}/2026/03",
        f"s3://logs/AWSLogs/{A}/vpcflowlogs/{EU}/2026/03/10/",
        f"s3://logs/{key('2026-03-10T09:30')}",
        "s3://logs/AWSLogs/11112",
    ],
)
def test_a_place_anywhere_below(bucket, place):
    bucket(key("2026-03-10T09:30"), key("2026-03-10T09:30", account=B), key("2026-04-10T09:30"))
    assert found(place) == [key("2026-03-10T09:30")]


def test_other_services_beside_are_left_alone(bucket):
    trail = f"AWSLogs/{A}/CloudTrail/{EU}/2026/03/10/{A}_CloudTrail_{EU}_20260310T0930Z_x.json.gz"
    bucket(key("2026-03-10T09:30"), trail)
    assert found() == [key("2026-03-10T09:30")]


def test_a_folder_that_is_not_awss_is_read_whole(bucket):
    bucket("export/a.log.gz", "export/b/c.log.gz", "other/d.log.gz")
    assert found("s3://logs/export") == ["export/a.log.gz", "export/b/c.log.gz"]
    bucket("export/empty", body=b"")
    assert "export/empty" not in found("s3://logs/export")


def test_an_object_written_before_the_window_cannot_hold_it(bucket):
    bucket("export/a.log.gz")
    with pytest.raises(SourceError, match="can hold records"):
        found("s3://logs/export", start="2099-01-01", end="2099-01-02")


def test_of_many_keys_only_the_folders_of_the_window_are_listed(bucket, aws):
    days = [f"2026-{month:02}-{day:02}" for month in range(1, 6) for day in range(1, 28, 3)]
    bucket(*(key(f"{day}T{hour:02}:00") for day in days for hour in (0, 9, 18)))
    assert found(start="2026-03-10T12:00", end="2026-03-10T19:00") == [key("2026-03-10T18:00")]
    listed = [asked.query["prefix"] for asked in aws.asked]
    assert listed == [
        "", "AWSLogs/", f"AWSLogs/{A}/", f"AWSLogs/{A}/vpcflowlogs/", f"AWSLogs/{A}/vpcflowlogs/{EU}/2026/03/10/",
    ]  # fmt: skip


def test_a_listing_of_many_pages(bucket, aws):
    keys = [
        key(f"2026-03-10T09:{minute:02}").replace("abcd", f"{n:04}") for minute in range(0, 60, 5) for n in range(4)
    ]
    bucket(*keys)

    def small(asked, _):
        asked.query["max-keys"] = "7"
        path = f"/logs?{'&'.join(f'{k}={v}' for k, v in asked.query.items())}"
        return aws._forward(path.replace("+", "%2B").replace(" ", "%20"), asked)  # noqa: SLF001

    aws.on(lambda asked: asked.query.get("list-type") == "2" and "max-keys" not in asked.query, small)
    assert found() == sorted(keys)
    assert sum("continuation-token" in asked.query for asked in aws.asked) == 6  # 48 keys, 7 a page


@pytest.mark.parametrize(
    ("place", "error", "message"),
    [
        ("s3://", SourceError, "names no bucket"),
        ("s3://nowhere", AwsError, "NoSuchBucket"),
        ("s3://logs/nothing", SourceError, r"no object in s3://logs/nothing can hold records"),
        ("s3://logs", SourceError, "flowkit audit"),
    ],
)
def test_what_is_not_there_is_said(bucket, place, error, message):
    bucket(key("2026-05-10T09:30"))
    with pytest.raises(error, match=message):
        found(place)


def test_archived_objects_are_counted(bucket):
    bucket(key("2026-03-10T09:30"))
    boto3.client("s3").put_object(Bucket="logs", Key=key("2026-03-10T09:35"), Body=FILE, StorageClass="GLACIER")
    result = s3.search("s3://logs", Access(), start=at("2026-03-10T09:00"), end=at("2026-03-10T10:00"))
    assert (len(result.objects), result.archived) == (2, 1)
    assert all(log.remote and len(log.etag) == 32 for log in result.objects)


def test_a_folder_that_may_not_be_listed_is_told_and_the_rest_read(bucket, aws):
    from tests.faulty import refused

    bucket(key("2026-03-10T09:30"), key("2026-03-10T09:30", account=B))
    aws.on(lambda asked: B in asked.query.get("prefix", ""), refused(403, "AccessDenied"))
    result = s3.search("s3://logs", Access(), start=at("2026-03-10T09:00"), end=at("2026-03-10T10:00"))
    assert [log.name for log in result.objects] == [f"s3://logs/{key('2026-03-10T09:30')}", f"s3://logs/AWSLogs/{B}/"]
    with pytest.raises(AwsError, match="AccessDenied"):
        result.objects[1].open()
