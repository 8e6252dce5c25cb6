"""A live Athena or Trino that environment variables name: the questions asked there, and of the records brought here.

``FLOWKIT_TRINO`` is a connection of Ibis (``trino://user@host:8080/catalog/schema``), ``FLOWKIT_TRINO_TABLE`` a table;
``FLOWKIT_ATHENA`` is a place (``athena://database/table``). ``FLOWKIT_LIVE_WINDOW`` says the window: ``start/end``.
"""

import os

import ibis
import pytest

import flowkit as fk
from flowkit import analysis
from flowkit.errors import QueryError
from tests.engines.asked import assert_same

pytestmark = pytest.mark.live
QUESTIONS = {
    "coverage": {},
    "reject_timeline": {},
    "summary": {},
    "top_talkers": {"count": "as_logged"},
    "traffic_timeline": {"count": "as_logged"},
}
"""What takes no conversations."""


@pytest.fixture(params=["FLOWKIT_TRINO", "FLOWKIT_ATHENA"], scope="module")
def far(request):
    place, window = (os.environ.get(name, "") for name in (request.param, "FLOWKIT_LIVE_WINDOW"))
    if not place or not window:
        pytest.skip(f"{request.param} and FLOWKIT_LIVE_WINDOW name no table and window to ask")
    start, _, end = window.partition("/")
    if place.startswith("athena://"):
        return fk.load(place, start=start, end=end)
    return fk.load(ibis.connect(place).table(os.environ["FLOWKIT_TRINO_TABLE"]), start=start, end=end)


@pytest.fixture(scope="module")
def brought(far):
    return far.materialise()


@pytest.mark.parametrize("name", QUESTIONS)
def test_an_answer_is_that_of_the_records_brought_here(far, brought, name):
    found, expected = (getattr(analysis, name)(flows, **QUESTIONS[name]) for flows in (far, brought))
    assert_same(found, expected)


def test_who_opened_what_is_told_of_what_is_brought_here(far, brought):
    with pytest.raises(QueryError, match="materialise"):
        _ = far.facts
    assert len(analysis.conversations(far)) == len(analysis.conversations(brought)) > 0
