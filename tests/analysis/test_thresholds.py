"""detector_settings: every threshold and weight has a unit and a reason, and is what a call may change."""

import pytest

from flowkit import analysis

TABLE = analysis.detector_settings()


def test_each_has_a_unit_and_a_reason():
    assert TABLE.columns.tolist() == ["detector", "setting", "value", "unit", "why"]
    assert (TABLE.unit.str.len() > 0).all()
    assert (TABLE.why.str.len() > 15).all()
    assert not TABLE.duplicated(["detector", "setting"]).any()


@pytest.mark.parametrize("name", sorted(set(TABLE.detector)))
def test_each_detector_is_an_analysis_and_its_weights_count(name):
    assert name in analysis.__all__
    weights = TABLE[(TABLE.detector == name) & TABLE.setting.str.startswith("weight_")].value
    assert weights.empty or weights.sum() > 0
