"""The workbench in a real JupyterLab, used as a person would: pick, brush, click, undo, stop, reload, export."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.base import AXE_FILE_PATH

from tests.browser.bench import Bench

VIEWS = ["Overview", "Timeline", "Rejects", "Talkers", "Graph", "Conversations"]
SLOW = """
import ibis
import flowkit as fk
from flowkit.engine import frame
from flowkit.widgets import Answer, Panel, register

def ask(flows, chosen):
    numbers = ibis.range(1_000_000).unnest().name("n").as_table()
    pairs = numbers.cross_join(numbers.rename(m="n"))
    return [Answer("slow", frame=frame(pairs.aggregate(total=(pairs.n * pairs.m % 7).sum())), opened=True)]

register(Panel("Slow", ask))
bench = fk.workbench(fk.load("sample"), view="Slow")
bench
"""

TOO_WIDE = """root => [...root.querySelectorAll('*')]
    .filter(e => !e.closest('.flowkit-figure, .flowkit-table, select, .jupyter-widget-HTML'))
    .filter(e => e.getBoundingClientRect().right > root.getBoundingClientRect().right + 2).length"""


@pytest.fixture(scope="module")
def page(opened):
    return opened("workbench.ipynb", 3)


@pytest.fixture
def bench(page):
    found = Bench(page).settled()
    if found.code != "flows":
        found.press("reset")
    return found


def test_the_notebook_ran_and_asked_no_other_machine(page, foreign):
    assert page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']").count() == 0
    assert foreign(page.requests) == []


def test_a_subnet_then_an_interface_are_picked(bench):
    lists = bench.root.locator(".flowkit-choices select")
    subnet = lists.nth(1).locator("option", has_text="shop-db-a")
    label = subnet.text_content()
    assert "8,373" in label
    lists.nth(1).select_option(label=label)
    bench.picked("flows")
    left = lists.nth(3).locator("option").all_text_contents()
    assert len(left) == 1
    before = bench.code
    lists.nth(3).select_option(label=left[0])
    bench.picked(before)
    assert re.fullmatch(r"flows\.narrow\(subnet_id='subnet-\w+', interface_id='eni-\w+'\)", bench.code)
    assert bench.status[0].startswith("8,373 of 55,361 records")
    assert "interface" in bench.title()


def test_a_wrong_block_is_refused_in_words_and_nothing_changes(bench):
    bench.fill("address", "10.0.2.0/99")
    alert = bench.root.locator("[role=alert]", has_text="address")
    assert "not '10.0.2.0/99'" in alert.first.inner_text()
    assert bench.code == "flows"
    bench.type("address", "10.0.2.0/24")
    assert bench.code == "flows.narrow(address='10.0.2.0/24')"


def test_a_figure_that_came_while_it_was_hidden_is_whole_once_it_is_shown(bench):
    bench.view("Overview")
    panel = bench.root.locator(".flowkit-figure").locator("visible=true").first.locator("..").element_handle()
    panel.evaluate("panel => { panel.style.display = 'none' }")
    bench.press("first hour")
    panel.evaluate("panel => { panel.style.display = '' }")
    bench.page.wait_for_timeout(1_000)
    title, caption = (panel.query_selector(name).bounding_box() for name in (".gtitle", ".gtitle-subtitle"))
    assert title["y"] + title["height"] <= caption["y"] + 3
    assert "Scope: 2026-03-10 08:00Z" in panel.query_selector(".gtitle-subtitle").text_content()


def test_brushing_the_timeline_narrows_the_time(bench):
    bench.view("Timeline")
    before = bench.data()
    bench.brush(0.30, 0.36)
    first = re.search(r"start='([^']*)', end='([^']*)'", bench.code)
    assert first[1] < "2026-03-10T09:52" and first[2] > "2026-03-10T10:05"  # noqa: PT018 - one window
    bench.brush(0.40, 0.45)
    second = re.search(r"start='([^']*)', end='([^']*)'", bench.code)
    assert first[1] < second[1] < second[2] < first[2]
    assert bench.data() != before
    bench.press("undo")
    assert f"start='{first[1]}'" in bench.code


def test_clicking_a_bar_narrows_to_its_bucket(bench):
    bench.view("Rejects")
    bench.root.locator(".js-plotly-plot .nsewdrag").first.scroll_into_view_if_needed()
    bar = bench.root.locator(".js-plotly-plot .bars .point path").nth(30).bounding_box()
    bench.page.mouse.click(bar["x"] + bar["width"] / 2, bar["y"] + bar["height"] / 2)
    bench.picked("flows")
    assert re.search(r"start='2026-03-10T\d\d:\d\d:00Z', end='2026-03-10T\d\d:\d\d:00Z'", bench.code)


def test_clicking_a_sankey_link_narrows_to_two_talkers(bench):
    bench.view("Talkers")
    bench.root.locator(".sankey-link").first.scroll_into_view_if_needed()
    bench.root.locator(".sankey-link").first.click(position={"x": 60, "y": 6}, force=True)
    bench.picked("flows")
    assert re.fullmatch(r"flows\.narrow\(address='[\d.]+'\)\.narrow\(address='[\d.]+'\)", bench.code)
    assert [trace["type"] for trace in bench.data()] == ["sankey"]
    bench.root.locator(".sankey-node").nth(2).wait_for(state="detached")  # plotly lets those that go fade
    assert bench.root.locator(".sankey-node").count() == 2


def test_clicking_a_graph_node_narrows_and_undo_takes_it_back(bench):
    bench.view("Graph")
    dot = bench.root.locator(".js-plotly-plot .scatterlayer .point").first
    dot.scroll_into_view_if_needed()
    where = dot.bounding_box()
    bench.page.mouse.click(where["x"] + where["width"] / 2, where["y"] + where["height"] / 2)
    bench.picked("flows")
    assert re.fullmatch(r"flows\.narrow\(address='[\d.]+'\)", bench.code)
    bench.press("undo")
    assert bench.code == "flows"
    bench.press("redo")
    assert bench.code != "flows"


def test_a_path_between_two_is_found(bench):
    bench.view("Graph").fill("Path from", "10.0.1.10").fill("Path to", "203.0.113.77")
    bench.root.locator(".gtitle", has_text="203.0.113.77").first.wait_for()
    assert "10.0.1.10 → " in bench.title()
    assert "203.0.113.77" in bench.title()
    bench.fill("Path from", "").fill("Path to", "")


def test_conversations_sort_filter_narrow_and_export(bench, tmp_path):
    bench.view("Conversations")
    table = bench.root.locator(".flowkit-table").locator("visible=true")
    first = table.locator("tbody tr td").first
    table.get_by_role("button", name="rejected", exact=True).click()
    table.locator("th[aria-sort=descending]").wait_for()
    filtering = bench.root.get_by_label("filter").locator("visible=true")
    filtering.fill("5432 10.0.1.10")
    bench.root.get_by_text("of 1,000 rows").wait_for()
    assert first.inner_text() == "10.0.1.10"
    with bench.page.expect_download() as started:
        bench.root.get_by_role("button", name="CSV").locator("visible=true").click()
    saved = tmp_path / "rows.csv"
    started.value.save_as(saved)
    lines = saved.read_text(encoding="utf-8").splitlines()
    assert started.value.suggested_filename == "flowkit-conversations.csv"
    assert lines[0].startswith("client,server,server_port,protocol")
    assert all("10.0.1.10" in line and "5432" in line for line in lines[1:])
    first.locator("button").click()
    bench.picked("flows")
    assert bench.code == "flows.narrow(address='10.0.1.10')"
    filtering.fill("")


def test_keys_alone_do_it(bench):
    """A view is chosen, a table opened and a cell picked without a mouse."""
    bench.view("Talkers")
    opener = bench.root.get_by_role("button", name="Table: Who talks to whom").first
    opener.focus()
    bench.page.keyboard.press("Enter")
    pick = bench.root.locator(".flowkit-table tbody button").locator("visible=true").first
    pick.wait_for()
    text = pick.inner_text()
    pick.focus()
    bench.page.keyboard.press("Enter")
    bench.picked("flows")
    assert bench.code == f"flows.narrow(address='{text}')"
    opener.click()


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
@pytest.mark.parametrize("view", [*VIEWS, "Playbooks"])
def test_no_serious_fault_of_accessibility(bench, in_theme, artefacts, view, theme):
    name = in_theme(bench.page, theme)
    bench.view(view)
    bench.root.screenshot(path=artefacts / f"workbench-{view.lower()}-{name}.png")
    bench.page.evaluate(Path(AXE_FILE_PATH).read_text(encoding="utf-8"))
    found = bench.page.evaluate("axe.run('.flowkit-workbench', {resultTypes: ['violations']})")
    serious = {
        fault["id"]: [node["html"][:200] for node in fault["nodes"]][:4]
        for fault in found["violations"]
        if fault["impact"] in ("serious", "critical")
    }
    assert serious == {}


def test_a_narrow_panel_is_used_in_full(bench, in_theme, artefacts):
    in_theme(bench.page, "JupyterLab Light")
    height = bench.page.viewport_size["height"]
    bench.page.set_viewport_size({"width": 700, "height": height})
    bench.view("Rejects")
    wide = bench.root.evaluate(TOO_WIDE)
    bench.root.screenshot(path=artefacts / "workbench-narrow.png")
    bench.page.set_viewport_size({"width": 1400, "height": height})
    assert wide == 0


def test_the_page_is_loaded_again_and_the_cell_goes_on_in_its_scope(bench):
    bench.type("port", "5432")
    page = bench.page
    page.evaluate("window.jupyterapp.commands.execute('docmanager:save')")
    page.wait_for_timeout(1_000)
    page.reload()
    page.wait_for_function("window.jupyterapp?.shell.currentWidget?.sessionContext?.session?.kernel?.status === 'idle'")
    page.locator(".jp-CodeCell").nth(2).click()
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell')")
    page.wait_for_timeout(2_000)
    again = Bench(page).settled()
    assert again.code == "flows.narrow(port=5432)"
    again.view("Timeline")
    assert "port 5432" in again.title() or "port 5432" in again.root.locator(".gtitle-subtitle").first.text_content()


def test_a_slow_question_says_that_it_runs_and_can_be_stopped(written):
    page = written("slow.ipynb", SLOW)
    root = page.locator(".flowkit-workbench")
    root.locator("[role=status]", has_text="Slow: working…").wait_for()
    root.get_by_role("button", name="Cancel").click()
    root.locator("[role=alert]", has_text="Slow: You stopped it").wait_for()
    assert root.locator("[role=status]", has_text="Slow: not shown").count() == 1
    root.locator("button", has_text="Timeline").click()
    page.wait_for_function("document.querySelectorAll('.flowkit-workbench .js-plotly-plot .gtitle').length === 1")
    root.locator("button", has_text=re.compile("^Slow$")).click()  # overtaken by what is asked next
    root.locator("button", has_text="Talkers").click()
    root.locator(".sankey-link").first.wait_for()
