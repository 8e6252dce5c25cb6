"""Records brought from an engine into this process, where every question can be asked."""

import ibis
import pytest

import flowkit as fk
from flowkit.errors import QueryError
from tests.engines.asked import answer, assert_same, chosen


@pytest.fixture(params=["here", pytest.param("there", marks=pytest.mark.spark)])
def far(request):
    """Return the log in another DuckDB, and in Spark."""
    return request.getfixturevalue(request.param)


@pytest.mark.parametrize("name", chosen(["conversations", "coverage"], "coverage"))
def test_what_was_brought_answers_the_same(far, here, name):
    window = {"start": "2026-03-10T08:00:00Z", "end": "2026-03-10T09:00:00Z"}
    brought = far.narrow(**window).materialise()
    assert brought.origin.records.get_backend() is not far.origin.records.get_backend()
    assert str(brought.scope) == str(far.narrow(**window).scope)
    assert_same(answer(brought, name), answer(here.narrow(**window), name))


def test_what_else_restricts_the_scope_is_kept(here):
    flows = here.narrow(action="REJECT").materialise()
    assert flows.count() == here.narrow(action="REJECT").count() < flows.surroundings.count()


def test_more_than_the_limit_is_refused_with_its_number(log_file):
    flows = fk.load(ibis.duckdb.connect().read_parquet(log_file))
    count = flows.count()
    with pytest.raises(QueryError, match=rf"{count:,} records lie in .* at most {count - 1:,}.*limit={count}\)"):
        flows.materialise(limit=count - 1)
    assert flows.materialise(limit=count).count() == count


def test_what_was_brought_of_more_is_not_brought_again(log_file):
    flows = fk.load(ibis.duckdb.connect().read_parquet(log_file))
    whole = flows.materialise()
    part = flows.narrow(action="REJECT", start="2026-03-10T08:00Z").materialise(limit=0)
    assert part.origin is whole.origin
    assert part.identities is whole.identities


def test_records_of_files_are_here_already(load_lines):
    flows = load_lines("2 123456789010 eni-0a 10.0.0.1 10.0.0.2 1 2 6 1 40 1773129600 1773129659 ACCEPT OK")
    assert flows.materialise(limit=0) is flows
