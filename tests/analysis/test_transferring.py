"""data_transfer_cost: which way bytes went, what each way costs, and a range where that cannot be told."""

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

import flowkit as fk
from flowkit.analysis import data_transfer_cost
from flowkit.analysis.tariffs import CAUSES, TARIFFS, Moved, Priced
from flowkit.analysis.transfer_growth import transfer_growth
from flowkit.analysis.transfer_interfaces import transfer_interfaces
from flowkit.analysis.transfer_text import counted_price, money, summed_price
from flowkit.aws.prices import GB
from flowkit.errors import MissingFieldError, PriceError, ScopeError

V5 = """
version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status vpc-id \
instance-id pkt-srcaddr pkt-dstaddr region az-id pkt-dst-aws-service flow-direction traffic-path
"""
T = 1773129600
ENDS = {
    "a": ("eni-a", "10.0.1.1", "vpc-1", "i-a", "use1-az1"), "b": ("eni-b", "10.0.2.1", "vpc-1", "i-b", "use1-az2"),
    "c": ("eni-c", "10.0.1.2", "vpc-1", "i-c", "use1-az1"), "n": ("eni-n", "10.0.0.5", "vpc-1", "-", "use1-az2"),
    "p": ("eni-p", "10.1.1.1", "vpc-2", "i-p", "use1-az2"), "q": ("eni-q", "10.1.1.2", "vpc-2", "i-q", "use1-az1"),
    "m": ("eni-m", "10.0.2.9", "vpc-1", "-", "use1-az2"),
    "v": ("eni-v", "2600:1f18::5", "vpc-1", "i-v", "use1-az1"),
}  # fmt: skip
S3, S3_FAR, EC2, WEB, WEB6 = "52.216.1.9", "52.92.129.9", "54.144.3.3", "203.0.113.7", "2001:db8::9"


MB = 2**20


def record(at, src, dst, size=MB, **more):
    """Return a record at an interface of `ENDS`; *src* and *dst* are its letters or addresses."""
    path, pkt, service = more.get("path", "-"), more.get("pkt"), more.get("service", "-")
    action, ports = more.get("action", "ACCEPT"), more.get("ports", (40000, 443))
    eni, own, vpc, instance, zone = ENDS[at]
    src, dst = (ENDS[one][1] if one in ENDS else one for one in (src, dst))
    packet = tuple(ENDS[one][1] if one in ENDS else one for one in pkt or (src, dst))
    way = "egress" if src == own else "ingress"
    start = T + 60 * more.get("minute", 0)
    return (
        f"5 {eni} {src} {dst} {ports[0]} {ports[1]} 6 9 {size} {start} {start + 59} {action} OK {vpc} {instance} "
        f"{packet[0]} {packet[1]} us-east-1 {zone} {service} {way} {path}"
    )


def log(*records):
    return "\n".join([V5.strip(), *records])


def via_nat(to, service="-"):
    """Return what is logged of a MB that `a` sends through the NAT gateway `n`."""
    return (
        record("a", "a", to, path=1, service=service),
        record("n", "a", "n", pkt=("a", to), service=service),
        record("n", "n", to, path=8, service=service, ports=(1024, 443)),
    )


def told(frame):
    """Return cause to what a GB would cost if each record had one: at least, likely, at most, each in cents."""
    names = ("usd_low", "usd", "usd_high")
    return {cause: tuple(round(one[n] * 102_400, 3) for n in names) for cause, one in frame.attrs["totals"].items()}


