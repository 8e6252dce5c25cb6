"""A workbench on a page, used as a person would."""

import re


class Bench:
    """A workbench on a page: what a person sees of it, and does."""

    def __init__(self, page):
        self.page = page
        self.root = page.locator(".flowkit-workbench")

    @property
    def code(self):
        return self.root.locator(".flowkit-code input").input_value()

    @property
    def status(self):
        return self.root.locator("[role=status]").all_inner_texts()

    def settled(self):
        """Wait until nothing works any more, and return the workbench."""
        self.page.wait_for_function(
            """() => {
                const bench = document.querySelector('.flowkit-workbench');
                const said = [...bench.querySelectorAll('[role=status]')].map(s => s.textContent);
                const seen = [...bench.querySelectorAll('.flowkit-figure')].filter(figure => figure.clientWidth);
                return said.length > 1 && !said.some(text => text.includes('…'))
                    && seen.every(figure => figure.dataset.drawn === figure.dataset.asked);
            }""",
        )
        self.page.wait_for_timeout(400)  # plotly draws
        return self

    def view(self, name):
        self.root.locator("button", has_text=re.compile(f"^{name}$")).click()
        self.root.locator("[role=status]", has_text=re.compile(rf"^{name}: \d")).wait_for()
        return self.settled()

    def picked(self, before):
        """Wait until the code is no longer what it was *before*, and all follows."""
        self.page.wait_for_function(
            "before => document.querySelector('.flowkit-workbench .flowkit-code input').value !== before",
            arg=before,
        )
        self.page.wait_for_timeout(200)
        return self.settled()

    def press(self, name):
        before = self.code
        self.root.get_by_role("button", name=name, exact=True).click()
        return self.picked(before)

    def title(self):
        return self.root.locator(".js-plotly-plot .gtitle").first.text_content()

    def data(self):
        """Return what the first figure draws, as plotly has it in the page."""
        return self.root.locator(".js-plotly-plot").first.evaluate(
            "plot => plot.data.map(t => ({type: t.type, name: t.name, points: t.x?.length ?? t.link?.value.length}))"
        )

    def brush(self, first, last):
        """Drag over the timeline from one share of its width to another."""
        before = self.code
        area = self.root.locator(".js-plotly-plot .nsewdrag").first
        area.scroll_into_view_if_needed()
        box = area.bounding_box()
        height = box["y"] + box["height"] / 2
        self.page.mouse.move(box["x"] + first * box["width"], height)
        self.page.mouse.down()
        self.page.mouse.move(box["x"] + (first + last) / 2 * box["width"], height, steps=4)
        self.page.mouse.move(box["x"] + last * box["width"], height, steps=4)
        self.page.mouse.up()
        return self.picked(before)

    def type(self, label, text):
        """Type into a field of the picker that narrows."""
        before = self.code
        self.fill(label, text)
        return self.picked(before)

    def fill(self, label, text):
        """Type into a field that leaves the scope as it is."""
        field = self.root.get_by_label(label, exact=True)
        field.fill(text)
        field.press("Enter")
        self.page.wait_for_timeout(500)
        return self.settled()
