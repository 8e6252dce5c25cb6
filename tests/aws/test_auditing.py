"""Was it logged? Small snapshots, the coverage they show, the problems found in them and what would mend those."""

import json
import re
import shlex
from datetime import UTC, datetime

import boto3
import pytest

import flowkit as fk
from flowkit import fields
from flowkit.aws.fields_needed import NEEDS, RECOMMENDED, columns, missing
from flowkit.errors import AwsError, FlowkitError, InventoryError, ScopeError
from tests.faulty import refused

VPC, WEB, DB = "vpc-0a", "subnet-0a", "subnet-0b"
BUCKET = "arn:aws:s3:::shop-flow-logs"
ROLE = "arn:aws:iam::111122223333:role/service/flow-logs"
FULL = str(RECOMMENDED)


def interface(name, subnet=WEB, vpc=VPC, status="in-use", owner="111122223333"):
    return {
        "NetworkInterfaceId": f"eni-{name}", "SubnetId": subnet, "VpcId": vpc, "Status": status, "OwnerId": owner,
        "AvailabilityZone": "eu-central-1a",
    }  # fmt: skip


def flow_log(name, on=VPC, traffic="ALL", **more):
    return {
        "FlowLogId": f"fl-{name}", "ResourceId": on, "TrafficType": traffic, "FlowLogStatus": "ACTIVE",
        "DeliverLogsStatus": "SUCCESS", "LogDestinationType": "s3", "LogDestination": BUCKET, "LogFormat": FULL,
        "MaxAggregationInterval": 60, "CreationTime": "2026-01-01T00:00:00+00:00", **more,
    }  # fmt: skip


def to_group(name, on=VPC, traffic="ALL", **more):
    more = {"LogDestinationType": "cloud-watch-logs", "LogGroupName": "/vpc/a", "DeliverLogsPermissionArn": ROLE} | more
    return flow_log(name, on, traffic, LogDestination=None, **more)


INTERFACES = [interface("1"), interface("2"), interface("3", DB)]


@pytest.fixture
def write(tmp_path):
    """Return a function that writes a snapshot and returns its folder."""

    def write(flow_logs=(), interfaces=INTERFACES, *, owner="111122223333", manifest=None, **answers):
        zone = {"AvailabilityZone": "eu-central-1a", "OwnerId": owner}
        whole = {
            "NetworkInterfaces": interfaces,
            "Subnets": [{"SubnetId": one, "VpcId": VPC, **zone} for one in (WEB, DB)],
            "Vpcs": [{"VpcId": VPC, "OwnerId": owner, "Tags": [{"Key": "Name", "Value": "shop"}]}],
            "FlowLogs": list(flow_logs),
            **answers,
        }
        for key, items in whole.items():
            if items is not None:
                (tmp_path / f"{key}.json").write_text(json.dumps({key: items}), encoding="utf-8")
        (tmp_path / "manifest.json").write_text(
            json.dumps({"taken": "2026-03-10T08:00:00Z", **(manifest or {})}), encoding="utf-8"
        )
        return tmp_path

    return write


def covered(audit):
    return "".join({"yes": "+", "partly": "~", "no": "-", "unknown": "?"}[state] for state in audit.to_frame().covered)


def found(audit):
    return [(p.severity, p.kind, p.resource) for p in audit.found]


def statements(command):
    """Return the words of each line of a command; a comment's too, which must be as sound."""
    lines = [re.sub(r"^# (once the new one delivers|add to it): ", "", line) for line in command.splitlines()]
    return [shlex.split(line) for line in lines]


FAILED = {"DeliverLogsStatus": "FAILED", "DeliverLogsErrorMessage": "Access error"}
LIMITED = FAILED | {"DeliverLogsErrorMessage": "Rate limited"}


@pytest.mark.parametrize(
    ("flow_logs", "states", "traffic"),
    [
        ([], "---", ["", "", ""]),
        ([flow_log("1")], "+++", ["ALL"] * 3),
        ([flow_log("1", on=WEB)], "++-", ["ALL", "ALL", ""]),
        ([flow_log("1", on="eni-3")], "--+", ["", "", "ALL"]),
        ([flow_log("1", traffic="REJECT")], "~~~", ["REJECT"] * 3),
        ([flow_log("1", traffic="REJECT"), flow_log("2", WEB, "ACCEPT")], "++~", ["ALL", "ALL", "REJECT"]),
        ([flow_log("1", FlowLogStatus="DELETING")], "---", ["", "", ""]),
        ([flow_log("1", **FAILED)], "---", ["", "", ""]),
        ([to_group("1", **LIMITED)], "~~~", ["ALL"] * 3),
        ([flow_log("1", **FAILED), flow_log("2", on=DB)], "--+", ["", "", "ALL"]),
        ([flow_log("1", on="vpc-0f")], "---", ["", "", ""]),
    ],
)
def test_flow_logs_are_inherited_and_add_up(write, flow_logs, states, traffic):
    audit = fk.audit(write(flow_logs))
    assert covered(audit) == states
    assert list(audit.to_frame().traffic) == traffic


