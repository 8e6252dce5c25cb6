"""A key file says what it is for; what does not fit is refused by name, and no key is ever shown."""

import base64
import json
import os

import pytest

from flowkit.redaction import Key, RedactionError, new_key, read_key

SECRET = bytes(range(32))


def told(**changes):
    about = {"what": "flowkit key", "mode": "redaction", "id": Key(SECRET).id, "key": base64.b64encode(SECRET).decode()}
    return json.dumps(about | changes).encode()


def test_a_new_key_is_for_its_owner_only_and_reads_back(tmp_path):
    made = new_key(tmp_path / "key")
    assert (tmp_path / "key").stat().st_mode & 0o777 == 0o600
    assert read_key(tmp_path / "key") == made
    assert new_key(tmp_path / "other").secret != made.secret


def test_a_key_file_is_never_written_over(tmp_path):
    new_key(tmp_path / "key")
    before = (tmp_path / "key").read_bytes()
    with pytest.raises(RedactionError, match="is there already"):
        new_key(tmp_path / "key")
    assert (tmp_path / "key").read_bytes() == before


@pytest.mark.parametrize("content", [SECRET, told(), b"{" + SECRET[1:]])
def test_what_is_a_key(tmp_path, content):
    (tmp_path / "key").write_bytes(content)
    assert len(read_key(tmp_path / "key").secret) == 32


WRONG = [
    (b"", "is 0 bytes long, a key is 32"),
    (SECRET[:31], "is 31 bytes long, a key is 32"),
    (SECRET + b"\n", "is 33 bytes long"),
    (bytes(32), "the same byte over and over"),
    (told(mode="signing"), "is a key for 'signing', not for 'redaction'"),
    (told(what="something"), "no key file of flowkit"),
    (told(key=base64.b64encode(SECRET[:16]).decode()), "is 16 bytes long"),
    (told(key="§"), "is no base64"),
    (told(id="000000000000"), "not the one it names"),
    (b"{ this is no JSON and more than 32 bytes long", "no key file of flowkit"),
]


@pytest.mark.parametrize(("content", "said"), WRONG)
def test_what_is_refused(tmp_path, content, said):
    (tmp_path / "key").write_bytes(content)
    with pytest.raises(RedactionError, match=said) as refused:
        read_key(tmp_path / "key")
    assert str(tmp_path / "key") in str(refused.value)


def test_no_file_and_wrong_bytes_are_refused(tmp_path):
    with pytest.raises(RedactionError, match="cannot be read"):
        read_key(tmp_path / "none")
    with pytest.raises(RedactionError, match="the key is 5 bytes long"):
        read_key(b"short")


def test_a_key_does_not_show_itself():
    key = Key(os.urandom(32))
    shown = f"{key!r} {key} {key.id}"
    assert key.secret.hex() not in shown
    assert repr(key.secret) not in shown
    assert key.derived("ids") != key.derived("names") != key.secret