FREE = (0, 0, 0)
S3_TO = "52.216.1."
WAYS = {
    "a zone": ([record("a", "a", "c", path=1), record("c", "a", "c")], {"same_zone": FREE}),
    "zones": ([record("a", "a", "b", path=1), record("b", "a", "b")], {"cross_zone": (2, 2, 2)}),
    "something managed in a zone": (
        [record("b", "b", "m", path=1), record("m", "b", "m")], {"same_zone": (0, 0, 1)},
    ),
    "something managed in another zone": (
        [record("a", "a", "m", path=1), record("m", "a", "m")], {"cross_zone": (0, 2, 2)},
    ),
    "a zone that is not known": ([record("a", "a", "10.0.1.99", path=1)], {"unknown": (0, 1, 2)}),
    "internet": ([record("a", "a", "203.0.113.10", path=8)], {"internet_egress": (9, 9, 9)}),
    "from the internet": ([record("a", "203.0.113.11", "a")], {}),
    "NAT gateway": (
        via_nat("203.0.113.12"), {"nat_gateway": (4.5,) * 3, "cross_zone": (2, 2, 2), "internet_egress": (9, 9, 9)},
    ),
    "S3 through NAT": (
        via_nat(f"{S3_TO}10", "S3"), {"nat_gateway": (4.5,) * 3, "cross_zone": (2, 2, 2), "regional_service": FREE},
    ),
    "S3 elsewhere": (
        via_nat(S3_FAR, "S3"), {"nat_gateway": (4.5,) * 3, "cross_zone": (2, 2, 2), "cross_region": (2, 2, 2)},
    ),
    "NAT not logged": (
        [record("a", "a", "203.0.113.13", path=1)],
        {"nat_gateway": (0, 4.5, 4.5), "cross_zone": (0, 0, 2), "internet_egress": (9, 9, 9)},
    ),
    "gateway endpoint": ([record("a", "a", f"{S3_TO}11", path=7, service="S3")], {"gateway_endpoint": FREE}),
    "gateway or endpoint": ([record("a", "a", f"{S3_TO}12", path=2, service="S3")], {"gateway_endpoint": FREE}),
    "S3 directly": ([record("a", "a", f"{S3_TO}13", path=8, service="S3")], {"regional_service": FREE}),
    "EC2 by its public address": ([record("a", "a", EC2, path=8, service="EC2")], {"cross_zone": (1, 1, 2)}),
    "CloudFront": ([record("a", "a", "108.138.1.1", path=8)], {"internet_egress": (0, 0, 9)}),
    "peering": ([record("a", "a", "p", path=4), record("p", "a", "p")], {"peering": (2, 2, 2)}),
    "peering in a zone": ([record("a", "a", "q", path=4), record("q", "a", "q")], {"peering": FREE}),
    "peering with an end not logged": ([record("a", "a", "10.9.9.1", path=4)], {"peering": (0, 1, 2)}),
    "peering between regions": ([record("a", "a", "10.9.9.2", path=5)], {"cross_region": (2, 2, 2)}),
    "no path between VPCs": ([record("b", "b", "p"), record("p", "b", "p")], {"transit_gateway": (0, 2, 2)}),
    "private gateway": ([record("a", "a", "10.9.9.3", path=3)], {"unknown": (0, 4.5, 9)}),
    "IPv6 needs no NAT": ([record("v", "v", WEB6, path=8)], {"internet_egress": (9, 9, 9)}),
    "rejected": ([record("a", "a", "203.0.113.14", path=8, action="REJECT")], {}),
}  # fmt: skip


@pytest.fixture(scope="module")
def asked(load_lines):
    """Return what all ways cost, in one log, each at a port of its own."""
    ported = []
    for port, (records, _causes) in enumerate(WAYS.values(), 1_000):
        ported += [line.replace(" 443 6 ", f" {port} 6 ") for line in records]
    return data_transfer_cost(load_lines(log(*ported)))


@pytest.mark.parametrize("name", WAYS)
def test_each_way_has_its_causes(asked, name):
    rows = asked[asked.server_port == 1_000 + list(WAYS).index(name)]
    cents = rows[["usd_low", "usd", "usd_high"]].mul(102_400).round(3)
    assert dict(zip(rows.cause, map(tuple, cents.to_numpy().tolist()), strict=True)) == WAYS[name][1]


EVERY = log(
    *via_nat(S3, "S3"), record("a", "a", "b", 50 * MB, path=1), record("b", "a", "b", 50 * MB),
    record("c", "c", WEB, path=8, minute=1),
)  # fmt: skip


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines(EVERY)


