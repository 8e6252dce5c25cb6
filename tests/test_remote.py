"""What Ibis cannot say to an engine in its own words: said otherwise, and with the same meaning."""

import ibis
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowkit import remote

ROWS = {"x": [3, None, 1, 10, 7], "y": [None, None, 5, 1, 8], "text": ["a.b", "c", None, "d.e", "f.g"]}
FEWER = settings(max_examples=min(settings.default.max_examples, 500))
"""Each case is two queries."""
VALUES = st.lists(st.one_of(st.none(), st.integers(-(2**50), 2**50)), min_size=1, max_size=12)


def table(**columns):
    """Return a table of columns of integers."""
    return ibis.memtable(columns, schema=dict.fromkeys(columns, "int64"))


@FEWER
@given(VALUES, st.sampled_from([0.0, 0.25, 0.5, 0.9, 1.0]))
def test_a_quantile_in_trinos_words_is_exact(values, share):
    of = table(x=values)
    own = of.aggregate(middle=of.x.cast("float64").quantile(share), some=of.x.quantile(share, where=of.x > 0))
    said = remote.spoken(own, "trino")
    assert not said.op().find(ibis.expr.operations.Quantile)
    found, expected = (list(one.to_pyarrow().to_pylist()[0].values()) for one in (said, own))
    assert [value is None for value in found] == [value is None for value in expected]
    assert [value for value in found if value is not None] == pytest.approx(
        [value for value in expected if value is not None], rel=1e-12
    )


@FEWER
@given(VALUES, VALUES)
def test_greatest_and_least_in_trinos_words_leave_null_out(some, others):
    length = min(len(some), len(others))
    of = table(x=some[:length], y=others[:length])
    own = of.select(most=ibis.greatest(of.x, of.y, 4), least=ibis.least(of.x, of.y), one=ibis.least(of.x, 4))
    said = remote.spoken(own, "athena")
    assert said.to_pyarrow().equals(own.to_pyarrow())
    assert "COALESCE" in ibis.to_sql(said, dialect="athena")


@pytest.mark.parametrize(
    ("make", "engine", "said"),
    [
        (lambda t: t.aggregate(x=t.x.bit_or(where=t.x > 1)), "pyspark", "BIT_OR"),
        (lambda t: t.select(x=t.text.split(".")[1]), "pyspark", "GET"),
        (lambda t: t.aggregate(x=t.x.bit_or()), "trino", "BITWISE_OR_AGG"),
        (lambda t: t.aggregate(x=t.x.quantile(0.5)), "duckdb", "QUANTILE_CONT"),
    ],
)
def test_a_function_is_said_by_the_engines_name(make, engine, said):
    expression = make(ibis.memtable(ROWS, schema={"x": "int64", "y": "int64", "text": "string"}))
    dialect = {"pyspark": "duckdb"}.get(engine, engine)  # Ibis writes Spark's only where that is installed
    assert f"{said}(" in ibis.to_sql(remote.spoken(expression, engine), dialect=dialect).upper()


@pytest.mark.parametrize("engine", ["duckdb", "", "pyspark"])
def test_what_needs_no_other_words_is_left_as_it_is(engine):
    expression = table(x=[1]).filter(ibis._.x > 0)
    assert remote.spoken(expression, engine) is expression
