"""address_facts and holders: who the addresses are, from the records and from files alone."""

from pathlib import Path

import pytest

import flowkit
from flowkit.analysis import address_facts, holders
from flowkit.errors import MissingFieldError, ScopeError

SNAPSHOT = Path(flowkit.__file__).parent / "sample" / "snapshot"
V5 = """
version interface-id srcaddr dstaddr start end action log-status vpc-id instance-id flow-direction pkt-dst-aws-service
5 eni-a 10.0.0.1 10.0.0.2 1773129600 1773129650 ACCEPT OK vpc-1 i-1 egress -
5 eni-b 10.0.0.1 10.0.0.2 1773129601 1773129651 ACCEPT OK vpc-1 i-2 ingress -
5 eni-c 10.0.0.1 52.219.1.1 1773133200 1773133250 ACCEPT OK vpc-1 i-3 egress S3
5 eni-c 169.254.169.254 10.0.0.1 1773133200 1773133250 ACCEPT OK vpc-1 i-3 ingress -
5 eni-c 10.0.0.1 192.168.7.7 1773133200 1773133250 ACCEPT OK vpc-1 i-3 egress -
"""


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines(V5)


def test_address_facts(flows):
    frame = address_facts(flows).set_index("address")
    assert frame.records["10.0.0.1"] == 5
    assert frame.place.to_dict() == {
        "10.0.0.1": "inside",
        "10.0.0.2": "inside",
        "52.219.1.1": "outside",
        "169.254.169.254": "inside",
        "192.168.7.7": "unknown",
    }
    assert frame.aws_service["52.219.1.1"] == "S3"
    assert frame.provided["169.254.169.254"] == "instance metadata"
    assert frame.interface_id["10.0.0.1"] == "eni-a / eni-c"
    assert frame.reused.to_dict()["10.0.0.1"]
    assert frame.instance_id["10.0.0.2"] == "i-2"
    assert "1 were held by several interfaces" in address_facts(flows).attrs["caption"]


def test_the_rest_is_counted(flows):
    frame = address_facts(flows, top=1)
    assert frame.address.tolist() == ["10.0.0.1"]
    assert frame.attrs["left_out"] == 4


def test_the_age_of_the_inventory_is_told():
    frame = address_facts(flowkit.load("sample", inventory=SNAPSHOT))
    assert "Inventory of 2026-03-10 07:55Z (from manifest), 5 min before the first record." in frame.attrs["caption"]
    assert frame.set_index("address").name["10.0.2.20"] == "db-a-1"


@pytest.mark.parametrize(
    ("taken", "accounts", "told"),
    [
        ("2026-03-10T09:00:00Z", "111122223333", "amid the records"),
        ("2026-03-12T14:00:00Z", "111122223333", "2 d 0 h after the last record"),
        ("2026-03-10T07:55:00Z", "999999999999", "of another account (999999999999; the flows are of 111122223333)"),
    ],
)
def test_an_inventory_of_another_time_or_account_is_said(tmp_path, taken, accounts, told):
    described = f'{{"NetworkInterfaces": [{{"NetworkInterfaceId": "eni-x", "OwnerId": "{accounts}"}}]}}'
    (tmp_path / "interfaces.json").write_text(described, encoding="utf-8")
    (tmp_path / "manifest.json").write_text(f'{{"taken": "{taken}"}}', encoding="utf-8")
    assert told in address_facts(flowkit.load("sample", inventory=tmp_path)).attrs["caption"]


def test_holders(flows):
    frame = holders(flows)
    assert frame[["address", "interface_id", "records", "reused"]].to_dict("list") == {
        "address": ["10.0.0.1", "10.0.0.1", "10.0.0.2"],
        "interface_id": ["eni-a", "eni-c", "eni-b"],
        "records": [1, 3, 1],
        "reused": [True, True, False],
    }
    assert str(frame["first"][1]) == "2026-03-10 09:00:00+00:00"


def test_holders_that_only_the_inventory_knows():
    frame = holders(flowkit.load("sample", inventory="sample")).set_index("address")
    assert frame.by["10.0.2.20"] == "records"
    assert frame.by["192.0.2.5"] == "inventory"
    assert str(frame["first"]["192.0.2.5"]) == "2026-03-10 07:55:00+00:00"
    assert not frame.reused.any()


@pytest.mark.parametrize("ask", [address_facts, holders])
def test_addresses_are_needed(load_lines, ask):
    with pytest.raises(MissingFieldError, match="srcaddr"):
        ask(load_lines("interface-id start end action\neni-a 1773129600 1773129650 ACCEPT"))


def test_top_is_at_least_one(flows):
    with pytest.raises(ScopeError, match="top is 0"):
        address_facts(flows, top=0)
