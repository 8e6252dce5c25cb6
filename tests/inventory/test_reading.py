"""Reading a snapshot: what counts as an answer, pages and duplicates, and what broken files still tell."""

import gzip
import json
import os
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given
from hypothesis import strategies as st

import flowkit
from flowkit.errors import InventoryError
from flowkit.inventory import FlowLog, Instance, SecurityGroup, Subnet, Vpc, read
from flowkit.inventory.answers import IDENTITY

SAMPLE = Path(flowkit.__file__).parent / "sample" / "snapshot"
A, B, C = ({"SubnetId": f"subnet-{name}", "CidrBlock": f"10.0.{n}.0/24"} for n, name in enumerate("abc"))
ONE = json.dumps({"Subnets": [A]})
TWO = json.dumps({"Subnets": [A, B]}, indent=4)


def folder(tmp_path, **files):
    """Write files named by keyword, ``__`` being the dot."""
    for name, content in files.items():
        data = content if isinstance(content, bytes) else content.encode()
        (tmp_path / name.replace("__", ".").replace("_", "-")).write_bytes(data)
    return tmp_path


def subnets(snapshot):
    return "".join(subnet.subnet_id.removeprefix("subnet-") for subnet in snapshot.subnets)


def test_the_sample_reads_without_a_problem():
    snapshot = read(SAMPLE)
    assert snapshot.problems == ()
    assert str(snapshot) == (
        "Snapshot of 2026-03-10 07:55Z (from manifest): 13 interfaces, 10 instances, 8 subnets, 1 VPC, 1 flow log; "
        "0 problems"
    )
    assert snapshot.accounts == ("111122223333",)
    assert snapshot.prefix_list_entries == {
        "pl-01d12976e80025fa0": ("198.19.200.0/28",),
        "pl-6ea54007": ("198.51.100.0/25",),
    }
    assert {key: len(items) for key, items in snapshot.described.items()} == {
        "Addresses": 2, "AvailabilityZones": 2, "InternetGateways": 1, "NatGateways": 1, "NetworkAcls": 4,
        "PrefixLists": 2, "RouteTables": 3, "VpcEndpoints": 0, "VpcPeeringConnections": 0,
    }  # fmt: skip
    assert [one.account_id for one in snapshot.interfaces] == ["111122223333"] * 13


@pytest.mark.reference_data
def test_a_public_snapshot_reads_without_a_problem():
    snapshot = read(Path(os.environ["FLOWKIT_REFERENCE_DATA"]) / "inventory" / "cloudmapper-demo")
    assert snapshot.problems == ()
    assert (len(snapshot.instances), len(snapshot.subnets), len(snapshot.vpcs), len(snapshot.groups)) == (3, 4, 1, 8)
    assert [one.name for one in snapshot.interfaces[1:]] == ["Bastion", "Web1", "Web2"]
    assert {"DBInstances", "LoadBalancerDescriptions", "LoadBalancers"} <= snapshot.described.keys()
    assert snapshot.taken_from == "file times"


