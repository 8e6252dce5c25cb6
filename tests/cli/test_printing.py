"""What the command line prints, whatever a log or a file name says."""

import pytest

from flowkit.cli import main
from flowkit.cli.printing import said
from flowkit.errors import FlowkitError, PolicyError


@pytest.mark.parametrize(
    ("error", "printed"),
    [
        (PolicyError("one line."), "one line."),
        (PolicyError("first:\n  line 3: wrong.\nMend it."), "first:\n  line 3: wrong.\n  Mend it."),
        (PolicyError("a name\nflowkit: all is well\x1b[2J"), "a name\n  flowkit: all is well\\x1b[2J"),
        (FlowkitError("no file\nflowkit: all is well"), "no file\\nflowkit: all is well"),
    ],
)
def test_lines_of_a_policys_error_stay_lines_and_none_is_taken_for_ours(error, printed):
    assert said(error) == printed


def test_a_wrong_policy_is_told_line_by_line(tmp_path, capsys):
    policy = tmp_path / "policy.yaml"
    policy.write_text("version: 1\nsegmets:\n  a: {cidr: [10.0.0.0/24]}\n")
    assert main(["run", "compliance", "sample", "--policy", str(policy)]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert lines[0].startswith("flowkit: ")
    assert any(line.startswith("  line 2: a policy has no 'segmets'; did you mean 'segments'?") for line in lines)


def test_a_policy_that_ships_is_known_by_its_name(capsys):
    assert main(["run", "compliance", "sample", "--policy", "three-tier"]) == 0
    assert "line 5 of the policy" in capsys.readouterr().out
