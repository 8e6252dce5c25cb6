"""What ``make bench`` and the measurements of scale show, held against what they kept; nothing is measured here."""

import json
import re
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from flowkit.aws.prices import price

ROOT = Path(__file__).parents[1]
pytestmark = pytest.mark.skipif(not (ROOT / "benchmarks").exists(), reason="the benchmarks are not part of the package")
MACHINE = {"cpu": "A & B", "cores": 2, "memory_gb": 25.3, "system": "Linux", "python": "3.11.7", "versions": {}}
LOADED = {"records": 100, "seconds": 2.0, "seconds_for_all": 2.0, "peak_mb": 500.0, "version": "1", "to_flowkit": 1.0}
ASKED = dict.fromkeys(("bytes_by_srcaddr", "rejects_per_hour", "records_of_host"), 0.25)
DRAWN = {"rejects": 0.5, "graph": 1.5}
GONE = {"unavailable": "cannot be installed: ERROR: no <wheel>"}
FIGURES = {
    "taken": "2026-03-10T08:00:00+00:00",
    "machine": MACHINE,
    "records": 100,
    "rounds": 3,
    "load": {"flowkit": LOADED, "flowlogs_reader": LOADED | {"records": 10, "seconds_for_all": 20.0}},
    "query": {"flowkit": {"warm": ASKED | {"bytes_counted_once": 0.004}, "first": {}}, "pandas": {"warm": ASKED}},
    "scoring": {"flowkit": {"pairs": 4, "regular": 2, "found": 2, "false": 0, "seconds": 1.0}, "msticpy": GONE},
    "redraw": {"flowkit": {"warm": DRAWN}, "msticpy": GONE},
}


@pytest.fixture(scope="module")
def bench():
    """Return the modules that write pages; the folder lies beside the package."""
    sys.path.insert(0, str(ROOT))
    try:
        from benchmarks import pages, picture, running, scale, scale_tables

        yield {module.__name__.partition(".")[2]: module for module in (pages, picture, running, scale, scale_tables)}
    finally:
        sys.path.remove(str(ROOT))
        for name in [name for name in sys.modules if name.partition(".")[0] == "benchmarks"]:
            del sys.modules[name]


def test_the_pages_are_those_of_what_was_kept(bench):
    for page, text in bench["pages"].texts().items():
        assert page.read_text(encoding="utf-8") == text, f"{page.name} is not up to date: python -m benchmarks.pages"


def test_the_picture_is_one_that_needs_no_colour_and_no_network(bench):
    drawn = bench["picture"].draw(FIGURES)
    root = ET.fromstring(drawn)  # noqa: S314 - drawn a line above
    texts = ["".join(text.itertext()) for text in root.iter("{http://www.w3.org/2000/svg}text")]
    assert "2.00 s, 500 MB" in texts
    assert "20 s, extrapolated" in texts
    assert "cannot be installed: ERROR: no <wheel>" in texts
    assert "prefers-color-scheme:dark" in drawn
    assert not re.search(r"(href|src|url)\W+\s*[\"']?(https?:)?//", drawn)
    bars = [
        rect.get("class") for rect in root.iter("{http://www.w3.org/2000/svg}rect") if rect.get("class") != "ground"
    ]
    assert {*bars} == {"bar", "rival"}


def test_bars_are_as_long_as_their_seconds(bench):
    drawn = bench["picture"].draw(FIGURES)
    first, second = (float(width) for width in re.findall(r'class="(?:bar|rival)"[^>]* width="([\d.]+)"', drawn)[:2])
    assert second == pytest.approx(10 * first, rel=0.01)


def test_the_table_says_what_is_lacking_and_what_is_extrapolated(bench):
    table = bench["pages"].table(FIGURES)
    assert "| load 100 records | 2.00 s | about 20 s |  |" in table
    assert "| its peak memory | 500 MB |  |  |" in table
    assert "| top talkers, bytes counted once | 4 ms |  |  |" in table
    assert "MSTICPy cannot be installed: ERROR: no <wheel>." in table


