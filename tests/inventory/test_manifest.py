"""What a manifest tells beside its time: who was asked, and what was refused."""

import json

import pytest

from flowkit.inventory import read

REFUSED = {"call": "ec2:DescribeFlowLogs", "code": "AccessDenied"}
HERE = {"account": "111122223333", "region": "eu-central-1"}


@pytest.mark.parametrize(
    ("places", "asked", "refused"),
    [
        ([HERE | {"calls": ["ec2:DescribeVpcs"], "refused": []}], [("111122223333", "eu-central-1")], []),
        (
            [HERE | {"calls": ["ec2:DescribeVpcs"], "refused": [REFUSED]}],
            [("111122223333", "eu-central-1")],
            ["ec2:DescribeFlowLogs in 111122223333 eu-central-1: AccessDenied"],
        ),
        (
            [{"account": "", "region": "", "calls": [], "refused": [{"call": "", "code": "ExpiredToken"}]}],
            [],
            ["any call in an account: ExpiredToken"],
        ),
        ([HERE, HERE], [("111122223333", "eu-central-1")], []),
        (None, [], []),
        ("text", [], []),
        ([1, None, {"account": 5, "refused": {"call": 1}}], [("", "")], []),
        ([HERE | {"refused": ["x", {"call": ["y"]}]}], [("111122223333", "eu-central-1")],
         ["any call in 111122223333 eu-central-1: "]),
    ],
)  # fmt: skip
def test_places_and_refusals(tmp_path, places, asked, refused):
    (tmp_path / "vpcs.json").write_text('{"Vpcs": []}', encoding="utf-8")
    manifest = {"taken": "2026-03-10T08:00:00Z", "places": places}
    (tmp_path / "manifest.json").write_text(json.dumps(manifest), encoding="utf-8")
    snapshot = read(tmp_path)
    assert list(snapshot.places) == asked
    assert [str(one) for one in snapshot.refused] == refused
    assert len(snapshot.problems) == bool(refused)
