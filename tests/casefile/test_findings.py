"""A finding as files and back, and what its hash depends on."""

from dataclasses import replace

import pandas as pd
import plotly.graph_objects as go
import pytest

from flowkit.casefile import findings
from flowkit.playbooks import Finding
from flowkit.scope import Scope


def test_a_finding_comes_back_whole(finding, tmp_path):
    findings.write(finding, tmp_path, [go.Figure(go.Bar(y=[1]))])
    back = findings.read(tmp_path)
    pd.testing.assert_frame_equal(back.supporting, finding.supporting)
    assert back.supporting.attrs == finding.supporting.attrs
    rest = {name: value for name, value in vars(finding).items() if name != "supporting"}
    assert {name: value for name, value in vars(back).items() if name != "supporting"} == rest
    assert findings.digest(back) == findings.digest(finding)
    assert sorted(path.name for path in tmp_path.iterdir()) == [
        "figure-0.json", "finding.json", "supporting.parquet",
    ]  # fmt: skip


def test_the_least_finding_comes_back(tmp_path):
    least = Finding(kind="gap", subject="", summary="")
    findings.write(least, tmp_path)
    assert vars(findings.read(tmp_path)) == vars(least)


def test_figures_go_on_counting(tmp_path):
    findings.write_figures([go.Figure(), go.Figure()], tmp_path, 3)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["figure-3.json", "figure-4.json"]


def with_rows(finding, change):
    return replace(finding, supporting=change(finding.supporting))


@pytest.mark.parametrize(
    ("change", "same"),
    [
        (replace, True),
        (lambda f: with_rows(f, lambda rows: rows.iloc[::-1]), True),  # ties come in any order
        (lambda f: with_rows(f, lambda rows: rows.assign(share=[0.1 + 1e-12, None])), True),
        (lambda f: replace(f, first=pd.Timestamp(f.first).tz_convert("Asia/Tokyo")), True),
        (lambda f: replace(f, last=pd.NaT), True),
        (lambda f: replace(f, subject="10.0.1.11"), False),
        (lambda f: replace(f, severity="low"), False),
        (lambda f: replace(f, scope=Scope()), False),
        (lambda f: replace(f, contradicting=()), False),
        (lambda f: with_rows(f, lambda rows: rows.iloc[:1]), False),
        (lambda f: with_rows(f, lambda rows: rows.assign(flag=[True, True])), False),
        (lambda f: with_rows(f, lambda rows: rows.drop(columns="flag")), False),
    ],
)
def test_digest(finding, change, same):
    assert (findings.digest(change(finding)) == findings.digest(finding)) is same


def test_short():
    assert findings.short("0123456789abcdef" * 4) == "0123456789ab"
