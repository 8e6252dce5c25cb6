"""Rows of CloudWatch as a DataFrame: types only where every value has them."""

import pandas as pd
import pytest

from flowkit.insights.answers import frame


@pytest.mark.parametrize(
    ("values", "dtype", "expected"),
    [
        (["1", "20"], "int64", [1, 20]),
        (["1", None], "Int64", [1, pd.NA]),
        (["1.5", "2"], "float64", [1.5, 2.0]),
        (["1E3", "-0.5"], "float64", [1000.0, -0.5]),
        (["1", "-"], "str", ["1", "-"]),
        (["007", "008"], "str", ["007", "008"]),
        (["99999999999999999999"], "float64", [1e20]),
        (["10.0.0.1"], "str", ["10.0.0.1"]),
        ([""], "str", [""]),
    ],
)
def test_columns_have_types_only_where_every_value_has(values, dtype, expected):
    found = frame([{} if value is None else {"x": value} for value in values]).x
    assert found.dtype == dtype
    assert found.tolist() == expected


@pytest.mark.parametrize(
    ("name", "value", "dtype"),
    [
        ("accountId", "123456789010", "str"),
        ("srcPort", "443", "int64"),
        ("bin(5m)", "2026-03-10 08:00:00.000", "datetime64[us, UTC]"),
        ("@timestamp", "1773129600000", "datetime64[us, UTC]"),
        ("bucket", "2026-03-10 08:00:00.000", "datetime64[us, UTC]"),
    ],
)
def test_a_field_of_flow_logs_that_is_text_stays_text(name, value, dtype):
    assert frame([{name: value}])[name].dtype == dtype


def test_a_field_that_a_row_lacks_is_null_and_columns_keep_their_order():
    found = frame([{"a": "x", "c": "1"}, {"a": "y", "b": "z", "c": "2"}])
    assert list(found) == ["a", "b", "c"]
    assert found.b.isna().tolist() == [True, False]


def test_the_pointer_is_kept_if_asked_for():
    row = {"@message": "x", "@ptr": "p"}
    assert [list(frame([row])), list(frame([row], pointers=True))] == [["@message"], ["@message", "@ptr"]]


def test_no_row_is_a_frame_without_columns():
    assert frame([]).shape == (0, 0)
