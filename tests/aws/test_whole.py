"""An answer that broke off on the way is asked for again, and never taken for an empty one."""

import boto3
import pytest

from flowkit.aws import whole
from flowkit.aws.connect import Access
from flowkit.aws.refusals import answered
from flowkit.errors import AwsError
from tests.faulty import cut_after


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setattr(whole, "_PAUSE", 0)
    monkeypatch.setattr("flowkit.aws.connect._ATTEMPTS", 3)


def groups():
    """Ask in JSON."""
    return Access(region="us-east-1").client("logs").describe_log_groups()["logGroups"]


def vpcs():
    """Ask in XML."""
    return Access(region="us-east-1").client("ec2").describe_vpcs()["Vpcs"]


@pytest.mark.parametrize("torn", [0, 5, 60])
def test_a_torn_answer_is_asked_for_again(aws, torn):
    boto3.client("logs", region_name="us-east-1").create_log_group(logGroupName="/vpc/shop")
    whole_answer, before = groups(), len(aws.asked)
    aws.on("DescribeLogGroups", cut_after(torn), times=2)
    assert groups() == whole_answer
    assert len(whole_answer) == 1
    assert len(aws.asked) == before + 3


@pytest.mark.parametrize(("ask", "asked"), [(groups, 3), (vpcs, 1)])
def test_one_that_stays_torn_is_an_error(aws, ask, asked):
    """Torn XML is an error of botocore's own, at once."""
    aws.on(lambda _: True, cut_after(5))
    with pytest.raises(AwsError, match="AWS was asked for it"), answered("for it"):
        ask()
    assert len(aws.asked) == asked
