"""A snapshot of AWS: what is asked, what is kept where, and what becomes of refusals."""

import json
import stat

import boto3
import pytest

import flowkit as fk
from flowkit.aws import collecting
from flowkit.aws.asking import EVERYTHING
from flowkit.errors import AwsError, InventoryError
from flowkit.inventory.answers import IDENTITY
from tests.faulty import Answer, refused

HERE = ("123456789012", "eu-central-1")
FEW = {"NetworkInterfaces", "Subnets", "Vpcs", "FlowLogs", "PrefixLists"}
ROLE = "arn:aws:iam::222233334444:role/reader"


@pytest.fixture
def network(aws):
    """Put a VPC with a flow log and a prefix list into the stand-in; return their ids."""
    ec2 = boto3.client("ec2")
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    interface = ec2.create_network_interface(SubnetId=subnet)["NetworkInterface"]["NetworkInterfaceId"]
    listed = ec2.create_managed_prefix_list(
        PrefixListName="ours", MaxEntries=5, AddressFamily="IPv4", Entries=[{"Cidr": "198.51.100.0/24"}]
    )["PrefixList"]["PrefixListId"]
    flow_log = ec2.create_flow_logs(
        ResourceType="VPC", ResourceIds=[vpc], TrafficType="ALL", LogGroupName="/vpc/a",
        DeliverLogsPermissionArn="arn:aws:iam::123456789012:role/flow-logs",
    )["FlowLogIds"][0]  # fmt: skip
    aws.asked.clear()
    return {"vpc": vpc, "subnet": subnet, "interface": interface, "list": listed, "flow_log": flow_log}


@pytest.fixture
def few(network, monkeypatch):  # noqa: ARG001 - there is something to ask about
    """Ask some of the calls only: to make a client of each service takes longer than to ask it."""
    monkeypatch.setattr(collecting, "EVERYTHING", tuple(call for call in EVERYTHING if call.key in FEW))


def xml(operation, body):
    """Answer a call with *body*, as EC2 would."""
    text = f"<{operation}Response><requestId>1</requestId>{body}</{operation}Response>".encode()
    return lambda _asked, _forward: Answer(200, [("Content-Type", "text/xml")], text)


def only(*operations):
    """Pick every request but those of some operations."""
    return lambda asked: asked.operation not in operations


def manifest(folder):
    return json.loads((folder / "manifest.json").read_text(encoding="utf-8"))


def test_what_was_collected_is_read_back(network, tmp_path):
    snapshot = fk.snapshot(tmp_path / "snap")
    assert snapshot == fk.inventory.read(tmp_path / "snap")
    assert snapshot.problems == ()
    assert network["interface"] in {one.interface_id for one in snapshot.interfaces}
    assert [(one.flow_log_id, one.resource_id) for one in snapshot.flow_logs] == [
        (network["flow_log"], network["vpc"]),
    ]
    assert snapshot.prefix_list_entries[network["list"]] == ("198.51.100.0/24",)
    assert (snapshot.taken_from, snapshot.places, snapshot.refused) == ("manifest", (HERE,), ())
    assert {call.key for call in EVERYTHING} == set(IDENTITY) == set(snapshot.answered)


def test_answers_lie_as_the_aws_cli_prints_them_beside_a_manifest(network, tmp_path):
    fk.snapshot(tmp_path / "snap")
    below = tmp_path / "snap" / "123456789012" / "eu-central-1"
    files = {path.name for path in below.iterdir()}
    assert {"describe-subnets.json", "elbv2-describe-load-balancers.json", "rds-describe-db-instances.json"} <= files
    assert f"get-managed-prefix-list-entries-{network['list']}.json" in files
    flow_log = json.loads((below / "describe-flow-logs.json").read_text(encoding="utf-8"))
    assert list(flow_log) == ["FlowLogs"]
    assert flow_log["FlowLogs"][0]["CreationTime"].endswith("+00:00")
    modes = {stat.S_IMODE(path.stat().st_mode) for path in (tmp_path / "snap").rglob("*.json")}
    assert modes == {0o600}
    assert stat.S_IMODE((tmp_path / "snap").stat().st_mode) == 0o700
    told = manifest(tmp_path / "snap")
    assert told["taken"].endswith("Z")
    assert told["taken"] <= told["ended"]
    (place,) = told["places"]
    assert (place["account"], place["region"], place["refused"]) == (*HERE, [])
    assert {"ec2:DescribeFlowLogs", "rds:DescribeDBInstances", "logs:DescribeLogGroups"} <= set(place["calls"])


@pytest.mark.usefixtures("few")
def test_several_regions_and_accounts(tmp_path):
    snapshot = fk.snapshot(tmp_path / "snap", region=["eu-central-1", "us-east-1"], role=[None, ROLE])
    assert set(snapshot.places) == {
        (account, region) for account in ("123456789012", "222233334444") for region in ("eu-central-1", "us-east-1")
    }
    assert snapshot.accounts == ("123456789012", "222233334444")
    assert snapshot.problems == ()


@pytest.mark.usefixtures("few")
def test_an_account_and_region_named_twice_is_asked_once(aws, tmp_path):
    fk.snapshot(tmp_path / "snap", region=["eu-central-1", "eu-central-1"], role=[ROLE, ROLE + "2"])
    assert aws.operations().count("DescribeFlowLogs") == 1


@pytest.mark.usefixtures("few")
def test_all_regions_are_those_of_the_account(aws, tmp_path):
    two = "".join(f"<item><regionName>{name}</regionName></item>" for name in ("eu-central-1", "eu-west-1"))
    aws.on("DescribeRegions", xml("DescribeRegions", f"<regionInfo>{two}</regionInfo>"))
    assert [region for _, region in fk.snapshot(tmp_path / "snap", region="all").places] == [
        "eu-central-1",
        "eu-west-1",
    ]


