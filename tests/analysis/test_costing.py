"""logging_cost: lines and bytes as the log has them, by the time that was logged, at dated prices, as a range."""

import json

import pandas as pd
import pytest

import flowkit as fk
from flowkit.analysis import logging_cost
from flowkit.analysis.delivered import delivered
from flowkit.aws.prices import GB
from flowkit.errors import MissingFieldError, PriceError, ScopeError
from flowkit.inventory import FlowLog, Interface, Snapshot

HEADER = "version interface-id srcaddr dstaddr bytes start end action log-status"
LINES = """
2 eni-a 10.0.0.1 10.0.0.2 1000 1773129600 1773129650 ACCEPT OK
2 eni-a 10.0.0.1 10.0.0.2 1000 1773129660 1773129710 REJECT OK
2 eni-b 2001:db8::1 2001:db8::2 7 1773129600 1773129650 ACCEPT OK
2 eni-b - - - 1773129660 1773129719 - NODATA
2 eni-b - - - 1773129660 1773129719 - SKIPDATA
"""
MINUTES = 2  # 08:00 and 08:01
PER_DAY = 24 * 60 / MINUTES
KINDS = {"ACCEPT": (0, 2), "REJECT": (1,), "status": (3, 4)}


def text(*numbers):
    """Return the bytes of lines, by their numbers, line ends included."""
    lines = LINES.strip().split("\n")
    return sum(len(lines[number]) + 1 for number in numbers)


def row(frame, traffic_type, destination="s3_text"):
    return frame.set_index(["traffic_type", "destination"]).loc[(traffic_type, destination)]


@pytest.fixture(scope="module")
def flows(load_lines):
    return load_lines(HEADER + LINES)


@pytest.fixture(scope="module")
def cost(flows):
    return logging_cost(flows)


def test_a_row_per_choice(cost):
    pairs = list(zip(cost.traffic_type, cost.destination, strict=True))
    assert len(pairs) == len(set(pairs)) == 3 * 5
    assert pairs[:2] == [("ALL", "cloudwatch"), ("ALL", "cloudwatch_ia")]


@pytest.mark.parametrize(
    ("traffic_type", "lines"),
    [("ALL", (0, 1, 2, 3, 4)), ("REJECT", (1, 3, 4)), ("ACCEPT", (0, 2, 3, 4))],
)
def test_lines_are_counted_and_measured_by_the_minutes_that_were_logged(cost, traffic_type, lines):
    in_s3, in_group = row(cost, traffic_type), row(cost, traffic_type, "cloudwatch")
    assert in_s3.records_per_day == len(lines) * PER_DAY
    assert in_s3.gb_per_day * GB == pytest.approx(text(*lines) * PER_DAY)
    assert in_group.gb_per_day * GB == pytest.approx((text(*lines) - len(lines)) * PER_DAY)  # events have no line end


@pytest.mark.parametrize(
    ("destination", "usd"), [("cloudwatch_ia", 0.25), ("s3_text", 0.25), ("s3_parquet", 0.28), ("firehose", 0.25)]
)
def test_what_a_month_costs(cost, destination, usd):
    found = row(cost, "ALL", destination)
    assert found.usd_per_month == pytest.approx(found.gb_per_day * 30.44 * usd)
    assert found.usd_per_day == pytest.approx(found.usd_per_month / 30.44)


def test_a_filtered_flow_log_may_have_no_nodata_lines_or_many(cost):
    found, price = row(cost, "REJECT", "firehose"), 0.25 * 30.44 / GB
    assert found.low == pytest.approx(text(1) * PER_DAY * price)
    assert found.usd_per_month == pytest.approx(text(1, 3, 4) * PER_DAY * price)
    stored = row(cost, "REJECT")
    assert stored.low < stored.usd_per_month + stored.storage_usd_per_month <= stored.high
    assert stored.high <= row(cost, "ALL").high