@pytest.mark.parametrize(
    ("files", "found"),
    [
        ({"describe_subnets__json": ONE}, "a"),
        ({"ec2_describe_subnets": ONE}, "a"),
        ({"describe_vpcs__json": ONE}, "a"),  # the name tells nothing
        ({"subnets__json__gz": gzip.compress(ONE.encode())}, "a"),
        ({"subnets": gzip.compress(ONE.encode())}, "a"),
        ({"s__json": "\ufeff" + ONE}, "a"),
        ({"s__json": ONE.encode("utf-16")}, "a"),
        ({"s__json": json.dumps([{"Subnets": [A]}, {"Subnets": [B]}])}, "ab"),
        ({"s__json": ONE + "\n" + json.dumps({"Subnets": [B]}) + json.dumps({"Subnets": [C]})}, "abc"),
        ({"s1__json": ONE, "s2__json": json.dumps({"Subnets": [B]})}, "ab"),
        ({"s__json": json.dumps({"Subnets": [A], "NextToken": "x"}) + json.dumps({"Subnets": [B]})}, "ab"),
        ({"s__json": json.dumps({"Subnets": [A], "NextToken": None, "ResponseMetadata": {"RequestId": "x"}})}, "a"),
        ({"s__json": ONE, "again__json": ONE}, "a"),  # equal, so not worth a word
        ({"s__json": ONE, "v__json": '{"Snapshots": []}', "f__json": '{"Functions": [1]}'}, "a"),
        ({"s__json": ONE, "domain": '{"DomainStatus": {"Created": true}}'}, "a"),
        ({"s__json": ONE, "identity__json": '{"Account": "111122223333", "UserId": "AIDA"}'}, "a"),
        ({"s__json": ONE, "dns__txt": "db 10.0.0.1\n", "x": b"\x00\xff" * 99, "empty": "", "l": '{"a": 1}'}, "a"),
        ({"s__json": ONE, "half__txt": '{"a": '}, "a"),
        ({"s__json": ONE, "__hidden__json": "no"}, "a"),
        ({"s__json": ONE, "noise__gz": b"\x1f\x8b\x08" + bytes(range(256))}, "a"),
    ],
)
def test_what_is_read_without_a_word(tmp_path, files, found):
    snapshot = read(folder(tmp_path, **files))
    assert (subnets(snapshot), snapshot.problems) == (found, ())


@pytest.mark.parametrize(
    ("files", "found", "told"),
    [
        ({"s__json": ONE, "x__json": "<html>"}, "a", "no JSON, though its name says so (x.json). Fetch it again."),
        ({"s__json": ONE, "x__json": ""}, "a", "no JSON"),
        ({"s__json": ONE, "x__json": '{"name": "package"}'}, "a", "no answer of `aws ... describe-*`"),
        ({"s__json": ONE, "x__json": "[1, 2]"}, "a", "no answer"),
        (
            {"s__json": TWO[:-20]},
            "a",
            "broken at byte 186 and was used as far as it goes (s.json)",  # where the unfinished text starts
        ),
        ({"s__json": ONE + TWO[:40]}, "a", "broken at byte"),
        ({"s__json": "[" + ONE + ", " + json.dumps({"Subnets": [B, C]})[:-15]}, "ab", "broken at byte"),
        ({"s": gzip.compress(TWO.encode())[:-30]}, "", "broken at byte"),
        ({"s__json": ONE + "An error occurred"}, "a", f"broken at byte {len(ONE):,} "),
        ({"s__json": '{"Subnets": [' + json.dumps(A) + "," + "[" * 100_000}, "a", "broken at byte"),
        ({"s__json": ONE + '{"Vpcs": [' + "9" * 5_000 + "]}"}, "a", "broken at byte"),
        ({"s__json": json.dumps({"Subnets": [A, {"CidrBlock": "10.0.0.0/8"}]})}, "a", "without SubnetId are left out"),
        ({"s__json": json.dumps({"Subnets": [{"SubnetId": 5}, A]})}, "a", "without SubnetId are left out (s.json)"),
        ({"s__json": json.dumps({"Subnets": [None, A, "x"]})}, "a", "no objects are left out (2 times, first: s.json)"),
        ({"s__json": json.dumps({"Subnets": None, "Vpcs": []})}, "", "Subnets is no list"),
        ({"s__json": json.dumps({"Subnets": [A, A | {"VpcId": "vpc-b"}]})}, "a", "not alike (subnet-a)"),
        ({"s__json": json.dumps({"Subnets": [A], "NextToken": "x"})}, "a", "The last page of an answer is missing"),
        ({"s__json": json.dumps({"Subnets": [A | {"VpcId": 5}]})}, "a", "VpcId is no text and counts as missing"),
        ({"s__json": json.dumps({"Subnets": [A | {"CidrBlock": "ten"}]})}, "a", "CidrBlock is no CIDR block"),
        ({"s__json": json.dumps({"Subnets": [A | {"Tags": {"Name": "x"}}]})}, "a", "Tags is no list"),
        ({"s__json": json.dumps({"Subnets": [A | {"Tags": ["Name"]}]})}, "a", "Tags is a list of other things"),
        ({"s__json": json.dumps({"Subnets": [A]}), "e__json": '{"Entries": [{"Cidr": "10.0.0.0/8"}]}'}, "a", "no id"),
        ({"s__json": ONE, "pl_1__json": '{"Entries": [{"Cidr": "x"}, 5]}'}, "a", "Entries of a prefix list without"),
        ({"s__json": ONE, "manifest__json": '{"taken": "yesterday"}'}, "a", "no time with a zone (yesterday)"),
        ({"s__json": ONE, "manifest__json": '{"taken": "2026-03-10T07:55:00"}'}, "a", "no time with a zone"),
        ({"s__json": ONE, "manifest__json": '{"taken": [1]}'}, "a", "no time with a zone"),
    ],
)
def test_what_is_told(tmp_path, files, found, told):
    snapshot = read(folder(tmp_path, **files))
    assert subnets(snapshot) == found
    assert len(snapshot.problems) == 1
    assert told in snapshot.problems[0]
    assert snapshot.problems[0].endswith(".")


