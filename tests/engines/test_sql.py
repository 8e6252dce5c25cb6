"""Every question as SQL of Athena and of Trino: compiled, parsed, and of functions that they have."""

import ibis
import pytest

from flowkit import analysis, playbooks, remote
from tests.engines.asked import ARGUMENTS, NEEDED, PLAYBOOKS, WITHOUT_FLOWS, answer
from tests.engines.functions import HAVE, called

DIALECTS = ("athena", "trino")


@pytest.fixture
def asked(monkeypatch):
    """Return a list that gets every expression that an engine is asked."""
    expressions, real = [], remote.spoken

    def spoken(expression, engine):
        expressions.append(expression)
        return real(expression, engine)

    monkeypatch.setattr(remote, "spoken", spoken)
    yield expressions
    assert expressions, "the engine was asked nothing"


def assert_taken(expressions):
    for dialect in DIALECTS:
        for expression in expressions:
            sql = ibis.to_sql(remote.spoken(expression, dialect), dialect=dialect)
            assert called(sql, dialect) <= HAVE


def test_every_analysis_has_its_arguments():
    assert {*ARGUMENTS, *NEEDED, *WITHOUT_FLOWS} == set(analysis.__all__)


@pytest.mark.parametrize("name", ["beacons", *sorted({*ARGUMENTS} - {"beacons", "holders", "logging_gaps"})])
def test_an_analysis_is_sql_of_functions_they_have(here, asked, name):
    answer(here, name)
    assert_taken(list(asked))


@pytest.mark.parametrize("name", ["connectivity", *sorted({*PLAYBOOKS} - {"connectivity"})])
def test_a_playbook_is_sql_of_functions_they_have(here, asked, name):
    playbooks.run(name, here, **PLAYBOOKS[name])
    assert_taken(list(asked))


@pytest.mark.parametrize(
    ("sql", "functions"),
    [
        ('SELECT "sum"("x") FROM "t"', set()),
        ("SELECT SUM(x) FILTER (WHERE y IN (1, 2)) FROM t", {"sum"}),
        ("SELECT TIME_BUCKET(INTERVAL '1' HOUR, x), 'f(x)' FROM t", {"time_bucket"}),
    ],
)
def test_functions_are_found(sql, functions):
    assert called(sql, "trino") == functions