@pytest.mark.parametrize(
    ("flow_logs", "problems"),
    [
        ([flow_log("1")], []),
        ([], [("high", "unlogged", VPC)]),
        ([flow_log("1", on=WEB)], [("high", "unlogged", DB)]),
        ([flow_log("1", on=DB), flow_log("2", on="eni-1")], [("high", "unlogged", "eni-2")]),
        ([flow_log("1", traffic="REJECT")], [("high", "partly_logged", VPC)]),
        ([flow_log("1", traffic="ACCEPT")], [("medium", "partly_logged", VPC)]),
        ([flow_log("1"), flow_log("2", DB, "REJECT")], [("low", "logged_twice", "fl-2")]),
        ([flow_log("1", traffic="ACCEPT"), flow_log("2", traffic="REJECT")], []),
        ([flow_log("1", **FAILED)], [("critical", "undelivered", "fl-1")]),
        ([to_group("1", **FAILED)], [("critical", "undelivered", "fl-1")]),
        ([to_group("1", **LIMITED)], [("high", "undelivered", "fl-1")]),
        (
            [flow_log("1", DeliverLogsStatus="FAILED", DeliverLogsErrorMessage="Unknown error")],
            [("high", "undelivered", "fl-1")],
        ),
        ([flow_log("1", FlowLogStatus="GONE")], [("high", "inactive", "fl-1"), ("high", "unlogged", VPC)]),
        ([flow_log("1", MaxAggregationInterval=600)], [("low", "long_interval", "fl-1")]),
        ([flow_log("1", LogFormat="")], [("medium", "missing_fields", "fl-1")]),
        ([flow_log("1", LogFormat="garbage!")], []),
        ([flow_log("1"), flow_log("2", on="eni-9")], [("info", "orphaned", "fl-2")]),
        (
            [flow_log("1", LogDestination="arn:aws:firehose:eu-central-1:444455556666:deliverystream/x")],
            [("info", "other_account", "fl-1")],
        ),
    ],
)
def test_problems(write, flow_logs, problems):
    audit = fk.audit(write(flow_logs))
    assert found(audit) == problems
    assert audit.worst == (problems[0][0] if problems else "")


def test_what_is_attached_to_nothing_is_less_grave(write):
    audit = fk.audit(write([], [interface("1", status="available")]))
    assert found(audit) == [("low", "unlogged", VPC)]
    mixed = fk.audit(write([], [interface("1", status="available"), interface("2")]))
    assert mixed.found[0].severity == "high"
    assert "2 interfaces (1 attached to nothing) are not logged" in mixed.found[0].sentence


def test_an_empty_vpc_is_only_told(write):
    audit = fk.audit(write([], []))
    assert found(audit) == [("info", "unlogged", VPC)]
    assert audit.summary.startswith("No network interface is in this snapshot")
    assert list(audit.to_frame().columns)[:2] == ["interface_id", "name"]


@pytest.mark.parametrize(
    ("answers", "manifest", "reason"),
    [
        ({"FlowLogs": None}, {}, "flow logs were not asked for"),
        (
            {},
            {"places": [{"account": "111122223333", "region": "eu-central-1",
                         "refused": [{"call": "ec2:DescribeFlowLogs", "code": "AccessDenied"}]}]},
            "AWS refused to list the flow logs (AccessDenied)",
        ),
    ],
)  # fmt: skip
def test_what_was_not_asked_is_unknown_and_not_unlogged(write, answers, manifest, reason):
    audit = fk.audit(write(manifest=manifest, **answers))
    assert covered(audit) == "???"
    assert found(audit) == [("medium", "unknown", VPC)]
    assert reason in audit.found[0].sentence


