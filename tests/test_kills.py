"""A load killed at any moment: the store opens, continues, and holds every record once."""

import os
import random
import subprocess
import sys
import time
from pathlib import Path
from tempfile import gettempdir

import pytest

import flowkit as fk

pytestmark = pytest.mark.slow
KILLS = 200 if os.environ.get("FLOWKIT_SOAK") else 5
FILES, RECORDS = 120, 60
HEADER = "version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
# Small segments, so that a load of a second commits some sixty of them.
LOAD = """
import sys, time, flowkit as fk, flowkit.store
import duckdb, ibis, pandas, pyarrow.csv, pyarrow.parquet, flowkit.reading.objects
flowkit.store._SEGMENT_RECORDS = 120
print("loading", flush=True)
began = time.monotonic()
fk.load(sys.argv[1])
print(time.monotonic() - began, flush=True)
"""


def _environment(cache):
    """Return the environment of a load; its bytecode is kept, as in use, lest every start compile everything."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return kept | {
        "FLOWKIT_CACHE": str(cache),
        "PYTHONPYCACHEPREFIX": str(Path(gettempdir()) / "flowkit-tests-bytecode"),
    }


def start(logs, cache):
    """Start a load in a process of its own; return when it begins to read."""
    process = subprocess.Popen(
        [sys.executable, "-c", LOAD, str(logs)], env=_environment(cache),
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True, cwd=Path(__file__).parents[1],
    )  # fmt: skip
    assert process.stdout.readline() == "loading\n"
    return process


@pytest.fixture(scope="module")
def logs(tmp_path_factory):
    """Return a folder of logs, the lines that are records in it, and how long (s) a load of it takes."""
    folder = tmp_path_factory.mktemp("logs")
    dice = random.Random(20260310)  # noqa: S311 - no secret
    truth = []
    for number in range(FILES):
        lines = [_record(dice, number, n) for n in range(RECORDS)]
        truth += lines
        text = [HEADER, *lines, f"5 eni-{number} - - - - - - - 1773129600 1773129660 - NODATA", "no record"]
        (folder / f"{number:03}.log").write_text("\n".join(text) + "\n")
    process = start(folder, tmp_path_factory.mktemp("measured"))
    duration = float(process.stdout.readline())
    process.wait()
    return folder, sorted(truth), duration


def _record(dice, number, n):
    address = ".".join(str(dice.randrange(256)) for _ in range(4))
    return (
        f"5 eni-{number} 10.0.0.{n} {address} {dice.randrange(65536)} 443 6 {dice.randrange(99)} "
        f"{dice.randrange(10**6)} {1773129600 + n} {1773129660 + n} {dice.choice(['ACCEPT', 'REJECT'])} OK"
    )


@pytest.mark.parametrize("number", range(KILLS))
def test_a_killed_load_loses_and_doubles_nothing(logs, tmp_path, monkeypatch, number):
    folder, truth, duration = logs
    process = start(folder, tmp_path)
    time.sleep(random.Random(number).uniform(0, duration))  # noqa: S311 - no secret
    process.kill()
    process.wait()
    monkeypatch.setenv("FLOWKIT_CACHE", str(tmp_path))

    one = fk.load(folder / "000.log")  # the store opens, and answers for a part
    assert (one.count(), one.ledger.lines.sum()) == (RECORDS, RECORDS + 3)
    flows = fk.load(folder)
    counts = flows.ledger[["lines", "headers", "records", "nodata", "skipdata", "refused"]]
    assert counts.drop_duplicates().to_numpy().tolist() == [[RECORDS + 3, 1, RECORDS, 1, 0, 1]]
    assert (len(counts), flows.ledger.duplicate_of.notna().sum()) == (FILES, 0)
    assert flows.count() == len(truth)
    assert flows.status_records.count().to_pyarrow().as_py() == len(flows.refused) == FILES
    assert sorted(flows.messages(limit=2 * len(truth)).message) == truth
