"""The playbooks view in a real JupyterLab: filled, run, read and narrowed to, as a person would."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_FILE_PATH

from tests.browser.jupyter import IDLE

CELL = """
import flowkit as fk
bench = fk.workbench(fk.load("sample", inventory="sample"), view="Playbooks")
bench
"""


@pytest.fixture(scope="module")
def root(lab, chromium):
    """Return a workbench that is open at its playbooks, in a notebook of one cell."""
    cells = [{"cell_type": "code", "id": "a", "metadata": {}, "outputs": [], "execution_count": None, "source": CELL}]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    content = {"cells": cells, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}
    context = chromium.new_context(viewport={"width": 1400, "height": 4600})
    page = context.new_page()
    file = f"{lab}/api/contents/playbooks.ipynb"
    assert page.request.put(file, data={"type": "notebook", "format": "json", "content": content}).ok
    page.goto(f"{lab}/lab/tree/playbooks.ipynb?reset")
    page.wait_for_function(IDLE)
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
    found = page.locator(".flowkit-workbench")
    found.get_by_text("Choose a playbook, say who and where, and press Run.").wait_for()
    yield found
    context.close()


@pytest.fixture(scope="module")
def report(root):
    """Return the report of a run whose parameters were typed."""
    root.get_by_label("Playbook", exact=True).select_option(label="Connectivity")
    for label, words in (("Source", "app-a-1"), ("Destination", "db-a-1"), ("Port", "5432")):
        root.get_by_label(label, exact=True).fill(words)
    root.get_by_role("button", name=re.compile(r"\bRun$")).click()
    root.locator("[role=status]", has_text=re.compile("Playbooks: (running )?connectivity")).wait_for()
    assert root.get_by_role("button", name="Cancel").is_visible()
    found = root.locator(".flowkit-report")
    found.wait_for()
    return found


def code(root):
    return root.locator(".flowkit-code input").input_value()


def test_the_verdict_is_read_in_place(root, report):
    assert report.locator(".verdict strong").inner_text() == "Intermittent"
    assert root.get_by_text(re.compile("Of the scope above, in")).is_visible()
    line = root.locator(".flowkit-line").inner_text()
    assert line == (
        "fk.playbooks.run('connectivity', flows, source='app-a-1', destination='db-a-1', port=5432)"
    )  # fmt: skip


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_a_report_has_no_serious_fault_of_accessibility(root, report, in_theme, artefacts, theme):
    page = root.page
    name = in_theme(page, theme)
    report.wait_for()
    root.screenshot(path=artefacts / f"playbooks-{name}.png")
    page.evaluate(Path(AXE_FILE_PATH).read_text(encoding="utf-8"))
    found = page.evaluate("axe.run('.flowkit-workbench', {resultTypes: ['violations']})")
    serious = {
        fault["id"]: [node["html"][:200] for node in fault["nodes"]][:4]
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
    }
    in_theme(page, "JupyterLab Light")
    assert serious == {}


def test_a_finding_narrows_and_undo_takes_it_back(root, report, artefacts):
    root.get_by_role("button", name="Narrow to this finding").click()
    root.get_by_role("note").get_by_text("This report is of the scope: all records.").wait_for()
    assert code(root) == "flows.narrow(address=['10.0.1.10', '10.0.2.20'], port=5432, protocol='tcp')"
    assert report.is_visible()
    root.screenshot(path=artefacts / "playbooks-narrowed.png")
    root.get_by_role("button", name="undo", exact=True).click()
    root.get_by_text(re.compile("Of the scope above, in")).wait_for()
    assert code(root) == "flows"