def test_a_refusal_in_another_region_changes_nothing(write):
    refusal = {"call": "ec2:DescribeFlowLogs", "code": "AccessDenied"}
    place = {"account": "111122223333", "region": "us-east-1", "refused": [refusal]}
    assert covered(fk.audit(write(manifest={"places": [place]}))) == "---"


def test_what_was_not_asked_for_is_told(write):
    folder = write([flow_log("1")], None)
    (folder / "NetworkInterfaces.json").unlink(missing_ok=True)
    audit = fk.audit(folder)
    assert "No network interface is in this snapshot." in audit.summary
    assert "Network interfaces were not asked for" in audit.summary
    refusal = {"call": "rds:DescribeDBInstances", "code": "AccessDenied"}
    audit = fk.audit(write([flow_log("1")], manifest={"places": [{"account": "1", "refused": [refusal]}]}))
    assert audit.summary.endswith("AWS refused 1 call: see .snapshot.problems.")


@pytest.mark.parametrize(
    ("asked", "states"), [([], "???"), (["111122223333"], "???"), (["111122223333", "444455556666"], "---")]
)
def test_in_a_shared_subnet_no_flow_log_is_no_proof_unless_both_accounts_were_asked(write, asked, states):
    places = [{"account": account, "region": "eu-central-1"} for account in asked]
    audit = fk.audit(write(owner="444455556666", manifest={"places": places}))
    assert covered(audit) == states
    assert ("the subnet is shared" in str(audit)) == (states == "???")


@pytest.mark.parametrize(
    ("first", "second", "spare", "words"),
    [
        (flow_log("1"), flow_log("2", traffic="REJECT"), "fl-2", "REJECT traffic of 3 interfaces"),
        (flow_log("1", on=WEB), flow_log("2"), "fl-1", "All traffic of 2 interfaces"),
        (flow_log("1"), to_group("2"), "fl-2", "make sure first that nobody reads them"),
        (flow_log("1", LogFormat="${interface-id}"), flow_log("2"), "fl-1", "loses nothing of the records."),
        (to_group("1", LogFormat="${encryption-status} ${instance-tag}"), flow_log("2"), "fl-1", "but instance-tag"),
        (flow_log("1", DeliverLogsStatus="FAILED", DeliverLogsErrorMessage="Unknown"), flow_log("2"), "fl-1", "twice"),
        (flow_log("1", on=WEB), flow_log("2", traffic="REJECT"), "", "neither can simply be deleted"),
        (flow_log("1", on=WEB), flow_log("2", LogFormat=""), "", "fl-1 alone has vpc-id, subnet-id"),
        (flow_log("1", on=WEB), flow_log("2", MaxAggregationInterval=600), "", "neither can simply be deleted"),
    ],
)  # fmt: skip
def test_of_two_that_record_the_same_the_one_that_is_missed_least_can_go(write, first, second, spare, words):
    audit = fk.audit(write([first, second]))
    (twice,) = [one for one in audit.found if one.kind == "logged_twice"]
    assert words in twice.sentence
    assert "fl-1" in twice.sentence
    assert "fl-2" in twice.sentence
    assert (twice.command.split()[-1] if twice.command else "") == spare


@pytest.mark.parametrize(
    ("window", "problems"),
    [
        ({}, []),
        ({"start": "2026-01-02T00:00Z"}, []),
        ({"start": "2025-12-31T00:00Z", "end": "2026-01-02T00:00Z"}, [("medium", "gap", "fl-1")]),
        ({"start": "2025-12-30T00:00Z", "end": "2025-12-31T00:00Z"}, [("high", "gap", "fl-1")]),
    ],
)
def test_a_flow_log_has_no_record_from_before_it_was_made(write, window, problems):
    assert found(fk.audit(write([flow_log("1")]), **window)) == problems


def test_an_older_flow_log_of_the_same_closes_the_gap(write):
    older = flow_log("2", CreationTime="2025-01-01T00:00:00+00:00")
    audit = fk.audit(write([flow_log("1"), older]), start="2025-12-31T00:00Z")
    assert [kind for _, kind, _ in found(audit)] == ["logged_twice"]


@pytest.mark.parametrize(
    ("flow_logs", "logged"),
    [([], False), ([flow_log("1", on="tgw-0a")], True), ([flow_log("1", on="tgw-attach-0a")], True)],
)
def test_transit_gateways(write, flow_logs, logged):
    attached = [{"TransitGatewayAttachmentId": "tgw-attach-0a", "TransitGatewayId": "tgw-0a",
                 "TransitGatewayOwnerId": "111122223333", "ResourceId": VPC}]  # fmt: skip
    audit = fk.audit(write([flow_log("9"), *flow_logs], TransitGatewayAttachments=attached))
    assert found(audit) == ([] if logged else [("low", "unlogged", "tgw-0a")])
    if not logged:
        assert "--traffic-type" not in audit.found[0].command


