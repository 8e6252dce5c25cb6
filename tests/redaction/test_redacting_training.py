"""Every training scenario, redacted: nothing left, and its playbook finds the same, in the same order."""

import gzip
import os
import re

import pandas as pd
import pytest

import flowkit as fk
from flowkit.redaction import redacting
from flowkit.redaction.maps import Maps
from flowkit.training.lessons import scenario, scenarios
from tests.redaction.conftest import KEY

NAMES = scenarios().names if os.environ.get("FLOWKIT_SOAK") else ("spinning_wheel",)
SAME = ["kind", "score", "severity", "port", "protocol", "bytes_out", "bytes_in", "technique"]
TOKENS = re.compile(r"\b(?:\d{1,3}(?:\.\d{1,3}){3}|(?:eni|subnet|vpc|sg|acl|i|rtb)-[0-9a-f]{8,17}|\d{12})\b")
KEPT = ("198.18.", "198.19.", "169.254.")
"""Blocks mapped onto themselves that are so full that one address may become what another was; or left whole."""


def run(plot, flows, change):
    asked = {key: change(value) for key, value in plot.asked.items()} if plot.playbook == "connectivity" else {}
    return fk.playbooks.run(plot.playbook, flows, **asked)


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
def test_the_same_findings_and_no_token(tmp_path, name):
    asked = scenario(name, seed=1, level="easy", end="2026-03-10T18:00Z")
    written = asked.write(tmp_path / "in")
    redacting.redact(written.logs, tmp_path / "out", key=KEY, load=fk.load, inventory=written.snapshot)
    redacting.redact(written.snapshot, tmp_path / "snapshot", key=KEY, load=fk.load)
    maps, back = Maps(KEY), Maps(KEY, backward=True)
    flows = fk.load(written.logs, inventory=written.snapshot)
    made = fk.load(tmp_path / "out", inventory=tmp_path / "snapshot")

    def mapped(value):
        text = str(value)
        if isinstance(value, str) and re.fullmatch(r"[0-9a-fA-F:.]+", text):
            return maps.address(text)
        return maps.name(text) if isinstance(value, str) else value

    one, other = run(asked.plot, flows, lambda value: value), run(asked.plot, made, mapped)
    assert one.verdict == other.verdict
    pd.testing.assert_frame_equal(one.to_frame()[SAME], other.to_frame()[SAME])
    assert [back.time(moment) for moment in other.to_frame()["first"]] == one.to_frame()["first"].to_list()
    before, after = (tokens(place) for place in (tmp_path / "in", tmp_path / "out"))
    assert len(before) > 20
    assert {one for one in before & after if not one.startswith(KEPT)} == set()


def tokens(folder):
    """Return the addresses, ids and accounts in the names and contents of all files below a folder."""
    found = set()
    for path in folder.rglob("*"):
        content = path.read_bytes() if path.is_file() else b""
        content = gzip.decompress(content) if content[:2] == b"\x1f\x8b" else content
        found |= set(TOKENS.findall(f"{path.relative_to(folder)}\n{content.decode('latin-1')}"))
    return found