def test_a_byte_is_counted_in_the_file_not_in_its_text(tmp_path):
    whole = json.dumps({"Subnets": [A | {"Tags": [{"Key": "Name", "Value": "Zürich"}]}]}, ensure_ascii=False)
    for name, data in (
        ("utf8", whole.encode()),
        ("latin", whole.encode("latin-1")),
        ("bom", whole.encode("utf-8-sig")),
    ):
        (tmp_path / name).write_bytes(data + b"!")
        assert f"byte {len(data)} " in read(tmp_path / name).problems[0]
    assert read(tmp_path / "latin").subnets[0].name == "Z\ufffdrich"


def test_the_last_description_counts(tmp_path):
    other = json.dumps({"Subnets": [A | {"VpcId": "vpc-b"}]})
    snapshot = read(folder(tmp_path, a__json=ONE, b__json=other))
    assert [subnet.vpc_id for subnet in snapshot.subnets] == ["vpc-b"]
    snapshot = read([tmp_path / "b.json", tmp_path / "a.json"])
    assert [subnet.vpc_id for subnet in snapshot.subnets] == [""]


def test_thousands_of_a_kind_are_one_problem(tmp_path):
    odd = [{"SubnetId": f"subnet-{n}", "VpcId": n} for n in range(5_000)]
    snapshot = read(folder(tmp_path, s__json=json.dumps({"Subnets": odd})))
    assert snapshot.problems == ("Subnets: VpcId is no text and counts as missing (5,000 times, first: subnet-0).",)


def test_the_time_is_the_manifests_else_the_files(tmp_path):
    folder(tmp_path, s__json=ONE, note__txt="x")
    os.utime(tmp_path / "s.json", (1_700_000_000, 1_700_000_000))
    snapshot = read(tmp_path)
    assert (snapshot.taken, snapshot.taken_from) == (datetime(2023, 11, 14, 22, 13, 20, tzinfo=UTC), "file times")
    folder(tmp_path, manifest__json='{"taken": "2026-03-10T08:55:00+01:00"}')
    snapshot = read(tmp_path)
    assert (snapshot.taken, snapshot.taken_from) == (datetime(2026, 3, 10, 7, 55, tzinfo=UTC), "manifest")