@pytest.mark.parametrize(
    ("page", "found"),
    [
        ("a\n<!-- x -->\nold\n<!-- /x -->\nb", "a\n<!-- x -->\nnew\n<!-- /x -->\nb"),
        ("<!-- x -->\n<!-- /x -->", "<!-- x -->\nnew\n<!-- /x -->"),
    ],
)
def test_figures_are_put_between_their_comments(bench, page, found):
    assert bench["pages"].filled(page, "x", "new") == found


@pytest.mark.parametrize("page", ["", "<!-- x -->\nnever closed", "<!-- /x --> <!-- x -->\n"])
def test_a_page_without_a_place_for_figures_is_refused(bench, page):
    with pytest.raises(ValueError, match="lacks <!-- x -->"):
        bench["pages"].filled(page, "x", "new")


@pytest.mark.parametrize(
    ("error", "which", "told"),
    [
        ("making it\nerror: one\nTrying pip\nERROR: two\n", 0, "error: one"),
        ("Traceback\n  File x\nModuleNotFoundError: no polars\n", -1, "ModuleNotFoundError: no polars"),
        ("killed\n", 0, "killed"),
        ("", 0, "it says nothing"),
    ],
)
def test_of_a_failure_the_line_is_told_that_gives_the_reason(bench, error, which, told):
    assert bench["running"].said(error, which) == told


def test_a_rival_that_is_not_available_is_asked_once_and_stays_a_row(bench):
    running, turns = bench["running"], []

    def rival():
        turns.append("rival")
        raise running.UnavailableError("cannot be installed: no wheel")

    def own():
        turns.append("own")
        return {"seconds": len(turns)}

    runs = running.by_turns({"own": own, "rival": rival}, 3)
    assert turns == ["own", "rival", "own", "own"]
    assert runs["rival"] == [{"unavailable": "cannot be installed: no wheel"}]
    assert running.middle(runs["own"], "seconds") == 3


def test_of_runs_that_agree_the_newest_is_kept_in_order(bench, monkeypatch, tmp_path):
    scale = bench["scale"]
    monkeypatch.setattr(scale, "KEPT", tmp_path / "scale.json")
    for records, memory, steps in (
        (16_000_000, "", 1),
        (1_000_000, "", 2),
        (16_000_000, "1GB", 3),
        (16_000_000, "", 4),
    ):
        scale.keep("runs", {"records": records, "memory": memory, "steps": steps}, "records", "memory")
    assert [one["steps"] for one in scale.read()["runs"]] == [2, 4, 3]
    assert json.loads((tmp_path / "scale.json").read_text())["spark"] == []


def test_the_tables_of_scale_have_every_step_and_say_what_failed(bench):
    steps = {"load": {"seconds": 5.04, "peak_mb": 560.0}, "conversations": {"failed": "ended with -9"}}
    run = {"records": 4_000_000, "memory": "2GB", "stored_mb": 236.0, "steps": steps, "machine": MACHINE}
    table = bench["scale_tables"].machine_table([run | {"taken": "2026-03-10T08:00:00+00:00"}])
    head, _, row = table.splitlines()[:3]
    assert head.count("|") == row.count("|")
    assert row.startswith("| 4,000,000 (`FLOWKIT_MEMORY=2GB`) | 0.24 GB | 5.0 s, 0.6 GB | ended with -9 |")
    assert bench["scale_tables"].spark_table([]) == "Not measured yet."


def test_a_terabyte_a_day_is_reckoned_from_bytes_per_record_and_the_price(bench):
    tables = bench["scale_tables"]
    question = {"queries": 1, "scans": 1, "columns": {"bytes": 1}, "bytes": 5.0}
    found = {"text_bytes": 50.0, "parquet_bytes": 25.0, "questions": {"top": question}}
    lines = tables.terabyte_table(found).splitlines()
    assert lines[2] == "| `top` | 0.09 TB | 0.45 | seconds | 2.73 TB | 13.64 | 10 min |"
    assert "20.0 billion records" in lines[-1]
    assert price("athena_scanned", "us-east-1").cost(1024) == tables.USD_PER_TB
