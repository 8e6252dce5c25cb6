"""The report of a case in a real browser without a network: every figure and table there, sorted, printed, read."""

import pytest

from flowkit.api import case as open_case

FIGURES = 3
DRAWN = f"document.querySelectorAll('.js-plotly-plot .gtitle').length === {FIGURES}"
UNFOLD = "document.querySelectorAll('details').forEach((one) => { one.open = true; })"
PAPER = 687
"""Pixels of A4 between the margins."""
WIDER = """[...document.querySelectorAll('main table')]
    .filter((one) => one.getBoundingClientRect().right > document.body.getBoundingClientRect().right + 1)
    .map((one) => one.textContent.slice(0, 200))"""


@pytest.fixture(scope="module")
def case(tmp_path_factory):
    """Return a case of the sample, with a finding and two figures, and the report that gave them."""
    made = open_case(tmp_path_factory.mktemp("reported") / "INC-1234")
    made.load("sample")
    report = made.run("connectivity", source="10.0.1.10", destination="10.0.2.20", port=5432)
    figures = [step.figure for step in report.steps if step.figure is not None]
    made.keep(report.findings[0], "<img src=x onerror=alert(1)>", figures)
    return made, report


@pytest.fixture(scope="module")
def path(case):
    return case[0].to_html(case[0].folder.parent / "report.html")


@pytest.fixture(scope="module")
def page(chromium, path):
    context = chromium.new_context(viewport={"width": 1280, "height": 900}, offline=True)
    page = context.new_page()
    page.asked, page.told = [], []
    page.on("request", lambda request: page.asked.append(request.url))
    page.on("console", lambda message: page.told.append(message.text))
    page.on("pageerror", lambda error: page.told.append(str(error)))
    page.on("dialog", lambda dialog: (page.told.append(dialog.message), dialog.dismiss()))
    page.goto(path.as_uri())
    page.wait_for_function(DRAWN)
    yield page
    context.close()


def column(table, place):
    return table.locator(f"tbody tr td:nth-child({place})").all_text_contents()


def test_every_figure_and_table_is_there_and_nothing_was_asked(page, path):
    assert page.asked == [path.as_uri()]
    assert page.told == []
    assert path.stat().st_size < 8_000_000
    assert page.locator("figure figcaption").count() == FIGURES
    assert page.locator("table").count() == page.locator("table caption").count() >= 8
    assert page.locator("main img").count() == 0


def test_a_table_is_sorted_by_click_and_by_keyboard(page):
    page.evaluate(UNFOLD)
    table = page.locator("table.sortable", has=page.get_by_role("button", name="client_port")).first
    button = table.get_by_role("button", name="client_port")
    head = table.locator("th", has=page.get_by_role("button", name="client_port"))
    before = list(map(int, column(table, 1)))
    button.click()
    assert head.get_attribute("aria-sort") == "ascending"
    assert list(map(int, column(table, 1))) == sorted(before) != before
    button.press("Enter")
    assert head.get_attribute("aria-sort") == "descending"
    assert list(map(int, column(table, 1))) == sorted(before, reverse=True)
    other = table.get_by_role("button", name="first")
    other.press("Space")
    assert head.get_attribute("aria-sort") == "none"
    assert column(table, 2) == sorted(column(table, 2))


def test_addresses_are_sorted_by_number_and_what_is_empty_comes_last(page):
    page.evaluate("""() => {
        const table = document.querySelector('table.sortable');
        [...table.tBodies[0].rows].forEach((row, number) => {
            row.cells[3].textContent = ['10.0.0.9', '10.0.0.10', ''][number] ?? '';
        });
    }""")
    table = page.locator("table.sortable").first
    for _turn in range(2):
        table.locator("th button").nth(3).click()
    assert [text for text in column(table, 4) if text] == ["10.0.0.10", "10.0.0.9"]
    page.reload()
    page.wait_for_function(DRAWN)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_it_meets_what_readers_with_aids_need(page, scheme, artefacts):
    from axe_playwright_python.sync_playwright import Axe

    page.emulate_media(color_scheme=scheme)
    page.evaluate(UNFOLD)
    page.screenshot(path=artefacts / f"report-{scheme}.png")
    page.evaluate("document.querySelectorAll('tbody tr:nth-child(n+9)').forEach((row) => row.remove())")  # alike
    found = Axe().run(page, context={"exclude": [[".js-plotly-plot"]]})
    assert found.violations_count == 0, found.generate_report()


def test_it_prints_with_all_of_it_open(page, artefacts):
    content = page.pdf(path=artefacts / "report.pdf", prefer_css_page_size=True)
    assert content.startswith(b"%PDF")
    page.emulate_media(media="print")
    summary = page.locator("section.first")
    assert summary.bounding_box()["height"] < 1_000  # a sheet of A4 holds 1,010 px between these margins
    page.set_viewport_size({"width": PAPER, "height": 900})
    assert page.evaluate(WIDER) == []
    page.emulate_media(media="screen")


def test_a_page_without_scripts_still_tells_all_of_it(chromium, path):
    context = chromium.new_context(java_script_enabled=False, offline=True)
    page = context.new_page()
    page.goto(path.as_uri())
    assert page.locator("noscript").count() == FIGURES
    assert page.locator("noscript").last.is_visible()
    assert page.locator("th button").count() == 0
    assert page.get_by_role("heading", name="What was found").is_visible()
    context.close()


def test_the_page_of_a_playbook_is_sorted_too(chromium, case, tmp_path):
    _case, report = case
    context = chromium.new_context(offline=True)
    page = context.new_page()
    page.goto(report.to_html(tmp_path / "report.html").as_uri())
    page.wait_for_function("document.querySelectorAll('.js-plotly-plot .gtitle').length > 0")
    assert page.locator("th[aria-sort]").count() > 0
    context.close()
