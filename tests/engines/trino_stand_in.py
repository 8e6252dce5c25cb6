"""A stand-in for Trino: its own client speaks to it, and its SQL is turned into DuckDB's and run there.

Of the protocol ("Trino client REST API", Trino documentation) what a client needs: a statement is taken, its pages are
fetched one by one, and it is cancelled by DELETE.
"""

import json
import re
from concurrent.futures import Future, ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

import duckdb
import sqlglot

from tests.athena.stand_in import MACROS, as_it_is_there, text

ENDLESS = "endless"
"""A query that names it runs until it is cancelled."""
_PAGE = 1_000
_A_WHILE = 0.5
"""Seconds that a client waits for a page; then it is told to come again."""


class Trino:
    """Answers on 127.0.0.1; `sql` lists the queries as they came, `cancelled` the numbers of those that were."""

    def __init__(self, records):
        self.sql, self.cancelled, self.begun = [], set(), Event()
        self._answers, self._one_by_one = [], ThreadPoolExecutor(1)
        self._engine = duckdb.connect(":memory:", config={"threads": 1})
        self._engine.execute("SET TimeZone = 'UTC'")
        for name, body in MACROS.items():
            self._engine.execute(f"CREATE MACRO {name} AS {body}")
        self._engine.register("records", records)
        self._engine.execute(f"CREATE TABLE flows AS FROM records; CREATE TABLE {ENDLESS} AS SELECT 1::BIGINT AS n")
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.port = self._server.server_address[1]
        Thread(target=self._server.serve_forever, daemon=True).start()

    def close(self):
        """Answer no more."""
        self._server.shutdown()
        self._server.server_close()
        self._one_by_one.shutdown()

    def taken(self, sql):
        """Take a query, and return its first answer, which holds no rows."""
        endless = re.search(rf"FROM\s.*{ENDLESS}", sql)
        self.sql.append(sql)
        self._answers.append(Future() if endless else self._one_by_one.submit(self._run, sql))
        return self._told(len(self._answers) - 1, 0)

    def _run(self, sql):
        try:
            found = self._engine.sql(sqlglot.parse_one(sql, dialect="trino").transform(as_it_is_there).sql("duckdb"))
            columns = [_column(name, str(kind)) for name, kind in zip(found.columns, found.types, strict=True)]
            arrays = [column.to_pylist() for column in found.to_arrow_table().columns]
            return columns, [[_plain(value) for value in row] for row in zip(*arrays, strict=True)]
        except duckdb.Error as error:
            return str(error)

    def _told(self, number, page, **more):
        here = f"http://127.0.0.1:{self.port}"
        answer = {"id": str(number), "infoUri": here, "stats": {"state": "RUNNING"}, "warnings": []}
        return answer | {"nextUri": f"{here}/v1/statement/{number}/{page}"} | more

    def page(self, number, page):
        """Return a page of a query's rows, or what is wrong with it."""
        last = {"nextUri": None}
        if number in self.cancelled:
            return self._told(number, 0, error=_error("Query was canceled"), **last)
        try:
            found = self._answers[number].result(timeout=_A_WHILE)
        except TimeoutError:
            self.begun.set()
            return self._told(number, page)
        if isinstance(found, str):
            return self._told(number, 0, error=_error(found), **last)
        columns, rows = found
        more = {} if len(rows) > (page + 1) * _PAGE else last
        return self._told(number, page + 1, columns=columns, data=rows[page * _PAGE : (page + 1) * _PAGE], **more)


def _error(message):
    return {"message": message, "errorCode": 1, "errorName": "GENERIC", "errorType": "USER_ERROR"}


_KINDS = {
    "TIMESTAMP WITH TIME ZONE": "timestamp(3) with time zone", "TIMESTAMP": "timestamp(3)", "HUGEINT": "decimal(38,0)",
    "UBIGINT": "decimal(20,0)", "UINTEGER": "bigint", "USMALLINT": "integer", "UTINYINT": "smallint", "FLOAT": "real",
}  # fmt: skip
"""Trino's types of which the name is another than DuckDB's."""


def _column(name, kind):
    kind = _KINDS.get(kind, kind.lower())
    raw, numbers = re.sub(r"\(.*?\)", "", kind), re.findall(r"\d+", kind)
    arguments = [{"kind": "LONG", "value": int(number)} for number in numbers]
    return {"name": name, "type": kind, "typeSignature": {"rawType": raw, "arguments": arguments}}


def _plain(value):
    return value if value is None or isinstance(value, bool | int | float) else text(value)


def _handler(trino):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            sql = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer(trino.taken(sql))

        def do_GET(self):
            self._answer(trino.page(*map(int, self.path.split("/")[-2:])))

        def do_DELETE(self):
            trino.cancelled.add(int(self.path.split("/")[-2]))
            self.send_response(204)
            self.end_headers()

        def _answer(self, told):
            body = json.dumps(told).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_):
            """Say nothing."""

    return Handler