def test_of_several_manifests_the_latest_counts(tmp_path):
    for day in (10, 11):
        (tmp_path / str(day)).mkdir()
        folder(tmp_path / str(day), s__json=ONE, manifest__json=f'{{"taken": "2026-03-{day}T07:55:00Z"}}')
    snapshot = read(tmp_path)
    assert snapshot.taken == datetime(2026, 3, 11, 7, 55, tzinfo=UTC)
    assert "different times" in snapshot.problems[0]
    assert subnets(read([tmp_path / "10", str(tmp_path / "11" / "s.json")])) == "a"


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("missing", "no file or folder"),
        ("nul\0byte", "no file or folder"),
        ("x" * 5_000, "no file or folder"),
        ("~nosuchuser/snapshot", "no file or folder"),
        ("", "no answer of `aws ec2 describe-\\*`"),
        ("notes.txt", "no answer"),
        ("other.json", "no answer"),
        ([], "an empty list of paths"),
        (["notes.txt", "missing"], "no file or folder missing"),
    ],
)
def test_where_no_snapshot_is(tmp_path, monkeypatch, path, told):
    folder(tmp_path, notes__txt="no", other__json='{"Functions": []}')
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InventoryError, match=told) as caught:
        read(path)
    assert str(caught.value).endswith(".")


@pytest.mark.skipif(os.name != "posix", reason="pipes and links are POSIX's")
def test_pipes_and_links_to_nowhere_are_passed_over(tmp_path):
    folder(tmp_path, s__json=ONE)
    os.mkfifo(tmp_path / "pipe.json")
    (tmp_path / "gone.json").symlink_to(tmp_path / "nowhere")
    (tmp_path / "loop.json").symlink_to(tmp_path / "loop.json")
    assert (subnets(read(tmp_path)), read(tmp_path).problems) == ("a", ())


def test_resources_have_their_attributes(tmp_path):
    gone = {"CidrBlock": "10.9.0.0/16", "CidrBlockState": {"State": "disassociated"}}
    more = {"CidrBlock": "10.1.0.0/16", "CidrBlockState": {"State": "associated"}}
    ipv6 = {"Ipv6CidrBlock": "2001:DB8:0::/56", "Ipv6CidrBlockState": {"State": "associated"}}
    rule = {"IpProtocol": "-1", "IpRanges": [{"CidrIp": "0.0.0.0/0"}]}
    answers = {
        "Vpcs": [
            {
                "VpcId": "vpc-a", "CidrBlock": "10.0.0.0/16", "OwnerId": "111122223333", "Tags": [{"Key": "Name"}],
                "CidrBlockAssociationSet": [gone, more], "Ipv6CidrBlockAssociationSet": [ipv6],
            }
        ],
        "Reservations": [
            {
                "OwnerId": "444455556666",
                "Instances": [
                    {
                        "InstanceId": "i-a", "State": {"Name": "running"}, "LaunchTime": "2026-03-01T00:00:00.000Z",
                        "Tags": [{"Key": "Name", "Value": "web"}], "SecurityGroups": [{"GroupId": "sg-a"}],
                    }
                ],
            }
        ],
        "SecurityGroups": [{"GroupId": "sg-a", "GroupName": "web", "IpPermissions": [rule], "VpcId": "vpc-a"}],
        "FlowLogs": [
            {
                "FlowLogId": "fl-a", "ResourceId": "vpc-a", "TrafficType": "REJECT", "FlowLogStatus": "ACTIVE",
                "DeliverLogsStatus": "FAILED", "DeliverLogsErrorMessage": "Access error", "LogGroupName": "flows",
                "LogFormat": "${srcaddr}", "MaxAggregationInterval": 600, "CreationTime": "2026-03-01T00:00:00Z",
            }
        ],
        "Subnets": [A],
        "PrefixLists": [{"PrefixListId": "pl-1", "Cidrs": ["198.51.100.0/24"]}],
    }  # fmt: skip
    first = datetime(2026, 3, 1, tzinfo=UTC)
    snapshot = read(folder(tmp_path, all__json=json.dumps(answers)))
    assert snapshot.problems == ()
    assert snapshot.accounts == ("111122223333", "444455556666")
    cidrs = ("10.0.0.0/16", "10.1.0.0/16", "2001:db8::/56")
    assert snapshot.vpcs == (Vpc(vpc_id="vpc-a", cidrs=cidrs, account_id="111122223333", tags=(("Name", ""),)),)
    assert snapshot.instances == (
        Instance(
            instance_id="i-a", name="web", state="running", launched=first, group_ids=("sg-a",), tags=(("Name", "web"),)
        ),
    )
    assert snapshot.groups == (SecurityGroup(group_id="sg-a", name="web", vpc_id="vpc-a", permissions=(rule,)),)
    assert snapshot.subnets == (Subnet(subnet_id="subnet-a", cidrs=("10.0.0.0/24",)),)
    assert snapshot.flow_logs == (
        FlowLog(
            flow_log_id="fl-a", resource_id="vpc-a", traffic_type="REJECT", status="ACTIVE", deliver_status="FAILED",
            deliver_error="Access error", destination="flows", log_format="${srcaddr}", interval=600, created=first,
            destination_type="cloud-watch-logs",
        ),
    )  # fmt: skip
    assert snapshot.prefix_list_entries == {"pl-1": ("198.51.100.0/24",)}
    assert hash(snapshot) == hash(read(tmp_path))
    assert snapshot == read(tmp_path)


