"""Athena as an engine of Ibis: it compiles as Ibis does, and asks through the client that can only read."""

import hashlib
import json
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, Final, NoReturn

import ibis.expr.operations as ops
import ibis.expr.schema as sch
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.parquet as pq
from ibis.backends.sql import SQLBackend

from flowkit.athena import answers
from flowkit.athena.asking import Asked, Asking
from flowkit.athena.catalog import Described
from flowkit.athena.inline import InlineCompiler
from flowkit.errors import QueryError
from flowkit.store import Store

_LAYOUT: Final = "athena 1"
_ANSWER: Final = "answer.parquet"


class Backend(SQLBackend):  # type: ignore[misc] # Ibis carries no types
    """One table of Athena; every question is a query there, and `asked` lists them.

    Answers are kept in a store under the text of their query, if the window is over for good: other windows may still
    get records. A store that is None keeps nothing.
    """

    name = "athena"
    compiler = InlineCompiler()

    def do_connect(self, asking: Asking, described: Described, store: Store | None) -> None:
        """Take what to ask with; nothing is asked yet."""
        self.asking, self.described, self.store = asking, described, store
        self.asked: list[Asked] = []

    def table(self, name: str, /, *, database: str | None = None) -> ir.Table:
        """Return the table by its name."""
        place = ops.Namespace(catalog=None, database=database or self.asking.database)
        return ops.DatabaseTable(name, schema=self.described.schema, source=self, namespace=place).to_expr()

    def get_schema(self, _name: str, *, catalog: str | None = None, database: str | None = None) -> sch.Schema:  # noqa: ARG002
        """Return the columns of the table."""
        return self.described.schema

    def to_pyarrow(self, expr: ir.Expr, /, *, params: Any = None, limit: Any = None, **_: Any) -> Any:  # noqa: ANN401 - as Ibis has it
        """Run a query, or take its answer from the store."""
        table = expr.as_table()
        sql = self.compile(table, params=params, limit=limit)
        return expr.__pyarrow_result__(self._answer(sql, table.schema().to_pyarrow()))

    def to_pyarrow_batches(self, expr: ir.Expr, /, *, params: Any = None, limit: Any = None, **_: Any) -> Any:  # noqa: ANN401
        """As `to_pyarrow`: answers are small."""
        return self.to_pyarrow(expr.as_table(), params=params, limit=limit).to_reader()

    def execute(self, expr: ir.Expr, /, *, params: Any = None, limit: Any = None, **_: Any) -> Any:  # noqa: ANN401
        """As `to_pyarrow`, as pandas has it."""
        table = expr.as_table()
        return expr.__pandas_result__(
            self.to_pyarrow(table, params=params, limit=limit).to_pandas(), schema=table.schema()
        )

    def _answer(self, sql: str, schema: pa.Schema) -> pa.Table:
        key = self._key(sql)
        if self.store is not None and (folder := self.store.meaning(key)) is not None:
            with suppress(pa.ArrowInvalid, OSError):  # damaged: it is asked for once more
                answer = pq.read_table(folder / _ANSWER)
                self.asked.append(Asked(sql, 0, 0.0, kept=True))
                return answer.cast(schema)
        (_, rows), asked = self.asking.ask(sql)
        self.asked.append(asked)
        answer = answers.table(rows, schema)
        if self.store is not None:
            with self.store.new_meaning(key) as partial:
                pq.write_table(answer, partial / _ANSWER)
        return answer

    def _key(self, sql: str) -> str:
        """Return what an answer is kept under: the query, where it was asked, and the table as it was then."""
        asking = self.asking
        said = [_LAYOUT, self.described.region, asking.catalog, asking.database, self.described.version, sql]
        return hashlib.sha256(json.dumps(said).encode()).hexdigest()[:32]

    def _run_pre_execute_hooks(self, expr: ir.Expr) -> None:
        """Do nothing: tables of this process are written out in the query."""

    def _get_schema_using_query(self, query: str) -> sch.Schema:
        """Ask for no row of a query of the user's own, to learn its columns."""
        (types, _), asked = self.asking.ask(f"SELECT * FROM ({query}) LIMIT 0")  # noqa: S608 - the user's own
        self.asked.append(asked)
        return sch.Schema({f"column_{n}": self.compiler.type_mapper.from_string(kind) for n, kind in enumerate(types)})

    @property
    def version(self) -> str:
        """Athena does not say it."""
        return "athena"

    def list_tables(self, *, like: str | None = None, database: str | None = None) -> Sequence[str]:  # noqa: ARG002
        """Return the table that this is for."""
        return [self.described.name]

    def create_table(self, *_: Any, **__: Any) -> NoReturn:  # noqa: ANN401
        """Refuse: flowkit only reads."""
        raise QueryError("flowkit only reads Athena: no table is made there. Make it in Athena itself.")

    create_view = drop_table = drop_view = insert = create_table
    _register_in_memory_table = create_table
