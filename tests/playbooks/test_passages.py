"""What a report is made of: values as people read them, tables that say once what is the same in every row."""

import numpy as np
import pandas as pd
import pytest

from flowkit.playbooks.passages import Rows, alone, cells, numeric, octets, parted, same, shown

AT = pd.Timestamp("2026-03-10T08:00:00.5Z")


@pytest.mark.parametrize(
    ("value", "name", "text"),
    [
        (None, "", ""),
        (float("nan"), "score", ""),
        (pd.NA, "port", ""),
        (pd.NaT, "first", ""),
        (0, "bytes_in", "0"),
        (1234567, "bytes_out", "1,234,567"),
        (1234567, "account", "1234567"),
        (np.int64(12345), "records", "12,345"),
        (0.123456, "score", "0.1235"),
        (np.float64(1234567.8), "bytes", "1,234,568"),
        (np.bool_(True), "failed", "yes"),
        (False, "failed", "no"),
        (AT, "first", "2026-03-10 08:00:00Z"),
        (AT.tz_convert("Europe/Berlin"), "first", "2026-03-10 09:00:00+01:00"),
        (["a", None, 5], "peers", "a, , 5"),
        ("<b>", "", "<b>"),
    ],
)
def test_a_value_is_shown_as_people_read_it(value, name, text):
    assert shown(value, name) == text


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (None, ""),
        (0, "0 B"),
        (1023, "1,023 B"),
        (1024, "1,024 B (1.0 KiB)"),
        (621_586_758, "621,586,758 B (592.8 MiB)"),
        (2**70, f"{2**70:,} B (1,048,576.0 PiB)"),
    ],
)
def test_bytes_have_a_unit_that_is_easier_to_read(number, text):
    assert octets(number) == text


@pytest.mark.parametrize(
    ("step", "command", "reason"),
    [
        ("ss -tunp  # to look: which process", "ss -tunp", "To look: which process"),
        ("# to mend: call them", "", "To mend: call them"),
        ("whois 192.0.2.1", "whois 192.0.2.1", ""),
        ("grep '# ' x", "grep '# ' x", ""),
    ],
)
def test_a_step_is_a_command_and_a_reason(step, command, reason):
    assert parted(step) == (command, reason)


def test_what_is_the_same_in_every_row_of_a_wide_table_is_said_once():
    wide = pd.DataFrame({f"c{number}": ["x", "x"] for number in range(6)} | {"port": [1, 2]})
    assert [name for name, _value in same(wide)] == [f"c{number}" for number in range(6)]
    assert same(wide[["c0", "port"]]) == ()
    assert same(wide.head(1)) == ()
    assert same(wide.assign(port=1)) == ()


def test_one_row_is_pairs_and_what_is_not_known():
    known, blank = alone(pd.DataFrame({"host": ["a"], "score": [None], "bytes": [2048]}))
    assert known == (("host", "a"), ("bytes", "2,048"))
    assert blank == ("score",)


def test_numbers_stand_to_the_right():
    frame = pd.DataFrame({"n": pd.array([1, None], "Int64"), "t": ["a", "b"], "b": [True, False]})
    assert numeric(frame) == [True, False, False]
    assert list(cells(frame)) == [["1", "a", "yes"], ["", "b", "no"]]


@pytest.mark.parametrize(
    ("most", "text"), [(2, "For it: 3 rows, the first 2 shown. All."), (3, "For it: 3 rows. All.")]
)
def test_a_table_says_how_much_of_it_is_shown(most, text):
    frame = pd.DataFrame({"n": [1, 2, 3]})
    frame.attrs["caption"] = "All."
    assert Rows(frame, "For it").summary(most) == text
