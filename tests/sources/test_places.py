"""One place or several, of any kind; what is no place is said."""

import boto3
import pytest

from flowkit.errors import SourceError
from flowkit.sources.places import Found, Wanted, find


@pytest.fixture
def _bucket(aws):
    client = boto3.client("s3")
    client.create_bucket(Bucket="logs", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    for key in ("a.log", "b.log"):
        client.put_object(Bucket="logs", Key=key, Body=b"text")
    aws.asked.clear()


@pytest.mark.usefixtures("_bucket")
def test_places_of_several_kinds_at_once_each_object_once(tmp_path):
    (tmp_path / "c.log").write_text("text")
    found = find(["s3://logs", tmp_path, "s3://logs/a.log"], Wanted())
    assert [log.name for log in found.objects] == [str(tmp_path / "c.log"), "s3://logs/a.log", "s3://logs/b.log"]
    assert [log.remote for log in found.objects] == [False, True, True]
    assert (found.requests - found.listings, found.archived) == (3, 0)


def test_the_sample():
    assert len(find("sample", Wanted()).objects) == 72


@pytest.mark.parametrize(
    ("source", "told"),
    [
        ([], "the list of paths is empty"),
        ("gs://bucket", "gs://bucket is no place that can be read"),
        ("https://bucket.example/x", "is no place that can be read"),
        ("/nowhere/at/all", "there is no file or folder"),
    ],
)
def test_what_is_no_place_is_said(source, told):
    with pytest.raises(SourceError, match=told):
        find(source, Wanted())


@pytest.mark.parametrize("source", ["sample", "cloudwatch://eu-central-1/logs", ["s3://logs", "here"]])
def test_accounts_and_regions_are_of_s3(source):
    with pytest.raises(SourceError, match="choose among folders in S3"):
        find(source, Wanted(accounts=("111122223333",)))


def test_what_two_places_take_adds_up():
    both = Found(requests=3, listings=2, seconds=1.5, notes=("a",)) + Found(requests=1, seconds=2.0, notes=("b",))
    assert both == Found(requests=4, listings=2, seconds=3.5, notes=("a", "b"))
