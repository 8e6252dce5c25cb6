"""``flowkit redact``: a key is made, a source redacted and mapped back; what lacks is asked for."""

import argparse
import json

import pytest

from flowkit.cli.redact_command import add_to, redact
from flowkit.errors import SourceError
from flowkit.redaction import RedactionError, read_key


def run(*arguments):
    reader = argparse.ArgumentParser()
    reader.add_argument("--json", action="store_true")
    add_to(reader)
    redact(reader.parse_args([str(one) for one in arguments]))


def test_there_and_back(tmp_path, capsys):
    (tmp_path / "a.md").write_text("10.0.1.5 of acme")
    run("--new-key", tmp_path / "key")
    run(tmp_path / "a.md", tmp_path / "b.md", "--key-file", tmp_path / "key", "--rename", "acme")
    assert not any(word in (tmp_path / "b.md").read_text() for word in ("10.0.1.5", "acme"))
    run(tmp_path / "b.md", tmp_path / "c.md", "--key-file", tmp_path / "key", "--reverse", "--json")
    assert (tmp_path / "c.md").read_text() == "10.0.1.5 of acme"
    shown = capsys.readouterr().out
    assert read_key(tmp_path / "key").id in shown
    assert json.loads(shown[shown.index("{") :])["undone"] is True
    assert "10.0.1.5" not in shown


@pytest.mark.parametrize(
    ("arguments", "said"), [((), "name what to redact"), (("a",), "where to write"), (("a", "b"), "--key-file")]
)
def test_what_lacks(arguments, said):
    with pytest.raises(SourceError, match=said):
        run(*arguments)


def test_a_name_that_holds_a_command_of_a_terminal_is_written_out(tmp_path, capsys):
    (tmp_path / "a\x1b[31m.md").write_text("x")
    run(tmp_path / "a\x1b[31m.md", tmp_path / "b\x1b[31m.md", "--new-key", tmp_path / "key")
    assert "\x1b" not in capsys.readouterr().out


def test_a_key_for_something_else(tmp_path):
    (tmp_path / "key").write_bytes(b"x" * 31)
    with pytest.raises(RedactionError, match="31 bytes"):
        run(tmp_path, tmp_path / "out", "--key-file", tmp_path / "key")
