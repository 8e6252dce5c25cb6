"""The workbench on a table in Athena, in a real JupyterLab, against a stand-in: its views, and its stop."""

import re

import pytest

from tests.athena.stand_in import REGION, WINDOW, delivered
from tests.browser.bench import Bench
from tests.engines import rich_log

VIEWS = ["Overview", "Timeline", "Rejects", "Talkers", "Graph", "Conversations"]
CELL = """
import flowkit as fk
from flowkit.training.standin import pointed_at

there = pointed_at("{address}")
there.__enter__()
flows = fk.load("athena://logs/flows", region="{region}", start="{start}", end="{end}")
bench = fk.workbench(flows)
bench
"""


@pytest.fixture
def athena(aws):
    return delivered(aws, rich_log.rows())


@pytest.fixture
def bench(athena, aws, written):
    page = written("athena.ipynb", CELL.format(address=aws.address, region=REGION, **WINDOW))
    page.locator(".flowkit-workbench").wait_for()
    found = Bench(page).settled()
    assert athena.sql, "the overview was asked there"
    return found


def test_a_question_is_cancelled_in_athena_too_and_then_all_views_answer(bench, athena, artefacts, foreign):
    athena.states = ["RUNNING"]
    bench.root.locator("button", has_text=re.compile("^Rejects$")).click()
    bench.root.locator("[role=status]", has_text="Rejects: ").filter(has_text="…").wait_for()
    bench.root.get_by_role("button", name="Cancel").click()
    bench.root.locator("[role=alert]", has_text="Rejects: You stopped it").wait_for()
    assert athena.stopped
    athena.states = ["SUCCEEDED"]
    for view in VIEWS:
        bench.view(view)
        assert [words for words in bench.root.locator("[role=alert]").all_inner_texts() if words] == []
        bench.root.screenshot(path=artefacts / f"workbench-athena-{view.lower()}.png")
    bench.type("port", "443")
    assert re.fullmatch(r"[\d,]+ of [\d,]+ records.*", bench.status[0], re.DOTALL)
    bench.view("Conversations")
    assert foreign(bench.page.requests) == []
