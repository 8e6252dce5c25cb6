"""From AWS in a real JupyterLab, against the stand-in: what the page shows, in both themes, and no other machine."""

import pytest


@pytest.fixture(scope="module")
def page(opened):
    return opened("from-aws.ipynb", 2)


def test_every_cell_ran_without_error(page):
    assert page.locator(".jp-OutputArea-output[data-mime-type='application/vnd.jupyter.error']").count() == 0
    prompts = page.locator(".jp-CodeCell .jp-InputPrompt").all_inner_texts()
    assert [prompt.strip() for prompt in prompts] == [f"[{n}]:" for n in range(1, len(prompts) + 1)]


@pytest.mark.parametrize(
    "text",
    [
        "objects 27 that can hold the window",
        "Of 3 interfaces 1 is covered for all traffic",
        "eni-03f201a7a6e84c978 records 603 records",
    ],
)
def test_what_was_found_is_on_the_page(page, text):
    outputs = " ".join(" ".join(page.locator(".jp-OutputArea-output").all_inner_texts()).split())
    assert text in outputs


@pytest.mark.parametrize("theme", ["JupyterLab Light", "JupyterLab Dark"])
def test_pictures_are_kept_in_both_themes(page, in_theme, artefacts, theme):
    name = in_theme(page, theme)
    picture = artefacts / f"from-aws-{name}.png"
    page.screenshot(path=picture)
    assert picture.stat().st_size > 100_000


def test_the_page_asks_this_machine_only(page, foreign):
    assert len(page.requests) > 10
    assert foreign(page.requests) == []
