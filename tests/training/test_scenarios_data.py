"""Training scenarios: the files are whole and repeat, and the data supports the answer, by the playbook that fits."""

import gzip
import os
from datetime import UTC, datetime

import pytest

import flowkit as fk
from flowkit.training.lessons import LEVELS, ScenarioError, scenario, scenarios

END = "2026-03-10T18:00Z"
NAMES = scenarios().names
FINDS = {
    "full_line": ("upload", "host", "peer", {"bytes": "bytes_out", "begin": "first", "port": "port"}),
    "no_peak": ("slow_upload", "host", "peer", {"bytes": "bytes_out", "manner": "kind"}),
    "bad_watch": ("beacon", "host", "peer", {"begin": "first"}),
    "knocking": ("access_after_attempts", "attacker", "host", {"port": "port"}),
    "how_far": ("lateral_movement", "origin", "hops", {}),
    "spinning_wheel": ("flood", "target", None, {"begin": "first", "port": "port"}),
}
"""What the first finding is: its kind, the steps that ask for subject and peer, and those that ask for a number."""
CONNECTING = ("sometimes_database", "never_through", "nobody_watched")


def cases(names):
    """Return name, seed and level: for `make soak` all there are, for `make test` one, as each takes seconds."""
    if os.environ.get("FLOWKIT_SOAK"):
        return [(name, seed, level) for name in names for seed in (1, 2) for level in LEVELS]
    return [(next(iter(names)), 1, "easy")]


def called(case):
    return "-".join(map(str, case))


@pytest.fixture(scope="module")
def loaded(tmp_path_factory):
    """Return a function that writes a scenario and loads it: the scenario, its folder, its flows."""
    done = {}

    def load(name, seed, level):
        if (name, seed, level) not in done:
            asked, folder = scenario(name, seed=seed, level=level, end=END), tmp_path_factory.mktemp("scenario")
            written = asked.write(folder)
            done[name, seed, level] = asked, folder, fk.load(written.logs, inventory=written.snapshot)
        return done[name, seed, level]

    return load


def right(asked, **answers):
    return set(asked.check(answers).states.values()) <= {"right"}


@pytest.mark.slow
@pytest.mark.parametrize("case", cases(CONNECTING), ids=called)
def test_the_connectivity_playbook_says_what_the_answer_key_says(case, loaded):
    asked, _, flows = loaded(*case)
    report = fk.playbooks.run("connectivity", flows, **asked.plot.asked)
    if asked.name == "nobody_watched":
        assert (report.verdict, report.cause) == ("cannot_tell", "not_logged")
        return
    first = report.candidates[0]
    told = {"verdict": report.verdict, "cause": report.cause, "pattern": report.pattern}
    told |= {"rule": first.rule, "group": first.rule, "share": report.fraction_failing}
    assert first.contradicted_by == ()
    assert right(asked, **{step.name: told[step.name] for step in asked.steps if step.name in told})


@pytest.mark.slow
@pytest.mark.parametrize("case", cases(FINDS), ids=called)
def test_the_first_finding_is_what_the_answer_key_says(case, loaded):
    asked, _, flows = loaded(*case)
    kind, subject, peer, fields = FINDS[asked.name]
    finding = fk.playbooks.run(asked.plot.playbook, flows).findings[0]
    assert (finding.kind, finding.severity in ("medium", "high", "critical")) == (kind, True)
    assert right(asked, **{subject: finding.subject}, **{step: getattr(finding, name) for step, name in fields.items()})
    if peer == "hops":
        assert finding.peer[: len(asked.reference["hops"])] == asked.reference["hops"]
        upload = fk.playbooks.run("exfiltration", flows).findings[0]
        assert right(asked, staging=upload.subject, peer=upload.peer, bytes=upload.bytes_out, left_at=upload.first)
    elif peer:
        assert right(asked, **{peer: finding.peer})


@pytest.mark.slow
@pytest.mark.skipif(not os.environ.get("FLOWKIT_SOAK"), reason="three playbooks on each log: make soak")
@pytest.mark.parametrize("case", cases(("four_alarms",)), ids=called)
def test_a_false_alarm_is_nothing_grave(case, loaded):
    _, _, flows = loaded(*case)
    worst = {fk.playbooks.run(name, flows).worst for name in ("exfiltration", "intrusion", "flood")}
    assert worst <= {"", "info", "low", "medium"}


def timed(flows, key):
    found = fk.analysis.beacons(flows)
    (row,) = found[(found.host == key["host"]) & (found.peer == key["peer"])].to_dict("records")
    return {"interval": row["interval"], "jitter": row["jitter"]}


