"""A report as HTML: for a notebook, and as one file that needs no network."""

from html import escape
from importlib.metadata import version
from typing import TYPE_CHECKING, Final

import pandas as pd

from flowkit.playbooks.finding import SEVERITIES, Evidence, Finding, Step
from flowkit.playbooks.report import ConnectivityReport, Report
from flowkit.wording import sentence, several

if TYPE_CHECKING:
    from collections.abc import Iterator

    import plotly.graph_objects as go

_MOST_ROWS: Final = 50
_FEW_ROWS: Final = 10
"""Tables up to so many rows are shown unfolded."""
_PAGE_STYLE: Final = ":root { color-scheme: light dark; }"
_STYLE: Final = """
[data-jp-theme-light="false"] .flowkit-report { color-scheme: dark; }
.flowkit-report { font: 15px/1.5 system-ui, sans-serif; max-width: 75rem; margin: auto; }
.flowkit-report table { border-collapse: collapse; font-size: 13px; }
.flowkit-report th, .flowkit-report td { border: 1px solid light-dark(#bbb, #555); padding: .15rem .5rem;
  text-align: left; overflow-wrap: break-word; }
.flowkit-report .verdict { border-left: .4rem solid light-dark(#0072B2, #56B4E9); padding: .2rem 1rem;
  font-size: 1.1em; }
.flowkit-report .high, .flowkit-report .critical { border-color: light-dark(#B34700, #FF8C42); }
.flowkit-report .medium { border-color: light-dark(#9A6700, #E69F00); }
.flowkit-report .low { border-color: light-dark(#666, #999); }
.flowkit-report summary > * { display: inline; font-size: 1em; }
.flowkit-report .wide { overflow-x: auto; }
.flowkit-report code { background: light-dark(#f0f0f0, #333); padding: 0 .2rem; overflow-wrap: anywhere; }
.flowkit-report .aside { color: light-dark(#444, #bbb); }
"""


def page(report: Report) -> str:
    """Return a whole page, its figures drawn by a script inside it."""
    from plotly.offline import get_plotlyjs

    script = f"<script>{get_plotlyjs()}</script>" if any(step.figure for step in report.steps) else ""
    policy = "default-src 'none'; style-src 'unsafe-inline'; script-src 'unsafe-inline'; img-src data: blob:"
    head = (
        f'<meta charset="utf-8"><title>{escape(report.title)}</title>'
        f'<meta name="viewport" content="width=device-width">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}"><style>{_PAGE_STYLE}</style>{script}'
    )
    drawn = (
        part if isinstance(part, str) else part.to_html(full_html=False, include_plotlyjs=False)
        for part in passages(report, level=1)
    )  # fmt: skip
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{framed("".join(drawn))}</body></html>'


def body(report: Report) -> str:
    """Return a report as a part of a page, without its figures."""
    return framed("".join(part for part in passages(report) if isinstance(part, str)))


def passages(report: Report, *, level: int = 3) -> "Iterator[str | go.Figure]":
    """Yield a report in pieces, HTML to be `framed` and figures, from its heading of a *level* on."""
    verdict = escape(report.verdict.replace("_", " "))
    grave = escape(report.worst or "info")
    yield (
        f"{_heading(report.title, level)}"
        f'<p class="verdict {grave}"><strong>{verdict}</strong><br>{escape(report.summary)}</p>'
        f"{_asked(report)}{_causes(report, level + 1)}"
        f"{''.join(_finding(one, report, level + 1) for one in report.findings)}"
        f"{_heading('How it was found', level + 1)}"
    )
    for step in report.steps:
        yield from of_step(step, level=level + 2)


def of_step(step: Step, *, level: int = 3) -> "Iterator[str | go.Figure]":
    """Yield a step in pieces, HTML and its figure."""
    coverage = f'<p class="aside">{escape(step.coverage)}</p>' if step.coverage else ""
    yield f"{_heading(step.question, level)}<p>{escape(step.finding)}</p>{coverage}"
    if step.figure is not None:
        yield step.figure
    unfolded = " open" if 0 < len(step.table) <= _FEW_ROWS else ""
    summary = f"<summary>Table: {several(len(step.table), 'row')}. {_caption(step.table)}</summary>"
    yield f"<details{unfolded}>{summary}{table(step.table)}</details>"