EVERY_TROUBLE = [
    [],
    [flow_log("1", on=WEB, traffic="REJECT", FileFormat="x", DestinationOptions={"FileFormat": "parquet"})],
    [to_group("1", on="eni-1", traffic="ACCEPT"), flow_log("2", on="eni-9")],
    [flow_log("1", **FAILED), to_group("2", **FAILED), to_group("3", on=WEB, **LIMITED)],
    [flow_log("1", LogFormat="", MaxAggregationInterval=600), flow_log("2", on=DB)],
    [flow_log("1", FlowLogStatus="x")],
]


@pytest.mark.parametrize("flow_logs", EVERY_TROUBLE)
def test_commands_are_whole_and_name_what_is_there(write, flow_logs):
    audit = fk.audit(write(flow_logs))
    known = {VPC, WEB, DB, "eni-1", "eni-2", "eni-3", *(one["FlowLogId"] for one in flow_logs)}
    commands = [command for problem in audit.found for command in statements(problem.command)]
    assert all(problem.command for problem in audit.found if problem.kind != "logged_twice")
    for words in commands:
        assert words[0] == "aws" or words[0].startswith("{")
        assert {word for word in words if re.fullmatch(r"(vpc|subnet|eni|fl)-\w+", word)} <= known
        if "create-flow-logs" in words:
            assert words[words.index("--max-aggregation-interval") + 1] == "60"
            assert columns(words[words.index("--log-format") + 1])


def test_the_command_for_the_other_half_adds_only_that(write):
    (problem,) = fk.audit(write([flow_log("1", traffic="REJECT")])).found
    (words,) = statements(problem.command)
    assert words[words.index("--traffic-type") + 1] == "ACCEPT"
    assert words[words.index("--log-destination") + 1] == BUCKET
    assert words[words.index("--region") + 1] == "eu-central-1"


def test_what_delivers_nothing_to_a_bucket_is_mended_by_two_statements_more_in_its_policy(write):
    (problem,) = fk.audit(write([flow_log("1", LogDestination=f"{BUCKET}/all/", **FAILED)])).found
    get, add, put = problem.command.splitlines()
    assert get.endswith("> bucket-policy.json")
    assert put.endswith("--bucket shop-flow-logs --policy file://bucket-policy.json")
    write_to, check = json.loads(add.removeprefix("# add to it: "))["Statement"]
    assert write_to["Resource"] == f"{BUCKET}/all/AWSLogs/111122223333/*"
    assert check["Resource"] == BUCKET
    assert write_to["Condition"]["StringEquals"]["aws:SourceAccount"] == "111122223333"


@pytest.mark.parametrize(
    "hostile",
    [
        {"ResourceId": "vpc-0a; rm -rf ~"},
        {"FlowLogId": "fl-1$(rm -rf ~)"},
        {"LogDestination": "arn:aws:s3:::b'; rm -rf ~; '"},
        {"LogDestinationType": "cloud-watch-logs", "LogDestination": None, "LogGroupName": "g`rm -rf ~`"},
        {"LogFormat": "${srcaddr}'; rm -rf ~; echo '"},
        {"DeliverLogsStatus": "FAILED", "DeliverLogsErrorMessage": "Access error\x1b[2J<script>\nrm -rf ~"},
    ],
)
def test_no_text_from_aws_becomes_a_command_or_markup(write, hostile):
    audit = fk.audit(write([flow_log("1", **{"LogFormat": "", "MaxAggregationInterval": 600} | hostile)]))
    assert not any("rm -rf" in problem.command for problem in audit.found)
    assert "\x1b" not in str(audit)
    assert not any(line.startswith("rm") for line in str(audit).splitlines())
    assert "<script>" not in audit._repr_html_()


@pytest.mark.parametrize("need", NEEDS, ids=lambda need: need.names[0])
def test_fields_that_are_needed_are_fields_and_recommended(need):
    assert all(fields.known(name) for name in need.names)
    assert {fields.column_name(name) for name in need.names} <= set(RECOMMENDED.columns)


