"""A small investigation: a database that answers some clients, and not others."""

from datetime import UTC, datetime

import pandas as pd
import pytest

from flowkit.api import case as open_case
from flowkit.playbooks import Finding
from flowkit.scope import Scope

HEADER = (
    "version interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action tcp-flags "
    "flow-direction log-status"
)
START = 1773129600


@pytest.fixture(scope="session")
def log(tmp_path_factory):
    """Return a log of six attempts, of which two are rejected at the server."""
    lines = [HEADER]
    for number in range(6):
        port, start, end = 40_000 + number, START + 60 * number, START + 60 * number + 59
        action = "REJECT" if number > 3 else "ACCEPT"
        ends = f"10.0.1.10 10.0.2.20 {port} 5432 6"
        back = f"10.0.2.20 10.0.1.10 5432 {port} 6"
        lines.append(f"5 eni-c {ends} 5 500 {start} {end} ACCEPT 3 egress OK")
        lines.append(f"5 eni-s {ends} 5 500 {start} {end} {action} 3 ingress OK")
        if action == "ACCEPT":
            lines.append(f"5 eni-s {back} 5 900 {start} {end} ACCEPT 19 egress OK")
            lines.append(f"5 eni-c {back} 5 900 {start} {end} ACCEPT 19 ingress OK")
    path = tmp_path_factory.mktemp("logs") / "flows.log"
    path.write_text("\n".join([*lines, "no record"]) + "\n")
    return path


@pytest.fixture
def incident(tmp_path, log):
    """Return a case into which the log was loaded."""
    made = open_case(tmp_path / "INC-1234")
    made.load(log)
    return made


@pytest.fixture
def finding():
    """Return a finding with rows of every kind as evidence."""
    rows = pd.DataFrame(
        {
            "host": ["10.0.1.10", "10.0.2.20"], "count": pd.array([1, None], dtype="Int64"), "share": [0.1, None],
            "first": pd.to_datetime(["2026-03-10T08:00Z", None]), "peers": [["203.0.113.7"], []],
            "mixed": [1, "one"], "flag": [True, False],
        }
    )  # fmt: skip
    rows.attrs["caption"] = "All of them."
    return Finding(
        kind="upload", subject="10.0.1.10", peer=["203.0.113.7"], port=443, protocol="tcp", score=0.7, severity="high",
        first=datetime(2026, 3, 10, 8, tzinfo=UTC), bytes_out=1000, summary="<b>Much</b> left.", supporting=rows,
        contradicting=("It is a backup server.",), innocent_explanations=("A backup.",),
        next_steps=("whois 203.0.113.7  # to look",), scope=Scope(address="10.0.1.10", dstport=443),
    )  # fmt: skip
