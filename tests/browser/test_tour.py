"""The tour in a real JupyterLab: what the page shows, in both themes, and that nothing leaves the machine."""

import pytest

FIGURES = ("Traffic over time, bytes", "Top talkers by bytes", "Who talks to whom, bytes", "Graph of talkers, bytes",
           "Rejected traffic by dstport", "Rejected traffic by dstaddr")  # fmt: skip


@pytest.fixture(scope="module")
def tour(opened):
    return opened("tour.ipynb", len(FIGURES))


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
def test_a_figure_is_drawn_once_with_its_caption(tour, figure, title):
    drawn = figure(tour, title)
    assert drawn.count() == 1
    assert "Scope:" in drawn.locator(".gtitle-subtitle, .g-gtitle text").last.text_content()
    summary = tour.locator(".jp-OutputArea", has=drawn).locator("details summary")
    assert summary.inner_text().startswith("Table: ")


def test_the_figures_hold_what_they_are_to_show(tour, figure):
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


def test_the_gap_is_shaded_and_named(tour, figure):
    drawn = figure(tour, "Traffic over time, bytes")
    assert drawn.locator(".shapelayer path").count() == 1
    assert "SKIPDATA" in drawn.locator(".annotation").all_text_contents()


def test_hatching_tells_rejected_from_accepted(tour, figure):
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
    answer.wait_for()
    assert "1369" in answer.inner_text()


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_pictures_are_kept_in_both_themes(tour, figure, in_theme, artefacts, theme):
    name = in_theme(tour, theme)
    tour.screenshot(path=artefacts / f"tour-{name}.png")
    for number, title in enumerate(FIGURES, 1):
        drawn = figure(tour, title)
        background = drawn.locator(".main-svg").first.evaluate("svg => getComputedStyle(svg).backgroundColor")
        assert background == "rgb(255, 255, 255)"  # a figure is a light card on a dark page
        drawn.screenshot(path=artefacts / f"tour-{name}-figure-{number}.png")


def test_no_request_left_the_machine(tour, foreign):
    assert len(tour.requests) > 10
    assert foreign(tour.requests) == []
