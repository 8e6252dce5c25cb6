"""The first ten minutes of the sample as tables of every shape that lakes have, in a DuckDB of its own."""

import ibis
import pyarrow as pa
import pytest

import flowkit as fk

WINDOW = {"start": "2026-03-10T08:00Z", "end": "2026-03-10T08:10Z"}
OLD = {
    "account_id": "account", "interface_id": "interfaceid", "srcaddr": "sourceaddress", "dstaddr": "destinationaddress",
    "srcport": "sourceport", "dstport": "destinationport", "packets": "numpackets", "bytes": "numbytes",
    "start": "starttime", "end": "endtime", "log_status": "logstatus",
}  # fmt: skip

SECURITY_LAKE = """
CREATE VIEW security_lake AS SELECT
  epoch_ms(start) AS time, start AS time_dt, start AS start_time_dt, "end" AS end_time_dt, 'eu-central-1' AS region,
  account_id AS accountid, strftime(start, '%Y%m%d') AS eventday, log_status AS status_code,
  {product: {version: CAST(version AS VARCHAR), name: 'Amazon VPC'}, version: '1.1.0'} AS metadata,
  {account: {uid: account_id}, region: region, zone: az_id, provider: 'AWS'} AS cloud,
  CASE action WHEN 'ACCEPT' THEN 1 WHEN 'REJECT' THEN 2 END AS action_id,
  {ip: coalesce(pkt_srcaddr, srcaddr), port: srcport, svc_name: pkt_src_aws_service,
   intermediate_ips: CASE WHEN pkt_srcaddr <> srcaddr THEN [srcaddr] END,
   interface_uid: CASE WHEN flow_direction = 'egress' THEN interface_id END,
   vpc_uid: CASE WHEN flow_direction = 'egress' THEN vpc_id END,
   subnet_uid: CASE WHEN flow_direction = 'egress' THEN subnet_id END,
   instance_uid: CASE WHEN flow_direction = 'egress' THEN instance_id END} AS src_endpoint,
  {ip: coalesce(pkt_dstaddr, dstaddr), port: dstport, svc_name: pkt_dst_aws_service,
   intermediate_ips: CASE WHEN pkt_dstaddr <> dstaddr THEN [dstaddr] END,
   interface_uid: CASE WHEN coalesce(flow_direction, 'ingress') = 'ingress' THEN interface_id END,
   vpc_uid: CASE WHEN coalesce(flow_direction, 'ingress') = 'ingress' THEN vpc_id END,
   subnet_uid: CASE WHEN coalesce(flow_direction, 'ingress') = 'ingress' THEN subnet_id END,
   instance_uid: CASE WHEN coalesce(flow_direction, 'ingress') = 'ingress' THEN instance_id END} AS dst_endpoint,
  {protocol_num: protocol, protocol_ver: type, tcp_flags: tcp_flags, boundary_id: coalesce(traffic_path + 3, 99),
   direction: CASE flow_direction WHEN 'ingress' THEN 'Inbound' WHEN 'egress' THEN 'Outbound' ELSE 'Unknown' END
  } AS connection_info,
  {packets: packets, bytes: bytes} AS traffic
FROM records
"""


@pytest.fixture(scope="session")
def sample():
    return fk.load("sample").narrow(**WINDOW)


@pytest.fixture(scope="session")
def lake(sample):
    """Return an engine with the same records in tables of several shapes."""
    made = ibis.duckdb.connect()
    made.raw_sql("SET TimeZone = 'UTC'")
    rows = pa.concat_tables([sample.table.to_pyarrow(), sample.status_records.to_pyarrow()], promote_options="default")
    made.create_table("records", ibis.memtable(rows))
    named = {
        name: f'epoch("{name}")::BIGINT' if name in ("start", "end") else f'"{name}"' for name in rows.column_names
    }
    text = {name: f"coalesce(CAST({value} AS VARCHAR), '-')" for name, value in named.items()}
    views = {
        "parquet": _listed(named),
        "text": _listed(text) + ", strftime(start, '%Y/%m/%d') AS day, account_id AS aws_account_id",
        "dashed": _listed({name.replace("_", "-"): value for name, value in text.items()}),
        "old_names": _listed({OLD.get(name, name): value for name, value in named.items()}) + ", start::DATE AS date",
    }
    for view, columns in views.items():
        made.raw_sql(f"CREATE VIEW {view} AS FROM records SELECT {columns}")
    made.raw_sql(SECURITY_LAKE)
    return made


def _listed(columns):
    return ", ".join(f'{value} AS "{name}"' for name, value in columns.items())
