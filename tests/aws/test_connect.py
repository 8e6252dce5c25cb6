"""Clients can only read, the policy grants what they may call, and refusals are sentences with AWS's code."""

import json
from pathlib import Path

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError, NoCredentialsError, ProfileNotFound
from botocore.parsers import ResponseParserError

import flowkit.aws
from flowkit.aws.actions import ACTIONS, policy_text
from flowkit.aws.connect import Access
from flowkit.aws.refusals import answered
from flowkit.errors import AwsError


def test_a_client_asks_what_it_may(aws):
    assert Access().account() == "123456789012"
    assert aws.operations() == ["GetCallerIdentity"]


@pytest.mark.parametrize(
    ("service", "call", "options"),
    [
        ("s3", "put_object", {"Bucket": "b", "Key": "k", "Body": b""}),
        ("s3", "delete_object", {"Bucket": "b", "Key": "k"}),
        ("ec2", "delete_flow_logs", {"FlowLogIds": ["fl-1"]}),
        ("ec2", "create_flow_logs", {"ResourceIds": ["vpc-1"], "ResourceType": "VPC"}),
        ("logs", "delete_log_group", {"logGroupName": "g"}),
    ],
)
def test_a_client_refuses_to_change_anything(aws, service, call, options):
    client = Access().client(service)
    with pytest.raises(AwsError, match="only reads AWS"):
        getattr(client, call)(**options)
    assert aws.asked == []


def test_a_role_is_taken_for_another_account(aws):
    assert Access(role="arn:aws:iam::222233334444:role/reader").account() == "222233334444"
    assert aws.operations() == ["AssumeRole", "GetCallerIdentity"]


def test_the_policy_beside_the_code_grants_exactly_what_may_be_called():
    shipped = (Path(flowkit.aws.__file__).parent / "policy.json").read_text(encoding="utf-8")
    assert shipped == policy_text()
    granted = [action for statement in json.loads(shipped)["Statement"] for action in statement["Action"]]
    assert sorted(granted) == sorted({*ACTIONS.values(), "kms:Decrypt"})
    assert all(
        action.split(":")[1].startswith(
            ("Describe", "Get", "List", "Filter", "StartQuery", "StopQuery", "AssumeRole", "Decrypt")
        )
        for action in granted
    )


@pytest.mark.parametrize(
    ("code", "message", "kind", "step"),
    [
        ("AccessDenied", "Access Denied", "AccessDenied", "audit --policy"),
        ("ExpiredToken", "The provided token has expired.", "Expired", "Sign in again"),
        ("NoSuchBucket", "The specified bucket does not exist", "NoSuchBucket", "aws s3 ls"),
        ("AccessDenied", "User is not authorized to perform: kms:Decrypt", "Key", "kms:Decrypt"),
        ("InvalidObjectState", "The operation is not valid for the object's storage class", "Archived", "Restore"),
        ("SlowDown", "Please reduce your request rate.", "Throttled", "Wait some minutes"),
        ("ResourceNotFoundException", "The specified log group does not exist.", "LogGroup", "describe-log-groups"),
        ("SomethingNew", "", "Service", "Run it again"),
    ],
)
def test_a_refusal_names_the_code_and_the_next_step(code, message, kind, step):
    with pytest.raises(AwsError) as caught, answered("for the object s3://b/k"):
        raise ClientError({"Error": {"Code": code, "Message": message}}, "GetObject")
    assert (caught.value.code, caught.value.kind) == (code, kind)
    assert str(caught.value).startswith(f"AWS was asked for the object s3://b/k and answered {code}")
    assert step in str(caught.value)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (NoCredentialsError(), "Credentials"),
        (ProfileNotFound(profile="nobody"), "Credentials"),
        (ResponseParserError("no XML"), "Service"),
        (EndpointConnectionError(endpoint_url="https://ec2.nowhere.example"), "Region"),
    ],
)
def test_what_never_got_an_answer_is_told_alike(error, kind):
    with pytest.raises(AwsError) as caught, answered("for anything"):
        raise error
    assert caught.value.kind == kind


def test_an_answer_that_cannot_be_read_is_not_quoted():
    with pytest.raises(AwsError) as caught, answered("for the network interfaces"):
        raise ResponseParserError("Unable to parse response, invalid XML received. b'<!doctype html>'")
    assert "none that AWS gives" in str(caught.value)
    assert "doctype" not in str(caught.value)


def test_no_secret_is_in_a_refusal():
    told = "User AKIAABCDEFGHIJKLMNOP: no. Encoded authorization failure message: c2VjcmV0"
    with pytest.raises(AwsError) as caught, answered("for anything"):
        raise ClientError({"Error": {"Code": "AccessDenied", "Message": told + "\x1b[2J"}}, "X")
    assert "AKIA" not in str(caught.value)
    assert "c2Vj" not in str(caught.value)
    assert "\x1b" not in str(caught.value)


def test_an_unknown_profile_is_named(monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with pytest.raises(AwsError, match="nobody"):
        Access(profile="nobody", region="eu-central-1").client("s3")
