"""The tour in a real JupyterLab: what the page shows, in both themes, and that nothing leaves the machine."""

import pytest

WIDTH = 1400
FIGURES = ("Traffic over time, bytes", "Top talkers by bytes", "Who talks to whom, bytes", "Graph of talkers, bytes",
           "Rejected traffic by dstport", "Rejected traffic by dstaddr")  # fmt: skip
IDLE = """() => {
    const notebook = window.jupyterapp?.shell.currentWidget;
    return notebook?.sessionContext?.session?.kernel?.status === 'idle';
}"""


@pytest.fixture(scope="module")
def tour(lab, chromium):
    """Return the page of the tour after all its cells were run; `requests` lists every address asked for."""
    context = chromium.new_context(viewport={"width": WIDTH, "height": 1000})
    page = context.new_page()
    page.requests = []
    context.on("request", lambda request: page.requests.append(request.url))
    page.goto(f"{lab}/lab/tree/tour.ipynb?reset")
    page.wait_for_function(IDLE, timeout=120_000)
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-all-cells')")
    # The last cell has run, and every figure is drawn.
    last = page.locator(".jp-CodeCell").last
    last.locator(".jp-OutputArea-output").wait_for(timeout=180_000)
    page.wait_for_function(
        f"document.querySelectorAll('.jp-OutputArea .js-plotly-plot .main-svg .gtitle').length >= {len(FIGURES)}",
        timeout=60_000,
    )
    page.evaluate("window.jupyterapp.commands.execute('application:toggle-left-area')")
    height = page.evaluate("document.querySelector('.jp-WindowedPanel-outer').scrollHeight")
    page.set_viewport_size({"width": WIDTH, "height": int(height) + 200})
    page.wait_for_timeout(1_500)  # plotly fits its figures to the new width
    yield page
    context.close()


def figure(page, title):
    return page.locator(".js-plotly-plot").filter(has=page.locator(".gtitle", has_text=title))


def test_every_cell_ran_without_error(tour):
    assert tour.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']").count() == 0
    assert tour.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    prompts = tour.locator(".jp-CodeCell .jp-InputPrompt").all_inner_texts()
    assert [prompt.strip() for prompt in prompts] == [f"[{n}]:" for n in range(1, len(prompts) + 1)]


@pytest.mark.parametrize(
    "row",
    [
        "records 55,361 records flow records in scope, log status OK",
        "bytes 39.8 GB (39,778,221,255 B) as logged: what two interfaces saw counts twice",
        "first start 2026-03-10 08:00:00Z",
        "SKIPDATA 12 records intervals with records lost: a gap",
        "lines 56,004 lines",
    ],
)
def test_the_overview_shows_what_was_loaded(tour, row):
    rows = tour.locator("table", has=tour.locator("caption", has_text="Flows: all records")).locator("tr")
    assert any(" ".join(text.split()).startswith(row) for text in rows.all_inner_texts())


@pytest.mark.parametrize("title", FIGURES)
def test_a_figure_is_drawn_once_with_its_caption(tour, title):
    drawn = figure(tour, title)
    assert drawn.count() == 1
    assert "Scope:" in drawn.locator(".gtitle-subtitle, .g-gtitle text").last.text_content()
    summary = tour.locator(".jp-OutputArea", has=drawn).locator("details summary")
    assert summary.inner_text().startswith("Table: ")


def test_the_figures_hold_what_they_are_to_show(tour):
    marks = {
        "Traffic over time, bytes": (".bars path", 72 * 2),  # six hours of five minutes, accepted and rejected
        "Top talkers by bytes": (".bars path", 13 * 2),
        "Who talks to whom, bytes": (".sankey-link", 30),
        "Graph of talkers, bytes": (".scatterlayer .points path", 10),
        "Rejected traffic by dstport": (".bars path", 300),
        "Rejected traffic by dstaddr": (".bars path", 20),
    }
    counts = {title: figure(tour, title).locator(css).count() for title, (css, _) in marks.items()}
    assert all(counts[title] >= least for title, (_, least) in marks.items()), counts
    assert max(counts.values()) < 2_000


def test_the_gap_is_shaded_and_named(tour):
    drawn = figure(tour, "Traffic over time, bytes")
    assert drawn.locator(".shapelayer path").count() == 1
    assert "SKIPDATA" in drawn.locator(".annotation").all_text_contents()


def test_hatching_tells_rejected_from_accepted(tour):
    fills = (
        figure(tour, "Traffic over time, bytes")
        .locator(".barlayer .trace")
        .evaluate_all("traces => traces.map(t => getComputedStyle(t.querySelector('.point path')).fill)")
    )
    assert [fill.startswith("url(") for fill in fills] == [False, True]


def test_sql_answers_in_a_table(tour):
    text = tour.locator(".jp-OutputArea-output table", has_text="lowest_client_port").inner_text()
    assert "ACCEPT" in text
    assert "57343" in text


def test_a_query_typed_into_a_new_cell_is_answered(tour):
    tour.evaluate("window.jupyterapp.commands.execute('notebook:insert-cell-below')")
    cell = tour.locator(".jp-CodeCell").last
    cell.locator(".cm-content").click()
    tour.keyboard.type(
        "%%flowsql --to ports\nSELECT count(DISTINCT dstport) AS ports FROM flows WHERE action = 'REJECT'"
    )
    tour.keyboard.press("Control+Enter")
    answer = cell.locator(".jp-OutputArea-output table")
    answer.wait_for(timeout=30_000)
    assert "1369" in answer.inner_text()


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_pictures_are_kept_in_both_themes(tour, artefacts, theme):
    tour.evaluate("theme => window.jupyterapp.commands.execute('apputils:change-theme', {theme})", theme)
    name = theme.split()[-1].lower()
    tour.wait_for_function(f"document.body.dataset.jpThemeLight === '{str(name == 'light').lower()}'")
    tour.locator(".jp-WindowedPanel-outer").evaluate("panel => panel.scrollTo(0, 0)")
    tour.wait_for_timeout(500)
    tour.screenshot(path=artefacts / f"tour-{name}.png")
    for number, title in enumerate(FIGURES, 1):
        drawn = figure(tour, title)
        background = drawn.locator(".main-svg").first.evaluate("svg => getComputedStyle(svg).backgroundColor")
        assert background == "rgb(255, 255, 255)"  # a figure is a light card on a dark page
        drawn.screenshot(path=artefacts / f"tour-{name}-figure-{number}.png")


def test_no_request_left_the_machine(tour, foreign):
    assert len(tour.requests) > 10
    assert foreign(tour.requests) == []
