"""A case killed at any moment of a load or of a write: it opens, verifies, continues, and holds everything once."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from tempfile import gettempdir

import pytest

from flowkit.api import case as open_case

pytestmark = pytest.mark.slow
KILLS = 200 if os.environ.get("FLOWKIT_SOAK") else 4
FILES, RECORDS = 60, 40
HEADER = "version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
# Small segments, so that a load of a second commits some thirty of them, each of them an entry of the journal.
START = """
import sys, time, flowkit as fk, flowkit.store
import duckdb, ibis, pandas, pyarrow.csv, pyarrow.parquet, flowkit.reading.objects, flowkit.api, flowkit.casefile
flowkit.store._SEGMENT_RECORDS = 80
print("started", flush=True)
began = time.monotonic()
"""
LOAD = (
    START
    + """
flowkit.api.case(sys.argv[1]).load(sys.argv[2], keep_raw=True)
print(time.monotonic() - began, flush=True)
"""
)
WRITE = (
    START
    + """
case = flowkit.api.case(sys.argv[1])
for number in range(8):
    finding = fk.playbooks.Finding(
        kind="gap", subject=str(number), summary="A gap.", supporting=pandas.DataFrame({"minute": [number]})
    )
    case.keep(finding, note=f"finding {number}")
    print(f"finding {number}", flush=True)
    case.note(f"note {number}")
    print(f"note {number}", flush=True)
print(time.monotonic() - began, flush=True)
"""
)


def start(code, folder, *arguments):
    """Start a process that works on a case; return when it begins to."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    bytecode = {"PYTHONPYCACHEPREFIX": str(Path(gettempdir()) / "flowkit-tests-bytecode")}
    process = subprocess.Popen(
        [sys.executable, "-c", code, str(folder), *map(str, arguments)], env=kept | bytecode,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    assert process.stdout.readline() == "started\n"
    return process


def killed(code, folder, number, duration, *arguments):
    """Kill a process at a random moment; return what it had said by then."""
    process = start(code, folder, *arguments)
    time.sleep(random.Random(number).uniform(0, duration))  # noqa: S311 - no secret
    process.kill()
    said = process.stdout.read().splitlines()
    process.wait()
    return said


def duration_of(code, folder, *arguments):
    process = start(code, folder, *arguments)
    said = process.stdout.read().splitlines()
    process.wait()
    return float(said[-1])


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """Return a folder of logs and how long (s) a load of it takes."""
    folder = tmp_path_factory.mktemp("logs")
    for number in range(FILES):
        lines = [
            f"5 eni-{number} 10.0.0.{n} 203.0.113.9 {40000 + n} 443 6 1 {number} {1773129600 + n} {1773129660 + n} "
            "ACCEPT OK"
            for n in range(RECORDS)
        ]
        (folder / f"{number:03}.log").write_text("\n".join([HEADER, *lines, "no record"]) + "\n")
    return folder, duration_of(LOAD, tmp_path_factory.mktemp("measured") / "INC-1", folder)


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_load_leaves_a_case_that_verifies_and_continues(logs, tmp_path, number):
    folder, duration = logs
    killed(LOAD, tmp_path / "INC-1", number, duration, folder)

    case = open_case(tmp_path / "INC-1")
    found = case.verify()
    assert found.ok, found
    case.load(folder / "000.log")  # it opens, and answers for a part
    case.load(folder, keep_raw=True)
    flows = case.flows
    assert (flows.count(), len(flows.ledger), flows.ledger.lines.sum()) == (
        FILES * RECORDS, FILES, FILES * (RECORDS + 2),
    )  # fmt: skip
    assert flows.to_pandas()[["interface_id", "srcport"]].duplicated().sum() == 0
    assert len(list((case.folder / "raw").iterdir())) == FILES
    assert case.timeline.kind.tolist().count("created") == 1
    assert case.verify().ok


@pytest.fixture(scope="module")
def writing(tmp_path_factory):
    """Return how long (s) the writes take."""
    return duration_of(WRITE, tmp_path_factory.mktemp("measured") / "INC-1")


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_write_loses_and_doubles_nothing(writing, tmp_path, number):
    said = killed(WRITE, tmp_path / "INC-1", number, writing)

    case = open_case(tmp_path / "INC-1")
    found = case.verify()
    assert found.ok, found
    kept = [comment for comments in case.findings.comments for comment in comments]
    notes = [text for _time, text in case.report().notes]
    acknowledged = [line for line in said if line.startswith(("finding", "note"))]
    assert len(kept + notes) == len(set(kept + notes)) <= len(acknowledged) + 1
    assert set(acknowledged) <= set(kept + notes)
    for identity in case.findings.id:
        assert len(case.finding(identity).supporting) == 1
    case.note("after")
    assert case.report().notes[-1][1] == "after"
    assert case.verify().ok