def test_what_is_billed_for_an_event_is_a_range(cost):
    found = row(cost, "ALL", "cloudwatch")
    events = (text(0, 1, 2, 3, 4) + 5 * 25) * PER_DAY / GB
    assert found.high == pytest.approx(events * 30.44 * 0.5 + events * 30 * 0.03)


def test_storage_is_for_as_long_as_it_is_kept(flows, cost):
    longer = logging_cost(flows, retention_days=300)
    for destination in ("cloudwatch", "s3_text", "s3_parquet"):
        short, long = (row(frame, "ALL", destination).storage_usd_per_month for frame in (cost, longer))
        assert long == pytest.approx(10 * short)
    assert row(cost, "ALL", "firehose")[["storage_usd_per_month", "high"]].isna().all()
    parquet, plain = (row(cost, "ALL", name).storage_usd_per_month for name in ("s3_parquet", "s3_text"))
    assert parquet == pytest.approx(0.8 * plain)


def test_what_each_choice_blinds(cost):
    assert row(cost, "ALL").blinds == ""
    assert "blind: exfiltration, flood, cost" in row(cost, "REJECT").blinds
    assert "wrong unless it is known: connectivity" in row(cost, "ACCEPT").blinds


def test_what_it_stands_on_is_told(cost):
    told = " ".join(cost.attrs["assumptions"])
    for words in (
        "as of 2025-10-28", "second-hand", "2**30 B", "30.44 days", "Tiers start at zero", "two flow logs",
        "before compression", "26 B more", "no whole week", "Stored for 30 days", "No region was given",
    ):  # fmt: skip
        assert words in told
    assert cost.attrs["measured"].startswith("Measured: 5 lines of")
    assert "from 2026-03-10 08:00Z to 2026-03-10 08:02Z" in cost.attrs["measured"]
    assert cost.attrs["scale"] == pytest.approx(PER_DAY)
    assert cost.attrs["days"] == pytest.approx(MINUTES / 1440)
    assert "CloudWatch Logs: ALL" in cost.attrs["caption"]


def test_a_gap_is_no_silence(load_lines, cost):
    later = "\n".join(
        line.replace("17731296", "17732160").replace("17731297", "17732161") for line in LINES.split("\n")
    )
    both = load_lines(HEADER + LINES.rstrip() + later)  # the same once more, a day later
    found = logging_cost(both)
    assert found.attrs["days"] == pytest.approx(2 * MINUTES / 1440)
    assert row(found, "ALL").records_per_day == row(cost, "ALL").records_per_day


def test_an_interface_with_gaps_makes_a_range(load_lines):
    lines = LINES.replace(
        "eni-b 2001:db8::1 2001:db8::2 7 1773129600 1773129650", "eni-c 10.0.0.9 10.0.0.1 7 1773129600 1773129650"
    )
    found = row(logging_cost(load_lines(HEADER + lines)), "ALL")
    assert found.high > 1.3 * (found.usd_per_month + found.storage_usd_per_month)  # eni-b and eni-c, a minute each


@pytest.mark.parametrize(
    "scope", [{"action": "REJECT"}, {"srcaddr": "10.0.0.1"}, {"protocol": None, "address": "10.0.0.2"}]
)
def test_only_window_and_resources_of_the_scope_count(flows, cost, scope):
    scope = {key: value for key, value in scope.items() if value}
    assert logging_cost(flows.narrow(**scope)).equals(cost)


def test_an_interface_of_the_scope_is_counted_alone(flows):
    assert row(logging_cost(flows.narrow(interface_id="eni-a")), "ALL").records_per_day == 2 * PER_DAY


def test_mixed_formats_are_measured_each_in_its_own(tmp_path):
    (tmp_path / "one.log").write_text(HEADER + LINES)
    (tmp_path / "two.log").write_text(
        "interface-id srcaddr dstaddr start end\neni-z 1.1.1.1 1.1.1.2 1773129600 1773129650\n"
    )
    found = delivered(fk.load(tmp_path))
    assert found.lines.text.sum() == text(0, 1, 2, 3, 4) + len("eni-z 1.1.1.1 1.1.1.2 1773129600 1773129650\n")


