"""Playbooks of other packages: the documented example, really installed; and broken ones beside it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from flowkit.errors import FlowkitError
from flowkit.playbooks import Finding, Playbook, Report, playbook
from flowkit.playbooks.playbook import GROUP, KINDS

EXAMPLE = Path(__file__).parent / "plugins" / "example"
BROKEN = """
import sys
from flowkit.playbooks import Playbook

def made(name, run):
    return Playbook(name, name, "Why?", (), run)

def fails(flows):
    raise KeyError("\\x1b[2J")

fails_playbook = made("fails", fails)
nothing = made("nothing", lambda flows: None)
renamed = made("other", fails)
text = "a string"
"""
LEAVES = "import sys; sys.exit('no licence')"
POINTS = {
    "missing": "no_such_module:playbook",
    "leaves": "leaving:playbook",
    "absent": "broken:no_such_name",
    "text": "broken:text",
    "renamed": "broken:renamed",
    "flood": "broken:fails_playbook",
    "Bad Name": "broken:fails_playbook",
    "fails": "broken:fails_playbook",
    "nothing": "broken:nothing",
}
REASONS = {
    "missing": "ModuleNotFoundError: No module named 'no_such_module'",
    "leaves": "SystemExit: no licence",
    "absent": "AttributeError: module 'broken' has no attribute 'no_such_name'",
    "text": "TypeError: broken:text is no flowkit.playbooks.Playbook",
    "renamed": "ValueError: it calls itself other",
    "flood": "ValueError: flowkit or another package has one of that name",
    "Bad Name": "ValueError: its name may have small letters, digits, - and _ only",
}


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """Install the example with pip, and put the metadata of a package with broken playbooks beside it."""
    site = tmp_path_factory.mktemp("site")
    install = ["--quiet", "--no-index", "--no-deps", "--no-build-isolation", "--target", str(site)]
    subprocess.run([sys.executable, "-m", "pip", "install", *install, str(EXAMPLE)], check=True, cwd=site)
    (site / "broken.py").write_text(BROKEN, encoding="utf-8")
    (site / "leaving.py").write_text(LEAVES, encoding="utf-8")
    about = site / "broken-1.0.dist-info"
    about.mkdir()
    (about / "METADATA").write_text("Metadata-Version: 2.1\nName: broken\nVersion: 1.0\n", encoding="utf-8")
    points = "".join(f"{name} = {value}\n" for name, value in POINTS.items())
    (about / "entry_points.txt").write_text(f"[{GROUP}]\n{points}", encoding="utf-8")
    return site


CODE = """
import json, sys, warnings
import flowkit as fk
from flowkit.jupyter import notebooks

told = {}
with warnings.catch_warnings(record=True) as warned:
    warnings.simplefilter("always")
    told["names"], told["again"] = fk.playbooks.names(), fk.playbooks.names()
told["warned"] = [str(one.message) for one in warned]
told["unusable"] = fk.playbooks.playbook.unusable()
flows = fk.load("sample")
report = fk.playbooks.run("night-shift", flows, after=10)
told["verdict"], told["kinds"] = report.verdict, report.to_frame().kind.tolist()
told["errors"] = {}
for name in (*json.loads(sys.argv[1]), "night-shft"):
    try:
        told["errors"][name] = fk.playbooks.run(name, flows).verdict
    except fk.FlowkitError as error:
        told["errors"][name] = str(error)
told["written"] = [str(notebooks.copied(name)) for name in ("nothing", "night-shift")]
# As if it were installed without --target, among the environment's own data.
notebooks.sysconfig.get_path = lambda *_: sys.argv[2]
told["brought"] = str(notebooks.copied("night-shift", "brought"))
print(json.dumps(told))
"""


@pytest.fixture(scope="module")
def told(site, tmp_path_factory):
    """Return what a Python with that site on its path says."""
    environment = os.environ | {"PYTHONPATH": str(site)}
    command = [sys.executable, "-c", CODE, json.dumps(list(POINTS)), str(site)]
    folder = tmp_path_factory.mktemp("work")
    run = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert run.returncode == 0, run.stderr
    return json.loads(run.stdout) | {"folder": folder}


def test_the_example_is_a_playbook_like_the_others(told):
    assert {"connectivity", "flood", "night-shift"} <= {*told["names"]}
    assert told["verdict"] == "findings"
    assert set(told["kinds"]) == {"night_shift_sender"}


def test_its_notebook_is_copied(told):
    brought = json.loads((told["folder"] / told["brought"]).read_text(encoding="utf-8"))
    assert brought == json.loads((EXAMPLE / "night-shift.ipynb").read_text(encoding="utf-8"))


def test_one_that_brings_none_gets_a_notebook(told):
    first, second = (json.loads((told["folder"] / name).read_text(encoding="utf-8")) for name in told["written"])
    assert first["cells"][0]["source"].startswith("# Why?")
    assert "after = 22  # The hour from which nobody works, UTC." in second["cells"][1]["source"]


@pytest.mark.parametrize(("name", "reason"), REASONS.items())
def test_a_broken_playbook_is_told_by_name(told, name, reason):
    told_of = [text for text in told["warned"] if f"the playbook {name} of broken cannot be used ({reason})." in text]
    assert len(told_of) == 1
    assert told_of[0] in told["unusable"]
    if name != "flood":
        assert name not in told["names"]
        assert told["errors"][name] == told_of[0]


def test_it_is_told_once_and_takes_nothing_down(told):
    assert told["names"] == told["again"]
    assert len(told["warned"]) == len(REASONS)
    assert told["errors"]["flood"] == "nothing_found"
    assert "Did you mean night-shift?" in told["errors"]["night-shft"]


def test_a_playbook_that_fails_is_told_without_its_control_characters(told):
    assert told["errors"]["fails"] == r"the playbook fails failed (KeyError: '\x1b[2J'). Tell whoever wrote it."
    assert "returned no report" in told["errors"]["nothing"]


@pytest.fixture
def reporting(load_lines):
    """Return a function that runs a playbook which reports a finding of a kind."""
    flows = load_lines("version srcaddr dstaddr bytes start end\n5 10.0.0.1 10.0.0.2 40 1773129600 1773129650")

    def run(kind):
        finding = Finding(kind=kind, subject="10.0.0.1", summary="A finding.")
        report = Report(name="my-own", title="t", verdict="findings", summary="s", findings=(finding,))
        playbook.register(Playbook("my-own", "t", "Why?", (), lambda _: report))
        try:
            return playbook.run("my-own", flows)
        finally:
            del playbook._REGISTERED["my-own"]  # noqa: SLF001 - nobody else takes one away

    return run


@pytest.mark.parametrize("kind", ["my-own_thing", "my_own_thing", "upload"])
def test_kinds_of_its_own_begin_with_its_name(reporting, kind):
    assert reporting(kind).findings[0].kind == kind


@pytest.mark.parametrize(("kind", "right"), [("exfil", "my_own_exfil"), ("my", "my_own_my"), ("\x1b", r"my_own_\\x1b")])
def test_other_kinds_are_refused(reporting, kind, right):
    with pytest.raises(FlowkitError, match=f"Call it {right}."):
        reporting(kind)


def test_flowkits_own_kinds_are_known():
    """Each kind that the code of a playbook names."""
    import re

    from flowkit import playbooks

    folder = Path(playbooks.__file__).parent
    named = {kind for path in folder.rglob("*.py") for kind in re.findall(r'\bkind="(\w+)"', path.read_text())}
    assert named - {"stable"} <= KINDS  # a way of sorting
