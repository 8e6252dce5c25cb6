"""The notebook on what the numbers mean, in a real JupyterLab: its figures and tables, in both themes."""

import pytest

FIGURES = ("Traffic over time, bytes", "When records begin, and when events do", "Top talkers, bytes sent and received",
           "Traffic over time, bytes", "Who talks to whom, bytes", "Who talks to whom, bytes",
           "Who talks to whom, records", "What the log can show, by interface")  # fmt: skip


@pytest.fixture(scope="module")
def meaning(opened):
    return opened("meaning.ipynb", len(FIGURES))


def test_every_cell_ran_without_error(meaning):
    assert meaning.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']").count() == 0
    assert meaning.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.stderr']").count() == 0
    prompts = meaning.locator(".jp-CodeCell .jp-InputPrompt").all_inner_texts()
    assert [prompt.strip() for prompt in prompts] == [f"[{n}]:" for n in range(1, len(prompts) + 1)]


def test_the_figures_stand_in_their_order(meaning):
    titles = meaning.locator(".js-plotly-plot .gtitle").evaluate_all("all => all.map(t => t.firstChild.textContent)")
    assert titles == list(FIGURES)


def test_both_rankings_stand_beside_each_other_on_one_scale(meaning, figure):
    drawn = figure(meaning, "Top talkers, bytes sent and received")
    logged = drawn.locator(".yaxislayer-above .ytick text").all_text_contents()
    once = drawn.locator(".yaxislayer-above .y2tick text").all_text_contents()
    assert "10.0.0.5" in logged
    assert "10.0.0.5" not in once
    scales = [drawn.locator(f".{axis}tick text").all_text_contents() for axis in ("x", "x2")]
    assert scales[0] == scales[1]
    assert scales[0][0] == "0B"


def test_the_lost_minutes_show_in_the_heat_map(meaning, figure):
    drawn = figure(meaning, "What the log can show, by interface")
    rows = drawn.locator(".ytick text").all_text_contents()
    assert rows[0] == "app-a-2 10.0.1.11"  # least watched, so on top
    assert len(rows) == 13
    assert drawn.locator(".heatmaplayer text").all_text_contents().count("S") == 2


def test_four_answers_are_given(meaning):
    summaries = meaning.locator("details summary", has_text="Whether ").all_inner_texts()
    answers = [text.split(" talked: ")[1].split(". Scope")[0] for text in summaries]
    assert answers == ["yes", "not seen, fully covered", "not seen, 12 minutes uncovered", "cannot be seen"]


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_pictures_are_kept_in_both_themes(meaning, in_theme, artefacts, theme):
    name = in_theme(meaning, theme)
    meaning.screenshot(path=artefacts / f"meaning-{name}.png")
    for number, drawn in enumerate(meaning.locator(".js-plotly-plot").all(), 1):
        background = drawn.locator(".main-svg").first.evaluate("svg => getComputedStyle(svg).backgroundColor")
        assert background == "rgb(255, 255, 255)"  # a figure is a light card on a dark page
        drawn.screenshot(path=artefacts / f"meaning-{name}-figure-{number}.png")


def test_no_request_left_the_machine(meaning, foreign):
    assert len(meaning.requests) > 10
    assert foreign(meaning.requests) == []
