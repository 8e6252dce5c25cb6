"""Folders and file names as AWS writes them, and which of them can hold a window."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowkit.sources.keys import EARLIEST, FileName, Folder, Window

PLAIN = "AWSLogs/111122223333/vpcflowlogs/eu-central-1"
HIVE = "AWSLogs/aws-account-id=111122223333/aws-service=vpcflowlogs/aws-region=eu-central-1"
NAME = "111122223333_vpcflowlogs_eu-central-1_fl-0a1_20260310T0815Z_3e37ce31.log.gz"


def at(text):
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("path", "account", "region", "span"),
    [
        ("AWSLogs/", "", "", None),
        ("AWSLogs/111122223333/", "111122223333", "", None),
        (f"{PLAIN}/", "111122223333", "eu-central-1", None),
        (f"{PLAIN}/2026/", "111122223333", "eu-central-1", ("2026-01-01", "2027-01-01")),
        (f"{PLAIN}/2026/12/", "111122223333", "eu-central-1", ("2026-12-01", "2027-01-01")),
        (f"{PLAIN}/2026/03/10/", "111122223333", "eu-central-1", ("2026-03-10", "2026-03-11")),
        (f"{PLAIN}/2026/03/10/08/", "111122223333", "eu-central-1", ("2026-03-10T08:00", "2026-03-10T09:00")),
        (f"team/a/{PLAIN}/2026/03/10/", "111122223333", "eu-central-1", ("2026-03-10", "2026-03-11")),
        (f"{HIVE}/year=2026/month=03/day=10/", "111122223333", "eu-central-1", ("2026-03-10", "2026-03-11")),
        (f"{HIVE}/year=2026/month=03/day=10/hour=23/", "111122223333", "eu-central-1",
         ("2026-03-10T23:00", "2026-03-11")),
        ("AWSLogs/aws-account-id=111122223333/service=vpcflowlogs/aws-region=us-gov-west-1/", "111122223333",
         "us-gov-west-1", None),
    ],
)  # fmt: skip
def test_a_folder_tells_account_region_and_time(path, account, region, span):
    folder = Folder.of(path)
    assert (folder.account, folder.region, folder.odd, folder.is_other) == (account, region, False, False)
    assert folder.span() == (span and tuple(map(at, span)))


@pytest.mark.parametrize(
    ("path", "odd", "other"),
    [
        ("AWSLogs/111122223333/CloudTrail/eu-central-1/2026/03/10/", False, True),
        ("AWSLogs/111122223333/elasticloadbalancing/eu-central-1/", False, True),
        ("AWSLogs/o-abc123/111122223333/", True, False),
        (f"{PLAIN}/2026/13/10/", False, False),
        (f"{PLAIN}/latest/", True, False),
        (f"{PLAIN}/2026/03/10/08/15/", True, False),
    ],
)
def test_folders_of_others_and_odd_ones_are_told(path, odd, other):
    folder = Folder.of(path)
    assert (folder.odd, folder.is_other) == (odd, other)


def test_without_awslogs_a_path_tells_nothing():
    assert Folder.of("exports/2026/03/10/") is None


def test_the_folder_of_a_day_is_written_as_its_region_is():
    day = at("2026-03-09")
    assert Folder.of(f"{PLAIN}/").day_folder(day) == "2026/03/09/"
    assert Folder.of(f"{HIVE}/").day_folder(day) == "year=2026/month=03/day=09/"


def test_a_file_name_tells_its_time():
    assert FileName.of(f"{PLAIN}/2026/03/10/{NAME}") == FileName(
        "111122223333", "eu-central-1", "fl-0a1", at("2026-03-10T08:15")
    )


@pytest.mark.parametrize("name", ["", "flows.log.gz", NAME.replace("0815", "0875"), NAME.replace("1111", "x", 1)])
def test_other_names_tell_nothing(name):
    assert FileName.of(name) is None


@pytest.mark.parametrize(
    ("time", "held"),
    [
        ("08:50", False),  # its records ended before 08:55
        ("08:55", True),  # and these before 09:00: one may have started at 09:00 by a clock a minute off
        ("09:00", True),
        ("09:55", True),
        ("10:10", True),  # a record from 09:59 may last ten minutes
        ("11:10", True),  # and its file may be an hour late
        ("11:15", False),
    ],
)
def test_files_around_a_window(time, held):
    window = Window.of(at("2026-03-10T09:00"), at("2026-03-10T10:00"))
    assert FileName.of(NAME.replace("0815", time.replace(":", ""))).in_window(window) == held


def test_days_of_a_window_reach_as_far_as_late_files():
    window = Window.of(at("2026-03-10T00:00"), at("2026-03-10T23:00"))
    assert [f"{day:%m-%d}" for day in window.days] == ["03-09", "03-10", "03-11"]


def test_a_window_without_ends_is_all_there_can_be():
    window = Window.of(None, None)
    assert window.start == EARLIEST
    assert window.end > datetime.now(UTC)


TIMES = st.datetimes(datetime(2020, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(start=TIMES, length=st.timedeltas(timedelta(seconds=1), timedelta(days=40)), data=st.data())
def test_no_record_of_a_window_is_in_a_file_or_folder_left_out(start, length, data):
    window = Window.of(start, start + length)
    begins = start + data.draw(st.timedeltas(timedelta(0), length - timedelta(microseconds=1)))
    ends = begins + data.draw(st.timedeltas(timedelta(0), timedelta(minutes=10)))
    late = data.draw(st.timedeltas(timedelta(0), timedelta(hours=1)))
    named = ends + late
    named = named.replace(minute=named.minute // 5 * 5, second=0, microsecond=0)
    file = FileName.of(NAME.replace("20260310T0815", f"{named:%Y%m%dT%H%M}"))
    assert file.in_window(window)
    assert named.replace(hour=0, minute=0) in window.days
    for path in (f"{named:%Y/%m/%d/%H/}", f"{named:%Y/%m/%d/}", f"{named:%Y/%m/}", f"{named:%Y/}"):
        assert window.may_lie_in(*Folder.of(f"{PLAIN}/{path}").span())
