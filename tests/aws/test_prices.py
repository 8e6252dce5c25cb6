"""Prices: dated and sourced, by tiers, of a region or said to be another's, from a file that can be replaced."""

import json
from datetime import date
from math import inf

import pytest

from flowkit.aws import prices
from flowkit.aws.prices import GB, NAMES, cost_of, price, tiers
from flowkit.errors import PriceError

ENTRY = {
    "name": "vended_s3", "region": "eu-central-1", "unit": "GB", "per": 1, "tiers": [[100, 0.5], [None, 0.1]],
    "dated": "2026-11-01", "source": "our own contract", "checked": True,
}  # fmt: skip


@pytest.fixture
def written(tmp_path):
    """Return a function that writes a table of one entry, changed, and returns where."""

    def write(text=None, **changes):
        entry = {name: value for name, value in (ENTRY | changes).items() if value is not ...}
        path = tmp_path / "prices.json"
        path.write_text(json.dumps({"prices": [entry]}) if text is None else text, encoding="utf-8")
        return path

    return write


@pytest.mark.parametrize("name", NAMES)
def test_each_name_has_a_price_with_a_date_and_a_source(name):
    found = price(name)
    assert (found.name, found.region, found.assumed_from) == (name, "us-east-1", "")
    assert 0 < found.usd < 1
    assert date(2025, 1, 1) < found.dated < date(2027, 1, 1)
    assert "us-east-1" in found.source
    assert found.tiers[0][1] == found.usd
    assert found.tiers[-1][0] == inf
    assert "second-hand" in str(found)


@pytest.mark.parametrize(
    ("amount", "name", "usd"),
    [
        (0, "vended_cloudwatch", 0),
        (1, "vended_cloudwatch", 0.5),
        (10_240, "vended_cloudwatch", 5_120),
        (10_241, "vended_cloudwatch", 5_120.25),
        (60_000, "vended_cloudwatch", 5_120 + 5_120 + 2_048 + 440),
        (60_000, "vended_s3", 2_560 + 3_072 + 1_536 + 440),
        (60_000, "vended_firehose", 2_560 + 3_072 + 1_536 + 440),
        (2, "vended_cloudwatch_ia", 0.5),
        (100, "parquet_conversion", 3),
        (100, "cloudwatch_storage", 3),
        (100, "s3_storage", 2.3),
        (1_000, "insights_scanned", 5),
        (1_000_000, "s3_get_requests", 0.4),
        (1_000, "s3_list_requests", 0.005),
        (11_240, "transfer_out_internet", 921.6 + 85),
        (50, "transfer_out_region", 1),
        (100, "transfer_zone", 1),
        (1_000, "nat_gateway_data", 45),
        (2 * 2**20, "interface_endpoint_data", 10_485.76 + 6_291.456),
        (10_000, "kms_requests", 0.03),
    ],
)
def test_tiers_add_up(amount, name, usd):
    assert cost_of(amount, name) == pytest.approx(usd)


def test_a_gb_is_what_a_bill_takes_for_one():
    assert GB == 1_073_741_824


def test_a_region_without_its_own_price_says_whose_it_has():
    found = price("vended_s3", "eu-central-1")
    assert (found.region, found.assumed_from) == ("eu-central-1", "us-east-1")
    assert "assumed for eu-central-1, which the table does not have" in str(found)
    assert cost_of(8, "vended_s3", "eu-central-1") == cost_of(8, "vended_s3")


def test_a_file_replaces_the_table(written, monkeypatch):
    path = written()
    found = price("vended_s3", "eu-central-1", file=path)
    assert (found.usd, found.dated, found.checked, found.assumed_from) == (0.5, date(2026, 11, 1), True, "")
    assert "second-hand" not in str(found)
    monkeypatch.setenv("FLOWKIT_PRICES", str(path))
    assert tiers("vended_s3", "eu-central-1") == ((100, 0.5), (inf, 0.1))
    assert cost_of(200, "vended_s3", "eu-central-1") == pytest.approx(60)
    with pytest.raises(PriceError, match="They are: vended_s3"):
        price("s3_storage", "eu-central-1")
    with pytest.raises(PriceError, match="have vended_s3 for eu-central-1, not for us-east-1"):
        price("vended_s3")  # no other region than us-east-1 stands in


def test_a_changed_file_is_read_again(written):
    assert price("vended_s3", "eu-central-1", file=written()).usd == 0.5
    path = written(tiers=[[None, 0.125]])
    assert price("vended_s3", "eu-central-1", file=path).usd == 0.125


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"text": "{"}, "is not JSON"),
        ({"text": "[]"}, 'has no list of "prices"'),
        ({"text": '{"prices": []}'}, 'has no list of "prices"'),
        ({"text": '{"prices": [3]}'}, "price 1 in .* is not sound: it is 3, not an object"),
        ({"name": "vended_s4"}, "nothing is called 'vended_s4'; did you mean 'vended_s3'"),
        ({"name": ["vended_s3"]}, "nothing is called"),
        ({"unit": "MB"}, "the unit of vended_s3 is one of GB, GB-month, request, hour, not 'MB'"),
        ({"per": 0}, "`per` of vended_s3 is a number above zero"),
        ({"dated": ...}, "has no 'dated'"),
        ({"dated": "last year"}, "the date of vended_s3 is such as 2025-10-28, not 'last year'"),
        ({"source": ...}, "has no 'source'"),
        ({"source": " "}, "vended_s3 needs a source"),
        ({"tiers": [[None, -0.1]]}, "vended_s3 costs zero or more USD, not -0.1"),
        ({"tiers": [[None, True]]}, "vended_s3 costs zero or more USD, not True"),
        ({"tiers": [[None, float("nan")]]}, "vended_s3 costs zero or more USD, not nan"),
        ({"tiers": [[None, "0.1"]]}, "vended_s3 costs zero or more USD, not '0.1'"),
        ({"tiers": []}, "tiers of vended_s3 are pairs"),
        ({"tiers": 0.1}, "tiers of vended_s3 are pairs"),
        ({"tiers": [[100, 0.1]]}, "the last in null"),
        ({"tiers": [["100", 0.1], [None, 0.1]]}, "end in amounts"),
        ({"tiers": [[100, 0.1], [50, 0.1], [None, 0.1]]}, "not in rising order"),
        ({"tiers": [[0, 0.1], [None, 0.1]]}, "not in rising order"),
    ],
)
def test_a_table_that_is_not_sound_is_refused_in_a_sentence(written, changes, told):
    with pytest.raises(PriceError, match=told) as caught:
        price("vended_s3", file=written(**changes))
    assert "unset FLOWKIT_PRICES" in str(caught.value)


def test_what_is_told_twice_is_refused(written):
    with pytest.raises(PriceError, match="vended_s3 in eu-central-1 twice"):
        price("vended_s3", file=written(text=json.dumps({"prices": [ENTRY, ENTRY]})))


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(PriceError, match=r"cannot be read: No such file"):
        price("vended_s3", file=tmp_path / "none.json")


@pytest.mark.parametrize("amount", [-1, inf, float("nan")])
def test_an_amount_that_is_none_is_refused(amount):
    with pytest.raises(PriceError, match="zero or more"):
        cost_of(amount, "vended_s3")


def test_a_misspelt_name_is_told_the_right_one():
    with pytest.raises(PriceError, match="did you mean 'vended_s3'"):
        price("vendeds3")


def test_the_shipped_table_has_every_name_and_no_other():
    assert {name for name, _ in prices.prices()} == set(NAMES)