def test_every_field_that_answers_something_is_asked_for():
    asked = {name for need in NEEDS for name in need.names}
    assert {one.name for one in fields.absent(()) if one.since <= 5} <= asked


def test_what_a_format_lacks_is_told_with_what_it_costs(write):
    default = tuple(fields.column_name(name) for name in fields.DEFAULT_FORMAT)
    assert [need.severity for need in missing(default)] == [
        "medium",
        "medium",
        "low",
        "low",
        "low",
        "low",
        "info",
        "info",
    ]
    assert missing(RECOMMENDED.columns) == []
    (problem,) = fk.audit(write([flow_log("1", LogFormat="")])).found
    assert "tcp-flags (who opened a connection" in problem.sentence
    assert "Playbooks that tell less without: compliance, connectivity" in problem.sentence
    assert str(RECOMMENDED) in problem.command


def test_frames_per_resource(write):
    audit = fk.audit(write([flow_log("1", on=WEB), to_group("2", on="eni-3", traffic="REJECT")]))
    assert list(audit.to_frame().flow_logs) == ["fl-1", "fl-1", "fl-2"]
    assert list(audit.to_frame().destinations) == [BUCKET, BUCKET, "/vpc/a"]
    assert set(audit.to_frame().readable) == {"not checked"}
    subnets = audit.to_frame("subnet").set_index("subnet_id")
    assert subnets[["interfaces", "yes", "partly", "covered"]].to_numpy().tolist() == [
        [2, 2, 0, "yes"],
        [1, 0, 1, "no"],
    ]
    (vpc,) = audit.to_frame("vpc").to_dict("records")
    assert (vpc["vpc_id"], vpc["name"], vpc["interfaces"], vpc["covered"]) == (VPC, "shop", 3, "no")
    logs = audit.to_frame("flow_log")
    assert list(logs.flow_log_id) == ["fl-1", "fl-2"]
    assert list(logs.destination_type) == ["s3", "cloud-watch-logs"]


def test_frames_of_an_empty_snapshot_have_their_columns(write):
    audit = fk.audit(write([], [], Subnets=[], Vpcs=[]))
    assert [len(audit.to_frame(per)) for per in ("interface", "subnet", "vpc", "flow_log")] == [0] * 4
    assert str(audit.to_frame("flow_log").created.dtype) == "datetime64[us, UTC]"
    with pytest.raises(FlowkitError, match="interface, subnet, vpc, flow_log"):
        audit.to_frame("region")


def test_a_sound_network_is_told_in_words(write):
    audit = fk.audit(write([flow_log("1")]))
    assert audit.summary == (
        "Every interface is covered: all traffic of 3 interfaces is logged. No problem was found. "
        "Whether you can read where the flow logs are delivered was not checked: a snapshot cannot tell."
    )
    assert str(audit) == f"Logging as of 2026-03-10 08:00Z (from manifest). {audit.summary}"
    assert "Every interface is covered." in audit._repr_html_()
    assert list(audit.problems.columns) == ["severity", "kind", "resource", "sentence", "command"]
    assert (len(audit.problems), audit.taken) == (0, datetime(2026, 3, 10, 8, tzinfo=UTC))


def test_the_text_says_what_is_wrong_and_that_nothing_was_run(write):
    text = str(fk.audit(write([flow_log("1", on=WEB)])))
    assert "Of 3 interfaces 2 are covered for all traffic; 1 not at all. 1 problem: 1 high." in text
    assert "high, unlogged: subnet-0b: its 1 interface is not logged: traffic there leaves no record." in text
    assert text.endswith("flowkit runs none of these commands. What was not logged cannot be had afterwards.")


def test_of_many_problems_the_text_shows_the_first(write):
    audit = fk.audit(write([flow_log(f"{n}", on=f"eni-{n + 9}") for n in range(60)]))
    assert len(audit.found) == 61
    assert str(audit).count("orphaned:") == 49
    assert "and 11 more: .problems has them all" in str(audit)
    assert "the first 50 of 61: see .problems" in audit._repr_html_()


def test_the_sample_is_covered():
    audit = fk.audit("sample")
    assert covered(audit) == "+" * 13
    assert audit.snapshot.flow_logs


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"source": "sample", "region": "eu-central-1"}, InventoryError),
        ({"source": "no/such/folder"}, InventoryError),
        ({"source": "sample", "start": "2026-03-10T08:00"}, ScopeError),
    ],
)
def test_bad_questions(options, error):
    with pytest.raises(error):
        fk.audit(**options)


