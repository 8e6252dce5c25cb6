"""A table in a real Athena, where FLOWKIT_ATHENA names one, FLOWKIT_ATHENA_START and FLOWKIT_ATHENA_END a window of it.

It scans that window some times, and AWS charges for it. FLOWKIT_ATHENA_WORKGROUP names the workgroup.
"""

import os

import pytest

import flowkit as fk

PLACE = os.environ.get("FLOWKIT_ATHENA", "")
pytestmark = pytest.mark.skipif(not PLACE, reason="FLOWKIT_ATHENA is not set: it names athena://database/table")


@pytest.fixture(scope="module")
def flows():
    window = {"start": os.environ.get("FLOWKIT_ATHENA_START"), "end": os.environ.get("FLOWKIT_ATHENA_END")}
    return fk.load(PLACE, workgroup=os.environ.get("FLOWKIT_ATHENA_WORKGROUP"), **window)


@pytest.mark.parametrize("question", ["summary", "reject_timeline", "top_talkers", "egress_volume"])
def test_questions_are_answered(flows, question):
    assert len(getattr(fk.analysis, question)(flows)) >= 0
    asked = fk.athena.queries(flows)
    assert len(asked)
    assert not asked["query"].str.contains("CREATE|INSERT|UNLOAD|DROP").any()


def test_what_comes_back_is_in_the_window(flows):
    frame = flows.narrow(action="REJECT").table.limit(10).to_pyarrow().to_pandas()
    assert (frame.start >= flows.scope.start).all()
