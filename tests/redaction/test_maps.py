"""What stands for a token is of its form, the same each time, and becomes it again with the key."""

from datetime import UTC, datetime, timedelta

import pytest

from flowkit.redaction import Key, RedactionError
from flowkit.redaction.maps import Maps, Mode, mode_of


@pytest.mark.parametrize(
    "address", ["10.0.1.5", "10.0.1.0/24", "10.0.1.5/24", "fe80::5%eth0", "2001:db8::5/64", "::ffff:10.0.0.9"]
)
def test_addresses_go_back(maps, back, address):
    assert back.address(maps.address(address)) == address != maps.address(address)


@pytest.mark.parametrize("text", ["", "x", "10.0.0", "10.0.0.300"])
def test_what_is_no_address(maps, text):
    assert maps.address(text) is None


@pytest.mark.parametrize("digits", ["03f201a7a6e84c978", "deadbeef", "0" * 17])
def test_ids_keep_their_length(maps, back, digits):
    made = maps.hexadecimal(digits)
    assert len(made) == len(digits)
    assert set(made) <= set("0123456789abcdef")
    assert back.hexadecimal(made) == digits


def test_accounts_have_twelve_digits(maps, back):
    made = maps.account("111122223333")
    assert len(made) == 12
    assert made.isdigit()
    assert back.account(made) == "111122223333"


@pytest.mark.parametrize("name", ["db", "web-1", "Zahlungsverkehr Ü", "a" * 200, "x y/z"])
def test_names_go_back_and_short_ones_look_alike(maps, back, name):
    made = maps.name(name)
    assert made.startswith("name-")
    assert len(made) >= 18
    assert back.name(made) == name


def test_what_another_key_made_stays(back):
    assert back.name(Maps(Key(bytes(range(1, 33)))).name("web-1")) != "web-1"
    assert back.name("name-abc") == "name-abc"


def test_times_move_by_whole_weeks_into_the_past(maps, back):
    assert maps.seconds < 0
    assert maps.seconds % (7 * 86_400) == 0
    assert maps.epoch(1_773_143_100) == 1_773_143_100 + maps.seconds
    assert maps.epoch(1_773_143_100_123) == 1_773_143_100_123 + maps.seconds * 1000
    assert back.epoch(maps.epoch(1_773_143_100)) == 1_773_143_100
    moment = datetime(2026, 3, 10, 8, tzinfo=UTC)
    assert maps.time(moment).weekday() == moment.weekday()
    assert maps.day(2026, 2, 30) is None
    assert [maps.epoch(number) for number in (0, 5, 99_999)] == [0, 5, 99_999]


@pytest.mark.parametrize(("shift", "weeks"), [(None, None), (0, 0), (52, 52), (timedelta(weeks=3), 3)])
def test_shifts(shift, weeks):
    assert mode_of("10.0.0.0/8", shift) == Mode(("10.0.0.0/8",), weeks)


@pytest.mark.parametrize("shift", [timedelta(days=8), True, timedelta(seconds=1)])
def test_a_shift_is_of_whole_weeks(shift):
    with pytest.raises(RedactionError, match="no whole number of weeks"):
        mode_of((), shift)


def test_no_time_moves_to_before_1970():
    with pytest.raises(RedactionError, match="shift=0 keeps the times"):
        Maps(Key(bytes(range(32))), Mode(weeks=3_000)).epoch(1_773_143_100)