NAMES = [
    *sorted({name for names in IDENTITY.values() for name in names}), "OwnerId", "Tags", "TagSet", "Key", "Value",
    "Instances", "Attachment", "InstanceId", "VpcId", "CidrBlock", "CidrBlockAssociationSet", "Groups", "Entries",
    "PrivateIpAddress", "PrivateIpAddresses", "Ipv6Addresses", "Association", "Ipv6Prefixes", "Ipv6Prefix", "State",
    "LaunchTime", "CreationTime", "ResourceId", "MaxAggregationInterval", "Description", "RequesterManaged", "Cidrs",
    "NatGatewayAddresses", "NetworkInterfaceIds", "Placement", "AvailabilityZone", "IpPermissions", "taken",
]  # fmt: skip
texts = st.one_of(
    st.text(max_size=8),
    st.sampled_from(["a", "vpc-a", "10.0.0.1", "10.0.0.0/8", "::ffff:10.0.0.1", "fe80::1%0", "ELB app/x/1", "\ud800"]),
    st.sampled_from(["0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-14:00", "2026-03-10T07:55:00Z"]),
)
scalars = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), texts)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=6),
    max_leaves=20,
)
items = st.lists(st.dictionaries(st.sampled_from(NAMES), values, max_size=8), max_size=4)
answers = st.dictionaries(st.sampled_from([*IDENTITY, "Entries", "Regions", "taken"]), items | values, max_size=5)


def ask_everything(paths):
    try:
        snapshot = read(paths)
    except InventoryError as error:
        assert str(error).endswith(".")  # noqa: PT017 - either outcome is right
        return
    assert all(problem.endswith(".") and problem.isprintable() for problem in snapshot.problems)
    assert repr(snapshot).isprintable()
    assert snapshot._repr_html_().isprintable()
    assert len(snapshot.to_frame()) == len(snapshot.interfaces)
    assert len(snapshot.addresses()) == sum(len(one.addresses + one.public_addresses) for one in snapshot.interfaces)
    snapshot.shared_addresses()
    snapshot.overlapping_vpcs()
    snapshot.tag("vpc-a", "Name")
    hash(snapshot)


@given(st.lists(answers | values, max_size=3), st.sampled_from(["a.json", "manifest.json", "pl-1.json", "plain"]))
def test_whatever_an_answer_holds_it_is_read(documents, name):
    with TemporaryDirectory() as given_folder:
        path = Path(given_folder, name)
        path.write_text("\n".join(map(json.dumps, documents)))
        ask_everything([given_folder])


@given(st.integers(0, 10**6), st.binary(max_size=4), st.booleans())
def test_wherever_a_file_is_broken_it_is_read(position, noise, packed):
    whole = (SAMPLE / "describe-network-interfaces.json").read_bytes()
    whole = gzip.compress(whole) if packed else whole
    position %= len(whole)
    with TemporaryDirectory() as given_folder:
        path = Path(given_folder, "a.json")
        for data in (whole[:position] + noise, whole[:position] + noise + whole[position:]):
            path.write_bytes(data)
            ask_everything(path)
