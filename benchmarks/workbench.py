"""Use the workbench as a person does, in a real JupyterLab and browser, and print as JSON how long each pick takes.

From the click to the last redrawn figure, and of that what the kernel worked; 95 of 100 are faster than `p95`.
"""

import json
import os
import sys
import tempfile
from pathlib import Path
from shutil import which
from statistics import median
from typing import Any

from playwright.sync_api import Page, sync_playwright

from tests.browser.jupyter import CHROMIUM_OPTIONS, IDLE, served

VIEWS = ("Overview", "Timeline", "Rejects", "Talkers", "Graph", "Conversations")
ROUNDS = 2
PATIENCE = 60_000
NUMBERS = """[...document.querySelectorAll('.flowkit-figure, .flowkit-table')].map(e => Number(e.dataset.drawn ?? 0))"""
DRAWN = f"() => {NUMBERS}.reduce((sum, n) => sum + n, 0)"
SETTLED = f"""before => new Promise((done, failed) => {{
    const begun = performance.now();
    const look = () => {{
        const root = document.querySelector('.flowkit-workbench');
        const said = root ? [...root.querySelectorAll('[role=status]')].map(s => s.textContent) : [];
        const figures = root ? [...root.querySelectorAll('.flowkit-figure')].map(f => f.dataset) : [];
        const whole = figures.length > 0 && figures.every(f => f.asked === f.drawn);
        const ready = whole && said.length > 1 && !said.some(text => text.includes('…'));
        if (ready && {NUMBERS}.reduce((sum, n) => sum + n, 0) > before) {{
            done({{now: performance.now(), seconds: parseFloat(said[1].match(/[\\d.]+(?= s$)/)?.[0] ?? 'nan')}});
        }} else if (performance.now() - begun > {PATIENCE}) {{
            failed(new Error(`nothing was redrawn: ${{said.join(', ')}}`));
        }} else requestAnimationFrame(look);
    }};
    look();
}})"""
LISTS = ".flowkit-workbench .flowkit-choices select"


def notebook(logs: Path) -> dict[str, Any]:
    """Return a notebook whose second cell shows the workbench; what records mean is worked out before."""
    texts = [f"import flowkit as fk\nflows = fk.load({str(logs)!r})\nflows.facts\n0", "fk.workbench(flows)"]
    made = [
        {"cell_type": "code", "id": f"c{n}", "metadata": {}, "outputs": [], "execution_count": None, "source": text}
        for n, text in enumerate(texts)
    ]
    kernel = {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}}
    return {"cells": made, "metadata": kernel, "nbformat": 4, "nbformat_minor": 5}


class Person:
    """Somebody at the workbench, with a stopwatch."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.took: list[dict[str, Any]] = []

    def do(self, view: str, what: str, act: Any) -> None:  # noqa: ANN401 - a function
        """Act, wait until all is redrawn, and note how long it took."""
        before = self.page.evaluate(DRAWN)
        begun = self.page.evaluate("performance.now()")
        act()
        done = self.page.evaluate(SETTLED, before)
        self.took.append(
            {"view": view, "what": what, "seconds": (done["now"] - begun) / 1000, "kernel": done["seconds"]}
        )
        self.page.wait_for_timeout(150)

    def press(self, name: str) -> Any:  # noqa: ANN401 - a function
        """Return what presses a button."""
        button = self.page.locator(".flowkit-workbench").get_by_role("button", name=name, exact=True).first
        return lambda: button.evaluate("button => button.click()")

    def choose(self, number: int) -> Any:  # noqa: ANN401 - a function
        """Return what picks the second resource of a list."""
        chosen = self.page.locator(LISTS).nth(number)
        label = chosen.locator("option").nth(1).text_content()
        return lambda: chosen.select_option(label=label)

    def type(self, label: str, text: str) -> Any:  # noqa: ANN401 - a function
        """Return what types into a field."""
        field = self.page.locator(".flowkit-workbench").get_by_label(label, exact=True)

        def act() -> None:
            field.fill(text)
            field.press("Enter")

        return act

    def brush(self) -> None:
        """Drag over a tenth of the timeline."""
        area = self.page.locator(".flowkit-workbench .js-plotly-plot .nsewdrag").first
        area.scroll_into_view_if_needed()
        box = area.bounding_box() or {"x": 0, "y": 0, "width": 0, "height": 0}
        height = box["y"] + box["height"] / 2
        self.page.mouse.move(box["x"] + 0.4 * box["width"], height)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + 0.5 * box["width"], height, steps=3)
        self.page.mouse.up()

    def use(self, view: str) -> None:
        """Open a view, and pick this and that in it."""
        button = self.page.locator(".flowkit-workbench button", has_text=view).first
        if view != VIEWS[0] or self.took:
            self.do(view, "open", lambda: button.evaluate("button => button.click()"))
        picks = [("subnet", self.choose(1)), ("interface", self.choose(3)), ("rejected", self.press("rejected")),
                 ("port 443", self.type("port", "443"))]  # fmt: skip
        brushed = view in ("Timeline", "Rejects")
        picks.append(("brush", self.brush) if brushed else ("last hour", self.press("last hour")))
        for what, act in picks:
            self.do(view, what, act)
            self.do(view, f"undo {what}", self.press("undo"))


def measured(page: Page) -> dict[str, Any]:
    """Use every view, some rounds; the first round is not counted, but for the first display."""
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell-and-select-next')")
    page.wait_for_timeout(2_000)
    page.wait_for_function(IDLE, timeout=600_000)
    begun = page.evaluate("performance.now()")
    page.evaluate("window.jupyterapp.commands.execute('notebook:run-cell')")
    first = (page.evaluate(SETTLED, 0)["now"] - begun) / 1000
    person = Person(page)
    for number in range(ROUNDS):
        for view in VIEWS:
            person.use(view)
        if number == 0:
            person.took.clear()
    return {"first_display": first, "picks": summed(person.took), "views": by_view(person.took)}


def summed(took: list[dict[str, Any]]) -> dict[str, Any]:
    """Return medians and how long the slowest twentieth takes at least."""
    found: dict[str, Any] = {"count": len(took)}
    for name in ("seconds", "kernel"):
        values = sorted(one[name] for one in took)
        found |= {name: median(values), f"{name}_p95": values[int(0.95 * (len(values) - 1))]}
    slowest = sorted(took, key=lambda one: -one["seconds"])[:5]
    return found | {"slowest": [f"{one['view']}, {one['what']}: {one['seconds']:.2f} s" for one in slowest]}


def by_view(took: list[dict[str, Any]]) -> dict[str, Any]:
    """Return the same for each view."""
    return {view: summed([one for one in took if one["view"] == view]) for view in VIEWS}


def main() -> None:
    """Serve, open, measure, print."""
    logs, cache = (Path(argument).resolve() for argument in sys.argv[1:])
    browser = os.environ.get("FLOWKIT_CHROMIUM") or which("chromium")
    with tempfile.TemporaryDirectory() as home, sync_playwright() as playwright:
        file = Path(home) / "bench.ipynb"
        file.write_text(json.dumps(notebook(logs)), encoding="utf-8")
        with served(Path(home) / "lab", [file], cache) as address:
            page = playwright.chromium.launch(executable_path=browser, args=CHROMIUM_OPTIONS).new_page(
                viewport={"width": 1400, "height": 2200}
            )
            page.set_default_timeout(60_000)
            page.goto(f"{address}/lab/tree/bench.ipynb?reset")
            page.wait_for_function(IDLE, timeout=120_000)
            print(json.dumps(measured(page)))


if __name__ == "__main__":
    main()