def test_tags_are_measured_as_they_are_delivered(load_lines):
    line = "eni-a 10.0.0.1 10.0.0.2 1773129600 1773129650 a%20b%2Fc %2D -"
    header = "interface-id srcaddr dstaddr start end instance-tag interface-tag asg-tag"
    assert delivered(load_lines(f"{header}\n{line}")).lines.text.sum() == len(line) + 1


def test_the_sample_adds_up_to_what_its_files_hold():
    found = delivered(fk.load("sample"))
    assert (found.lines.lines.sum(), found.lines.text.sum()) == (55_932, 13_458_536)  # zcat | grep -v version | wc
    assert found.logged == 6 * 60
    assert found.packed == pytest.approx(906_046 / 13_458_536, rel=0.01)


@pytest.mark.parametrize(
    ("lines", "unknown"), [((0, 2), {"ALL", "REJECT"}), ((1,), {"ALL", "ACCEPT"}), ((3,), {"ALL", "ACCEPT", "REJECT"})]
)
def test_what_no_record_tells_of_is_not_known(load_lines, lines, unknown):
    kept = [LINES.strip().split("\n")[number] for number in lines]
    found = logging_cost(load_lines("\n".join([HEADER, *kept])))
    assert set(found[found.usd_per_month.isna()].traffic_type) == unknown
    assert all(f"No {kind} record was loaded" in " ".join(found.attrs["assumptions"]) for kind in unknown - {"ALL"})
    assert f"{max(unknown)} not known" in found.attrs["caption"]


def test_where_flow_logs_record_all_none_rejected_means_none(load_lines):
    known = Snapshot(
        interfaces=(Interface(interface_id="eni-a", vpc_id="vpc-1"),),
        flow_logs=(FlowLog(flow_log_id="fl-1", resource_id="vpc-1", traffic_type="ALL", status="ACTIVE"),),
    )
    flows = load_lines("\n".join([HEADER, LINES.strip().split("\n")[0]]), inventory=known)
    assert row(logging_cost(flows), "ALL").records_per_day == 1440
    assert row(logging_cost(flows), "REJECT").low == 0


def test_where_some_record_rejects_only_the_rest_is_at_least_this(load_lines):
    logs = (("eni-a", "ALL"), ("eni-b", "REJECT"))
    known = Snapshot(
        interfaces=tuple(Interface(interface_id=name) for name, _ in logs),
        flow_logs=tuple(FlowLog(flow_log_id="fl", resource_id=n, traffic_type=t, status="ACTIVE") for n, t in logs),
    )
    found = logging_cost(load_lines(HEADER + LINES, inventory=known))
    assert [pd.isna(row(found, kind).high) for kind in ("ALL", "REJECT", "ACCEPT")] == [True, False, True]
    assert "1 of the interfaces measured do not record ACCEPT" in " ".join(found.attrs["assumptions"])
    assert "ALL at least" in found.attrs["caption"]


def test_another_interval_widens_the_range(flows, cost):
    other = logging_cost(flows, interval=600)
    now, then = row(cost, "ALL", "firehose"), row(other, "ALL", "firehose")
    assert then.usd_per_month == now.usd_per_month
    assert then.low == pytest.approx(now.low / 10)
    assert "Observed at 60 s, asked for 600 s" in " ".join(other.attrs["assumptions"])


class Audited:
    """Something audited, as `fk.audit` returns it: its snapshot is what counts here."""

    snapshot = Snapshot(interfaces=tuple(Interface(interface_id=f"eni-{name}") for name in "abcd"))


