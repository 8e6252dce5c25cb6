"""What a load would take, in words and numbers, without fetching anything."""

import pytest

import flowkit as fk
from flowkit.errors import SourceError
from flowkit.planning import planned
from flowkit.sources import LogObject
from flowkit.sources.places import Found


def logs(count, size, *, remote=True):
    return tuple(LogObject(str(n), size, str(n), lambda: None, remote=remote) for n in range(count))


def plan(found, seen=(), rate=None):
    return planned("fk.load('s3://logs')", found, seen, rate=rate, region=None)


def test_s3_costs_requests_and_transfer():
    made = plan(Found(logs(1000, 10_000_000), requests=1010, listings=10))
    assert (made.objects, made.bytes, made.requests, made.loaded) == (1000, 10_000_000_000, 1010, 0)
    least = 10 * 0.005 / 1000 + 1000 * 0.0004 / 1000
    assert made.usd == pytest.approx((least, least + 10_000_000_000 / 2**30 * 0.09))
    assert made.seconds == pytest.approx(500)


def test_what_is_loaded_is_not_fetched_again():
    made = plan(Found(logs(4, 1_000_000), requests=6, listings=2), seen={"0", "1", "2"})
    assert (made.objects, made.loaded, made.bytes, made.requests) == (4, 3, 1_000_000, 3)


def test_local_files_cost_nothing():
    made = plan(Found(logs(2, 500, remote=False)))
    assert (made.usd, made.requests, made.notes) == ((0, 0), 0, ())


def test_a_faster_line_takes_less_time():
    found = Found(logs(10, 100_000_000), requests=11, listings=1)
    assert plan(found, rate=5e6).seconds == pytest.approx(200)
    assert plan(found, rate=1e12).seconds < 50


def test_rates_that_aws_publishes_make_it_slower():
    assert plan(Found(logs(10, 1000), requests=600, seconds=60.0)).seconds == 60


def test_memory_does_not_grow_with_the_number_of_objects():
    assert plan(Found(logs(10, 1000))).memory == plan(Found(logs(10_000, 1000))).memory


def test_it_shows_itself():
    found = Found(logs(3, 2_000_000), requests=4, listings=1, archived=1, notes=("<b>beside</b> it there are x/.",))
    made = plan(found)
    assert list(made.to_frame().columns) == ["what", "value", "meaning"]
    assert "6.0 MB" in str(made)
    assert "1 objects lie in an archive" in str(made)
    assert "&lt;b&gt;beside" in made._repr_html_()
    assert "<b>beside" not in made._repr_html_()


def test_the_public_function():
    made = fk.plan("sample", start="2026-03-10T08:00Z")
    assert made.source == "fk.load('sample', start='2026-03-10T08:00Z')"
    assert made.objects == 72


def test_a_table_needs_no_plan(load_lines):
    table = load_lines("2 1 eni-1 10.0.0.1 10.0.0.2 1 2 6 1 40 1773130000 1773130060 ACCEPT OK").table
    with pytest.raises(SourceError, match="there already"):
        fk.plan(table)