def test_a_row_says_what_who_and_why(flows):
    frame = data_transfer_cost(flows)
    assert list(frame.cause) == ["cross_zone", "internet_egress", "nat_gateway", "cross_zone", "regional_service"]
    row = frame.iloc[2]
    assert (row.client, row.server, row.server_port, row.protocol, row.bytes) == ("10.0.1.1", S3, 443, 6, MB)
    assert (row.price, row.through, row.avoidable) == ("1,048,576 B x 0.045 USD", "eni-n", True)
    assert "gateway endpoint" in row.assumption
    assert frame.price[0] == "0.0488 GB x 2 x 0.01 USD"
    assert row.usd_per_month == pytest.approx(0.045 / 1024 / (2 / 1440) * 30.44)
    attrs = frame.attrs
    assert attrs["days"] == pytest.approx(2 / 1440)
    assert attrs["saving"] == pytest.approx((0.045 + 0.02) / 1024 * 30.44 * 720)
    assert "of it cross zone" in attrs["caption"]
    assert any("no whole week" in one for one in attrs["assumptions"])
    assert not any("would be narrower" in one for one in attrs["assumptions"])
    assert all("us-east-1" in one for one in attrs["prices"])


def test_the_rest_is_counted_and_its_money_is_in_the_totals(flows):
    whole, first = data_transfer_cost(flows), data_transfer_cost(flows, top=1)
    assert (len(first), first.attrs["left_out"]) == (1, 4)
    assert first.attrs["totals"] == whole.attrs["totals"]


def test_ends_are_told_by_a_grouping(flows):
    frame = data_transfer_cost(flows, by="az")
    assert list(frame.client[:2]) == ["use1-az1", "use1-az1"]
    assert list(frame.server[:2]) == ["use1-az2", "outside"]


def test_prices_are_replaced_and_their_region_is_said(flows, tmp_path):
    entry = {"unit": "GB", "dated": "2026-01-01", "source": "ours, us-east-1", "region": "us-east-1"}
    names = ("transfer_zone", "nat_gateway_data", "transfer_out_internet", "transfer_out_region")
    path = tmp_path / "prices.json"
    path.write_text(json.dumps({"prices": [{**entry, "name": name, "tiers": [[None, 1]]} for name in names]}))
    frame = data_transfer_cost(flows, prices=path, region="eu-south-2")
    assert told(frame)["nat_gateway"] == (100, 100, 100)
    assert any("has not all prices of eu-south-2" in one for one in frame.attrs["assumptions"])
    path.write_text(json.dumps({"prices": [{**entry, "name": n, "tiers": [[None, 1]], "unit": "hour"} for n in names]}))
    with pytest.raises(PriceError, match="is a price per GB, but the table has it per hour"):
        data_transfer_cost(flows, prices=path)
    path.write_text(json.dumps({"prices": [{**entry, "name": names[0], "tiers": [[None, -1]]}]}))
    with pytest.raises(PriceError, match="costs zero or more USD, not -1"):
        data_transfer_cost(flows, prices=path)


def test_what_is_missing_or_misspelt(flows, load_lines):
    with pytest.raises(ScopeError, match="top is 0"):
        data_transfer_cost(flows, top=0)
    with pytest.raises(ScopeError, match="no grouping is called 'nmae'"):
        data_transfer_cost(flows, by="nmae")
    header, line = EVERY.splitlines()[:2]
    for name in ("bytes", "start", "dstaddr"):
        at = header.split().index(name)
        cut = "\n".join(" ".join(v for n, v in enumerate(text.split()) if n != at) for text in (header, line))
        with pytest.raises(MissingFieldError, match=name):
            data_transfer_cost(load_lines(cut))


def test_an_empty_scope_costs_nothing(flows):
    frame = data_transfer_cost(flows.narrow(dstport=9))
    assert (len(frame), frame.attrs["totals"], frame.attrs["days"]) == (0, {}, 0)
    assert "no accepted bytes in this scope" in frame.attrs["caption"]


def test_the_default_format_has_a_range_and_counts_a_gateways_legs_once(load_lines):
    v2 = [" ".join(line.split()[:13]) for line in log(*via_nat(WEB)).splitlines()]
    frame = data_transfer_cost(load_lines("\n".join(v2)))
    assert told(frame) == {"nat_gateway": (0, 4.5, 4.5), "internet_egress": (9, 9, 9), "cross_zone": (0, 0, 2)}
    assert any("the log has no traffic-path" in one for one in frame.attrs["assumptions"])


