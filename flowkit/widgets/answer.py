"""One answer on the page: its words, its figure, and its table with filter and download."""

from collections.abc import Callable
from typing import Any

import ipywidgets as ipw

from flowkit.widgets.figure import FigureBox, Picked
from flowkit.widgets.panel import Answer, Offer, Pick
from flowkit.widgets.parts import row, text
from flowkit.widgets.table import TableBox

_LARGEST = 2_000_000
"""Bytes of a figure: a page takes seconds to draw more."""


class AnswerBox(ipw.VBox):  # type: ignore[misc] # it carries no types
    """Shows one answer after another; a table is sent to the page only while it is open.

    Parameters
    ----------
    meant
        Told what a click or brush means, by a function that works it out.
    """

    def __init__(self, meant: Callable[[Callable[[], Pick]], None]) -> None:
        self.answer = Answer("")
        self._meant = meant
        self.html = ipw.HTML(layout=ipw.Layout(display="none"))
        self.html.add_class("flowkit-words")
        self.offers = ipw.VBox(layout=ipw.Layout(display="none"))
        self.figure = FigureBox(self._on_figure)
        self.table = TableBox(self._on_cell)
        self.opener = ipw.ToggleButton(description="Table", tooltip="Show or hide the rows", icon="table")
        self.words = ipw.Text(
            description="filter", placeholder="words in a row", continuous_update=True,
            style={"description_width": "auto"}, layout=ipw.Layout(width="18em"),
        )  # fmt: skip
        self.download = ipw.Button(description="CSV", tooltip="Save all rows that pass the filter", icon="download")
        self._tools = ipw.HBox([self.opener, self.words, self.download], layout=ipw.Layout(flex_flow="row wrap"))
        self.opener.observe(lambda _change: self._show_table(), "value")
        self.words.observe(lambda change: self.table.filter(change["new"]), "value")
        self.download.on_click(lambda _button: self.table.save(f"flowkit-{_file(self.answer.title)}.csv"))
        children = [self.offers, self.html, self.figure, self._tools, self.table]
        super().__init__(children, layout=ipw.Layout(display="none"))

    def show(self, answer: Answer) -> None:
        """Show *answer* instead of what was shown."""
        kept_open = self.opener.value if answer.title == self.answer.title else answer.opened
        self.answer = answer
        self._show_words()
        self.figure.draw(_small(answer.figure))
        self.opener.description = f"Table: {answer.title}"
        self._tools.layout.display = "none" if answer.frame is None else "flex"
        self.opener.layout.width = "auto"
        if self.opener.value != kept_open:
            self.opener.value = kept_open  # shows the table, too
        else:
            self._show_table()
        self.layout.display = "flex"

    def clear(self) -> None:
        """Show nothing: what was shown is not of the scope any more."""
        self.answer = Answer(self.answer.title)
        self._show_words()
        self.figure.draw(None)
        self.layout.display = "none"

    def _show_words(self) -> None:
        answer, old = self.answer, self.offers.children
        self.html.value = answer.html
        self.html.layout.display = None if answer.html else "none"
        self.offers.children = [self._offered(offer) for offer in answer.offers]
        self.offers.layout.display = None if answer.offers else "none"
        for each in old:
            _close(each)

    def _offered(self, offer: Offer) -> ipw.HBox:
        button = ipw.Button(description=offer.button, tooltip=offer.words, layout=ipw.Layout(width="auto"))
        button.on_click(lambda _button: self._meant(lambda: offer.pick))
        words = ipw.HTML(f'<div class="flowkit-offer">{text(offer.words)}</div>', layout=ipw.Layout(flex="1 1 20em"))
        return row(button, words, align_items="center")

    def _show_table(self) -> None:
        frame = self.answer.frame
        shown = frame is not None and self.opener.value
        if frame is not None and shown:
            self.table.show(frame, frozenset(self.answer.cells))
        for widget in (self.table, self.words, self.download):
            widget.layout.display = None if shown else "none"

    def _on_figure(self, what: Picked) -> None:
        answer = self.answer
        self._meant(lambda: answer.picked(what))

    def _on_cell(self, row: dict[str, Any], column: str) -> None:
        act = self.answer.cells.get(column)
        if act is not None:
            self._meant(lambda: act(row))


def _small(figure: Any) -> Any:  # noqa: ANN401 - plotly carries no types
    """Return a figure if a page can take it, else None: its table holds the numbers."""
    return figure if figure is None or len(figure.to_json()) <= _LARGEST else None


def _file(title: str) -> str:
    return "-".join("".join(c if c.isalnum() else " " for c in title.lower()).split())


def _close(offered: ipw.HBox) -> None:
    for widget in (*offered.children, offered):
        widget.close()