@pytest.fixture
def live(aws):
    """Put a VPC with an interface into the stand-in, a bucket and a log group; return what makes flow logs there."""
    ec2, s3, logs = boto3.client("ec2"), boto3.client("s3"), boto3.client("logs")
    for vpc in ec2.describe_vpcs()["Vpcs"]:
        for subnet in ec2.describe_subnets(Filters=[{"Name": "vpc-id", "Values": [vpc["VpcId"]]}])["Subnets"]:
            ec2.delete_subnet(SubnetId=subnet["SubnetId"])
        ec2.delete_vpc(VpcId=vpc["VpcId"])
    vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
    subnet = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.1.0/24")["Subnet"]["SubnetId"]
    ec2.create_network_interface(SubnetId=subnet)
    s3.create_bucket(Bucket="shop-flow-logs", CreateBucketConfiguration={"LocationConstraint": "eu-central-1"})
    logs.create_log_group(logGroupName="/vpc/a")

    def make(**to):
        flow_log = {"LogFormat": FULL, "MaxAggregationInterval": 60, "TrafficType": "ALL"} | to
        ec2.create_flow_logs(ResourceType="VPC", ResourceIds=[vpc], **flow_log)
        aws.asked.clear()
        return fk.audit(region="eu-central-1")

    return make


TO_BUCKET = {"LogDestinationType": "s3", "LogDestination": BUCKET}
TO_GROUP = {"LogGroupName": "/vpc/a", "DeliverLogsPermissionArn": ROLE}


@pytest.mark.parametrize(
    ("to", "spoiled", "spoil", "readable", "problems"),
    [
        (TO_BUCKET, None, None, "empty", []),
        (TO_BUCKET, "/shop-flow-logs", refused(403, "AccessDenied"), "no", [("high", "unreadable")]),
        (TO_BUCKET, "/shop-flow-logs", refused(404, "NoSuchBucket"), "missing", [("high", "unreadable")]),
        (
            TO_BUCKET, lambda asked: "x-amz-expected-bucket-owner" in map(str.lower, asked.headers),
            refused(403, "AccessDenied"), "empty", [("info", "other_account")],
        ),
        (TO_GROUP, None, None, "empty", []),
        (TO_GROUP, "FilterLogEvents", refused(400, "AccessDeniedException"), "no", [("high", "unreadable")]),
        (TO_GROUP, "FilterLogEvents", refused(400, "ResourceNotFoundException"), "missing", [("medium", "unreadable")]),
    ],
)  # fmt: skip
def test_live_it_is_tried_whether_the_destination_can_be_read(live, aws, to, spoiled, spoil, readable, problems):
    if spoiled:
        aws.on(spoiled, spoil)
    audit = live(**to)
    assert list(audit.to_frame().readable) == [readable]
    assert [(p.severity, p.kind) for p in audit.found] == problems
    assert "not checked" not in audit.summary
    assert covered(audit) == "+"


def test_live_what_is_there_is_read(live):
    key = "AWSLogs/123456789012/vpcflowlogs/eu-central-1/2026/03/10/x.log.gz"
    boto3.client("s3").put_object(Bucket="shop-flow-logs", Key=key, Body=b"")
    audit = live(**TO_BUCKET)
    assert list(audit.to_frame().readable) == ["yes"]
    assert audit.snapshot.source == "AWS: 123456789012 eu-central-1"


def test_without_rights_there_is_no_live_audit(aws):
    aws.on(lambda _: True, refused(403, "UnauthorizedOperation"))
    with pytest.raises(AwsError, match="audit --policy"):
        fk.audit()


@pytest.mark.parametrize(
    ("region", "partition"), [("eu-central-1", "aws"), ("cn-north-1", "aws-cn"), ("us-gov-west-1", "aws-us-gov")]
)
def test_commands_name_buckets_as_the_region_does(write, region, partition):
    there = [interface("1") | {"AvailabilityZone": f"{region}a"}]
    subnets = [{"SubnetId": WEB, "VpcId": VPC, "AvailabilityZone": f"{region}a", "OwnerId": "111122223333"}]
    (problem,) = fk.audit(write([], there, Subnets=subnets)).found
    make, create = problem.command.splitlines()
    assert make == f"aws s3 mb s3://flow-logs-111122223333-{region} --region {region}"
    assert f"--log-destination arn:{partition}:s3:::flow-logs-111122223333-{region} " in create
