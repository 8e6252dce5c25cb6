"""A report as one HTML file that needs no network and no kernel: read on a screen, printed, kept."""

from functools import cache
from html import escape
from importlib.metadata import version
from importlib.resources import files
from typing import Final

from flowkit.playbooks.passages import Passage, Picture, Section
from flowkit.playbooks.report_html import headline, pieces, style

_POLICY: Final = (
    "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:; "
    "base-uri 'none'; form-action 'none'"
)
_PAPER: Final = "On paper, findings of severity info are told without their evidence; the HTML file has it."
_MOST_ROWS: Final = 1_000
"""Rows of a table: it is sorted on the page, which says little where most rows are missing."""


def page(section: Section) -> str:
    """Return a section as a whole page; plotly.js is in it once, where there is a figure."""
    writer = _Writer()
    main = "".join(writer.passages(section.passages, 2))
    plotly = f"<script>{_plotly()}</script>" if writer.figures else ""
    head = (
        f'<meta charset="utf-8"><title>{escape(section.title)}</title>'
        f'<meta name="viewport" content="width=device-width">'
        f'<meta http-equiv="Content-Security-Policy" content="{_POLICY}">'
        f"<style>{style()}{_own('report_page.css')}</style>{plotly}"
    )
    links = "".join(f'<li><a href="#{identity}">{escape(place)}</a></li>' for identity, place in writer.places)
    contents = f'<nav aria-label="Contents"><ul>{links}</ul></nav>' if links else ""
    made = f"<p>{escape(section.title)}. Made by flowkit {version('vpc-flowkit')}.</p>"
    foot = f'<footer>{made}<p class="paper">{_PAPER}</p></footer>'
    inside = f"<header>{headline(section, 1)}{contents}</header><main>{main}</main>{foot}"
    script = f"<script>{_own('report_page.js')}</script>"
    body = f'<div class="flowkit-report">{inside}</div>{script}'
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body}</body></html>'


def _plotly() -> str:
    from plotly.offline import get_plotlyjs

    return str(get_plotlyjs())


@cache
def _own(name: str) -> str:
    return files("flowkit.playbooks").joinpath(name).read_text(encoding="utf-8")


class _Writer:
    """Writes passages, and remembers what the contents need and how many figures there are."""

    def __init__(self) -> None:
        self.places: list[tuple[str, str]] = []
        self.figures = 0

    def passages(self, passages: tuple[Passage, ...], level: int) -> "list[str]":
        return [self._passage(one, level) for one in passages]

    def _passage(self, passage: Passage, level: int) -> str:
        if isinstance(passage, Section) and passage.unfolded is None:
            return self._section(passage, level)
        if isinstance(passage, Section):
            return self._folded(passage, level)
        if isinstance(passage, Picture):
            return self._picture(passage)
        return "".join(part for part in pieces(passage, level, _MOST_ROWS) if isinstance(part, str))

    def _section(self, section: Section, level: int) -> str:
        identity = self._place(section)
        told = "".join(self.passages(section.passages, level + 1))
        first = " class=first" if section.first else ""
        named = f' aria-labelledby="{identity}"' if identity else ""
        return f"<section{first}{named}>{headline(section, level, identity)}{told}</section>"

    def _folded(self, section: Section, level: int) -> str:
        identity = self._place(section)
        told = "".join(self.passages(section.passages, level + 1))
        opened = " open" if section.unfolded else ""
        heading = headline(section, level, identity)
        kind = f"finding {escape(section.severity)}"
        return f'<details class="{kind}"{opened}><summary>{heading}</summary>{told}</details>'

    def _place(self, section: Section) -> str:
        if not section.place:
            return ""
        identity = f"part-{len(self.places) + 1}"
        self.places.append((identity, section.place))
        return identity

    def _picture(self, picture: Picture) -> str:
        self.figures += 1
        drawn = picture.figure.to_html(
            full_html=False, include_plotlyjs=False, div_id=f"figure-{self.figures}", config={"displaylogo": False}
        )
        without = "<noscript>The figure needs scripts; the table has the same numbers.</noscript>"
        label = escape(f"Figure {self.figures}. {picture.caption}")
        return f"<figure>{drawn}{without}<figcaption>{label}</figcaption></figure>"
