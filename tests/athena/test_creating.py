"""The CREATE TABLE statement: its columns and folders are the flow log's own, and it is nothing but SQL."""

import re
from datetime import date
from itertools import product

import pytest
import sqlglot
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import expressions as sge

from flowkit import fields
from flowkit.athena import Delivery, ddl
from flowkit.errors import FlowkitError, SourceError
from flowkit.formats import DEFAULT, LogFormat

WITH_REGION = LogFormat.parse(
    "srcaddr region dstaddr protocol bytes start end pkt-dst-aws-service encryption-status v12"
)
HIVE = "aws-account-id=111122223333/aws-service=vpcflowlogs/aws-region=eu-central-1/"
HOMES = {"accounts": ("111122223333", "444455556666"), "regions": ("eu-central-1",)}


def delivery(**options):
    return Delivery(**{"bucket": "flow-logs", "log_format": DEFAULT, **HOMES, **options})


def parsed(statement):
    """Return columns, partition columns and properties, as Athena's own grammar and Hive's read them."""
    (create,) = sqlglot.parse(statement, dialect="hive")
    assert sqlglot.parse(statement, dialect="athena")[0] is not None
    assert isinstance(create, sge.Create)
    columns = {one.name: one.kind.sql("hive").lower() for one in create.this.expressions}
    partitions = create.find(sge.PartitionedByProperty).this.expressions
    properties = {one.name: one.text("value") for one in create.find_all(sge.Property) if type(one) is sge.Property}
    return columns, [one.name for one in partitions], properties


@pytest.mark.parametrize(("parquet", "hive", "hourly"), list(product((False, True), repeat=3)))
def test_each_way_of_delivery_is_sql_and_each_partition_is_projected(parquet, hive, hourly):
    statement = ddl(delivery(log_format=WITH_REGION, parquet=parquet, hive=hive, hourly=hourly), database="logs")
    columns, partitions, properties = parsed(statement)
    assert list(columns) == list(WITH_REGION.columns)
    assert not set(columns) & set(partitions)
    template = properties["storage.location.template"]
    assert re.findall(r"\$\{(\w+)\}", template) == partitions
    assert {f"projection.{name}.type" for name in partitions} <= set(properties)
    assert ("hour" in partitions) == hourly
    assert ("skip.header.line.count" in properties) != parquet
    assert ("NULL DEFINED AS '-'" in statement) != parquet


@pytest.mark.parametrize(
    ("layout", "folder"),
    [
        ({}, "111122223333/vpcflowlogs/eu-central-1/2026/03/10/"),
        ({"hourly": True}, "111122223333/vpcflowlogs/eu-central-1/2026/03/10/08/"),
        (
            {"hive": True},
            HIVE + "year=2026/month=03/day=10/",
        ),
        (
            {"hive": True, "hourly": True},
            HIVE + "year=2026/month=03/day=10/hour=08/",
        ),
    ],
)
def test_the_folders_are_those_aws_writes(layout, folder):
    _, partitions, properties = parsed(ddl(delivery(prefix="network/prod", **layout)))
    values = {"aws_account_id": "111122223333", "aws_region": "eu-central-1", "hour": "08"}
    values |= {"year": "2026", "month": "03", "day": "10"} if "year" in partitions else {"day": "2026/03/10"}
    place = re.sub(r"\$\{(\w+)\}", lambda found: values[found[1]], properties["storage.location.template"])
    assert place == f"s3://flow-logs/network/prod/AWSLogs/{folder}"


def test_columns_have_the_types_of_the_files():
    columns, _, _ = parsed(ddl(delivery(log_format=LogFormat(tuple(f.column for f in fields.FIELDS)))))
    by_type = {kind: {name for name, of in columns.items() if of == kind} for kind in set(columns.values())}
    assert set(by_type) == {"int", "bigint", "string"}
    lost = {name for name in columns if name.startswith("packets_lost")}
    assert by_type["bigint"] == {"packets", "bytes", "start", "end", *lost}
    assert by_type["int"] == {
        "version", "srcport", "dstport", "protocol", "tcp_flags", "traffic_path", "encryption_status",
    }  # fmt: skip


def test_days_and_those_that_deliver():
    _, _, properties = parsed(ddl(delivery(since=date(2026, 3, 1))))
    assert properties["projection.day.range"] == "2026/03/01,NOW"
    assert properties["projection.aws_account_id.values"] == "111122223333,444455556666"
    _, _, properties = parsed(ddl(delivery(accounts=(), hive=True, since=date(2026, 3, 1))))
    assert properties["projection.aws_account_id.type"] == "injected"
    assert "projection.aws_account_id.values" not in properties
    assert properties["projection.year.range"] == "2026,2099"


@pytest.mark.parametrize(
    "options",
    [
        {"bucket": "it's"}, {"bucket": "b"}, {"bucket": "Upper"}, {"bucket": "a/b"}, {"bucket": ""},
        {"prefix": "a'b"}, {"prefix": "a b"}, {"prefix": "${day}"}, {"prefix": "a\nb"}, {"prefix": "x/AWSLogs/y"},
        {"accounts": ("12345678901",)}, {"accounts": ("11112222333x",)}, {"accounts": ("",)},
        {"regions": ("eu'; DROP TABLE flows",)}, {"regions": ("Frankfurt",)},
    ],
)  # fmt: skip
def test_what_no_bucket_prefix_account_or_region_can_be_is_refused(options):
    with pytest.raises(SourceError, match=r"(Write it like|Name only) .*"):
        delivery(**options)


@pytest.mark.parametrize("name", ["my-table", "Table", "a`b", "", "1st", "x" * 256, "a.b"])
@pytest.mark.parametrize("of", ["table", "database"])
def test_a_name_that_athena_does_not_take_is_refused(name, of):
    with pytest.raises(SourceError, match="is no name that Athena takes"):
        ddl(delivery(), **{of: name})


_SOME = st.text(st.sampled_from("ab_-/'`${}();\\ \n\x1b"), max_size=8)


@given(_SOME, _SOME, _SOME)
def test_whatever_is_given_the_statement_is_one_or_none(prefix, name, field):
    try:
        statement = ddl(delivery(prefix=prefix, log_format=LogFormat.parse(f"srcaddr {field}")), table=name)
    except FlowkitError:
        return
    assert len(sqlglot.parse(statement, dialect="hive")) == 1
    assert parsed(statement)[2]["storage.location.template"].startswith("s3://flow-logs/")
