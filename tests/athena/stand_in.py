"""A stand-in for Athena that answers: its SQL is turned into DuckDB's and run on records of the tests.

moto keeps queries and the catalog but runs nothing, so these four calls are answered here.
"""

import json
from datetime import date, datetime

import boto3
import duckdb
import pyarrow as pa
import sqlglot
from sqlglot import expressions as sge

from tests.faulty import Answer, refused

REGION = "eu-central-1"


class Athena:
    """Answers queries; `sql` lists them as they came, `states` the states each goes through.

    `expired` names a call that finds the credentials expired, `refuses` is what the start of a query is refused with.
    """

    def __init__(self, aws, records, *, page=1_000, scanned=1 << 30):
        self.sql, self.stopped, self.given = [], [], []
        self.states = ["QUEUED", "RUNNING", "SUCCEEDED"]
        self.reason = self.refuses = self.expired = ""
        self.engine = duckdb.connect()
        self.engine.execute("SET TimeZone = 'UTC'; CREATE SCHEMA logs")
        for name, body in MACROS.items():
            self.engine.execute(f"CREATE MACRO {name} AS {body}")
        self.engine.register("records", records)
        self.engine.execute("CREATE TABLE logs.flows AS FROM records")
        self._page, self._scanned = page, scanned
        self._looks, self._results = {}, []
        for operation in ("StartQueryExecution", "GetQueryExecution", "GetQueryResults", "StopQueryExecution"):
            aws.on(operation, self._answer)

    def _answer(self, asked, _):
        if asked.operation == self.expired:
            return refused(400, "ExpiredTokenException")(asked, _)
        if asked.operation == "StartQueryExecution" and self.refuses:
            return refused(400, "InvalidRequestException", self.refuses)(asked, _)
        told = getattr(self, f"_{asked.operation}")(asked.json)
        return Answer(200, [("Content-Type", "application/x-amz-json-1.1")], json.dumps(told).encode())

    def _StartQueryExecution(self, asked):  # noqa: N802 - as AWS names it
        self.given.append(asked)
        self.sql.append(asked["QueryString"])
        try:
            self._results.append(self._run(asked["QueryString"]))
        except duckdb.Error as error:  # Athena takes the query, and then says what is wrong with it
            self._results.append(str(error))
        return {"QueryExecutionId": str(len(self.sql) - 1)}

    def _run(self, sql):
        found = self.engine.sql(as_duckdb(sql))
        columns = [column.to_pylist() for column in found.to_arrow_table().columns]
        return found, [found.columns, *zip(*columns, strict=True)]

    def _GetQueryExecution(self, asked):  # noqa: N802
        looks = self._looks[asked["QueryExecutionId"]] = self._looks.get(asked["QueryExecutionId"], -1) + 1
        state = self.states[min(looks, len(self.states) - 1)]
        failed = self._results[int(asked["QueryExecutionId"])]
        if isinstance(failed, str):
            return {"QueryExecution": {"Status": {"State": "FAILED", "StateChangeReason": failed}}}
        status = {"State": state} | ({"StateChangeReason": self.reason} if self.reason else {})
        statistics = {"DataScannedInBytes": self._scanned} if state != "QUEUED" else {}
        return {"QueryExecution": {"Status": status, "Statistics": statistics}}

    def _StopQueryExecution(self, asked):  # noqa: N802
        self.stopped.append(asked["QueryExecutionId"])
        return {}

    def _GetQueryResults(self, asked):  # noqa: N802
        found, rows = self._results[int(asked["QueryExecutionId"])]
        first = int(asked.get("NextToken", 0))
        cells = [
            [{"VarCharValue": text(v)} if v is not None else {} for v in row] for row in rows[first:][: self._page]
        ]
        page = [{"Data": row} for row in cells]
        kinds = [{"Name": n, "Type": str(kind).lower()} for n, kind in zip(found.columns, found.types, strict=True)]
        more = {"NextToken": str(first + self._page)} if len(rows) > first + self._page else {}
        return {"ResultSet": {"Rows": page, "ResultSetMetadata": {"ColumnInfo": kinds}}, **more}


MACROS = {
    "bitwise_left_shift(a, b)": "a << b", "bitwise_right_shift(a, b)": "a >> b", "bitwise_and(a, b)": "a & b",
    "bitwise_or(a, b)": "a | b", "bitwise_or_agg(a)": "bit_or(a)", "from_iso8601_timestamp(a)": "a::TIMESTAMPTZ",
    "to_utf8(a)": "encode(a)", "from_base(a, b)": "('0x' || a)::UBIGINT::BIGINT",
}  # fmt: skip
"""Functions of Athena that DuckDB has under another name."""


def as_duckdb(sql):
    """Return Athena's SQL as DuckDB's."""
    return sqlglot.parse_one(sql, dialect="athena").transform(as_it_is_there).sql("duckdb")


def as_it_is_there(node):
    """Return what DuckDB has for a length in 64 bits, and for Athena's REPEAT, which makes an array."""
    if isinstance(node, sge.Pad):
        node.set("expression", sge.cast(node.expression, "int"))
    if isinstance(node, sge.ArrayToString) and (repeated := node.find(sge.Repeat)):
        return repeated
    return node


def text(value):
    """Return a value as Athena's results have it."""
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}.{value.microsecond // 1000:03}" + (" UTC" if value.tzinfo else "")
    return value.isoformat() if isinstance(value, date) else str(value)


def catalogued(name, columns, keys=(), **options):
    """Put a table into the catalog of moto."""
    glue = boto3.client("glue", region_name=REGION)
    if not any(one["Name"] == "logs" for one in glue.get_databases()["DatabaseList"]):
        glue.create_database(DatabaseInput={"Name": "logs"})
    storage = {"Columns": [{"Name": n, "Type": t} for n, t in columns.items()]}
    storage["Location"] = options.pop("location", "s3://shop-flow-logs/AWSLogs/")
    given = {"Name": name, "StorageDescriptor": storage, "PartitionKeys": [{"Name": k, "Type": "string"} for k in keys]}
    glue.create_table(DatabaseName="logs", TableInput=given | options)


WINDOW = {"start": "2026-03-10T00:00Z", "end": "2026-03-11T00:00Z"}
_PROJECTED = {"projection.enabled": "true", "projection.day.type": "date", "projection.day.format": "yyyy/MM/dd"}
_KINDS = {pa.int32(): "int", pa.int64(): "bigint"}


def delivered(aws, table):
    """Put a log into a table ``logs.flows`` as Athena has it: times in epoch seconds, a partition a day."""
    days = pa.array([f"{time:%Y/%m/%d}" for time in table["start"].to_pylist()])
    for name in ("start", "end"):
        seconds = table[name].cast(pa.timestamp("s", "UTC"), safe=False).cast(pa.int64())
        table = table.set_column(table.column_names.index(name), name, seconds)
    columns = {f.name: _KINDS.get(f.type, "string") for f in table.schema}
    catalogued("flows", columns, ("day",), Parameters=_PROJECTED)
    return Athena(aws, table.append_column("day", days))