def step_html(step: Step) -> str:
    """Return a step as a part of a page, without its figure."""
    return framed("".join(part for part in of_step(step) if isinstance(part, str)))


def framed(html: str) -> str:
    """Return a part of a report as a page or an output of a notebook can show it."""
    return f'<style>{_STYLE}</style><div class="flowkit-report">{html}</div>'


def _heading(text: str, level: int) -> str:
    return f"<h{level}>{escape(text)}</h{level}>"


def _caption(frame: pd.DataFrame) -> str:
    return escape(str(frame.attrs.get("caption", "")))


def _asked(report: Report) -> str:
    said = {name: value for name, value in report.parameters.items() if value is not None}
    rows = [*said.items(), ("scope", report.scope), ("coverage", report.coverage)]
    if report.span:
        rows.append(("records", f"{report.span[0]:%Y-%m-%d %H:%M:%S} to {report.span[1]:%Y-%m-%d %H:%M:%S} UTC"))
    if isinstance(report, ConnectivityReport):
        rows.append(("snapshot", report.snapshot_age))
    rows += [*(("note", note) for note in report.notes), ("made by", f"flowkit {version('vpc-flowkit')}")]
    cells = "".join(f"<tr><th>{escape(str(name))}</th><td>{escape(str(value))}</td></tr>" for name, value in rows)
    return f"<table>{cells}</table>"


def _causes(report: Report, level: int) -> str:
    if not isinstance(report, ConnectivityReport):
        return ""
    items = "".join(
        f"<li><strong>{escape(sentence(one.words))}</strong> {escape(one.why)}"
        + "".join(f'<br><span class="aside">Speaks against it: {escape(text)}.</span>' for text in one.contradicted_by)
        + "</li>"
        for one in report.candidates
    )
    told = "".join(f"<li>{escape(sentence(one.says))}</li>" for one in report.hypotheses)
    causes = f"{_heading('Causes that fit, likeliest first', level)}<ol>{items}</ol>" if items else ""
    return causes + (f"{_heading('What separates failures from successes', level)}<ol>{told}</ol>" if told else "")


def _finding(finding: Finding, report: Report, level: int) -> str:
    alone = finding.summary == report.summary
    title = f"{'Evidence' if alone else finding.summary} (severity {finding.severity})"
    explanations = "".join(f"<li>{escape(text)}</li>" for text in finding.innocent_explanations)
    commands = "".join(f"<li><code>{escape(text)}</code></li>" for text in finding.next_steps)
    told = (
        _evidence("For it", finding.supporting)
        + _evidence("Against it", finding.contradicting)
        + (f"{_heading('Innocent explanations', level + 1)}<ul>{explanations}</ul>" if explanations else "")
        + (f"{_heading('Next steps, for you to run', level + 1)}<ol>{commands}</ol>" if commands else "")
    )
    if alone:
        return _heading(title, level) + told
    unfolded = " open" if SEVERITIES.index(finding.severity) >= SEVERITIES.index("medium") else ""
    return f"<details{unfolded}><summary>{_heading(title, level)}</summary>{told}</details>"


def _evidence(title: str, evidence: Evidence) -> str:
    if isinstance(evidence, pd.DataFrame):
        if not len(evidence):
            return ""
        count = several(len(evidence), "row")
        return f"<details><summary>{title}: {count}. {_caption(evidence)}</summary>{table(evidence)}</details>"
    items = "".join(f"<li>{escape(text)}</li>" for text in evidence)
    return f"<p>{title}:</p><ul>{items}</ul>" if items else ""


def table(frame: pd.DataFrame) -> str:
    """Return the first rows of a frame, every text in it escaped."""
    more = f"<p>{several(len(frame) - _MOST_ROWS, 'more row')}</p>" if len(frame) > _MOST_ROWS else ""
    shown = frame.head(_MOST_ROWS).astype(object)  # na_rep alone leaves <NA> of integers
    text = shown.where(shown.notna(), "").to_html(index=False, border=0, escape=True)
    return f'<div class="wide">{text}</div>{more}'