@pytest.mark.parametrize("what", [Audited(), Audited.snapshot])
def test_interfaces_not_measured_are_taken_for_the_median_one(flows, cost, what):
    found = logging_cost(what, flows=flows)  # c and d are not in the flows; a has 2 lines, b has 3
    assert row(found, "ALL").records_per_day == (5 + 2 * 2.5) * PER_DAY
    assert row(found, "ALL").low == row(cost, "ALL").low
    assert row(found, "ALL", "cloudwatch").high > row(cost, "ALL", "cloudwatch").high
    assert "2 interfaces of the inventory are not in the flows" in " ".join(found.attrs["assumptions"])


def test_a_rate_that_was_given():
    found = logging_cost(Audited(), records_per_day=1000, bytes_per_record=200)
    assert row(found, "ALL").gb_per_day * GB == pytest.approx(4 * 1000 * 200)
    assert found.attrs["caption"].startswith("USD a month")
    assert "4 interfaces at 1,000 records a day each, as given, and 200 B a record" in found.attrs["caption"]
    assert row(found, "REJECT")[["usd_per_month", "low", "high"]].isna().all()
    wide = row(logging_cost(Audited(), records_per_day=1000), "ALL", "firehose")
    assert wide.low == pytest.approx(4 * 1000 * 98 / GB * 30.44 * 0.25)


def test_nothing_logged_is_told(flows):
    found = logging_cost(flows.narrow(start="2026-03-11T00:00Z", end="2026-03-12T00:00Z"))
    assert found.empty
    assert list(found.columns) == list(logging_cost(flows).columns)
    assert "no rate can be measured" in found.attrs["caption"]


def test_prices_are_of_the_region_and_file_given(flows, tmp_path):
    assert "no price of eu-west-3: those of us-east-1" in " ".join(
        logging_cost(flows, region="eu-west-3").attrs["assumptions"]
    )
    mine = tmp_path / "mine.json"
    names = ("vended_cloudwatch", "vended_cloudwatch_ia", "vended_s3", "vended_firehose", "parquet_conversion")
    entries = [
        {
            "name": name,
            "region": "eu-west-3",
            "unit": "GB",
            "tiers": [[None, 1]],
            "dated": "2026-11-01",
            "source": "us",
            "checked": True,
        }
        for name in (*names, "cloudwatch_storage", "s3_storage")
    ]
    mine.write_text(json.dumps({"prices": entries}))
    found = logging_cost(flows, region="eu-west-3", prices=mine)
    assert row(found, "ALL").usd_per_month == pytest.approx(row(found, "ALL").gb_per_day * 30.44)
    assert "second-hand" not in " ".join(found.attrs["assumptions"])
    with pytest.raises(PriceError, match="not for us-east-1"):
        logging_cost(flows, prices=mine)


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"retention_days": -1}, "retention_days is zero or more"),
        ({"retention_days": float("nan")}, "retention_days is zero or more"),
        ({"interval": 61}, "interval is 60 or 600"),
        ({"records_per_day": 5}, "one thing tells how much"),
    ],
)
def test_what_cannot_be_is_refused(flows, options, told):
    with pytest.raises(ScopeError, match=told):
        logging_cost(flows, **options)


@pytest.mark.parametrize(
    ("what", "options", "told"),
    [
        ("sample", {}, "takes flows, an audit or a snapshot, not str"),
        (Audited(), {}, "Give flows="),
        (Audited(), {"records_per_day": -5}, "records_per_day is zero or more"),
        (Audited(), {"records_per_day": 5, "bytes_per_record": float("inf")}, "bytes_per_record is zero or more"),
    ],
)
def test_what_tells_no_rate_is_refused_with_the_next_step(what, options, told):
    with pytest.raises(ScopeError, match=told):
        logging_cost(what, **options)


def test_a_log_without_times_has_no_rate(load_lines):
    with pytest.raises(MissingFieldError, match="start"):
        logging_cost(load_lines("srcaddr dstaddr action\n10.0.0.1 10.0.0.2 ACCEPT"))


def test_a_table_of_an_engine_is_measured_too(flows):
    assert delivered(fk.load(flows.table)).lines.lines.sum() == 3


def test_it_is_found_at_the_top():
    assert fk.logging_cost is logging_cost