@pytest.mark.usefixtures("few")
def test_pages_are_put_together(aws, tmp_path):
    def page(name, more):
        item = f"<subnetSet><item><subnetId>subnet-{name}</subnetId></item></subnetSet>"
        return xml("DescribeSubnets", item + (f"<nextToken>{more}</nextToken>" if more else ""))

    aws.on(lambda asked: asked.operation == "DescribeSubnets" and b"NextToken=two" in asked.body, page("b", ""))
    aws.on("DescribeSubnets", page("a", "two"))
    snapshot = fk.snapshot(tmp_path / "snap")
    assert [one.subnet_id for one in snapshot.subnets] == ["subnet-a", "subnet-b"]
    assert snapshot.problems == ()


@pytest.mark.parametrize(
    ("spoil", "code"),
    [
        (refused(403, "UnauthorizedOperation"), "UnauthorizedOperation"),
        (lambda *_: Answer(200, [("Content-Type", "text/xml")], b"<cut"), "ResponseParserError"),
    ],
    ids=["refused", "no XML"],
)
@pytest.mark.usefixtures("few")
def test_a_refused_call_is_noted_and_the_rest_kept(network, aws, tmp_path, spoil, code):
    aws.on("DescribeFlowLogs", spoil)
    snapshot = fk.snapshot(tmp_path / "snap")
    assert manifest(tmp_path / "snap")["places"][0]["refused"] == [{"call": "ec2:DescribeFlowLogs", "code": code}]
    assert [(one.call, one.code) for one in snapshot.refused] == [("ec2:DescribeFlowLogs", code)]
    assert " ".join(snapshot.problems) == (
        f"AWS refused a call when the snapshot was taken (ec2:DescribeFlowLogs in 123456789012 eu-central-1: {code}). "
        "What it would have told is unknown; `flowkit audit --policy` prints the rights it takes."
    )
    assert network["subnet"] in {one.subnet_id for one in snapshot.subnets}


@pytest.mark.usefixtures("few")
def test_an_account_that_lets_nobody_in_does_not_end_it(aws, tmp_path):
    aws.on("AssumeRole", refused(403, "AccessDenied"))
    snapshot = fk.snapshot(tmp_path / "snap", role=[None, ROLE])
    assert HERE in snapshot.places
    assert [(one.account_id, one.code) for one in snapshot.refused] == [("222233334444", "AccessDenied")]


@pytest.mark.parametrize(
    ("spoiled", "code"),
    [
        (lambda _: True, "AccessDenied"),
        (only("GetCallerIdentity"), "AccessDenied"),
        ("GetCallerIdentity", "ExpiredToken"),
    ],
    ids=["everything", "every call", "credentials"],
)
@pytest.mark.usefixtures("few")
def test_nothing_answered_is_an_error_and_leaves_nothing(aws, tmp_path, spoiled, code):
    aws.on(spoiled, refused(403, code))
    with pytest.raises(AwsError, match=code):
        fk.snapshot(tmp_path / "snap")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("few")
def test_a_region_that_is_none_is_refused(tmp_path):
    with pytest.raises(AwsError, match="region"):
        fk.snapshot(tmp_path / "snap", region="../evil")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("few")
def test_an_interrupted_snapshot_leaves_nothing(tmp_path, monkeypatch):
    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(collecting, "_settle", interrupted)
    with pytest.raises(KeyboardInterrupt):
        fk.snapshot(tmp_path / "snap")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.usefixtures("few")
def test_a_snapshot_is_never_written_over(aws, tmp_path):
    (tmp_path / "snap").mkdir()
    (tmp_path / "snap" / "notes.txt").write_text("mine", encoding="utf-8")
    with pytest.raises(InventoryError, match="never overwritten"):
        fk.snapshot(tmp_path / "snap")
    assert aws.asked == []
    assert [path.name for path in (tmp_path / "snap").iterdir()] == ["notes.txt"]


@pytest.mark.usefixtures("few")
def test_an_empty_folder_is_filled(tmp_path):
    (tmp_path / "snap").mkdir()
    assert fk.snapshot(tmp_path / "snap").vpcs


@pytest.mark.usefixtures("few")
def test_a_folder_that_cannot_be_written_is_told_before_asking(aws, tmp_path):
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(InventoryError, match="cannot be written"):
        fk.snapshot(tmp_path / "file" / "snap")
    assert aws.asked == []


@pytest.mark.usefixtures("few")
def test_without_a_folder_it_is_named_after_the_time(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    snapshot = fk.snapshot()
    (folder,) = tmp_path.iterdir()
    assert folder.name == f"snapshot-{snapshot.taken:%Y%m%dT%H%M%SZ}"


@pytest.mark.usefixtures("few")
def test_no_file_is_named_by_what_aws_says(aws, tmp_path):
    evil = "<prefixListSet><item><prefixListId>pl-1/../../../../evil</prefixListId></item></prefixListSet>"
    aws.on("DescribeManagedPrefixLists", xml("DescribeManagedPrefixLists", evil))
    fk.snapshot(tmp_path / "snap")
    assert [path.name for path in tmp_path.iterdir()] == ["snap"]
    assert "GetManagedPrefixListEntries" not in aws.operations()


@pytest.mark.usefixtures("few")
def test_no_credential_is_kept(tmp_path, monkeypatch):
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"):
        monkeypatch.setenv(name, f"SECRET-{name}")
    fk.snapshot(tmp_path / "snap")
    assert all("SECRET" not in path.read_text(encoding="utf-8") for path in (tmp_path / "snap").rglob("*.json"))