def test_growth_is_told_by_the_day(flows):
    assert transfer_growth(flows).attrs["short"].startswith("Too short to compare: 0.00069 days were logged before")
    frame = transfer_growth(flows, at=datetime.fromtimestamp(T + 60, UTC))
    assert (list(frame.client), list(frame.cause)) == (["10.0.1.2"], ["internet_egress"])
    assert (frame.usd_before[0], frame.bytes_after[0]) == (0, pytest.approx(MB * 1440))
    assert frame.usd_after[0] == pytest.approx(1440 * 30.44 * 0.09 / 1024)
    assert frame.times.isna().all()


def test_interfaces_without_an_inventory(flows):
    frame = transfer_interfaces(flows, frozenset())
    assert set(frame.interface_id) == {"eni-a", "eni-b", "eni-c", "eni-n"}
    assert frame.usd_per_month.isna().all()
    assert not frame.state.any()


def test_what_the_sample_fetches_from_s3_through_its_nat_gateway_is_found():
    frame = data_transfer_cost(fk.load("sample"))
    found = frame[frame.avoidable]
    assert set(found.client) == {"10.0.1.10", "10.0.1.11", "10.0.11.10", "10.0.2.20"}
    assert frame.attrs["saving"] == pytest.approx(48.74, abs=0.01)


@pytest.mark.parametrize("way", TARIFFS)
def test_a_tariff_is_sound(way):
    tariff = TARIFFS[way]
    assert tariff.cause in CAUSES
    assert 0 <= tariff.low <= tariff.high
    assert tariff.likely is None or tariff.low <= tariff.likely <= tariff.high
    assert bool(tariff.price) == (tariff.high > 0)
    assert tariff.why.endswith(".")


@given(
    st.lists(st.tuples(st.sampled_from(sorted(TARIFFS)), st.integers(0, 2**50)), min_size=1, max_size=8),
    st.floats(0.001, 12),
)
def test_a_price_lies_in_its_range_and_the_tiers_of_a_month_are_shared(amounts, months):
    moved = [Moved(way, "us-east-1", "us-west-2", size) for way, size in amounts]
    priced = Priced(moved, months)
    for one in moved:
        rate = priced.rate(one)
        assert 0 <= rate.low <= rate.likely <= rate.high
    out = sum(one.bytes for one in moved if one.way == "internet") / GB / months
    if out:
        paid = sum(priced.rate(one).likely * one.bytes for one in moved if one.way == "internet") / months
        assert 0.05 * out * 0.999 <= paid <= 0.09 * out * 1.001


def test_tiers_begin_where_a_month_reaches_them():
    whole = Moved("internet", "us-east-1", "", 20_480 * GB)
    assert Priced([whole], 1).rate(whole).likely * GB == pytest.approx((0.09 + 0.085) / 2)
    assert Priced([whole], 2).rate(whole).likely * GB == pytest.approx(0.09)


def test_a_pair_of_regions_may_have_a_price_of_its_own():
    near, far = (Moved("region", "us-east-1", to, GB) for to in ("us-east-2", "eu-west-1"))
    priced = Priced([near, far], 1)
    assert [round(priced.rate(one).likely * GB, 6) for one in (near, far)] == [0.01, 0.02]


def test_prices_in_words():
    rate = Priced([], 1).rate(Moved("zone", "us-east-1", "", GB))
    assert counted_price(3 * GB, TARIFFS["zone"], rate) == "3 GB x 2 x 0.01 USD"
    assert counted_price(5, TARIFFS["gateway"], rate) == "5 B, free"
    unsure = Priced([], 1).rate(Moved("nat_unknown", "us-east-1", "", GB))
    assert counted_price(GB, TARIFFS["nat_unknown"], unsure) == "1 GB x 0 to 1 x 0.045 USD"
    assert summed_price([GB, 2 * GB, 5], ["1 GB x 0.09 USD", "2 GB x 0.09 USD", "5 B, free"]) == "3 GB x 0.09 USD"
    assert summed_price([5], ["5 B, free"]) == "free"
    assert [money(one) for one in (0, 0.001, 1234.5)] == ["0.00", "below 0.01", "1,234.50"]
