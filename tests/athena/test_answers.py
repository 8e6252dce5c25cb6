"""Athena's text as typed columns."""

from datetime import UTC, date, datetime
from decimal import Decimal

import pyarrow as pa
import pytest

from flowkit.athena import answers
from flowkit.errors import QueryError

CELLS = [
    ("7", pa.int32(), 7),
    ("58.0", pa.int64(), 58),
    ("9007199254740993", pa.int64(), 9007199254740993),
    ("1.5E10", pa.float64(), 1.5e10),
    ("Infinity", pa.float64(), float("inf")),
    ("true", pa.bool_(), True),
    ("", pa.string(), ""),
    ("-", pa.string(), "-"),
    ("2026-03-10", pa.date32(), date(2026, 3, 10)),
    ("12.50", pa.decimal128(38, 2), Decimal("12.50")),
    ("2026-03-10 08:00:00.250", pa.timestamp("us"), datetime(2026, 3, 10, 8, 0, 0, 250_000)),  # noqa: DTZ001 - it names none
    ("2026-03-10 08:00:00.000 UTC", pa.timestamp("us", "UTC"), datetime(2026, 3, 10, 8, tzinfo=UTC)),
    ("2026-03-10 08:00:00", pa.timestamp("s", "UTC"), datetime(2026, 3, 10, 8, tzinfo=UTC)),
]  # fmt: skip


@pytest.mark.parametrize(("text", "kind", "value"), CELLS)
def test_a_cell_is_of_its_columns_type_or_null(text, kind, value):
    table = answers.table([[text], [None]], pa.schema([("a", kind)]))
    assert table["a"].to_pylist() == [value, None]


def test_no_rows_have_columns():
    assert answers.table([], pa.schema([("a", pa.int64()), ("b", pa.string())])).shape == (0, 2)


@pytest.mark.parametrize(("text", "kind"), [("many", pa.int64()), ("1.5", pa.int64()), ("x", pa.timestamp("us"))])
def test_what_is_none_of_its_type_is_a_fault(text, kind):
    with pytest.raises(QueryError, match=r"in the column a: .*report it"):
        answers.table([[text]], pa.schema([("a", kind)]))