def guessed(flows, key):
    guesses, scans = fk.analysis.brute_force(flows), fk.analysis.port_scans(flows)
    (row,) = guesses[guesses.attacker == key["attacker"]].to_dict("records")
    held = fk.analysis.conversations(flows.narrow(address=key["attacker"]), per="client_port")
    return {"attempts": row["attempts"], "access": row["access_at"], "taken": held.bytes_to_client.max(),
            "scanned": key["attacker"] in set(scans.scanner)}  # fmt: skip


def dripped(flows, key):
    held = fk.analysis.conversations(flows.narrow(address=key["peer"]))
    return {"conversations": held[held.client == key["host"]].conversations.sum()}


def flooded(flows, _key):
    row = fk.analysis.floods(flows).iloc[0]
    return {"sources": row.sources, "seconds": row["last"] - row["first"], "kind": row["kind"],
            "hurt": row.others_during < row.others_before / 2}  # fmt: skip


def unseen(flows, key):
    own = key["dark"][0]
    held = fk.analysis.conversations(flows.narrow(address=own))
    held = held[(held.server == own) & (held.server_port == 445)]
    most = held.loc[held.bytes_to_server.idxmax(), "client"]
    return {"dark": fk.analysis.coverage(flows).attrs["unseen"], "visitors": set(held.client), "most": most}


def answered(flows, _key):
    replies = flows.narrow(srcport=5432).to_pandas()
    stopped = replies[replies.action == "REJECT"]
    # a late packet after a close is rejected elsewhere: at the client, by its group
    own = replies[replies.interface_id == stopped.interface_id.mode()[0]]
    return {"last_port": own[own.action == "ACCEPT"].dstport.max()}


SHOWN = {
    "sometimes_database": answered, "bad_watch": timed, "nobody_watched": unseen, "knocking": guessed,
    "no_peak": dripped, "spinning_wheel": flooded,
}  # fmt: skip
"""What analyses show beside the playbooks' first finding."""


@pytest.mark.slow
@pytest.mark.parametrize("case", cases(NAMES), ids=called)
def test_what_is_to_show_it_shows_it(case, loaded):
    asked, folder, flows = loaded(*case)
    if show := SHOWN.get(asked.name):
        marks = asked.check(show(flows, asked.reference))
        assert set(marks.states.values()) == {"right"}, str(marks)
    for line in {step.see for step in asked.steps if "playbooks" not in step.see}:
        assert eval(line, {"fk": fk, "flows": flows, "folder": folder}) is not None  # noqa: S307 - our own lines


@pytest.fixture(scope="module")
def blind():
    """Return a scenario whose files are made once."""
    return scenario("nobody_watched", seed=3, level="hard", end=END)


def test_files_lie_as_in_aws_and_repeat(blind, tmp_path):
    written = blind.write(tmp_path / "one")
    again = scenario("nobody_watched", seed=3, level="hard", end=datetime(2026, 3, 10, 18, 4, 59, tzinfo=UTC))
    again.write(tmp_path / "two")
    files = sorted(path.relative_to(tmp_path / "one") for path in (tmp_path / "one").rglob("*.*") if path.is_file())
    assert all((tmp_path / "one" / path).read_bytes() == (tmp_path / "two" / path).read_bytes() for path in files)
    (first, *others) = sorted(written.logs.rglob("*.log.gz"))
    assert len(others) == 47
    assert "AWSLogs/111122223333/vpcflowlogs/us-east-1/2026/03/10/111122223333_vpcflowlogs_us-east-1_fl-" in str(first)
    header, *lines = gzip.decompress(first.read_bytes()).decode().splitlines()
    assert (len(header.split()), lines[0][0]) == (21, "3")
    assert {len(line.split()) for line in lines} == {21}
    unseen = [one.id for one in blind.setting.world.network.interfaces if one.name in blind.dark]
    assert len(unseen) == 2
    assert not any(name in line for line in lines for name in unseen)
    assert blind.write(tmp_path / "one") == written


def test_what_a_level_leaves_dark():
    dark = {level: scenario("spinning_wheel", seed=3, level=level, end=END).dark for level in LEVELS}
    assert dark == {"easy": frozenset(), "normal": frozenset(), "hard": {"nat-a"}}


def test_a_folder_that_holds_other_files_is_refused(blind, tmp_path):
    (tmp_path / "logs").mkdir()
    (tmp_path / "logs" / "own.log").write_text("mine")
    with pytest.raises(ScenarioError, match=r"holds other files, such as own\.log\. Name an empty folder"):
        blind.write(tmp_path)
    assert [path.name for path in tmp_path.rglob("*.*")] == ["own.log"]
    with pytest.raises(ScenarioError, match="Name another folder"):
        blind.write(tmp_path / "logs" / "own.log")
