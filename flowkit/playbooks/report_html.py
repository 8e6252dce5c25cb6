"""A report as HTML: for a notebook, and as one file that needs no network."""

from html import escape
from typing import Final

import pandas as pd

from flowkit.playbooks.finding import Evidence, Finding, Step
from flowkit.playbooks.report import ConnectivityReport, Report

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
    return f'<!doctype html><html lang="en"><head>{head}</head><body>{body(report, drawn=True)}</body></html>'


def body(report: Report, *, drawn: bool = False) -> str:
    """Return a report as a part of a page; its figures only where a script draws them."""
    steps = "".join(step_html(step, drawn=drawn) for step in report.steps)
    verdict = escape(report.verdict.replace("_", " "))
    findings = "".join(map(_finding, report.findings))
    return (
        f'<style>{_STYLE}</style><div class="flowkit-report"><h1>{escape(report.title)}</h1>'
        f'<p class="verdict"><strong>{verdict}</strong><br>{escape(report.summary)}</p>'
        f"{_asked(report)}{_causes(report)}{findings}<h2>How it was found</h2>{steps}</div>"
    )


def _asked(report: Report) -> str:
    said = {name: value for name, value in report.parameters.items() if value is not None}
    rows = [*said.items(), ("scope", report.scope), ("coverage", report.coverage)]
    if isinstance(report, ConnectivityReport):
        rows.append(("snapshot", report.snapshot_age))
    rows += [("note", note) for note in report.notes]
    cells = "".join(f"<tr><th>{escape(str(name))}</th><td>{escape(str(value))}</td></tr>" for name, value in rows)
    return f"<table>{cells}</table>"


def _causes(report: Report) -> str:
    if not isinstance(report, ConnectivityReport) or not report.candidates:
        return ""
    items = "".join(
        f"<li><strong>{escape(str(one))}</strong>: {escape(one.why)}"
        + "".join(f'<br><span class="aside">Speaks against it: {escape(text)}.</span>' for text in one.contradicted_by)
        + "</li>"
        for one in report.candidates
    )
    told = "".join(f"<li>{escape(one.says)}</li>" for one in report.hypotheses)
    patterns = f"<h2>What separates failures from successes</h2><ol>{told}</ol>" if told else ""
    return f"<h2>Causes that fit, likeliest first</h2><ol>{items}</ol>{patterns}"


def _finding(finding: Finding) -> str:
    explanations = "".join(f"<li>{escape(text)}</li>" for text in finding.innocent_explanations)
    commands = "".join(f"<li><code>{escape(text)}</code></li>" for text in finding.next_steps)
    return (
        f"<h2>Finding: {escape(finding.kind)}, {escape(finding.severity)}</h2>"
        f"{_evidence('For it', finding.supporting)}{_evidence('Against it', finding.contradicting)}"
        + (f"<h3>Innocent explanations</h3><ul>{explanations}</ul>" if explanations else "")
        + (f"<h3>Next steps, for you to run</h3><ol>{commands}</ol>" if commands else "")
    )


def _evidence(title: str, evidence: Evidence) -> str:
    if isinstance(evidence, pd.DataFrame):
        shown = table(evidence) if len(evidence) else "<p>no row</p>"
        return f"<details><summary>{title}: {len(evidence):,} rows</summary>{shown}</details>"
    items = "".join(f"<li>{escape(text)}</li>" for text in evidence)
    return f"<p>{title}:</p><ul>{items}</ul>" if items else ""


def step_html(step: Step, *, drawn: bool = False) -> str:
    """Return a step as a part of a page."""
    figure = ""
    if step.figure is not None and drawn:
        figure = step.figure.to_html(full_html=False, include_plotlyjs=False)
    caption = str(step.table.attrs.get("caption", ""))
    coverage = f'<p class="aside">{escape(step.coverage)}</p>' if step.coverage else ""
    summary = f"<summary>Table: {len(step.table):,} rows. {escape(caption)}</summary>"
    unfolded = " open" if 0 < len(step.table) <= _FEW_ROWS else ""
    return (
        f"<section><h3>{escape(step.question)}</h3><p>{escape(step.finding)}</p>{coverage}{figure}"
        f"<details{unfolded}>{summary}{table(step.table)}</details></section>"
    )


def table(frame: pd.DataFrame) -> str:
    """Return the first rows of a frame, every text in it escaped."""
    more = f"<p>{len(frame) - _MOST_ROWS:,} more rows</p>" if len(frame) > _MOST_ROWS else ""
    shown = frame.head(_MOST_ROWS).astype(object)  # na_rep alone leaves <NA> of integers
    text = shown.where(shown.notna(), "").to_html(index=False, border=0, escape=True)
    return f'<div class="wide">{text}</div>{more}'
