"""Work out what a question scans of a Parquet table in Athena: ``python -m benchmarks.scanned FOLDER``.

Calculated, not measured there: every analysis is asked of a table in DuckDB as Athena would be asked, its SQL is
compiled for Athena, and the columns that each mention of the table reads are counted. What a column holds per record is
measured: the logs of FOLDER written as Parquet with gzip, as AWS delivers it. What needs conversations is counted and
brought, once for all such questions. Kept in results/scanned.json.
"""

import json
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import ibis
import sqlglot
from sqlglot.optimizer import pushdown_projections, qualify
from sqlglot.optimizer.scope import traverse_scope

import flowkit as fk
from benchmarks.logs import HOST
from benchmarks.running import ROOT, empty_folder
from benchmarks.scale_spark import to_parquet
from flowkit import remote

KEPT = ROOT / "benchmarks" / "results" / "scanned.json"
TABLE = "logs"
OTHER = "10.1.0.11"
QUESTIONS: dict[str, Callable[[Any], object]] = {
    "count": lambda flows: flows.count(),
    "records of one host": lambda flows: flows.narrow(address=HOST).to_pandas(),
    "summary": fk.analysis.summary,
    "coverage": fk.analysis.coverage,
    "reject_timeline": fk.analysis.reject_timeline,
    "top_talkers as logged": lambda flows: fk.analysis.top_talkers(flows, count="as_logged"),
    "did_talk": lambda flows: fk.analysis.did_talk(flows, HOST, OTHER),
    "fk.plan(flows)": fk.plan,
    "to bring all records": lambda flows: flows.materialise(limit=sys.maxsize),
}


@contextmanager
def listening(lake: Any) -> Iterator[list[Any]]:  # noqa: ANN401 - Ibis's
    """Give a list that gets every expression the engine is asked; it takes no steps, as Athena does not."""
    asked: list[Any] = []
    real = {name: getattr(lake, name) for name in ("execute", "to_pyarrow", "to_pyarrow_batches")}
    takes = remote.takes_steps

    def heard(name: str) -> Callable[..., Any]:
        def ask(expression: Any, /, **options: Any) -> Any:  # noqa: ANN401 - as above
            asked.append(expression.as_table())
            return real[name](expression, **options)

        return ask

    for name in real:
        setattr(lake, name, heard(name))
    remote.takes_steps = lambda _backend: False  # there is no Athena to say so itself
    try:
        yield asked
    finally:
        remote.takes_steps = takes
        for name in real:
            delattr(lake, name)


def read(sql: str, schema: dict[str, dict[str, str]]) -> Counter[str]:
    """Return the columns that a query reads of the table, each as often as the table is scanned for it."""
    tree = qualify.qualify(sqlglot.parse_one(sql, dialect="athena"), schema=schema, dialect="athena")
    tree = pushdown_projections.pushdown_projections(tree)
    columns: Counter[str] = Counter()
    for scope in traverse_scope(tree):
        for alias, source in scope.sources.items():
            if isinstance(source, sqlglot.exp.Table) and source.name == TABLE:
                columns.update({column.name for column in scope.columns if column.table == alias})
                columns[""] += 1
    return columns


def answered(table: Any, question: Callable[[Any], object], schema: dict[str, dict[str, str]]) -> dict[str, Any]:  # noqa: ANN401
    """Return what a question scans."""
    with listening(table.get_backend()) as asked:
        question(fk.load(table))
    queries = [read(ibis.to_sql(remote.spoken(expression, "athena"), dialect="athena"), schema) for expression in asked]
    columns = sum(queries, Counter())
    return {
        "queries": sum(1 for one in queries if one[""]),
        "scans": columns.pop("", 0),
        "columns": dict(sorted(columns.items())),
    }


def main(folder: str) -> None:
    """Work it out, print, keep."""
    import pyarrow.parquet as pq

    with empty_folder() as work:
        files = to_parquet(Path(folder), work, compression="gzip")
        held: Counter[str] = Counter()
        records = 0
        for file in files:
            whole = pq.ParquetFile(file).metadata
            records += whole.num_rows
            for number in range(whole.num_row_groups):
                group = whole.row_group(number)
                for column in map(group.column, range(group.num_columns)):
                    held[column.path_in_schema] += column.total_compressed_size
        table = ibis.duckdb.connect().read_parquet([str(file) for file in files], table_name=TABLE)
        schema = {TABLE: {name: str(kind) for name, kind in table.schema().items()}}
        found = {name: answered(table, question, schema) for name, question in QUESTIONS.items()}
    text = sum(file.stat().st_size for file in Path(folder).glob("*.gz"))
    per_record = {name: size / records for name, size in sorted(held.items())}
    kept = {"records": records, "text_bytes": text / records, "parquet_bytes": sum(per_record.values())}
    for of in found.values():
        of["bytes"] = sum(per_record[name] * times for name, times in of["columns"].items())
    kept |= {"columns": per_record, "questions": found}
    KEPT.write_text(json.dumps(kept, indent=2) + "\n", encoding="utf-8")
    for name, one in found.items():
        print(name, one)


if __name__ == "__main__":
    main(*sys.argv[1:])
